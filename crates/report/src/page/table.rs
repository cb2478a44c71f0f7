//! Tables for screen readers: a caption, and a heading for every column and every row.

use maud::{Markup, Render, html};
use radiograph_metrics::{Estimate, Metric, Score};

use crate::number::{decimals, percent_ends};

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

/// A score above its interval: in percent if the metric is a share, otherwise as a number.
pub(super) fn estimate_cell(metric: &Metric, estimate: Option<&Estimate>) -> Markup {
    let Some(estimate) = estimate else { return html! { span.undefined { "not computed" } } };
    match (estimate.score, estimate.interval) {
        (Ok(value), Ok(interval)) => {
            let (value, ends) = if metric.is_share() {
                (format!("{:.2}", 100.0 * value), percent_ends(&interval))
            } else {
                let [value, low, high] = decimals([value, interval.low, interval.high]);
                (value, format!("{low} to {high}"))
            };
            html! { (value) " " span.sub { (ends) (left_out(estimate)) } }
        }
        (Ok(_), Err(reason)) => {
            html! { (score_cell(metric, estimate.score)) " " span.sub.undefined { "no interval: " (reason) } }
        }
        (Err(_), _) => score_cell(metric, estimate.score),
    }
}

/// The share of resamples without the score, which the interval leaves out; empty up to 1 %.
fn left_out(estimate: &Estimate) -> String {
    estimate
        .undefined_share()
        .map_or_else(String::new, |share| format!("; undefined in {:.1} % of resamples", 100.0 * share))
}

/// A score: in percent without the sign if the metric is a share, otherwise as a number; or the reason why it is undefined.
pub(super) fn score_cell(metric: &Metric, score: Score) -> Markup {
    match score {
        Ok(value) if !metric.is_share() => {
            let [value] = decimals([value]);
            html! { (value) }
        }
        score => percent_cell(score),
    }
}

#[cfg(test)]
mod tests {
    use radiograph_metrics::Average;

    use super::*;

    #[test]
    fn areas_losses_and_correlations_are_not_in_percent() {
        let shown = |metric: Metric| score_cell(&metric, Ok(0.25)).into_string();
        for metric in [Metric::LogLoss, Metric::MatthewsCorrelation, Metric::AveragedAuc(Average::Macro)] {
            assert_eq!(shown(metric), "0.25");
        }
        for metric in [Metric::Accuracy, Metric::BalancedAccuracy] {
            assert_eq!(shown(metric), "25.00");
        }
    }
}
