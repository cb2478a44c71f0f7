//! Findings that a picture may have side by side, each scored on the pictures for which it is known.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    AucVariance, BinaryScores, Bootstrap, Clusters, Error, Estimate, Level, MAX_SAMPLES, PairedAuc, Score,
    Statistic, Undefined, WhenUndefined, as_value, average, comparison::FEWEST_FOR_DELONG, holm,
    ranking::Ranking,
};

/// Named yes-or-no scores of the same samples, whose truth may be unknown for some findings of a sample.
///
/// ```
/// use radiograph_metrics::{Bootstrap, Clusters, MultiLabel, WhenUndefined};
///
/// let findings = MultiLabel::new([
///     ("effusion", vec![Some(true), None, Some(false), Some(true)], vec![0.9, 0.1, 0.3, 0.6]),
///     ("nodule", vec![Some(false), Some(true), Some(false), None], vec![0.2, 0.7, 0.4, 0.5]),
/// ])?
/// .with_clusters(&Clusters::by_name(&["ann", "ann", "bob", "cid"]))?;
/// let scored = findings.evaluate(&Bootstrap::new(200, 7)?, WhenUndefined::Refuse);
/// assert_eq!((scored.findings[0].known, scored.findings[0].auc.score), (3, Ok(1.0)));
/// assert_eq!(scored.macro_auc.score, Ok(1.0));
/// # Ok::<(), radiograph_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MultiLabel {
    findings: Vec<Finding>,
    clusters: Clusters,
}

#[derive(Clone, Debug, PartialEq)]
struct Finding {
    name: String,
    truth: Vec<Option<bool>>,
    scores: Vec<f64>,
}

/// The scores of one finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FindingScores {
    /// The finding.
    pub finding: String,
    /// Number of samples for which it is known whether they have it.
    pub known: usize,
    /// Number of samples that have it.
    pub positives: usize,
    /// Area under the ROC curve, with the interval of [`AucVariance`].
    pub auc: Estimate,
    /// Average precision, with a bootstrap interval.
    pub average_precision: Estimate,
}

/// The scores of all findings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MultiLabelEvaluation {
    /// Each finding, in the order of the input.
    pub findings: Vec<FindingScores>,
    /// Mean AUC over the findings, with a bootstrap interval.
    pub macro_auc: Estimate,
    /// Mean average precision over the findings, with a bootstrap interval.
    pub macro_average_precision: Estimate,
}

/// The AUCs of two models for one finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FindingComparison {
    /// The finding.
    pub finding: String,
    /// AUC of the first model minus that of the second, with DeLong's interval by patient.
    pub difference: Estimate,
    /// Two-sided p-value of DeLong's test by patient.
    #[serde(with = "as_value")]
    pub p_value: Score,
    /// The p-value after Holm's correction over all findings with a test.
    pub adjusted_p_value: Option<f64>,
}

impl MultiLabel {
    /// Findings by name, each with the truth of every sample (`None` is unknown) and its score. Every sample counts as a
    /// patient unless clusters are given.
    ///
    /// # Errors
    ///
    /// If there is no finding, if a name is empty or repeats, if lists differ in length or hold fewer than two samples, or at
    /// the first score that is not finite.
    pub fn new<'a>(
        findings: impl IntoIterator<Item = (&'a str, Vec<Option<bool>>, Vec<f64>)>,
    ) -> Result<Self, Error> {
        let findings: Vec<Finding> = findings
            .into_iter()
            .map(|(name, truth, scores)| Finding { name: name.to_owned(), truth, scores })
            .collect();
        let samples = findings.first().map_or(0, |finding| finding.truth.len());
        if samples < 2 {
            return Err(Error::TooFewSamples { got: samples });
        }
        if samples > MAX_SAMPLES {
            return Err(Error::TooLarge { what: "samples", got: samples as u64, limit: MAX_SAMPLES as u64 });
        }
        let mut names = BTreeSet::new();
        for (index, Finding { name, truth, scores }) in findings.iter().enumerate() {
            if name.is_empty() {
                return Err(Error::EmptyName { what: "finding".to_owned(), index });
            }
            if !names.insert(name) {
                return Err(Error::DuplicateColumn { column: name.clone() });
            }
            for (what, got) in [("truth", truth.len()), ("scores", scores.len())] {
                if got != samples {
                    let what = format!("the {what} of {name:?}");
                    return Err(Error::LengthMismatch { what, expected: samples, got });
                }
            }
            if let Some(index) = scores.iter().position(|score| !score.is_finite()) {
                return Err(Error::InvalidScore { index, value: scores[index] });
            }
        }
        Ok(Self { findings, clusters: Clusters::each_alone(samples) })
    }

