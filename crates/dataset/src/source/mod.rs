//! Reads collections: one adapter for each public collection, and the trait for further ones.
//!
//! [`recognise`] finds out which collections lie below a folder; each adapter's documentation says where its collection
//! comes from, under which licence, and how to lay it out. An adapter reads the published metadata as it is, claims a
//! file for each row, and leaves the rest to [`CollectionReader`]: names that lead out of the folder, rows without files,
//! files without rows, two rows for one file, patients that share an image.
//!
//! # A source for your own layout
//!
//! A folder of films with a table `films.csv`:
//!
//! ```
//! use std::path::Path;
//!
//! use radiograph_dataset::{Modality, Provenance, SourceName, source::{CollectionReader, Folder, Source, SourceError}, table::TableFormat};
//! use serde::Deserialize;
//!
//! struct Clinic;
//!
//! #[derive(Deserialize)]
//! struct Film {
//!     file: String,
//!     patient: String,
//!     finding: String,
//!     view: String,
//! }
//!
//! impl Source for Clinic {
//!     fn name(&self) -> SourceName {
//!         SourceName::new("clinic").expect("lower-case letters")
//!     }
//!
//!     fn root(&self) -> &Path {
//!         Path::new("/data/clinic")
//!     }
//!
//!     fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
//!         let format = TableFormat::utf8(&["file", "patient", "finding", "view"]);
//!         for row in reader.rows::<Film>("films.csv", &format, "films.csv lies beside the films")? {
//!             let (line, film) = (row.line, row.columns);
//!             let Some(mut record) = reader.record_of_row(line, "films", &film.file) else { continue };
//!             record.patient = reader.patient(&film.patient);
//!             record.label = reader.finding(line, &film.finding, Provenance::Radiologist);
//!             record.view = reader.view(line, &film.view);
//!             record.modality = Modality::XRay;
//!             reader.add(record);
//!         }
//!         Ok(())
//!     }
//! }
//!
//! // A folder in memory stands in for `Clinic.read()`.
//! let folder = Folder::in_memory([
//!     ("films.csv", "file,patient,finding,view\n1.png,7,COVID-19,PA\n2.png,7,No Finding,PA\n../3.png,8,,AP\n"),
//!     ("films/1.png", ""),
//!     ("films/4.png", ""),
//! ]);
//! let collection = Clinic.read_folder(folder)?;
//! assert_eq!(collection.records[0].id.to_string(), "clinic:1.png");
//! let reasons: Vec<&str> = collection.exclusions.iter().map(|exclusion| exclusion.reason.code()).collect();
//! assert_eq!(reasons, ["row-without-file", "name-leaves-folder", "file-without-row"]);
//! # Ok::<(), SourceError>(())
//! ```

mod actualmed;
mod class_folders;
mod cohen;
mod collection;
mod covid_cxnet;
mod described;
pub mod description;
mod description_error;
mod error;
mod figure1;
mod folder;
mod hannover;
mod kermany;
mod listing;
mod mark;
mod mask;
mod mendeley;
mod nih;
mod pattern;
mod public;
mod published;
mod reader;
mod recognise;
mod words;

use std::path::Path;

pub use actualmed::Actualmed;
pub use class_folders::ClassFolders;
pub use cohen::Cohen;
pub use collection::{Collection, is_image};
pub use covid_cxnet::CovidCxnet;
pub use described::Described;
pub use error::SourceError;
pub use figure1::Figure1;
pub use folder::Folder;
pub use hannover::Hannover;
pub use kermany::Kermany;
pub use mark::PHANTOM_MARK;
pub use mendeley::MendeleyAugmented;
pub use nih::Nih;
pub use published::PublishedImages;
pub use reader::CollectionReader;
pub use recognise::{Recognised, draft, recognise};

use crate::SourceName;

/// What every adapter has: a folder and a name, which the collection has (and may be changed) or the user gives.
macro_rules! adapter {
    (place) => {
        fn name(&self) -> crate::SourceName {
            self.name.clone()
        }

        fn root(&self) -> &std::path::Path {
            &self.root
        }
    };
    ($(#[$doc:meta])* $adapter:ident, $name:literal $(; $option:ident: $type:ty)*) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $adapter {
            root: std::path::PathBuf,
            name: crate::SourceName,
            $($option: $type,)*
        }

        impl $adapter {
            /// Name of the collection, unless another is given.
            pub const NAME: &str = $name;

            /// The collection in a folder.
            pub fn new(root: impl Into<std::path::PathBuf>) -> Self {
                let name = crate::SourceName::of_adapter(Self::NAME);
                Self { root: root.into(), name, $($option: <$type>::default(),)* }
            }

            /// Gives the collection another name, so that two copies can be told apart.
            #[must_use]
            pub fn named(mut self, name: crate::SourceName) -> Self {
                self.name = name;
                self
            }
        }
    };
    ($(#[$doc:meta])* $adapter:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $adapter {
            root: std::path::PathBuf,
            name: crate::SourceName,
        }

        impl $adapter {
            /// The collection in a folder, under this name.
            pub fn new(name: crate::SourceName, root: impl Into<std::path::PathBuf>) -> Self {
                Self { root: root.into(), name }
            }
        }
    };
}
use adapter;

/// A collection of images that can be read.
pub trait Source: Send + Sync {
    /// Name of the collection: the part of its ids before the colon.
    fn name(&self) -> SourceName;

    /// Its folder.
    fn root(&self) -> &Path;

    /// Reads its metadata, and adds a record for every image.
    ///
    /// # Errors
    ///
    /// If the collection as a whole cannot be read. A bad row or file becomes an exclusion instead.
    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError>;

    /// Reads the collection from its folder.
    ///
    /// # Errors
    ///
    /// As [`Folder::open`] and [`Source::read_into`].
    fn read(&self) -> Result<Collection, SourceError> {
        self.read_folder(Folder::open(self.root())?)
    }

    /// Reads the collection from a folder that is listed already, or that exists in memory only.
    ///
    /// # Errors
    ///
    /// As [`Source::read_into`].
    fn read_folder(&self, folder: Folder) -> Result<Collection, SourceError> {
        let mut reader = CollectionReader::new(self.name(), folder);
        self.read_into(&mut reader)?;
        reader.finish()
    }
}
