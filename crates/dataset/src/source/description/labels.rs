//! Turns words and columns of 0, 1 and -1 into labels.

use std::collections::BTreeMap;

use radiograph_classes::{COVID_19, NORMAL, PNEUMONIA};
use serde::{Deserialize, Serialize};

use crate::{ClassName, Label, Presence, Provenance, source::words::read_finding};

/// Meaning of -1 in a column of 0, 1 and -1.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Uncertain {
    /// Nothing is known of the class.
    #[default]
    Unknown,
    /// The film shows the class.
    Present,
    /// The film does not show the class.
    Absent,
}

impl Uncertain {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub(super) fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }

    fn presence(self) -> Presence {
        match self {
            Self::Unknown => Presence::Unknown,
            Self::Present => Presence::Present,
            Self::Absent => Presence::Absent,
        }
    }
}

/// Words that mean normal where no `[labels]` say otherwise, in lower case.
const NORMAL_WORDS: [&str; 10] = [
    "normal",
    "healthy",
    "no finding",
    "no findings",
    "no_finding",
    "no_findings",
    "nofinding",
    "no abnormality",
    "clear",
    "unremarkable",
];

/// The class that each word of a collection stands for.
#[derive(Clone, Debug)]
pub(crate) struct Labels {
    /// By word in lower case; an empty class is none. `None`: known words, and any other word for itself.
    classes: Option<BTreeMap<String, String>>,
}

/// The word that stands for every word that is not listed.
const OTHER_WORDS: &str = "*";

/// What a word says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Meaning {
    /// The film is of this class.
    Class(ClassName),
    /// The film is of no class of the collection.
    NoClass,
    /// The word stands in no list.
    Unlisted,
}

impl Labels {
    /// Those of a description.
    pub(crate) fn new(listed: &BTreeMap<String, String>) -> Self {
        let lower = |(word, class): (&String, &String)| (key(word), class.trim().to_owned());
        Self { classes: (!listed.is_empty()).then(|| listed.iter().map(lower).collect()) }
    }

    /// What a word says; a blank one says nothing.
    pub(crate) fn meaning(&self, word: &str) -> Meaning {
        match &self.classes {
            _ if word.trim().is_empty() => Meaning::NoClass,
            Some(classes) => {
                match classes.get(&key(word)).or_else(|| classes.get(OTHER_WORDS)).map(String::as_str) {
                    Some("") => Meaning::NoClass,
                    Some(class) => Meaning::Class(class.into()),
                    None => Meaning::Unlisted,
                }
            }
            None => known(word),
        }
    }

    /// The label of a cell of one or more words, and the first word that stands in no list.
    pub(crate) fn of_cell(&self, cell: &str, separator: Option<&str>) -> (Label, Option<String>) {
        let published = cell.trim();
        let words: Vec<&str> = match separator {
            Some(separator) => published.split(separator).map(bare).collect(),
            None => vec![published],
        };
        let mut unlisted = None;
        let mut classes: Vec<ClassName> = Vec::new();
        for word in words {
            match self.meaning(word) {
                Meaning::Class(class) if !classes.contains(&class) => classes.push(class),
                Meaning::Unlisted if unlisted.is_none() => unlisted = Some(word.to_owned()),
                _ => {}
            }
        }
        let label = match &classes[..] {
            [] => Label::undecided(Provenance::Table, published),
            [class] => Label::of(class.clone(), Provenance::Table, published),
            several => {
                let present = several.iter().map(|class| (class.clone(), Presence::Present));
                Label::of_each(present, Provenance::Table, published)
            }
        };
        (label, unlisted)
    }
}

/// The label of cells of 0, 1 and -1, each with its class. `None` if all are blank; an `Err` is the first other value.
pub(crate) fn of_columns<'a>(
    cells: impl IntoIterator<Item = (&'a str, &'a str)>,
    uncertain: Uncertain,
) -> Result<Option<Label>, (&'a str, &'a str)> {
    let mut presence = BTreeMap::new();
    let mut published = Vec::new();
    for (class, cell) in cells {
        let value = cell.trim().to_ascii_lowercase();
        let of_class = match value.as_str() {
            "" | "nan" => continue,
            "1" | "1.0" | "true" | "yes" | "y" => Presence::Present,
            "0" | "0.0" | "false" | "no" | "n" => Presence::Absent,
            "-1" | "-1.0" => uncertain.presence(),
            _ => return Err((class, cell)),
        };
        published.push(format!("{class} {value}"));
        presence.insert(ClassName::from(class), of_class);
    }
    let published = published.join(", ");
    Ok((!presence.is_empty()).then(|| Label::of_each(presence, Provenance::Table, published)))
}

