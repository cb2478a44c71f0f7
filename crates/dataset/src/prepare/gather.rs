//! Reads collections and every image file once. Hash, scan and fingerprint come from one decode.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use radiograph_files::{ContentHash, FileError};
use radiograph_image::{ImageError, Limits, Stated, decode, read_file};
use radiograph_same_picture::Fingerprint;
use rayon::prelude::*;

use super::Progress;
use crate::{
    Exclusion, Note, Reason, Record, RecordId, SourceName,
    identifiers::Identifiers,
    recipe::{Candidate, Recipe},
    scan::{Inspection, ScanReport, ScannedImage, Thresholds, images_of},
    source::{Collection, Source, SourceError},
};

/// Images of several collections, sorted by id, with their fingerprints.
#[derive(Debug)]
#[non_exhaustive]
pub struct Gathered {
    /// Every image that could be read, filtered or not.
    pub candidates: Vec<Candidate>,
    /// Fingerprint of each candidate that passed the filters, could be decoded and is no mask.
    pub fingerprints: Vec<Option<Fingerprint>>,
    /// Rows without images, files that are no images, and images that could not be read.
    pub left_out: Vec<Exclusion>,
    /// Oddities of the other rows and files.
    pub notes: Vec<Note>,
    /// Scan of the collections. Images that the recipe leaves out by their metadata are described without their pixels.
    pub scan: ScanReport,
}

