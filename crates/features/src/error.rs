//! Errors of feature stores, and of requests to them.

use std::{io, path::PathBuf};

use radiograph_files::FileError;

use crate::{FeatureId, NotStorable, Part, PartError};

/// Why a store cannot be read or written as requested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureError {
    /// A feature map to write that the store already holds.
    #[error("features {feature} are stored already; write only what was planned")]
    AlreadyStored {
        /// The feature map.
        feature: FeatureId,
    },
    /// The size of the caller's slice does not match the features.
    #[error("{features} feature maps need {expected} values, and there is room for {found}")]
    Buffer {
        /// Number of feature maps requested.
        features: usize,
        /// Number of values of these feature maps.
        expected: usize,
        /// Number of values in the slice.
        found: usize,
    },
    /// Another process writes to the store, but this operation needs it alone.
    #[error("{}: somebody is writing to this store; wait until they are done", folder.display())]
    Busy {
        /// The store.
        folder: PathBuf,
    },
    /// Stored values differ from those that were written.
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
        /// Fault that was found.
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
        /// Fault that was found.
        reason: String,
    },
    /// A store that is open for reading, and whose shards must therefore stay.
    #[error("{}: somebody is reading this store; wait until they are done", folder.display())]
    InUse {
        /// The store.
        folder: PathBuf,
    },
    /// An extraction key cannot be used.
    #[error("extraction key: `{field}` is out of its range; {remedy}")]
    Key {
        /// The field.
        field: &'static str,
        /// Accepted values.
        remedy: &'static str,
    },
    /// The system refused a lock.
    #[error("{} cannot be locked: {source}; stores need a file system with locks", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// Requested features are not in the store.
    #[error("{}: {}; extract them first", folder.display(), listed(.missing))]
    Missing {
        /// The store.
        folder: PathBuf,
        /// All missing feature maps, in the requested order.
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
    /// A folder that is not a feature store.
    #[error("{}: no feature store; it would hold a file store.json", folder.display())]
    NotAStore {
        /// The folder.
        folder: PathBuf,
    },
    /// A value that the store's number format cannot hold.
    #[error(transparent)]
    NotStorable(#[from] NotStorable),
    /// A folder for a new store that holds something else.
    #[error("{}: holds {found:?} and no feature store; give a new or empty folder", folder.display())]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// A name found in it.
        found: String,
    },
    /// The store's features have another extraction key.
    #[error("the store holds other features: {}; extract them into another folder", differences_listed(.differences))]
    OtherKey {
        /// Fields in which the keys differ.
        differences: Vec<KeyDifference>,
    },
    /// Two processes divide one store into different numbers of parts.
    #[error(
        "{}: another process writes as one of {theirs} and this one as {ours}; wait, or divide alike",
        folder.display()
    )]
    OtherParts {
        /// The store.
        folder: PathBuf,
        /// Number of parts of the other process.
        theirs: u32,
        /// Part of this process.
        ours: Part,
    },
    /// The store's feature maps have another shape.
    #[error("the store holds feature maps of {stored:?}, not {asked:?}; use another folder")]
    OtherShape {
        /// Shape `[C, H, W]` of the store.
        stored: [usize; 3],
        /// Shape `[C, H, W]` requested.
        asked: [usize; 3],
    },
    /// An impossible part.
    #[error(transparent)]
    Part(#[from] PartError),
    /// Another process writes this part.
    #[error("{}: another process is writing part {part}; give each process its own", folder.display())]
    PartTaken {
        /// The store.
        folder: PathBuf,
        /// The part.
        part: Part,
    },
    /// The system refused to give a file's content or a folder's names.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// A feature map cannot have this shape.
    #[error("feature maps of {shape:?} cannot be stored; give sides above 0 and at most 2^28 values")]
    Shape {
        /// Shape `[C, H, W]`.
        shape: [usize; 3],
    },
    /// A shard differs from the file that was written.
    #[error("{}: {reason}; collect the garbage of the store and extract again", path.display())]
    Shard {
        /// The shard.
        path: PathBuf,
        /// Fault that was found.
        reason: String,
    },
    /// A shard that is empty, too large, or holds a feature map twice.
    #[error("a shard of {features} feature maps cannot be written; give 1 to {limit}, each once")]
    ShardContent {
        /// Number of feature maps given.
        features: usize,
        /// Maximum number of feature maps.
        limit: usize,
    },
    /// The table of a store cannot be used.
    #[error(
        "{}: {reason}; remove this file: it holds no features, and the store is read without it until it is made anew",
        path.display()
    )]
    Table {
        /// The table.
        path: PathBuf,
        /// Fault that was found.
        reason: String,
    },
}

/// A field in which two keys differ.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyDifference {
    /// Name.
    pub field: &'static str,
    /// Value of the store.
    pub stored: String,
    /// Value requested.
    pub asked: String,
}

impl FeatureError {
    /// Whether the file itself is damaged, in contrast to a file that the system cannot read at the moment.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Index { .. } | Self::MissingShard { .. } | Self::Shard { .. } => {
                true
            }
            // This crate reports too large a list as `FileTooLarge` without an error number. An error of the system has
            // a number.
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
    // Preprocessing may be long, but a message has one line.
    let cut = |text: &str| match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    let each = differences.iter().map(|KeyDifference { field, stored, asked }| {
        format!("{field} is `{}` there and `{}` here", cut(stored), cut(asked))
    });
    each.collect::<Vec<_>>().join(", ")
}
