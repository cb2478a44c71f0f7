//! What a report says to each item of the checklist.

use super::{
    Answer, Item, of_data, of_model, of_results,
    statement::{Statement, one, settings},
};
use crate::Report;

/// The answer to one item.
pub(super) fn answer(report: &Report, item: &'static Item) -> Answer {
    let said = said(report, item.number);
    let not_applicable = match item.number {
        // A run of several folds that tests one model says so in its settings.
        27 => report.setting("training.tested_model").is_some() && said.is_empty(),
        31 => report.networks.iter().all(|network| network.panels.is_empty()),
        _ => false,
    };
    let blank = match item.number {
        20 if report.data.certificate.is_none() => {
            "Whether images of one patient are in two parts: it was not looked at."
        }
        10 | 27 if said.is_empty() && !not_applicable => "The run did not record it.",
        23 | 29 | 38 if said.is_empty() => "The run did not record it.",
        23 if report.run.versions.iter().all(|(name, _)| name != "libtorch") => {
            "Versions of libtorch, the operating system and drivers."
        }
        _ if not_applicable => "",
        _ => item.authors,
    };
    Answer { item, said, blank, not_applicable }
}

fn said(report: &Report, number: u8) -> Vec<Statement> {
    let leading = report.leading();
    match number {
        1 => {
            one(format!("Transfer learning: a frozen convolutional network and {}.", leading.head), "results")
        }
        2 => one("The first screen has data, parts, scores with intervals, and doubts.".to_owned(), ""),
        7 => of_data::sources(report),
        8 => settings(report, &["data.views", "data.ages", "data.licences", "data.classes"], "data"),
        9 => settings(report, &["input."], "record"),
        10 => of_data::selection(report),
        11 => settings(report, &["data.identifiers"], "record"),
        12 => of_data::missing(report),
        13 => of_data::of_field(report, "view"),
        14 => one(of_data::labels(report), "data"),
        17 => {
            one("Test images have the labels of their sources, as training images have.".to_owned(), "data")
        }
        19 => of_data::partitions(report),
        20 => of_data::disjoint(report),
        21 => of_results::precision(leading),
        22 => of_model::model(report).into_iter().chain(settings(report, &["head."], "record")).collect(),
        23 => of_model::software(report),
        24 => of_model::weights(report),
        25 => settings(report, &["training."], "training"),
        26 => of_model::choice(report),
        27 => of_model::ensemble(report),
        28 => one(of_results::metrics(leading), "results"),
        29 => one(of_results::uncertainty(report), "results"),
        30 => of_model::robustness(report),
        31 => of_model::explanations(report),
        32 => of_model::internal(leading),
        33 => of_results::external(report),
        35 => of_data::flow(report),
        36 => of_data::characteristics(report),
        37 => of_results::performance(report),
        38 => of_results::diagnostic(leading),
        39 => of_results::errors(leading),
        40 => of_results::limitations(report),
        42 => one("The page has every setting of the run, and hashes of its files.".to_owned(), "record"),
        43 => one(
            "The run folder names every image by source and hash, and the weights by hash.".to_owned(),
            "record",
        ),
        _ => Vec::new(),
    }
}
