//! Tables for screen readers: a caption, and a heading for every column and every row.

use maud::{Markup, Render, html};
use radiograph_metrics::{Estimate, Score};

use crate::number::percent_ends;

/// A table. The first column names the rows.
pub(super) struct Sheet {
    caption: Markup,
    /// Accessible name of the scrolling region.
    label: String,
    columns: Vec<(String, bool)>,
    rows: Vec<(Vec<Markup>, bool)>,
}

impl Sheet {
    /// A table with this name.
    pub(super) fn new(label: &str, note: &str) -> Self {
        let caption = html! { (label) @if !note.is_empty() { small { (note) } } };
        Self { caption, label: label.to_owned(), columns: Vec::new(), rows: Vec::new() }
    }

    /// Adds a column of words.
    pub(super) fn words(mut self, name: &str) -> Self {
        self.columns.push((name.to_owned(), false));
        self
    }

    /// Adds a column of numbers.
    pub(super) fn numbers(mut self, name: &str) -> Self {
        self.columns.push((name.to_owned(), true));
        self
    }

    /// Adds a row.
    pub(super) fn push(&mut self, cells: Vec<Markup>) {
        self.rows.push((cells, false));
    }

    /// Adds a row that sums up the rows above.
    pub(super) fn push_total(&mut self, cells: Vec<Markup>) {
        self.rows.push((cells, true));
    }
}

impl Render for Sheet {
    fn render(&self) -> Markup {
        let class = |at: usize| self.columns.get(at).is_some_and(|column| column.1).then_some("n");
        html! {
            div.scroll tabindex="0" role="region" aria-label=(self.label) {
                table {
                    caption { span { (self.caption) } }
                    thead {
                        tr { @for (name, number) in &self.columns { th scope="col" class=[number.then_some("n")] { (name) } } }
                    }
                    tbody {
                        @for (cells, total) in &self.rows {
                            tr class=[total.then_some("total")] {
                                @for (at, cell) in cells.iter().enumerate() {
                                    @if at == 0 { th scope="row" { (cell) } }
                                    @else { td class=[class(at)] { (cell) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A cell of text.
pub(super) fn text(text: impl AsRef<str>) -> Markup {
    html! { (text.as_ref()) }
}

/// A score in percent without the sign, or the reason why it is undefined.
pub(super) fn percent_cell(score: Score) -> Markup {
    match score {
        Ok(value) => html! { (format!("{:.2}", 100.0 * value)) },
        Err(reason) => html! { span.undefined { "undefined: " (reason) } },
    }
}

/// A score as a number with four decimals, or the reason why it is undefined.
pub(super) fn plain_cell(score: Score) -> Markup {
    match score {
        Ok(value) => html! { (format!("{value:.4}")) },
        Err(reason) => html! { span.undefined { "undefined: " (reason) } },
    }
}

/// A score in percent above its interval.
pub(super) fn estimate_cell(estimate: Option<&Estimate>) -> Markup {
    let Some(estimate) = estimate else { return html! { span.undefined { "not computed" } } };
    html! {
        (percent_cell(estimate.score))
        @if estimate.score.is_ok() {
            @match estimate.interval {
                Ok(interval) => { " " span.sub { (percent_ends(&interval)) (left_out(estimate)) } }
                Err(reason) => { " " span.sub.undefined { "no interval: " (reason) } }
            }
        }
    }
}

/// A score with this name above its interval: in percent if it is a share, otherwise as a number.
pub(super) fn named_cell(metric: &str, estimate: Option<&Estimate>) -> Markup {
    match estimate {
        Some(estimate) if !is_share(metric) => html! {
            (plain_cell(estimate.score))
            @if let Ok(interval) = estimate.interval {
                " " span.sub { (format!("{:.4} to {:.4}", interval.low, interval.high)) (left_out(estimate)) }
            }
        },
        estimate => estimate_cell(estimate),
    }
}

/// The share of resamples without the score, which the interval leaves out; empty up to 1 %.
fn left_out(estimate: &Estimate) -> String {
    estimate
        .undefined_share()
        .map_or_else(String::new, |share| format!("; undefined in {:.1} % of resamples", 100.0 * share))
}

/// A score with this name: in percent if it is a share, otherwise as a number.
pub(super) fn named_score(metric: &str, score: Score) -> Markup {
    if is_share(metric) { percent_cell(score) } else { plain_cell(score) }
}

/// Whether a score is a share, which is shown in percent. Correlations, losses and Brier scores are not.
fn is_share(metric: &str) -> bool {
    ["log loss", "Brier", "MCC", "kappa", "ECE", "MCE", "calibration"]
        .iter()
        .all(|other| !metric.contains(other))
}

#[cfg(test)]
mod tests {
    use radiograph_metrics::{Average, Bins, CalibrationNorm, Metric};

    use super::*;

    #[test]
    fn losses_and_correlations_are_not_written_in_percent() {
        let calibration = Metric::CalibrationError(Bins::GUO, CalibrationNorm::Mean);
        let others =
            [Metric::LogLoss, Metric::Brier, Metric::MatthewsCorrelation, Metric::CohenKappa, calibration];
        assert!(others.iter().all(|metric| !is_share(&metric.to_string())));
        let shares = [Metric::Accuracy, Metric::BalancedAccuracy, Metric::AveragedAuc(Average::Macro)];
        assert!(shares.iter().all(|metric| is_share(&metric.to_string())));
        assert_eq!(named_score("log loss", Ok(0.25)).into_string(), "0.2500");
        assert_eq!(named_score("accuracy", Ok(0.25)).into_string(), "25.00");
    }
}
