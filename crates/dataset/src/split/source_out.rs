//! Holds out one collection: trains on all others and tests on it.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
};

use serde::Serialize;

use super::Sample;
use crate::{ClassName, GroupId, Reason, SourceName, manifest::Place};

/// One collection held out, or why it cannot be.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SourceOut {
    /// The collection.
    pub source: SourceName,
    /// The place of every sample: the collection's originals are tested on, the others trained on, and images of other
    /// collections in one group with a tested one excluded.
    pub places: Result<Vec<Place>, Abstention>,
}

/// Why a collection cannot be held out.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Abstention {
    /// It has no images of these classes, so nothing can be said about them, nor how they are told from the others.
    SourceLacks(BTreeSet<ClassName>),
    /// Without it, and without what shares groups with it, there is nothing of these classes to train on.
    OthersLack(BTreeSet<ClassName>),
}

impl fmt::Display for Abstention {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |classes: &BTreeSet<ClassName>| {
            classes.iter().map(ClassName::as_str).collect::<Vec<_>>().join(" and ")
        };
        match self {
            Self::SourceLacks(classes) => write!(formatter, "it has no {}", list(classes)),
            Self::OthersLack(classes) => write!(formatter, "without it there is no {}", list(classes)),
        }
    }
}

/// Holds out each collection in turn, by order of names.
pub fn leave_one_source_out(samples: &[Sample]) -> Vec<SourceOut> {
    let classes: BTreeSet<&ClassName> = samples.iter().map(|sample| &sample.class).collect();
    let sources: BTreeSet<&SourceName> = samples.iter().map(|sample| sample.id.source()).collect();
    let held_out = |source: &SourceName| SourceOut {
        source: source.clone(),
        places: without(source, samples, &classes),
    };
    sources.into_iter().map(held_out).collect()
}

fn without(
    source: &SourceName,
    samples: &[Sample],
    classes: &BTreeSet<&ClassName>,
) -> Result<Vec<Place>, Abstention> {
    let is_tested = |sample: &Sample| sample.id.source() == source && !sample.augmented;
    let groups: HashSet<&GroupId> =
        samples.iter().filter(|sample| is_tested(sample)).map(|sample| &sample.group).collect();
    let place = |sample: &Sample| {
        if is_tested(sample) {
            Place::Test
        } else if sample.id.source() == source || groups.contains(&sample.group) {
            Place::from(&Reason::SourceHeldOut(source.clone()))
        } else {
            Place::Train { fold: None, validates: false }
        }
    };
    let places: Vec<Place> = samples.iter().map(place).collect();
    let lacking = |part: &str| -> BTreeSet<ClassName> {
        let pairs = samples.iter().zip(&places);
        let present: BTreeSet<&ClassName> =
            pairs.filter(|(_, place)| place.part() == part).map(|(sample, _)| &sample.class).collect();
        classes.difference(&present).map(|class| (*class).clone()).collect()
    };
    match (lacking("test"), lacking("train")) {
        (tested, _) if !tested.is_empty() => Err(Abstention::SourceLacks(tested)),
        (_, trained) if !trained.is_empty() => Err(Abstention::OthersLack(trained)),
        _ => Ok(places),
    }
}
