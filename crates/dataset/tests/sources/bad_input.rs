//! What is wrong with a folder of one's own is one sentence with table, row and remedy, and costs nothing beside it.

use std::{fs, path::Path};

use radiograph_dataset::{
    scan::{FindingKind, Scan, ScanReport},
    source::recognise,
};

const TABLE: &str = "[[table]]\nfile = 't.csv'\ncolumns = { file = 'file', class = 'class' }\n";

/// Writes a folder with the films `a.png` and `b.png`, and these files.
fn folder(root: &Path, name: &str, files: &[(&str, &str)]) {
    let folder = root.join(name);
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in [("a.png", ""), ("b.png", "")].iter().chain(files) {
        fs::write(folder.join(name), text).unwrap();
    }
}

fn scan(root: &Path) -> ScanReport {
    let sources = recognise(root).unwrap().sources;
    Scan { pixels: false, ..Scan::default() }.run(&sources, &|_| ()).unwrap()
}

#[test]
fn a_collection_that_cannot_be_read_is_one_sentence_with_its_remedy_and_the_others_are_read() {
    let place = tempfile::tempdir().unwrap();
    let words: String = (0..10_000).map(|word| format!("{word}.png,word {word}\n")).collect();
    let words = format!("file,class\n{words}");
    let good = "file,class\na.png,TB\nb.png,normal\n";
    folder(place.path(), "good", &[("t.csv", good)]);
    let cases = [
        (
            "missing-column",
            TABLE.replace("'class' }", "'Klass' }"),
            good,
            "t.csv: no column is named \"Klass\"; name one of these in the description: file, class",
        ),
        (
            "unknown-key",
            format!("{TABLE}spalten = 3\n"),
            good,
            "radiograph-source.toml, line 4: unknown field `spalten`, expected one of `file`, `optional`",
        ),
        ("empty", TABLE.to_owned(), "", "t.csv: no header; the first row of a table names its columns"),
        (
            "no-table",
            TABLE.replace("t.csv", "reports/*.csv"),
            good,
            "no-table: no table fits \"reports/*.csv\"; correct `table.file` in the description",
        ),
        (
            "words",
            TABLE.to_owned(),
            &words,
            "t.csv: the column \"class\" has more than 200 different words, so it is no column of classes; name another one",
        ),
        (
            "column-twice",
            TABLE.to_owned(),
            "file,class,class\na.png,TB,\n",
            "t.csv: two columns are named \"class\"; rename or remove one",
        ),
    ];
    for (name, description, table, _) in &cases {
        folder(place.path(), name, &[("radiograph-source.toml", description), ("t.csv", table)]);
    }
    let report = scan(place.path());
    assert_eq!(report.collections.len(), 1);
    assert_eq!(report.collections[0].images, 2);
    assert_eq!(report.unread.len(), cases.len());
    for (name, _, _, said) in cases {
        let unread = report.unread.iter().find(|unread| unread.source.as_str() == name).unwrap();
        assert!(unread.error.contains(said) && !unread.error.contains('\n'), "{name}: {}", unread.error);
    }
}

