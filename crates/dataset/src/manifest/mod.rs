//! Reads and writes the manifest: a CSV file with one row an image, its part (train, test, excluded) and the reason.
//!
//! | column | holds |
//! |---|---|
//! | `id` | `source:name`, unique; rows are sorted by it. The name is a pseudonym unless names are [kept](crate::identifiers) |
//! | `content_hash` | SHA-256 of the file |
//! | `source`, `taken_from` | the collection, and the one that it took the image from, where known |
//! | `patient` | `source:patient`, a pseudonym unless names are kept |
//! | `class`, `provenance` | the one class that is known to be present, and how it is known |
//! | `view`, `sex`, `age`, `licence` | as published; empty where the publishers say nothing |
//! | `augmented`, `parent` | `yes` if it was made from another image, and from which |
//! | `drawn` | `yes` if it is a drawing (a phantom) and shows no patient |
//! | `group` | what must stay together: the name of the group's first image |
//! | `part` | `train`, `test` or `excluded` |
//! | `fold` | the fold, from 1 to 1000, in which a training image is held out; empty: in none |
//! | `validates` | `no` if a held-out image is not scored there either, as augmented images are not |
//! | `reason`, `detail` | why an image is excluded: a code to count by, and a sentence |
//! | `samples` | what its collection says of the samples of its file (`12 bits`, `MONOCHROME1`); only where one says something |
//!
//! Where the files lie stands in a table of its own, [`PrivateFiles`], so that the manifest can be shared. Reading checks every
//! row by itself. Whether the files are still the same is checked by [`verify`](mod@crate::verify).

mod cells;
mod drawn;
mod error;
mod fault;
mod picture;
mod place;
mod private_files;
mod row;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read},
    path::Path,
};

use cells::Cells;
use radiograph_classes::Classes;
use radiograph_files::{ContentHash, ContentHashing, write_whole};
use radiograph_image::Stated;

use crate::{
    RecordId,
    table::{TableError, TableFormat, each_row},
};
pub use drawn::Drawn;
pub use error::ManifestError;
pub use fault::ManifestFault;
pub use picture::picture_hash;
pub use place::{Place, StatedReason};
pub(crate) use private_files::private_folder;
pub use private_files::{PrivateFile, PrivateFiles};
pub use row::Row;

/// Images and where each of them went, sorted by id. Two rows never have one id.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    rows: Vec<Row>,
    /// Only of images of which something is stated.
    stated: BTreeMap<RecordId, Stated>,
}

impl Manifest {
    /// A manifest of these rows, in any order.
    ///
    /// # Errors
    ///
    /// [`ManifestError::TwoRecords`] if two rows have one id.
    pub fn new(mut rows: Vec<Row>) -> Result<Self, ManifestError> {
        rows.sort_by(|one, other| one.id.cmp(&other.id));
        match rows.windows(2).find(|pair| pair[0].id == pair[1].id) {
            Some(pair) => Err(ManifestError::TwoRecords { id: pair[0].id.clone() }),
            None => Ok(Self { rows, stated: BTreeMap::new() }),
        }
    }

    /// The manifest with what collections say of the samples of images, by the images' ids.
    #[must_use]
    pub fn with_stated(self, stated: impl IntoIterator<Item = (RecordId, Stated)>) -> Self {
        Self { stated: stated.into_iter().filter(|(_, stated)| !stated.is_empty()).collect(), ..self }
    }

