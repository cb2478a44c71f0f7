//! What a report says to the items on evaluation and results.

use radiograph_metrics::{Average, Class, ClassScore, ConfusionMatrix, Metric};

use super::statement::{Statement, one};
use crate::{
    NetworkReport, Report,
    doubts::doubts,
    number::{Percent, area, count, counted, listed, number_ends},
};

/// The precision that was reached.
pub(super) fn precision(network: &NetworkReport) -> Vec<Statement> {
    let area = network.estimate(&Metric::AveragedAuc(Average::Macro));
    let interval = area.and_then(|area| area.interval.ok());
    let images = counted(network.predictions.len() as u64, "test image");
    let units = network.evaluation.units_in_words();
    let reached = interval.map_or_else(String::new, |interval| {
        format!(" With these, the interval of the macro AUC reaches from {}.", number_ends(&interval))
    });
    one(format!("{images} in {units}.{reached}"), "results")
}

pub(super) fn metrics(network: &NetworkReport) -> String {
    let names = network.evaluation.scores().map(|score| score.metric.short_name());
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    format!(
        "{}; likelihood ratios; predictive values at stated prevalences; net benefit; calibration of each class. The paper's numbers \
         stand beside.",
        distinct.join(", ")
    )
}

pub(super) fn uncertainty(report: &Report) -> String {
    let evaluation = &report.leading().evaluation;
    let level = 100.0 * evaluation.bootstrap.level().get();
    let tests = match report.corrected_for {
        0 => "No pair of models was tested.".to_owned(),
        tests => format!("Paired tests on the same images, corrected by Holm for {tests} tests together."),
    };
    format!(
        "Intervals of {level:.0} % over {}: Wilson at the effective sample size, DeLong on the logit scale, otherwise {} resamples. \
         {tests} Statistics by radiograph-metrics {}.",
        evaluation.units_in_words(),
        count(u64::from(evaluation.bootstrap.replicates())),
        env!("CARGO_PKG_VERSION")
    )
}

pub(super) fn external(report: &Report) -> Vec<Statement> {
    let unseen = report.data.unseen_sources();
    let mut said = Vec::new();
    if !unseen.is_empty() {
        said.extend(one(
            format!("Test images come from {}, which training did not see.", listed(unseen)),
            "data",
        ));
    }
    let tested: Vec<String> = report
        .audit
        .iter()
        .flat_map(|audit| &audit.external)
        .filter_map(|of| {
            let (away, home) = (of.away.score.ok()?, of.home.score.ok()?);
            Some(format!(
                "{} on {} images of {} clusters ({}) {away:.2}, at home {home:.2}",
                of.model,
                of.images,
                of.clusters,
                of.sources.join(", ")
            ))
        })
        .collect();
    if !tested.is_empty() {
        said.extend(one(format!("External tests, macro AUC: {}.", tested.join("; ")), "lungs"));
    }
    let scored: Vec<String> = report
        .audit
        .iter()
        .flat_map(|audit| &audit.elsewhere)
        .filter_map(|of| {
            let scores = of.scores.as_ref()?;
            let (away, home) = (scores.away.score.ok()?, scores.home.score.ok()?);
            Some(format!("{} {away:.2}, at home {home:.2}", of.source))
        })
        .collect();
    if !scored.is_empty() {
        let text = format!(
            "Not of the model, but of a linear probe at each source left out of its training, AUC: {}.",
            scored.join("; ")
        );
        said.extend(one(text, "lungs"));
    }
    if unseen_is_none(report) {
        said.extend(one("No source of test images was kept from training.".to_owned(), "data"));
    }
    said
}

fn unseen_is_none(report: &Report) -> bool {
    !report.data.counts.is_empty() && report.data.unseen_sources().is_empty()
}

pub(super) fn performance(report: &Report) -> Vec<Statement> {
    let of = |network: &NetworkReport| {
        let area = network.estimate(&Metric::AveragedAuc(Average::Macro));
        let accuracy = network.estimate(&Metric::Accuracy);
        let percent = Percent::of(network.predictions.len() as u64);
        format!(
            "{}: accuracy {} %, macro AUC {}",
            network.name,
            accuracy.map_or_else(|| "not computed".to_owned(), |accuracy| percent.estimate(accuracy)),
            area.map_or_else(|| "not computed".to_owned(), crate::number::area)
        )
    };
    let words: Vec<String> = report.networks.iter().map(of).collect();
    let mut said = one(format!("{}.", words.join("; ")), "results");
    if report.networks.iter().any(|network| !network.subgroups.is_empty()) {
        said.extend(one("Subgroups have their own scores.".to_owned(), "subgroups"));
    }
    said
}

pub(super) fn diagnostic(network: &NetworkReport) -> Vec<Statement> {
    let not_computed = || "not computed".to_owned();
    let of = |class: Class| {
        let support = network.evaluation.confusion.one_vs_rest(&class).map_or(0, |counts| counts.support());
        let share = |score| {
            let estimate = network.estimate(&Metric::Class(score, class.clone()));
            estimate.map_or_else(not_computed, |estimate| Percent::of(support).estimate(estimate))
        };
        format!(
            "{}: AUC {}, sensitivity {} %, specificity {} %",
            class.name(),
            network.estimate(&Metric::Auc(class.clone())).map_or_else(not_computed, area),
            share(ClassScore::Recall),
            share(ClassScore::Specificity)
        )
    };
    let words: Vec<String> = network.predictions.classes().iter().map(of).collect();
    let percent = Percent::of(network.predictions.len() as u64);
    let rate = percent.score(network.evaluation.confusion.no_information_rate());
    let text = format!("{}. The most frequent class is {rate} of the test images.", words.join("; "));
    let mut said = one(text, "results");
    said.extend(one("ROC and calibration curves with bands.".to_owned(), "calibration"));
    said
}

pub(super) fn errors(network: &NetworkReport) -> Vec<Statement> {
    let matrix: &ConfusionMatrix = &network.evaluation.confusion;
    let rows = matrix.rows();
    let right: u64 = rows.iter().enumerate().map(|(class, row)| row[class]).sum();
    let (all, wrong) = (matrix.total(), matrix.total() - right);
    one(
        format!("{} of {} test images are misclassified; confusion matrix.", count(wrong), count(all)),
        "errors",
    )
}

pub(super) fn limitations(report: &Report) -> Vec<Statement> {
    let doubts = doubts(report);
    if doubts.is_empty() { Vec::new() } else { one(doubts.join(" "), "") }
}