#[test]
fn a_row_that_is_left_out_is_told_with_its_table_line_and_remedy() {
    let place = tempfile::tempdir().unwrap();
    let description = format!(
        "{TABLE}[[table]]\nfile = 'more.csv'\ncolumns = {{ file = 'name', class = 'finding', patient = 'who' }}\n"
    );
    let table = "file,class\n../a.png,TB\n/b.png,TB\na.png,TB\n";
    let more = "name,finding,who\na.png,normal,1\nb.png,TB,2\nb.png,normal,2\nc.png,TB,3\n";
    folder(
        place.path(),
        "clinic",
        &[("radiograph-source.toml", &description), ("t.csv", table), ("more.csv", more)],
    );
    let report = scan(place.path());
    let told = |kind| -> Vec<(String, u64, &str)> {
        let of_kind = report.findings.iter().filter(move |finding| finding.kind == kind);
        let told =
            of_kind.filter_map(|finding| Some((finding.table.clone()?, finding.row?, finding.text.as_str())));
        let mut told: Vec<_> = told.collect();
        told.sort();
        told
    };
    let leaves =
        |what: &str| format!("the name leads out of the collection's folder ({what}); write a path below it");
    let [climbs, absolute] = ["..", "absolute path"].map(leaves);
    let different = "rows 3 and 4 give this file different classes; correct one of them";
    let expected = [
        ("more.csv", 3, different),
        ("more.csv", 4, different),
        ("more.csv", 5, "no such file; correct the name or add the file"),
        ("t.csv", 2, &climbs),
        ("t.csv", 3, &absolute),
    ];
    assert_eq!(told(FindingKind::Excluded), expected.map(|(table, row, text)| (table.to_owned(), row, text)));
    let dispute = "class TB in an earlier table, but class normal in this row, so the film has no class; correct one of them";
    assert_eq!(told(FindingKind::Odd), [("more.csv".to_owned(), 2, dispute)]);
    let shown = report.to_string();
    assert!(shown.contains("row-without-file: clinic more.csv row 5 c.png: no such file"), "{shown}");
}

#[test]
fn a_table_of_which_no_row_fits_a_film_is_told_beside_its_counts() {
    let place = tempfile::tempdir().unwrap();
    let rows: String = (0..40).map(|number| format!("scan_{number}.png,TB\n")).collect();
    folder(place.path(), "nothing-fits", &[("t.csv", &format!("file,class\n{rows}"))]);
    folder(place.path(), "header-only", &[("t.csv", "file,class\n")]);
    folder(place.path(), "one-fits", &[("t.csv", &format!("file,class\na.png,TB\n{rows}"))]);
    let shown = scan(place.path()).to_string();
    assert_eq!(
        shown.matches("WARNING: no row of its tables fits a film; correct the column").count(),
        1,
        "{shown}"
    );
    assert_eq!(shown.matches("WARNING: no table has a row below its header").count(), 1, "{shown}");
}

/// A locked workbook is an OLE file with a stream that holds the encrypted one ([MS-OFFCRYPTO], 1.3.2).
#[test]
fn a_workbook_that_cannot_be_read_is_named_once_with_its_fault() {
    let place = tempfile::tempdir().unwrap();
    let stream = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes);
    let locked: Vec<u8> =
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".iter().copied().chain([0; 504]).chain(stream).collect();
    for (name, content, said) in [
        ("locked", &locked[..], "it is locked with a password; take the password off"),
        ("cut", b"PK\x03\x04 the rest is missing", "it is damaged, incomplete or too large"),
        ("other", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 a document", "it is damaged, incomplete or no workbook"),
    ] {
        folder(place.path(), name, &[]);
        fs::write(place.path().join(name).join("t.xlsx"), content).unwrap();
        let missed = recognise(&place.path().join(name)).unwrap().near_misses;
        let sentence = missed[0].to_string();
        assert!(sentence.contains(said), "{sentence}");
        assert_eq!((missed.len(), sentence.matches("t.xlsx").count()), (1, 1), "{sentence}");
    }
    // A text under a workbook's name is read as the text that it is.
    folder(place.path(), "text", &[("t.xlsx", "file,class\na.png,TB\n")]);
    assert_eq!(recognise(&place.path().join("text")).unwrap().sources[0].read().unwrap().records.len(), 1);
}

#[test]
fn a_report_on_a_collection_that_cannot_be_read_shows_no_empty_tables() {
    let place = tempfile::tempdir().unwrap();
    folder(place.path(), "empty", &[("radiograph-source.toml", TABLE), ("t.csv", "")]);
    let shown = scan(place.path()).to_string();
    assert_eq!(shown.lines().count(), 1, "{shown}");
}
