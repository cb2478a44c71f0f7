//! Compares models in pairs on the same test images.

use std::path::Path;

use radiograph_classes::Classes;
use radiograph_metrics::{
    Average, Choice, Comparison, ComparisonOptions, Family, Metric, Permutation, Predictions,
};
use serde::{Deserialize, Serialize};

use super::{bootstrap, read_predictions};
use crate::{Error, config::EvaluationSection};

/// Paired comparisons, in the form of `comparison.json`. All p-values are corrected together by Holm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparisons {
    /// Comparisons of the recommended model with each other one, in accuracy and in macro AUC. Empty if there is only one
    /// model.
    pub with_chosen: Vec<Comparison>,
    /// Comparisons of each recurrent head with each baseline on the same features, in accuracy and in macro AUC, unless
    /// they are in `with_chosen`.
    pub with_baseline: Vec<Comparison>,
    /// Number of tests that the p-values are corrected for. It is that of all pairs of models if the recommended one was
    /// chosen by its score on the test part, else that of the comparisons here.
    pub tests: usize,
    /// Pairs of models that were not compared.
    pub not_tested: Vec<(String, String)>,
    /// Models that have not converged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unconverged: Vec<String>,
    /// Each comparison as a sentence, without a verdict if one of the two has not converged.
    pub statements: Vec<String>,
}

/// Models to be compared.
pub(crate) struct Compared<'a> {
    /// Names; the predictions of a model are in the folder of its name.
    pub(crate) models: &'a [String],
    /// The recommended model, and whether it was chosen by its score on the test part.
    pub(crate) chosen: (&'a str, Choice),
    /// Pairs of a model and its baseline.
    pub(crate) baselines: &'a [(String, String)],
    /// Models that have not converged and get no verdict.
    pub(crate) unconverged: &'a [String],
}

/// Compares models by the `predictions.csv` in `run/<name>`.
///
/// # Errors
///
/// If predictions cannot be read, or do not cover the same images.
pub(crate) fn compare_models(
    run: &Path,
    compared: &Compared<'_>,
    classes: &Classes,
    settings: &EvaluationSection,
    seed: u64,
) -> Result<Comparisons, Error> {
    let options = ComparisonOptions {
        bootstrap: bootstrap(settings, seed)?,
        permutation: Permutation::new(settings.permutations, seed)?,
        significance: settings.significance_level,
    };
    let read = |name: &String| read_predictions(&run.join(name).join("predictions.csv"), classes);
    let predictions: Vec<(&str, Predictions)> =
        compared.models.iter().map(|name| Ok((name.as_str(), read(name)?))).collect::<Result<_, Error>>()?;
    let models: Vec<(&str, &Predictions)> = predictions.iter().map(|(name, of)| (*name, of)).collect();
    let mut comparisons =
        Comparisons { unconverged: compared.unconverged.to_vec(), ..Comparisons::default() };
    if models.len() < 2 {
        return Ok(comparisons);
    }
    // Without a defined score anywhere there is nothing to compare, which the scores themselves say.
    let metrics: Vec<Metric> = [Metric::Accuracy, Metric::AveragedAuc(Average::Macro)]
        .into_iter()
        .filter(|metric| models.iter().any(|(_, of)| metric.of(of).is_ok()))
        .collect();
    let known = |name: &str| models.iter().any(|(model, _)| *model == name);
    let baselines: Vec<(&str, &str)> = compared
        .baselines
        .iter()
        .map(|(model, baseline)| (model.as_str(), baseline.as_str()))
        .filter(|(model, baseline)| known(model) && known(baseline))
        .collect();
    let family = Family::of(&models, compared.chosen, &baselines, &metrics, &options)?;
    let unconverged = comparisons.unconverged();
    comparisons.statements =
        family.comparisons.iter().map(|comparison| comparison.statement_unless(&unconverged)).collect();
    let with_chosen = (models.len() - 1) * metrics.len();
    comparisons.with_chosen = family.comparisons;
    comparisons.with_baseline = comparisons.with_chosen.split_off(with_chosen);
    (comparisons.tests, comparisons.not_tested) = (family.tests, family.not_tested);
    Ok(comparisons)
}

