//! The calibration error without the bias that few samples a bin give it.

use crate::{
    BinaryScores, Bins, Clusters, Error, Estimate, Interval, IntervalMethod, Level, Score, Undefined,
    binning::Binned, delong::check_samples,
};

impl BinaryScores {
    /// The root mean square calibration error over bins, debiased, with an interval that counts patients.
    ///
    /// The squared gap between the share of positives of a bin and its mean probability is too large on average, by the
    /// variance of the share. That variance is subtracted: with one image a patient it is y(1 − y)/(n − 1), as in Kumar, Liang
    /// and Ma 2019, *Verified uncertainty calibration*, and in the reliability term of Ferro and Fricker 2012, *A bias-corrected
    /// decomposition of the Brier score*; with several it is the variance between patients. A sum below 0 counts as 0.
    /// Bins with samples of a single patient, which show no variance, are left out.
    ///
    /// The interval holds every squared error T that is within z standard errors of the estimate, √(2 tr(ΩΩ) + 4 κ T): the
    /// variance of a quadratic form of normal gaps, which clusters may correlate across bins. The first term alone holds for
    /// calibrated probabilities, as in Sun, Chaudhari, Barnett and Dobriban 2024, *A confidence interval for the ℓ2 expected
    /// calibration error*; κ is the mean over bins of share times variance of the
    /// gap, weighted by share times squared gap; Ω is the covariance of the gaps times the roots of both bins' shares.
    ///
    /// ```
    /// use radiograph_metrics::{BinaryScores, Bins, Clusters, Level};
    ///
    /// // Calibrated: of those with 0.2, a fifth is positive. The plain error is 0 too, by luck.
    /// let p: Vec<f64> = (0..100).map(|i| if i < 50 { 0.2 } else { 0.6 }).collect();
    /// let positive: Vec<bool> = (0..100).map(|i| i < 10 || (50..80).contains(&i)).collect();
    /// let scores = BinaryScores::new(&positive, &p)?;
    /// let error = scores.calibration_error(Bins::GUO, &Clusters::each_alone(100), Level::NINETY_FIVE)?;
    /// assert_eq!(error.score, Ok(0.0));
    /// assert!(error.interval?.high > 0.05); // a hundred samples cannot exclude that
    /// # Ok::<(), radiograph_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the number of bins is 0, if `clusters` has another number of samples, or at the first score outside [0, 1].
    pub fn calibration_error(
        &self,
        bins: Bins,
        clusters: &Clusters,
        level: Level,
    ) -> Result<Estimate, Error> {
        check_samples(self, clusters)?;
        self.check_probabilities()?;
        let gaps = Gaps::of(&Binned::of(self, bins)?, clusters);
        Ok(Estimate::without_resampling(gaps.error(), gaps.interval(level)))
    }
}

/// Gaps between outcome and probability, and their covariance over patients.
struct Gaps {
    /// Share of the samples in each bin, times the gap.
    weights: Vec<f64>,
    gaps: Vec<f64>,
    covariance: Vec<Vec<f64>>,
    samples: usize,
}

impl Gaps {
    fn of(binned: &Binned, clusters: &Clusters) -> Self {
        let mut patients = vec![0_u64; binned.bins()];
        let mut seen = vec![usize::MAX; binned.bins()];
        for patient in 0..clusters.len() {
            for bin in clusters.members(patient).map(|sample| binned.bin(sample)) {
                if seen[bin] != patient {
                    (seen[bin], patients[bin]) = (patient, patients[bin] + 1);
                }
            }
        }
        let sums: Vec<_> =
            binned.sums(|_| 1_u64).into_iter().filter(|sum| patients[sum.number] > 1).collect();
        let samples: u64 = sums.iter().map(|sum| sum.samples).sum();
        let mut position = vec![None; binned.bins()];
        sums.iter().enumerate().for_each(|(at, sum)| position[sum.number] = Some(at));
        let mut covariance = vec![vec![0.0; sums.len()]; sums.len()];
        for patient in 0..clusters.len() {
            // Few bins hold samples of one patient.
            let mut own: Vec<(usize, f64)> = Vec::new();
            for sample in clusters.members(patient) {
                let Some(at) = position[binned.bin(sample)] else { continue };
                let sum = &sums[at];
                let Some(positive) = binned.outcome_in(sample, sum.number) else { continue };
                let number = patients[sum.number] as f64;
                let scale = (number / (number - 1.0)).sqrt() / sum.samples as f64;
                let deviation = scale * (f64::from(u8::from(positive)) - sum.rate());
                match own.iter_mut().find(|(bin, _)| *bin == at) {
                    Some((_, total)) => *total += deviation,
                    None => own.push((at, deviation)),
                }
            }
            for &(j, left) in &own {
                own.iter().for_each(|&(k, right)| covariance[j][k] += left * right);
            }
        }
        Self {
            weights: sums.iter().map(|sum| sum.samples as f64 / samples as f64).collect(),
            gaps: sums.iter().map(|sum| sum.rate() - sum.confidence()).collect(),
            covariance,
            samples: clusters.samples(),
        }
    }

