//! The section with the CLAIM checklist.

use maud::{Markup, html};

use super::table::{Sheet, text};
use crate::claim::{Answer, Claim, SOURCE, State, Statement};

pub(super) fn section(claim: &Claim) -> Markup {
    let label = "All items";
    let mut sheet = Sheet::new(label, "What the run says, and what is left to the authors.")
        .words("item")
        .words("state")
        .words("the run says")
        .words("the authors must state");
    for answer in &claim.items {
        sheet.push(row(answer));
    }
    html! {
        p { (claim.summary()) }
        p.small { (SOURCE) " The same list is in " code { "claim.md" } " beside this page, to be completed." }
        (sheet)
    }
}

fn row(answer: &Answer) -> Vec<Markup> {
    let (item, state) = (answer.item, answer.state());
    let class = match state {
        State::Blank => "open",
        State::Partly => "partly",
        State::Filled | State::NotApplicable => "done",
    };
    vec![
        html! { (item.number) ". " (item.part) ": " (item.subject) },
        html! { span class={ "state " (class) } { (state.word()) } },
        if answer.said.is_empty() {
            text("–")
        } else {
            html! { @for said in &answer.said { (statement(said)) } }
        },
        if answer.blank.is_empty() { text("–") } else { text(answer.blank) },
    ]
}

fn statement(said: &Statement) -> Markup {
    html! {
        span.said {
            (said.text) " "
            @if !said.place.is_empty() { a href={ "#" (said.place) } { (super::title(said.place)) } }
        }
    }
}
