//! The section with the scores of every network, and their differences.

use maud::{Markup, html};
use radiograph_metrics::{Average, Metric, PairedTest};

use super::{
    drawn_small,
    table::{Sheet, estimate_cell, named_cell, named_score, plain_cell, text},
};
use crate::{Figures, NetworkReport, Report, number::level};

/// Scores of one class in the table, with their names in an evaluation.
const OF_CLASS: [(&str, &str); 7] = [
    ("AUC", "AUC"),
    ("precision", "precision"),
    ("recall", "recall"),
    ("F1", "F1"),
    ("specificity", "specificity"),
    ("NPV", "NPV"),
    ("average precision", "average precision"),
];

pub(super) fn section(report: &Report, figures: &Figures) -> Markup {
    html! {
        (drawn_small(&figures.overview, &html! {
            b { "Accuracy on the test images." } " Dot and line: this run with its interval. Diamond: what the paper prints for the \
            same architecture on its own images, which are not these."
        }))
        (networks(report))
        @for network in &report.networks { (classes(network)) }
        (choice(report))
        (comparisons(report))
        @for network in &report.networks { (all_scores(network)) }
    }
}

fn networks(report: &Report) -> Markup {
    let interval = interval_note(report.leading());
    let note = format!("In %. {interval}");
    let mut sheet = Sheet::new("Networks on the test images", &note).words("network");
    let scores = [
        ("accuracy", Metric::Accuracy.to_string()),
        ("balanced accuracy", Metric::BalancedAccuracy.to_string()),
        ("macro AUC", Metric::AveragedAuc(Average::Macro).to_string()),
        ("macro average precision", Metric::AveragedPrecision(Average::Macro).to_string()),
    ];
    for (name, _) in &scores {
        sheet = sheet.numbers(name);
    }
    for network in &report.networks {
        let mark = network.is_unconverged();
        let mut row = vec![html! { (network.name) @if mark { " " span.sub { "not converged" } } }];
        row.extend(scores.iter().map(|(_, score)| estimate_cell(network.overall(score))));
        sheet.push(row);
    }
    html! { (sheet) }
}

/// Method of the intervals, in words.
fn interval_note(network: &NetworkReport) -> String {
    let evaluation = &network.evaluation;
    let all = evaluation.overall.iter().chain(evaluation.classes.iter().flat_map(|class| &class.scores));
    let Some(interval) = all.filter_map(|score| score.estimate.interval.ok()).next() else {
        return "No interval exists for these scores.".to_owned();
    };
    let (resamples, level) = (evaluation.bootstrap.replicates(), level(&interval));
    let who = if evaluation.patients_known { "patients" } else { "images, since patients are not known" };
    format!(
        "Below each score its {level} interval: {resamples} resamples of {who}, or Wilson's for shares of independent images."
    )
}

fn classes(network: &NetworkReport) -> Markup {
    let label = format!("{}: each class against the others", network.name);
    let mut sheet = Sheet::new(&label, "In %, with intervals.").words("class").numbers("images");
    for (name, _) in OF_CLASS {
        sheet = sheet.numbers(name);
    }
    for class in &network.evaluation.classes {
        let mut row = vec![text(&class.class), text(class.support.to_string())];
        row.extend(OF_CLASS.iter().map(|(_, score)| estimate_cell(network.of_class(&class.class, score))));
        sheet.push(row);
    }
    html! { (sheet) }
}

fn all_scores(network: &NetworkReport) -> Markup {
    let label = format!("{}: every score over all classes", network.name);
    let mut sheet = Sheet::new(&label, "As numbers, not percent.")
        .words("score")
        .numbers("value")
        .numbers("low")
        .numbers("high")
        .words("interval");
    let of_class = network.evaluation.classes.iter().flat_map(|class| {
        let left = class.scores.iter().filter(|score| OF_CLASS.iter().all(|(_, shown)| score.name != *shown));
        left.map(|score| (format!("{}: {}", class.class, score.name), score))
    });
    let overall = network.evaluation.overall.iter().map(|score| (score.name.clone(), score));
    for (name, score) in overall.chain(of_class) {
        let mut row = vec![text(name), plain_cell(score.estimate.score)];
        match score.estimate.interval {
            Ok(interval) => row.extend([
                plain_cell(Ok(interval.low)),
                plain_cell(Ok(interval.high)),
                text(interval.method.to_string()),
            ]),
            Err(reason) => row.extend([text("–"), text("–"), text(format!("none: {reason}"))]),
        }
        sheet.push(row);
    }
    html! { details { summary { (label) } (sheet) } }
}

fn choice(report: &Report) -> Markup {
    let Some(best) = &report.best else { return html! {} };
    let mut sheet =
        Sheet::new("How the network was chosen", &best.chosen_by).words("network").numbers("value");
    for (name, value) in &best.values {
        sheet.push(vec![text(name), plain_cell(Ok(*value))]);
    }
    html! {
        h3 { "The choice" }
        p {
            strong { (best.network) } " was chosen by " (best.chosen_by) "."
            @if best.on_test {
                " That looks at the test images, as Algorithm 1 of the paper does: the score of the chosen network is the best of "
                "several tries, and too good."
            } @else { " The test images played no part in it." }
        }
        @if !best.values.is_empty() { (sheet) }
    }
}

fn comparisons(report: &Report) -> Markup {
    if report.comparisons.is_empty() {
        return html! {
            h3 { "Differences" }
            p { @if report.networks.len() < 2 { "One network alone: there is nothing to compare it with." }
                @else { "No pair of networks was compared, so no difference between them may be claimed." } }
        };
    }
    let note = "First less second on the same test images, shares in %; p-values are two-sided.";
    let mut sheet = Sheet::new("Pairs of networks", note)
        .words("pair")
        .words("score")
        .numbers("first")
        .numbers("second")
        .numbers("difference")
        .words("test")
        .numbers("p")
        .numbers("p, corrected");
    for comparison in &report.comparisons {
        let test = match comparison.test {
            PairedTest::DeLong => "DeLong, paired",
            PairedTest::McNemarExact => "McNemar, exact",
            PairedTest::Permutation => "permutation by patient",
            _ => "another test",
        };
        sheet.push(vec![
            html! {
                (comparison.first) " and " (comparison.second)
                @if report.statement(comparison) != comparison.statement() { " " span.sub { "not converged: no verdict" } }
            },
            text(&comparison.metric),
            named_score(&comparison.metric, comparison.first_score),
            named_score(&comparison.metric, comparison.second_score),
            named_cell(&comparison.metric, Some(&comparison.difference)),
            text(test),
            plain_cell(comparison.p_value),
            comparison.adjusted_p_value.map_or_else(|| text("–"), |p| plain_cell(Ok(p))),
        ]);
    }
    html! {
        h3 { "Differences" }
        ul { @for comparison in &report.comparisons { li { (report.statement(comparison)) "." } } }
        p.small.muted { "Not distinguishable does not mean equal: these test images cannot tell." }
        (sheet)
    }
}
