//! The trained model on changed test images: its AUC without the centre, the lungs or the corners, and where its evidence lies.

use maud::{Markup, html};
use radiograph_audit::{Audit, ThroughModel};

use super::{
    cells::{difference, estimate},
    drawn_small,
    table::{Sheet, text},
};
use crate::{Figures, number::count};

pub(super) fn section(audit: &Audit, figures: &Figures) -> Markup {
    let (Some(through), Some(model)) = (&audit.through_model, &audit.model) else { return html! {} };
    html! {
        h3 { "The model on changed films" }
        p {
            (count(through.images as u64)) " test images went through " (model.name) " again, changed. A score that stays does not need \
            the part that is gone, though the model may use it where it is there. A score that falls may have been read from it, or the \
            changed film is unlike those of training. The outline of what \
            is removed still shows. "
            (lungs(through))
        }
        @if let Some(figure) = &figures.ablations {
            (drawn_small(figure, &html! {
                b { "What is left of the score." } " Dot and line: AUC on changed test images with its interval. Square: the same images, \
                unchanged."
            }))
        }
        (ablations(through))
        (pointing(through))
    }
}

fn lungs(through: &ThroughModel) -> String {
    match through.images - through.masked {
        0 => "Lungs are those of masks.".to_owned(),
        estimated => format!(
            "The lungs of {estimated} films are estimated by an outline that is fitted to the film; on 198 films with masks its mean Dice \
             coefficient was 0.83."
        ),
    }
}

fn ablations(through: &ThroughModel) -> Markup {
    let mean = through.mean_over_shares.map_or_else(String::new, |mean| {
        format!(" Mean AUC over the share of the centre that is removed: {mean:.2}.")
    });
    let note = format!(
        "What is removed becomes the mean gray of what is left. Histogram: every film gets the gray values of all sources together. Drop: \
         AUC unchanged less AUC changed; kept: share of the AUC above 0.5 that is left.{mean}"
    );
    let mut sheet = Sheet::new("The model without parts of the film", &note)
        .words("change")
        .numbers("removed")
        .numbers("AUC")
        .numbers("accuracy")
        .numbers("drop")
        .numbers("kept");
    for of in &through.ablations {
        sheet.push(vec![
            text(of.ablation.name()),
            text(format!("{:.0} %", 100.0 * of.removed)),
            estimate(&of.auc),
            estimate(&of.accuracy),
            of.drop.map_or_else(|| text("–"), |drop| difference(&drop)),
            of.kept.map_or_else(|| text("–"), |kept| text(format!("{:.0} %", 100.0 * kept))),
        ]);
    }
    html! { (sheet) }
}

fn pointing(through: &ThroughModel) -> Markup {
    if through.pointing.is_empty() {
        return html! { p { "Where the evidence lies cannot be told: no heat map of these films shows any." } };
    }
    let note = "Mean share of a heat map's evidence in a part of the film, beside the part's share of the area, which is that of an even map. \
                More: evidence less area, with its interval from resampling clusters.";
    let mut sheet = Sheet::new("Where the evidence lies", note)
        .words("part")
        .words("maps of")
        .numbers("images")
        .numbers("evidence")
        .numbers("even map")
        .numbers("more");
    for of in &through.pointing {
        sheet.push(vec![
            text(of.place.name()),
            text(of.of.name()),
            text(count(of.images as u64)),
            text(format!("{:.2}", of.mass)),
            text(format!("{:.2}", of.area)),
            difference(&of.excess),
        ]);
    }
    html! { (sheet) }
}