/// A word as people write it: the three classes, their usual synonyms, else itself.
fn known(word: &str) -> Meaning {
    let word = word.trim();
    let lower = key(word);
    if let Some(class) =
        [COVID_19, NORMAL, PNEUMONIA].into_iter().find(|class| class.eq_ignore_ascii_case(word))
    {
        return Meaning::Class(class.into());
    }
    if NORMAL_WORDS.contains(&lower.as_str()) {
        return Meaning::Class(NORMAL.into());
    }
    if ["covid", "covid19", "covid 19", "covid_19", "sars-cov-2"].contains(&lower.as_str()) {
        return Meaning::Class(COVID_19.into());
    }
    match read_finding(word, Provenance::Table) {
        Some(label) => label.class().map_or(Meaning::NoClass, |class| Meaning::Class(class.clone())),
        None => Meaning::Class(word.into()),
    }
}

fn key(word: &str) -> String {
    word.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A word of a list without brackets and quotation marks: `['a', 'b']` is written by Python.
fn bare(word: &str) -> &str {
    word.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '[' | ']' | '\'' | '"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(labels: &Labels, cell: &str, separator: Option<&str>) -> Option<String> {
        labels.of_cell(cell, separator).0.class().map(|class| class.as_str().to_owned())
    }

    #[test]
    fn without_a_list_known_words_are_the_three_classes_and_others_stand_for_themselves() {
        let labels = Labels::new(&BTreeMap::new());
        for (word, expected) in [
            ("covid-19", Some(COVID_19)),
            ("COVID", Some(COVID_19)),
            ("no finding", Some(NORMAL)),
            ("Normal", Some(NORMAL)),
            ("Pneumonia/Viral/COVID-19", Some(COVID_19)),
            ("Klebsiella", Some(PNEUMONIA)),
            ("tuberculosis of long standing", Some("tuberculosis of long standing")),
            ("Lipoid", None),
            (" ", None),
        ] {
            assert_eq!(class(&labels, word, None).as_deref(), expected, "{word}");
        }
    }

    #[test]
    fn a_list_is_all_there_is() {
        let listed = [("Viral  Pneumonia", "pneumonia"), ("TB", "TB"), ("follow-up", "")];
        let listed = listed.map(|(word, class)| (word.to_owned(), class.to_owned())).into();
        let labels = Labels::new(&listed);
        assert_eq!(class(&labels, "viral pneumonia", None).as_deref(), Some(PNEUMONIA));
        assert_eq!(labels.of_cell("follow-up", None).1, None);
        assert_eq!(labels.of_cell("normal", None).1.as_deref(), Some("normal"));
        assert_eq!(class(&labels, "['TB', 'follow-up']", Some(", ")).as_deref(), Some("TB"));
        // Two classes at once are none.
        let (both, _) = labels.of_cell("TB|viral pneumonia", Some("|"));
        assert_eq!((both.class(), both.presence("TB")), (None, Presence::Present));
    }

    #[test]
    fn columns_of_zero_and_one() {
        let of =
            |cells: &[(&'static str, &'static str)], uncertain| of_columns(cells.iter().copied(), uncertain);
        let label = of(&[("a", "1.0"), ("b", "0"), ("c", "")], Uncertain::Unknown).unwrap().unwrap();
        assert_eq!(label.class().unwrap(), "a");
        assert_eq!((label.presence("b"), label.presence("c")), (Presence::Absent, Presence::Unknown));
        for (uncertain, class) in
            [(Uncertain::Present, Some("a")), (Uncertain::Absent, None), (Uncertain::Unknown, None)]
        {
            let label = of(&[("a", "-1")], uncertain).unwrap().unwrap();
            assert_eq!(label.class().map(ClassName::as_str), class);
        }
        assert_eq!(of(&[("a", ""), ("b", " ")], Uncertain::Unknown), Ok(None));
        assert_eq!(of(&[("a", "2")], Uncertain::Unknown), Err(("a", "2")));
    }
}
