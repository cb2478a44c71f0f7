//! Replaces what identifies patients and files before a result is made, so that the result can be shared.
//!
//! An image is called by the hash of its content, which the manifest states anyway: a film has the same name in every
//! run, and no choice depends on the name of its file. A patient is called by a keyed hash: without the key, nobody can find
//! patients by trying all numbers. Words of the publishers (labels, places, pages) are dropped. [`PrivateFiles`] maps the new
//! names back.
//!
//! [`PrivateFiles`]: crate::manifest::PrivateFiles

mod error;
mod key;

use std::collections::HashMap;

use radiograph_same_picture::Fingerprint;

pub use self::{
    error::KeyError,
    key::{PseudonymKey, UserKey},
};
use crate::{Label, Origin, PatientId, Reason, RecordId, recipe::Candidate};

/// Names of images and patients in a result.
#[derive(Clone, Debug)]
pub enum Identifiers {
    /// Pseudonyms; patients are named with this key.
    Pseudonyms(PseudonymKey),
    /// The names of files and the patient numbers of the collections.
    Kept,
}

/// Number of hexadecimal digits of a pseudonym: 80 bits, so that two of a million images share one with a probability of
/// 10⁻¹².
const DIGITS: usize = 20;

impl Identifiers {
    /// A text that is equal for equal names: a stage whose key changed is done again. It does not give the key away.
    pub fn mark(&self) -> String {
        match self {
            Self::Pseudonyms(key) => format!("pseudonyms {}", key.digits("key", "")),
            Self::Kept => "kept".to_owned(),
        }
    }

    /// Renames images, sorted by id, with what belongs to each; they are sorted by the new ids.
    pub(crate) fn rename(
        &self,
        mut images: Vec<(Candidate, Option<Fingerprint>)>,
    ) -> Vec<(Candidate, Option<Fingerprint>)> {
        let Self::Pseudonyms(key) = self else { return images };
        let mut seen: HashMap<RecordId, usize> = HashMap::new();
        let mut names: HashMap<RecordId, RecordId> = HashMap::with_capacity(images.len());
        for (candidate, _) in &images {
            let old = &candidate.record.id;
            let content = candidate.content_hash.to_string();
            let name = RecordId::new(old.source(), &content[..DIGITS]);
            // Files of equal content differ by a number, in the order of their old names.
            let earlier = seen.entry(name.clone()).or_insert(0);
            *earlier += 1;
            let name = match *earlier {
                1 => name,
                copy => RecordId::new(old.source(), format!("{}-{copy}", name.name())),
            };
            names.insert(old.clone(), name);
        }
        for (candidate, _) in &mut images {
            rename(candidate, &names, key);
        }
        images.sort_by(|(one, _), (other, _)| one.record.id.cmp(&other.record.id));
        images
    }
}

fn rename(candidate: &mut Candidate, names: &HashMap<RecordId, RecordId>, key: &PseudonymKey) {
    let record = &mut candidate.record;
    if let Some(name) = names.get(&record.id) {
        record.id = name.clone();
    }
    if let Some(patient) = &mut record.patient {
        *patient = pseudonym(patient, key);
    }
    if let Origin::AugmentedFrom(parent) = &mut record.origin {
        // A parent that is not there has no content to be called by.
        let absent =
            || RecordId::new(parent.source(), format!("absent-{}", key.digits("image", &parent.to_string())));
        *parent = names.get(parent).cloned().unwrap_or_else(absent);
    }
    record.label = Label::of_each(record.label.known(), record.label.provenance(), "");
    (record.location, record.url, record.row) = (None, None, None);
    match &mut candidate.excluded {
        Some(Reason::NoClass { published }) => published.clear(),
        // It may quote the file.
        Some(Reason::Unreadable(reason)) => *reason = "the file cannot be read as a picture".to_owned(),
        _ => {}
    }
}

