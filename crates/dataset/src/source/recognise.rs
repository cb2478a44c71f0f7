//! Recognises the collections below a folder by their layouts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use super::{
    Actualmed, ClassFolders, Cohen, CovidCxnet, DicomFolder, Figure1, Hannover, Kermany, MendeleyAugmented,
    Nih, Source, SourceError, WebCases, class_folders, dicom_folder::is_dicom, kermany, mendeley,
};
use crate::{Reason, SourceName};

/// Folders within folders that are searched.
const DEPTH_LIMIT: usize = 4;
/// Bytes of a table in which its header must end.
const HEADER_LIMIT: u64 = 1 << 16;
/// Files of a folder that are looked into for DICOM content.
const SNIFFED_FILES: usize = 64;

/// Collections and other folders of images found below a folder.
#[derive(Default)]
#[non_exhaustive]
pub struct Recognised {
    /// The collections, by folder.
    pub sources: Vec<Box<dyn Source>>,
    /// Folders that hold images but fit no layout.
    pub unknown: Vec<PathBuf>,
    /// Paths outside the collections that were not searched, with the reason.
    pub refused: Vec<(PathBuf, Reason)>,
}

/// Recognises the collections in a folder and in the folders below it, by layout: headers of tables, names of folders,
/// DICOM content. Folders of a recognised collection are not searched further. Links to files beside them count as files. Other
/// links are not followed: they, folders that cannot be read or lie too deep, and names that are not Unicode are
/// [`refused`](Recognised::refused).
///
/// A second collection of one kind gets a numbered name (`cohen-2`).
///
/// # Errors
///
/// [`SourceError::Folder`] if `root` is not a folder, [`SourceError::Read`] if it cannot be read.
pub fn recognise(root: &Path) -> Result<Recognised, SourceError> {
    if !root.is_dir() {
        return Err(SourceError::Folder { path: root.to_owned() });
    }
    fs::read_dir(root).map_err(|source| SourceError::Read { path: root.to_owned(), source })?;
    let mut recognised = Recognised::default();
    search(root, 0, &mut recognised);
    Ok(recognised)
}

impl Recognised {
    /// A sentence for each place that is left out: images in an unknown layout, and paths that were not searched.
    pub fn left_out(&self) -> impl Iterator<Item = String> {
        let unknown =
            self.unknown.iter().map(|folder| format!("{}: images in an unknown layout", folder.display()));
        let refused = self.refused.iter().map(|(path, reason)| format!("{}: {reason}", path.display()));
        unknown.chain(refused)
    }

    /// Adds what was found elsewhere, and tells equal names apart.
    pub fn extend(&mut self, other: Self) {
        for source in other.sources {
            self.push(source);
        }
        self.unknown.extend(other.unknown);
        self.refused.extend(other.refused);
    }

    fn push(&mut self, source: Box<dyn Source>) {
        let taken: BTreeSet<String> =
            self.sources.iter().map(|source| source.name().as_str().to_owned()).collect();
        let name = source.name();
        let mut numbered = (2..).map(|number| format!("{name}-{number}"));
        if !taken.contains(name.as_str()) {
            self.sources.push(source);
        } else if let Some(Ok(name)) =
            numbered.find(|name| !taken.contains(name)).map(|name| SourceName::new(&name))
        {
            self.sources.push(Box::new(Renamed { name, source }));
        }
    }
}

fn search(folder: &Path, depth: usize, recognised: &mut Recognised) {
    let listing = Listing::read(folder);
    if let Some(source) = listing.source(folder) {
        recognised.push(source);
        return;
    }
    recognised.refused.extend(listing.refused);
    for below in listing.folders.values() {
        if depth < DEPTH_LIMIT {
            search(below, depth + 1, recognised);
        } else {
            recognised.refused.push((below.clone(), Reason::TooDeep(DEPTH_LIMIT)));
        }
    }
    if listing.files.iter().any(|file| super::is_image(file)) {
        recognised.unknown.push(folder.to_owned());
    }
}

/// One folder, not what is below it.
struct Listing {
    files: BTreeSet<String>,
    /// By name in lower case; of two that differ in case only, one by a name that no folder can have.
    folders: BTreeMap<String, PathBuf>,
    refused: BTreeMap<PathBuf, Reason>,
}

impl Listing {
    fn read(folder: &Path) -> Self {
        let mut listing = Self { files: BTreeSet::new(), folders: BTreeMap::new(), refused: BTreeMap::new() };
        let Ok(entries) = fs::read_dir(folder) else {
            listing.refused.insert(folder.to_owned(), Reason::FolderUnreadable);
            return listing;
        };
        for entry in entries {
            let Ok((kind, entry)) = entry.and_then(|entry| Ok((entry.file_type()?, entry))) else {
                listing.refused.insert(folder.to_owned(), Reason::FolderUnreadable);
                continue;
            };
            let Ok(name) = entry.file_name().into_string() else {
                listing.refused.insert(entry.path(), Reason::NameNotUnicode);
                continue;
            };
            if name.starts_with('.') || name == "__MACOSX" {
                continue;
            }
            if kind.is_file() {
                listing.files.insert(name);
            } else if kind.is_dir() {
                let lower = name.to_lowercase();
                let taken = listing.folders.contains_key(&lower);
                let key = if taken { format!("{lower}/{name}") } else { lower };
                listing.folders.insert(key, entry.path());
            } else if kind.is_symlink() {
                match linked(&entry.path(), folder) {
                    None => _ = listing.files.insert(name),
                    Some(reason) => _ = listing.refused.insert(entry.path(), reason),
                }
            }
        }
        listing
    }

