//! A share of samples, such as a sensitivity, with an interval that counts patients and not images.

use serde::{Deserialize, Serialize};

use crate::{
    Clusters, Interval, IntervalMethod, Level, Score, Undefined, interval::wilson_ends, score::ratio,
};

/// Successes among trials that patients contribute in unequal numbers.
///
/// Images of one patient tend to be right or wrong together. The design effect says how much larger the variance of the
/// share is than that of as many independent trials; the interval is Wilson's for the number of independent trials that
/// tell as much. With one trial a patient it is Wilson's interval itself.
///
/// ```
/// use radiograph_metrics::{Clusters, Level, Share};
///
/// let (right, patients) = ([true, true, false, false, true, true], ["a", "a", "b", "b", "c", "d"]);
/// let share = Share::of(&Clusters::by_name(&patients), |image| Some(right[image]));
/// assert_eq!((share.successes, share.trials, share.patients), (4, 6, 4));
/// assert!(share.effective_trials < 6.0);
/// assert!(share.interval(Level::NINETY_FIVE)?.contains(4.0 / 6.0));
/// # Ok::<(), radiograph_metrics::Undefined>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Share {
    /// Successes.
    pub successes: u64,
    /// Trials.
    pub trials: u64,
    /// Patients with a trial.
    pub patients: u64,
    /// Number of independent trials with the same variance: trials divided by the design effect; 0 without trials.
    pub effective_trials: f64,
    /// Weighted successes / weighted trials, if the samples have weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighted: Option<f64>,
}

/// Patients that the worst case counts for in the design effect, beside those with the rarer outcome.
const WORST_CASE_PATIENTS: f64 = 2.0;

impl Share {
    /// Counts the samples by their outcome: success, failure, or no trial.
    ///
    /// The design effect is the ratio of the variance between patients (of a ratio, by linearisation) to that of independent
    /// trials. It rests on the patients that have the rarer outcome. If there are few of them it is drawn towards the worst
    /// case, in which all trials of a patient have the same outcome; without any, as for a share of 1, it is the worst case.
    /// It is never below 1.
    pub fn of(clusters: &Clusters, outcome: impl Fn(usize) -> Option<bool>) -> Self {
        Self::of_weighted(clusters, None, outcome)
    }

    /// As [`Share::of`], with a weight for each sample. The variance is that of the weighted ratio by linearisation, as surveys
    /// take it; in the worst case the effective number of trials is Kish's, (Σ w)² / Σ w², over patients.
    pub(crate) fn of_weighted(
        clusters: &Clusters,
        weights: Option<&[f64]>,
        outcome: impl Fn(usize) -> Option<bool>,
    ) -> Self {
        let mut patients: Vec<Tally> = Vec::with_capacity(clusters.len());
        for patient in 0..clusters.len() {
            let mut tally = Tally::default();
            for sample in clusters.members(patient) {
                let Some(success) = outcome(sample) else { continue };
                let weight = weights.map_or(1.0, |weights| weights[sample]);
                tally.successes += u64::from(success);
                tally.trials += 1;
                tally.weight += weight;
                tally.won += if success { weight } else { 0.0 };
            }
            if tally.trials > 0 {
                patients.push(tally);
            }
        }
        let successes = patients.iter().map(|patient| patient.successes).sum();
        let trials: u64 = patients.iter().map(|patient| patient.trials).sum();
        let alone = weights.is_none() && patients.len() as u64 == trials;
        let effective_trials = match trials {
            0 => 0.0,
            trials if alone => trials as f64,
            trials => trials as f64 / design_effect(&patients, trials),
        };
        let weighted = weights.filter(|_| trials > 0).map(|_| weighted_share(&patients));
        Self { successes, trials, patients: patients.len() as u64, effective_trials, weighted }
    }

    /// Successes / trials, by weight if the samples have weights.
    ///
    /// # Errors
    ///
    /// Undefined without trials.
    pub fn value(&self) -> Score {
        self.weighted.map_or_else(|| ratio(self.successes, self.trials, Undefined::NoSample), Ok)
    }