    /// The same findings with these patients.
    ///
    /// # Errors
    ///
    /// If `clusters` has another number of samples.
    pub fn with_clusters(self, clusters: &Clusters) -> Result<Self, Error> {
        let expected = self.clusters.samples();
        if clusters.samples() != expected {
            let what = "the list of clusters".to_owned();
            return Err(Error::LengthMismatch { what, expected, got: clusters.samples() });
        }
        Ok(Self { clusters: clusters.clone(), ..self })
    }

    /// The names of the findings, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.findings.iter().map(|finding| finding.name.as_str())
    }

    /// The partition of the samples into patients.
    #[must_use]
    pub fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// Truth and scores of one finding on the samples for which it is known, and the patients of these samples: what curves,
    /// thresholds and calibration need.
    ///
    /// # Errors
    ///
    /// If no finding has this name.
    pub fn finding(&self, name: &str) -> Result<(BinaryScores, Clusters), Error> {
        match self.findings.iter().find(|finding| finding.name == name) {
            Some(finding) => Ok(finding.known(&self.clusters)),
            None => {
                let known = self.names().map(str::to_owned).collect();
                Err(Error::UnknownField { field: name.to_owned(), known })
            }
        }
    }

    /// AUC and average precision of each finding and their means, with intervals that count patients. `when_undefined` says
    /// what a finding without known positives or negatives does to the means.
    #[must_use]
    pub fn evaluate(&self, bootstrap: &Bootstrap, when_undefined: WhenUndefined) -> MultiLabelEvaluation {
        let rankings: Vec<Ranking> = self.findings.iter().map(Finding::ranking).collect();
        let mean = |weights: &[u32], score: fn(&Ranking, &[u32]) -> Score| {
            average::mean(rankings.iter().map(|ranking| (1.0, score(ranking, weights))), when_undefined)
        };
        let areas = |weights: &[u32]| mean(weights, auc);
        let precisions = |weights: &[u32]| mean(weights, average_precision);
        let each: Vec<_> = rankings
            .iter()
            .map(|ranking| move |weights: &[u32]| average_precision(ranking, weights))
            .collect();
        let mut statistics: Vec<&dyn Statistic> = vec![&areas, &precisions];
        statistics.extend(each.iter().map(|statistic| statistic as &dyn Statistic));
        let mut estimates = bootstrap.resample(&self.clusters, &statistics).into_iter();
        let (Some(macro_auc), Some(macro_average_precision)) = (estimates.next(), estimates.next()) else {
            unreachable!("each statistic has an estimate")
        };
        let mut findings = Vec::with_capacity(self.findings.len());
        for (finding, average_precision) in self.findings.iter().zip(estimates) {
            let (scores, clusters) = finding.known(&self.clusters);
            let interval =
                AucVariance::of_same(&scores, &clusters).map(|variance| variance.interval(bootstrap.level()));
            findings.push(FindingScores {
                finding: finding.name.clone(),
                known: scores.len(),
                positives: scores.positive().iter().filter(|&&positive| positive).count(),
                auc: Estimate::without_resampling(scores.auc(), interval),
                average_precision,
            });
        }
        MultiLabelEvaluation { findings, macro_auc, macro_average_precision }
    }

    /// Compares the AUCs of two models finding by finding, by DeLong's test (Obuchowski's variance if a patient has several
    /// samples), corrected together by Holm. The test is a normal approximation, so a finding has no p-value with fewer than ten patients who have
    /// it, or who do not. Findings without a p-value do not count in the correction.
    ///
    /// # Errors
    ///
    /// If the second has not the same findings, samples, truth and patients.
    pub fn compare(&self, second: &Self, level: Level) -> Result<Vec<FindingComparison>, Error> {
        if self.clusters != second.clusters {
            return Err(Error::NotPaired { what: "patient", index: 0 });
        }
        let mut compared = Vec::with_capacity(self.findings.len());
        for finding in &self.findings {
            let Some(other) = second.findings.iter().find(|other| other.name == finding.name) else {
                let known = second.names().map(str::to_owned).collect();
                return Err(Error::UnknownField { field: finding.name.clone(), known });
            };
            if let Some(index) = finding.truth.iter().zip(&other.truth).position(|(a, b)| a != b) {
                return Err(Error::NotPaired { what: "label", index });
            }
            let ((ours, clusters), (theirs, _)) =
                (finding.known(&self.clusters), other.known(&self.clusters));
            let pair = Undefined::catch(PairedAuc::of(&ours, &theirs, &clusters))?;
            compared.push(FindingComparison {
                finding: finding.name.clone(),
                difference: Estimate::without_resampling(
                    ours.auc().and_then(|first| Ok(first - theirs.auc()?)),
                    pair.and_then(|pair| pair.interval(level)),
                ),
                p_value: pair.and_then(|pair| {
                    let enough = fewest_patients(&ours, &clusters) >= FEWEST_FOR_DELONG;
                    if enough { pair.p_value() } else { Err(Undefined::TooFewPatients) }
                }),
                adjusted_p_value: None,
            });
        }
        let tested: Vec<f64> = compared.iter().filter_map(|comparison| comparison.p_value.ok()).collect();
        let mut adjusted = holm(&tested)?.into_iter();
        for comparison in compared.iter_mut().filter(|comparison| comparison.p_value.is_ok()) {
            comparison.adjusted_p_value = adjusted.next();
        }
        Ok(compared)
    }
}

