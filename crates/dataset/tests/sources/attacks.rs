//! Hostile metadata: each file of `attacks/metadata` is read by the adapter that its name begins with, and ends as
//! written here, never in a panic and never outside the folder.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read},
    path::Path,
};

use radiograph_dataset::{
    Reason,
    source::{
        Actualmed, Cohen, Collection, CovidCxnet, Described, Figure1, Folder, Hannover, Nih, Source,
        SourceError, description::Description,
    },
    table::{TableError, TableFormat, read_table},
};
use serde::Deserialize;

/// File, and what becomes of it: records; reasons of exclusions; codes of notes.
const ATTACKS: [(&str, &str); 20] = [
    ("actualmed--names-that-leave", "1 records; 3 name-leaves-folder"),
    ("cohen--column-twice", "AmbiguousColumn"),
    ("cohen--empty", "MissingColumns"),
    ("cohen--field-counts", "2 records; 3 field-count; 1 file-without-row"),
    ("cohen--header-only", "0 records; 3 file-without-row"),
    ("cohen--names-that-leave", "1 records; 2 file-without-row; 8 name-leaves-folder; 2 no-name"),
    ("cohen--not-utf-8", "2 records; 1 file-without-row; 2 not-text"),
    ("cohen--numbers", "3 records; 3 impossible"),
    ("cohen--open-quote", "1 records; 1 field-count; 2 file-without-row"),
    ("cohen--picture-as-table", "Encoding"),
    ("cohen--two-rows-for-one-file", "2 records; 2 contradictory-rows; 1 patients-united; 2 second-row"),
    ("cohen--utf-16", "Encoding"),
    ("cohen--web-page-as-table", "MissingColumns"),
    ("cohen--words-that-look-right", "3 records; 1 impossible; 4 unknown-word"),
    (
        "covid-cxnet--numbers",
        "1 records; 14 impossible; 1 name-differs; 1 name-leaves-folder; 6 row-without-file",
    ),
    ("figure1--every-byte", "1 records; 1 unknown-word"),
    ("figure1--ids-that-are-paths", "1 records; 2 name-leaves-folder; 1 no-name"),
    ("hannover--offsets", "4 records; 4 impossible; 1 name-leaves-folder; 1 no-name"),
    (
        "nih--labels-and-ages",
        "5 records; 2 contradiction; 1 impossible; 1 name-leaves-folder; 2 unknown-word",
    ),
    (
        "table--names-that-leave",
        "1 records; 1 name-differs; 1 name-leaves-folder; 1 row-without-file; 1 second-row",
    ),
];

#[test]
fn hostile_metadata_ends_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("attacks/metadata");
    let mut found: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".csv", ""))
        .collect();
    found.sort();
    let expected: Vec<&str> = ATTACKS.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, expected, "one file for each case, one case for each file");
    for (name, outcome) in ATTACKS {
        let table = fs::read(folder.join(format!("{name}.csv"))).unwrap();
        assert_eq!(outcome_of(name, table), outcome, "{name}");
    }
}

fn outcome_of(name: &str, table: Vec<u8>) -> String {
    let (adapter, _) = name.split_once("--").unwrap();
    let (source, metadata, images): (Box<dyn Source>, &str, &[&str]) = match adapter {
        "actualmed" => (Box::new(Actualmed::new("")), "metadata.csv", &["images/a.png"]),
        "cohen" => {
            (Box::new(Cohen::new("")), "metadata.csv", &["images/a.png", "images/b.png", "images/c.png"])
        }
        "covid-cxnet" => {
            (Box::new(CovidCxnet::new("")), "metadata.csv", &["chest_xray_images/covid19/7.jpg"])
        }
        "figure1" => (Box::new(Figure1::new("")), "metadata.csv", &["images/a.jpg"]),
        "hannover" => {
            (Box::new(Hannover::new("")), "data.csv", &["png/a.png", "png/b.png", "png/c.png", "png/d.png"])
        }
        "nih" => (
            Box::new(Nih::new("")),
            "Data_Entry_2017.csv",
            &[
                "images/00000001_000.png",
                "images/00000001_001.png",
                "images/00000001_002.png",
                "images/00000001_003.png",
                "images/00000001_004.png",
            ],
        ),
        "table" => (Box::new(described("")), "cases.csv", &["a.png"]),
        other => panic!("no adapter {other}"),
    };
    let images = images.iter().map(|image| ((*image).to_owned(), Vec::new()));
    let folder = Folder::in_memory(images.chain([(metadata.to_owned(), table)]));
    match source.read_folder(folder) {
        Ok(collection) => {
            stays_inside(&collection);
            summary(&collection)
        }
        Err(SourceError::Table(error)) => format!("{error:?}").split([' ', '{']).next().unwrap().to_owned(),
        Err(error) => format!("{error:?}").split([' ', '{']).next().unwrap().to_owned(),
    }
}

/// A collection with the table `cases.csv`.
fn described(folder: impl Into<std::path::PathBuf>) -> Described {
    let text = "name = 'web'\n[[table]]\nfile = 'cases.csv'\ncolumns = { file = 'filename', case = 'case_url', \
                class = 'finding' }\n";
    Described::new(Description::parse(text, Path::new("")).unwrap(), folder)
}

fn stays_inside(collection: &Collection) {
    for record in collection.described() {
        let below = record.path.strip_prefix(&collection.root).unwrap();
        assert!(!below.components().any(|part| part.as_os_str() == ".."), "{below:?}");
    }
}