    /// Wilson's interval at the effective number of trials.
    ///
    /// With several images a patient the number is reduced once more by the squared ratio of Student's quantiles for the
    /// trials and for the patients, because the design effect is itself an estimate (Korn and Graubard 1998).
    ///
    /// # Errors
    ///
    /// Undefined without trials, and if one patient has all of several trials.
    pub fn interval(&self, level: Level) -> Result<Interval, Undefined> {
        let share = self.value()?;
        if self.patients == self.trials && self.weighted.is_none() {
            let (low, high) = wilson_ends(share, self.trials as f64, level);
            return Ok(Interval { low, high, level, method: IntervalMethod::Wilson });
        }
        if self.patients < 2 {
            return Err(Undefined::TooFewPatients);
        }
        let reach = |trials: u64| level.student_reach((trials - 1) as f64);
        let uncertain = reach(self.trials) / reach(self.patients);
        let (low, high) = wilson_ends(share, self.effective_trials * uncertain * uncertain, level);
        Ok(Interval { low, high, level, method: IntervalMethod::WilsonClustered })
    }
}

/// The trials of one patient.
#[derive(Default)]
struct Tally {
    successes: u64,
    trials: u64,
    /// Weight of the successes.
    won: f64,
    /// Weight of the trials.
    weight: f64,
}

fn weighted_share(patients: &[Tally]) -> f64 {
    let sum = |of: fn(&Tally) -> f64| patients.iter().map(of).sum::<f64>();
    sum(|patient| patient.won) / sum(|patient| patient.weight)
}

/// Variance of the share relative to that of as many independent trials of equal weight.
fn design_effect(patients: &[Tally], trials: u64) -> f64 {
    let trials = trials as f64;
    let all = patients.iter().map(|patient| patient.weight).sum::<f64>();
    let worst = patients.iter().map(|patient| patient.weight.powi(2)).sum::<f64>() / all * (trials / all);
    let with = |rare: fn(&Tally) -> bool| patients.iter().filter(|patient| rare(patient)).count();
    let telling =
        with(|patient| patient.successes > 0).min(with(|patient| patient.successes < patient.trials)) as f64;
    if telling == 0.0 || patients.len() < 2 {
        return worst.max(1.0);
    }
    let share = weighted_share(patients);
    let residual = |patient: &Tally| (patient.won - share * patient.weight).powi(2);
    let number = patients.len() as f64;
    let between = number / (number - 1.0) * patients.iter().map(residual).sum::<f64>() / (all * all);
    let estimated = between / (share * (1.0 - share) / (trials - 1.0));
    let mixed = (telling * estimated + WORST_CASE_PATIENTS * worst) / (telling + WORST_CASE_PATIENTS);
    mixed.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trial_a_patient_is_an_independent_trial() {
        let share = Share::of(&Clusters::each_alone(20), |image| Some(image < 7));
        assert_eq!((share.patients, share.effective_trials, share.weighted), (20, 20.0, None));
        assert_eq!(share.interval(Level::NINETY_FIVE).unwrap().method, IntervalMethod::Wilson);
    }

    #[test]
    fn images_that_agree_are_one_trial_and_a_share_of_one_assumes_so() {
        let owners: Vec<String> = (0..40).map(|image| (image / 4).to_string()).collect();
        let clusters = Clusters::by_name(&owners);
        let perfect = Share::of(&clusters, |_| Some(true));
        assert_eq!(perfect.effective_trials, 10.0);
        let interval = perfect.interval(Level::NINETY_FIVE).unwrap();
        assert!(interval.high == 1.0 && (0.6..0.75).contains(&interval.low), "{interval:?}");
        let half = Share::of(&clusters, |image| Some(image / 4 % 2 == 0));
        assert!((9.0..11.0).contains(&half.effective_trials), "{half:?}");
        let spread = Share::of(&clusters, |image| Some(image % 2 == 0));
        assert!(spread.effective_trials > 25.0, "{spread:?}");
    }

    #[test]
    fn what_is_no_trial_does_not_count() {
        let clusters = Clusters::by_name(&["a", "a", "b"]);
        let none = Share::of(&clusters, |_| None);
        assert_eq!((none.trials, none.value()), (0, Err(Undefined::NoSample)));
        assert_eq!(none.interval(Level::NINETY_FIVE), Err(Undefined::NoSample));
        let one_patient = Share::of(&clusters, |image| (image < 2).then_some(image == 0));
        assert_eq!(one_patient.interval(Level::NINETY_FIVE), Err(Undefined::TooFewPatients));
        let one_trial = Share::of(&clusters, |image| (image == 2).then_some(true));
        assert!(one_trial.interval(Level::NINETY_FIVE).is_ok());
    }
}
