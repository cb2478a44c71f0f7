//! Table 3 and the last epochs of section 4.1: scores of the networks with a recurrent layer.

use maud::{Markup, html};
use radiograph_forensics::Columns;
use radiograph_metrics::{Average, ClassScore, Metric};

use super::{
    super::table::{Form, Sheet, text},
    own::{beside, of_architecture},
};
use crate::{
    NetworkReport, Report, Role, Training,
    number::{Percent, listed},
    paper::{self, ALL, Examined},
};

pub(super) fn table_3(report: &Report, examined: &[Examined]) -> Markup {
    let note = "This run with interval; below it what the paper prints under the same heading, on its own 1,388 test images. Shares in %; \
                the paper prints AUC in % too. Accuracy is that of all classes, as the paper's is; AUC is the macro average here, and \
                the paper does not say which. Precision is the PPV, recall the sensitivity.";
    let mut sheet =
        Sheet::new("Table 3: the networks with a recurrent layer", note).words("network and class");
    for name in ["AUC", "accuracy", "precision", "recall", "F1"] {
        sheet = sheet.numbers(name);
    }
    sheet = sheet.words("can the printed rows be true?");
    for network in report.networks.iter().filter(|network| network.role == Role::Recurrent) {
        let printed = paper::network(&network.architecture);
        let percent = Form::Share(Percent::of(network.predictions.len() as u64));
        let verdict = printed
            .and_then(|printed| examined.iter().find(|of| of.name == format!("{}-RNN", printed.name)))
            .map_or_else(|| "–".to_owned(), |of| of.verdict.conclusion());
        for (row, class) in network.predictions.classes().iter().enumerate() {
            let scores = paper::scores(network, class.name());
            let of_class = |score| percent.cell(network.estimate(&Metric::Class(score, class.clone())));
            sheet.push(vec![
                text(format!("{}, {}", network.name, class.name())),
                beside(
                    &Form::Area.cell(network.estimate(&Metric::AveragedAuc(Average::Macro))),
                    printed.map(|printed| printed.auc),
                ),
                beside(
                    &percent.cell(network.estimate(&Metric::Accuracy)),
                    printed.map(|printed| printed.accuracy),
                ),
                beside(&of_class(ClassScore::Precision), scores.map(|scores| scores.precision)),
                beside(&of_class(ClassScore::Recall), scores.map(|scores| scores.recall)),
                beside(&of_class(ClassScore::F1), scores.map(|scores| scores.f1)),
                // The verdict is one for the three printed rows of a network.
                text(if row == 0 || printed.is_none() { &verdict } else { "as above" }),
            ]);
        }
    }
    let absent: Vec<&str> = ALL
        .iter()
        .filter(|printed| of_architecture(report, printed, Role::Recurrent).is_none())
        .map(|printed| printed.name)
        .collect();
    html! {
        (sheet)
        @if !absent.is_empty() { p.small { "Not trained with a recurrent layer in this run: " (listed(absent)) "." } }
        (exchanged(examined))
    }
}

/// Findings about the headings of the printed tables.
fn exchanged(examined: &[Examined]) -> Markup {
    let read = |columns: Option<Columns>| {
        examined.iter().filter(|network| network.verdict.columns() == columns).count()
    };
    let (swapped, open) = (read(Some(Columns::Swapped)), read(None));
    html! {
        @if swapped > 0 {
            div.warning { p {
                strong { "The paper's columns precision and recall are exchanged" }
                " in " (swapped) " of " (examined.len()) " networks"
                @if open > 0 { "; in " (open) " the two cannot be told apart" }
                ". What it prints under precision is TP / support there, and under recall TP / predicted. The numbers stand here under \
                the headings that the paper gives them."
            } }
        }
    }
}

/// Mean over the folds of a number in the last epoch.
fn mean(network: &NetworkReport, pick: impl Fn(&Training) -> Option<f64>) -> Option<f64> {
    let values: Option<Vec<f64>> = network.folds().map(pick).collect();
    let values = values.filter(|values| !values.is_empty())?;
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

pub(super) fn last_epochs(report: &Report) -> Markup {
    let note = "Accuracy in %, loss in nats: means over this run's folds at their last epochs, beside the paper's at epoch 100.";
    let mut sheet = Sheet::new("Section 4.1: the last epoch", note)
        .words("network")
        .numbers("training accuracy")
        .numbers("validation accuracy")
        .numbers("training loss")
        .numbers("validation loss");
    let training = Percent::of(report.data.flow.training);
    for printed in &ALL {
        let Some(last) = &printed.last_epoch else { continue };
        let own = of_architecture(report, printed, Role::Recurrent);
        let cell = |pick: &dyn Fn(&Training) -> Option<f64>, percent: bool, said: &str| {
            let value = own.and_then(|own| mean(own, pick));
            let value = value.map_or_else(
                || text(if own.is_some() { "not recorded" } else { "not in this run" }),
                |value| text(if percent { training.value(value) } else { format!("{value:.3}") }),
            );
            beside(&value, Some(said))
        };
        sheet.push(vec![
            text(format!("{}-RNN", printed.name)),
            cell(&|fold| Some(fold.epochs.last()?.training.accuracy), true, last.training_accuracy),
            cell(&|fold| Some(fold.epochs.last()?.validation?.accuracy), true, last.validation_accuracy),
            cell(&|fold| Some(fold.epochs.last()?.training.loss), false, last.training_loss),
            cell(&|fold| Some(fold.epochs.last()?.validation?.loss), false, last.validation_loss),
        ]);
    }
    html! {
        (sheet)
        p {
            "For both networks the paper's accuracy on the test images (99.86 and 98.56 %) is above that on its validation images (97.74 and \
            94.91 %). Its text gives no reason. Leaks into the test part can do this, and so can means over folds."
        }
    }
}
