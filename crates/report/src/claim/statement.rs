//! A sentence of a report, and where the page has more.

use crate::Report;

/// A sentence, and the section of the page that has more.
pub(crate) struct Statement {
    /// One or more sentences.
    pub(crate) text: String,
    /// Id of the section.
    pub(crate) place: &'static str,
}

pub(super) fn one(text: String, place: &'static str) -> Vec<Statement> {
    vec![Statement { text, place }]
}

pub(super) fn some(text: Option<String>, place: &'static str) -> Vec<Statement> {
    text.map_or_else(Vec::new, |text| one(text, place))
}

/// Settings whose keys begin so, each with its description.
pub(super) fn settings(report: &Report, keys: &[&str], place: &'static str) -> Vec<Statement> {
    let wanted =
        report.run.settings.iter().filter(|setting| keys.iter().any(|key| setting.key.starts_with(key)));
    let words: Vec<String> =
        wanted.map(|setting| format!("{}: {}", setting.description, setting.value)).collect();
    if words.is_empty() { Vec::new() } else { one(format!("{}.", words.join("; ")), place) }
}
