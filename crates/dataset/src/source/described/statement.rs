//! What one row of a table says about a film, and how several rows are put together.

use std::{collections::HashMap, fmt};

use radiograph_image::Stated;

use super::{
    film::Film,
    names::Names,
    numbers::{Numbers, differ_in_zeros, zeros_lost},
};
use crate::{
    Age, Day, Label, Modality, Oddity, Origin, PatientId, Reason, Record, RecordId, Sex, SourceName, View,
    source::{
        CollectionReader,
        description::{Description, Labels, Photometric, Role, TableDescription, Uncertain, of_columns},
    },
};

/// Meaning of a column.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Column {
    /// As its role says.
    Role(Role),
    /// 0, 1 or -1 for this class.
    Class(String),
}

/// A row of a table.
pub(super) struct Row<'a> {
    pub(super) line: u64,
    pub(super) cells: &'a csv::StringRecord,
    pub(super) columns: &'a [(Column, usize)],
}

/// What the words of a table mean.
pub(super) struct Meaning<'a> {
    labels: &'a Labels,
    class_separator: Option<&'a str>,
    uncertain: Uncertain,
    /// Whether no further table can ask for the numbers of films.
    is_only_table: bool,
    /// Labels of cells that occurred: a class column has few different ones.
    seen: HashMap<String, (Label, Option<String>)>,
}

/// Cells whose labels are remembered.
const REMEMBERED: usize = 1000;

impl<'a> Meaning<'a> {
    pub(super) fn new(labels: &'a Labels, table: &'a TableDescription, description: &Description) -> Self {
        let class_separator = table.class_separator.as_deref();
        let is_only_table = description.tables.len() == 1;
        Self {
            labels,
            class_separator,
            uncertain: description.uncertain,
            is_only_table,
            seen: HashMap::new(),
        }
    }

    fn of_cell(&mut self, cell: &str) -> (Label, Option<String>) {
        if let Some(seen) = self.seen.get(cell) {
            return seen.clone();
        }
        let read = self.labels.of_cell(cell, self.class_separator);
        if self.seen.len() < REMEMBERED {
            self.seen.insert(cell.to_owned(), read.clone());
        }
        read
    }
}

/// What a row says about its films; what it leaves open is `None`.
#[derive(Clone, Debug, Default)]
pub(super) struct Statement {
    line: Option<u64>,
    /// Position of its table among those that the reader has read.
    table: Option<usize>,
    /// Numbers by which further tables may tell the film.
    numbers: Vec<(Role, String)>,
    patient: Option<String>,
    patient_elsewhere: Option<String>,
    label: Option<Label>,
    /// Whether two tables give different classes.
    is_disputed: bool,
    view: Option<View>,
    modality: Option<Modality>,
    sex: Option<Sex>,
    age: Option<Age>,
    date: Option<Day>,
    bits: Option<u8>,
    is_monochrome_1: Option<bool>,
    licence: Option<String>,
    url: Option<String>,
    location: Option<String>,
    origin: Option<Origin>,
}

