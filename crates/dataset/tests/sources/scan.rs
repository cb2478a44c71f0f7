//! Scans of folders on disk: what is recognised, counted and found.

use std::{collections::BTreeSet, fs, path::Path, sync::Mutex};

use radiograph_dataset::{
    Reason, SourceName,
    assemble::{Ages, Filters, Views, assemble},
    scan::{Progress, Scan, ScanReport},
    source::{Cohen, Folder, Recognised, Source, SourceError, recognise},
};
use radiograph_image::Samples;

use crate::real::data;

fn scan(folder: &Path) -> ScanReport {
    let recognised = recognise(folder).unwrap();
    Scan::default().run(&recognised.sources, &|_| ()).unwrap()
}

fn files<'a>(report: &'a ScanReport, code: &str) -> BTreeSet<&'a str> {
    report.findings_of(code).map(|finding| finding.file.as_deref().unwrap()).collect()
}

pub(crate) fn write(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// A portable graymap would be simpler, but the formats that collections use are not.
pub(crate) fn bitmap(width: u32, height: u32, colour: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let row = (width * 3).next_multiple_of(4);
    let mut bytes = b"BM".to_vec();
    bytes.extend((54 + row * height).to_le_bytes());
    bytes.extend([0; 4]);
    for number in [54, 40, width, height] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend([1, 0, 24, 0]);
    bytes.extend([0; 24]);
    for y in 0..height {
        for x in 0..width {
            let [red, green, blue] = colour(x, height - 1 - y);
            bytes.extend([blue, green, red]);
        }
        bytes.extend(vec![0; (row - width * 3) as usize]);
    }
    bytes
}

/// Every gray value about equally often.
fn noise(x: u32, y: u32) -> [u8; 3] {
    [((x * 37 + y * 101) % 251) as u8; 3]
}

#[test]
fn planted_defects_are_found_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["good-1", "good-2", "good-3"] {
        write(root, &format!("covid/{name}.bmp"), &bitmap(64, 64, noise));
    }
    write(root, "covid/lies.png", &bitmap(64, 64, noise));
    write(root, "covid/dark.bmp", &bitmap(64, 64, |x, y| noise(x, y).map(|value| value / 4)));
    write(root, "covid/light.bmp", &bitmap(64, 64, |x, y| noise(x, y).map(|value| 255 - value / 4)));
    write(root, "covid/flat.bmp", &bitmap(64, 64, |_, _| [128; 3]));
    write(root, "covid/tinted.bmp", &bitmap(64, 64, |x, y| [noise(x, y)[0], 0, 255]));
    write(root, "covid/huge.bmp", &bitmap(256, 256, noise));
    write(root, "covid/long.bmp", &bitmap(192, 64, noise));
    write(root, "normal/empty.png", b"");
    write(root, "normal/text.jpg", b"<html>not found</html>");
    write(root, "normal/00000002_000.png", &bitmap(64, 64, noise));
    write(root, "stray.png", &bitmap(64, 64, noise));
    let report = scan(root);
    assert_eq!(report.collections.len(), 1);
    assert_eq!(report.collections[0].images, 13);
    for (code, expected) in [
        ("extension-lies", ["covid/lies.png", "normal/00000002_000.png"].as_slice()),
        ("dark", &["covid/dark.bmp"]),
        ("light", &["covid/light.bmp"]),
        ("low-information", &["covid/flat.bmp"]),
        // Noise that is even on the whole shows nothing.
        ("nearly-empty", &["covid/dark.bmp", "covid/flat.bmp", "covid/huge.bmp", "covid/light.bmp"]),
        ("coloured", &["covid/tinted.bmp"]),
        ("odd-size", &["covid/huge.bmp"]),
        ("odd-aspect", &["covid/long.bmp"]),
        ("unreadable", &["normal/empty.png", "normal/text.jpg"]),
        ("outside-class-folders", &["stray.png"]),
    ] {
        assert_eq!(files(&report, code), expected.iter().copied().collect(), "{code}");
    }
    assert_eq!(report.findings.len(), 15, "and nothing else");
    let counted = |field: &str, value: &str| report.counts_of(field).unwrap().total(value);
    assert_eq!((counted("class", "COVID-19"), counted("class", "normal")), (10, 3));
    assert_eq!((counted("format", "BMP"), counted("format", "unknown")), (11, 2));
    let sources = report.class_by_source.sources();
    assert!(sources.iter().any(|source| source.ends_with(" (nih)")), "{sources:?}");
}

#[test]
fn a_collection_that_cannot_be_read_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "one/covid/a.bmp", &bitmap(64, 64, noise));
    fs::create_dir_all(folder.path().join("two/chest_xray_images/covid19")).unwrap();
    let report = scan(folder.path());
    assert_eq!((report.collections.len(), report.unread.len()), (1, 1));
    assert!(report.unread[0].error.contains("metadata.csv"), "{}", report.unread[0].error);
    assert!(report.to_string().contains("NOT READ"));
}

