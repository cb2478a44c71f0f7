//! What each patient contributes to the variance of an AUC.

use crate::{BinaryScores, Clusters, Predictions, Undefined, ranking::check_both, weight::Weight};

/// For each patient, how far its images together move the AUC from its expectation, by the kind of image.
///
/// The kinds are the positives and the negatives of one class, or the true classes for a macro average. Each image is of
/// one kind.
pub(crate) struct Components {
    pub(crate) auc: f64,
    /// For each kind, the sum over the patient's images of that kind.
    kinds: Vec<Kind>,
    /// Patients with a positive and with a negative image; of a macro average, for the class with the fewest.
    pub(crate) patients: [u64; 2],
}

/// Images of one kind.
struct Kind {
    /// For each patient, Σ over its images of (share of comparisons won − AUC) / (number of images of the kind).
    of_patient: Vec<f64>,
    /// Number of patients with such an image.
    patients: f64,
}

impl Components {
    pub(crate) fn of_column(predictions: &Predictions, column: usize) -> Result<Self, Undefined> {
        Self::of(&predictions.against_rest(column), predictions.weights(), predictions.clusters())
    }

    /// `weights` are those of the samples; without them each counts once.
    pub(crate) fn of(
        scores: &BinaryScores,
        weights: Option<&[f64]>,
        clusters: &Clusters,
    ) -> Result<Self, Undefined> {
        let (auc, shifts) = shifts(scores, weights)?;
        let kind = |sample: usize| usize::from(!scores.positive()[sample]);
        let kinds = kinds(&shifts, 2, kind, clusters)?;
        let patients = [&kinds[0], &kinds[1]].map(|kind| kind.patients as u64);
        Ok(Self { auc, kinds, patients })
    }

    /// Of the mean of the classes' AUCs. An image moves the AUC of its own class as a positive and the others as a negative.
    pub(crate) fn of_macro(predictions: &Predictions) -> Result<Self, Undefined> {
        let classes = predictions.classes().len();
        let (mut auc, mut sums) = (0.0, vec![0.0; predictions.len()]);
        for class in 0..classes {
            let (of_class, shifts) = shifts(&predictions.against_rest(class), predictions.weights())
                .map_err(|_| Undefined::ClassUndefined)?;
            auc += of_class / classes as f64;
            sums.iter_mut().zip(shifts).for_each(|(sum, shift)| *sum += shift / classes as f64);
        }
        let truth = predictions.truth_positions();
        let kinds = kinds(&sums, classes, |sample| truth[sample] as usize, predictions.clusters())?;
        let patients = (0..classes)
            .map(|class| predictions.patients_with(class))
            .min()
            .ok_or(Undefined::ClassUndefined)?;
        Ok(Self { auc, kinds, patients })
    }

    /// Obuchowski's covariance; with one image a patient the products of different kinds vanish, and DeLong's remains.
    pub(crate) fn covariance(&self, other: &Self) -> f64 {
        let unbiased = |patients: f64| patients / (patients - 1.0);
        let product =
            |a: &Kind, b: &Kind| -> f64 { a.of_patient.iter().zip(&b.of_patient).map(|(a, b)| a * b).sum() };
        let all = self.kinds.first().map_or(0.0, |kind| kind.of_patient.len() as f64);
        let mut covariance = 0.0;
        for (at, ours) in self.kinds.iter().enumerate() {
            for (beside, theirs) in other.kinds.iter().enumerate() {
                let factor = unbiased(if at == beside { ours.patients } else { all });
                covariance += factor * product(ours, theirs);
            }
        }
        covariance
    }
}

/// The AUC, and how far each sample moves it: its weight · (share of the other side that it is ranked right against − AUC) /
/// (weight of its own side). For weighted samples this is the linearisation that surveys take the variance of (Yao, Li and
/// Graubard 2015, *Estimation of ROC curve with complex survey data*).
fn shifts(scores: &BinaryScores, weights: Option<&[f64]>) -> Result<(f64, Vec<f64>), Undefined> {
    match weights {
        None => shifts_by(scores, |_| 1_u64),
        Some(weights) => shifts_by(scores, |sample| weights[sample]),
    }
}

fn shifts_by<W: Weight>(
    scores: &BinaryScores,
    weight: impl Fn(usize) -> W,
) -> Result<(f64, Vec<f64>), Undefined> {
    let ranking = scores.ranking();
    let auc = ranking.auc(&weight)?;
    let (positives, negatives) = ranking.walk(&weight, |_| ());
    check_both(positives, negatives)?;
    let mut shifts = vec![0.0; scores.len()];
    ranking.walk_groups(&weight, |samples, above| {
        let (mut tied_positives, mut tied_negatives) = (W::default(), W::default());
        for &(sample, is_positive) in samples {
            tied_positives += weight(sample).only_if(is_positive);
            tied_negatives += weight(sample).only_if(!is_positive);
        }
        let below = negatives - above.negatives - tied_negatives;
        let won = (below.get() + tied_negatives.get() / 2.0) / negatives.get();
        let lost = (above.positives.get() + tied_positives.get() / 2.0) / positives.get();
        for &(sample, is_positive) in samples {
            let (right, side) = if is_positive { (won, positives) } else { (lost, negatives) };
            shifts[sample] = weight(sample).get() * (right - auc) / side.get();
        }
    });
    Ok((auc, shifts))
}

/// The shifts summed by kind and patient; every kind needs two patients.
fn kinds(
    shifts: &[f64],
    number: usize,
    kind: impl Fn(usize) -> usize,
    clusters: &Clusters,
) -> Result<Vec<Kind>, Undefined> {
    let mut sums = vec![vec![0.0; clusters.len()]; number];
    let mut seen = vec![vec![false; clusters.len()]; number];
    for (sample, shift) in shifts.iter().enumerate() {
        let (kind, patient) = (kind(sample), clusters.of(sample));
        sums[kind][patient] += shift;
        seen[kind][patient] = true;
    }
    let count = |seen: &[bool]| seen.iter().filter(|seen| **seen).count() as f64;
    let kinds: Vec<Kind> = sums
        .into_iter()
        .zip(&seen)
        .map(|(of_patient, seen)| Kind { of_patient, patients: count(seen) })
        .collect();
    if kinds.iter().any(|kind| kind.patients < 2.0) {
        return Err(Undefined::TooFewPatients);
    }
    Ok(kinds)
}
