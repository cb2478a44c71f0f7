//! Scores the model on changed test images, and says where its evidence lies beside an even map.

use ndarray::Axis;
use radiograph_input::Ablation;
use radiograph_metrics::{Average, Estimate, Metric};
use serde::{Deserialize, Serialize};

use crate::{
    Changed, Error, Evidence, Looks, Model, Place, Pointer, ScoreDrop, Settings, Table,
    scored::{Numbers, Scored, resampled},
};

/// The model under audit on changed test images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ThroughModel {
    /// Number of test images that were changed.
    pub images: usize,
    /// Number of them whose lungs are known from a mask; those of the others are estimated.
    pub masked: usize,
    /// The model on the same images, unchanged.
    pub unchanged: Estimate,
    /// One entry for each change.
    pub ablations: Vec<AblationScore>,
    /// Macro AUC averaged over the removed share of the centre, from 0 to the largest share tested (trapezoid rule). `None` if an
    /// AUC is undefined or no centre was removed.
    pub mean_over_shares: Option<f64>,
    /// Where the evidence of heat maps lies.
    pub pointing: Vec<Pointing>,
}

/// The model's score after one change of the images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AblationScore {
    /// The change.
    pub ablation: Ablation,
    /// Mean share of the image that was removed.
    pub removed: f64,
    /// Macro AUC.
    pub auc: Estimate,
    /// Accuracy.
    pub accuracy: Estimate,
    /// AUC of the unchanged images less this one.
    pub drop: Option<ScoreDrop>,
    /// Share of the AUC above chance that is left; none if the model is not above chance.
    pub kept: Option<f64>,
}

/// Evidence in one part of the images, beside an even map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pointing {
    /// Model whose evidence it is.
    pub of: Pointer,
    /// Part of the images.
    pub place: Place,
    /// Number of images whose map shows evidence.
    pub images: usize,
    /// Mean share of the evidence in the part.
    pub mass: f64,
    /// Mean share of the area, which is that of an even map.
    pub area: f64,
    /// Mean of evidence less area.
    pub excess: ScoreDrop,
}

impl ThroughModel {
    pub(crate) fn of(
        table: &Table,
        test: &[usize],
        model: &Model,
        looks: &Looks,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let rows: Vec<usize> = looks.images.iter().filter_map(|&at| test.get(at).copied()).collect();
        let expected = looks.images.len();
        let given = looks.changed.iter().map(|of| of.removed.len().min(of.probabilities.values().nrows()));
        let given = given.chain(looks.evidence.iter().map(|of| of.mass.len().min(of.area.len())));
        if let Some(got) = std::iter::once(rows.len()).chain(given).find(|got| *got != expected) {
            return Err(Error::Model { expected, got });
        }
        let scored = |probabilities: ndarray::Array2<f64>| Scored {
            labels: rows.iter().map(|&row| table.label(row)).collect(),
            rows: rows.clone(),
            probabilities,
        };
        let all = model.probabilities.in_order_of(table.classes())?;
        let own = scored(all.values().select(Axis(0), &looks.images));
        let unchanged = own.estimate(table, table.classes(), settings)?;
        let score = |changed: &Changed| -> Result<AblationScore, Error> {
            let probabilities = changed.probabilities.in_order_of(table.classes())?;
            let scored = scored(probabilities.values().to_owned());
            let metrics = [Metric::AveragedAuc(Average::Macro), Metric::Accuracy];
            let estimates = scored.estimates(table, table.classes(), &metrics, settings)?;
            let [auc, accuracy] = <[Estimate; 2]>::try_from(estimates)
                .unwrap_or_else(|_| unreachable!("an estimate for each metric"));
            let above = |of: &Estimate| of.score.ok().map(|score| score - 0.5);
            let kept =
                above(&unchanged).filter(|own| *own > 0.0).zip(above(&auc)).map(|(own, left)| left / own);
            Ok(AblationScore {
                ablation: changed.ablation,
                removed: mean(&changed.removed),
                drop: own.drop_to(&scored, table, settings),
                kept,
                auc,
                accuracy,
            })
        };
        let ablations = looks.changed.iter().map(score).collect::<Result<Vec<_>, Error>>()?;
        let pointing = looks.evidence.iter().filter_map(|of| pointing(table, &rows, of, settings));
        Ok(Self {
            images: rows.len(),
            masked: looks.masked,
            mean_over_shares: mean_over_shares(&unchanged, &ablations),
            unchanged,
            ablations,
            pointing: pointing.collect(),
        })
    }

    /// The score after the change of the same kind as `ablation`; among several shares of the centre, that of the largest.
    #[must_use]
    pub fn after(&self, ablation: Ablation) -> Option<&AblationScore> {
        let named = self.ablations.iter().filter(|of| of.ablation.name() == ablation.name());
        named.max_by(|a, b| a.removed.total_cmp(&b.removed))
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn mean_over_shares(unchanged: &Estimate, ablations: &[AblationScore]) -> Option<f64> {
    let centre = ablations.iter().filter(|of| matches!(of.ablation, Ablation::Centre(_)));
    let mut points = vec![(0.0, unchanged.score.ok()?)];
    for of in centre {
        points.push((of.removed, of.auc.score.ok()?));
    }
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let last = points.last()?.0;
    let area: f64 = points.windows(2).map(|of| (of[1].0 - of[0].0) * f64::midpoint(of[0].1, of[1].1)).sum();
    (last > 0.0).then(|| area / last)
}

/// `None` if no map shows evidence.
fn pointing(table: &Table, rows: &[usize], evidence: &Evidence, settings: &Settings) -> Option<Pointing> {
    let shown = rows.iter().zip(&evidence.mass).zip(&evidence.area);
    let shown: Vec<(usize, f64, f64)> =
        shown.filter_map(|((&row, mass), &area)| Some((row, (*mass)?, area))).collect();
    let mut numbers = Numbers::default();
    let clusters = numbers.of(table, &shown.iter().map(|of| of.0).collect::<Vec<_>>());
    let excess = resampled(numbers.count(), settings, &|weights| {
        let weighted = shown
            .iter()
            .zip(&clusters)
            .map(|((_, mass, area), &cluster)| (weights[cluster] * (mass - area), weights[cluster]));
        let (sum, weight) = weighted.fold((0.0, 0.0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
        (weight > 0.0).then(|| sum / weight)
    })?;
    Some(Pointing {
        of: evidence.of,
        place: evidence.place,
        images: shown.len(),
        mass: mean(&shown.iter().map(|of| of.1).collect::<Vec<_>>()),
        area: mean(&shown.iter().map(|of| of.2).collect::<Vec<_>>()),
        excess,
    })
}
