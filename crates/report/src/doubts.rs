//! What makes the scores of a report doubtful, in sentences.

use radiograph_audit::Verdict;

use crate::{
    LeakVerdict, Report,
    number::{counted, listed},
};

/// Reasons to doubt the score, most serious first.
pub(crate) fn doubts(report: &Report) -> Vec<String> {
    let mut doubts = Vec::new();
    match report.audit.as_ref().map(|audit| audit.verdict) {
        None => {
            doubts.push("Nobody asked whether the classes can be told without looking at lungs.".to_owned());
        }
        Some(Verdict::Found) => doubts.push("The audit found a shortcut.".to_owned()),
        Some(Verdict::CannotTell) => doubts.push("The audit for shortcuts is no all-clear.".to_owned()),
        Some(Verdict::NotFound) => {}
    }
    let confounded = report.data.warnings().len();
    if confounded > 0 {
        let of = report.leading().predictions.classes().len();
        doubts.push(format!(
            "For {confounded} of {of} classes, (almost) all images come from one source: the score may be one of sources, not of disease."
        ));
    }
    match &report.data.certificate {
        None => doubts.push("Nobody looked for copies of test images in training.".to_owned()),
        Some(certificate) => {
            if certificate.leaks_to_test() {
                doubts.push("Test images have relatives in training.".to_owned());
            }
            if certificate.leaks_between_folds() {
                doubts.push(
                    "Folds leak into one another, so choices by validation scores are optimistic.".to_owned(),
                );
            }
            if let LeakVerdict::Inconclusive { .. } = certificate.verdict {
                doubts.push(certificate.sentence.clone());
            }
        }
    }
    if report.best.as_ref().is_some_and(|best| best.on_test) {
        doubts.push("The network was chosen on the test images, so its score there is too good.".to_owned());
    }
    let recorded = !report.data.counts.is_empty();
    if !recorded {
        doubts.push(
            "Sources were not recorded: nobody can say whether this is the score of disease or of sources."
                .to_owned(),
        );
    } else if report.data.unseen_sources().is_empty() {
        doubts.push(
            "Every source of test images was trained on: nothing here says how it does elsewhere.".to_owned(),
        );
    }
    let leading = &report.leading().name;
    let alike = report.comparisons.iter().filter(|comparison| {
        report.verdict(comparison) == Some(false)
            && (comparison.first == *leading || comparison.second == *leading)
    });
    let mut others: Vec<&str> = Vec::new();
    for comparison in alike {
        let other = if comparison.first == *leading { &comparison.second } else { &comparison.first };
        if !others.contains(&other.as_str()) {
            others.push(other);
        }
    }
    if !others.is_empty() {
        doubts.push(format!("Not distinguishable in some score from {}.", listed(others)));
    }
    let unknown = report.leading().evaluation.of_unknown_patient as u64;
    if unknown > 0 {
        doubts.push(format!(
            "The patient of {} is not known: if some show the same patient, intervals are too narrow.",
            counted(unknown, "test image")
        ));
    }
    doubts
}
