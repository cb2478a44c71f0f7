//! The page: one self-contained HTML document that loads nothing and runs nothing.
//!
//! Markup is written with `maud`, which escapes every text. Only the style sheet and the drawings of this crate are
//! inserted unescaped; the texts in drawings are escaped where they are drawn.

mod audit;
mod calibration;
mod data;
mod errors;
mod explanations;
mod glance;
mod paper;
mod record;
mod results;
mod subgroups;
mod table;
mod training;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{Error, Figure, Figures, Report};

/// Maximum size of a page, in bytes. Grad-CAM panels that would exceed it are left out, and the page gives their
/// number.
pub const MAX_PAGE_BYTES: usize = 15_000_000;

const STYLE: &str = include_str!("style.css");

/// A section of the page.
struct Section {
    id: &'static str,
    title: &'static str,
    body: Markup,
}

/// The whole document.
pub(crate) fn page(report: &Report, figures: &Figures) -> Result<String, Error> {
    let mut sections = vec![
        Section { id: "lungs", title: "About lungs?", body: audit::section(report, figures) },
        Section { id: "results", title: "How well", body: results::section(report, figures) },
        Section { id: "data", title: "On what", body: data::section(report) },
        Section { id: "errors", title: "Which errors", body: errors::section(report, figures) },
        Section { id: "calibration", title: "How sure", body: calibration::section(report, figures) },
        Section { id: "subgroups", title: "For whom", body: subgroups::section(report) },
        Section { id: "training", title: "How it was trained", body: training::section(report, figures) },
        Section { id: "paper", title: "Beside the paper", body: paper::section(report)? },
        Section { id: "record", title: "Record of the run", body: record::section(report) },
    ];
    // Pictures take what room the rest leaves; sections that come later in the page are counted first.
    let others: usize = sections.iter().map(|section| section.body.0.len()).sum();
    let room = MAX_PAGE_BYTES.saturating_sub(others + STYLE.len() + 100_000);
    let body = explanations::section(report, room);
    sections.insert(6, Section { id: "explanations", title: "Where it looked", body });
    Ok(without_control(document(report, &sections).into_string()))
}

fn document(report: &Report, sections: &[Section]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'";
                meta name="generator" content="radiograph-report";
                title { (report.run.name) " – radiograph report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                header { (glance::heading(report)) }
                main id="main" {
                    (glance::alarms(report))
                    (audit::verdict(report))
                    (glance::first_screen(report))
                    nav aria-label="Contents" {
                        ol { @for section in sections { li { a href={ "#" (section.id) } { (section.title) } } } }
                    }
                    @for section in sections {
                        section aria-labelledby={ (section.id) "-title" } id=(section.id) {
                            h2 id={ (section.id) "-title" } { (section.title) }
                            (section.body)
                        }
                    }
                }
                footer {
                    p {
                        strong { "Not a medical device." }
                        " Nothing on this page may be used to examine, diagnose or treat anyone. It shows how a computation \
                          behaved on a collection of images."
                    }
                    p.muted {
                        "Written by radiograph-report " (env!("CARGO_PKG_VERSION"))
                        ". The page holds everything it shows and loads nothing. Figures lie beside it in "
                        code { "figures/" } " as SVG and PNG."
                    }
                }
            }
        }
    }
}

/// The page without control characters, which texts may contain and HTML forbids, except for white space.
fn without_control(page: String) -> String {
    let forbidden = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    if page.contains(forbidden) { page.replace(forbidden, "\u{fffd}") } else { page }
}

/// A figure of this crate with a caption.
fn drawn(figure: &Figure, caption: &Markup) -> Markup {
    html! { figure { (PreEscaped(&figure.svg)) figcaption { (caption) } } }
}

/// A figure with a caption, as narrow as text.
fn drawn_small(figure: &Figure, caption: &Markup) -> Markup {
    html! { figure.wide { (PreEscaped(&figure.svg)) figcaption { (caption) } } }
}

/// Names as a list in words: `a`, `a and b`, `a, b and c`.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match &*names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
