//! Table 4: networks without a recurrent layer, and what each comparison with them can show.

use maud::{Markup, html};
use radiograph_metrics::{ClassScore, Comparison, Estimate, Metric};

use super::{
    super::table::{Form, Sheet, text},
    own::{beside, class, of_architecture},
};
use crate::{
    NetworkReport, Report, Role,
    number::Percent,
    paper::{ALL, Examined, PrintedClass, PrintedNetwork, PrintedScores},
};

/// Roles in the order of the rows: name of the row, and what its difference from the recurrent network can show.
const ROWS: [(Role, &str, &str); 5] = [
    (Role::Recurrent, "with its recurrent layer", ""),
    (
        Role::Table4,
        "plain",
        "The paper does not describe its plain networks; these are as their publishers made them. For VGG19 this is the head without its \
         recurrent layer, so that only that layer differs. For the other three it is the mean of the map and one dense layer: the recurrent \
         layer, the dense layers and the number of parameters differ, so that a difference can be put down to none of these, and the \
         comparison is confounded.",
    ),
    (
        Role::WithoutRecurrence,
        "the same head without its recurrent layer",
        "The flattened map and the same dense layers, trained in the same way: the two sides differ in the recurrent layer alone. A \
         difference shows what that layer adds at this learning rate and after this number of epochs.",
    ),
    (
        Role::MeanDense,
        "mean of the map and one dense layer",
        "Trained as the recurrent head is, without places and without hidden layers. A difference shows what the head as a whole adds, \
         if both are trained to their end.",
    ),
    (
        Role::LinearProbe,
        "linear probe",
        "Logistic regression on the mean of the map, taken to its minimum, the same for every network. It shows what the frozen \
         features are worth by themselves: a head that is not better adds nothing to them.",
    ),
];

pub(super) fn table_4(report: &Report, examined: &[Examined]) -> Markup {
    let note = "COVID-19 against the others, in %, with intervals; accuracy is that of all classes; precision is the PPV, recall the \
                sensitivity. The last columns: accuracy of the recurrent network less that of the row, and whether the printed row can be \
                true.";
    let mut sheet = Sheet::new("Table 4: without the recurrent layer", note).words("network");
    for name in ["accuracy", "precision", "recall", "F1", "recurrent less this"] {
        sheet = sheet.numbers(name);
    }
    sheet = sheet.words("can the printed row be true?");
    for printed in &ALL {
        for (role, name, _) in ROWS {
            let own = of_architecture(report, printed, role);
            let scores = printed_scores(printed, role);
            if own.is_none() && scores.is_none() {
                continue;
            }
            let [accuracy, precision, recall, f1] = of_covid(own);
            let cell = |value: Markup, of: fn(&PrintedScores) -> &'static str| match scores {
                Some(scores) => beside(&value, Some(of(scores))),
                None => value,
            };
            let verdict = examined.iter().find(|of| role == Role::Table4 && of.name == printed.name);
            sheet.push(vec![
                text(format!("{}, {name}", printed.name)),
                cell(accuracy, |scores| scores.accuracy),
                cell(precision, |scores| scores.precision),
                cell(recall, |scores| scores.recall),
                cell(f1, |scores| scores.f1),
                own.map_or_else(|| text("–"), |own| difference(report, printed, own)),
                text(verdict.map_or_else(|| "–".to_owned(), |of| of.verdict.conclusion())),
            ]);
        }
    }
    let shown = |role: Role| ALL.iter().any(|printed| of_architecture(report, printed, role).is_some());
    html! {
        (sheet)
        p {
            "By the paper's own tables InceptionV3 is less accurate with the recurrent layer (98.56 %, Table 3) than without it (99.13 %, \
            Table 4). Its text compares VGG19-RNN alone."
        }
        p { "What each comparison with the recurrent network can show:" }
        ul {
            @for (role, name, shows) in ROWS {
                @if !shows.is_empty() && (shown(role) || role == Role::Table4) { li { strong { (name) } ". " (shows) } }
            }
        }
    }
}

/// The printed scores of this row. Table 4 repeats VGG19-RNN's from Table 3.
fn printed_scores(printed: &PrintedNetwork, role: Role) -> Option<&PrintedScores> {
    match role {
        Role::Table4 => Some(&printed.plain),
        Role::Recurrent if printed.architecture == "vgg19" => {
            Some(&printed.classes[PrintedClass::Covid.row()])
        }
        _ => None,
    }
}

/// Accuracy of the recurrent network less that of this one, with interval and p-value.
fn difference(report: &Report, printed: &PrintedNetwork, own: &NetworkReport) -> Markup {
    let Some(recurrent) = of_architecture(report, printed, Role::Recurrent) else { return text("–") };
    if recurrent.name == own.name {
        return text("–");
    }
    let is_pair = |comparison: &&Comparison| {
        comparison.metric == Metric::Accuracy
            && comparison.first == recurrent.name
            && comparison.second == own.name
    };
    let Some(found) = report.comparisons.iter().find(is_pair) else { return text("not compared") };
    let percent = Form::Share(Percent::of(own.predictions.len() as u64));
    let p = found.p_in_words().unwrap_or_else(|| "no p-value".to_owned());
    let judged = report.verdict(found).is_some();
    html! {
        (percent.cell(Some(&found.difference)))
        " " span.sub { (p) @if !judged { "; no verdict" } }
    }
}

/// Accuracy, and precision, recall and F1 of COVID-19.
fn of_covid(network: Option<&NetworkReport>) -> [Markup; 4] {
    let Some(network) = network else { return [(); 4].map(|()| text("not in this run")) };
    let class = class(network, PrintedClass::Covid);
    let percent = Form::Share(Percent::of(network.predictions.len() as u64));
    let score = |score| match &class {
        None => text("no class COVID-19"),
        Some(class) => percent.cell(network.estimate(&Metric::Class(score, class.clone()))),
    };
    let accuracy: Option<&Estimate> = network.estimate(&Metric::Accuracy);
    [percent.cell(accuracy), score(ClassScore::Precision), score(ClassScore::Recall), score(ClassScore::F1)]
}
