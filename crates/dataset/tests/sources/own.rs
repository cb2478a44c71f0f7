//! Collections of one's own: tables as spreadsheets save them, and trees of DICOM files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Cursor, Write},
    path::Path,
};

use radiograph_dataset::{
    View,
    scan::Scan,
    source::{Collection, Recognised, draft, recognise},
};

const FINDINGS: [&str; 3] = ["COVID-19", "No Finding", "Pneumonia"];

/// Nine films `f0.png` to `f8.png` with a table of this content.
fn films(name_of: impl Fn(usize) -> String, table_name: &str, table: &[u8]) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("images")).unwrap();
    for number in 0..9 {
        fs::write(place.path().join("images").join(name_of(number)), "").unwrap();
    }
    fs::write(place.path().join(table_name), table).unwrap();
    place
}

fn only_collection(root: &Path) -> Collection {
    let Recognised { sources, near_misses, .. } = recognise(root).unwrap();
    assert_eq!(sources.len(), 1, "{near_misses:?}");
    sources[0].read().unwrap()
}

fn classes(collection: &Collection) -> BTreeMap<String, usize> {
    let mut classes = BTreeMap::new();
    for record in &collection.records {
        let class = record.class().map_or("none", |class| class.as_str());
        *classes.entry(class.to_owned()).or_insert(0) += 1;
    }
    classes
}

fn rows(name_of: impl Fn(usize) -> String, separator: &str) -> String {
    let row = |number: usize| {
        [name_of(number), format!("P{}", number / 2), "PA".into(), FINDINGS[number % 3].into()]
            .join(separator)
    };
    let header = ["filename", "patient", "view", "finding"].join(separator);
    let rows: Vec<String> = std::iter::once(header).chain((0..9).map(row)).collect();
    rows.join("\r\n") + "\r\n"
}

/// What is odd, name and content of the table, name of each film.
type Case<'a> = (&'a str, &'a str, Vec<u8>, &'a dyn Fn(usize) -> String);

