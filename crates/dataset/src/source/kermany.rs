//! Reads the paediatric pneumonia collection of Kermany et al., Kaggle `paultimothymooney/chest-xray-pneumonia`.

use std::{collections::BTreeSet, path::Path};

use radiograph_classes::{NORMAL, PNEUMONIA};
use walkdir::WalkDir;

use super::{CollectionReader, Source, SourceError, adapter, is_image};
use crate::{Age, Label, Modality, PatientId, Provenance, Reason, SourceName, View};

adapter! {
    /// Kermany's collection: 5,856 frontal X-rays of children of one to five years, normal or pneumonia.
    ///
    /// **Where from**: Kaggle `paultimothymooney/chest-xray-pneumonia` (Mendeley `rscbjbr9sj`).
    /// **Licence**: CC BY 4.0.
    /// **Layout**: `{train,val,test}/{NORMAL,PNEUMONIA}/*.jpeg`, here or in a folder below such as `chest_xray/`.
    /// **Fingerprint**: these folders, and names of files of which more than half follow the publishers' patterns. One name
    /// in ten at least must be of a kind that nobody else has: `person<N>_bacteria_<k>`, `person<N>_virus_<k>` or
    /// `NORMAL2-IM-…`. Many people sort their own films into such folders, and many programs export `IM-0001-0001`.
    /// **Unverified**: built from descriptions; no file of the collection was at hand.
    ///
    /// The label is the folder. `person<N>` of a name is the patient, and `IM-<a>` of names such as `IM-<a>-<b>` and
    /// `NORMAL2-IM-<a>-<b>`; equal numbers in train and test count as one patient. Archives that hold a second copy of the
    /// whole tree have it excluded, file by file. The publishers' split is not used.
    Kermany, "kermany"
}

const SPLITS: [&str; 3] = ["train", "val", "test"];

impl Source for Kermany {
    adapter!(place);

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        let placed: BTreeSet<Placed> = reader.folder().files().filter_map(Placed::read).collect();
        // Sorted by depth, so that the copies come after what they are copies of.
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let Some(top) = placed.first().map(|file| file.top.clone()) else { return Ok(()) };
        for file in placed {
            if file.top != top && seen.contains(&file.below) {
                let original = join(&top, &file.below);
                reader.exclude(None, Some(&join(&file.top, &file.below)), Reason::NestedCopy(original));
                continue;
            }
            if file.top != top {
                continue; // no copy of anything: reported as a file that nothing describes
            }
            let mut record = reader.record_of_file(&file.top, &join(&file.top, &file.below));
            let name = file.below.rsplit('/').next().unwrap_or(&file.below);
            record.patient = patient_number(name).and_then(|number| reader.patient(&number));
            record.label = Label::of(file.class, Provenance::Folder, file.folder());
            record.modality = Modality::XRay;
            record.view = View::FrontalByCollection;
            record.age = Some(Age { from: 1, to: Some(5) });
            record.licence = Some("CC BY 4.0".to_owned());
            seen.insert(file.below.clone());
            reader.add(record);
        }
        Ok(())
    }
}

/// An image that lies in `<top>/<split>/<class>/`.
#[derive(Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Placed {
    depth: usize,
    top: String,
    below: String,
    class: &'static str,
}

impl Placed {
    fn read(file: &str) -> Option<Self> {
        let components: Vec<&str> = file.split('/').collect();
        let [top @ .., split, folder, name] = components.as_slice() else { return None };
        let class = match *folder {
            "NORMAL" => NORMAL,
            "PNEUMONIA" => PNEUMONIA,
            _ => return None,
        };
        let is_placed =
            SPLITS.contains(split) && is_image(name) && !name.starts_with("._") && !top.contains(&"__MACOSX");
        let below = format!("{split}/{folder}/{name}");
        is_placed.then(|| Self { depth: top.len(), top: top.join("/"), below, class })
    }

    fn folder(&self) -> &str {
        self.below.split('/').nth(1).unwrap_or_default()
    }
}

