//! The section on the data: use of the images, sources of each class, and leaks.

use maud::{Markup, html};

use super::table::{Sheet, text};
use crate::{Certificate, LeakVerdict, Report, number::count};

pub(super) fn section(report: &Report) -> Markup {
    html! {
        (flow(report))
        (characteristics(report))
        @if let Some(sentence) = &report.data.precision { p { "Known before training: " (sentence) } }
        h3 { "Where each class comes from" }
        (sources(report))
        h3 { "Leaks between training and test" }
        @match &report.data.certificate {
            Some(certificate) => (self::certificate(certificate, &report.data.grouped_by)),
            None => div.warning { p {
                strong { "Not checked." } " Nobody looked whether test images, or others of the same patients, are in training."
            } },
        }
        (origins(report))
        @if !report.data.unbalanced.is_empty() {
            h3 { "What could not be balanced" }
            ul { @for sentence in &report.data.unbalanced { li { (sentence) } } }
        }
    }
}

fn flow(report: &Report) -> Markup {
    let flow = &report.data.flow;
    let mut sheet = Sheet::new("From what was found to what was used", "")
        .words("step")
        .words("reason")
        .numbers("images");
    sheet.push(vec![text("found"), text("everything that the sources hold"), text(count(flow.found))]);
    for left in &flow.left_out {
        sheet.push(vec![text(&left.kind), text(&left.reason), text(format!("−{}", count(left.images)))]);
    }
    let folds = match report.data.folds {
        0 | 1 => "trains".to_owned(),
        folds => format!("trains and validates, {folds} folds"),
    };
    sheet.push_total(vec![text("used"), text(""), text(count(flow.training + flow.test))]);
    sheet.push(vec![text("training"), text(folds), text(count(flow.training))]);
    sheet.push(vec![text("test"), text("tests, and does nothing else"), text(count(flow.test))]);
    html! { (sheet) }
}

/// Who was imaged, by part.
fn characteristics(report: &Report) -> Markup {
    let data = &report.data;
    if data.characteristics.is_empty() && data.units.is_none() {
        return html! {};
    }
    let note = "As the sources state it. Groups are what the split keeps together.";
    let mut sheet = Sheet::new("Who is in which part", note)
        .words("characteristic")
        .words("value")
        .numbers("training")
        .numbers("test");
    if let Some(units) = &data.units {
        let row = |name: &str, training, test| {
            vec![text(name), text("number"), text(count(training)), text(count(test))]
        };
        sheet.push(row("groups", units.training_groups, units.test_groups));
        sheet.push(row("known patients", units.training_patients, units.test_patients));
    }
    let of_part = |images: u64, all: u64| {
        let share = 100.0 * images as f64 / all.max(1) as f64;
        html! { (count(images)) " " span.sub { (format!("{share:.0} %")) } }
    };
    for row in &data.characteristics {
        sheet.push(vec![
            text(&row.field),
            text(row.value.as_deref().unwrap_or("unknown")),
            of_part(row.training, data.flow.training),
            of_part(row.test, data.flow.test),
        ]);
    }
    html! { h3 { "Who was imaged" } (sheet) }
}

fn sources(report: &Report) -> Markup {
    let (data, names) = (&report.data, report.data.source_names());
    if names.is_empty() {
        return html! { div.warning { p { strong { "Not recorded." } " Without it no score can be told from one of sources." } } };
    }
    let note = "Images used, of which so many test.";
    let mut sheet = Sheet::new("Classes and sources", note).words("class");
    for name in &names {
        sheet = sheet.numbers(name);
    }
    for class in data.classes() {
        let mut row = vec![text(class)];
        row.extend(names.iter().map(|source| match data.count(class, source) {
            (0, 0) => html! { span.muted { "0" } },
            (training, test) => html! { (count(training + test)) " " span.sub { (count(test)) " test" } },
        }));
        sheet.push(row);
    }
    let warnings = data.warnings();
    html! {
        (sheet)
        @if !warnings.is_empty() {
            div.warning {
                p { strong { "Classes and sources go together." } " Grouping removes leaks, not this. The scores of these classes may be \
                    scores of the source (its machines, its patients' ages, its file format):" }
                ul { @for warning in &warnings { li { (warning) "." } } }
            }
        } @else if names.len() == 1 {
            p { "All images come from one source: it cannot give a class away, and nothing shows how the network does elsewhere." }
        }
    }
}

fn certificate(certificate: &Certificate, grouped_by: &str) -> Markup {
    let contrast = certificate.checks.iter().any(|check| check.image_by_image.is_some());
    let mut sheet = Sheet::new("What was looked for", "")
        .words("between training and test")
        .numbers("found")
        .numbers("among");
    if contrast {
        sheet = sheet.numbers("if split image by image");
    }
    for check in &certificate.checks {
        let mut row = vec![text(&check.what), text(count(check.found)), text(count(check.among))];
        if contrast {
            row.push(check.image_by_image.map_or_else(|| text("not counted"), |found| text(count(found))));
        }
        sheet.push(row);
    }
    html! {
        p {
            "The split keeps together: " (grouped_by) ". "
            @match certificate.verdict {
                LeakVerdict::Clean => span.verdict-clean { (certificate.sentence) },
                _ => span.verdict-found { (certificate.sentence) },
            }
            @if certificate.leaks_to_test() { " Test scores are too good." }
            @if certificate.leaks_between_folds() { " Validation scores are too good." }
        }
        (sheet)
        @if !certificate.pretraining.is_empty() {
            p { "Test films among those that the networks were trained on before:" }
            ul { @for (network, films) in &certificate.pretraining { li { (network) ": " (films) "." } } }
        }
        @if !certificate.limits.is_empty() {
            p { "What these checks cannot see:" }
            ul { @for limit in &certificate.limits { li { (limit) } } }
        }
        @if let Some(hash) = &certificate.hash { p.small { "Leakage report, SHA-256 " span.hash { (hash.to_string()) } } }
    }
}

fn origins(report: &Report) -> Markup {
    if report.data.sources.is_empty() {
        return html! {};
    }
    // A run records no origins; a report made by another program may.
    let has_origins = report.data.sources.iter().any(|source| source.origin.is_some());
    let mut sheet = Sheet::new("Sources", "").words("source").words("licence");
    if has_origins {
        sheet = sheet.words("from");
    }
    for source in &report.data.sources {
        let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "not recorded".to_owned());
        let mut row = vec![text(&source.source), text(or(&source.licence))];
        row.extend(has_origins.then(|| text(or(&source.origin))));
        sheet.push(row);
    }
    html! { details { summary { "Licences" @if has_origins { " and origins" } " of the sources" } (sheet) } }
}
