//! Reads words that several collections share (findings, views, sexes, ages). An unknown word becomes a note.

use radiograph_classes::{COVID_19, NORMAL, PNEUMONIA};

use super::CollectionReader;
use crate::{Age, Day, Event, Label, Modality, Oddity, Offset, Provenance, Sex, View};

/// Findings of Cohen's first vocabularies that are pneumonia of another kind than COVID-19.
const PNEUMONIAS: [&str; 12] = [
    "Pneumonia",
    "Bacterial",
    "Streptococcus",
    "Klebsiella",
    "Legionella",
    "Mycoplasma Bacterial Pneumonia",
    "E.Coli",
    "Chlamydophila",
    "Influenza",
    "Varicella",
    "Pneumocystis",
    "SARS",
];

/// Findings that are none of the three classes, and certainly not normal.
const OTHERS: [&str; 4] = ["ARDS", "Lipoid", "Aspiration", "Tuberculosis"];

/// Words for "nobody has looked yet".
const UNDECIDED: [&str; 3] = ["", "todo", "Unknown"];

/// Reads a finding, either a word (`COVID-19, ARDS`: what stands before the comma counts) or a path from the general to
/// the particular (`Pneumonia/Viral/COVID-19`). `None` if the word is in no vocabulary.
pub(super) fn read_finding(finding: &str, provenance: Provenance) -> Option<Label> {
    let path: Vec<&str> = finding.split('/').map(str::trim).collect();
    let last = path.last().copied().unwrap_or_default();
    let word = last.split(',').next().unwrap_or_default().trim();
    if UNDECIDED.contains(&word) {
        Some(Label::undecided(provenance, finding))
    } else if word == COVID_19 {
        Some(Label::of(COVID_19, provenance, finding))
    } else if word == "No Finding" || word == "No finding" {
        Some(Label::of(NORMAL, provenance, finding))
    } else if OTHERS.contains(&word) {
        Some(Label::without(NORMAL, provenance, finding))
    } else if path[0] == "Pneumonia" || PNEUMONIAS.contains(&word) {
        Some(Label::of(PNEUMONIA, provenance, finding))
    } else {
        None
    }
}

/// Text, unless it is blank.
pub(super) fn text(column: &str) -> Option<String> {
    let column = column.trim();
    (!column.is_empty()).then(|| column.to_owned())
}

/// The words of a row, each read or remarked on.
impl CollectionReader {
    /// A finding in the vocabulary that Cohen, Figure1, Actualmed and COVID-CXNet share.
    pub fn finding(&mut self, line: u64, finding: &str, provenance: Provenance) -> Label {
        let finding = finding.trim();
        read_finding(finding, provenance).unwrap_or_else(|| {
            self.unknown_word(line, "finding", finding);
            Label::undecided(provenance, finding)
        })
    }

    /// A view.
    pub fn view(&mut self, line: u64, view: &str) -> View {
        let read = View::read(view);
        if read == View::Unknown && !view.trim().is_empty() {
            self.unknown_word(line, "view", view);
        }
        read
    }

    /// A modality.
    pub fn modality(&mut self, line: u64, modality: &str) -> Modality {
        let read = Modality::read(modality);
        if read == Modality::Other {
            self.unknown_word(line, "modality", modality);
        }
        read
    }

    /// A sex.
    pub fn sex(&mut self, line: u64, sex: &str) -> Option<Sex> {
        let read = Sex::read(sex);
        if read.is_none() && !sex.trim().is_empty() {
            self.unknown_word(line, "sex", sex);
        }
        read
    }

    /// An age.
    pub fn age(&mut self, line: u64, age: &str) -> Option<Age> {
        let read = Age::read(age);
        if read.is_none() && !age.trim().is_empty() {
            self.note(Some(line), None, Oddity::Impossible { column: "age", value: age.trim().to_owned() });
        }
        read
    }

    /// The day of an examination.
    pub fn day(&mut self, line: u64, day: &str) -> Option<Day> {
        let read = Day::read(day);
        if read.is_none() && !day.trim().is_empty() {
            let (first, form) = (day.trim().to_owned(), Day::form(day));
            self.note(Some(line), None, Oddity::UnknownDay { first, form, rows: 1 });
        }
        read
    }

    /// A number of days.
    pub fn offset(&mut self, line: u64, days: &str, since: Event) -> Option<Offset> {
        let read = Offset::read(days, since);
        if read.is_none() && !days.trim().is_empty() {
            self.note(
                Some(line),
                None,
                Oddity::Impossible { column: "offset", value: days.trim().to_owned() },
            );
        }
        read
    }

    fn unknown_word(&mut self, line: u64, column: &'static str, word: &str) {
        self.note(Some(line), None, Oddity::UnknownWord { column, word: word.trim().to_owned(), rows: 1 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Presence;

    #[test]
    fn findings_are_matched_whole_and_from_the_particular() {
        let class = |finding| {
            let label = read_finding(finding, Provenance::Table)?;
            Some(label.class().map(|class| class.as_str().to_owned()))
        };
        for (finding, expected) in [
            ("COVID-19", COVID_19),
            ("COVID-19, ARDS", COVID_19),
            ("Pneumonia/Viral/COVID-19", COVID_19),
            ("Pneumonia/Viral/SARS", PNEUMONIA),
            ("Pneumonia/Bacterial/Streptococcus", PNEUMONIA),
            ("Pneumonia", PNEUMONIA),
            ("SARS", PNEUMONIA),
            ("No Finding", NORMAL),
        ] {
            assert_eq!(class(finding), Some(Some(expected.to_owned())), "{finding}");
        }
        for finding in ["ARDS", "Lipoid", "Pneumonia/Lipoid", "Pneumonia/Aspiration", "", "todo", "Unknown"] {
            assert_eq!(class(finding), Some(None), "{finding}");
        }
        for finding in ["SARS-CoV-2", "covid", "Pneumonia?", "not COVID-19", "Pneumonias/Viral/SARS-1"] {
            assert_eq!(class(finding), None, "{finding}");
        }
    }

    #[test]
    fn what_is_no_class_is_not_normal_either() {
        let label = read_finding("ARDS", Provenance::Table).unwrap();
        assert_eq!(
            (label.presence(NORMAL), label.presence(PNEUMONIA)),
            (Presence::Absent, Presence::Unknown)
        );
    }
}