    /// The debiased squared error, which may be below 0.
    fn square(&self) -> Score {
        if self.weights.is_empty() {
            return Err(if self.samples == 0 { Undefined::NoSample } else { Undefined::TooFewPatients });
        }
        let of = |bin: usize| self.weights[bin] * (self.gaps[bin].powi(2) - self.covariance[bin][bin]);
        Ok((0..self.weights.len()).map(of).sum())
    }

    fn error(&self) -> Score {
        Ok(self.square()?.max(0.0).sqrt())
    }

    fn interval(&self, level: Level) -> Result<Interval, Undefined> {
        let square = self.square()?.max(0.0);
        let (calibrated, slope) = self.variance_of_square()?;
        // The roots of (square − T)² = z² (calibrated + slope · T).
        let reach = level.normal_reach().powi(2);
        let middle = square + reach * slope / 2.0;
        let half = (middle * middle - square * square + reach * calibrated).sqrt();
        let (low, high) = ((middle - half).max(0.0).sqrt(), (middle + half).sqrt());
        Ok(Interval { low, high, level, method: IntervalMethod::DebiasedSquare })
    }

    /// Variance of the squared error of calibrated probabilities, and what a true squared error of 1 adds.
    fn variance_of_square(&self) -> Result<(f64, f64), Undefined> {
        let (mut trace, mut form, mut plain) = (0.0, 0.0, 0.0);
        for (j, row) in self.covariance.iter().enumerate() {
            for (k, &covariance) in row.iter().enumerate() {
                let weighted = self.weights[j] * covariance * self.weights[k];
                trace += weighted * covariance;
                form += self.gaps[j] * weighted * self.gaps[k];
            }
            plain += self.weights[j] * self.gaps[j].powi(2);
        }
        if trace == 0.0 {
            return Err(Undefined::NoVariation);
        }
        Ok((2.0 * trace, if plain > 0.0 { 4.0 * form / plain } else { 0.0 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_one_patient_are_not_more_evidence() {
        let (outcomes, p) = ([true, false, true, false, false, true], [0.8, 0.8, 0.8, 0.3, 0.3, 0.3]);
        let of = |times: usize, clusters: &Clusters| {
            let repeat = |at: usize| at / times;
            let positive: Vec<bool> = (0..6 * times).map(|at| outcomes[repeat(at)]).collect();
            let p: Vec<f64> = (0..6 * times).map(|at| p[repeat(at)]).collect();
            let scores = BinaryScores::new(&positive, &p).unwrap();
            let gaps = Gaps::of(&Binned::of(&scores, Bins::GUO).unwrap(), clusters);
            (gaps.square().unwrap(), gaps.variance_of_square().unwrap())
        };
        let owners: Vec<String> = (0..24).map(|at| (at / 4).to_string()).collect();
        let (once, repeated) = (of(1, &Clusters::each_alone(6)), of(4, &Clusters::by_name(&owners)));
        assert!((once.0 - repeated.0).abs() < 1e-15 && (once.1.0 - repeated.1.0).abs() < 1e-15);
        assert!(of(4, &Clusters::each_alone(24)).0 > once.0); // too little is subtracted
    }

    #[test]
    fn what_shows_no_variance_is_left_out_or_said() {
        let scores = BinaryScores::new(&[true, true, false], &[0.9, 0.9, 0.1]).unwrap();
        let error =
            scores.calibration_error(Bins::GUO, &Clusters::each_alone(3), Level::NINETY_FIVE).unwrap();
        assert!((error.score.unwrap() - 0.1).abs() < 1e-12); // the bin of one patient does not count
        assert_eq!(error.interval, Err(Undefined::NoVariation));
        let one = Clusters::by_name(&["p"; 3]);
        let error = scores.calibration_error(Bins::GUO, &one, Level::NINETY_FIVE).unwrap();
        assert_eq!(error.score, Err(Undefined::TooFewPatients));
        assert!(scores.calibration_error(Bins::EqualMass(0), &one, Level::NINETY_FIVE).is_err());
    }
}