    fn source(&self, folder: &Path) -> Option<Box<dyn Source>> {
        let named = |default| name_of(folder).unwrap_or_else(|| SourceName::of_adapter(default));
        if let Some(source) = self.source_with_table(folder) {
            return Some(source);
        }
        if self.files.iter().any(|file| file.starts_with("Data_Entry_2017") && file.ends_with(".csv")) {
            return Some(Box::new(Nih::new(folder)));
        }
        if (self.is_kermany()
            || self.folders.get("chest_xray").is_some_and(|below| Self::read(below).is_kermany()))
            && kermany::has_fingerprint(folder)
        {
            return Some(Box::new(Kermany::new(folder)));
        }
        if self.files.contains("cases.csv")
            && has_columns(&folder.join("cases.csv"), &["filename", "case_url"])
        {
            return Some(Box::new(WebCases::new(named("web-cases"), folder)));
        }
        let covid = |wanted| self.folders.keys().any(|name| mendeley::is_covid_folder(name) == Some(wanted));
        if covid(true) && covid(false) && mendeley::has_fingerprint(folder) {
            return Some(Box::new(MendeleyAugmented::new(folder)));
        }
        if class_folders::is_layout(&self.folders) {
            return Some(Box::new(ClassFolders::new(named("class-folders"), folder)));
        }
        let mut sniffed = self.files.iter().take(SNIFFED_FILES);
        if sniffed.any(|file| is_dicom(&folder.join(file))) {
            return Some(Box::new(DicomFolder::new(named("dicom"), folder)));
        }
        None
    }

    fn source_with_table(&self, folder: &Path) -> Option<Box<dyn Source>> {
        let has = |table: &str, columns: &[&str]| {
            self.files.contains(table) && has_columns(&folder.join(table), columns)
        };
        if has("data.csv", &["image_id", "admission_offset", "projection"]) {
            return Some(Box::new(Hannover::new(folder)));
        }
        if has("metadata.csv", &["filename", "pcr_test"]) || self.folders.contains_key("chest_xray_images") {
            return Some(Box::new(CovidCxnet::new(folder)));
        }
        if !has("metadata.csv", &["finding"]) {
            return None;
        }
        if has("metadata.csv", &["patientid", "imagename"]) {
            Some(Box::new(Actualmed::new(folder)))
        } else if has("metadata.csv", &["patientid", "filename"])
            || has("metadata.csv", &["Patientid", "filename"])
        {
            Some(Box::new(Cohen::new(folder)))
        } else if has("metadata.csv", &["patientid", "artifacts/distortion"]) {
            Some(Box::new(Figure1::new(folder)))
        } else {
            None
        }
    }

    fn is_kermany(&self) -> bool {
        ["train", "val", "test"].iter().filter_map(|split| self.folders.get(*split)).any(|split| {
            let below = Self::read(split).folders;
            // Exactly the two, in capitals: other sets with a train folder have more classes.
            let named =
                |class: &str| below.get(class).is_some_and(|path| path.ends_with(class.to_uppercase()));
            below.len() == 2 && named("normal") && named("pneumonia")
        })
    }
}

/// Why a link in a folder does not count as a file of the folder, if it does not. The search has no outer folder that a
/// linked folder could belong to, so each is refused, wherever it leads.
fn linked(path: &Path, folder: &Path) -> Option<Reason> {
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(target), _) if target.is_dir() => Some(Reason::LinkedFolder),
        (Ok(target), Ok(folder)) if !target.starts_with(&folder) => Some(Reason::LinkLeavesFolder),
        (Ok(target), Ok(_)) if target.is_file() => None,
        (Ok(_), _) => Some(Reason::NotAPlainFile),
        (Err(_), _) => Some(Reason::LinkLeavesFolder),
    }
}

/// Whether the first line of a table has these columns.
fn has_columns(table: &Path, columns: &[&str]) -> bool {
    let mut start = Vec::new();
    let read = File::open(table).and_then(|file| file.take(HEADER_LIMIT).read_to_end(&mut start));
    let Ok(Some(Ok(header))) = read.map(|_| {
        csv::ReaderBuilder::new().has_headers(false).from_reader(&start[..]).into_byte_records().next()
    }) else {
        return false;
    };
    let names: Vec<String> = header
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    columns.iter().all(|column| names.iter().any(|name| name == column))
}

/// A folder's name as the name of a collection: `No Findings (2)` becomes `no-findings-2`.
fn name_of(folder: &Path) -> Option<SourceName> {
    let real = folder.canonicalize().ok()?;
    let words: String = real
        .file_name()?
        .to_str()?
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { ' ' })
        .collect();
    SourceName::new(&words.split_whitespace().collect::<Vec<_>>().join("-")).ok()
}

/// A source under another name.
struct Renamed {
    name: SourceName,
    source: Box<dyn Source>,
}

impl Source for Renamed {
    fn name(&self) -> SourceName {
        self.name.clone()
    }

    fn root(&self) -> &Path {
        self.source.root()
    }

    fn read_into(&self, reader: &mut super::CollectionReader) -> Result<(), SourceError> {
        self.source.read_into(reader)
    }
}
