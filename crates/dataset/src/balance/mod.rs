//! Chooses the images that are used, so that no class, patient or picture counts too often.
//!
//! Undersampling chooses by numbers that depend on the seed, the step and the image's id alone, so that neither the order
//! of the images nor what else is there decides. Each step draws its own numbers: with one number for all, the images that
//! pass a patient's cap are those with low numbers, and the next step would take them before everybody else's.
//!
//! [`oversample`] and [`class_weights`] are the alternatives: they leave all images in and change how often or how much
//! each one counts in training.

mod error;
mod field;
mod quota;
mod shortfall;
mod weigh;

use std::collections::{BTreeMap, HashMap};

use radiograph_classes::Classes;
use serde::Serialize;

pub use error::BalanceError;
use field::Unequal;
pub use field::{BalancedBy, Field, Unmatched};
pub use quota::{Quota, QuotaOrigin};
use radiograph_random::Stream;
pub use shortfall::Shortfall;
pub use weigh::{class_weights, oversample};

use crate::{ClassName, Provenance, Reason, Record, RecordId, group::Groups};

/// Rules for choosing images. The default keeps all.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Balance {
    /// Keeps one image of every picture: the best by [`prefer`](Self::prefer).
    pub one_per_picture: bool,
    /// What makes one image better than another of its picture, patient or group, the most important first. After all
    /// of them, chance decides.
    pub prefer: Vec<Preference>,
    /// Maximum number of images a patient.
    pub per_patient: Option<usize>,
    /// Maximum number of images a group.
    pub per_group: Option<usize>,
    /// Numbers of images by class, collection and origin. No image may count towards two of them.
    pub quotas: Vec<Quota>,
    /// Maximum number of images a class.
    pub per_class: PerClass,
    /// Field within whose values the classes are balanced, too.
    pub by: Option<BalancedBy>,
}

/// Maximum number of images a class.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PerClass {
    /// All its images.
    #[default]
    All,
    /// The number of the smallest class.
    Smallest,
    /// At most this number, and at most the number of the smallest class.
    AtMost(usize),
}

/// A criterion by which one image is better than another.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preference {
    /// As published rather than made from another image.
    Original,
    /// A patient who is known.
    KnownPatient,
    /// A class that is known for a better reason, in the order of [`Provenance`].
    BetterLabel,
    /// A view that is known.
    KnownView,
}

/// Result of choosing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Balanced {
    /// Reason why each image is not used; `None` if it is used.
    pub reasons: Vec<Option<Reason>>,
    /// Number of images of each class that are used.
    pub classes: BTreeMap<ClassName, usize>,
    /// Quotas that are not met, and values of the balancing field at which the classes stay unequal.
    pub shortfalls: Vec<Shortfall>,
}

impl Balance {
    /// Chooses among records, of which all have one of the classes.
    ///
    /// The steps, in this order: one image a picture, the cap of patients, the cap of groups, the quotas, the cap of
    /// classes.
    ///
    /// # Errors
    ///
    /// [`BalanceError::EmptyClass`] if a class has no image, [`BalanceError::Setting`] if a cap is 0, those of
    /// [`Quota::check`].
    pub fn choose(
        &self,
        records: &[&Record],
        groups: &Groups,
        classes: &Classes,
        seed: u64,
    ) -> Result<Balanced, BalanceError> {
        let zero = |cap: Option<usize>| cap == Some(0);
        if zero(self.per_patient) || zero(self.per_group) || self.per_class == PerClass::AtMost(0) {
            return Err(BalanceError::Setting { field: "cap", remedy: "keep at least one image" });
        }
        Quota::check(&self.quotas, classes)?;
        let mut choice = Choice { balance: self, records, seed, reasons: vec![None; records.len()] };
        if self.one_per_picture {
            for (image, kept) in choice.beyond(1, Draw::Picture, |image| Some(groups.picture(image))) {
                choice.reasons[image] = Some(Reason::SamePicture(records[kept].id.clone()));
            }
        }
        if let Some(limit) = self.per_patient {
            for (image, _) in choice.beyond(limit, Draw::Patient, |image| records[image].patient.as_ref()) {
                choice.reasons[image] = Some(Reason::PatientCap(limit));
            }
        }
        if let Some(limit) = self.per_group {
            for (image, _) in choice.beyond(limit, Draw::Group, |image| Some(groups.group(image))) {
                choice.reasons[image] = Some(Reason::GroupCap(limit));
            }
        }
        let available = choice.apply_quotas();
        let mut by_class = choice.by_class(classes, Draw::Class)?;
        let smallest = by_class.values().map(Vec::len).min().unwrap_or(0);
        let limit = match self.per_class {
            PerClass::All => None,
            PerClass::Smallest => Some(smallest),
            PerClass::AtMost(limit) => Some(limit.min(smallest)),
        };
        let mut shortfalls = Vec::new();
        if let Some(by) = &self.by {
            let fill = choice.by_class(classes, Draw::Fill)?;
            let matched = by.choose(records, &by_class, &fill, limit);
            for (image, reason) in matched.unmatched {
                choice.reasons[image] = Some(reason);
            }
            shortfalls.extend(matched.unequal.into_iter().map(|Unequal { value, available, kept }| {
                Shortfall::Value { field: by.field, value, available, kept }
            }));
        } else if let Some(limit) = limit {
            for (class, images) in &mut by_class {
                for &image in &images[limit.min(images.len())..] {
                    choice.reasons[image] = Some(Reason::Surplus { class: class.clone(), kept: limit });
                }
            }
        }
        // Counted at the end: the cap of the class may have taken images of a quota away.
        for (quota, available) in self.quotas.iter().zip(available) {
            let kept = choice.still_in().filter(|record| quota.covers(record)).count();
            if !quota.is_met(available, kept) {
                shortfalls.push(Shortfall::Quota { quota: quota.clone(), available, kept });
            }
        }
        let mut counts = BTreeMap::new();
        for record in choice.still_in() {
            if let Some(class) = record.class() {
                *counts.entry(class.clone()).or_insert(0) += 1;
            }
        }
        Ok(Balanced { reasons: choice.reasons, classes: counts, shortfalls })
    }
}

