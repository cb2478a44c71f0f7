//! The page: one self-contained HTML document that loads nothing and runs nothing.
//!
//! Markup is written with `maud`, which escapes every text. Only the style sheet and the drawings of this crate are
//! inserted unescaped; the texts in drawings are escaped where they are drawn.

mod audit;
mod calibration;
mod cells;
mod claim;
mod data;
mod elsewhere;
mod errors;
mod explanations;
mod glance;
mod paper;
mod record;
mod results;
mod spread;
mod subgroups;
mod table;
mod through_model;
mod training;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{Error, Figure, Figures, Report, claim::Claim, class_curves::ClassCurves};

/// Maximum size of a page, in bytes. Grad-CAM panels that would exceed it are left out, and the page gives their
/// number.
pub const MAX_PAGE_BYTES: usize = 15_000_000;

const STYLE: &str = include_str!("style.css");

/// Ids and titles of the sections, in order.
const SECTIONS: [(&str, &str); 11] = [
    ("lungs", "About lungs?"),
    ("results", "How well"),
    ("data", "On what"),
    ("errors", "Which errors"),
    ("calibration", "How sure"),
    ("subgroups", "For whom"),
    ("explanations", "Where it looked"),
    ("training", "How it was trained"),
    ("paper", "Beside the paper"),
    ("claim", "CLAIM checklist"),
    ("record", "Record of the run"),
];

/// A section of the page.
struct Section {
    id: &'static str,
    body: Markup,
}

/// The title of the section with this id.
fn title(id: &str) -> &'static str {
    SECTIONS.iter().find(|(known, _)| *known == id).map_or("", |(_, title)| title)
}

/// The whole document.
pub(crate) fn page(
    report: &Report,
    figures: &Figures,
    curves: &[ClassCurves],
    claim: &Claim,
) -> Result<String, Error> {
    let body = |id: &str| -> Result<Markup, Error> {
        Ok(match id {
            "lungs" => audit::section(report, figures),
            "results" => results::section(report, figures),
            "data" => data::section(report),
            "errors" => errors::section(report, figures),
            "calibration" => calibration::section(report, figures, curves),
            "subgroups" => subgroups::section(report),
            "training" => training::section(report, figures),
            "paper" => paper::section(report, figures)?,
            "claim" => claim::section(claim),
            "record" => record::section(report),
            // Pictures take what room the rest leaves.
            _ => html! {},
        })
    };
    let sections = SECTIONS.iter().map(|&(id, _)| Ok(Section { id, body: body(id)? }));
    let mut sections = sections.collect::<Result<Vec<_>, Error>>()?;
    let others: usize = sections.iter().map(|section| section.body.0.len()).sum();
    let room = MAX_PAGE_BYTES.saturating_sub(others + STYLE.len() + 100_000);
    for section in sections.iter_mut().filter(|section| section.id == "explanations") {
        section.body = explanations::section(report, room);
    }
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
                        ol { @for section in sections { li { a href={ "#" (section.id) } { (title(section.id)) } } } }
                    }
                    @for section in sections {
                        section aria-labelledby={ (section.id) "-title" } id=(section.id) {
                            h2 id={ (section.id) "-title" } { (title(section.id)) }
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
