//! Collections read, filtered, and every image file read once.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use radiograph_files::ContentHash;
use rayon::prelude::*;

use super::Progress;
use crate::{
    DatasetError, Exclusion, Note, Reason, Record, RecordId, SourceName,
    image::Limits,
    recipe::{Candidate, Recipe},
    same_picture::Fingerprint,
    source::{Collection, Source},
};

/// Images of several collections, by order of ids, with what is to be known of their files.
#[derive(Debug)]
#[non_exhaustive]
pub struct Gathered {
    /// Every image that could be read, filtered or not.
    pub candidates: Vec<Candidate>,
    /// For each candidate that passed the filters and could be decoded, what it is compared by.
    pub fingerprints: Vec<Option<Fingerprint>>,
    /// Rows without images, files that are no images, and images that could not be read.
    pub left_out: Vec<Exclusion>,
    /// What is odd about the rest.
    pub notes: Vec<Note>,
}

/// Reads collections and their images, on all threads of rayon's pool. Images that the recipe leaves out whatever they show
/// are hashed and not decoded.
///
/// # Errors
///
/// The first collection that cannot be read at all, or [`DatasetError::DuplicateSource`].
pub fn gather(
    sources: &[Box<dyn Source>],
    recipe: &Recipe,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Gathered, DatasetError> {
    let mut names: BTreeSet<SourceName> = BTreeSet::new();
    let mut gathered = Gathered {
        candidates: Vec::new(),
        fingerprints: Vec::new(),
        left_out: Vec::new(),
        notes: Vec::new(),
    };
    let mut images: Vec<(Record, Option<Reason>)> = Vec::new();
    for source in sources {
        let name = source.name();
        if !names.insert(name.clone()) {
            return Err(DatasetError::DuplicateSource { name: name.to_string() });
        }
        progress(Progress::Reading(name));
        let collection = source.read()?;
        take(collection, recipe, &mut images, &mut gathered);
    }
    images.sort_by(|(one, _), (other, _)| one.id.cmp(&other.id));
    let total = images.len();
    let done = AtomicUsize::new(0);
    let read: Vec<_> = images
        .into_par_iter()
        .map(|(record, reason)| {
            let read = read(record, reason);
            progress(Progress::Images { done: done.fetch_add(1, Ordering::Relaxed) + 1, total });
            read
        })
        .collect();
    for image in read {
        match image {
            Ok((candidate, fingerprint)) => {
                gathered.candidates.push(candidate);
                gathered.fingerprints.push(fingerprint);
            }
            Err(exclusion) => gathered.left_out.push(*exclusion),
        }
    }
    gathered.left_out.sort_by(|one, other| {
        let key = |exclusion: &Exclusion| {
            (exclusion.source.clone(), exclusion.row, exclusion.file.clone(), exclusion.reason.to_string())
        };
        key(one).cmp(&key(other))
    });
    Ok(gathered)
}

/// Sorts a collection's images, with the reason of those that are not used, from what is no image.
fn take(
    collection: Collection,
    recipe: &Recipe,
    images: &mut Vec<(Record, Option<Reason>)>,
    gathered: &mut Gathered,
) {
    let mut ids: BTreeSet<RecordId> = collection.records.iter().map(|record| record.id.clone()).collect();
    for record in collection.records {
        let reason = recipe.reason(&record);
        images.push((record, reason));
    }
    for exclusion in collection.exclusions {
        // An image that no row describes is still an image, unless its name is taken by one in another folder.
        if let (Reason::FileWithoutRow, Some(file)) = (&exclusion.reason, &exclusion.file) {
            let id = RecordId::new(&collection.source, file.clone());
            if ids.insert(id.clone()) {
                let record = Record::new(id, collection.root.join(file));
                images.push((record, Some(Reason::FileWithoutRow)));
                continue;
            }
        }
        gathered.left_out.push(exclusion);
    }
    gathered.notes.extend(collection.notes);
}

type Read = Result<(Candidate, Option<Fingerprint>), Box<Exclusion>>;

fn read(record: Record, excluded: Option<Reason>) -> Read {
    let limits = Limits::default();
    let fault = match &excluded {
        Some(_) => None,
        None => match Fingerprint::of_file(&record.path, &limits) {
            Ok(fingerprint) => {
                let content_hash = fingerprint.content();
                return Ok((Candidate { record, content_hash, excluded: None }, Some(fingerprint)));
            }
            Err(DatasetError::Image { reason, .. }) => Some(reason.to_string()),
            Err(error) => Some(error.to_string()),
        },
    };
    match ContentHash::of_file(&record.path) {
        Ok(content_hash) => {
            let excluded = excluded.or(fault.map(Reason::Unreadable));
            Ok((Candidate { record, content_hash, excluded }, None))
        }
        Err(error) => Err(Box::new(Exclusion::of(record, Reason::Unreadable(error.to_string())))),
    }
}
