//! The section on training: accuracy and loss over the epochs (figure 5 of the paper), and in the last epoch.

use maud::{Markup, html};

use super::{
    drawn,
    table::{Sheet, text},
};
use crate::{Figures, LossAndAccuracy, NetworkReport, Report, Role, number::Percent};

pub(super) fn section(report: &Report, figures: &Figures) -> Markup {
    html! {
        @for (network, figures) in report.networks.iter().zip(&figures.networks) {
            h3 { (network.name) }
            (ending(network))
            @if network.role == Role::LinearProbe {
                p { "Minimised as a whole, without epochs." }
            } @else if network.role == Role::Ensemble {
                p { "A mean of other models; nothing was trained for it." }
            } @else if network.trainings.iter().all(|training| training.epochs.is_empty()) {
                p { "No history was recorded." }
            } @else {
                div.pair {
                    @for figure in [&figures.accuracy, &figures.loss].into_iter().flatten() {
                        (drawn(figure, &html! { "Figure 5 of the paper, every fold thin; all networks on one scale. Training is measured while weights move, with dropout; \
                        validation after the epoch, without." }))
                    }
                }
                (last_epochs(report, network))
            }
        }
    }
}

/// Whether the training converged.
fn ending(network: &NetworkReport) -> Markup {
    match &network.ending {
        None => html! { p { "Whether it converged was not recorded." } },
        Some(ending) if ending.converged => html! { p { "Converged." } },
        Some(ending) => html! { p { strong { "Not converged: " (ending.reason) "." } } },
    }
}

fn last_epochs(report: &Report, network: &NetworkReport) -> Markup {
    let label = format!("{}: the last epoch of every training", network.name);
    let mut sheet = Sheet::new(&label, "Accuracy in %, loss in nats.")
        .words("training")
        .numbers("epochs")
        .numbers("training accuracy")
        .numbers("training loss")
        .numbers("validation accuracy")
        .numbers("validation loss");
    let percent = Percent::of(report.data.flow.training);
    for training in &network.trainings {
        let Some(last) = training.epochs.last() else {
            sheet.push(vec![text(&training.name), text("0"), text("–"), text("–"), text("–"), text("–")]);
            continue;
        };
        let name = html! { (training.name) @if training.contaminated { " " span.sub { "contaminated" } } };
        let mut row = vec![name, text(last.number.to_string())];
        row.extend(cells(Some(last.training), percent));
        row.extend(cells(last.validation, percent));
        sheet.push(row);
    }
    html! { (sheet) }
}

fn cells(scores: Option<LossAndAccuracy>, percent: Percent) -> [Markup; 2] {
    match scores {
        Some(scores) => [text(percent.value(scores.accuracy)), text(format!("{:.3}", scores.loss))],
        None => [text("–"), text("–")],
    }
}
