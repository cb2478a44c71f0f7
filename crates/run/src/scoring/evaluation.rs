//! Evaluates one model: test scores with intervals, validation scores of its folds, and calibration.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use radiograph_classes::Classes;
use radiograph_metrics::{
    Average, Bootstrap, CrossTable, Evaluation, Metric, Predictions, Score, SubgroupTable, Temperature,
    Undefined, as_value,
};
use serde::{Deserialize, Serialize};

use super::read_predictions;
use crate::Error;

/// Minimum number of test images of a subgroup with a score.
const FEWEST: usize = 10;

/// What the manifest knows of a test image.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Patient, or its pseudonym.
    pub(crate) patient: Option<String>,
    /// View: `PA`, `AP`, …
    pub(crate) view: Option<String>,
    /// `female` or `male`.
    pub(crate) sex: Option<String>,
    /// Age band.
    pub(crate) age: Option<String>,
}

/// The evaluation of one model, in the form of `metrics.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelEvaluation {
    /// Name of the model: its network, followed by that of the baseline.
    pub model: String,
    /// Scores of the test part, on uncalibrated probabilities.
    pub test: Evaluation,
    /// Validation scores of each fold.
    pub validation: Vec<FoldValidation>,
    /// Mean of the folds' macro AUC.
    #[serde(with = "as_value")]
    pub mean_validation_auc: Score,
    /// Temperature fitted on the folds' validation images; absent if a fold is contaminated or no temperature fits.
    pub temperature: Option<Temperature>,
    /// Sentence on the models that the temperature was fitted on and the one that it is applied to, which are not the same.
    #[serde(default)]
    pub temperature_of: Option<String>,
    /// Calibration of the test part after temperature scaling. Its other scores are those of `test`.
    pub calibrated: Option<Evaluation>,
    /// Test images by class and source.
    pub sources: CrossTable,
    /// A warning for each class that comes (almost) only from one source.
    pub warnings: Vec<String>,
    /// Accuracy and macro AUC by source, view, sex and age.
    pub subgroups: Vec<SubgroupTable>,
}

/// Scores of one fold on its validation images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldValidation {
    /// Fold, from 1.
    pub fold: usize,
    /// Number of validation images.
    pub images: usize,
    /// Accuracy, 0 to 1.
    #[serde(with = "as_value")]
    pub accuracy: Score,
    /// Macro one-vs-rest AUC.
    #[serde(with = "as_value")]
    pub macro_auc: Score,
    /// Whether an earlier fold trained on these images, so that the scores are contaminated.
    pub contaminated: bool,
}

/// Scores the model whose predictions are in `folder`: `predictions.csv`, and `fold-k/predictions.csv` of each of
/// `folds` (number, contaminated). `tested` says in words what the tested model is, and `known` gives what is known of an image
/// by its id.
///
/// # Errors
///
/// [`Error::File`] or [`Error::Damaged`] if a table cannot be read; those of the metrics.
pub(crate) fn evaluate_model(
    model: &str,
    folder: &Path,
    folds: &[(usize, bool)],
    tested: &str,
    classes: &Classes,
    known: &HashMap<String, Known>,
    bootstrap: &Bootstrap,
) -> Result<ModelEvaluation, Error> {
    let test = with_known(read_predictions(&folder.join("predictions.csv"), classes)?, known)?;
    let mut validation = Vec::with_capacity(folds.len());
    let mut held_out = Vec::with_capacity(folds.len());
    for &(fold, contaminated) in folds {
        let path: PathBuf = folder.join(format!("fold-{fold}")).join("predictions.csv");
        let predictions = read_predictions(&path, classes)?;
        validation.push(FoldValidation {
            fold,
            images: predictions.len(),
            accuracy: Undefined::catch(Metric::Accuracy.of(&predictions))?,
            macro_auc: Undefined::catch(Metric::AveragedAuc(Average::Macro).of(&predictions))?,
            contaminated,
        });
        held_out.push(predictions);
    }
    let honest = !validation.is_empty() && validation.iter().all(|fold| !fold.contaminated);
    let temperature = if honest {
        Temperature::fit(&Predictions::concat(&held_out.iter().collect::<Vec<_>>())?).ok()
    } else {
        None
    };
    let calibrated = match &temperature {
        Some(temperature) => Some(Evaluation::of_calibration(&temperature.apply(&test), bootstrap)?),
        None => None,
    };
    let sources = CrossTable::of(&test, "source")?;
    let mut subgroups = Vec::new();
    for field in ["source", "view", "sex", "age"] {
        for metric in [Metric::Accuracy, Metric::AveragedAuc(Average::Macro)] {
            subgroups.push(SubgroupTable::of(&test, field, &metric, bootstrap, FEWEST)?);
        }
    }
    Ok(ModelEvaluation {
        model: model.to_owned(),
        test: Evaluation::of(&test, bootstrap)?,
        mean_validation_auc: mean(validation.iter().map(|fold| fold.macro_auc)),
        validation,
        temperature_of: temperature.map(|_| {
            format!(
                "The temperature was fitted on predictions of the folds' models for images that they were not trained on; the tested \
                 model is {tested}, which might need another one."
            )
        }),
        temperature,
        calibrated,
        warnings: sources.warnings(),
        sources,
        subgroups,
    })
}

