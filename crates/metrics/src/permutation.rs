//! Paired permutation test that exchanges two models patient by patient.
//!
//! Metrics that only order scores are permuted by mid-ranks: two models with different scales would otherwise be mixed
//! into one ranking that is worse than either, which hides a difference between them.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Error, Metric, Predictions, Statistic, Undefined, midrank::Ordered, predictions::check_paired};

/// Number and seed of the exchanges in a permutation test.
///
/// If the models differ on so few patients that there are at most `draws` exchanges (2^patients), all of them are tried
/// and the p-value is exact. Otherwise `draws` random exchanges are tried, and the observed assignment counts as one
/// more (Phipson and Smyth 2010), so that a p-value is never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Permutation {
    /// Number of random exchanges, if not all can be tried.
    pub draws: u32,
    /// Seed of the random exchanges. Draw d uses stream d, so the number of threads does not matter.
    pub seed: u64,
}

/// The outcome of a permutation test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PermutationTest {
    /// Score of the first model minus that of the second.
    pub difference: f64,
    /// Two-sided p-value: the frequency of exchanges with a difference at least as large as the observed one.
    pub p_value: f64,
    /// Number of exchanges tried.
    pub exchanges: u32,
    /// Whether all possible exchanges were tried.
    pub exact: bool,
    /// Number of exchanges with an undefined score. They count as at least as extreme, which is conservative.
    pub undefined_exchanges: u32,
}

impl PermutationTest {
    /// The smallest p-value that these exchanges can show; `None` if all possible ones were tried, so that the p-value is
    /// exact.
    #[must_use]
    pub fn smallest(&self) -> Option<f64> {
        (!self.exact).then(|| (f64::from(self.exchanges) + 1.0).recip())
    }
}

impl Permutation {
    /// A test with this number of random exchanges and this seed.
    ///
    /// # Errors
    ///
    /// If there are fewer than 100 or more than 10 million exchanges.
    pub fn new(draws: u32, seed: u64) -> Result<Self, Error> {
        if (100..=10_000_000).contains(&draws) {
            Ok(Self { draws, seed })
        } else {
            let (value, range) = (f64::from(draws), "from 100 to 10,000,000");
            Err(Error::InvalidSetting { name: "the number of permutations", value, range })
        }
    }

    /// Tests whether the two models differ in `metric`.
    ///
    /// If they do not differ, exchanging their outputs for a patient changes nothing on average. All images of a
    /// patient are exchanged together. For accuracy with one image per patient, the exact test is McNemar's.
    ///
    /// Areas and average precisions only use the order of the scores, so each model's scores are replaced by their
    /// mid-ranks before the exchange. A rising transform of a model's scores then changes no p-value.
    ///
    /// # Errors
    ///
    /// If the two do not cover the same samples or the metric does not fit; [`Error::Undefined`] if the metric is undefined
    /// for either model.
    pub fn test(
        &self,
        first: &Predictions,
        second: &Predictions,
        metric: &Metric,
    ) -> Result<PermutationTest, Error> {
        check_paired(first, second)?;
        let both = Both::new(first, second, metric)?;
        let observed = both.difference(&[])?;
        Ok(self.run(&both, observed))
    }

    fn run(&self, both: &Both<'_>, observed: f64) -> PermutationTest {
        let patients = both.differing.len();
        let exact = patients < 32 && 1_u64 << patients <= u64::from(self.draws);
        let exchanges = if exact { 1_u32 << patients } else { self.draws };
        let exchange = |number: u32| -> Vec<bool> {
            if exact {
                return (0..patients).map(|patient| number >> patient & 1 == 1).collect();
            }
            let mut random = ChaCha8Rng::seed_from_u64(self.seed);
            random.set_stream(u64::from(number));
            (0..patients).map(|_| random.next_u32() >> 31 == 1).collect()
        };
        // Differences that are equal on paper may differ in their last bits.
        let bar = observed.abs() * (1.0 - 1e-12) - 1e-15;
        let (extreme, undefined) = (0..exchanges)
            .into_par_iter()
            .map(|number| match both.difference(&exchange(number)) {
                Ok(difference) => (u32::from(difference.abs() >= bar), 0),
                Err(_) => (1, 1),
            })
            .reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        let p_value = if exact {
            f64::from(extreme) / f64::from(exchanges)
        } else {
            (f64::from(extreme) + 1.0) / (f64::from(exchanges) + 1.0)
        };
        PermutationTest { difference: observed, p_value, exchanges, exact, undefined_exchanges: undefined }
    }
}

/// Both models' outputs in one set of samples, so that an exchange only changes weights.
struct Both<'a> {
    clusters: &'a crate::Clusters,
    statistic: Box<dyn Statistic + Send>,
    /// Patients with different outputs of the two models; exchanging the others changes nothing.
    differing: Vec<usize>,
}

impl<'a> Both<'a> {
    fn new(first: &'a Predictions, second: &Predictions, metric: &Metric) -> Result<Self, Error> {
        let mut outputs =
            [first.probabilities().clone(), second.probabilities().in_order_of(first.classes())?];
        if let Some(ordered) = Ordered::by(metric) {
            outputs = outputs.map(|output| output.with_scores(ordered.ranked(&output.values())));
        }
        let joined = first.with_probabilities(outputs[0].clone()).followed_by(&outputs[1])?;
        let (a, b) = (outputs[0].values(), outputs[1].values());
        let differs = |&patient: &usize| first.clusters().members(patient).any(|i| a.row(i) != b.row(i));
        let differing = (0..first.clusters().len()).filter(differs).collect();
        Ok(Self { clusters: first.clusters(), statistic: metric.prepare(&joined)?, differing })
    }

    /// Score of the first model minus that of the second, after exchanging the differing patients marked in `exchange`.
    fn difference(&self, exchange: &[bool]) -> Result<f64, Undefined> {
        let samples = self.clusters.samples();
        let mut weights = vec![0_u32; 2 * samples];
        weights[..samples].fill(1);
        for (&patient, _) in self.differing.iter().zip(exchange).filter(|(_, exchanged)| **exchanged) {
            for sample in self.clusters.members(patient) {
                weights[sample] = 0;
                weights[samples + sample] = 1;
            }
        }
        let first = self.statistic.weighted(&weights)?;
        weights.iter_mut().for_each(|weight| *weight = 1 - *weight);
        Ok(first - self.statistic.weighted(&weights)?)
    }
}
