//! Names what differs between a manifest, its certificate and the files.

use std::path::PathBuf;

use radiograph_files::ContentHash;

use crate::{RecordId, certificate::LeakKind};

/// A difference between the files and the manifest or certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Difference {
    /// The certificate's text was changed after it was written.
    #[error("the certificate was edited: its text does not match its seal")]
    Edited,
    /// The certificate was made for another manifest.
    #[error("the certificate is of another manifest: the file's SHA-256 begins with {}, the certificate says {}", found.short(), expected.short())]
    Manifest {
        /// Hash in the certificate.
        expected: ContentHash,
        /// Hash of the manifest's file.
        found: ContentHash,
    },
    /// There is no such file.
    #[error("{id}: {} is gone", path.display())]
    Vanished {
        /// The image.
        id: RecordId,
        /// Its file.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("{id}: {} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The image.
        id: RecordId,
        /// Its file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file of a training or test image shows no picture, so nothing was compared with it.
    #[error("{id}: {} cannot be decoded, although the image is used: {reason}", path.display())]
    Undecodable {
        /// The image.
        id: RecordId,
        /// Its file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file holds something else.
    #[error("{id}: {} has changed: its SHA-256 begins with {}, the manifest says {}", path.display(), found.short(), expected.short())]
    Changed {
        /// The image.
        id: RecordId,
        /// Its file.
        path: PathBuf,
        /// Hash in the manifest.
        expected: ContentHash,
        /// Hash of the file.
        found: ContentHash,
    },
    /// Images on two sides of a split by groups belong together.
    #[error("a leak between {} and {}: one {shared}, {from_image} and {to_image}", from, to)]
    Leak {
        /// One part.
        from: String,
        /// The other part.
        to: String,
        /// What they have in common.
        shared: LeakKind,
        /// The image of the one part.
        from_image: RecordId,
        /// The image of the other.
        to_image: RecordId,
    },
    /// The certificate states something else than what is found.
    #[error("the certificate's {field} is {recorded}, computed again it is {computed}")]
    Certificate {
        /// Where in the certificate, as a JSON pointer.
        field: String,
        /// Value in the certificate.
        recorded: String,
        /// Value computed now.
        computed: String,
    },
}
