//! Choice of the penalty by cross-validation.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    Convergence, Error, Examples, Fold, Folds, Probe, Stopping,
    objective::{Linear, log_sum_exp},
    probe::check,
    span::Span,
};

/// Inverse penalties that are tried: half decades from 0.00001 to 10.
pub const GRID: [f64; 13] = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0, 10.0];

/// The result of a choice.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Chosen {
    /// The probe for all examples with the chosen penalty.
    pub probe: Probe,
    /// All penalties of the grid, from the strongest on.
    pub candidates: Vec<Candidate>,
    /// For each fold, the probe for its training rows with the chosen penalty.
    pub folds: Vec<Probe>,
}

/// One penalty of the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data")]
pub struct Candidate {
    /// Inverse penalty, scikit-learn's `C`.
    pub c: f64,
    /// Mean cross-entropy of all held-out rows, each predicted by the probe that was not trained on it.
    pub log_loss: f64,
    /// How the training of each fold ended.
    pub convergence: Vec<Convergence>,
}

impl Chosen {
    /// Whether the probe, and every probe behind the choice of its penalty, has converged.
    #[must_use]
    pub fn converged(&self) -> bool {
        let all = self.candidates.iter().flat_map(|candidate| &candidate.convergence);
        all.chain([self.probe.convergence()]).all(|convergence| convergence.converged)
    }
}

/// Chooses the penalty with the lowest cross-entropy on held-out rows, the stronger of equals, and trains on all
/// examples with it.
///
/// # Errors
///
/// [`Error::Setting`] if the grid is empty, no row is held out, or a value is out of its range; [`Error::NoExample`] if a class
/// has no row.
pub fn choose(
    examples: &Examples,
    folds: &Folds,
    grid: &[f64],
    stopping: &Stopping,
) -> Result<Chosen, Error> {
    let mut grid = grid.to_vec();
    grid.iter().try_for_each(|&c| check(c, stopping))?;
    grid.sort_by(f64::total_cmp);
    let held_out: usize = folds.as_slice().iter().map(|fold| fold.held_out.len()).sum();
    if grid.is_empty() || held_out == 0 {
        let name = if grid.is_empty() { "the number of penalties" } else { "the number of held-out rows" };
        return Err(Error::Setting { name, value: 0.0, range: "at least 1" });
    }
    // Folds side by side; the penalties of a fold one after another, each from the solution of the one before.
    let paths: Vec<Vec<(Probe, f64)>> =
        folds.as_slice().par_iter().map(|fold| path(examples, fold, &grid, stopping)).collect();
    let weights = folds.as_slice().iter().flat_map(|fold| &fold.held_out).map(|&row| examples.weights[row]);
    let total: f64 = weights.sum();
    let candidates: Vec<Candidate> = grid
        .iter()
        .enumerate()
        .map(|(place, &c)| Candidate {
            c,
            log_loss: paths.iter().map(|path| path[place].1).sum::<f64>() / total,
            convergence: paths.iter().map(|path| *path[place].0.convergence()).collect(),
        })
        .collect();
    // The first of equals, which has the stronger penalty. The grid is not empty.
    let best = (0..grid.len())
        .min_by(|a, b| candidates[*a].log_loss.total_cmp(&candidates[*b].log_loss))
        .unwrap_or_default();
    let probe = Probe::fit(examples, grid[best], stopping)?;
    let folds =
        paths.into_iter().filter_map(|path| path.into_iter().nth(best)).map(|(probe, _)| probe).collect();
    Ok(Chosen { probe, candidates, folds })
}

/// The probes of one fold along the grid, each with the weighted sum of the cross-entropies of held-out rows.
fn path(examples: &Examples, fold: &Fold, grid: &[f64], stopping: &Stopping) -> Vec<(Probe, f64)> {
    let own = examples.standardisation_of(&fold.training);
    // Finding the span takes the time of many steps, which a path has.
    let span = (fold.training.len() <= examples.width()).then(|| Span::new(examples, &fold.training, &own));
    let mut at = Vec::new();
    let mut path: Vec<(Probe, f64)> = Vec::with_capacity(grid.len());
    for &c in grid {
        let near = path.last().map(|(probe, _)| probe);
        let probe = match &span {
            Some(span) => Probe::in_span(examples, &fold.training, &own, span, c, stopping, &mut at),
            None => Probe::of_rows(examples, &fold.training, &own, c, stopping, near),
        };
        let linear = Linear::new(&probe.flat(), probe.intercepts(), &own.mean, &own.factors());
        let loss = loss(examples, &linear, &fold.held_out);
        path.push((probe, loss));
    }
    path
}

/// The weighted sum of cross-entropies. It is computed from logits, so that no probability is rounded to 0.
fn loss(examples: &Examples, linear: &Linear, rows: &[usize]) -> f64 {
    let mut logits = vec![0.0; examples.classes.len()];
    let of_row = |row: &usize| {
        linear.logits(examples.row(*row), &mut logits);
        examples.weights[*row] * (log_sum_exp(&logits) - logits[examples.labels[*row]])
    };
    rows.iter().map(of_row).sum()
}
