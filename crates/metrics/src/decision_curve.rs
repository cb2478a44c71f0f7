//! Net benefit of acting on probabilities above a threshold: decision curve analysis.

use serde::{Deserialize, Serialize};

use crate::{
    BinaryScores, Bootstrap, Clusters, Error, Estimate, Score, Statistic, Table, Undefined, as_value,
    delong::check_samples, ranking::check_both, table::score_cell,
};

/// Net benefit of a model at thresholds of the probability, beside those of acting on everybody and on nobody.
///
/// Acting at a threshold probability t means that one false alarm costs t / (1 − t) of a hit. The net benefit is
/// sensitivity · prevalence − (1 − specificity) · (1 − prevalence) · t / (1 − t), in hits a person (Vickers and Elkin 2006,
/// *Decision curve analysis: a novel method for evaluating prediction models*). Acting on nobody has 0.
///
/// ```
/// use radiograph_metrics::{BinaryScores, Bootstrap, Clusters, DecisionCurve};
///
/// let scores = BinaryScores::new(&[true, true, false, false, false], &[0.8, 0.4, 0.5, 0.2, 0.1])?;
/// let curve =
///     DecisionCurve::of(&scores, &Clusters::each_alone(5), &[0.5], None, &Bootstrap::new(100, 7)?)?;
/// // One hit and one false alarm in five people, which count alike at 0.5.
/// assert!(curve.points[0].net_benefit.score?.abs() < 1e-12);
/// # Ok::<(), radiograph_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DecisionCurve {
    /// Prevalence that the net benefits are for; `None` is that of the samples.
    pub prevalence: Option<f64>,
    /// Net benefits in the order of the thresholds.
    pub points: Vec<NetBenefit>,
}

/// Net benefits at one threshold, in hits a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NetBenefit {
    /// Probability at and above which one acts.
    pub threshold: f64,
    /// Net benefit of acting by the model.
    pub net_benefit: Estimate,
    /// Net benefit of acting on everybody.
    #[serde(with = "as_value")]
    pub acting_on_all: Score,
    /// Net benefit of acting by the model less that of the better of acting on everybody and on nobody. Below 0, that
    /// simple rule is better than the model.
    pub advantage: Estimate,
}

impl DecisionCurve {
    /// Net benefits at these thresholds, with intervals from `bootstrap` over patients.
    ///
    /// A collection rarely has the prevalence of the place of use, and net benefit depends on it; `prevalence` states it.
    /// The probabilities are not adapted to it: the same samples are acted on at the same threshold.
    ///
    /// # Errors
    ///
    /// If `clusters` has another number of samples, at the first score outside [0, 1], or if a threshold or the prevalence is
    /// not above 0 and below 1.
    pub fn of(
        scores: &BinaryScores,
        clusters: &Clusters,
        thresholds: &[f64],
        prevalence: Option<f64>,
        bootstrap: &Bootstrap,
    ) -> Result<Self, Error> {
        check_samples(scores, clusters)?;
        scores.check_probabilities()?;
        let thresholds_named = thresholds.iter().map(|&threshold| ("a threshold", threshold));
        for (name, value) in thresholds_named.chain(prevalence.map(|value| ("the prevalence", value))) {
            if !(value > 0.0 && value < 1.0) {
                return Err(Error::InvalidSetting { name, value, range: "above 0 and below 1" });
            }
        }
        let once = vec![1; scores.len()];
        let mut points = Vec::with_capacity(thresholds.len());
        for &threshold in thresholds {
            let rates = |weights: &[u32]| Rates::of(scores, threshold, prevalence, weights);
            let model = |weights: &[u32]| Ok(rates(weights)?.net_benefit(threshold));
            let advantage = |weights: &[u32]| {
                let rates = rates(weights)?;
                Ok(rates.net_benefit(threshold) - rates.everybody().net_benefit(threshold).max(0.0))
            };
            let statistics: [&dyn Statistic; 2] = [&model, &advantage];
            let [net_benefit, advantage]: [Estimate; 2] =
                match bootstrap.resample(clusters, &statistics).try_into() {
                    Ok(estimates) => estimates,
                    Err(_) => unreachable!("two statistics have two estimates"),
                };
            let acting_on_all = rates(&once).map(|rates| rates.everybody().net_benefit(threshold));
            points.push(NetBenefit { threshold, net_benefit, acting_on_all, advantage });
        }
        Ok(Self { prevalence, points })
    }
}

impl From<&DecisionCurve> for Table {
    /// A table with one row per threshold.
    fn from(curve: &DecisionCurve) -> Self {
        let mut table =
            Self::new(["threshold", "net benefit", "of acting on all", "advantage over all or none"]);
        for point in &curve.points {
            table.push([
                point.threshold.to_string(),
                point.net_benefit.to_string(),
                score_cell(point.acting_on_all),
                point.advantage.to_string(),
            ]);
        }
        table
    }
}

/// Hit rate and false alarm rate, with the prevalence that they are for.
struct Rates {
    hits: f64,
    alarms: f64,
    prevalence: f64,
}

impl Rates {
    fn of(
        scores: &BinaryScores,
        threshold: f64,
        prevalence: Option<f64>,
        weights: &[u32],
    ) -> Result<Self, Undefined> {
        // Numbers of negatives and positives, and of those at or above the threshold.
        let (mut all, mut called) = ([0_u64; 2], [0_u64; 2]);
        for ((&score, &positive), &weight) in scores.scores().iter().zip(scores.positive()).zip(weights) {
            all[usize::from(positive)] += u64::from(weight);
            called[usize::from(positive)] += if score >= threshold { u64::from(weight) } else { 0 };
        }
        check_both(all[1], all[0])?;
        let rate = |of: usize| called[of] as f64 / all[of] as f64;
        let own = all[1] as f64 / (all[0] + all[1]) as f64;
        Ok(Self { hits: rate(1), alarms: rate(0), prevalence: prevalence.unwrap_or(own) })
    }

    fn everybody(&self) -> Self {
        Self { hits: 1.0, alarms: 1.0, prevalence: self.prevalence }
    }

    fn net_benefit(&self, threshold: f64) -> f64 {
        let cost = threshold / (1.0 - threshold);
        self.hits * self.prevalence - self.alarms * (1.0 - self.prevalence) * cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decides_nothing_is_refused_or_undefined() {
        let scores = BinaryScores::new(&[true, false, false], &[0.9, 0.2, 0.6]).unwrap();
        let bootstrap = Bootstrap::new(100, 1).unwrap();
        let of = |threshold: f64, prevalence| {
            DecisionCurve::of(&scores, &Clusters::each_alone(3), &[threshold], prevalence, &bootstrap)
        };
        assert!(of(1.0, None).is_err() && of(0.5, Some(0.0)).is_err());
        let perfect = &of(0.7, Some(0.1)).unwrap().points[0];
        assert_eq!(perfect.net_benefit.score, Ok(0.1)); // every ill person is a hit
        let ill = BinaryScores::new(&[true; 2], &[0.9, 0.2]).unwrap();
        let alone = Clusters::each_alone(2);
        let curve = DecisionCurve::of(&ill, &alone, &[0.5], None, &bootstrap).unwrap();
        assert_eq!(curve.points[0].net_benefit.score, Err(Undefined::NoNegative));
        assert_eq!(curve.points[0].acting_on_all, Err(Undefined::NoNegative));
    }
}
