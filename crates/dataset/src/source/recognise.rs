//! Recognises the collections below a folder: by a description, by their layouts, by plain tables, by DICOM content.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::{
    CollectionReader, Described, Folder, Source, SourceError,
    description::{Description, Draft, NearMiss},
    folder::name_of,
    listing::Listing,
};
use crate::{Reason, SourceName};

/// Folders within folders that are searched.
const DEPTH_LIMIT: usize = Folder::DEPTH_LIMIT;

/// Collections and other folders of images found below a folder.
#[derive(Default)]
#[non_exhaustive]
pub struct Recognised {
    /// The collections, by folder.
    pub sources: Vec<Box<dyn Source>>,
    /// Folders that hold images but fit no layout.
    pub unknown: Vec<PathBuf>,
    /// Tables that do not describe the images beside them, with what they lack.
    pub near_misses: Vec<NearMiss>,
    /// Paths outside the collections that were not searched, with the reason.
    pub refused: Vec<(PathBuf, Reason)>,
}

/// Recognises the collections in a folder and in the folders below it. In this order a folder is a collection
///
/// 1. by a `radiograph-source.toml` ([`Description`]),
/// 2. by the layout of a public collection: headers of tables, names of folders,
/// 3. by a plain table with a column of files and a column of classes ([`Draft`]),
/// 4. by folders that are named by classes,
/// 5. by DICOM files. A tree of them (patient, study, series, …) is one collection at its top, so that all films of a patient
///    number are one patient's. Two places that lie side by side need a description each, or are read as one. Films beside collections
///    of the kinds 1 to 3 are no tree and are [`unknown`](Recognised::unknown).
///
/// Folders of a recognised collection are not searched further. Links to files beside them count as files. Other
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
    let below = search(root, 0, &mut recognised);
    recognised.unknown.extend(below.unknown);
    recognised.refused.extend(below.refused);
    recognised.near_misses.extend(below.near_misses);
    // Trees beside other collections stay apart, but their patient numbers may be of one hospital.
    let namespace = (below.trees.len() > 1).then(|| SourceName::of_adapter("dicom"));
    for tree in below.trees {
        let description = Description { patients: namespace.clone(), ..Description::default() };
        recognised.push(Box::new(Described::new(description, tree)));
    }
    Ok(recognised)
}

/// Drafts the description of one collection from the tables at the top of its folder; `None` if there is none.
///
/// # Errors
///
/// [`SourceError::Folder`] if `root` is not a folder.
pub fn draft(root: &Path) -> Result<Option<Draft>, SourceError> {
    if !root.is_dir() {
        return Err(SourceError::Folder { path: root.to_owned() });
    }
    let listing = Listing::read(root);
    let top = Folder::of_listing(root, listing.files.iter().cloned());
    Ok(Draft::of_folder(&top, || listing.holds_dicom_below(root)))
}

impl Recognised {
    /// A sentence for each place that is left out: tables that describe no films, images in an unknown layout, and paths that
    /// were not searched.
    pub fn left_out(&self) -> impl Iterator<Item = String> {
        let missed = self.near_misses.iter().map(ToString::to_string);
        let unknown =
            self.unknown.iter().map(|folder| format!("{}: images in an unknown layout", folder.display()));
        let refused = self.refused.iter().map(|(path, reason)| format!("{}: {reason}", path.display()));
        missed.chain(unknown).chain(refused)
    }

