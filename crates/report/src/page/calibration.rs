//! The section on calibration: curves, reliability diagrams, calibration errors, and net benefit.

use maud::{Markup, html};
use radiograph_metrics::{
    BinaryCalibration, Bins, CalibrationNorm, Error, Estimate, Evaluation, Metric, Predictions,
};

use super::{
    drawn,
    table::{Form, Sheet, text},
};
use crate::{
    Figures, Report,
    class_curves::{ClassCurves, MOST},
};

pub(super) fn section(report: &Report, figures: &Figures, curves: &[ClassCurves]) -> Markup {
    let leading = report.leading();
    let left = leading.predictions.classes().len().saturating_sub(MOST);
    html! {
        p {
            "A network that says 0.8 should be right in 80 % of such cases. Points below the dashed line are too sure, above it not sure "
            "enough."
        }
        (of_classes(report))
        h3 { (leading.name) ": calibration curves" }
        p {
            "Share of images of the class over its probability, smoothed (LOWESS over two thirds of the images). Below the dashed line, \
            the probability is too high. The band is pointwise, from resampled patients. Gray bars: how often a probability is given."
        }
        @if left > 0 { p { "Of the " (leading.predictions.classes().len()) " classes, the first " (MOST) " are drawn." } }
        div.multiples { @for (of, figure) in curves.iter().zip(&figures.calibration) { (drawn(figure, &html! { b { (of.class) } })) } }
        (places(curves))
        h3 { (leading.name) ": decision curves" }
        p {
            "A person who acts at a threshold probability t accepts that one false alarm costs t / (1 − t) of a hit. Net benefit is \
            counted in hits per person, at the prevalence among these test images. Where the model is below acting on everybody \
            or on nobody, that rule is better. Elsewhere the prevalence differs, and so does the curve."
        }
        @if figures.decision.is_empty() { p { "No class has a decision curve: that needs test images of it and of another." } }
        div.multiples {
            @for figure in &figures.decision { (drawn(figure, &html! { b { "Net benefit" } ", " (figure.title) "." })) }
        }
        (benefits(curves))
        h3 { "All networks: how sure and how right" }
        (numbers(report))
        @if let Some(sentence) = report.leading().scaled.as_ref().and_then(|scaled| scaled.temperature_of.as_ref()) {
            p { (sentence) }
        }
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

/// Values of the calibration curves at some places.
fn places(curves: &[ClassCurves]) -> Markup {
    let label = "Calibration curves as a table";
    let note = "Share of the class near a probability, with its pointwise interval.";
    let mut sheet = Sheet::new(label, note).words("class").numbers("probability").numbers("as it is");
    for of in curves {
        for point in of.calibration.points.iter().step_by(3) {
            sheet.push(vec![
                text(&of.class),
                text(format!("{:.2}", point.predicted)),
                Form::Area.cell(Some(&point.observed)),
            ]);
        }
    }
    html! { details { summary { (label) } (sheet) } }
}

/// Values of the decision curves at some thresholds.
fn benefits(curves: &[ClassCurves]) -> Markup {
    let label = "Decision curves as a table";
    let note = "Hits a person, with pointwise intervals. Advantage: over the better of acting on everybody and on nobody.";
    let mut sheet = Sheet::new(label, note)
        .words("class")
        .numbers("threshold")
        .numbers("by the model")
        .numbers("everybody")
        .numbers("advantage");
    for of in curves {
        for point in of.decision.points.iter().skip(1).step_by(2) {
            sheet.push(vec![
                text(&of.class),
                text(format!("{:.1}", point.threshold)),
                Form::Loss.cell(Some(&point.net_benefit)),
                Form::Loss.score(point.acting_on_all),
                Form::Loss.cell(Some(&point.advantage)),
            ]);
        }
    }
    html! { details { summary { (label) } (sheet) } }
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
        row.extend(scores.iter().map(|(_, metric)| Form::Loss.cell(evaluation.estimate(metric))));
        sheet.push(row);
    };
    for network in &report.networks {
        push(&network.name, "none".to_owned(), &network.evaluation);
        if let Some(scaled) = &network.scaled {
            let temperature = &scaled.temperature;
            let words =
                format!("{:.2}, fitted on {} validation images", temperature.value, temperature.fitted_on);
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
        let temperature = format!("{:.2}", scaled.temperature.value);
        push(&scaled.temperature.apply(&network.predictions), &temperature);
    }
    html! { (sheet) }
}

fn cells(calibration: Result<BinaryCalibration, Error>) -> Vec<Markup> {
    match calibration {
        Ok(of) => [&of.recalibration.intercept, &of.recalibration.slope, &of.scaled_brier, &of.error]
            .map(|estimate: &Estimate| Form::Coefficient.cell(Some(estimate)))
            .to_vec(),
        Err(reason) => vec![html! { span.undefined { "undefined: " (reason) } }; 4],
    }
}