#[test]
fn equal_collections_get_numbered_names() {
    let folder = tempfile::tempdir().unwrap();
    for copy in ["x", "y/z"] {
        let header = "patientid,offset,sex,age,finding,view,location,filename,url,license\n";
        write(folder.path(), &format!("{copy}/metadata.csv"), header.as_bytes());
    }
    write(folder.path(), "elsewhere/a.png", b"");
    let Recognised { sources, unknown, .. } = recognise(folder.path()).unwrap();
    let names: Vec<String> = sources.iter().map(|source| source.name().to_string()).collect();
    assert_eq!(names, ["cohen", "cohen-2"]);
    assert_eq!(unknown, [folder.path().join("elsewhere")]);
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_not_searched_is_named_with_the_reason() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};

    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let deep = vec!["a"; Folder::DEPTH_LIMIT + 1].join("/");
    write(root, &format!("{deep}/COVID/a.png"), b"");
    let odd = root.join(std::ffi::OsStr::from_bytes(b"\xff"));
    fs::create_dir(&odd).unwrap();
    symlink(root.join("a"), root.join("linked")).unwrap();
    // Two folders that differ in case only.
    write(root, "X/covid/a.png", b"");
    write(root, "x/normal/a.png", b"");
    let found = recognise(root).unwrap();
    assert_eq!((found.sources.len(), found.unknown.len()), (2, 0));
    let mut refused = found.refused;
    refused.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        (root.join(&deep), Reason::TooDeep(Folder::DEPTH_LIMIT)),
        (root.join("linked"), Reason::LinkedFolder),
        (odd, Reason::NameNotUnicode),
    ];
    assert_eq!(refused, expected);
}

/// A data folder is often made of links, some to a disk that is not mounted.
#[test]
#[cfg(unix)]
fn no_link_is_passed_over_in_silence() {
    use std::os::unix::fs::symlink;

    let elsewhere = tempfile::tempdir().unwrap();
    write(elsewhere.path(), "set/COVID/a.png", b"");
    write(elsewhere.path(), "film.png", b"");
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    symlink(elsewhere.path().join("set"), root.join("linked")).unwrap();
    symlink(elsewhere.path().join("not-mounted"), root.join("nowhere")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    fs::create_dir(root.join("films")).unwrap();
    symlink(elsewhere.path().join("film.png"), root.join("films/film.png")).unwrap();
    // A link beside its file is a file, as it is for the collection's reader.
    write(root, "own/table.csv", b"patientid,offset,sex,age,finding,view,location,filename,url,license\n");
    symlink("table.csv", root.join("own/metadata.csv")).unwrap();

    let found = recognise(root).unwrap();
    let names: Vec<String> = found.sources.iter().map(|source| source.name().to_string()).collect();
    assert_eq!((names, found.unknown.len()), (vec!["cohen".to_owned()], 0));
    let refused: BTreeSet<(String, &str)> = found
        .refused
        .iter()
        .map(|(path, reason)| (path.strip_prefix(root).unwrap().display().to_string(), reason.code()))
        .collect();
    let expected = [
        ("films/film.png", "link-leaves-folder"),
        ("linked", "linked-folder"),
        ("loop", "link-leaves-folder"),
        ("nowhere", "link-leaves-folder"),
    ];
    assert_eq!(refused, expected.map(|(path, code)| (path.to_owned(), code)).into());
    assert_eq!(found.left_out().count(), 4);
    assert!(found.left_out().any(|sentence| {
        sentence.ends_with("linked: a linked folder; give its target as a folder of its own")
    }));
}

/// As another user: the superuser, as whom containers run, may read everything.
#[test]
#[cfg(unix)]
fn a_folder_that_cannot_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "locked/COVID/a.png", b"");
    let locked = folder.path().join("locked");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&locked).is_ok() {
        radiograph_needs::skip(&radiograph_needs::Need::OrdinaryUser);
    } else {
        let refused = recognise(folder.path()).unwrap().refused;
        assert_eq!(refused, [(locked.clone(), Reason::FolderUnreadable)]);
        assert!(matches!(recognise(&locked), Err(SourceError::Read { path, .. }) if path == locked));
    }
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn every_layout_is_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let cohen = "patientid,offset,sex,age,finding,view,location,filename,url,license\n";
    let figure1 = "patientid,offset,sex,age,finding,survival,view,modality,artifacts/distortion,notes\n";
    let layouts = [
        ("a/metadata.csv", "patientid,offset,sex,age,finding,view,modality,imagename,notes\n", "actualmed"),
        ("b/metadata.csv", cohen, "cohen"),
        ("c/metadata.csv", "\u{feff}filename,patient_id,label,pcr_test\r\n", "covid-cxnet"),
        ("d/metadata.csv", figure1, "figure1"),
        ("e/data.csv", "patient_id,image_id,admission_offset,projection\n", "hannover"),
        ("f/Data_Entry_2017_v2020.csv", "Image Index\n", "nih"),
        ("g/chest_xray/train/NORMAL/IM-1-1.jpeg", "", "kermany"),
        ("g/chest_xray/train/PNEUMONIA/person1_virus_1.jpeg", "", "kermany"),
        ("h/COVID/a.png", "", "h"),
        ("h/non-COVID/a.png", "", "h"),
        ("My Merged Set (2)/No_findings/a.png", "", "my-merged-set-2"),
        ("SIRM/cases.csv", "filename,case_url,patient,view,finding,licence\n", "sirm"),
    ];
    for (name, content, _) in layouts {
        write(folder.path(), name, content.as_bytes());
    }
    let mut dicom = vec![0; 128];
    dicom.extend(b"DICM");
    write(folder.path(), "pacs/1.2.3", &dicom);
    let Recognised { sources, unknown, .. } = recognise(folder.path()).unwrap();
    let found: BTreeSet<String> = sources.iter().map(|source| source.name().to_string()).collect();
    let expected = layouts.map(|(.., name)| name.to_owned()).into_iter().chain(["pacs".to_owned()]);
    assert_eq!(found, expected.collect());
    assert_eq!(sources.len(), 11);
    assert!(unknown.is_empty(), "{unknown:?}");
    // Adapters' own names keep to the rule for names.
    assert!(found.iter().all(|name| name.parse::<SourceName>().is_ok()));
}

