//! Draws the figures of a report, each with its name, title and description for screen readers.

mod calibration;
mod curves;
mod estimates;
mod named;
mod paper;
mod words;

use radiograph_metrics::Evaluation;
use words::{confusion_in_words, last_epoch};

use crate::{
    Error, Figure, Figures, NetworkFigures, NetworkReport, Report,
    class_curves::ClassCurves,
    figure::{ConfusionFigure, Quantity, ReliabilityFigure, TrainingFigure},
    number::Percent,
};

/// Draws every figure.
pub(crate) fn figures(report: &Report, classes: &[ClassCurves]) -> Result<Figures, Error> {
    let stems = stems(report.networks.iter().map(|network| network.name.as_str()));
    let networks =
        report.networks.iter().zip(&stems).map(|(network, stem)| of_network(report, network, stem));
    let leading = report.leading();
    Ok(Figures {
        overview: estimates::overview(report)?,
        audit: report.audit.as_ref().map(estimates::audit).transpose()?,
        ablations: report.audit.as_ref().and_then(estimates::ablations).transpose()?,
        all_roc: curves::of_all_networks(report, &curves::ROC)?,
        all_precision_recall: curves::of_all_networks(report, &curves::PRECISION_RECALL)?,
        calibration: calibration::calibration(leading, classes)?,
        decision: calibration::decision(leading, classes)?,
        networks: networks.collect::<Result<_, _>>()?,
        paper: paper::figures(report)?,
    })
}

/// Beginnings of the names of figures that are of no single network.
const RESERVED: [&str; 7] =
    ["overview", "audit", "ablations", "all-networks", "calibration-curve", "decision-curve", "network-"];

/// File names of the networks: their letters and digits, with a number where they are empty or repeat.
fn stems<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut stems: Vec<String> = Vec::new();
    for (at, name) in names.enumerate() {
        let mut stem = String::new();
        for letter in name.chars().take(60) {
            if letter.is_ascii_alphanumeric() {
                stem.push(letter.to_ascii_lowercase());
            } else if !stem.is_empty() && !stem.ends_with('-') {
                stem.push('-');
            }
        }
        let stem = stem.trim_end_matches('-').to_owned();
        let taken = stem.is_empty()
            || RESERVED.iter().any(|reserved| stem.starts_with(reserved))
            || stems.contains(&stem);
        stems.push(if taken {
            format!("network-{}-{stem}", at + 1).trim_end_matches('-').to_owned()
        } else {
            stem
        });
    }
    stems
}

fn of_network(report: &Report, network: &NetworkReport, stem: &str) -> Result<NetworkFigures, Error> {
    let percent = Percent::of(network.predictions.len() as u64);
    let training = |quantity: Quantity| -> Result<Option<Figure>, Error> {
        if network.trainings.iter().all(|training| training.epochs.is_empty()) {
            return Ok(None);
        }
        let all = report.networks.iter().flat_map(|network| &network.trainings);
        let drawing = TrainingFigure { trainings: &network.trainings, quantity, range: quantity.range(all) };
        let title = format!("{}: {} over the epochs", network.name, quantity.name());
        let description = network
            .trainings
            .iter()
            .filter_map(|training| Some((training, training.epochs.last()?)))
            .map(|(training, last)| last_epoch(&training.name, last, quantity, percent))
            .collect::<Vec<_>>()
            .join(" ");
        Figure::new(format!("{stem}-{}", quantity.name()), title, description, &drawing).map(Some)
    };
    let matrix = &network.evaluation.confusion;
    let confusion = Figure::new(
        format!("{stem}-confusion"),
        format!("{}: confusion matrix", network.name),
        confusion_in_words(matrix),
        &ConfusionFigure { matrix },
    )?;
    let reliability = |evaluation: &Evaluation, name: String, title: String| {
        let drawing =
            ReliabilityFigure { reliability: &evaluation.reliability, level: evaluation.bootstrap.level() };
        let bins: Vec<String> = evaluation
            .reliability
            .points
            .iter()
            .map(|bin| {
                let (sure, right) = (percent.score(Ok(bin.confidence)), percent.score(Ok(bin.accuracy())));
                format!("{} images at {sure}, {right} right", bin.samples)
            })
            .collect();
        Figure::new(name, title, format!("{}.", bins.join("; ")), &drawing)
    };
    Ok(NetworkFigures {
        accuracy: training(Quantity::Accuracy)?,
        loss: training(Quantity::Loss)?,
        confusion,
        roc: curves::of_network(report, network, stem, &curves::ROC)?,
        precision_recall: curves::of_network(report, network, stem, &curves::PRECISION_RECALL)?,
        reliability: reliability(
            &network.evaluation,
            format!("{stem}-calibration"),
            format!("{}: how sure and how right", network.name),
        )?,
        scaled: network
            .scaled
            .as_ref()
            .map(|scaled| {
                let title = format!("{}: how sure and how right, temperature scaled", network.name);
                reliability(&scaled.evaluation, format!("{stem}-calibration-scaled"), title)
            })
            .transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_has_a_file_name_of_its_own() {
        let names = ["network-4-a", "VGG19", "A", "a", "", "overview", "vgg19"];
        let stems = stems(names.into_iter());
        assert_eq!(
            stems,
            [
                "network-1-network-4-a",
                "vgg19",
                "a",
                "network-4-a",
                "network-5",
                "network-6-overview",
                "network-7-vgg19"
            ]
        );
    }
}