fn pseudonym(patient: &PatientId, key: &PseudonymKey) -> PatientId {
    PatientId::new(patient.source(), key.digits("patient", &patient.to_string()))
}

#[cfg(test)]
mod tests {
    use radiograph_files::ContentHash;

    use super::*;
    use crate::{Provenance, Record};

    fn images() -> Vec<(Candidate, Option<Fingerprint>)> {
        let image = |id: &str, patient: &str, content: &[u8]| {
            let mut record = Record::new(id.parse().unwrap(), format!("/data/{id}"));
            record.patient = Some(patient.parse().unwrap());
            record.label = Label::undecided(Provenance::Table, "Jane Doe, cough");
            (Candidate::new(record, ContentHash::of_bytes(content), None), None)
        };
        let mut copy = image("clinic:Doe_2.png", "clinic:17", b"b");
        copy.0.record.origin = Origin::AugmentedFrom("clinic:Doe_1.png".parse().unwrap());
        let mut orphan = image("clinic:Doe_3.png", "clinic:18", b"a");
        orphan.0.record.origin = Origin::AugmentedFrom("clinic:Roe.png".parse().unwrap());
        vec![image("clinic:Doe_1.png", "clinic:17", b"a"), copy, orphan]
    }

    fn key(digit: &str) -> PseudonymKey {
        digit.repeat(64).parse().unwrap()
    }

    #[test]
    fn nothing_that_identifies_is_left_and_all_links_are() {
        let renamed = Identifiers::Pseudonyms(key("1")).rename(images());
        let of = |old: &str| {
            &renamed.iter().find(|(image, _)| image.published.image.name() == old).unwrap().0.record
        };
        let [first, copy, orphan] = ["Doe_1.png", "Doe_2.png", "Doe_3.png"].map(of);
        // SHA-256 of "a" and "b", as any other program computes them.
        assert_eq!(first.id.to_string(), "clinic:ca978112ca1bbdcafac2");
        assert_eq!(orphan.id.to_string(), "clinic:ca978112ca1bbdcafac2-2");
        assert_eq!(copy.id.to_string(), "clinic:3e23e8160039594a3389");
        assert_eq!(copy.origin, Origin::AugmentedFrom(first.id.clone()));
        assert_eq!(first.patient, copy.patient);
        assert_ne!(first.patient, orphan.patient);
        assert!(renamed.is_sorted_by_key(|(image, _)| image.record.id.clone()));
        for (image, _) in &renamed {
            let Candidate { record, .. } = image;
            let shared = format!("{} {:?} {:?} {:?}", record.id, record.patient, record.origin, record.label);
            for name in ["Doe", "Roe", "\"17\"", "\"18\"", "cough"] {
                assert!(!shared.contains(name), "{name} in {shared}");
            }
        }
    }

    #[test]
    fn why_a_film_is_unreadable_is_not_quoted() {
        let mut images = images();
        images[0].0.excluded =
            Some(Reason::Unreadable("Rows (0028,0010) is \"Doe^Jane\", which is no number".to_owned()));
        let renamed = Identifiers::Pseudonyms(key("1")).rename(images);
        let reasons: Vec<String> = renamed
            .iter()
            .filter_map(|(image, _)| image.excluded.as_ref())
            .map(ToString::to_string)
            .collect();
        assert_eq!(reasons.len(), 1);
        assert!(!reasons[0].contains("Doe"), "{reasons:?}");
    }

    #[test]
    fn another_key_gives_other_patients_and_the_same_images() {
        let [one, other] = ["1", "2"].map(|digit| Identifiers::Pseudonyms(key(digit)).rename(images()));
        for ((one, _), (other, _)) in one.iter().zip(&other) {
            assert_eq!(one.record.id, other.record.id);
            assert_ne!(one.record.patient, other.record.patient);
        }
        let kept = Identifiers::Kept.rename(images());
        assert_eq!(kept[0].0.record.id.to_string(), "clinic:Doe_1.png");
    }
}
