//! The spread of a model's scores over repeated trainings or splits: a sentence, and a table.

use maud::{Markup, html};
use radiograph_metrics::{Average, Metric};

use super::table::{Form, Sheet, text};
use crate::{Spread, SpreadOver, SpreadScore, number::Percent};

/// The spread of accuracy and macro AUC, for the first screen. The test part has this number of images.
pub(super) fn sentence(spread: &Spread, images: usize) -> Markup {
    let percent = Percent::of(images as u64);
    let accuracy = spread.score(&Metric::Accuracy);
    let accuracy = accuracy.map(|score| words(score, |value| percent.value(value), " %"));
    let area = spread.score(&Metric::AveragedAuc(Average::Macro));
    let area = area.map(|score| words(score, |value| format!("{value:.2}"), ""));
    html! {
        "Over " (spread.in_words()) " of " strong { (spread.model) } ": "
        @if let Some(accuracy) = &accuracy { "accuracy " (accuracy) }
        @if accuracy.is_some() && area.is_some() { "; " }
        @if let Some(area) = &area { "macro AUC " (area) }
        "."
    }
}

/// Mean, standard deviation and range of a score.
fn words(score: &SpreadScore, text: impl Fn(f64) -> String, unit: &str) -> String {
    match (score.mean, score.deviation, score.least, score.greatest) {
        (Ok(mean), Ok(deviation), Ok(least), Ok(greatest)) => format!(
            "{}{unit} on average (standard deviation {}, from {} to {}{unit})",
            text(mean),
            text(deviation),
            text(least),
            text(greatest)
        ),
        (Err(reason), ..) | (_, Err(reason), ..) | (_, _, Err(reason), _) | (_, _, _, Err(reason)) => {
            format!("undefined: {reason}")
        }
    }
}

/// Every repetition with its scores, and their mean, standard deviation and range. The test part has this number of images.
pub(super) fn table(spread: &Spread, images: usize) -> Markup {
    let (what, note) = match spread.over {
        SpreadOver::Seeds => (
            "training",
            "Shares in %, areas as numbers. The same split, trained with other first weights, order of samples and dropout. The spread is no interval: \
             it says how far chance in training moves a score, not how far other patients would.",
        ),
        SpreadOver::Splits => (
            "split",
            "Shares in %, areas as numbers. Other choices and splits of the same collections, with other test images. Their test parts overlap, so the \
             spread is no interval.",
        ),
    };
    let label = format!("{}: scores over {}", spread.model, spread.in_words());
    let mut sheet = Sheet::new(&label, note).words(what);
    for score in &spread.scores {
        sheet = sheet.numbers(&score.metric.short_name());
    }
    let repetitions = spread.scores.first().map_or(0, |score| score.values.len());
    for place in 0..repetitions {
        let name = &spread.scores[0].values[place].repetition;
        let mark = spread.unconverged.iter().any(|(unconverged, _)| unconverged == name);
        let mut row = vec![html! { (name) @if mark { " " span.sub { "not converged" } } }];
        row.extend(
            spread
                .scores
                .iter()
                .map(|score| Form::of(&score.metric, images).score(score.values[place].value)),
        );
        sheet.push(row);
    }
    let statistics = |score: &SpreadScore| [score.mean, score.deviation, score.least, score.greatest];
    for (at, name) in ["mean", "standard deviation", "smallest", "greatest"].into_iter().enumerate() {
        let mut row = vec![text(name)];
        let cell = |score: &SpreadScore| Form::of(&score.metric, images).score(statistics(score)[at]);
        row.extend(spread.scores.iter().map(cell));
        sheet.push(row);
    }
    html! { (sheet) }
}