/// Reads collections and their images, on all threads of rayon's pool. Images that the recipe leaves out by their metadata
/// are hashed and not decoded. The candidates carry the names that `identifiers` give; what is left out, the notes and the scan
/// carry the published ones.
///
/// # Errors
///
/// The first collection that cannot be read at all, or [`SourceError::Duplicate`].
pub fn gather(
    sources: &[Box<dyn Source>],
    recipe: &Recipe,
    identifiers: &Identifiers,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Gathered, SourceError> {
    let mut names: BTreeSet<SourceName> = BTreeSet::new();
    let mut collections: Vec<Collection> = Vec::new();
    for source in sources {
        let name = source.name();
        if !names.insert(name.clone()) {
            return Err(SourceError::Duplicate { name: name.to_string() });
        }
        progress(Progress::Reading(name));
        collections.push(source.read()?);
    }
    // What is written does not depend on the order in which collections are given.
    collections.sort_by(|one, other| one.source.cmp(&other.source));
    let scanned: Vec<ScannedImage<'_>> = collections.iter().flat_map(images_of).collect();
    let (total, done) = (scanned.len(), AtomicUsize::new(0));
    let looked: Vec<Looked> = scanned
        .par_iter()
        .map(|image| {
            let wanted = image.record.is_some_and(|record| recipe.reason(record).is_none());
            let looked =
                if wanted { Looked::into(&image.path, image.stated()) } else { Looked::at(&image.path) };
            progress(Progress::Images { done: done.fetch_add(1, Ordering::Relaxed) + 1, total });
            looked
        })
        .collect();
    let (inspections, read): (Vec<Inspection>, Vec<Read>) =
        looked.into_iter().map(|Looked { inspection, read }| (inspection, read)).unzip();
    let scan = ScanReport::new(&collections, Vec::new(), &scanned, &inspections, &Thresholds::default());
    drop(scanned);

    let mut gathered = Gathered {
        candidates: Vec::new(),
        fingerprints: Vec::new(),
        left_out: Vec::new(),
        notes: Vec::new(),
        scan,
    };
    let mut images: Vec<(Candidate, Option<Fingerprint>)> = Vec::new();
    let mut read = read.into_iter();
    for collection in collections {
        take(collection, recipe, &mut read, &mut images, &mut gathered);
    }
    images.sort_by(|(one, _), (other, _)| one.record.id.cmp(&other.record.id));
    (gathered.candidates, gathered.fingerprints) = identifiers.rename(images).into_iter().unzip();
    gathered.left_out.sort_by(|one, other| {
        let key = |exclusion: &Exclusion| {
            (exclusion.source.clone(), exclusion.row, exclusion.file.clone(), exclusion.reason.to_string())
        };
        key(one).cmp(&key(other))
    });
    Ok(gathered)
}

/// Sorts a collection's images, with the reason of those that are not used, from what is no image. What was `read` stands in
/// the order of [`images_of`].
fn take(
    collection: Collection,
    recipe: &Recipe,
    read: &mut impl Iterator<Item = Read>,
    images: &mut Vec<(Candidate, Option<Fingerprint>)>,
    gathered: &mut Gathered,
) {
    let mut ids: BTreeSet<RecordId> = collection.records.iter().map(|record| record.id.clone()).collect();
    let mut add = |record: Record, excluded: Option<Reason>, read: Option<Read>| match read {
        Some(Ok(Content { hash, picture })) => {
            let (found, fingerprint) = match picture {
                Look::Hashed => (None, None),
                Look::Film(fingerprint) => (None, Some(*fingerprint)),
                Look::Mask => (Some(Reason::Mask("it has two gray values")), None),
                Look::Undecodable(fault) => (Some(Reason::Unreadable(fault)), None),
            };
            let excluded = excluded.or(found);
            images.push((Candidate::new(record, hash, excluded), fingerprint));
        }
        Some(Err(error)) => {
            gathered.left_out.push(Exclusion::of(record, Reason::Unreadable(error.to_string())));
        }
        // Every image was read.
        None => {}
    };
    for record in collection.records {
        let reason = recipe.reason(&record);
        add(record, reason, read.next());
    }
    let mut left_out = Vec::new();
    for exclusion in collection.exclusions {
        // An image that no row describes is still an image, unless its name is taken by one in another folder.
        if let (Reason::FileWithoutRow, Some(file)) = (&exclusion.reason, &exclusion.file) {
            let read = read.next();
            let id = RecordId::new(&collection.source, file.clone());
            if ids.insert(id.clone()) {
                let mut record = Record::new(id, collection.root.join(file));
                record.drawn = collection.drawn;
                add(record, Some(Reason::FileWithoutRow), read);
                continue;
            }
        }
        left_out.push(exclusion);
    }
    gathered.left_out.extend(left_out);
    gathered.notes.extend(collection.notes);
}

/// Facts about an image after one reading.
struct Looked {
    inspection: Inspection,
    read: Read,
}

/// The content of a file, or why it cannot be read.
type Read = Result<Content, FileError>;

struct Content {
    hash: ContentHash,
    picture: Look,
}

/// What the pixels of a file say.
enum Look {
    /// They were not asked.
    Hashed,
    /// A film, with its fingerprint.
    Film(Box<Fingerprint>),
    /// A mask.
    Mask,
    /// Why they cannot be decoded.
    Undecodable(String),
}

impl Looked {
    /// The file alone.
    fn at(path: &Path) -> Self {
        let read = ContentHash::of_file(path);
        Self {
            inspection: Inspection::of_file(path, false),
            read: read.map(|hash| Content { hash, picture: Look::Hashed }),
        }
    }

    /// The pixels too, decoded once for the scan and for the fingerprint, as the collection says.
    fn into(path: &Path, stated: Stated) -> Self {
        let limits = Limits::default();
        let bytes = match read_file(path, &limits) {
            Ok(bytes) => bytes,
            Err(error) => {
                let fault = match error {
                    ImageError::Undecodable { reason, .. } => reason.to_string(),
                    error => error.to_string(),
                };
                // A file beyond the limits has a hash all the same.
                let mut looked = Self::at(path);
                looked.inspection.fault = Some(fault.clone());
                looked.read =
                    looked.read.map(|content| Content { picture: Look::Undecodable(fault), ..content });
                return looked;
            }
        };
        let hash = ContentHash::of_bytes(&bytes);
        let mut inspection = Inspection::of_bytes(&bytes);
        let decoded = stated.decode_noted(&bytes, &limits);
        let held = (!stated.is_empty()).then(|| decode(&bytes, &limits).ok()).flatten();
        drop(bytes);
        let picture = match decoded {
            Ok(decoded) => {
                if inspection.look_at(&decoded.picture, decoded.notes) {
                    Look::Mask
                } else {
                    let shown = decoded.picture;
                    Look::Film(Box::new(match held {
                        Some(held) => Fingerprint::of_shown(hash, shown, held),
                        None => Fingerprint::of_picture(hash, shown),
                    }))
                }
            }
            Err(reason) => {
                inspection.fault = Some(reason.to_string());
                Look::Undecodable(reason.to_string())
            }
        };
        Self { inspection, read: Ok(Content { hash, picture }) }
    }
}
