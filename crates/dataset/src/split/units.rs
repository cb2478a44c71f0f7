//! The units of a split (groups or images) and their number of images of each class.

use std::collections::{BTreeSet, HashMap};

use radiograph_random::Stream;

use super::{Kind, Sample};
use crate::ClassName;

/// Units of a list of samples.
pub(super) struct Units {
    pub(super) kind: Kind,
    /// Classes, sorted.
    pub(super) classes: Vec<ClassName>,
    pub(super) all: Vec<Unit>,
    /// For each class, how many images there are, scored or not.
    pub(super) images: Vec<usize>,
    of_samples: Vec<usize>,
}

/// Images that go to one part together.
pub(super) struct Unit {
    name: String,
    /// For each class, how many images may be scored.
    pub(super) scored: Vec<usize>,
}

impl Units {
    pub(super) fn of(samples: &[Sample], kind: Kind) -> Self {
        let classes: BTreeSet<&ClassName> = samples.iter().map(|sample| &sample.class).collect();
        let classes: Vec<ClassName> = classes.into_iter().cloned().collect();
        let positions: HashMap<&ClassName, usize> =
            classes.iter().enumerate().map(|(at, class)| (class, at)).collect();
        let mut units = Vec::new();
        let mut by_name: HashMap<String, usize> = HashMap::new();
        let mut images = vec![0; classes.len()];
        let mut of_samples = Vec::with_capacity(samples.len());
        for sample in samples {
            let name = match kind {
                Kind::Grouped => sample.group.to_string(),
                Kind::ImageLevel | Kind::ImageLevelWithAugmented => sample.id.to_string(),
            };
            let unit = *by_name.entry(name).or_insert_with_key(|name| {
                units.push(Unit { name: name.clone(), scored: vec![0; classes.len()] });
                units.len() - 1
            });
            let class = positions[&sample.class];
            images[class] += 1;
            units[unit].scored[class] += usize::from(kind.scores(sample));
            of_samples.push(unit);
        }
        drop(positions);
        Self { kind, classes, all: units, images, of_samples }
    }

    /// The unit of the sample at this position.
    pub(super) fn unit(&self, sample: usize) -> usize {
        self.of_samples[sample]
    }

    /// Units that bring something to score, in an order that depends on the seed and the units' names alone.
    pub(super) fn drawn(&self, seed: u64, purpose: &str) -> Vec<usize> {
        let mut drawn: Vec<(u64, &str, usize)> = self
            .all
            .iter()
            .enumerate()
            .filter(|(_, unit)| unit.size() > 0)
            .map(|(at, unit)| {
                (Stream::new(seed, &format!("{purpose} {}", unit.name)).bits(), unit.name.as_str(), at)
            })
            .collect();
        drawn.sort_unstable();
        drawn.into_iter().map(|(_, _, at)| at).collect()
    }

    /// How many units bring images of a class to score.
    pub(super) fn with_class(&self, class: usize) -> usize {
        self.all.iter().filter(|unit| unit.scored[class] > 0).count()
    }
}

impl Unit {
    /// Images that may be scored.
    pub(super) fn size(&self) -> usize {
        self.scored.iter().sum()
    }
}