/// The number of patients with the finding or of those without it, whichever is smaller.
fn fewest_patients(scores: &BinaryScores, clusters: &Clusters) -> u64 {
    let of = |side: bool| {
        let samples = (0..scores.len()).filter(|&sample| scores.positive()[sample] == side);
        samples.map(|sample| clusters.of(sample)).collect::<BTreeSet<usize>>().len() as u64
    };
    of(true).min(of(false))
}

impl Finding {
    /// The samples with known truth, and their patients.
    fn known(&self, clusters: &Clusters) -> (BinaryScores, Clusters) {
        let samples: Vec<usize> = (0..self.truth.len()).filter(|&at| self.truth[at].is_some()).collect();
        let positive = samples.iter().map(|&at| self.truth[at] == Some(true)).collect();
        let scores = samples.iter().map(|&at| self.scores[at]).collect();
        (BinaryScores::checked(positive, scores), clusters.select(&samples))
    }

    /// The samples with known truth, under their numbers among all samples.
    fn ranking(&self) -> Ranking {
        let all = (0..).zip(&self.truth).zip(&self.scores);
        Ranking::new(all.filter_map(|((at, truth), &score)| Some((at, (*truth)?, score))))
    }
}

fn auc(ranking: &Ranking, weights: &[u32]) -> Score {
    ranking.auc(|sample| u64::from(weights[sample]))
}

