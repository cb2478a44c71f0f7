//! Compares models in pairs on the same test images.

use std::{collections::BTreeSet, path::Path};

use radiograph_classes::Classes;
use radiograph_metrics::{
    Average, Comparison, ComparisonOptions, Metric, Permutation, Predictions, compare, compare_with_best,
};
use serde::{Deserialize, Serialize};

use super::{bootstrap, read_predictions};
use crate::{Error, config::EvaluationSection};

/// Paired comparisons, in the form of `comparison.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparisons {
    /// For accuracy and for macro AUC: comparisons of the best model on the test part with each other one, with
    /// p-values corrected by Holm over all pairs. Empty if there is only one model.
    pub with_best: Vec<Vec<Comparison>>,
    /// Comparisons of each recurrent head with each baseline on the same features, in accuracy and in macro AUC. A
    /// pair that is already in `with_best` is left out: one of the two was the best model there, and its p-value is
    /// corrected.
    pub with_baseline: Vec<Comparison>,
    /// Models that have not converged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unconverged: Vec<String>,
    /// Each comparison as a sentence, without a verdict if one of the two has not converged.
    pub statements: Vec<String>,
}

/// Compares models by name. Their `predictions.csv` are in `run/<name>`; `baselines` pairs a model with its baseline,
/// and `unconverged` names models that get no verdict.
///
/// # Errors
///
/// If predictions cannot be read, or do not cover the same images.
pub(crate) fn compare_models(
    run: &Path,
    models: &[String],
    baselines: &[(String, String)],
    unconverged: &[String],
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
        models.iter().map(|name| Ok((name.as_str(), read(name)?))).collect::<Result<_, Error>>()?;
    let borrowed: Vec<(&str, &Predictions)> = predictions.iter().map(|(name, of)| (*name, of)).collect();
    let metrics = [Metric::Accuracy, Metric::AveragedAuc(Average::Macro)];
    let mut comparisons = Comparisons { unconverged: unconverged.to_vec(), ..Comparisons::default() };
    if borrowed.len() > 1 {
        for metric in &metrics {
            // Without a defined score anywhere there is nothing to compare, which the scores themselves say.
            if borrowed.iter().any(|(_, of)| matches!(metric.of(of), Ok(Ok(_)))) {
                comparisons.with_best.push(compare_with_best(&borrowed, metric, &options)?);
            }
        }
    }
    let of = |name: &String| borrowed.iter().find(|(known, _)| known == name).copied();
    for (model, baseline) in baselines {
        if let (Some(model), Some(baseline)) = (of(model), of(baseline)) {
            for metric in &metrics {
                let compared = compare(model, baseline, metric, &options)?;
                if !comparisons.with_best.iter().flatten().any(|known| is_of_same_pair(known, &compared)) {
                    comparisons.with_baseline.push(compared);
                }
            }
        }
    }
    comparisons.statements = comparisons
        .with_best
        .iter()
        .flatten()
        .chain(&comparisons.with_baseline)
        .map(|comparison| comparison.statement_unless(&comparisons.unconverged()))
        .collect();
    Ok(comparisons)
}

impl Comparisons {
    /// The names of models that have not converged.
    pub(crate) fn unconverged(&self) -> Vec<&str> {
        self.unconverged.iter().map(String::as_str).collect()
    }
}

fn is_of_same_pair(one: &Comparison, other: &Comparison) -> bool {
    let names = |of: &Comparison| BTreeSet::from([of.first.clone(), of.second.clone()]);
    one.metric == other.metric && names(one) == names(other)
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
        let compared = compare_models(run.path(), &models, &pairs, &[], &classes, &settings, 7).unwrap();
        // The best with each of three; what is left is the other baseline. No pair twice.
        let first_names = |list: &[Comparison]| list.iter().map(|of| of.first.clone()).collect::<Vec<_>>();
        assert_eq!(compared.with_best.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
        assert_eq!(first_names(&compared.with_baseline), ["densenet121", "densenet121"]);
        assert_eq!(compared.statements.len(), 8);
        assert!(compared.statements[0].starts_with("vgg19 is better than vgg19-mean-dense in accuracy"));
        let short = [models[1].clone()];
        let marked = compare_models(run.path(), &models, &pairs, &short, &classes, &settings, 7).unwrap();
        assert!(
            marked.statements[0].starts_with(
                "no verdict on vgg19 and vgg19-mean-dense in accuracy: vgg19-mean-dense has not converged"
            ),
            "{:?}",
            marked.statements
        );
        assert_eq!(marked.statements[1], compared.statements[1]);
        let alone = compare_models(run.path(), &models[..1], &[], &[], &classes, &settings, 7).unwrap();
        assert_eq!(alone, Comparisons::default());
    }
}
