//! Lists one folder, and recognises the layouts of public collections, class folders and DICOM files in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use radiograph_image::{ImageFormat, SNIFF_BYTES};

use super::{
    Actualmed, ClassFolders, Cohen, CovidCxnet, Described, Figure1, Folder, Hannover, Kermany,
    MendeleyAugmented, Nih, Source, class_folders, description::TableDescription, folder::name_of, is_image,
    kermany, mendeley, pattern, public,
};
use crate::{Reason, SourceName, table::Separator};

/// Bytes of a table in which its header must end.
const HEADER_LIMIT: u64 = 1 << 16;
/// Files of a folder that are looked into for DICOM content.
const SNIFFED_FILES: usize = 64;

/// One folder, not what is below it.
pub(super) struct Listing {
    pub(super) files: BTreeSet<String>,
    /// By name in lower case; of two that differ in case only, one by a name that no folder can have.
    pub(super) folders: BTreeMap<String, PathBuf>,
    pub(super) refused: BTreeMap<PathBuf, Reason>,
}

impl Listing {
    pub(super) fn read(folder: &Path) -> Self {
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

    /// The public collection whose layout the folder has.
    pub(super) fn published(&self, folder: &Path) -> Option<Box<dyn Source>> {
        if let Some(source) = self.source_with_table(folder) {
            return Some(source);
        }
        if let Some(description) = public::of_folder(&Place { listing: self, folder }) {
            return Some(Box::new(Described::new(description, folder)));
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
        None
    }

    /// The collection whose folders are named by classes.
    pub(super) fn class_folders(&self, folder: &Path) -> Option<Box<dyn Source>> {
        let covid = |wanted| self.folders.keys().any(|name| mendeley::is_covid_folder(name) == Some(wanted));
        if covid(true) && covid(false) && mendeley::has_fingerprint(folder) {
            return Some(Box::new(MendeleyAugmented::new(folder)));
        }
        if class_folders::is_layout(&self.folders) {
            let name = name_of(folder).unwrap_or_else(|| SourceName::of_adapter("class-folders"));
            return Some(Box::new(ClassFolders::new(name, folder)));
        }
        None
    }

    /// Whether DICOM files lie in this folder itself.
    pub(super) fn holds_dicom(&self, folder: &Path) -> bool {
        self.files.iter().take(SNIFFED_FILES).any(|file| is_dicom(&folder.join(file)))
    }

    /// Whether DICOM files lie in this folder or below it.
    pub(super) fn holds_dicom_below(&self, folder: &Path) -> bool {
        let mut pending: Vec<(PathBuf, usize)> = Vec::new();
        let push = |listing: &Self, depth, pending: &mut Vec<(PathBuf, usize)>| {
            if depth < Folder::DEPTH_LIMIT {
                pending.extend(listing.folders.values().map(|folder| (folder.clone(), depth + 1)));
            }
        };
        if self.holds_dicom(folder) {
            return true;
        }
        push(self, 0, &mut pending);
        while let Some((folder, depth)) = pending.pop() {
            let listing = Self::read(&folder);
            if listing.holds_dicom(&folder) {
                return true;
            }
            push(&listing, depth, &mut pending);
        }
        false
    }

    fn source_with_table(&self, folder: &Path) -> Option<Box<dyn Source>> {
        let has = |table: &str, columns: &[&str]| {
            self.files.contains(table) && has_columns(&folder.join(table), Separator::Comma, columns)
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

/// A folder that descriptions of public collections are tried on.
struct Place<'a> {
    listing: &'a Listing,
    folder: &'a Path,
}

impl Place<'_> {
    /// The files that fit a table's pattern: in the folder that the pattern names, if it names one, else in this one.
    fn tables(&self, table: &TableDescription) -> Vec<PathBuf> {
        let fits = pattern::matcher(&table.file);
        let Some((below, _)) = table.file.rsplit_once('/') else {
            let files = self.listing.files.iter().filter(|file| fits(file));
            return files.map(|file| self.folder.join(file)).collect();
        };
        let first = below.split('/').next().unwrap_or(below);
        if !self.listing.folders.contains_key(&first.to_lowercase()) {
            return Vec::new();
        }
        let files = Listing::read(&self.folder.join(below)).files;
        let files = files.into_iter().map(|file| format!("{below}/{file}")).filter(|file| fits(file));
        files.map(|file| self.folder.join(file)).collect()
    }
}

impl public::Asked for Place<'_> {
    fn has_columns(&self, table: &TableDescription, columns: &[&str]) -> bool {
        let separator = table.separator.unwrap_or(Separator::Comma);
        self.tables(table).iter().any(|file| has_columns(file, separator, columns))
    }

    fn first_row(&self, table: &TableDescription) -> Option<Vec<String>> {
        let separator = table.separator.unwrap_or(Separator::Comma);
        self.tables(table).iter().find_map(|file| first_row(file, separator))
    }

    fn has_films(&self, pattern: &str) -> bool {
        let Some((folder, _)) = pattern.split_once('/') else { return false };
        let Some(path) = self.listing.folders.get(&folder.to_lowercase()) else { return false };
        let fits = pattern::matcher(pattern);
        let mut images = Listing::read(path).files.into_iter().filter(|file| is_image(file)).peekable();
        images.peek().is_some() && images.all(|file| fits(&format!("{folder}/{file}")))
    }
}

/// Whether the first line of a table has these columns.
fn has_columns(table: &Path, separator: Separator, columns: &[&str]) -> bool {
    let Some(names) = first_row(table, separator) else { return false };
    columns.iter().all(|column| names.iter().any(|name| name == column))
}

/// The cells of a table's first line.
fn first_row(table: &Path, separator: Separator) -> Option<Vec<String>> {
    let mut start = Vec::new();
    File::open(table).and_then(|file| file.take(HEADER_LIMIT).read_to_end(&mut start)).ok()?;
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).delimiter(separator.byte()).from_reader(&start[..]);
    let row = reader.byte_records().next()?.ok()?;
    let cell = |cell: &[u8]| String::from_utf8_lossy(cell).trim_start_matches('\u{feff}').trim().to_owned();
    Some(row.iter().map(cell).collect())
}

/// Whether a file begins as a DICOM file does.
fn is_dicom(path: &Path) -> bool {
    let mut start = Vec::with_capacity(SNIFF_BYTES);
    let read = File::open(path).and_then(|file| file.take(SNIFF_BYTES as u64).read_to_end(&mut start));
    read.is_ok() && ImageFormat::of_content(&start) == Some(ImageFormat::Dicom)
}
