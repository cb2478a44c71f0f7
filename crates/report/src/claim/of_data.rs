//! What a report says to the items on data.

use super::statement::{Statement, one, settings};
use crate::{
    Labels, Report,
    number::{count, counted, listed},
};

pub(super) fn sources(report: &Report) -> Vec<Statement> {
    let names = report.data.source_names();
    if names.is_empty() {
        return Vec::new();
    }
    let of = |name: &&str| {
        let licence = report.data.sources.iter().find(|source| source.source == *name);
        let licence = licence.and_then(|source| source.licence.as_deref()).unwrap_or("licence not recorded");
        format!("{name} ({licence})")
    };
    let names: Vec<String> = names.iter().map(of).collect();
    one(format!("{}.", listed(names.iter().map(String::as_str))), "data")
}

pub(super) fn selection(report: &Report) -> Vec<Statement> {
    let mut said =
        settings(report, &["input.fit", "data.one_per_picture", "data.max_per", "data.balance"], "data");
    if !said.is_empty() {
        said.extend(one(
            "No image and no part of one was chosen by hand within this program.".to_owned(),
            "",
        ));
    }
    said
}

pub(super) fn missing(report: &Report) -> Vec<Statement> {
    let unknown = report.leading().evaluation.of_unknown_patient as u64;
    let patients = match unknown {
        0 => "The patient of every test image is known".to_owned(),
        unknown => format!("The patient of {} is not known", counted(unknown, "test image")),
    };
    one(
        format!(
            "Nothing is imputed: images without a value of a field are a group of their own. {patients}."
        ),
        "subgroups",
    )
}

/// Numbers of images by the values of one field.
pub(super) fn of_field(report: &Report, field: &str) -> Vec<Statement> {
    let rows = report.data.characteristics.iter().filter(|row| row.field == field);
    let words: Vec<String> = rows
        .map(|row| {
            let value = row.value.as_deref().unwrap_or("unknown");
            format!("{value} {} in training and {} in test", count(row.training), count(row.test))
        })
        .collect();
    if words.is_empty() { Vec::new() } else { one(format!("{field}: {}.", words.join("; ")), "data") }
}

pub(super) fn labels(report: &Report) -> String {
    match report.run.labels {
        Labels::Given => "Classes are those that the sources give.".to_owned(),
        Labels::Permuted => "Labels were permuted at random: this run is a control.".to_owned(),
    }
}

pub(super) fn partitions(report: &Report) -> Vec<Statement> {
    let flow = &report.data.flow;
    let all = (flow.training + flow.test).max(1) as f64;
    let mut text = format!(
        "{} images train ({:.0} %) and {} test ({:.0} %)",
        count(flow.training),
        100.0 * flow.training as f64 / all,
        count(flow.test),
        100.0 * flow.test as f64 / all
    );
    if report.data.folds > 1 {
        text.push_str(&format!("; {} folds of the training images validate", report.data.folds));
    }
    let mut said = one(format!("{text}."), "data");
    said.extend(settings(report, &["data.split", "data.test_source"], "record"));
    if !report.data.warnings().is_empty() {
        said.extend(one("Classes and sources go together.".to_owned(), "data"));
    }
    said
}

pub(super) fn disjoint(report: &Report) -> Vec<Statement> {
    let mut said = one(format!("Kept together by {}.", report.data.grouped_by), "data");
    if let Some(certificate) = &report.data.certificate {
        said.extend(one(certificate.sentence.clone(), "data"));
    }
    said
}

pub(super) fn flow(report: &Report) -> Vec<Statement> {
    let flow = &report.data.flow;
    let left: Vec<String> = flow
        .left_out
        .iter()
        .map(|left| format!("{} {} ({})", count(left.images), left.kind, left.reason))
        .collect();
    let mut text = format!("{} images found", count(flow.found));
    if !left.is_empty() {
        text.push_str(&format!("; left out: {}", left.join("; ")));
    }
    text.push_str(&format!("; {} in training and {} in test", count(flow.training), count(flow.test)));
    if let Some(units) = &report.data.units {
        text.push_str(&format!(
            ", in {} and {} groups with {} and {} known patients",
            count(units.training_groups),
            count(units.test_groups),
            count(units.training_patients),
            count(units.test_patients)
        ));
    }
    one(format!("{text}."), "data")
}

pub(super) fn characteristics(report: &Report) -> Vec<Statement> {
    let mut fields: Vec<&str> = Vec::new();
    for row in &report.data.characteristics {
        if !fields.contains(&row.field.as_str()) {
            fields.push(&row.field);
        }
    }
    let mut said: Vec<Statement> = Vec::new();
    if !fields.is_empty() {
        said.extend(one(format!("By training and test: {}.", listed(fields)), "data"));
    }
    if !report.data.warnings().is_empty() {
        said.extend(one(format!("{}.", report.data.warnings().join("; ")), "data"));
    }
    said
}
