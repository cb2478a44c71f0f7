//! The CLAIM checklist, filled from the run: what the run says to each item, and what is left to the authors.
//!
//! Items and numbers are those of Tejani and others 2024, *Checklist for Artificial Intelligence in Medical Imaging (CLAIM): 2024
//! Update*, Radiology: Artificial Intelligence 6(4), e240300, with the explanations of Akinci D'Antonoli and others 2026
//! (e260835). The first version, with other numbers, is Mongan, Moy and Kahn 2020 (e200029). Items are named in words of this
//! crate; the official wording is that of the journal.

mod answers;
mod items;
mod of_data;
mod of_model;
mod of_results;
mod statement;

pub(crate) use self::statement::Statement;
use crate::Report;

/// The checklist of a report.
pub(crate) struct Claim {
    /// The items in order.
    pub(crate) items: Vec<Answer>,
}

/// What a report says to one item.
pub(crate) struct Answer {
    /// The item.
    pub(crate) item: &'static Item,
    /// What the run says.
    pub(crate) said: Vec<Statement>,
    /// What the authors must state; empty if nothing is left.
    pub(crate) blank: &'static str,
    /// Whether the item asks for something that this run did not do.
    pub(crate) not_applicable: bool,
}

/// An item of the checklist.
pub(crate) struct Item {
    /// Number in the update of 2024.
    pub(crate) number: u8,
    /// Part of the manuscript.
    pub(crate) part: &'static str,
    /// Subject.
    pub(crate) subject: &'static str,
    /// What no run knows, and authors must state; empty if a run can know all of it.
    pub(crate) authors: &'static str,
}

/// How far a run fills an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The run says all that the item asks for.
    Filled,
    /// The run says a part, and authors must state the rest.
    Partly,
    /// The run says nothing.
    Blank,
    /// The run did nothing of the kind.
    NotApplicable,
}

impl State {
    /// In one or two words.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Filled => "filled",
            Self::Partly => "in part",
            Self::Blank => "blank",
            Self::NotApplicable => "not applicable",
        }
    }
}

impl Answer {
    /// How far the item is filled.
    pub(crate) fn state(&self) -> State {
        match (self.not_applicable, self.said.is_empty(), self.blank.is_empty()) {
            (true, _, _) => State::NotApplicable,
            (false, true, _) => State::Blank,
            (false, false, true) => State::Filled,
            (false, false, false) => State::Partly,
        }
    }
}

impl Claim {
    /// The number of items in a state.
    pub(crate) fn count(&self, state: State) -> usize {
        self.items.iter().filter(|answer| answer.state() == state).count()
    }

    /// One sentence on how many items are filled.
    pub(crate) fn summary(&self) -> String {
        format!(
            "Of {} items, this run fills {}, {} in part, and does not touch {}, which are blank until the authors fill them; not \
             applicable: {}.",
            self.items.len(),
            self.count(State::Filled),
            self.count(State::Partly),
            self.count(State::Blank),
            self.count(State::NotApplicable)
        )
    }

    /// The checklist as Markdown, with links into `report.html` beside it.
    pub(crate) fn to_markdown(&self) -> String {
        let mut text = format!(
            "# CLAIM checklist\n\n{} {}\n\n| item | subject | state | the run says | the authors must state |\n|---|---|---|---|---|\n",
            self.summary(),
            SOURCE
        );
        for answer in &self.items {
            let said: Vec<String> = answer
                .said
                .iter()
                .map(|said| match said.place {
                    "" => cell(&said.text),
                    place => format!("{} ([{place}](report.html#{place}))", cell(&said.text)),
                })
                .collect();
            let blank = if answer.blank.is_empty() { "–" } else { answer.blank };
            let said = if said.is_empty() { "–".to_owned() } else { said.join(" ") };
            let Item { number, part, subject, .. } = answer.item;
            text.push_str(&format!(
                "| {number} | {part}: {subject} | {} | {said} | {} |\n",
                answer.state().word(),
                cell(blank)
            ));
        }
        text
    }
}

/// Where the items come from.
pub(crate) const SOURCE: &str = "Numbers are those of CLAIM's update of 2024 (Tejani and others, Radiology: Artificial Intelligence \
     6(4), e240300). Items are named in our words; the journal's wording decides.";

/// A text that stays within a cell of a Markdown table and is no markup.
fn cell(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' => escaped.extend(['\\', letter]),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

impl Report {
    /// The CLAIM checklist, filled from this report.
    pub(crate) fn claim(&self) -> Claim {
        Claim { items: items::ITEMS.iter().map(|item| answers::answer(self, item)).collect() }
    }
}