impl<'a> Row<'a> {
    /// The cell of a role, unless it is blank.
    pub(super) fn text(&self, role: Role) -> Option<&'a str> {
        let (_, at) = self.columns.iter().find(|(column, _)| *column == Column::Role(role))?;
        self.cells.get(*at).map(str::trim).filter(|text| !text.is_empty())
    }

    pub(super) fn film_by_name(
        &self,
        names: &Names<'_>,
        reader: &mut CollectionReader,
    ) -> Result<usize, Reason> {
        let name = self.text(Role::File).ok_or(Reason::NoName)?;
        let at = names.find(name, reader.folder())?;
        let found = names.file(at);
        if !found.ends_with(name) {
            let oddity = Oddity::NameDiffers { written: name.to_owned(), found: found.to_owned() };
            reader.note(Some(self.line), None, oddity);
        }
        Ok(at)
    }

    pub(super) fn films_by_number(
        &self,
        numbers: &Numbers,
        key: Role,
        reader: &mut CollectionReader,
    ) -> Result<Vec<usize>, Reason> {
        let (films, oddity) = numbers.find(self.text(key).ok_or(Reason::NoName)?)?;
        if let Some(oddity) = oddity {
            reader.note(Some(self.line), None, oddity);
        }
        Ok(films.to_vec())
    }

    /// Gives a patient's number the zeros back that the film's header has and the table has lost.
    pub(super) fn restore_zeros(
        &self,
        said: &mut Statement,
        header: Option<&str>,
        key: Role,
        reader: &mut CollectionReader,
    ) {
        let Some(header) = header.map(str::trim) else { return };
        if let Some(written) = said.patient.as_deref().filter(|written| differ_in_zeros(written, header)) {
            // Of a table that tells its films by patient it is said already.
            if key != Role::Patient {
                reader.note(Some(self.line), None, zeros_lost(Role::Patient, written, header));
            }
            said.patient = Some(header.to_owned());
        }
    }

    /// What the row says. Words and values that cannot be read become notes.
    pub(super) fn statement(
        &self,
        meaning: &mut Meaning<'_>,
        names: &Names<'_>,
        reader: &mut CollectionReader,
    ) -> Statement {
        let owned = |role| self.text(role).map(str::to_owned);
        let numbers: &[Role] = if meaning.is_only_table { &[] } else { &Role::OF_FILMS[1..] };
        Statement {
            line: Some(self.line),
            table: reader.table(),
            numbers: numbers.iter().filter_map(|role| Some((*role, owned(*role)?))).collect(),
            patient: owned(Role::Patient).or_else(|| owned(Role::Case)),
            patient_elsewhere: owned(Role::PatientElsewhere),
            label: self.label(meaning, reader),
            is_disputed: false,
            view: self.text(Role::View).map(|text| reader.view(self.line, text)),
            modality: self.text(Role::Modality).map(|text| reader.modality(self.line, text)),
            sex: self.text(Role::Sex).and_then(|text| reader.sex(self.line, text)),
            age: self.text(Role::Age).and_then(|text| reader.age(self.line, text)),
            date: self.text(Role::Date).and_then(|text| reader.day(self.line, text)),
            bits: self.text(Role::Bits).and_then(|text| self.bits(text, reader)),
            is_monochrome_1: self
                .text(Role::PhotometricInterpretation)
                .and_then(|text| self.is_monochrome_1(text, reader)),
            licence: owned(Role::Licence),
            url: owned(Role::Url),
            location: owned(Role::Location),
            origin: self.origin(names, reader),
        }
    }

    fn label(&self, meaning: &mut Meaning<'_>, reader: &mut CollectionReader) -> Option<Label> {
        if let Some(cell) = self.text(Role::Class) {
            let (label, unlisted) = meaning.of_cell(cell);
            if let Some(word) = unlisted {
                reader.note(Some(self.line), None, Oddity::UnknownWord { column: "class", word, rows: 1 });
            }
            return Some(label);
        }
        let cells = self.columns.iter().filter_map(|(column, at)| match column {
            Column::Class(class) => Some((class.as_str(), self.cells.get(*at).unwrap_or_default())),
            Column::Role(_) => None,
        });
        match of_columns(cells, meaning.uncertain) {
            Ok(label) => label,
            Err((class, value)) => {
                let word = format!("{class}: {value}");
                reader.note(Some(self.line), None, Oddity::UnknownWord { column: "class", word, rows: 1 });
                None
            }
        }
    }

    fn bits(&self, text: &str, reader: &mut CollectionReader) -> Option<u8> {
        let bits = text.strip_suffix(".0").unwrap_or(text).parse().ok();
        let known = bits.filter(|&bits| Stated::default().with_bits(bits).is_some());
        if known.is_none() {
            let word = text.to_owned();
            reader.note(Some(self.line), None, Oddity::UnknownWord { column: "bits", word, rows: 1 });
        }
        known
    }

    fn is_monochrome_1(&self, text: &str, reader: &mut CollectionReader) -> Option<bool> {
        let known = Photometric::read(text);
        if known.is_none() {
            let (column, word) = ("photometric interpretation", text.to_owned());
            reader.note(Some(self.line), None, Oddity::UnknownWord { column, word, rows: 1 });
        }
        known.map(|known| known == Photometric::Monochrome1)
    }

    fn origin(&self, names: &Names<'_>, reader: &mut CollectionReader) -> Option<Origin> {
        if let Some(parent) = self.text(Role::Parent) {
            let found = names.find(parent, reader.folder()).ok().map(|at| names.file(at).to_owned());
            return Some(match found {
                Some(file) => Origin::AugmentedFrom(RecordId::new(reader.source(), file)),
                None => Origin::AugmentedFromUnknown,
            });
        }
        let text = self.text(Role::Augmented)?.to_lowercase();
        let is_augmented = ["1", "1.0", "true", "yes", "y", "augmented"].contains(&text.as_str());
        is_augmented.then_some(Origin::AugmentedFromUnknown)
    }
}

impl Statement {
    /// The number of this role, by which a further table may tell the film.
    pub(super) fn number(&self, role: Role) -> Option<&str> {
        self.numbers.iter().find(|(of, _)| *of == role).map(|(_, number)| number.as_str())
    }

    /// Position of its table among those that the reader has read.
    pub(super) fn table(&self) -> Option<usize> {
        self.table
    }

    /// Writes what is said into a record.
    pub(super) fn fill(self, record: &mut Record, namespace: &SourceName, description: &Description) {
        let bits = self.bits.or(description.bits);
        record.stated = bits.and_then(|bits| record.stated.with_bits(bits)).unwrap_or_default();
        let of_collection = || description.photometric_interpretation == Some(Photometric::Monochrome1);
        if self.is_monochrome_1.unwrap_or_else(of_collection) {
            record.stated = record.stated.monochrome_1();
        }
        record.date = self.date;
        record.row = self.line;
        let elsewhere = self.patient_elsewhere.zip(description.patients_elsewhere.as_ref());
        record.patient = match elsewhere {
            Some((number, collection)) => Some(PatientId::new(collection, number)),
            None => self.patient.map(|number| PatientId::new(namespace, number)),
        };
        record.label = self.label.unwrap_or_else(Label::unknown);
        record.view = self.view.unwrap_or_default();
        record.modality = self.modality.unwrap_or_default();
        record.sex = self.sex;
        record.age = self.age;
        record.licence = self.licence;
        record.url = self.url;
        record.location = self.location;
        record.origin = self.origin.unwrap_or_default();
    }

