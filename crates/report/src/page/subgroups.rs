//! Scores in subgroups, those of whom a field is missing among them.

use maud::{Markup, html};
use radiograph_metrics::SubgroupTable;

use super::table::{Sheet, estimate_cell, text};
use crate::{NetworkReport, Report, number::count};

pub(super) fn section(report: &Report) -> Markup {
    if report.networks.iter().all(|network| network.subgroups.is_empty()) {
        return html! { p { "No subgroups were scored: this run has no fields such as sex, age, view or source for its test images, or was not asked." } };
    }
    html! {
        p { "Small groups have wide intervals; differences between groups were not tested. Groups without a value of the field are listed as missing." }
        @for network in &report.networks {
            @for subgroups in &network.subgroups { (table(network, subgroups)) }
        }
    }
}

fn table(network: &NetworkReport, subgroups: &SubgroupTable) -> Markup {
    let label = format!("{}: {} by {}", network.name, subgroups.metric, subgroups.field);
    let mut sheet = Sheet::new(&label, "In %, with interval.")
        .words(&subgroups.field)
        .numbers("images")
        .numbers("patients")
        .words("by class")
        .numbers(&subgroups.metric);
    for group in &subgroups.groups {
        let classes: Vec<String> = group
            .by_class
            .iter()
            .filter(|(_, images)| *images > 0)
            .map(|(class, images)| format!("{class} {images}"))
            .collect();
        sheet.push(vec![
            text(group.group.to_string()),
            text(count(group.samples as u64)),
            text(count(group.patients as u64)),
            text(classes.join(", ")),
            estimate_cell(Some(&group.estimate)),
        ]);
    }
    html! { (sheet) }
}