/// The kinds of field case 15: tables that Excel, Windows and macOS write.
#[test]
fn tables_as_spreadsheets_save_them_are_read() {
    let plain = |number: usize| format!("f{number}.png");
    let below = |number: usize| format!("images/f{number}.png");
    let comma = rows(below, ",");
    let utf_16: Vec<u8> =
        std::iter::once(0xfeff).chain(rows(below, "\t").encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let composed = |number: usize| format!("images/\u{e9}{number}.png");
    let decomposed = |number: usize| format!("e\u{301}{number}.png");
    let quoted = comma.replace(",PA,", ",\"PA\",").replace("P1,", "\"P\r\n1\",");
    let cells: Vec<Vec<String>> =
        comma.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
    let cases: [Case<'_>; 10] = [
        ("comma", "cases.csv", comma.clone().into_bytes(), &plain),
        ("semicolon and mark", "cases.csv", [b"\xef\xbb\xbf", rows(below, ";").as_bytes()].concat(), &plain),
        ("UTF-16 with tabs", "cases.csv", utf_16, &plain),
        ("backslashes", "cases.csv", comma.replace("images/", "images\\").into_bytes(), &plain),
        ("header in capitals", "cases.csv", comma.replace("filename", "FILENAME").into_bytes(), &plain),
        ("findings in other case", "cases.csv", comma.replace("COVID", "Covid").into_bytes(), &plain),
        ("composed and decomposed", "cases.csv", rows(composed, ",").into_bytes(), &decomposed),
        (
            "no extension, no folder",
            "cases.csv",
            rows(|number| format!("f{number}"), ",").into_bytes(),
            &plain,
        ),
        ("line breaks in cells", "cases.csv", [b"\xef\xbb\xbf", quoted.as_bytes()].concat(), &plain),
        ("Excel", "cases.xlsx", workbook(&cells), &plain),
    ];
    for (case, table_name, table, name_of) in cases {
        let place = films(name_of, table_name, &table);
        let collection = only_collection(place.path());
        let three =
            FINDINGS.map(|finding| if finding == "No Finding" { "normal" } else { finding }.to_lowercase());
        let found: BTreeMap<String, usize> =
            classes(&collection).into_iter().map(|(class, films)| (class.to_lowercase(), films)).collect();
        assert_eq!(found, three.map(|class| (class, 3)).into(), "{case}: {:?}", collection.exclusions);
        assert_eq!(collection.exclusions.len(), 0, "{case}");
        let patients: BTreeSet<_> =
            collection.records.iter().filter_map(|record| record.patient.clone()).collect();
        assert_eq!(patients.len(), 5, "{case}");
    }
}

/// A workbook of one sheet, with the parts that ECMA-376 requires.
fn workbook(cells: &[Vec<String>]) -> Vec<u8> {
    let mut sheet = String::new();
    for (row, cells) in (1..).zip(cells) {
        sheet.push_str(&format!("<row r=\"{row}\">"));
        for (column, cell) in ('A'..).zip(cells) {
            sheet.push_str(&format!("<c r=\"{column}{row}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>"));
        }
        sheet.push_str("</row>");
    }
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let parts = [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{package}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r\" \
                 Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets>\
                 <sheet name=\"Films\" sheetId=\"1\" r:id=\"s\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"s\" \
                 Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{main}\"><sheetData>{sheet}</sheetData></worksheet>"),
        ),
    ];
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A DICOM file of text elements without pixels: explicit lengths, little-endian (PS3.5, 7.1.2).
pub(crate) fn dicom(elements: &[(u16, u16, &str, &str)]) -> Vec<u8> {
    let write = |(group, element, kind, value): (u16, u16, &str, &str)| {
        let mut value = value.as_bytes().to_vec();
        if value.len() % 2 == 1 {
            value.push(if kind == "UI" { 0 } else { b' ' });
        }
        let length = u16::try_from(value.len()).unwrap();
        [&group.to_le_bytes()[..], &element.to_le_bytes(), kind.as_bytes(), &length.to_le_bytes(), &value]
            .concat()
    };
    let meta = [
        write((2, 2, "UI", "1.2.840.10008.5.1.4.1.1.1.1")),
        write((2, 3, "UI", "2.25.1")),
        write((2, 0x10, "UI", "1.2.840.10008.1.2.1")),
    ]
    .concat();
    let length = u32::try_from(meta.len()).unwrap().to_le_bytes();
    let mut bytes = vec![0; 128];
    bytes.extend_from_slice(b"DICM\x02\x00\x00\x00UL\x04\x00");
    bytes.extend_from_slice(&length);
    bytes.extend(meta);
    let mut elements = elements.to_vec();
    elements.sort_by_key(|(group, element, ..)| (*group, *element));
    elements.into_iter().for_each(|element| bytes.extend(write(element)));
    bytes
}

/// patient/study/series/film of three patients with two studies of two series each.
fn tree(root: &Path) {
    for patient in 1..=3 {
        for study in 1..=2 {
            for (series, view) in ["PA", "LL"].into_iter().enumerate() {
                let folder = root.join(format!("pat{patient}/st{study}/se{series}"));
                fs::create_dir_all(&folder).unwrap();
                let [number, accession] = [format!("P-{patient}"), format!("A{patient}{study}")];
                let elements = [
                    (0x10, 0x20, "LO", number.as_str()),
                    (0x08, 0x50, "SH", accession.as_str()),
                    (0x08, 0x60, "CS", "DX"),
                    (0x18, 0x15, "CS", "CHEST"),
                    (0x18, 0x5101, "CS", view),
                    (0x10, 0x40, "CS", "F"),
                    (0x10, 0x1010, "AS", "060Y"),
                ];
                fs::write(folder.join("IM0001"), dicom(&elements)).unwrap();
            }
        }
    }
}

#[test]
fn a_tree_of_dicom_files_is_one_collection_with_the_patients_of_the_headers() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("archive");
    tree(&root);
    // What an archive leaves in its folders does not break the tree into series.
    fs::write(root.join("pat1/st1/readme.txt"), "exported").unwrap();
    fs::create_dir(root.join("pat2/thumbs")).unwrap();
    fs::write(root.join("pat2/thumbs/1.jpg"), "").unwrap();
    for given in [root.as_path(), place.path()] {
        let collection = only_collection(given);
        assert_eq!(collection.source.as_str(), "archive");
        assert_eq!(collection.records.len(), 12);
        let mut films: BTreeMap<String, usize> = BTreeMap::new();
        for record in &collection.records {
            *films.entry(record.patient.as_ref().unwrap().to_string()).or_insert(0) += 1;
        }
        let expected = ["archive:P-1", "archive:P-2", "archive:P-3"].map(|patient| (patient.to_owned(), 4));
        assert_eq!(films, expected.into());
        let lateral = collection.records.iter().filter(|record| record.view == View::Lateral);
        assert_eq!(lateral.count(), 6);
        assert_eq!(collection.exclusions.len(), 1, "{:?}", collection.exclusions);
    }
}

