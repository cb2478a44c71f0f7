//! Tables for screen readers: a caption, and a heading for every column and every row.

use maud::{Markup, Render, html};
use radiograph_metrics::{Estimate, Interval, Metric, Score};

use crate::number::{Percent, decimals};

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
    // On a phone, rows become cards (style.css). The roles keep it a table for screen readers, whatever it looks like.
    fn render(&self) -> Markup {
        let class = |at: usize| self.columns.get(at).is_some_and(|column| column.1).then_some("n");
        let name = |at: usize| self.columns.get(at).map(|column| column.0.as_str());
        html! {
            div.scroll tabindex="0" role="region" aria-label=(self.label) {
                table role="table" {
                    caption { span { (self.caption) } }
                    thead role="rowgroup" {
                        tr role="row" {
                            @for (name, number) in &self.columns {
                                th scope="col" role="columnheader" class=[number.then_some("n")] { (name) }
                            }
                        }
                    }
                    tbody role="rowgroup" {
                        @for (cells, total) in &self.rows {
                            tr role="row" class=[total.then_some("total")] {
                                @for (at, cell) in cells.iter().enumerate() {
                                    @if at == 0 { th scope="row" role="rowheader" { (cell) } }
                                    @else { td role="cell" class=[class(at)] data-name=[name(at)] { span.v { (cell) } } }
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

/// The form in which a score is written.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// A share, in percent without the sign.
    Share(Percent),
    /// An area or a correlation, with two decimals, and more near 0 and 1.
    Area,
    /// A loss or an error, with three decimals.
    Loss,
    /// A coefficient, such as a slope, with two decimals.
    Coefficient,
}

impl Form {
    /// The form of a metric, counted over this number of images.
    pub(super) fn of(metric: &Metric, images: usize) -> Self {
        match metric {
            metric if metric.is_share() => Self::Share(Percent::of(images as u64)),
            Metric::LogLoss | Metric::Brier | Metric::CalibrationError(..) => Self::Loss,
            _ => Self::Area,
        }
    }

    /// A value.
    pub(super) fn value(self, value: f64) -> String {
        match self {
            Self::Share(percent) => percent.value(value),
            Self::Area => decimals([value]).concat(),
            Self::Loss => format!("{value:.3}"),
            Self::Coefficient => format!("{value:.2}"),
        }
    }

    /// A value and the ends of its interval, with the same number of decimals.
    fn with_ends(self, value: f64, interval: &Interval) -> [String; 3] {
        let all = [value, interval.low, interval.high];
        if matches!(self, Self::Area) { decimals(all) } else { all.map(|value| self.value(value)) }
    }

    /// A score, or the reason why it is undefined.
    pub(super) fn score(self, score: Score) -> Markup {
        match score {
            Ok(value) => html! { (self.value(value)) },
            Err(reason) => html! { span.undefined { "undefined: " (reason) } },
        }
    }

    /// A score above its interval.
    pub(super) fn cell(self, estimate: Option<&Estimate>) -> Markup {
        let Some(estimate) = estimate else { return html! { span.undefined { "not computed" } } };
        match (estimate.score, estimate.interval) {
            (Ok(value), Ok(interval)) => {
                let [value, low, high] = self.with_ends(value, &interval);
                html! { (value) " " span.sub { (low) " to " (high) (left_out(estimate)) } }
            }
            (Ok(value), Err(reason)) => {
                html! { (self.value(value)) " " span.sub.undefined { "no interval: " (reason) } }
            }
            (Err(_), _) => self.score(estimate.score),
        }
    }
}

/// The share of resamples without the score, which the interval leaves out; empty up to 1 %.
fn left_out(estimate: &Estimate) -> String {
    estimate
        .undefined_share()
        .map_or_else(String::new, |share| format!("; undefined in {:.1} % of resamples", 100.0 * share))
}

#[cfg(test)]
mod tests {
    use radiograph_metrics::{Average, Bins, CalibrationNorm};

    use super::*;

    #[test]
    fn each_kind_of_score_has_its_form() {
        let form = |metric: Metric| Form::of(&metric, 91).value(0.25);
        assert_eq!(form(Metric::Accuracy), "25");
        assert_eq!(form(Metric::BalancedAccuracy), "25");
        for area in [
            Metric::AveragedAuc(Average::Macro),
            Metric::AveragedPrecision(Average::Macro),
            Metric::MatthewsCorrelation,
            Metric::CohenKappa,
        ] {
            assert_eq!(form(area.clone()), "0.25", "{area}");
        }
        let calibration = Metric::CalibrationError(Bins::GUO, CalibrationNorm::Mean);
        for loss in [Metric::LogLoss, Metric::Brier, calibration] {
            assert_eq!(form(loss.clone()), "0.250", "{loss}");
        }
    }
}