#[test]
fn the_report_reads_back_from_json_and_csv() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "covid/a,\"b\".png", b"");
    let report = scan(folder.path());
    let mut json = Vec::new();
    report.write_json(&mut json).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["collections"][0]["images"], 1);
    assert_eq!(json["findings"][0]["code"], "unreadable");
    let mut csv = Vec::new();
    report.write_findings_csv(&mut csv).unwrap();
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(&csv[..]).records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), &rows[0][3], &rows[0][5]), (1, "covid/a,\"b\".png", "unreadable"));
    let mut counts = Vec::new();
    report.write_counts_csv(&mut counts).unwrap();
    assert!(String::from_utf8(counts).unwrap().contains("class,COVID-19,"));
}

/// Films of the image crate, whose oddities its tests know.
#[test]
fn unusual_files_are_counted_with_the_first_names() {
    let folder = tempfile::tempdir().unwrap();
    let films = Path::new(env!("CARGO_MANIFEST_DIR")).join("../image/tests/films");
    for (name, film) in [
        ("covid/1.png", "turned-2.png"),
        ("covid/2.png", "turned-3.png"),
        ("covid/3.png", "turned-4.png"),
        ("covid/4.png", "turned-6.png"),
        ("normal/1.png", "12-bits.png"),
        ("normal/2.dcm", "group-length-zero.dcm"),
        ("normal/3.dcm", "window-of-no-width.dcm"),
        ("normal/4.dcm", "plain.dcm"),
    ] {
        write(folder.path(), name, &fs::read(films.join(film)).unwrap());
    }
    let report = scan(folder.path());
    let counted: Vec<(&str, usize, usize)> = report
        .decoding
        .iter()
        .map(|note| (note.sort.as_str(), note.counts.values().sum(), note.files.len()))
        .collect();
    let expected = [
        ("group-length", 1, 1),
        ("stretched", 1, 1),
        ("turned", 4, 3),
        ("unusable Window Width (0028,1051)", 1, 1),
    ];
    assert_eq!(counted, expected);
    assert_eq!(report.decoding[2].files[2].file, "covid/3.png");
    let text = report.to_string();
    assert!(text.contains("covid/1.png: turned upright by EXIF orientation 2"), "{text}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["decoding"][2]["files"][0]["file"], "covid/1.png");
    let counts = json["decoding"][2]["counts"].as_object().unwrap();
    assert_eq!(counts.values().filter_map(serde_json::Value::as_u64).collect::<Vec<_>>(), [4]);
    // Without pixels nothing is decoded.
    let sources = recognise(folder.path()).unwrap().sources;
    let undecoded = Scan { pixels: false, ..Scan::default() }.run(&sources, &|_| ()).unwrap();
    assert!(undecoded.decoding.is_empty());
}

#[test]
fn progress_reaches_the_end() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..5 {
        write(folder.path(), &format!("covid/{number}.bmp"), &bitmap(64, 64, noise));
    }
    let seen = Mutex::new(Vec::new());
    let sources = recognise(folder.path()).unwrap().sources;
    Scan { pixels: false, ..Scan::default() }
        .run(&sources, &|progress| {
            if let Progress::Images { done, total } = progress {
                seen.lock().unwrap().push((done, total));
            }
        })
        .unwrap();
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen, [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]);
}