/// A choice under way: who is still in.
struct Choice<'a> {
    balance: &'a Balance,
    records: &'a [&'a Record],
    seed: u64,
    reasons: Vec<Option<Reason>>,
}

/// A step that chooses by chance. Each has numbers of its own.
#[derive(Clone, Copy)]
enum Draw {
    Picture,
    Patient,
    Group,
    Quota,
    Class,
    Fill,
}

impl Draw {
    fn number(self, seed: u64, record: &Record) -> u64 {
        let purpose = match self {
            Self::Picture => "one of a picture",
            Self::Patient => "cap of a patient",
            Self::Group => "cap of a group",
            Self::Quota => "quota",
            Self::Class => "cap of a class",
            Self::Fill => "fill of a class",
        };
        Stream::new(seed, &format!("{purpose} {}", record.id)).bits()
    }
}

impl Choice<'_> {
    /// Who is still in, sorted by what `rank` says of them, then by chance.
    fn drawn<R: Ord>(&self, draw: Draw, rank: impl Fn(&Record) -> R) -> Vec<usize> {
        let still_in = (0..self.records.len()).filter(|image| self.reasons[*image].is_none());
        let mut drawn: Vec<(R, u64, &RecordId, usize)> = still_in
            .map(|image| {
                let record = self.records[image];
                (rank(record), draw.number(self.seed, record), &record.id, image)
            })
            .collect();
        drawn.sort_unstable();
        drawn.into_iter().map(|(_, _, _, image)| image).collect()
    }

    /// The records of the images that are still in.
    fn still_in(&self) -> impl Iterator<Item = &Record> {
        let records = self.records.iter().zip(&self.reasons);
        records.filter(|(_, reason)| reason.is_none()).map(|(record, _)| *record)
    }

    /// In the order of undersampling: originals first if they are preferred, then chance.
    fn drawn_originals_first(&self, draw: Draw) -> Vec<usize> {
        let originals_first = self.balance.prefer.contains(&Preference::Original);
        self.drawn(draw, |record| originals_first && record.origin.is_augmented())
    }

    /// Leaves out what the quotas do not need. For each quota, the number of images that there were.
    fn apply_quotas(&mut self) -> Vec<usize> {
        let quotas = &self.balance.quotas;
        let mut available = vec![0; quotas.len()];
        if quotas.is_empty() {
            return available;
        }
        for image in self.drawn_originals_first(Draw::Quota) {
            let Some(at) = quotas.iter().position(|quota| quota.covers(self.records[image])) else {
                continue;
            };
            available[at] += 1;
            if available[at] > quotas[at].images {
                self.reasons[image] = Some(Reason::Quota { quota: quotas[at].to_string() });
            }
        }
        available
    }

    /// Images beyond the first `limit` of each key that are still in, each with the best image of its key.
    fn beyond<K: Eq + std::hash::Hash>(
        &self,
        limit: usize,
        draw: Draw,
        key: impl Fn(usize) -> Option<K>,
    ) -> Vec<(usize, usize)> {
        let ranks = |record: &Record| -> Vec<u8> {
            self.balance.prefer.iter().map(|preference| preference.rank(record)).collect()
        };
        let mut kept: HashMap<K, (usize, usize)> = HashMap::new();
        let mut beyond = Vec::new();
        for image in self.drawn(draw, ranks) {
            if let Some(key) = key(image) {
                let (count, best) = kept.entry(key).or_insert((0, image));
                if *count == limit {
                    beyond.push((image, *best));
                } else {
                    *count += 1;
                }
            }
        }
        beyond
    }

    /// Who is still in, by class, in an order of undersampling.
    fn by_class(
        &self,
        classes: &Classes,
        draw: Draw,
    ) -> Result<BTreeMap<ClassName, Vec<usize>>, BalanceError> {
        let mut by_class: BTreeMap<ClassName, Vec<usize>> =
            classes.names().map(|name| (ClassName::from(name), Vec::new())).collect();
        for image in self.drawn_originals_first(draw) {
            if let Some(images) = self.records[image].class().and_then(|class| by_class.get_mut(class)) {
                images.push(image);
            }
        }
        match by_class.iter().find(|(_, images)| images.is_empty()) {
            Some((class, _)) => Err(BalanceError::EmptyClass { class: class.clone() }),
            None => Ok(by_class),
        }
    }
}

impl Preference {
    /// 0 is best.
    fn rank(self, record: &Record) -> u8 {
        match self {
            Self::Original => u8::from(record.origin.is_augmented()),
            Self::KnownPatient => u8::from(record.patient.is_none()),
            Self::BetterLabel => match record.label.provenance() {
                Provenance::Pcr => 0,
                Provenance::Radiologist => 1,
                Provenance::TextMined => 2,
                Provenance::Table => 3,
                Provenance::Collection => 4,
                Provenance::Folder => 5,
                Provenance::None => 6,
            },
            Self::KnownView => u8::from(record.view.is_frontal().is_none()),
        }
    }
}

#[cfg(test)]
mod tests;
