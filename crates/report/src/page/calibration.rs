//! The section on calibration: reliability diagrams and calibration errors.

use maud::{Markup, html};
use radiograph_metrics::{Bins, CalibrationNorm, Evaluation, Metric};

use super::{
    drawn,
    table::{Sheet, plain_cell, text},
};
use crate::{Figures, Report};

pub(super) fn section(report: &Report, figures: &Figures) -> Markup {
    html! {
        p {
            "A network that says 0.8 should be right in 80 % of such cases. Points below the dashed line are too sure, above it not sure "
            "enough."
        }
        (numbers(report))
        div.pair {
            @for (network, figures) in report.networks.iter().zip(&figures.networks) {
                (drawn(&figures.reliability, &html! { b { (network.name) } ", as it is." }))
                @if let Some(figure) = &figures.scaled {
                    (drawn(figure, &html! { b { (network.name) } ", temperature scaled." }))
                }
            }
        }
    }
}

fn numbers(report: &Report) -> Markup {
    let scores: [(&str, Metric); 4] = [
        ("log loss", Metric::LogLoss),
        ("Brier score", Metric::Brier),
        ("ECE", Metric::CalibrationError(Bins::GUO, CalibrationNorm::Mean)),
        ("MCE", Metric::CalibrationError(Bins::GUO, CalibrationNorm::Largest)),
    ];
    let note = "Smaller is better. Log loss in nats, Brier score from 0 to 2, ECE and MCE over 15 bins of equal width.";
    let mut sheet = Sheet::new("Calibration on the test images", note).words("network").words("temperature");
    for (name, _) in &scores {
        sheet = sheet.numbers(name);
    }
    let mut push = |name: &str, temperature: String, evaluation: &Evaluation| {
        let mut row = vec![text(name), text(temperature)];
        row.extend(scores.iter().map(|(_, metric)| {
            let name = metric.to_string();
            let estimate =
                evaluation.overall.iter().find(|score| score.name == name).map(|score| &score.estimate);
            estimate.map_or_else(
                || text("not computed"),
                |estimate| {
                    html! {
                        (plain_cell(estimate.score))
                        @if let Ok(interval) = estimate.interval {
                            " " span.sub { (format!("{:.4} to {:.4}", interval.low, interval.high)) }
                        }
                    }
                },
            )
        }));
        sheet.push(row);
    };
    for network in &report.networks {
        push(&network.name, "none".to_owned(), &network.evaluation);
        if let Some(scaled) = &network.scaled {
            let temperature = &scaled.temperature;
            let words =
                format!("{:.3}, fitted on {} validation images", temperature.value, temperature.fitted_on);
            push(&network.name, words, &scaled.evaluation);
        }
    }
    html! { (sheet) }
}