/// The defects of the published collections, by name.
#[test]
fn real_collections() {
    let Some(root) = data("") else { return };
    let report = scan(&root);
    println!("ran on {} collections", report.collections.len());
    let mut names: Vec<&str> =
        report.collections.iter().map(|collection| collection.source.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["cohen", "covid-cxnet", "darkcovidnet", "figure1", "hannover", "nih", "originals"]);
    assert!(report.unread.is_empty());
    // No published film is taken for a mask; this file is white letters on black that say to consult the table.
    let masks: Vec<&str> =
        report.findings_of("mask").map(|finding| finding.file.as_deref().unwrap()).collect();
    assert_eq!(masks, ["images/FAFA-A1BF-49A8-A1D3-66FAFA41B7345D.jpg"]);

    let lies: Vec<(&str, &str)> = report
        .findings_of("extension-lies")
        .map(|finding| (finding.source.as_str(), finding.file.as_deref().unwrap()))
        .collect();
    let of_cohen: Vec<&str> = lies.iter().filter(|(source, _)| *source == "cohen").map(|lie| lie.1).collect();
    assert_eq!(of_cohen.len(), 17);
    for name in ["000001.jpg", "000010-5.jpg", "10.1016-slash-j.healun.2020.04.004.jpg"] {
        assert!(of_cohen.contains(&name), "{name}");
    }
    let of_cxnet: BTreeSet<&str> =
        lies.iter().filter(|(source, _)| *source == "covid-cxnet").map(|lie| lie.1).collect();
    assert_eq!(of_cxnet, ["766p.jpg", "770.png", "871.jpg"].into());
    assert_eq!(lies.len(), 20);

    assert_eq!(report.findings_of("unreadable").count(), 0);
    assert_eq!(report.findings_of("file-without-row").count(), 13);
    assert!(files(&report, "file-without-row").contains("images/gr1_lrg.jpg"));
    assert_eq!(report.findings_of("second-row").count(), 5);
    assert_eq!(report.findings_of("patients-united").count(), 5);
    assert!(files(&report, "name-differs").contains("403.jpeg"));
    // Photographs of tinted films: clearly coloured to the eye.
    for coloured in ["000005-5-a.jpg", "tpmd200203f2-a.png", "447.jpg", "gr1_lrg-a.jpg"] {
        assert!(files(&report, "coloured").contains(coloured), "{coloured}");
    }
    // Sizes are those of the publishers: the copies here are at most 336 pixels on the shorter side.
    assert_eq!(report.counts_of("shorter side").unwrap().total("1024-2047"), 1214);
    assert_eq!(report.counts_of("class").unwrap().total("pneumonia"), 495);
}

#[test]
fn assembling_keeps_every_exclusion() {
    let Some(root) = data("") else { return };
    let collections: Vec<_> =
        recognise(&root).unwrap().sources.iter().map(|source| source.read().unwrap()).collect();
    println!("ran on {} collections", collections.len());
    let (records, exclusions) = collections.iter().fold((0, 0), |(records, exclusions), collection| {
        (records + collection.records.len(), exclusions + collection.exclusions.len())
    });
    let classes = radiograph_classes::Classes::new(["COVID-19", "normal", "pneumonia"]).unwrap();
    let filters = Filters {
        x_ray_only: true,
        views: Views::PaOnly,
        ages: Some(Ages { years: 18..=122, keep_unknown: true }),
        classes: Some(classes),
        ..Filters::default()
    };
    let assembly = assemble(collections, &filters).unwrap();
    assert_eq!(assembly.records.len() + assembly.exclusions.len(), records + exclusions);
    let reasons = assembly.excluded_by_reason();
    assert_eq!(reasons.values().sum::<usize>(), assembly.exclusions.len());
    assert_eq!(reasons["modality"], 63); // CT slices of Cohen's whose file is here
    assert_eq!(assembly.files_without_rows().count(), 13);
    assert_eq!(assembly.rows_without_files().count(), reasons["row-without-file"]);

    let cohen = || Cohen::new(root.join("covid-chestxray-dataset")).read().unwrap();
    assert!(assemble([cohen(), cohen()], &Filters::default()).is_err(), "one name twice");
}

#[test]
fn the_bitmaps_of_these_tests_decode() {
    let picture = radiograph_image::decode(&bitmap(3, 2, noise), &Default::default()).unwrap();
    let Samples::Rgb8(values) = picture.into_rgb().into_8_bit().into_samples() else { panic!("not 8 bits") };
    assert_eq!(values[..3], noise(0, 0));
    assert_eq!(values[9..12], noise(0, 1));
}
