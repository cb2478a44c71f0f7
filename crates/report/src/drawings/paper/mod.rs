//! Draws figures 5 to 9 of the paper from a run, as the paper prints them, each with the values that it shows as CSV.
//!
//! Only the paper's own networks with their recurrent layer are in figures 5 to 8, in its order and under its letters. Figure 9
//! shows the recommended network.

mod explained;
mod values;

use values::Values;

use super::{
    curves,
    named::{Named, networks},
    words::{confusion_in_words, last_epoch},
};
use crate::{
    Error, Figure, PaperFigure, Report,
    figure::{ConfusionFigure, LinesFigure, Quantity, SheetFigure, TrainingFigure},
    number::Percent,
};

/// The figures that this run has results for.
pub(super) fn figures(report: &Report) -> Result<Vec<PaperFigure>, Error> {
    let networks = networks(report);
    let mut figures = Vec::new();
    if !networks.is_empty() {
        figures.extend(training(&networks)?);
        figures.push(confusion(&networks)?);
        figures.extend(lines("figure-7", "Figure 7: ROC curves", report, &networks, &curves::ROC)?);
        let kind = &curves::PRECISION_RECALL;
        figures.extend(lines("figure-8", "Figure 8: precision-recall curves", report, &networks, kind)?);
    }
    figures.extend(explained::figure(report)?);
    Ok(figures)
}

/// Figure 5: accuracy and loss of each network over the epochs. `None` without a history.
fn training(networks: &[Named<'_>]) -> Result<Option<PaperFigure>, Error> {
    let all = || networks.iter().flat_map(|named| &named.network.trainings);
    if all().all(|training| training.epochs.is_empty()) {
        return Ok(None);
    }
    let (mut cells, mut words) = (Vec::new(), Vec::new());
    let mut values = Values::new(&["network", "quantity", "part", "training", "epoch", "value"]);
    for named in networks {
        let percent = Percent::of(named.network.predictions.len() as u64);
        for quantity in [Quantity::Accuracy, Quantity::Loss] {
            let range = quantity.range(all());
            let drawing = TrainingFigure { trainings: &named.network.trainings, quantity, range };
            for (part, training, points) in drawing.values() {
                for (epoch, value) in points {
                    let (epoch, value) = (epoch.to_string(), value.to_string());
                    values.push(&[named.name, quantity.name(), part, &training, &epoch, &value]);
                }
            }
            cells.push((format!("{}: {}", named.caption(), quantity.name()), drawing));
            let ends = named.network.folds().filter_map(|fold| Some((&fold.name, fold.epochs.last()?)));
            let ends = ends.map(|(name, last)| last_epoch(name, last, quantity, percent));
            words.push(format!("{}: {}", named.caption(), ends.collect::<Vec<_>>().join(" ")));
        }
    }
    let drawing = SheetFigure { columns: 2, cells };
    let title = "Figure 5: accuracy and loss over the epochs, each fold thin, their mean bold";
    drawn("figure-5", title, words.join(" "), &drawing, values).map(Some)
}

/// Figure 6: the confusion matrix of each network.
fn confusion(networks: &[Named<'_>]) -> Result<PaperFigure, Error> {
    let (mut cells, mut words) = (Vec::new(), Vec::new());
    let mut values = Values::new(&["network", "true", "predicted", "images"]);
    for named in networks {
        let matrix = &named.network.evaluation.confusion;
        let names: Vec<&str> = matrix.classes().names().collect();
        for (truth, row) in names.iter().zip(matrix.rows()) {
            for (predicted, count) in names.iter().zip(row) {
                values.push(&[named.name, truth, predicted, &count.to_string()]);
            }
        }
        cells.push((named.caption(), ConfusionFigure { matrix }));
        words.push(format!("{}: {}", named.caption(), confusion_in_words(matrix)));
    }
    let drawing = SheetFigure { columns: 2, cells };
    drawn("figure-6", "Figure 6: confusion matrices", words.join(" "), &drawing, values)
}

/// Figures 7 and 8: curves of all networks, averaged over the classes in two ways, and of each class. `None` if no network has
/// one.
fn lines(
    name: &str,
    title: &str,
    report: &Report,
    networks: &[Named<'_>],
    kind: &curves::Kind,
) -> Result<Option<PaperFigure>, Error> {
    let panels = curves::overlaid(report, networks, kind)?;
    if panels.is_empty() {
        return Ok(None);
    }
    let (across, up) = kind.axes();
    let mut values = Values::new(&["panel", "network", across, up]);
    let mut words = Vec::new();
    for (panel, drawing) in &panels {
        let drawn: Vec<_> = drawing.lines.iter().filter(|line| !line.label.is_empty()).collect();
        for line in &drawn {
            // Of the label, the last word is the area.
            let network = line.label.rsplit_once(' ').map_or(line.label.as_str(), |(network, _)| network);
            for (x, y) in &line.points {
                values.push(&[panel, network, &x.to_string(), &y.to_string()]);
            }
        }
        let labels: Vec<&str> = drawn.iter().map(|line| line.label.as_str()).collect();
        words.push(format!("{panel}, areas: {}.", labels.join("; ")));
    }
    let drawing: SheetFigure<LinesFigure> = SheetFigure { columns: 2, cells: panels };
    drawn(name, title, words.join(" "), &drawing, values).map(Some)
}

fn drawn(
    name: &str,
    title: &str,
    description: String,
    drawing: &impl crate::figure::Drawing,
    values: Values,
) -> Result<PaperFigure, Error> {
    let figure = Figure::new(name.to_owned(), title.to_owned(), description, drawing)?;
    Ok(PaperFigure { figure, csv: values.csv })
}
