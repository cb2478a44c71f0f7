//! Writes collections of phantoms to disk, in the layouts of public collections and with their defects.
//!
//! | folder | layout of | holds |
//! |---|---|---|
//! | `nih-chest-xrays` | ChestX-ray14 | normal and pneumonia; several images a patient |
//! | `covid-chestxray-dataset` | Cohen, June 2020 | all three; `.jpg` that are PNG, a truncated file, a row without a file, squares cut out of Hannover's images |
//! | `covid-19-image-repository` | Hannover | COVID-19; several images a patient |
//! | `COVID-CXNet` | COVID-CXNet | COVID-19; `.png` that are WebP or JPEG, names that differ in case, files without rows, hand-cut pieces of Hannover's images, byte for byte copies of Cohen's |
//! | `augmented` | Mendeley 2fxz4px6d8 | turned and mirrored children of Cohen's images; parents not named |
//! | `dicom-films` | a folder of DICOM files | unlabelled, 12 bits, every other one MONOCHROME1 |
//!
//! Most classes come from one collection each, as in life. `phantoms.json` ([`Planted`]) lists every image and defect, so
//! that a search for duplicates can be compared with the truth: images of one [`PlantedImage::phantom_patient`] belong
//! together, even where their collections name other patients.
//!
//! Every collection holds a file [`MARK`], by which readers know it as drawn.

mod dicom;
mod plan;
mod recipe;
mod table;

use std::{collections::BTreeSet, fs, path::Path};

use radiograph_files::{FileError, create_folder, write_bytes};
use radiograph_image::{Picture, encode_png, sheet::contact_sheet};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

use self::recipe::Recipe;
use super::{Finding, Phantom};
use crate::PhantomError;

/// Name of the file that marks a collection as drawn. It lies in the collection's own folder, so a copied, moved or renamed
/// collection keeps it.
pub const MARK: &str = "phantoms.json";

/// Name of the file in a folder whose collections are not all written yet.
const BEGUN: &str = "unfinished.txt";

/// Description of a set of collections.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Collections {
    /// Seed.
    pub seed: u64,
    /// Number of patients, 1 to 100,000. From 15 on, every collection and defect is there.
    pub patients: u32,
    /// Side of a drawn film in pixels, 64 to 2,048. Collections cut and shrink it.
    pub side: u32,
}

impl Default for Collections {
    /// Seed 0, 90 patients, 512 pixels.
    fn default() -> Self {
        Self { seed: 0, patients: 90, side: 512 }
    }
}

/// List of all that was written: the content of `phantoms.json`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Planted {
    /// Seed.
    pub seed: u64,
    /// Number of patients.
    pub patients: u32,
    /// Side of a drawn film in pixels.
    pub side: u32,
    /// Every image, in the order of collections and files.
    pub images: Vec<PlantedImage>,
    /// Rows of tables that name files which are not there.
    pub rows_without_files: Vec<MissingFile>,
}

/// One image on disk.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PlantedImage {
    /// Path below the folder `collections`, with `/` between.
    pub file: String,
    /// The record's id, as the collection's adapter gives it.
    pub id: String,
    /// The patient as the collection names them; `None` where it does not.
    pub patient: Option<String>,
    /// The class that the collection states; `None` where it states none.
    pub class: Option<String>,
    /// View as the adapter reads it, such as `PA`; `None` where it is unknown.
    pub view: Option<String>,
    /// `F` or `M`; `None` where the collection is silent.
    pub sex: Option<String>,
    /// Age in years; `None` where the collection is silent.
    pub age: Option<u8>,
    /// The drawn patient. Equal numbers are one person.
    pub phantom_patient: u32,
    /// The drawn film. Equal numbers of one patient are one picture.
    pub phantom_film: u32,
    /// Finding in the lungs.
    pub finding: Finding,
    /// The mask's path below the folder that was written to; `None` without a finding, and for derived images.
    pub mask: Option<String>,
    /// Format of the content.
    pub format: String,
    /// Id of the image that this one was made from.
    pub derived_from: Option<String>,
    /// Planted defects.
    pub defects: Vec<Defect>,
}

/// A planted defect.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Defect {
    /// The extension names another format than the content is.
    ExtensionLies,
    /// The picture, cut and scaled, of another collection's image.
    CroppedCopy,
    /// The very bytes of another collection's image.
    ByteCopy,
    /// Turned, shifted, perhaps mirrored.
    Augmented,
    /// The table writes the name in another case or with another extension.
    NameDiffers,
    /// The table has no row for it.
    NoRow,
    /// The end of the file is missing.
    Truncated,
}

/// A row without its file.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct MissingFile {
    /// Folder of the collection.
    pub collection: String,
    /// Name in the table.
    pub name: String,
}

/// The content of a collection's [`MARK`].
#[derive(Serialize)]
struct Mark {
    note: &'static str,
    seed: u64,
    patients: u32,
    side: u32,
}

/// An image still to be made, and what will be said about it.
#[derive(Clone, Debug)]
struct PlannedImage {
    collection: &'static str,
    /// Below the collection's folder.
    file: String,
    recipe: Recipe,
    planted: PlantedImage,
}

