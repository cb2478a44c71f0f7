//! Fits a probe on training labels and predicts the test images. Test labels are no argument here.

use ndarray::{Array2, ArrayView2};
use radiograph_classes::Classes;
use radiograph_probe::{Error, Examples, Folds, Probe, choose};

use crate::Settings;

/// Probabilities `[N, K]` of the test images, and the linear probe that gave them.
pub(crate) struct Fitted {
    pub(crate) probabilities: Array2<f64>,
    /// None for a prior, which has no coefficients.
    pub(crate) probe: Option<Probe>,
    pub(crate) converged: bool,
}

/// What a probe sees: numbers for a linear probe, or one source per image for a prior.
pub(crate) enum Inputs {
    Numbers { training: Array2<f64>, test: Array2<f64> },
    Sources { training: Vec<usize>, test: Vec<usize>, sources: usize },
}

impl Inputs {
    /// Number of columns that a probe sees.
    pub(crate) fn columns(&self) -> usize {
        match self {
            Self::Numbers { training, .. } => training.ncols(),
            Self::Sources { .. } => 1,
        }
    }

    /// A probe for these training labels, its penalty chosen by cross-validation in which no cluster is split.
    pub(crate) fn fit(
        &self,
        classes: &Classes,
        labels: &[usize],
        clusters: &[&str],
        settings: &Settings,
    ) -> Result<Fitted, Error> {
        match self {
            Self::Numbers { training, test } => {
                linear(training.view(), test.view(), classes, labels, clusters, settings)
            }
            Self::Sources { training, test, sources } => Ok(Fitted {
                probabilities: prior(training, test, *sources, labels, classes.len()),
                probe: None,
                converged: true,
            }),
        }
    }
}

fn linear(
    training: ArrayView2<'_, f64>,
    test: ArrayView2<'_, f64>,
    classes: &Classes,
    labels: &[usize],
    clusters: &[&str],
    settings: &Settings,
) -> Result<Fitted, Error> {
    let examples = Examples::new(training, classes, labels.to_vec())?;
    let folds = Folds::grouped(&examples, clusters, settings.folds)?;
    let chosen = choose(&examples, &folds, &settings.penalties, &settings.stopping)?;
    Ok(Fitted {
        probabilities: chosen.probe.probabilities(test)?,
        converged: chosen.converged(),
        probe: Some(chosen.probe),
    })
}

/// The share of each class among the training images of an image's source. The shares of all training images count as
/// one further image of each source, which also serves a source without training images.
fn prior(
    training: &[usize],
    test: &[usize],
    sources: usize,
    labels: &[usize],
    classes: usize,
) -> Array2<f64> {
    let mut counts = Array2::<f64>::zeros((sources, classes));
    training.iter().zip(labels).for_each(|(&source, &label)| counts[[source, label]] += 1.0);
    let total = labels.len().max(1) as f64;
    let overall = counts.sum_axis(ndarray::Axis(0)) / total;
    Array2::from_shape_fn((test.len(), classes), |(row, class)| {
        let of_source = counts.row(test[row]);
        (of_source[class] + overall[class]) / (of_source.sum() + 1.0)
    })
}

/// Whether a fit failed because of how labels and clusters are spread, not because of a setting.
pub(crate) fn is_of_the_data(error: &Error) -> bool {
    use Error as E;
    matches!(error, E::TooFewGroups { .. } | E::NoExample { .. } | E::OneClass { .. } | E::Empty { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prior_counts_training_images_and_falls_back_to_the_shares_of_all() {
        // Source 0: 3 of class 0, 1 of class 1. Source 1: 0 and 4. Source 2 is new.
        let probabilities = prior(&[0, 0, 0, 0, 1, 1, 1, 1], &[0, 1, 2], 3, &[0, 0, 0, 1, 1, 1, 1, 1], 2);
        let expected = [[3.375 / 5.0, 1.625 / 5.0], [0.375 / 5.0, 4.625 / 5.0], [0.375, 0.625]];
        for (row, expected) in probabilities.outer_iter().zip(expected) {
            assert!(row.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{row}");
        }
    }
}
