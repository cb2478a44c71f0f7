//! The section that compares this run's values with the paper's, and shows errors in the printed ones.

use maud::{Markup, html};
use radiograph_forensics::{Columns, Rounding};
use radiograph_metrics::{Average, Class, ClassScore, Estimate, Metric};

use super::table::{Form, Sheet, text};
use crate::{
    Error, NetworkReport, Report, Role, Training,
    number::{Percent, count, listed},
    paper::{self, ALL, Examined, PrintedClass, PrintedNetwork},
};

pub(super) fn section(report: &Report) -> Result<Markup, Error> {
    let (third, fourth) = (paper::table_3()?, paper::table_4()?);
    Ok(html! {
        p {
            "Al-Rakhami, Islam, Islam, Asraf, Sodhro and Ding, " cite { "Diagnosis of COVID-19 from X-rays Using Combined CNN-RNN \
            Architecture with Transfer Learning" } ", medRxiv 2020.08.24.20181339, version of 9 August 2021. Its images were never \
            published as a list, so its numbers and these are of different images and are set side by side, not ranked."
        }
        (table_1(report))
        (table_2(report))
        (table_3(report, &third))
        (last_epochs(report))
        (table_4(report))
        (table_5())
        (verdicts(&third, &fourth))
    })
}

/// The value of this run above the value that the paper prints.
fn beside(run: &Markup, printed: Option<&str>) -> Markup {
    html! { (run) " " span.sub { "paper " (printed.unwrap_or("–")) } }
}

fn of_architecture<'a>(
    report: &'a Report,
    printed: &PrintedNetwork,
    role: Role,
) -> Option<&'a NetworkReport> {
    let matching =
        |network: &&NetworkReport| network.architecture == printed.architecture && network.role == role;
    report.networks.iter().find(matching)
}

fn table_1(report: &Report) -> Markup {
    let note = "Millions of parameters. The paper counts a classifier of 1000 classes with each network, this run does not.";
    let mut sheet = Sheet::new("Table 1: the convolutional networks", note)
        .words("network")
        .numbers("depth, paper")
        .numbers("parameters, paper")
        .numbers("parameters here")
        .numbers("trained head here");
    let millions = |number: Option<u64>| {
        text(number.map_or_else(|| "not recorded".to_owned(), |number| format!("{:.1}", number as f64 / 1e6)))
    };
    for printed in &ALL {
        let own = of_architecture(report, printed, Role::Recurrent)
            .or_else(|| of_architecture(report, printed, Role::Table4));
        let (backbone, head) = own.map_or((text("not in this run"), text("–")), |own| {
            (millions(own.backbone_parameters), millions(own.head_parameters))
        });
        sheet.push(vec![
            text(printed.name),
            text(printed.depth.to_string()),
            text(printed.parameters),
            backbone,
            head,
        ]);
    }
    html! { (sheet) }
}

fn table_2(report: &Report) -> Markup {
    let extents = |extents: &[u64]| extents.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × ");
    let with_layers = report.networks.iter().filter(|network| !network.layers.is_empty());
    let mut sheets = Vec::new();
    for network in with_layers {
        let printed = paper::network(&network.architecture).filter(|_| network.role == Role::Recurrent);
        let label = format!("Table 2: layers of {}", network.name);
        let mut sheet =
            Sheet::new(&label, "").words("layer").numbers("input").numbers("output").words("paper");
        for (at, layer) in network.layers.iter().enumerate() {
            let said = match printed.and_then(|printed| printed.layers.get(at)) {
                None => "–".to_owned(),
                Some((_, input, output)) if (*input, *output) == (&*layer.input, &*layer.output) => {
                    "the same".to_owned()
                }
                Some((name, input, output)) => format!("{name}: {} to {}", extents(input), extents(output)),
            };
            sheet.push(vec![
                text(&layer.name),
                text(extents(&layer.input)),
                text(extents(&layer.output)),
                text(said),
            ]);
        }
        sheets.push(sheet);
    }
    html! {
        @if sheets.is_empty() { p { "Table 2: the layers of this run were not recorded." } }
        @else { details { summary { "Table 2: layers and their sizes, beside the paper's" } @for sheet in &sheets { (sheet) } } }
    }
}

