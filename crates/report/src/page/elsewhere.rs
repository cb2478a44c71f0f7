//! The part of the audit on sources and places that the model or a probe never saw.

use maud::{Markup, html};
use radiograph_audit::{Audit, External};

use super::{
    cells::{difference, estimate, p_cell},
    table::{Form, Sheet, text},
};
use crate::number::count;

pub(super) fn section(audit: &Audit) -> Markup {
    if audit.elsewhere.is_empty() && audit.external.is_empty() {
        return html! {};
    }
    let note = "AUC of a linear probe on the frozen features, for the classes that the source shares with the others. There: on all its \
                images, by a probe that never saw it nor its patients. At home: on the test part, by a probe of as many images of all sources. \
                An external test is one of the model itself.";
    let mut sheet = Sheet::new("Each source left out in turn", note)
        .words("source")
        .words("classes")
        .numbers("images there")
        .numbers("there")
        .numbers("at home")
        .numbers("drop");
    for of in &audit.elsewhere {
        let mut row = vec![text(&of.source)];
        match (&of.scores, &of.unanswered) {
            (Some(scores), _) => row.extend([
                text(of.classes.join(", ")),
                text(count(scores.images as u64)),
                estimate(&scores.away),
                estimate(&scores.home),
                difference(&scores.drop),
            ]),
            (None, reason) => {
                let reason = reason.as_ref().map(ToString::to_string).unwrap_or_default();
                row.push(html! { span.undefined { "cannot tell: " (reason) } });
                row.extend((0..4).map(|_| text("–")));
            }
        }
        sheet.push(row);
        if let Some(head) = &of.head {
            sheet.push(vec![
                html! { span.sub { "the model's head" } },
                text(of.classes.join(", ")),
                text(count(head.images as u64)),
                estimate(&head.away),
                estimate(&head.home),
                difference(&head.drop),
            ]);
        }
    }
    for of in &audit.external {
        sheet.push(vec![
            html! { (of.sources.join(", ")) " " span.sub { "external test of " (of.model) } },
            text("all"),
            text(count(of.images as u64)),
            estimate(&of.away),
            estimate(&of.home),
            of.drop().map_or_else(|| text("–"), |drop| estimate(&drop.difference)),
        ]);
    }
    html! {
        h3 { "At a source that was never seen" }
        (sheet)
        @for of in audit.external.iter().filter(|of| !of.differences.is_empty()) { (external(of)) }
    }
}

/// Every score of an external test beside that at home.
fn external(test: &External) -> Markup {
    let label = format!("{} at home and elsewhere: {}", test.model, test.sources.join(", "));
    let mut note = "Difference: at home less elsewhere, with an interval from the two intervals. The last p is corrected by Holm for all \
                    scores of one kind; shares are in percent."
        .to_owned();
    if test.also_at_home > 0 {
        note += &format!(
            " {} of the {} images are in the test part at home too, so the tests do not hold.",
            count(test.also_at_home as u64),
            count(test.images as u64)
        );
    }
    let mut sheet = Sheet::new(&label, &note)
        .words("score")
        .numbers("at home")
        .numbers("elsewhere")
        .numbers("difference")
        .numbers("p")
        .numbers("p (Holm)");
    let plain = test.differences.iter().map(|of| (of, ""));
    let scaled = test.calibrated.iter().map(|of| (of, ", temperature scaled"));
    for (of, after) in plain.chain(scaled) {
        let form = Form::of(&of.metric, test.images);
        sheet.push(vec![
            text(format!("{}{after}", of.metric)),
            form.cell(Some(&of.first)),
            form.cell(Some(&of.second)),
            form.cell(Some(&of.difference)),
            p_cell(of.p_value),
            of.adjusted_p_value.map_or_else(|| text("–"), |p| p_cell(Ok(p))),
        ]);
    }
    html! { (sheet) }
}
