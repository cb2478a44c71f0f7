//! Says verdicts in one sentence each.

use radiograph_input::Ablation;
use radiograph_metrics::Estimate;

use crate::{MEDIUM_EFFECT, Measurement, ModelScore, Probe, ProbeResult, Row, ThroughModel, Verdict};

/// The row that made a probe's verdict; of several, the one with the largest AUC.
fn decisive(probe: &ProbeResult) -> Option<(&Row, &Measurement)> {
    let rows = probe.rows.iter().filter_map(|row| Some((row, row.measurement.as_deref()?)));
    let same = |row: &Row| row.judgement.as_ref().is_some_and(|of| of.verdict == probe.verdict);
    let auc = |of: &Measurement| of.auc.score.unwrap_or(f64::NEG_INFINITY);
    rows.filter(|(row, _)| same(row)).max_by(|a, b| auc(a.1).total_cmp(&auc(b.1)))
}

/// The verdict on one probe.
pub(crate) fn of_probe(probe: &ProbeResult) -> String {
    let within = |row: &Row| match row.of.as_str() {
        "" => String::new(),
        of => format!(" {of}"),
    };
    match (probe.verdict, decisive(probe)) {
        (Verdict::Found, Some((row, of))) => {
            let against = match (&of.against_model, of.share_of_model()) {
                (Some(compared), Some(share)) => match compared.second_score {
                    Ok(model) => format!(
                        "; that is {:.0} % of what the model has above chance (AUC {model:.2})",
                        100.0 * share
                    ),
                    Err(_) => String::new(),
                },
                _ => String::new(),
            };
            format!("AUC {}{}{against}.", estimate(&of.auc), within(row))
        }
        (Verdict::NotFound, Some((row, of))) => {
            let detectable = row.judgement.as_ref().map_or(1.0, |of| of.detectable);
            format!(
                "AUC {}{}; an AUC of {detectable:.2} would have been found in four of five tries.",
                estimate(&of.auc),
                within(row)
            )
        }
        (_, decisive) => {
            let reasons = probe.rows.iter().filter_map(|row| {
                let judged = row.judgement.as_ref().and_then(|of| of.reason.as_ref());
                Some(format!("{}{}", row.unanswered.as_ref().or(judged)?, in_brackets(&row.of)))
            });
            let mut reasons: Vec<String> = reasons.collect();
            reasons.dedup();
            let measured = decisive
                .map_or_else(String::new, |(row, of)| format!(" (AUC {}{})", estimate(&of.auc), within(row)));
            format!("Cannot tell: {}{measured}.", reasons.join("; "))
        }
    }
}

fn in_brackets(of: &str) -> String {
    match of.strip_prefix("within ") {
        Some(class) => format!(" [{class}]"),
        None => String::new(),
    }
}

/// What a reader must know before a score.
pub(crate) fn of_all(probes: &[ProbeResult], model: Option<&ModelScore>) -> String {
    let auc = |of: &&ProbeResult| decisive(of).and_then(|(_, of)| of.auc.score.ok()).unwrap_or(0.0);
    let strongest = |tells_class: bool| {
        let found = probes.iter().filter(|of| of.verdict == Verdict::Found);
        found.filter(|of| of.probe.tells_class() == tells_class).max_by(|a, b| auc(a).total_cmp(&auc(b)))
    };
    let unsure: Vec<&str> =
        probes.iter().filter(|of| of.verdict == Verdict::CannotTell).map(|of| of.probe.name()).collect();
    if let Some((found, (_, measured))) = strongest(true).and_then(|of| Some((of, decisive(of)?))) {
        let model = match model.map(|model| (&model.name, &model.auc)) {
            Some((name, auc)) => format!(", {name} {}", estimate(auc)),
            None => String::new(),
        };
        return format!(
            "The class can be told without looking at lungs: a probe that sees only {} reaches an AUC of {}{model}. Until a \
             test at another place says otherwise, read every score as one of where pictures come from.",
            found.probe.knows(),
            estimate(&measured.auc),
        );
    }
    let also = match unsure[..] {
        [] => String::new(),
        _ => format!(" Cannot tell: {}.", unsure.join(", ")),
    };
    if let Some((found, (row, measured))) = strongest(false).and_then(|of| Some((of, decisive(of)?))) {
        let medium = if found.probe == Probe::SourceInFeatures { "features" } else { "pictures" };
        return format!(
            "The {medium} give away where they come from ({}: AUC {}), though no probe told the class from it here; a score \
             at another place may differ.{also}",
            row.of,
            estimate(&measured.auc),
        );
    }
    if unsure.is_empty() {
        let detectable = probes
            .iter()
            .flat_map(|of| &of.rows)
            .filter_map(|row| row.judgement.as_ref())
            .fold(0.5_f64, |most, of| most.max(of.detectable));
        return format!(
            "No shortcut was found: the intervals of all {} probes stay below an AUC of {MEDIUM_EFFECT:.2}, and an AUC of {detectable:.2} would have been found in four of five tries. A weaker shortcut is not excluded.",
            probes.len()
        );
    }
    let told = probes.len() - unsure.len();
    format!(
        "No shortcut was found, but this is no all-clear: {told} of {} probes could tell. Cannot tell: {}.",
        probes.len(),
        unsure.join(", ")
    )
}

/// What the model says of films without lungs, if it says more than chance.
pub(crate) fn of_ablations(model: &str, through: &ThroughModel) -> Option<String> {
    let without = through.after(Ablation::Lungs)?;
    let low = without.auc.interval.ok()?.low;
    (low > 0.5).then(|| {
        format!(
            "With the lungs painted over, {model} still reaches an AUC of {}; unchanged, {}.",
            estimate(&without.auc),
            through.unchanged.score.map_or_else(|_| "undefined".to_owned(), |score| format!("{score:.2}")),
        )
    })
}

/// `0.93 (0.90 to 0.95)`.
fn estimate(of: &Estimate) -> String {
    match (of.score, of.interval) {
        (Ok(score), Ok(interval)) => format!("{score:.2} ({:.2} to {:.2})", interval.low, interval.high),
        (Ok(score), Err(_)) => format!("{score:.2}"),
        (Err(reason), _) => format!("undefined ({reason})"),
    }
}
