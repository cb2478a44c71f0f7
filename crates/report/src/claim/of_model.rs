//! What a report says to the items on model, training and explanation.

use radiograph_metrics::Metric;

use super::statement::{Statement, one, some};
use crate::{
    NetworkReport, Report, Role, WeightsOrigin,
    number::{Percent, counted},
};

pub(super) fn model(report: &Report) -> Vec<Statement> {
    let of = |network: &NetworkReport| {
        let millions = |number: Option<u64>| {
            number.map_or_else(|| "unknown".to_owned(), |number| format!("{:.1}", number as f64 / 1e6))
        };
        format!(
            "{}: {} ({} million parameters, frozen), {} ({} million, trained)",
            network.name,
            network.architecture,
            millions(network.backbone_parameters),
            network.head,
            millions(network.head_parameters)
        )
    };
    let words: Vec<String> = report.networks.iter().map(of).collect();
    one(format!("{}.", words.join("; ")), "paper")
}

pub(super) fn software(report: &Report) -> Vec<Statement> {
    let run = &report.run;
    if run.versions.is_empty() {
        return Vec::new();
    }
    let versions: Vec<String> =
        run.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let threads = run.threads.map_or_else(String::new, |threads| format!(", {threads} threads"));
    one(format!("{}; device {}{threads}.", versions.join(", "), run.device), "record")
}

pub(super) fn weights(report: &Report) -> Vec<Statement> {
    let of = |network: &NetworkReport| match &network.weights {
        WeightsOrigin::Installed { name, note, .. } if note.is_empty() => {
            Some(format!("{}: {name}", network.name))
        }
        WeightsOrigin::Installed { name, note, .. } => Some(format!("{}: {name} ({note})", network.name)),
        WeightsOrigin::Random { seed } => Some(format!("{}: random from seed {seed}", network.name)),
        WeightsOrigin::Several(_) => None, // those of its members, which are named
    };
    let words: Vec<String> = report.networks.iter().filter_map(of).collect();
    one(
        format!(
            "Convolutional weights, frozen: {}. Heads begin at random from seed {}.",
            words.join("; "),
            report.run.seed
        ),
        "record",
    )
}

pub(super) fn choice(report: &Report) -> Vec<Statement> {
    let text = report.best.as_ref().map(|best| {
        let part = if best.on_test {
            "on the test images, so its score is too good"
        } else {
            "without the test images"
        };
        format!("{} was chosen by {}, {part}.", best.network, best.chosen_by)
    });
    some(text, "results")
}

pub(super) fn ensemble(report: &Report) -> Vec<Statement> {
    let weighted = report.setting("training.tested_model").filter(|value| value.contains("weighted-folds"));
    let means = report.networks.iter().filter(|network| network.role == Role::Ensemble);
    let means = means.map(|network| format!("{}: {}.", network.name, network.head));
    let all: Vec<String> = weighted
        .map(|value| format!("Mean of the folds' probabilities: {value}."))
        .into_iter()
        .chain(means)
        .collect();
    some((!all.is_empty()).then(|| all.join(" ")), "record")
}

pub(super) fn internal(network: &NetworkReport) -> Vec<Statement> {
    let percent = Percent::of(network.predictions.len() as u64);
    let Some(accuracy) = network.estimate(&Metric::Accuracy) else { return Vec::new() };
    let last: Vec<f64> =
        network.folds().filter_map(|fold| Some(fold.epochs.last()?.training.accuracy)).collect();
    let mut text = format!("Accuracy on test images {} %", percent.estimate(accuracy));
    if !last.is_empty() {
        let mean = last.iter().sum::<f64>() / last.len() as f64;
        text.push_str(&format!("; on training images in the folds' last epochs {} %", percent.value(mean)));
    }
    one(format!("{text}."), "training")
}

pub(super) fn explanations(report: &Report) -> Vec<Statement> {
    let panels: Vec<_> = report.networks.iter().flat_map(|network| &network.panels).collect();
    let Some(first) = panels.first() else { return Vec::new() };
    let mut text = format!("{} by {}", counted(panels.len() as u64, "heat map"), first.method);
    let border: Vec<f64> = panels.iter().filter_map(|panel| panel.evidence.as_ref()?.in_border).collect();
    if let Some(area) = panels
        .iter()
        .find_map(|panel| Some(panel.evidence.as_ref()?.border_area))
        .filter(|_| !border.is_empty())
    {
        let mean = border.iter().sum::<f64>() / border.len() as f64;
        text.push_str(&format!(
            "; on average {:.0} % of the evidence lies in the outer border, where an even map would have {:.0} %",
            100.0 * mean,
            100.0 * area
        ));
    }
    one(format!("{text}."), "explanations")
}

pub(super) fn robustness(report: &Report) -> Vec<Statement> {
    report.audit.as_ref().map_or_else(Vec::new, |audit| one(audit.sentence.clone(), "lungs"))
}