    /// Adds what was found elsewhere, and tells equal names apart.
    pub fn extend(&mut self, other: Self) {
        for source in other.sources {
            self.push(source);
        }
        self.unknown.extend(other.unknown);
        self.near_misses.extend(other.near_misses);
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

/// What lies below a folder and is no collection yet.
#[derive(Default)]
struct Below {
    /// Folders of DICOM files.
    trees: Vec<PathBuf>,
    /// Whether there are collections of another kind.
    has_collections: bool,
    /// Whether a table or a description tells of one of them.
    has_tables: bool,
    unknown: Vec<PathBuf>,
    near_misses: Vec<NearMiss>,
    refused: Vec<(PathBuf, Reason)>,
}

fn search(folder: &Path, depth: usize, recognised: &mut Recognised) -> Below {
    let listing = Listing::read(folder);
    let mut below = Below::default();
    match described(folder, &listing) {
        Some(Ok(source)) => {
            recognised.push(source);
            return Below { has_collections: true, has_tables: true, ..below };
        }
        Some(Err(missed)) => below.near_misses = missed,
        None => {}
    }
    if let Some(source) = listing.class_folders(folder) {
        recognised.push(source);
        return Below { has_collections: true, ..below };
    }
    let holds_dicom = listing.holds_dicom(folder);
    let (mut inside, mut found) = (Recognised::default(), Below::default());
    for inner in listing.folders.into_values() {
        if depth < DEPTH_LIMIT {
            found.extend(search(&inner, depth + 1, &mut inside));
        } else {
            found.refused.push((inner, Reason::TooDeep(DEPTH_LIMIT)));
        }
    }
    // A few films beside collections are no tree: it would swallow them.
    if holds_dicom && !found.has_tables {
        return Below { trees: vec![folder.to_owned()], ..below };
    }
    recognised.extend(inside);
    below.refused.extend(listing.refused);
    below.extend(found);
    if !below.has_collections && below.trees.len() > 1 {
        return Below { trees: vec![folder.to_owned()], near_misses: below.near_misses, ..Below::default() };
    }
    if holds_dicom || listing.files.iter().any(|file| super::is_image(file)) {
        below.unknown.push(folder.to_owned());
    }
    below
}

impl Below {
    fn extend(&mut self, other: Self) {
        self.trees.extend(other.trees);
        self.has_collections |= other.has_collections;
        self.has_tables |= other.has_tables;
        self.unknown.extend(other.unknown);
        self.near_misses.extend(other.near_misses);
        self.refused.extend(other.refused);
    }
}

/// The collection that a description, a published table or a plain table makes of a folder; the tables that come near.
fn described(folder: &Path, listing: &Listing) -> Option<Result<Box<dyn Source>, Vec<NearMiss>>> {
    if listing.files.contains(Description::FILE) {
        return Some(Ok(by_description(folder)));
    }
    if let Some(source) = listing.published(folder) {
        return Some(Ok(source));
    }
    let has_dicom = || listing.holds_dicom_below(folder);
    let top = Folder::of_listing(folder, listing.files.iter().cloned());
    let draft = Draft::of_folder(&top, has_dicom)?;
    if draft.is_complete() {
        Some(Ok(Box::new(Described::new(draft.description, folder))))
    } else {
        Some(Err(draft.near_misses))
    }
}

/// The collection of a description. One that cannot be read is told when the collection is.
fn by_description(folder: &Path) -> Box<dyn Source> {
    match read_description(folder) {
        Ok(description) => Box::new(Described::new(description, folder)),
        Err(_) => {
            let name = name_of(folder).unwrap_or_else(|| SourceName::of_adapter("collection"));
            Box::new(Undescribed { name, root: folder.to_owned() })
        }
    }
}

fn read_description(folder: &Path) -> Result<Description, SourceError> {
    let path = folder.join(Description::FILE);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Description::parse(&text, &path)?),
        Err(source) => Err(SourceError::Read { path, source }),
    }
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

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        self.source.read_into(reader)
    }
}

/// A folder whose description cannot be used: reading the collection says why.
struct Undescribed {
    name: SourceName,
    root: PathBuf,
}

impl Source for Undescribed {
    fn name(&self) -> SourceName {
        self.name.clone()
    }

    fn root(&self) -> &Path {
        &self.root
    }

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        // It may have been corrected in the meantime.
        Described::new(read_description(&self.root)?, &self.root).read_into(reader)
    }
}
