//! Cells that several tables have.

use maud::{Markup, html};
use radiograph_audit::ScoreDrop;
use radiograph_metrics::{Estimate, Score};

use super::table::text;
use crate::number::number_ends;

/// Two decimals: a test part of some hundred images gives no more.
pub(super) fn estimate(of: &Estimate) -> Markup {
    match (of.score, of.interval) {
        (Ok(score), interval) => html! {
            (format!("{score:.2}"))
            @if let Ok(interval) = interval { " " span.sub { (number_ends(&interval)) } }
        },
        (Err(reason), _) => html! { span.undefined { "undefined: " (reason) } },
    }
}

/// `0.12`, and its interval below.
pub(super) fn difference(of: &ScoreDrop) -> Markup {
    html! {
        (format!("{:.2}", of.value)) " "
        span.sub { (format!("{:.2} to {:.2}", of.low, of.high)) }
    }
}

/// A p-value with four decimals, never as 0.
pub(super) fn p_cell(p: Score) -> Markup {
    match p {
        Ok(p) if p < 0.000_05 => text("< 0.0001"),
        Ok(p) => text(format!("{p:.4}")),
        Err(reason) => html! { span.undefined { "undefined: " (reason) } },
    }
}
