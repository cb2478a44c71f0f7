//! Whether the printed numbers can be true.

use maud::{Markup, html};
use radiograph_forensics::Rounding;

use crate::{number::count, paper::Examined};

fn only_under(rule: Rounding) -> &'static str {
    match rule {
        Rounding::Truncated => "If digits were cut off instead of rounded, every cell fits.",
        _ => "If halves were rounded to even digits, every cell fits.",
    }
}

pub(super) fn verdicts(third: &[Examined], fourth: &[Examined]) -> Markup {
    let summary = |examined: &[Examined]| {
        html! { ul { @for network in examined {
            li {
                strong { (network.name) } ": " (network.verdict.conclusion()) "."
                @if let Some(rule) = network.fits_only { " " (only_under(rule)) }
            }
        } } }
    };
    let total = third.first().map_or(0, |network| network.verdict.samples);
    html! {
        h3 { "Can the printed numbers be true?" }
        p {
            "Precision, recall and F1 of a table are fractions of a few whole numbers. All confusion matrices of " (count(total))
            " test images (463, 462 and 463 a class) with the errors that the paper's text states were searched for those that print as \
            its tables do."
        }
        p { "Table 3:" }
        (summary(third))
        p { "Table 4, of which COVID-19 alone is printed:" }
        (summary(fourth))
        details {
            summary { "The whole examination" }
            pre tabindex="0" { @for network in third.iter().chain(fourth) { (network.verdict) "\n" } }
        }
    }
}