    /// Reads a manifest, with its rows in any order.
    ///
    /// # Errors
    ///
    /// [`ManifestError::Row`] names the row, the column and what is wrong with it; a table that cannot be read as one
    /// is [`ManifestError::Table`].
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let file = File::open(path).map_err(|source| TableError::Read { path: path.to_owned(), source })?;
        Self::read_from(file, path)
    }

    /// Reads a manifest from anywhere; `path` is for messages only.
    ///
    /// # Errors
    ///
    /// As [`Manifest::read`].
    pub fn read_from(table: impl Read, path: &Path) -> Result<Self, ManifestError> {
        let wrong = |row: u64, fault: ManifestFault| ManifestError::Row { path: path.to_owned(), row, fault };
        let (mut rows, mut lines, mut stated) = (Vec::new(), Vec::new(), Vec::new());
        each_row(table, path, &TableFormat::utf8(&Cells::COLUMNS), |line, cells: Result<Cells, _>| {
            let cells = cells.map_err(|reason| wrong(line, ManifestFault::Row(reason)))?;
            let said = cells.stated().map_err(|fault| wrong(line, fault))?;
            let row = cells.into_row().map_err(|fault| wrong(line, fault))?;
            if !said.is_empty() {
                stated.push((row.id.clone(), said));
            }
            rows.push(row);
            lines.push(line);
            Ok::<_, ManifestError>(())
        })?;
        if let Some((first, second)) = first_repetition(&rows) {
            let fault = ManifestFault::SecondRow { id: rows[second].id.clone(), first: lines[first] };
            return Err(wrong(lines[second], fault));
        }
        Ok(Self::new(rows)?.with_stated(stated))
    }

    /// Reads a manifest whose training and test images are of these classes and no others.
    ///
    /// # Errors
    ///
    /// As [`Manifest::read`], and [`ManifestFault::UnknownClass`].
    pub fn read_of(path: &Path, classes: &Classes) -> Result<Self, ManifestError> {
        let manifest = Self::read(path)?;
        manifest.check_classes(path, classes)?;
        Ok(manifest)
    }

    /// Whether all training and test images are of these classes; `path` is for the message.
    ///
    /// # Errors
    ///
    /// [`ManifestFault::UnknownClass`] names the first image that is not. Rows count as they are sorted, the first as
    /// line 2.
    pub fn check_classes(&self, path: &Path, classes: &Classes) -> Result<(), ManifestError> {
        for (row, line) in self.rows.iter().zip(2..) {
            if let (Some(class), false) = (&row.class, row.place.is_excluded())
                && classes.class(class.as_str()).is_err()
            {
                let known = classes.names().map(str::to_owned).collect();
                let fault = ManifestFault::UnknownClass { id: row.id.clone(), class: class.clone(), known };
                return Err(ManifestError::Row { path: path.to_owned(), row: line, fault });
            }
        }
        Ok(())
    }

    /// Writes the manifest, whole or not at all: the same rows give the same bytes.
    ///
    /// # Errors
    ///
    /// [`ManifestError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), ManifestError> {
        write_whole(path, |file| self.write_to(file))?;
        Ok(())
    }

    /// Writes the manifest to anywhere.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn write_to(&self, writer: impl io::Write) -> io::Result<()> {
        // The header is written by hand: a manifest without rows has one, too.
        let mut table = csv::WriterBuilder::new().has_headers(false).from_writer(writer);
        let samples = (!self.stated.is_empty()).then_some(Cells::SAMPLES);
        table.write_record(Cells::COLUMNS.into_iter().chain(samples)).map_err(io::Error::other)?;
        for row in &self.rows {
            let cells = Cells::of(row);
            match samples {
                Some(_) => table.serialize((cells, self.stated(&row.id).to_string())),
                None => table.serialize(cells),
            }
            .map_err(io::Error::other)?;
        }
        table.flush()
    }

    /// SHA-256 of the file that [`write`](Self::write) makes.
    pub fn content_hash(&self) -> ContentHash {
        let mut hashing = ContentHashing::new();
        // Hashing refuses no bytes, and a row is flat: CSV can hold it.
        let _: io::Result<()> = self.write_to(&mut hashing);
        hashing.finish()
    }

    /// All rows, sorted by id.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What its collection says of the samples of an image's file.
    pub fn stated(&self, id: &RecordId) -> Stated {
        self.stated.get(id).copied().unwrap_or_default()
    }

    /// The name under which features of a row's image are stored: [`picture_hash`] of its file and of what is stated of it.
    pub fn picture(&self, row: &Row) -> ContentHash {
        picture_hash(row.content_hash, self.stated(&row.id))
    }

    /// The images to train on, of all folds.
    pub fn train(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.place.is_train())
    }

    /// The images to test on.
    pub fn test(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.place == Place::Test)
    }

    /// The images to train on while `fold` is held out.
    pub fn training(&self, fold: u32) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.place.trains_without(fold))
    }

    /// The images to validate on while `fold` is held out.
    pub fn validation(&self, fold: u32) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.place.validates_in(fold))
    }

    /// The largest number of a fold; 0 if training images are in none.
    pub fn folds(&self) -> u32 {
        self.rows.iter().filter_map(|row| row.place.fold()).max().unwrap_or(0)
    }

    /// Drawings among the training and test images, or among all images if there are none of these.
    pub fn drawn(&self) -> Drawn {
        let used = || self.rows.iter().filter(|row| !row.place.is_excluded());
        if used().next().is_some() { Drawn::of(used()) } else { Drawn::of(self.rows.iter()) }
    }

    /// The classes of the training and test images, sorted by name.
    ///
    /// # Errors
    ///
    /// [`ManifestError::Classes`] if there are no such images, or a name cannot be one of a class.
    pub fn classes(&self) -> Result<Classes, ManifestError> {
        let used = self.rows.iter().filter(|row| !row.place.is_excluded());
        let names: BTreeSet<&str> = used.filter_map(|row| Some(row.class.as_ref()?.as_str())).collect();
        Ok(Classes::new(names)?)
    }
}

/// The first row whose id an earlier row has, after that earlier row.
fn first_repetition(rows: &[Row]) -> Option<(usize, usize)> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    // Stable, so that equal ids stay in the order of the rows.
    order.sort_by(|&one, &other| rows[one].id.cmp(&rows[other].id));
    let repeated = order.windows(2).filter(|pair| rows[pair[0]].id == rows[pair[1]].id);
    repeated.map(|pair| (pair[0], pair[1])).min_by_key(|pair| pair.1)
}

#[cfg(test)]
mod tests;