impl Collections {
    /// Writes `collections/`, `masks/`, `phantoms.json` and `contact-sheet.png` into a folder, which must be new or
    /// empty, or hold the same collections begun and not finished: then what is there is kept. `progress` is called after
    /// each image with their number so far and altogether, from several threads.
    ///
    /// The same seed, patients and side give the same bytes in every file, however often the writing was interrupted.
    ///
    /// # Errors
    ///
    /// [`PhantomError::Refused`] if a field is out of its range or the folder is not empty,
    /// [`PhantomError::Write`] if the system refuses.
    pub fn write(
        &self,
        folder: &Path,
        progress: impl Fn(usize, usize) + Sync,
    ) -> Result<Planted, PhantomError> {
        self.check(folder)?;
        let plan = plan::plan(self);
        let collections = folder.join("collections");
        let masks = folder.join("masks");
        create_folder(&masks)?;
        write_bytes(&folder.join(BEGUN), &self.begun())?;
        let drawn: BTreeSet<&str> = plan.images.iter().map(|image| image.collection).collect();
        for collection in drawn {
            // Before any image: a collection that is not finished is marked, too.
            create_folder(&collections.join(collection))?;
            write_bytes(&collections.join(collection).join(MARK), &self.mark())?;
        }
        for image in &plan.images {
            let path = collections.join(&image.planted.file);
            create_folder(path.parent().unwrap_or(&collections))?;
        }
        let (done, all) = (std::sync::atomic::AtomicUsize::new(0), plan.images.len());
        plan.images.par_iter().try_for_each(|image| {
            // Files are there whole or not at all, the image after its mask.
            let path = collections.join(&image.planted.file);
            if !path.is_file() {
                let drawn = image.recipe.make(self.side);
                if let (Some(mask), Some(picture)) = (&image.planted.mask, &drawn.mask) {
                    write_bytes(&folder.join(mask), &png(picture))?;
                }
                write_bytes(&path, &drawn.bytes)?;
            }
            progress(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, all);
            Ok::<_, PhantomError>(())
        })?;
        for (file, content) in table::all(&plan) {
            write_bytes(&collections.join(file), &content)?;
        }
        write_bytes(&folder.join("contact-sheet.png"), &png(&self.contact_sheet()))?;
        let planted = Planted {
            seed: self.seed,
            patients: self.patients,
            side: self.side,
            images: plan.images.into_iter().map(|image| image.planted).collect(),
            rows_without_files: plan.rows_without_files,
        };
        write_bytes(&folder.join("phantoms.json"), &json(&planted))?;
        finish(folder)?;
        Ok(planted)
    }

    /// Content of the mark in each collection's folder.
    fn mark(&self) -> Vec<u8> {
        let mark = Mark {
            note: "Drawn films (phantoms). They show no patient.",
            seed: self.seed,
            patients: self.patients,
            side: self.side,
        };
        json(&mark)
    }

    /// What stands in a folder while it is being written to.
    fn begun(&self) -> Vec<u8> {
        let Self { seed, patients, side } = self;
        format!("seed {seed}, {patients} patients, {side} pixels; not finished: write the same again\n")
            .into_bytes()
    }

    /// Three rows of six films: nothing, lobar opacity, ground glass; every third film taken at the bedside.
    pub fn contact_sheet(&self) -> Picture {
        let films: Vec<(Finding, u32)> =
            Finding::ALL.into_iter().flat_map(|finding| (0..6).map(move |film| (finding, film))).collect();
        let side = self.side.clamp(200, 512); // a tile has 200
        let draw = |(finding, film): (Finding, u32)| {
            // Patients beyond those of the collections, so that the sheet shows people of its own.
            let patient = 1_000_000 + film + 6 * finding as u32;
            Phantom { seed: self.seed, patient, film: 0, finding, bedside: film % 3 == 2 }.draw(side).picture
        };
        let films: Vec<Picture> = films.into_par_iter().map(draw).collect();
        contact_sheet(&films, 6, 200).unwrap_or_else(|| unreachable!("eighteen films make a small sheet"))
    }

    fn check(&self, folder: &Path) -> Result<(), PhantomError> {
        let refuse = |reason: String| Err(PhantomError::Refused { reason });
        if self.patients == 0 || self.patients > 100_000 {
            return refuse(format!("{} patients; give 1 to 100000", self.patients));
        }
        if !(64..=2048).contains(&self.side) {
            return refuse(format!("films of {} pixels a side; give 64 to 2048", self.side));
        }
        let is_empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
        match fs::read(folder.join(BEGUN)) {
            _ if is_empty => Ok(()),
            Ok(begun) if begun == self.begun() => Ok(()),
            Ok(begun) => refuse(format!(
                "{} was begun with {}; finish that, or give a new folder",
                folder.display(),
                String::from_utf8_lossy(&begun).split(';').next().unwrap_or_default()
            )),
            Err(_) => refuse(format!(
                "{} is not empty; give a new folder, nothing is overwritten",
                folder.display()
            )),
        }
    }
}

/// Removes what only an unfinished folder holds: siblings of files that were being written when a program was killed, and
/// the mark itself.
fn finish(folder: &Path) -> Result<(), PhantomError> {
    let entries = WalkDir::new(folder).into_iter().flatten();
    let is_rest = |name: &str| name.starts_with(".radiograph-") && name.ends_with(".partial");
    let rests = entries.filter(|entry| entry.file_name().to_str().is_some_and(is_rest));
    for path in rests.map(walkdir::DirEntry::into_path).chain([folder.join(BEGUN)]) {
        fs::remove_file(&path).map_err(|source| FileError::Write { path, source })?;
    }
    Ok(())
}

/// A value as JSON, with a line break at the end.
fn json(value: &impl Serialize) -> Vec<u8> {
    let mut json = serde_json::to_vec_pretty(value)
        .unwrap_or_else(|error| unreachable!("strings, numbers and lists are JSON: {error}"));
    json.push(b'\n');
    json
}

/// Encoding into memory fails for no picture that exists.
fn png(picture: &Picture) -> Vec<u8> {
    encode_png(picture).unwrap_or_else(|| unreachable!("a picture in memory encodes"))
}
