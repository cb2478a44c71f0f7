//! Recommends one model of a run, and states whether the test part distinguishes it from the next one.

use radiograph_metrics::{Comparison, Score, as_value};
use serde::{Deserialize, Serialize};

use super::{Comparisons, ModelEvaluation};
use crate::{Error, config::BestBy};

/// The recommended model, in the form of `best.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Name of the recommended model, such as `vgg19`, or that of an ensemble.
    pub model: String,
    /// Criterion of the choice.
    pub criterion: BestBy,
    /// Rule for ties.
    pub tie_rule: String,
    /// All candidates with their values, best first.
    pub candidates: Vec<Candidate>,
    /// Comparisons of the recommended model with each other model, on the test part.
    pub comparisons: Vec<Comparison>,
    /// Sentence on whether the test part distinguishes it from the next model.
    pub statement: String,
}

/// A candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The model.
    pub model: String,
    /// Value of the criterion.
    #[serde(with = "as_value")]
    pub value: Score,
    /// Number of trained parameters of its head.
    pub parameters: i64,
}

/// The candidates by the criterion, best first; they come with the number of their heads' parameters.
///
/// # Errors
///
/// [`Error::NoImage`] if no model has a value of the criterion.
pub(crate) fn ranked(models: &[(&ModelEvaluation, i64)], criterion: BestBy) -> Result<Vec<Candidate>, Error> {
    let mut candidates: Vec<Candidate> = models
        .iter()
        .map(|(model, parameters)| Candidate {
            model: model.model.clone(),
            value: value(model, criterion),
            parameters: *parameters,
        })
        .collect();
    // Undefined values come last; the sort is stable, so that of complete equals the first in the config wins.
    let key = |candidate: &Candidate| candidate.value.unwrap_or(f64::NEG_INFINITY);
    candidates.sort_by(|a, b| key(b).total_cmp(&key(a)).then(a.parameters.cmp(&b.parameters)));
    if candidates.first().is_none_or(|candidate| candidate.value.is_err()) {
        return Err(Error::NoImage { reason: "no model has a defined score to be chosen by".to_owned() });
    }
    Ok(candidates)
}

impl Best {
    /// The first of the candidates, with its comparisons. `None` without candidates.
    pub(crate) fn of(
        candidates: Vec<Candidate>,
        criterion: BestBy,
        comparisons: &Comparisons,
    ) -> Option<Self> {
        let best = candidates.first()?.model.clone();
        let concerning: Vec<Comparison> = comparisons
            .with_chosen
            .iter()
            .filter(|comparison| comparison.first == best || comparison.second == best)
            .cloned()
            .collect();
        let statement = match candidates.get(1) {
            None => match comparisons.with_chosen.is_empty() {
                true => format!("{best} is the only model"),
                false => {
                    format!("{best} is the only candidate: a baseline is compared, but never recommended")
                }
            },
            Some(next) => {
                let told = concerning
                    .iter()
                    .find(|comparison| comparison.first == next.model || comparison.second == next.model)
                    .map_or_else(
                        || format!("{best} and {}, the next, were not compared", next.model),
                        |comparison| comparison.statement_unless(&comparisons.unconverged()),
                    );
                format!("chosen by {}; on the test part, {told}", in_words(criterion))
            }
        };
        let statement = match comparisons.unconverged.contains(&best) {
            true => format!("{statement}; {best} has not converged"),
            false => statement,
        };
        Some(Self {
            model: best,
            criterion,
            tie_rule: "fewer parameters of the head, then the order of the config".to_owned(),
            candidates,
            comparisons: concerning,
            statement,
        })
    }
}

fn value(model: &ModelEvaluation, criterion: BestBy) -> Score {
    match criterion {
        BestBy::ValidationMacroAuc => model.mean_validation_auc,
        BestBy::TestAccuracy => model.test.confusion.accuracy(),
    }
}