/// The predictions with patients and the fields of subgroups.
fn with_known(predictions: Predictions, known: &HashMap<String, Known>) -> Result<Predictions, Error> {
    let ids = predictions.ids().unwrap_or_default().to_vec();
    let of = |part: fn(&Known) -> &Option<String>| -> Vec<Option<String>> {
        ids.iter().map(|id| known.get(id).and_then(|known| part(known).clone())).collect()
    };
    Ok(predictions
        .with_patients_where_known(&of(|known| &known.patient))?
        .with_field("view", &of(|known| &known.view))?
        .with_field("sex", &of(|known| &known.sex))?
        .with_field("age", &of(|known| &known.age))?)
}

/// The mean of the scores; if one of them is undefined, its reason.
pub(super) fn mean(scores: impl Iterator<Item = Score>) -> Score {
    let (mut sum, mut count) = (0.0, 0_u32);
    for score in scores {
        sum += score?;
        count += 1;
    }
    if count == 0 { Err(Undefined::TooFewSamples) } else { Ok(sum / f64::from(count)) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const HEADER: &str = "id,patient,source,label,p_covid,p_normal\n";

    /// Forty images of two sources; `shift` moves the scores of both classes towards each other.
    fn table(first: usize, shift: f64) -> String {
        let mut text = HEADER.to_owned();
        for number in first..first + 40 {
            let covid = number % 2 == 0;
            let source = if covid { "cohen" } else { "nih" };
            let wobble = (number * 7 % 11) as f64 / 11.0 * shift;
            let p = if covid { 0.9 - wobble } else { 0.1 + wobble };
            let label = if covid { "covid" } else { "normal" };
            text.push_str(&format!("x:{number},x:{},{source},{label},{p},{}\n", number / 2, 1.0 - p));
        }
        text
    }

    #[test]
    fn a_model_is_scored_with_its_folds_and_its_confounding() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("predictions.csv"), table(0, 0.7)).unwrap();
        for fold in [1, 2] {
            fs::create_dir(folder.path().join(format!("fold-{fold}"))).unwrap();
            let text = table(40 * fold, 0.6);
            fs::write(folder.path().join(format!("fold-{fold}/predictions.csv")), text).unwrap();
        }
        let classes = Classes::new(["covid", "normal"]).unwrap();
        let of = |name: &str| Some(name.to_owned());
        let known = HashMap::from([
            ("x:0".to_owned(), Known { patient: of("ann"), view: of("PA"), ..Known::default() }),
            ("x:1".to_owned(), Known { patient: of("ann"), ..Known::default() }),
        ]);
        let bootstrap = Bootstrap::new(200, 7).unwrap();
        let evaluate = |contaminated| {
            let folds = [(1, false), (2, contaminated)];
            evaluate_model("vgg19", folder.path(), &folds, "their mean", &classes, &known, &bootstrap)
                .unwrap()
        };
        let scored = evaluate(false);
        // Groups are the clusters; patients are those of the manifest, which knows them for two images.
        assert_eq!((scored.test.samples, scored.test.clusters), (40, 20));
        assert_eq!((scored.test.patients, scored.test.of_unknown_patient), (1, 38));
        assert_eq!(scored.test.units_in_words(), "20 clusters, 38 images of unknown patient");
        assert_eq!(scored.validation.len(), 2);
        assert_eq!(scored.validation[0].images, 40);
        let expected =
            (scored.validation[0].macro_auc.unwrap() + scored.validation[1].macro_auc.unwrap()) / 2.0;
        assert_eq!(scored.mean_validation_auc, Ok(expected));
        assert!(scored.temperature.is_some_and(|fitted| fitted.fitted_on == 80));
        // One AUC for one test part: the temperature changes calibration alone.
        let calibrated = scored.calibrated.as_ref().unwrap();
        let macro_auc = Metric::AveragedAuc(Average::Macro);
        assert!(calibrated.estimate(&Metric::LogLoss).is_some() && calibrated.estimate(&macro_auc).is_none());
        assert!(scored.temperature_of.as_ref().unwrap().contains("the tested model is their mean"));
        assert_eq!(scored.warnings.len(), 2, "each class has a source of its own");
        assert_eq!(scored.subgroups.len(), 8);
        let text = serde_json::to_string(&scored).unwrap();
        assert_eq!(serde_json::from_str::<ModelEvaluation>(&text).unwrap(), scored);
        // Folds that saw their validation images do not calibrate anything.
        let contaminated = evaluate(true);
        assert!(contaminated.temperature.is_none() && contaminated.calibrated.is_none());
    }

    #[test]
    fn a_mean_of_something_undefined_is_undefined() {
        assert_eq!(mean([Ok(1.0), Ok(0.5)].into_iter()), Ok(0.75));
        assert_eq!(mean([Ok(1.0), Err(Undefined::NoVariation)].into_iter()), Err(Undefined::NoVariation));
        assert!(mean(std::iter::empty()).is_err());
    }
}