impl Comparisons {
    /// The names of models that have not converged.
    pub(crate) fn unconverged(&self) -> Vec<&str> {
        self.unconverged.iter().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::Config;

    #[test]
    fn models_meet_on_the_same_images() {
        let run = tempfile::tempdir().unwrap();
        let write = |name: &str, good: bool| {
            let mut text = "id,patient,source,label,p_covid,p_normal\n".to_owned();
            for number in 0..60 {
                let covid = number % 2 == 0;
                let right = good || number % 3 == 0;
                let p = if covid == right { 0.8 } else { 0.2 };
                let label = if covid { "covid" } else { "normal" };
                text.push_str(&format!("x:{number},x:{number},x,{label},{p},{}\n", 1.0 - p));
            }
            fs::create_dir(run.path().join(name)).unwrap();
            fs::write(run.path().join(name).join("predictions.csv"), text).unwrap();
        };
        write("vgg19", true);
        for name in ["vgg19-mean-dense", "densenet121", "densenet121-mean-dense"] {
            write(name, false);
        }
        let classes = Classes::new(["covid", "normal"]).unwrap();
        let settings = Config::of(radiograph_protocol::Preset::Paper).evaluation;
        let models =
            ["vgg19", "vgg19-mean-dense", "densenet121", "densenet121-mean-dense"].map(str::to_owned);
        let pairs = [(models[0].clone(), models[1].clone()), (models[2].clone(), models[3].clone())];
        let compare = |models: &[String], choice, unconverged: &[String]| {
            let compared = Compared { models, chosen: ("vgg19", choice), baselines: &pairs, unconverged };
            compare_models(run.path(), &compared, &classes, &settings, 7).unwrap()
        };
        let compared = compare(&models, Choice::Beforehand, &[]);
        // The chosen one with each of three; what is left is the other baseline. No pair twice.
        let pairs = |list: &[Comparison]| {
            list.iter().map(|of| (of.first.clone(), of.second.clone())).collect::<Vec<_>>()
        };
        assert!(compared.with_chosen.iter().all(|of| of.first == "vgg19"));
        assert_eq!(compared.with_chosen.len(), 6);
        let other = (models[2].clone(), models[3].clone());
        assert_eq!(pairs(&compared.with_baseline), [other.clone(), other]);
        // Eight printed tests are corrected as eight; the two pairs that nobody looks at are named.
        assert_eq!(compared.tests, 8);
        let untested = [(models[1].clone(), models[2].clone()), (models[1].clone(), models[3].clone())];
        assert_eq!(compared.not_tested, untested);
        assert_eq!(compared.statements.len(), 8);
        assert!(compared.statements[0].starts_with("vgg19 is better than vgg19-mean-dense in accuracy"));
        // Chosen by these very images, any pair might have been printed: six pairs in two scores.
        let by_test = compare(&models, Choice::OnTheseSamples, &[]);
        assert_eq!((by_test.tests, by_test.with_chosen.len()), (12, 6));
        for (strict, mild) in by_test.with_chosen.iter().zip(&compared.with_chosen) {
            assert_eq!(strict.p_value, mild.p_value);
            assert!(strict.adjusted_p_value >= mild.adjusted_p_value);
        }
        let short = [models[1].clone()];
        let marked = compare(&models, Choice::Beforehand, &short);
        assert!(
            marked.statements[0].starts_with(
                "no verdict on vgg19 and vgg19-mean-dense in accuracy: vgg19-mean-dense has not converged"
            ),
            "{:?}",
            marked.statements
        );
        assert_eq!(marked.statements[1], compared.statements[1]);
        assert_eq!(compare(&models[..1], Choice::Beforehand, &[]), Comparisons::default());
    }
}