fn in_words(criterion: BestBy) -> &'static str {
    match criterion {
        BestBy::ValidationMacroAuc => "the mean macro AUC of the folds' validation",
        BestBy::TestAccuracy => "accuracy on the test part, so that its own score there is too good",
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, fs, path::Path};

    use radiograph_classes::Classes;
    use radiograph_metrics::{Bootstrap, Choice};
    use radiograph_protocol::Preset;

    use super::*;
    use crate::{
        Config,
        scoring::{Compared, compare_models, evaluate_model},
    };

    /// Forty images, half of each class, of which the model gets the first `wrong` wrong.
    fn write(folder: &Path, name: &str, wrong: usize) {
        let mut text = "id,patient,source,label,p_covid,p_normal\n".to_owned();
        for at in 0..40 {
            let covid = at % 2 == 0;
            let label = if covid { "covid" } else { "normal" };
            // Surer of later images, so that nothing is tied.
            let sure = 0.6 + 0.3 * at as f64 / 40.0;
            let p = if covid == (at >= wrong) { sure } else { 1.0 - sure };
            text.push_str(&format!("{name}:{at},{name}:{at},x,{label},{p:.6},{:.6}\n", 1.0 - p));
        }
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("predictions.csv"), text).unwrap();
    }

    /// Three networks with this number of errors on the test images and in each of two folds.
    fn planted(folder: &Path, errors: [(&str, usize, usize); 3]) -> Vec<ModelEvaluation> {
        let classes = Classes::new(["covid", "normal"]).unwrap();
        let bootstrap = Bootstrap::new(100, 7).unwrap();
        let evaluated = errors.map(|(name, on_test, in_folds)| {
            let own = folder.join(name);
            write(&own, "test", on_test);
            for fold in [1, 2] {
                write(&own.join(format!("fold-{fold}")), &format!("fold-{fold}"), in_folds);
            }
            let folds = [(1, false), (2, false)];
            evaluate_model(name, &own, &folds, "a refit", &classes, &HashMap::new(), &bootstrap).unwrap()
        });
        evaluated.into()
    }

    fn chosen(models: &[ModelEvaluation], parameters: [i64; 3], criterion: BestBy) -> Vec<String> {
        let models: Vec<(&ModelEvaluation, i64)> = models.iter().zip(parameters).collect();
        ranked(&models, criterion).unwrap().into_iter().map(|candidate| candidate.model).collect()
    }

    /// Algorithm 1 of the paper compares the test results. VGG19 has the fewest errors there by luck, and the most in validation.
    #[test]
    fn the_test_images_choose_another_network_than_validation() {
        let folder = tempfile::tempdir().unwrap();
        let models =
            planted(folder.path(), [("vgg19", 2, 10), ("densenet121", 6, 3), ("inception_v3", 9, 6)]);
        let parameters = [121, 230, 74];
        let by_test = chosen(&models, parameters, BestBy::TestAccuracy);
        assert_eq!(by_test, ["vgg19", "densenet121", "inception_v3"]);
        let by_validation = chosen(&models, parameters, BestBy::ValidationMacroAuc);
        assert_eq!(by_validation, ["densenet121", "inception_v3", "vgg19"]);
    }

    #[test]
    fn of_equal_networks_the_one_with_fewer_parameters_is_first() {
        let folder = tempfile::tempdir().unwrap();
        let models = planted(folder.path(), [("vgg19", 4, 5), ("densenet121", 4, 5), ("inception_v3", 5, 6)]);
        for criterion in [BestBy::TestAccuracy, BestBy::ValidationMacroAuc] {
            assert_eq!(chosen(&models, [230, 121, 74], criterion), ["densenet121", "vgg19", "inception_v3"]);
            // Complete equals keep the order of the config.
            assert_eq!(chosen(&models, [121, 121, 74], criterion)[0], "vgg19");
        }
    }

    #[test]
    fn a_choice_on_the_test_images_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let models =
            planted(folder.path(), [("vgg19", 2, 10), ("densenet121", 6, 3), ("inception_v3", 9, 6)]);
        let pairs: Vec<(&ModelEvaluation, i64)> = models.iter().zip([3, 2, 1]).collect();
        let names = ["vgg19", "densenet121", "inception_v3"].map(str::to_owned);
        for (criterion, choice, best, said) in [
            (BestBy::TestAccuracy, Choice::OnTheseSamples, "vgg19", "its own score there is too good"),
            (BestBy::ValidationMacroAuc, Choice::Beforehand, "densenet121", "the folds' validation"),
        ] {
            let candidates = ranked(&pairs, criterion).unwrap();
            let compared =
                Compared { models: &names, chosen: (best, choice), baselines: &[], unconverged: &[] };
            let section = Config::of(Preset::Paper).evaluation;
            let classes = Classes::new(["covid", "normal"]).unwrap();
            let compared = compare_models(folder.path(), &compared, &classes, &section, 7).unwrap();
            let best_of = Best::of(candidates, criterion, &compared).unwrap();
            assert_eq!(best_of.model, best);
            assert!(best_of.statement.contains(said), "{}", best_of.statement);
        }
    }
}