#[test]
fn two_collections_of_one_name_have_patients_of_their_own() {
    let place = tempfile::tempdir().unwrap();
    for hospital in ["north", "south"] {
        let films = place.path().join(hospital).join("films");
        fs::create_dir_all(&films).unwrap();
        fs::write(films.join("a.png"), "").unwrap();
        fs::write(films.join("cases.csv"), "file,patient,class\na.png,1,normal\n").unwrap();
    }
    let found = recognise(place.path()).unwrap();
    let patients: BTreeSet<String> = found
        .sources
        .iter()
        .map(|source| source.read().unwrap().records[0].patient.as_ref().unwrap().to_string())
        .collect();
    assert_eq!(patients, ["films:1", "films-2:1"].map(str::to_owned).into());
}

#[test]
fn a_workbook_of_accession_numbers_gives_a_tree_its_classes() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    tree(root);
    let mut cells = vec![["Accession Number", "Report"].map(str::to_owned).to_vec()];
    for (accession, finding) in [
        ("A11", "old tuberculosis"),
        ("A12", "clear"),
        ("A21", "clear"),
        ("A22", "old tuberculosis"),
        ("A31", "?"),
    ] {
        cells.push(vec![accession.to_owned(), finding.to_owned()]);
    }
    cells.push(vec!["A99".to_owned(), "clear".to_owned()]);
    fs::write(root.join("findings.xlsx"), workbook(&cells)).unwrap();
    // The column of classes is called "Report", so the table is a near miss until a description names it.
    let found = recognise(root).unwrap();
    assert!(found.near_misses[0].reason.contains("no column tells the classes"), "{:?}", found.near_misses);
    let description = "[[table]]\nfile = 'findings.xlsx'\n\
                       columns = { accession_number = 'Accession Number', class = 'Report' }\n\n\
                       [labels]\n'Old tuberculosis' = 'TB'\nclear = 'normal'\n";
    fs::write(root.join("radiograph-source.toml"), description).unwrap();
    let collection = only_collection(root);
    assert_eq!(
        classes(&collection),
        [("TB", 4), ("none", 2), ("normal", 4)].map(|(c, n)| (c.to_owned(), n)).into()
    );
    let codes: Vec<&str> = collection.exclusions.iter().map(|exclusion| exclusion.reason.code()).collect();
    assert_eq!(codes, ["no-such-film", "file-without-row", "file-without-row"]);
    let odd: Vec<String> = collection.notes.iter().map(|note| note.oddity.to_string()).collect();
    assert_eq!(odd, ["class \"?\" is not a known word"]);
    assert_eq!(collection.rows, 6);

    // With the column called "diagnosis" no description is needed.
    cells[0][1] = "Diagnosis".to_owned();
    fs::write(root.join("findings.xlsx"), workbook(&cells)).unwrap();
    fs::remove_file(root.join("radiograph-source.toml")).unwrap();
    let collection = only_collection(root);
    assert_eq!(classes(&collection)["old tuberculosis"], 4);
    let draft = draft(root).unwrap().unwrap();
    assert_eq!(draft.words[0].word, "clear");
}

