//! The section with scores in subgroups, including images without a value of the field.

use maud::{Markup, html};
use radiograph_metrics::{Subgroup, SubgroupTable};

use super::table::{Form, Sheet, text};
use crate::{NetworkReport, Report, number::count};

/// Networks and their tables of the same field, score and groups.
type Alike<'a> = Vec<(&'a NetworkReport, &'a SubgroupTable)>;

pub(super) fn section(report: &Report) -> Markup {
    let tables = alike(report);
    if tables.is_empty() {
        return html! {
            p { "No subgroups were scored: the test images have no field such as sex, age, view or source, or nobody asked." }
        };
    }
    html! {
        p {
            "Small groups have wide intervals, and this table tests no difference between groups. The section “About lungs?” tests the gap of the AUC, if the audit was given the model. Images without a value of the field are a \
            group of their own."
        }
        @for alike in &tables { (table(alike)) }
    }
}

/// Tables grouped by field, score and groups.
fn alike(report: &Report) -> Vec<Alike<'_>> {
    let groups = |table: &SubgroupTable| -> Vec<(String, usize, usize)> {
        let of = |group: &Subgroup| (group.group.to_string(), group.samples, group.clusters);
        table.groups.iter().map(of).collect()
    };
    let mut tables: Vec<Alike<'_>> = Vec::new();
    for network in &report.networks {
        for table in &network.subgroups {
            let same = tables.iter_mut().find(|alike| {
                let first = alike[0].1; // made with one entry
                first.field == table.field && first.metric == table.metric && groups(first) == groups(table)
            });
            match same {
                Some(alike) => alike.push((network, table)),
                None => tables.push(vec![(network, table)]),
            }
        }
    }
    tables
}

fn table(alike: &Alike<'_>) -> Markup {
    let first = alike[0].1; // made with one entry
    let label = format!("{} by {}", first.metric, first.field);
    let mut sheet = Sheet::new(&label, "With interval, shares in %; a column a network.")
        .words(&first.field)
        .numbers("images")
        .numbers("clusters")
        .words("by class");
    for (network, _) in alike {
        sheet = sheet.numbers(&network.name);
    }
    for (at, group) in first.groups.iter().enumerate() {
        let present = group.by_class.iter().filter(|(_, images)| *images > 0);
        let classes: Vec<String> = present.map(|(class, images)| format!("{class} {images}")).collect();
        let mut row = vec![
            text(group.group.to_string()),
            text(count(group.samples as u64)),
            text(count(group.clusters as u64)),
            text(classes.join(", ")),
        ];
        row.extend(alike.iter().map(|(_, table)| {
            Form::of(&table.metric, group.samples).cell(table.groups.get(at).map(|group| &group.estimate))
        }));
        sheet.push(row);
    }
    html! { (sheet) }
}
