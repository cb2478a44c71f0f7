//! The section with Grad-CAM panels, as in figure 9 of the paper.

use maud::{Markup, html};

use crate::{
    Evidence, Panel, Report,
    number::{counted, listed},
};

/// Number of bytes that one panel takes besides its picture.
const CAPTION_BYTES: usize = 2_000;

/// Panels of all networks, as many as fit into `room` bytes.
pub(super) fn section(report: &Report, room: usize) -> Markup {
    if report.networks.iter().all(|network| network.panels.is_empty()) {
        return html! { p { "No heat maps were made in this run, so nothing shows where the networks looked." } };
    }
    let mut left = room;
    let mut taken = |panel: &Panel| {
        let texts = panel.image.len() + panel.alt.len() + panel.method.len() + panel.source.len();
        let bytes = panel.picture.bytes_in_page() + 6 * texts + CAPTION_BYTES;
        let fits = bytes <= left;
        if fits {
            left -= bytes;
        }
        fits
    };
    let shown: Vec<(&str, Vec<&Panel>, usize)> = report
        .networks
        .iter()
        .map(|network| {
            let panels: Vec<&Panel> = network.panels.iter().filter(|panel| taken(panel)).collect();
            let omitted = network.panels.len() - panels.len();
            (network.name.as_str(), panels, omitted)
        })
        .collect();
    html! {
        p {
            "Figure 9 of the paper. Each picture shows the image, the heat map with its colour scale, and one over the other: warm where the \
            evidence for the predicted class was. The scale reaches from no evidence, below, to the most in that image, above; colours of \
            two images cannot be compared. A map says where the network looked, not that it looked at disease: a share in the border, or \
            outside the body, well above that of an even map is a warning."
        }
        @let without = shown.iter().filter(|(_, panels, omitted)| panels.is_empty() && *omitted == 0).map(|(name, _, _)| *name);
        @let without = listed(without);
        @if !without.is_empty() { p { "No heat maps were made for " (without) "." } }
        @for (name, panels, omitted) in shown.iter().filter(|(_, panels, omitted)| !panels.is_empty() || *omitted > 0) {
            h3 { (name) }
            div.panels { @for panel in panels { (self::panel(panel)) } }
            @if *omitted > 0 {
                p { (counted(*omitted as u64, "panel")) " left out here to keep this page small; see the folder of the run." }
            }
        }
    }
}

fn panel(panel: &Panel) -> Markup {
    let (width, height) = panel.picture.size();
    let right = panel.truth == panel.predicted;
    html! {
        figure {
            img src=(panel.picture.data_address()) alt=(panel.alt) width=(width) height=(height);
            figcaption {
                b { (panel.predicted) " " (format!("{:.0} %", 100.0 * panel.probability)) }
                @if right { ", right" } @else { ", wrong: it is " (panel.truth) }
                ". " (panel.image) " from " (panel.source) ". " (panel.method) "."
                @if let Some(evidence) = &panel.evidence { " " (shares(evidence)) }
            }
        }
    }
}

/// Shares of the evidence, each beside that of an even map.
fn shares(evidence: &Evidence) -> String {
    let Some(in_border) = evidence.in_border else { return "No evidence to measure.".to_owned() };
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let mut words = format!(
        "Evidence in the outer border: {} (an even map: {})",
        percent(in_border),
        percent(evidence.border_area)
    );
    if let Some(outside) = evidence.outside_body {
        words.push_str(&format!("; outside the body: {}", percent(outside)));
        if let Some(area) = evidence.outside_area {
            words.push_str(&format!(" (an even map: {})", percent(area)));
        }
    }
    words + "."
}