fn summary(collection: &Collection) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let exclusions = collection.exclusions.iter().map(|exclusion| exclusion.reason.code());
    for code in exclusions.chain(collection.notes.iter().map(|note| note.oddity.code())) {
        *counts.entry(code).or_insert(0) += 1;
    }
    let counts: String = counts.iter().map(|(code, count)| format!("; {count} {code}")).collect();
    format!("{} records{counts}", collection.records.len())
}

#[derive(Debug, Deserialize)]
struct Name {
    #[allow(dead_code, reason = "only ever too long to be read")]
    name: String,
}

/// 200 MB without a line end, of letters, of commas and in quotes: refused after the row limit, not read to the end.
#[test]
fn two_hundred_megabytes_in_one_line() {
    for (start, filler) in
        [("name\n", b'a'), ("name\n", b','), ("name\n\"", b'a'), ("", b'a'), ("name\n", b'"')]
    {
        let mut counted =
            Counted { inner: start.as_bytes().chain(io::repeat(filler).take(200 << 20)), bytes: 0 };
        let rows = read_table::<Name>(&mut counted, Path::new("long.csv"), &TableFormat::utf8(&["name"]));
        assert!(matches!(rows, Err(TableError::RowTooLong { limit: 0x10_0000, .. })), "{rows:?}");
        assert!(counted.bytes < 2 << 20, "{} bytes were read", counted.bytes);
    }
}

struct Counted<R> {
    inner: R,
    bytes: usize,
}

impl<R: Read> Read for &mut Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read;
        Ok(read)
    }
}

#[test]
fn metadata_that_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let error = Cohen::new(folder.path()).read().unwrap_err();
    assert!(matches!(error, SourceError::NoMetadata { .. }), "{error}");
    fs::create_dir(folder.path().join("metadata.csv")).unwrap();
    let error = Cohen::new(folder.path()).read().unwrap_err();
    assert!(matches!(error, SourceError::NotAFile { .. }), "{error}");
    let error = Cohen::new(folder.path().join("metadata.csv/missing")).read().unwrap_err();
    assert!(matches!(error, SourceError::Folder { .. }), "{error}");
}

#[test]
#[cfg(unix)]
fn links_out_of_the_folder() {
    use std::os::unix::fs::symlink;

    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.png"), "secret").unwrap();
    fs::write(outside.path().join("metadata.csv"), "patientid\n").unwrap();
    let inside = tempfile::tempdir().unwrap();
    let header = "filename,case_url,patient,view,finding,licence";
    let rows = ["link.png", "linked/secret.png", "a.png"].map(|name| format!("{name},u,,PA,COVID-19,"));
    fs::write(inside.path().join("cases.csv"), format!("{header}\n{}\n", rows.join("\n"))).unwrap();
    fs::write(inside.path().join("a.png"), "").unwrap();
    symlink(outside.path().join("secret.png"), inside.path().join("link.png")).unwrap();
    symlink(outside.path(), inside.path().join("linked")).unwrap();
    let collection = described(inside.path()).read().unwrap();
    assert_eq!(collection.records.len(), 1);
    let of_rows = collection.exclusions.iter().filter(|exclusion| exclusion.row.is_some());
    let reasons: Vec<&Reason> = of_rows.map(|exclusion| &exclusion.reason).collect();
    assert_eq!(reasons, [&Reason::LinkLeavesFolder, &Reason::LinkLeavesFolder]);

    symlink(outside.path().join("metadata.csv"), inside.path().join("metadata.csv")).unwrap();
    let error = Cohen::new(inside.path()).read().unwrap_err();
    assert!(matches!(error, SourceError::NotAFile { .. }), "{error}");

    // The list of published sizes, in the folder and beside it.
    let sizes = "file,format,mode,width,height,bytes\na.png,PNG,L,9,8,7\nweb/a.png,PNG,L,9,8,7\n";
    fs::write(outside.path().join("original_sizes.csv"), sizes).unwrap();
    let around = tempfile::tempdir().unwrap();
    let collection = around.path().join("web");
    fs::create_dir(&collection).unwrap();
    fs::write(collection.join("cases.csv"), format!("{header}\n{}\n", rows[2])).unwrap();
    fs::write(collection.join("a.png"), "").unwrap();
    let read = || described(&collection).read();
    for folder in [&collection, around.path()] {
        let list = folder.join("original_sizes.csv");
        symlink(outside.path().join("original_sizes.csv"), &list).unwrap();
        let error = read().unwrap_err();
        assert!(matches!(&error, SourceError::NotAFile { path } if *path == list), "{error}");
        fs::remove_file(&list).unwrap();
        assert!(read().unwrap().records[0].published.is_none());
        // A list, or a link to one that lies in the same folder, is read.
        fs::write(folder.join("sizes.csv"), sizes).unwrap();
        symlink("sizes.csv", &list).unwrap();
        assert_eq!(read().unwrap().records[0].published.as_ref().unwrap().width, 9);
        fs::remove_file(&list).unwrap();
    }
}

/// A pipe in the place of the table must not be waited on.
#[test]
#[cfg(unix)]
fn a_pipe_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("metadata.csv")).status().unwrap();
    assert!(made.success());
    let error = Cohen::new(folder.path()).read().unwrap_err();
    assert!(matches!(error, SourceError::NotAFile { .. }), "{error}");
}
