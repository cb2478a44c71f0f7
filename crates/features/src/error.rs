//! What can be wrong with a store, or with what is asked of it.

use std::{io, path::PathBuf};

use radiograph_files::FileError;

use crate::{Element, FeatureId, NotStorable, Part, PartError};

/// Why a store cannot be read or written as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureError {
    /// A feature map was handed in twice.
    #[error("features {feature} are stored already; write only what was planned")]
    AlreadyStored {
        /// The feature map.
        feature: FeatureId,
    },
    /// The caller's memory is not what the features need.
    #[error("{features} feature maps need {expected} values, and there is room for {found}")]
    Buffer {
        /// How many were asked for.
        features: usize,
        /// Values that they have.
        expected: usize,
        /// Values that the slice has.
        found: usize,
    },
    /// Writers are at work where there must be none.
    #[error("{}: somebody is writing to this store; wait until they are done", folder.display())]
    Busy {
        /// The store.
        folder: PathBuf,
    },
    /// Stored values are not those that were written.
    #[error(
        "{}: features {feature} are damaged on the disk; collect the garbage of the store and extract again",
        path.display()
    )]
    Damaged {
        /// The shard.
        path: PathBuf,
        /// The feature map whose checksum differs.
        feature: FeatureId,
    },
    /// A store's description cannot be used.
    #[error("{}: {reason}", path.display())]
    Description {
        /// The description.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system refused to read or write a file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A list of a shard's content cannot be used.
    #[error("{}: {reason}; collect the garbage of the store and extract again", path.display())]
    Index {
        /// The list.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An extraction key cannot be used.
    #[error("extraction key: `{field}` is out of its range; {remedy}")]
    Key {
        /// The field.
        field: &'static str,
        /// What it may be.
        remedy: &'static str,
    },
    /// The system refused a lock.
    #[error("{} cannot be locked: {source}; stores need a file system with locks", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Features that were asked for are not in the store.
    #[error("{}: {}; extract them first", folder.display(), listed(.missing))]
    Missing {
        /// The store.
        folder: PathBuf,
        /// All of them, in the order they were asked for.
        missing: Vec<FeatureId>,
    },
    /// A shard that the index names is not there.
    #[error(
        "{}: the index names this shard, and it is not there; collect the garbage of the store and extract again",
        path.display()
    )]
    MissingShard {
        /// The shard.
        path: PathBuf,
    },
    /// A folder that is no feature store.
    #[error("{}: no feature store; it would hold a file store.json", folder.display())]
    NotAStore {
        /// The folder.
        folder: PathBuf,
    },
    /// A value that the store's number format does not have.
    #[error(transparent)]
    NotStorable(#[from] NotStorable),
    /// A folder that holds something else, where a store was to be made.
    #[error("{}: holds {found:?} and no feature store; give a new or empty folder", folder.display())]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// A name found in it.
        found: String,
    },
    /// The store's features have another number format.
    #[error("the store holds {stored}, not {asked}; use another folder")]
    OtherElement {
        /// The store's.
        stored: Element,
        /// The one asked for.
        asked: Element,
    },
    /// The store's features were made in another way.
    #[error("the store holds other features: {}; use another folder", differences_listed(.differences))]
    OtherKey {
        /// Where the keys differ.
        differences: Vec<KeyDifference>,
    },
    /// Processes that fill one store divide it in different ways.
    #[error(
        "{}: another process writes as one of {theirs} and this one as {ours}; wait, or divide alike",
        folder.display()
    )]
    OtherParts {
        /// The store.
        folder: PathBuf,
        /// How many shares the other counts.
        theirs: u32,
        /// This process' share.
        ours: Part,
    },
    /// The store's feature maps have another shape.
    #[error("the store holds feature maps of {stored:?}, not {asked:?}; use another folder")]
    OtherShape {
        /// The store's `[C, H, W]`.
        stored: [usize; 3],
        /// The `[C, H, W]` asked for.
        asked: [usize; 3],
    },
    /// An impossible share.
    #[error(transparent)]
    Part(#[from] PartError),
    /// Another process has this share.
    #[error("{}: another process is writing part {part}; give each process its own", folder.display())]
    PartTaken {
        /// The store.
        folder: PathBuf,
        /// The share.
        part: Part,
    },
    /// The system refused to give a file's content or a folder's names.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A feature map cannot have this shape.
    #[error("feature maps of {shape:?} cannot be stored; give sides above 0 and at most 2^28 values")]
    Shape {
        /// `[C, H, W]`.
        shape: [usize; 3],
    },
    /// A shard is not the file that was written.
    #[error("{}: {reason}; collect the garbage of the store and extract again", path.display())]
    Shard {
        /// The shard.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A shard with nothing, too much or one feature map twice in it.
    #[error("a shard of {features} feature maps cannot be written; give 1 to {limit}, each once")]
    ShardContent {
        /// How many were given.
        features: usize,
        /// How many it may hold.
        limit: usize,
    },
}

/// A field in which two keys differ.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyDifference {
    /// Name.
    pub field: &'static str,
    /// Value of the store.
    pub stored: String,
    /// Value asked for.
    pub asked: String,
}

impl FeatureError {
    /// Whether a file is not what was written, as opposed to one that the system does not give just now.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Index { .. } | Self::MissingShard { .. } | Self::Shard { .. } => {
                true
            }
            // A list larger than any of ours is a finding of this crate, not an error of the system, which has a number.
            Self::Read { source, .. } => {
                source.kind() == io::ErrorKind::FileTooLarge && source.raw_os_error().is_none()
            }
            _ => false,
        }
    }
}

fn listed(missing: &[FeatureId]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = missing.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = missing.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("the features of {} of those asked for are missing: {}{more}", missing.len(), shown.join(", "))
}

fn differences_listed(differences: &[KeyDifference]) -> String {
    // Preprocessing may be a page; a message is a line.
    let cut = |text: &str| match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    let each = differences.iter().map(|KeyDifference { field, stored, asked }| {
        format!("{field} is `{}` there and `{}` here", cut(stored), cut(asked))
    });
    each.collect::<Vec<_>>().join(", ")
}