fn average_precision(ranking: &Ranking, weights: &[u32]) -> Score {
    ranking.average_precision(|sample| u64::from(weights[sample]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(names: [&str; 2], scores: [Vec<f64>; 2]) -> Result<MultiLabel, Error> {
        let truth = [
            vec![Some(true), Some(false), None, Some(true), Some(false), Some(false)],
            vec![None, Some(true), Some(true), None, Some(true), Some(true)],
        ];
        let [first, second] = scores;
        MultiLabel::new([(names[0], truth[0].clone(), first), (names[1], truth[1].clone(), second)])
    }

    fn model() -> MultiLabel {
        let scores = [vec![0.9, 0.8, 0.7, 0.6, 0.5, 0.1], vec![0.5; 6]];
        findings(["effusion", "nodule"], scores).unwrap()
    }

    #[test]
    fn unknown_truth_counts_for_nothing() {
        let clusters = Clusters::by_name(&["a", "b", "b", "c", "d", "e"]);
        let model = model().with_clusters(&clusters).unwrap();
        let (known, patients) = model.finding("effusion").unwrap();
        assert_eq!((known.len(), patients.len()), (5, 5)); // the second image of b is unknown
        let bootstrap = Bootstrap::new(200, 3).unwrap();
        let scored = model.evaluate(&bootstrap, WhenUndefined::LeaveOut);
        // Two positives at 0.9 and 0.6, negatives at 0.8, 0.5 and 0.1: five of six pairs.
        assert_eq!((scored.findings[0].auc.score, scored.findings[0].positives), (Ok(5.0 / 6.0), 2));
        assert_eq!(scored.findings[1].auc.score, Err(Undefined::NoNegative));
        assert_eq!(scored.macro_auc.score, Ok(5.0 / 6.0));
        let refused = model.evaluate(&bootstrap, WhenUndefined::Refuse);
        assert_eq!(refused.macro_auc.score, Err(Undefined::ClassUndefined));
        let direct = AucVariance::of(&known, &patients).unwrap().interval(Level::NINETY_FIVE);
        assert_eq!(scored.findings[0].auc.interval, Ok(direct));
    }

    #[test]
    fn a_finding_has_a_p_value_from_ten_patients_on_either_side() {
        let with = |positives: usize| {
            let truth: Vec<Option<bool>> = (0..30).map(|at| Some(at < positives)).collect();
            let scores =
                |step: usize| (0..30).map(|at| ((at * step) % 31) as f64 / 31.0).collect::<Vec<f64>>();
            let model = |step| MultiLabel::new([("effusion", truth.clone(), scores(step))]).unwrap();
            model(7).compare(&model(11), Level::NINETY_FIVE).unwrap().remove(0)
        };
        for positives in [10, 20] {
            let compared = with(positives);
            assert_eq!(compared.adjusted_p_value, compared.p_value.ok());
            assert!(compared.p_value.is_ok(), "{positives}");
        }
        for positives in [9, 21] {
            assert_eq!(with(positives).p_value, Err(Undefined::TooFewPatients), "{positives}");
        }
    }

    #[test]
    fn two_models_are_compared_where_the_truth_is_known() {
        let swapped = [vec![0.9, 0.2, 0.0, 0.8, 0.5, 0.1], vec![0.1; 6]];
        let other = findings(["effusion", "nodule"], swapped).unwrap();
        let compared = model().compare(&other, Level::NINETY_FIVE).unwrap();
        assert!((compared[0].difference.score.unwrap() + 1.0 / 6.0).abs() < 1e-15);
        assert_eq!(compared[0].p_value, Err(Undefined::TooFewPatients));
        assert!(compared[0].difference.interval.is_ok());
        assert_eq!(compared[1].p_value, Err(Undefined::NoNegative));
        let strange = findings(["effusion", "mass"], [vec![0.5; 6], vec![0.5; 6]]).unwrap();
        assert!(matches!(model().compare(&strange, Level::NINETY_FIVE), Err(Error::UnknownField { .. })));
        let elsewhere = model().with_clusters(&Clusters::by_name(&["a"; 6])).unwrap();
        assert!(matches!(model().compare(&elsewhere, Level::NINETY_FIVE), Err(Error::NotPaired { .. })));
    }

    #[test]
    fn what_is_no_table_of_findings_is_refused() {
        let two = || [vec![0.5; 6], vec![0.5; 6]];
        assert!(matches!(findings(["a", "a"], two()), Err(Error::DuplicateColumn { .. })));
        assert!(matches!(findings(["a", ""], two()), Err(Error::EmptyName { index: 1, .. })));
        assert!(matches!(findings(["a", "b"], [vec![0.5; 6], vec![0.5]]), Err(Error::LengthMismatch { .. })));
        let bad = [vec![0.5; 6], vec![f64::NAN; 6]];
        assert!(matches!(findings(["a", "b"], bad), Err(Error::InvalidScore { index: 0, .. })));
        assert!(matches!(MultiLabel::new([]), Err(Error::TooFewSamples { got: 0 })));
        assert!(model().with_clusters(&Clusters::each_alone(5)).is_err());
        assert!(model().finding("mass").is_err());
    }
}
