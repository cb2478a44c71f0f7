//! The section on calibration: reliability diagrams and calibration errors.

use maud::{Markup, html};
use radiograph_metrics::{
    BinaryCalibration, Bins, CalibrationNorm, Error, Estimate, Evaluation, Metric, Predictions,
};

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
        (of_classes(report))
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
            evaluation.estimate(metric).map_or_else(
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

/// Calibration of each class of the leading network, as it is and with the temperature.
fn of_classes(report: &Report) -> Markup {
    let network = report.leading();
    let label = format!("{}: calibration of each class", network.name);
    let note = "Each class against the others, with intervals. Intercept: 0 is ideal, above 0 the probabilities are too low. Slope: 1 is \
                ideal, below 1 they are too extreme. Scaled Brier score: 1 is perfect, 0 as good as the prevalence. Debiased error: root \
                mean square gap over 10 bins of equally many images, without the part that chance alone gives.";
    let mut sheet = Sheet::new(&label, note).words("class").words("temperature");
    for name in ["intercept", "slope", "scaled Brier score", "debiased error"] {
        sheet = sheet.numbers(name);
    }
    let mut push = |predictions: &Predictions, temperature: &str| {
        for class in predictions.classes().iter() {
            let calibration = predictions.one_vs_rest(&class).and_then(|scores| {
                BinaryCalibration::of(&scores, predictions.clusters(), &network.evaluation.bootstrap)
            });
            let mut row = vec![text(class.name()), text(temperature)];
            row.extend(cells(calibration));
            sheet.push(row);
        }
    };
    push(&network.predictions, "none");
    if let Some(scaled) = &network.scaled {
        let temperature = format!("{:.3}", scaled.temperature.value);
        push(&scaled.temperature.apply(&network.predictions), &temperature);
    }
    html! { (sheet) }
}

fn cells(calibration: Result<BinaryCalibration, Error>) -> Vec<Markup> {
    match calibration {
        Ok(of) => [&of.recalibration.intercept, &of.recalibration.slope, &of.scaled_brier, &of.error]
            .map(number_cell)
            .to_vec(),
        Err(reason) => vec![html! { span.undefined { "undefined: " (reason) } }; 4],
    }
}

/// A number with two decimals above its interval.
fn number_cell(estimate: &Estimate) -> Markup {
    match (estimate.score, estimate.interval) {
        (Ok(score), Ok(interval)) => html! {
            (format!("{score:.2}")) " " span.sub { (format!("{:.2} to {:.2}", interval.low, interval.high)) }
        },
        (Ok(score), Err(reason)) => {
            html! { (format!("{score:.2}")) " " span.sub.undefined { "no interval: " (reason) } }
        }
        (Err(reason), _) => html! { span.undefined { "undefined: " (reason) } },
    }
}
