//! The audit for shortcuts: its verdict on the first screen, and the section with every probe.

use maud::{Markup, html};
use radiograph_audit::{Audit, Measurement, ProbeResult, Row, SMALLEST_GROUP, Verdict};

use super::{
    cells::estimate,
    drawn_small, elsewhere,
    table::{Sheet, text},
    through_model,
};
use crate::{Figures, Report, number::count};

/// The verdict, before any score: one sentence, and each probe with its verdict in words.
pub(super) fn verdict(report: &Report) -> Markup {
    let Some(audit) = &report.audit else { return html! {} };
    html! {
        section.audit aria-labelledby="about" {
            h2 id="about" { "Is the score about lungs?" }
            p { (audit.sentence) }
            ul.lights { @for probe in &audit.probes { li class={ "light " (class(probe.verdict)) } {
                (mark(probe.verdict)) " " strong { (probe.verdict) } " " span { (probe.probe) }
            } } }
            p.small { "What each probe sees, and its numbers: " a href="#lungs" { "About lungs?" } }
        }
    }
}

/// A sign that differs in its shape as well; screen readers read the word beside it.
fn mark(verdict: Verdict) -> Markup {
    let sign = match verdict {
        Verdict::Found => "▲",
        Verdict::CannotTell => "?",
        Verdict::NotFound => "○",
    };
    html! { span.mark aria-hidden="true" { (sign) } }
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Found => "found",
        Verdict::CannotTell => "unsure",
        Verdict::NotFound => "not-found",
    }
}

pub(super) fn section(report: &Report, figures: &Figures) -> Markup {
    let Some(audit) = &report.audit else {
        return html! { p {
            "No audit was made: nothing here says whether the classes can be told without looking at lungs."
        } };
    };
    html! {
        p { (audit.sentence) }
        @if let Some(figure) = &figures.audit {
            (drawn_small(figure, &html! {
                b { "What probes without lungs reach." } " Dot and line: AUC of a probe on the test images with its interval. Square: \
                the model. Gray bar: permuted labels, from their mean to what 95 % of them stay below."
            }))
        }
        (probes(audit))
        h3 { "Verdicts" }
        ul { @for probe in &audit.probes { li {
            (mark(probe.verdict)) " " strong { (probe.probe) ": " (probe.verdict) ". " } (probe.sentence)
            span.sub-line { " Sees " (probe.probe.knows()) "." }
        } } }
        (through_model::section(audit, figures))
        (elsewhere::section(audit))
        (subgroups(audit))
        @if !audit.notes.is_empty() {
            h3 { "Sources and classes" }
            ul { @for note in &audit.notes { li { (note) } } }
        }
        p.small.muted { (thresholds(audit)) }
    }
}

fn subgroups(audit: &Audit) -> Markup {
    let (Some(model), false) = (&audit.model, audit.subgroups.is_empty()) else { return html! {} };
    let label = format!("{}: macro AUC by group, and the gap between groups", model.name);
    let note = format!(
        "Images without a value are a group. Groups of fewer than {SMALLEST_GROUP} clusters have no score. Gap: largest less smallest AUC; \
         p by exchanging groups between clusters of the same class, corrected by Holm for all fields."
    );
    let mut sheet = Sheet::new(&label, &note)
        .words("field")
        .words("group")
        .numbers("images")
        .numbers("clusters")
        .numbers("AUC")
        .numbers("gap")
        .numbers("p");
    for of in &audit.subgroups {
        for (at, group) in of.groups.iter().enumerate() {
            let gap = of.gap.filter(|_| at == 0);
            sheet.push(vec![
                text(&of.field),
                text(group.group.as_deref().unwrap_or("unknown")),
                text(count(group.images as u64)),
                text(count(group.clusters as u64)),
                group.auc.as_ref().map_or_else(|| text("too few"), estimate),
                gap.map_or_else(|| text(""), |gap| text(format!("{:.2}", gap.value))),
                gap.map_or_else(|| text(""), |gap| text(format!("{:.3}", gap.adjusted_p_value))),
            ]);
        }
    }
    html! { h3 { "The model in subgroups" } (sheet) }
}

fn probes(audit: &Audit) -> Markup {
    let note = "Each probe is fitted on training images and scored once on test images; intervals and permutations keep clusters \
                whole. Permuted: mean AUC under permuted test labels; refitted: with training labels permuted too. Shows: the \
                smallest AUC that would have been found in four of five tries.";
    let mut sheet = Sheet::new("Probes that cannot see lungs", note)
        .words("probe")
        .words("verdict")
        .numbers("AUC")
        .numbers("accuracy")
        .numbers("most frequent label")
        .numbers("permuted")
        .numbers("refitted")
        .numbers("p")
        .numbers("shows")
        .numbers("test images");
    for probe in &audit.probes {
        for row in &probe.rows {
            sheet.push(cells(probe, row));
        }
    }
    if let Some(model) = &audit.model {
        let mut row = vec![
            html! { strong { (model.name) } },
            text("the model"),
            estimate(&model.auc),
            estimate(&model.accuracy),
        ];
        row.extend((0..5).map(|_| text("–")));
        row.push(text(count(audit.counts.test as u64)));
        sheet.push_total(row);
    }
    html! { (sheet) }
}

fn cells(probe: &ProbeResult, row: &Row) -> Vec<Markup> {
    let name = html! { (probe.probe) @if !row.of.is_empty() { " " span.sub { (row.of) } } };
    let verdict = match (&row.judgement, &row.unanswered) {
        (Some(judgement), _) => html! { (mark(judgement.verdict)) " " (judgement.verdict) },
        (None, Some(reason)) => html! { (mark(Verdict::CannotTell)) " cannot tell: " (reason) },
        (None, None) => text("–"),
    };
    let mut cells = vec![name, verdict];
    let Some(of) = row.measurement.as_deref() else {
        cells.extend((0..8).map(|_| text("–")));
        return cells;
    };
    cells.extend([
        estimate(&of.auc),
        estimate(&of.accuracy),
        text(format!("{:.2}", of.no_information_rate)),
        text(format!("{:.2}", of.null.mean)),
        refitted(of),
    ]);
    match &row.judgement {
        Some(judgement) => cells.extend([
            text(format!("{:.3}", judgement.adjusted_p_value)),
            text(if judgement.detectable > 1.0 {
                "nothing".to_owned()
            } else {
                format!("{:.2}", judgement.detectable)
            }),
        ]),
        None => cells.extend([text("–"), text("–")]),
    }
    cells.push(text(count(of.test as u64)));
    cells
}

fn refitted(of: &Measurement) -> Markup {
    match of.controls.len() {
        0 => text("–"),
        controls => text(format!("{:.2}", of.controls.iter().sum::<f64>() / controls as f64)),
    }
}

fn thresholds(audit: &Audit) -> String {
    format!(
        "Found: the p-value, corrected by Holm for all probes, is at most {:.2}, the AUC is at least {:.2}, and its interval is above \
         0.5. Not found: an AUC of {:.2} would have been found in four of five tries, and the interval stays below it. Everything \
         else is “cannot tell”. {} permutations, {} resamples. “Not found” is no proof of absence.",
        radiograph_audit::FALSE_ALARMS,
        radiograph_audit::SMALL_EFFECT,
        radiograph_audit::MEDIUM_EFFECT,
        audit.settings.permutations,
        audit.settings.replicates,
    )
}
