//! Converts a row of a manifest to text cells and back, and checks every cell.

use std::str::FromStr;

use radiograph_image::Stated;
use serde::{Deserialize, Serialize};

use super::{ManifestFault, Place, Row, StatedReason};
use crate::{Age, ClassName, GroupId, Provenance, RecordId, Sex, View};

/// The cells of a row, in the order of the columns.
#[derive(Deserialize, Serialize)]
pub(super) struct Cells {
    id: String,
    content_hash: String,
    source: String,
    taken_from: String,
    patient: String,
    class: String,
    provenance: String,
    view: String,
    sex: String,
    age: String,
    licence: String,
    augmented: String,
    parent: String,
    drawn: String,
    group: String,
    part: String,
    fold: String,
    validates: String,
    reason: String,
    detail: String,
    /// A column of its own, which not every manifest has.
    #[serde(default, skip_serializing)]
    samples: String,
}

impl Cells {
    /// The column that is written only if an image has something in it.
    pub(super) const SAMPLES: &str = "samples";

    pub(super) const COLUMNS: [&str; 20] = [
        "id",
        "content_hash",
        "source",
        "taken_from",
        "patient",
        "class",
        "provenance",
        "view",
        "sex",
        "age",
        "licence",
        "augmented",
        "parent",
        "drawn",
        "group",
        "part",
        "fold",
        "validates",
        "reason",
        "detail",
    ];

    pub(super) fn of(row: &Row) -> Self {
        let (validates, reason) = match &row.place {
            Place::Train { fold: Some(_), validates } => (yes_or_no(*validates), None),
            Place::Excluded { reason } => ("", Some(reason.clone())),
            _ => ("", None),
        };
        let reason = reason.unwrap_or(StatedReason { code: String::new(), text: String::new() });
        Self {
            id: row.id.to_string(),
            content_hash: row.content_hash.to_string(),
            source: row.source().to_string(),
            taken_from: text(row.taken_from.as_ref()),
            patient: text(row.patient.as_ref()),
            class: text(row.class.as_ref()),
            provenance: row.provenance.name().to_owned(),
            view: row.view.name().to_owned(),
            sex: text(row.sex.map(sex_name)),
            age: text(row.age),
            licence: text(row.licence.as_ref()),
            augmented: yes_or_no(row.augmented).to_owned(),
            parent: text(row.parent.as_ref()),
            drawn: yes_or_no(row.drawn).to_owned(),
            group: row.group.to_string(),
            part: row.place.part().to_owned(),
            fold: text(row.place.fold()),
            validates: validates.to_owned(),
            reason: reason.code,
            detail: reason.text,
            samples: String::new(),
        }
    }

    pub(super) fn stated(&self) -> Result<Stated, ManifestFault> {
        parsed(Self::SAMPLES, &self.samples, "write 12 bits, MONOCHROME1, both or nothing")
    }

    pub(super) fn into_row(self) -> Result<Row, ManifestFault> {
        let id: RecordId = parsed("id", &self.id, "ids are written source:name")?;
        if self.source != id.source().as_str() {
            return Err(ManifestFault::OtherSource { id, found: self.source });
        }
        let place = self.place(&id)?;
        let row = Row {
            content_hash: parsed(
                "content_hash",
                &self.content_hash,
                "a SHA-256 has 64 digits from 0 to 9 and a to f",
            )?,
            taken_from: optional("taken_from", &self.taken_from, "the name of a collection")?,
            patient: optional("patient", &self.patient, "patients are written source:patient")?,
            class: (!self.class.is_empty()).then(|| ClassName::from(self.class.as_str())),
            provenance: named("provenance", &self.provenance, &PROVENANCES, Provenance::name)?,
            view: named("view", &self.view, &VIEWS, View::name)?,
            sex: match self.sex.as_str() {
                "" => None,
                sex => Some(named("sex", sex, &[Sex::Female, Sex::Male], sex_name)?),
            },
            age: age(&self.age)?,
            licence: (!self.licence.is_empty()).then_some(self.licence),
            augmented: is_yes("augmented", &self.augmented)?,
            parent: optional("parent", &self.parent, "the id of an image, or nothing")?,
            drawn: is_yes("drawn", &self.drawn)?,
            group: GroupId::from(self.group),
            place,
            id,
        };
        if row.class.is_none() && !row.place.is_excluded() {
            let part = row.place.part();
            return Err(ManifestFault::Incomplete { id: row.id, part, needed: "a class" });
        }
        if row.group.as_str().is_empty() {
            let part = row.place.part();
            return Err(ManifestFault::Incomplete { id: row.id, part, needed: "a group" });
        }
        Ok(row)
    }

