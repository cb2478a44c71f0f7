//! The final report of the released program: the right scores under exchanged names of classes.

use maud::{Markup, html};
use radiograph_metrics::{ClassScore, Metric};

use super::{
    super::table::{Form, Sheet, text},
    own::class,
};
use crate::{NetworkReport, Report, Role, number::Percent, paper::PrintedClass};

/// Name of the preset that follows the released program.
const PRESET: &str = "released-code";

/// The name under which the released program prints the scores of a class. Its loader numbers the classes by their folders, in
/// alphabetical order: covid, normal, pneumonia. Its report, ROC and precision-recall curves name the same numbers normal, covid,
/// pneumonia.
fn printed_as(class: PrintedClass) -> PrintedClass {
    match class {
        PrintedClass::Covid => PrintedClass::Normal,
        PrintedClass::Normal => PrintedClass::Covid,
        PrintedClass::Pneumonia => PrintedClass::Pneumonia,
    }
}

/// Scores of each recurrent network by the names of the released program; nothing in runs of other presets.
pub(super) fn table(report: &Report) -> Markup {
    if report.run.preset != PRESET {
        return html! {};
    }
    let note = "On the same predictions, in %. The released program prints the right scores under the wrong names: what it calls COVID-19 \
                are the normal images, and the other way round. Everywhere else on this page, names are those of the classes.";
    let mut sheet = Sheet::new("The released program's own report: exchanged names of classes", note)
        .words("network and printed name")
        .words("class that it is")
        .numbers("precision printed")
        .numbers("recall printed")
        .numbers("recall of that name in truth");
    for network in report.networks.iter().filter(|network| network.role == Role::Recurrent) {
        for named in PrintedClass::ALL {
            sheet.push(row(network, named));
        }
    }
    html! { (sheet) }
}

fn row(network: &NetworkReport, named: PrintedClass) -> Vec<Markup> {
    // Exchanging twice gives the name back.
    let is = printed_as(named);
    let percent = Form::Share(Percent::of(network.predictions.len() as u64));
    let score = |score, of: PrintedClass| match class(network, of) {
        Some(class) => percent.cell(network.estimate(&Metric::Class(score, class))),
        None => text("no such class"),
    };
    vec![
        text(format!("{}, {}", network.name, named.name())),
        text(is.name()),
        score(ClassScore::Precision, is),
        score(ClassScore::Recall, is),
        score(ClassScore::Recall, named),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lists of the released program: `covid, normal, pneumonia` are the folders, `normal, covid, pneumonia` the names.
    #[test]
    fn names_are_exchanged_as_the_released_program_does() {
        let folders = [PrintedClass::Covid, PrintedClass::Normal, PrintedClass::Pneumonia];
        let names = [PrintedClass::Normal, PrintedClass::Covid, PrintedClass::Pneumonia];
        assert_eq!(folders.map(printed_as), names);
        assert_eq!(names.map(printed_as), folders);
    }
}