/// Spreadsheets drop zeros at the beginning of numbers. Films whose headers have them are found all the same, each such column is
/// told once, and the patients of the headers stay one person in every table.
#[test]
fn numbers_that_a_spreadsheet_took_the_zeros_of_are_found_where_they_are_unambiguous() {
    let place = tempfile::tempdir().unwrap();
    let films = [
        ("a", "00123", "0007"),
        ("b", "00124", "0007"),
        ("c", "125", "8"),
        ("d", "0126", "9"),
        ("e", "00126", "9"),
    ];
    for (name, accession, patient) in films {
        let elements = [(0x08, 0x50, "SH", accession), (0x10, 0x20, "LO", patient), (0x08, 0x60, "CS", "DX")];
        fs::write(place.path().join(format!("{name}.dcm")), dicom(&elements)).unwrap();
    }
    let table = "accession;patient;class\n123;7;TB\n124.0;7;normal\n125;8;TB\n126;9;TB\n999;1;TB\n";
    fs::write(place.path().join("findings.csv"), table).unwrap();
    let collection = only_collection(place.path());
    let found: Vec<(&str, &str)> = collection
        .records
        .iter()
        .map(|record| (record.id.name(), record.patient.as_ref().unwrap().name()))
        .collect();
    assert_eq!(found, [("a.dcm", "0007"), ("b.dcm", "0007"), ("c.dcm", "8")]);
    let reasons: Vec<String> =
        collection.exclusions.iter().map(|exclusion| exclusion.reason.to_string()).collect();
    assert_eq!(
        reasons[..2],
        [
            "accession number: 00126 and 0126 differ from the row's in zeros at the beginning only; write the zeros",
            "no film has this accession number; correct it or add the film"
        ]
    );
    let odd: Vec<String> = collection.notes.iter().map(|note| note.oddity.to_string()).collect();
    let told = [("accession number", "123", "00123"), ("patient", "7", "0007")];
    assert_eq!(
        odd,
        told.map(|(what, written, found)| format!(
            "{what} \"{written}\" is taken for \"{found}\": spreadsheets drop zeros at the beginning (2 rows)"
        ))
    );

    // Rows that hold for all films of a patient.
    fs::write(place.path().join("findings.csv"), "patient;class\n7;TB\n08;normal\n").unwrap();
    let collection = only_collection(place.path());
    assert_eq!(classes(&collection), [("TB", 2), ("normal", 1)].map(|(c, n)| (c.to_owned(), n)).into());
    let patients: BTreeSet<&str> =
        collection.records.iter().map(|record| record.patient.as_ref().unwrap().name()).collect();
    assert_eq!(patients, ["0007", "8"].into());
    assert_eq!(collection.notes.len(), 1);
}

/// A locked workbook is an OLE file that holds an encrypted one; a damaged one is a zip archive that breaks off.
#[test]
fn a_locked_or_damaged_workbook_is_one_sentence_and_nothing_else_is_lost() {
    let place = tempfile::tempdir().unwrap();
    for hospital in ["north", "south", "west"] {
        let folder = place.path().join(hospital);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("a.png"), "").unwrap();
    }
    let cells = vec![vec!["file".to_owned(), "class".to_owned()], vec!["a.png".to_owned(), "TB".to_owned()]];
    let whole = workbook(&cells);
    fs::write(place.path().join("north/cases.xlsx"), &whole).unwrap();
    fs::write(place.path().join("south/cases.xlsx"), &whole[..whole.len() / 2]).unwrap();
    let locked = [&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..], &[0; 504]].concat();
    fs::write(place.path().join("west/cases.xlsx"), locked).unwrap();
    let found = recognise(place.path()).unwrap();
    assert_eq!(found.sources.len(), 1);
    assert_eq!(found.sources[0].read().unwrap().records.len(), 1);
    let told: Vec<String> = found.near_misses.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2);
    for sentence in &told {
        assert!(sentence.contains("cases.xlsx") && sentence.contains("save the sheet as CSV"), "{sentence}");
    }
    assert_eq!(found.unknown.len(), 2, "the films beside them are told, too");

    // A description that names such a workbook costs its own collection and no other.
    let description = "[[table]]\nfile = 'cases.xlsx'\ncolumns = { file = 'file', class = 'class' }\n";
    fs::write(place.path().join("south/radiograph-source.toml"), description).unwrap();
    let report = Scan::default().run(&recognise(place.path()).unwrap().sources, &|_| ()).unwrap();
    assert_eq!((report.collections.len(), report.unread.len()), (1, 1));
    let sentence = &report.unread[0].error;
    assert!(
        sentence.contains("south/cases.xlsx") && sentence.contains("save the sheet as CSV"),
        "{sentence}"
    );
}