fn table_3(report: &Report, examined: &[Examined]) -> Markup {
    let note = "This run with interval; below it what the paper prints under the same heading, on its own 1,388 test images. Shares in %; \
                the paper prints AUC in % too. Accuracy is that of all classes, as the paper's is; AUC is the macro average here, and \
                the paper does not say which. Precision is the PPV, recall the sensitivity.";
    let mut sheet =
        Sheet::new("Table 3: the networks with a recurrent layer", note).words("network and class");
    for name in ["AUC", "accuracy", "precision", "recall", "F1"] {
        sheet = sheet.numbers(name);
    }
    for network in report.networks.iter().filter(|network| network.role == Role::Recurrent) {
        let printed = paper::network(&network.architecture);
        let percent = Form::Share(Percent::of(network.predictions.len() as u64));
        for class in network.predictions.classes().iter() {
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

fn last_epochs(report: &Report) -> Markup {
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
    html! { (sheet) }
}

fn table_4(report: &Report) -> Markup {
    let note = "COVID-19 against the others, in %; accuracy is that of all classes; precision is the PPV, recall the sensitivity. The \
                plain networks differ from the recurrent ones in \
                more than the recurrence: VGG19 has two wide dense layers, the others one narrow one. Like for like is the linear probe, \
                the same for every network.";
    let mut sheet = Sheet::new("Table 4: without the recurrent layer", note).words("network");
    for name in ["accuracy", "precision", "recall", "F1"] {
        sheet = sheet.numbers(name);
    }
    for printed in &ALL {
        let own = of_architecture(report, printed, Role::Table4);
        let [accuracy, precision, recall, f1] = of_covid(own);
        sheet.push(vec![
            text(format!("{}, plain (confounded)", printed.name)),
            beside(&accuracy, Some(printed.plain.accuracy)),
            beside(&precision, Some(printed.plain.precision)),
            beside(&recall, Some(printed.plain.recall)),
            beside(&f1, Some(printed.plain.f1)),
        ]);
        if let Some(probe) = of_architecture(report, printed, Role::LinearProbe) {
            let name = text(format!("{}, linear probe", printed.name));
            sheet.push(std::iter::once(name).chain(of_covid(Some(probe))).collect());
        }
    }
    html! { (sheet) }
}

/// Accuracy, and precision, recall and F1 of COVID-19.
fn of_covid(network: Option<&NetworkReport>) -> [Markup; 4] {
    let Some(network) = network else { return [(); 4].map(|()| text("not in this run")) };
    let class = covid(network);
    let percent = Form::Share(Percent::of(network.predictions.len() as u64));
    let score = |score| match &class {
        None => text("no class COVID-19"),
        Some(class) => percent.cell(network.estimate(&Metric::Class(score, class.clone()))),
    };
    let accuracy: Option<&Estimate> = network.estimate(&Metric::Accuracy);
    [percent.cell(accuracy), score(ClassScore::Precision), score(ClassScore::Recall), score(ClassScore::F1)]
}

/// The class of this network that the paper calls COVID-19.
fn covid(network: &NetworkReport) -> Option<Class> {
    let of = |class: &Class| PrintedClass::named(class.name()) == Some(PrintedClass::Covid);
    network.predictions.classes().iter().find(of)
}

fn table_5() -> Markup {
    html! {
        h3 { "Table 5: cited, not ranked" }
        p {
            "The paper's Table 5 sets its own accuracy above those of other groups, from 80.6 % to 98.3 %. Each of them was measured on \
            other images, with other classes and another split, and most on a few hundred images or fewer; a difference between such \
            numbers says nothing about the methods. This page therefore repeats none of them and ranks nothing by them. Two of the table's \
            references are misnumbered as well: Li is [57] and Chowdhury [58] of the paper's list."
        }
    }
}

fn only_under(rule: Rounding) -> &'static str {
    match rule {
        Rounding::Truncated => "If digits were cut off instead of rounded, every cell fits.",
        _ => "If halves were rounded to even digits, every cell fits.",
    }
}

fn verdicts(third: &[Examined], fourth: &[Examined]) -> Markup {
    let summary = |examined: &[Examined]| {
        html! { ul { @for network in examined {
            li {
                strong { (network.name) } ": " (network.verdict.conclusion()) "."
                @if let Some(rule) = network.fits_only { " " (only_under(rule)) }
            }
        } } }
    };
    let total = third.first().map_or(0, |network| network.verdict.samples);
    html! {
        h3 { "Can the printed numbers be true?" }
        p {
            "Precision, recall and F1 of a table are fractions of a few whole numbers. All confusion matrices of " (count(total))
            " test images (463, 462 and 463 a class) with the errors that the paper's text states were searched for those that print as \
            its tables do."
        }
        p { "Table 3:" }
        (summary(third))
        p { "Table 4, of which COVID-19 alone is printed:" }
        (summary(fourth))
        details {
            summary { "The whole examination" }
            pre tabindex="0" { @for network in third.iter().chain(fourth) { (network.verdict) "\n" } }
        }
    }
}
