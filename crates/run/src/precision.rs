//! The precision that a test part allows, known before anything is trained.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use radiograph_dataset::manifest::Manifest;
use radiograph_metrics::{AucVariance, Level};
use serde::Serialize;

/// AUC that the half-widths are for: that of a useful model with room above it.
const EXPECTED_AUC: f64 = 0.85;

/// Half-widths of the intervals that AUCs will have on a test part.
///
/// Clusters count, not images: images of one cluster tell less than as many clusters. The real half-width is smaller for a better
/// model, and larger if classes cannot be told apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TestPrecision {
    /// Number of clusters of the test part.
    pub clusters: usize,
    /// AUC that the half-widths are for.
    pub auc: f64,
    /// Level of the intervals.
    pub level: Level,
    /// Each class against the others.
    pub classes: Vec<ClassPrecision>,
}

/// Half-width of the interval of one class's AUC.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClassPrecision {
    /// The class.
    pub class: String,
    /// Number of test clusters with an image of the class.
    pub clusters: usize,
    /// Half of the width of the interval; `None` if no cluster has the class or none has another one.
    pub half_width: Option<f64>,
}

impl TestPrecision {
    /// The precision of the test part of a manifest.
    #[must_use]
    pub fn of(manifest: &Manifest, level: Level) -> Self {
        let mut by_class: BTreeMap<String, BTreeSet<_>> = BTreeMap::new();
        for row in manifest.test() {
            let class = row.class.as_ref().map(ToString::to_string).unwrap_or_default();
            by_class.entry(class).or_default().insert(&row.group);
        }
        let all: BTreeSet<_> = by_class.values().flatten().collect();
        let of = |(class, clusters): (&String, &BTreeSet<_>)| {
            let others: BTreeSet<_> =
                by_class.iter().filter(|(other, _)| *other != class).flat_map(|of| of.1).collect();
            let planned = AucVariance::planned(EXPECTED_AUC, clusters.len() as u64, others.len() as u64);
            let half_width = planned.ok().map(|variance| variance.half_width(level));
            ClassPrecision { class: class.clone(), clusters: clusters.len(), half_width }
        };
        Self { clusters: all.len(), auc: EXPECTED_AUC, level, classes: by_class.iter().map(of).collect() }
    }
}

impl fmt::Display for TestPrecision {
    /// "With 168 test clusters, an AUC of 0.85 will have a 95 % interval of about ± 0.06 for covid (56 clusters), …".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (clusters, auc, level) = (self.clusters, self.auc, 100.0 * self.level.get());
        write!(f, "With {clusters} test clusters, an AUC of {auc} will have a {level} % interval of about ")?;
        for (at, ClassPrecision { class, clusters, half_width }) in self.classes.iter().enumerate() {
            let gap = if at == 0 { "" } else { ", " };
            match half_width {
                Some(half) => write!(f, "{gap}± {half:.2} for {class} ({clusters} clusters)")?,
                None => write!(f, "{gap}no known width for {class} ({clusters} clusters)")?,
            }
        }
        f.write_str(".")
    }
}