    fn place(&self, id: &RecordId) -> Result<Place, ManifestFault> {
        let empty = |column, value: &str| match value {
            "" => Ok(()),
            _ => Err(refused(column, value, "must be empty in this part")),
        };
        if self.part != "excluded" {
            empty("reason", &self.reason)?;
            empty("detail", &self.detail)?;
        }
        if self.part != "train" {
            empty("fold", &self.fold)?;
            empty("validates", &self.validates)?;
        }
        match self.part.as_str() {
            "train" if self.fold.is_empty() => {
                empty("validates", &self.validates)?;
                Ok(Place::Train { fold: None, validates: false })
            }
            "train" => match self.fold.parse() {
                Ok(fold @ 1..=Place::FOLD_LIMIT) => {
                    Ok(Place::Train { fold: Some(fold), validates: is_yes("validates", &self.validates)? })
                }
                _ => Err(refused("fold", &self.fold, "folds are counted from 1 to 1000 at most")),
            },
            "test" => Ok(Place::Test),
            "excluded" if self.reason.is_empty() => {
                Err(ManifestFault::Incomplete { id: id.clone(), part: "excluded", needed: "a reason" })
            }
            "excluded" => {
                let reason = StatedReason { code: self.reason.clone(), text: self.detail.clone() };
                Ok(Place::Excluded { reason })
            }
            other => Err(refused("part", other, "write train, test or excluded")),
        }
    }
}

const PROVENANCES: [Provenance; 7] = [
    Provenance::Pcr,
    Provenance::Radiologist,
    Provenance::TextMined,
    Provenance::Table,
    Provenance::Collection,
    Provenance::Folder,
    Provenance::None,
];

const VIEWS: [View; 9] = [
    View::Pa,
    View::Ap,
    View::ApSupine,
    View::Frontal,
    View::FrontalByCollection,
    View::Lateral,
    View::NotFrontal,
    View::Ct,
    View::Unknown,
];

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn yes_or_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

fn sex_name(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "female",
        Sex::Male => "male",
    }
}

fn refused(column: &'static str, value: &str, expected: &'static str) -> ManifestFault {
    // A cell of a hostile table may be long; the message repeats what fits a line.
    ManifestFault::Cell { column, value: value.chars().take(80).collect(), expected }
}

fn parsed<T: FromStr>(column: &'static str, value: &str, expected: &'static str) -> Result<T, ManifestFault> {
    value.parse().map_err(|_| refused(column, value, expected))
}

fn optional<T: FromStr>(
    column: &'static str,
    value: &str,
    expected: &'static str,
) -> Result<Option<T>, ManifestFault> {
    if value.is_empty() { Ok(None) } else { parsed(column, value, expected).map(Some) }
}

fn named<T: Copy>(
    column: &'static str,
    value: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, ManifestFault> {
    let found = all.iter().copied().find(|one| name(*one) == value);
    found.ok_or_else(|| refused(column, value, "not a word that is written there"))
}

fn is_yes(column: &'static str, value: &str) -> Result<bool, ManifestFault> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(refused(column, value, "write yes or no")),
    }
}

/// Reads what an age displays as: `33`, `50-59`, `50+`.
fn age(value: &str) -> Result<Option<Age>, ManifestFault> {
    let read = |value: &str| {
        if let Some(from) = value.strip_suffix('+') {
            return Some(Age { from: from.parse().ok()?, to: None });
        }
        let (from, to) = value.split_once('-').unwrap_or((value, value));
        let age = Age { from: from.parse().ok()?, to: Some(to.parse().ok()?) };
        (age.to >= Some(age.from)).then_some(age)
    };
    if value.is_empty() {
        return Ok(None);
    }
    read(value).map(Some).ok_or_else(|| refused("age", value, "write 33, 50-59, 50+ or nothing"))
}
