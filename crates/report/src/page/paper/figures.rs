//! Figures 5 to 9 as the paper prints them, from this run.

use maud::{Markup, PreEscaped, html};

use crate::Figures;

pub(super) fn figures(drawn: &Figures) -> Markup {
    html! {
        @if drawn.paper.is_empty() {
            p { "Figures 5 to 9: this run has no network of the paper with its recurrent layer." }
        } @else {
            h3 { "Figures 5 to 9" }
            p {
                "As the paper prints them, from this run. They lie in " code { "figures/paper/" } " as SVG and PNG, each with the values \
                that it shows as CSV."
            }
            @for of in &drawn.paper {
                details {
                    summary { (of.figure.title) }
                    div.scroll.across tabindex="0" role="region" aria-label=(of.figure.title) {
                        figure.sheet { (PreEscaped(&of.figure.svg)) figcaption { (of.figure.title) "." } }
                    }
                }
            }
        }
    }
}