/// One statement of the samples for the collection, others by columns of its table.
#[test]
fn what_a_table_says_of_samples_and_days_is_recorded() {
    let place = tempfile::tempdir().unwrap();
    let table = "file,class,stored,meaning,date\n\
                 a.png,TB,12,MONOCHROME1,2020-03-31\n\
                 b.png,TB,10.0,MONOCHROME2,31.03.2020\n\
                 c.png,TB,,,03/04/2020\n\
                 d.png,TB,40,inverse,05/06/2020\n\
                 e.dcm,TB,12,MONOCHROME1,20200331\n";
    fs::write(place.path().join("cases.csv"), table).unwrap();
    for name in ["a", "b", "c", "d"] {
        fs::write(place.path().join(format!("{name}.png")), "").unwrap();
    }
    fs::write(place.path().join("e.dcm"), dicom(&[(0x08, 0x60, "CS", "DX")])).unwrap();
    // Nobody has said that these columns hold for the pixels.
    let stated = |collection: &Collection| -> Vec<String> {
        collection.records.iter().map(|record| record.stated.to_string()).collect()
    };
    assert_eq!(stated(&only_collection(place.path())), [""; 5]);
    let description = "bits = 14\n[[table]]\nfile = 'cases.csv'\ncolumns = { file = 'file', class = 'class', date = 'date', \
                       bits = 'stored', photometric_interpretation = 'meaning' }\n";
    fs::write(place.path().join("radiograph-source.toml"), description).unwrap();
    let collection = only_collection(place.path());
    // A DICOM file says it itself.
    assert_eq!(stated(&collection), ["12 bits MONOCHROME1", "10 bits", "14 bits", "14 bits", ""]);
    let days: Vec<Option<String>> =
        collection.records.iter().map(|record| record.date.map(|day| day.to_string())).collect();
    let day = Some("2020-03-31".to_owned());
    assert_eq!(days, [day.clone(), day.clone(), None, None, day]);
    let odd: Vec<String> = collection.notes.iter().map(|note| note.oddity.to_string()).collect();
    assert_eq!(
        odd,
        [
            "days such as \"03/04/2020\" are not known; write 2020-03-31 (2 rows)",
            "bits \"40\" is not a known word",
            "photometric interpretation \"inverse\" is not a known word",
        ]
    );
    for wrong in ["bits = 0\n", "bits = 17\n", "photometric_interpretation = 'inverse'\n"] {
        fs::write(place.path().join("radiograph-source.toml"), wrong).unwrap();
        let error = recognise(place.path()).unwrap().sources[0].read().unwrap_err().to_string();
        assert!(error.contains("radiograph-source.toml, line 1"), "{error}");
    }
}

#[test]
fn what_is_no_film_of_a_chest_leaves_with_its_reason() {
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, elements: &[(u16, u16, &str, &str)]| {
        fs::write(place.path().join(name), dicom(elements)).unwrap();
    };
    write("hand.dcm", &[(0x18, 0x15, "CS", "HAND"), (0x18, 0x5101, "CS", "PA")]);
    write("raw.dcm", &[(0x08, 0x68, "CS", "FOR PROCESSING"), (0x18, 0x15, "CS", "CHEST")]);
    write("thorax.dcm", &[(0x18, 0x15, "CS", "THORAX"), (0x08, 0x103e, "LO", "W033 Thorax p.a./PA")]);
    write("by-rows.dcm", &[(0x20, 0x20, "CS", "A\\F")]);
    write("decubitus.dcm", &[(0x18, 0x5101, "CS", "LLD")]);
    let collection = only_collection(place.path());
    let views: Vec<(&str, View)> =
        collection.records.iter().map(|record| (record.id.name(), record.view)).collect();
    let expected =
        [("by-rows.dcm", View::Lateral), ("decubitus.dcm", View::NotFrontal), ("thorax.dcm", View::Pa)];
    assert_eq!(views, expected);
    let reasons: Vec<String> =
        collection.exclusions.iter().map(|exclusion| exclusion.reason.to_string()).collect();
    assert_eq!(reasons, ["body part \"HAND\"", "raw data of the detector (FOR PROCESSING)"]);
}

#[test]
fn a_broken_description_is_told_when_its_collection_is_read() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("radiograph-source.toml"), "spalten = 'x'\n").unwrap();
    let found = recognise(place.path()).unwrap();
    let error = found.sources[0].read().unwrap_err().to_string();
    assert!(error.contains("radiograph-source.toml, line 1: unknown field `spalten`"), "{error}");
}
