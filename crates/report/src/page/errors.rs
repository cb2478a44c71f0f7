//! The section on errors: confusion matrices and curves, as in figures 6, 7 and 8 of the paper.

use maud::{Markup, html};
use radiograph_metrics::ConfusionMatrix;

use super::{
    drawn,
    table::{Sheet, text},
};
use crate::{Figures, NetworkReport, Report, number::count};

pub(super) fn section(report: &Report, figures: &Figures) -> Markup {
    let bands = report.bands.replicates;
    html! {
        p {
            "Rows of a confusion matrix are the truth, columns what the network said; shades are shares of a row. Bands around curves hold \
            at each place the middle " (format!("{:.0} %", 100.0 * report.leading().evaluation.bootstrap.level().get())) " of " (bands) " resamples of \
            patients; they are no band for the whole curve."
        }
        @if !figures.all_roc.is_empty() {
            h3 { "All networks together" }
            p {
                "Each class against the others, with the area below each curve. Gray or thin: what chance gives. Bands are with each \
                network below."
            }
            div.multiples {
                @for figure in figures.all_roc.iter().chain(&figures.all_precision_recall) {
                    (drawn(figure, &html! { (figure.title) "." }))
                }
            }
        }
        @for (network, figures) in report.networks.iter().zip(&figures.networks) {
            h3 { (network.name) }
            (misses(network))
            div.pair {
                (drawn(&figures.confusion, &html! { b { "Confusion matrix" } " (figure 6 of the paper)." }))
                div { (matrix(network)) }
                @match &figures.roc {
                    Some(roc) => (drawn(roc, &html! {
                        b { "ROC curves" } " (figure 7) with bands. Dashed gray: chance. Where all curves reach the upper left corner, it is \
                        drawn again, larger."
                    })),
                    None => p { "No class has a ROC curve: that needs test images of it and of another." },
                }
                @match &figures.precision_recall {
                    Some(curve) => (drawn(curve, &html! {
                        b { "Precision-recall curves" } " (figure 8) with bands, drawn as steps. Thin: chance, the share of the class."
                    })),
                    None => p { "No class has a precision-recall curve: that needs test images of it." },
                }
            }
        }
    }
}

/// Sentence on errors, in the form of section 4.1 of the paper.
fn misses(network: &NetworkReport) -> Markup {
    let matrix = &network.evaluation.confusion;
    let rows = matrix.rows();
    let missed = |(class, row): (usize, &&[u64])| row.iter().sum::<u64>() - row[class];
    let each: Vec<u64> = rows.iter().enumerate().map(missed).collect();
    let words: Vec<String> = matrix
        .classes()
        .names()
        .zip(rows.iter().zip(&each))
        .map(|(name, (row, missed))| format!("{} of {} {name}", count(*missed), count(row.iter().sum())))
        .take(12)
        .collect();
    html! {
        p { "Of " (count(matrix.total())) " test images " (count(each.iter().sum())) " were misclassified: " (words.join(", ")) "." }
    }
}

fn matrix(network: &NetworkReport) -> Markup {
    let matrix: &ConfusionMatrix = &network.evaluation.confusion;
    let label = format!("{}: the same as a table", network.name);
    let mut sheet =
        Sheet::new(&label, "A row for each true class, a column for each predicted one.").words("true class");
    for name in matrix.classes().names() {
        sheet = sheet.numbers(name);
    }
    for (name, row) in matrix.classes().names().zip(matrix.rows()) {
        let mut cells = vec![text(name)];
        cells.extend(row.iter().map(|&number| text(count(number))));
        sheet.push(cells);
    }
    html! { (sheet) }
}