fn join(top: &str, below: &str) -> String {
    if top.is_empty() { below.to_owned() } else { format!("{top}/{below}") }
}

/// Names that are read to tell whether they are this collection's.
const NAMES_LIMIT: usize = 20_000;

/// Whether the names of the files in a folder with this layout are those of this collection.
pub(super) fn has_fingerprint(folder: &Path) -> bool {
    let entries = WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let names = entries.filter_map(|entry| {
        let file = entry.path().strip_prefix(folder).ok()?.to_str()?.replace(std::path::MAIN_SEPARATOR, "/");
        let placed = Placed::read(&file)?;
        placed.below.rsplit('/').next().map(str::to_owned)
    });
    are_own_names(names.take(NAMES_LIMIT))
}

/// Whether names of files are those of this collection: more than half follow its patterns, and one in ten at least those
/// that nobody else has.
pub(super) fn are_own_names(names: impl Iterator<Item = impl AsRef<str>>) -> bool {
    let (mut all, mut alike, mut own) = (0, 0, 0);
    for name in names {
        let name = name.as_ref();
        all += 1;
        alike += usize::from(patient_number(name).is_some());
        own += usize::from(is_own_name(name));
    }
    2 * alike > all && 10 * own >= all
}

/// Whether a file is named as nobody else names files: other collections have names such as `IM-0001-0001`, too.
pub(super) fn is_own_name(name: &str) -> bool {
    patient_number(name).is_some() && !name.starts_with("IM-")
}

/// `person12` of `person12_bacteria_3.jpeg`; `IM-0115` of `IM-0115-0001.jpeg` and of `NORMAL2-IM-0115-0001.jpeg`.
fn patient_number(name: &str) -> Option<String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (stem, _) = name.rsplit_once('.')?;
    if let Some(person) = stem.strip_prefix("person") {
        let mut parts = person.split('_');
        let (number, kind) = (parts.next()?, parts.next()?);
        return (digits(number) && ["bacteria", "virus"].contains(&kind)).then(|| format!("person{number}"));
    }
    let number = stem.strip_prefix("NORMAL2-").unwrap_or(stem).strip_prefix("IM-")?.split('-').next()?;
    digits(number).then(|| format!("IM-{number}"))
}

/// The patient of a file that another collection took over under its name here.
pub(super) fn patient_of_name(name: &str) -> Option<PatientId> {
    patient_number(name).map(|number| PatientId::new(&SourceName::of_adapter(Kermany::NAME), number))
}

#[cfg(test)]
mod tests {
    #[test]
    fn patients_of_names() {
        for (name, patient) in [
            ("person1949_bacteria_4880.jpeg", Some("person1949")),
            ("person3_virus_17.jpeg", Some("person3")),
            ("IM-0115-0001.jpeg", Some("IM-0115")),
            ("NORMAL2-IM-0115-0001-0002.jpeg", Some("IM-0115")),
            ("personal.jpeg", None),
            ("IM-x-1.jpeg", None),
            ("", None),
        ] {
            assert_eq!(super::patient_number(name).as_deref(), patient, "{name}");
        }
    }

    #[test]
    fn names_that_any_program_exports_are_not_this_collections() {
        let names = |own: usize, common: usize, other: usize| {
            let own = (0..own).map(|at| format!("person{at}_virus_{at}.jpeg"));
            let common = (0..common).map(|at| format!("IM-{at:04}-0001.jpeg"));
            own.chain(common).chain((0..other).map(|at| format!("{at}.jpeg")))
        };
        for (own, common, other) in [(73, 27, 0), (10, 90, 0), (10, 50, 40), (1, 0, 0)] {
            assert!(super::are_own_names(names(own, common, other)), "{own} {common} {other}");
        }
        for (own, common, other) in [(0, 100, 0), (9, 91, 0), (20, 30, 50), (0, 0, 0), (0, 0, 9)] {
            assert!(!super::are_own_names(names(own, common, other)), "{own} {common} {other}");
        }
    }
}