    /// Fills in what this statement leaves open. The columns that contradict it, with both values.
    fn complete(&mut self, other: &Self) -> Vec<[String; 2]> {
        let mut contradictions = Vec::new();
        for (role, number) in &other.numbers {
            if self.number(*role).is_none() {
                self.numbers.push((*role, number.clone()));
            }
        }
        if let (Some(own), Some(others)) = (&self.patient, &other.patient)
            && differ_in_zeros(own, others)
        {
            // The longer one has lost none.
            self.patient = Some(if own.len() < others.len() { others.clone() } else { own.clone() });
        }
        let classes = [&*self, other].map(|said| said.label.as_ref().and_then(Label::class).cloned());
        if let [Some(one), Some(two)] = &classes
            && one != two
        {
            let here = format!("class {two} in this row, so the film has no class; correct one of them");
            contradictions.push([format!("class {one} in an earlier table"), here]);
            // Nobody can say which table is right, so the film is of no class, whatever a further row says.
            self.is_disputed = true;
            if let Some(label) = &mut self.label {
                let published = format!("{} in one table, {} in another", one, two);
                *label = Label::undecided(label.provenance(), published);
            }
        } else if !self.is_disputed && classes[0].is_none() && other.label.is_some() {
            self.label.clone_from(&other.label);
        }
        let told = &mut contradictions;
        let is_one = |own: &String, other: &String| own == other || differ_in_zeros(own, other);
        fill("patient", &mut self.patient, &other.patient, is_one, told);
        let told_of = "patient elsewhere";
        fill(told_of, &mut self.patient_elsewhere, &other.patient_elsewhere, is_one, told);
        fill("licence", &mut self.licence, &other.licence, String::eq, told);
        fill("date", &mut self.date, &other.date, Day::eq, told);
        fill("bits", &mut self.bits, &other.bits, u8::eq, told);
        fill("MONOCHROME1", &mut self.is_monochrome_1, &other.is_monochrome_1, bool::eq, told);
        self.url = self.url.take().or_else(|| other.url.clone());
        self.location = self.location.take().or_else(|| other.location.clone());
        let view = self.view.unwrap_or_default().or(other.view.unwrap_or_default());
        self.view = Some(view);
        self.modality = self.modality.filter(|modality| *modality != Modality::Unknown).or(other.modality);
        fill("sex", &mut self.sex, &other.sex, Sex::eq, told);
        // That of another day differs, and is no contradiction.
        self.age = self.age.or(other.age);
        self.origin = self.origin.take().or_else(|| other.origin.clone());
        contradictions
    }
}

/// Fills in a value that is open; two values that are not one are told.
fn fill<T: Clone + fmt::Display>(
    name: &str,
    own: &mut Option<T>,
    other: &Option<T>,
    is_one: impl Fn(&T, &T) -> bool,
    contradictions: &mut Vec<[String; 2]>,
) {
    match (&*own, other) {
        (Some(one), Some(two)) if !is_one(one, two) => {
            let here = format!("{name} {two} in this row, which does not count; correct one of them");
            contradictions.push([format!("{name} {one} in an earlier table"), here]);
        }
        (None, Some(_)) => own.clone_from(other),
        _ => {}
    }
}

/// Unites the rows of each film: it has the classes of all of them. What else the first row says counts.
pub(super) fn unite(of_table: Vec<(usize, Statement)>) -> Vec<(usize, Statement)> {
    let mut positions: HashMap<usize, usize> = HashMap::new();
    let mut united: Vec<(usize, Statement)> = Vec::new();
    for (film, said) in of_table {
        let at = *positions.entry(film).or_insert(united.len());
        match united.get_mut(at) {
            None => united.push((film, said)),
            Some((_, earlier)) => {
                let labels = [earlier.label.take(), said.label].into_iter().flatten();
                earlier.label = labels.reduce(|one, other| one.and(&other));
            }
        }
    }
    united
}

/// Adds the statements of one table to those of earlier tables. Two rows of one table stay two statements; a statement of a
/// later table fills in what the earlier ones leave open.
pub(super) fn merge(
    of_table: Vec<(usize, Statement)>,
    films: &[Film],
    statements: &mut [Vec<Statement>],
    reader: &mut CollectionReader,
) {
    let had: Vec<usize> = statements.iter().map(Vec::len).collect();
    for (film, said) in of_table {
        if had[film] == 0 {
            // Nearly every film has one, and a vector that grows by itself has room for four.
            statements[film].reserve_exact(1);
            statements[film].push(said);
            continue;
        }
        for earlier in &mut statements[film] {
            for [used, unused] in earlier.complete(&said) {
                reader.note(said.line, Some(&films[film].file), Oddity::Contradiction { used, unused });
            }
        }
    }
}
