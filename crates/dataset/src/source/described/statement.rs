//! What one row of a table says about a film, and how several rows are put together.

use std::collections::{BTreeMap, HashMap};

use super::{film::Film, names::Names};
use crate::{
    Age, Label, Modality, Oddity, Origin, PatientId, Reason, Record, RecordId, Sex, SourceName, View,
    source::{
        CollectionReader,
        description::{Labels, Role, TableDescription, Uncertain, of_columns},
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

/// What a row says about its films; what it leaves open is `None`.
#[derive(Clone, Debug, Default)]
pub(super) struct Statement {
    line: Option<u64>,
    /// Numbers by which further tables may tell the film.
    numbers: BTreeMap<Role, String>,
    patient: Option<String>,
    label: Option<Label>,
    /// Whether two tables give different classes.
    is_disputed: bool,
    view: Option<View>,
    modality: Option<Modality>,
    sex: Option<Sex>,
    age: Option<Age>,
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
    ) -> Result<Vec<usize>, Reason> {
        let name = self.text(Role::File).ok_or(Reason::NoName)?;
        let at = names.find(name, reader.folder())?;
        let found = names.file(at);
        if !found.ends_with(name) {
            let oddity = Oddity::NameDiffers { written: name.to_owned(), found: found.to_owned() };
            reader.note(Some(self.line), None, oddity);
        }
        Ok(vec![at])
    }

    pub(super) fn films_by_number(
        &self,
        key: Role,
        films: &HashMap<String, Vec<usize>>,
    ) -> Result<Vec<usize>, Reason> {
        let number = self.text(key).ok_or(Reason::NoName)?;
        films.get(number).cloned().ok_or(Reason::NoSuchFilm { what: key.key() })
    }

    /// What the row says. Words and values that cannot be read become notes.
    pub(super) fn statement(
        &self,
        table: &TableDescription,
        labels: &Labels,
        uncertain: Uncertain,
        names: &Names<'_>,
        reader: &mut CollectionReader,
    ) -> Statement {
        let owned = |role| self.text(role).map(str::to_owned);
        let numbers = Role::OF_FILMS.into_iter().filter_map(|role| Some((role, owned(role)?))).collect();
        Statement {
            line: Some(self.line),
            numbers,
            patient: owned(Role::Patient).or_else(|| owned(Role::Case)),
            label: self.label(table, labels, uncertain, reader),
            is_disputed: false,
            view: self.text(Role::View).map(|text| reader.view(self.line, text)),
            modality: self.text(Role::Modality).map(|text| reader.modality(self.line, text)),
            sex: self.text(Role::Sex).and_then(|text| reader.sex(self.line, text)),
            age: self.text(Role::Age).and_then(|text| reader.age(self.line, text)),
            licence: owned(Role::Licence),
            url: owned(Role::Url),
            location: owned(Role::Location),
            origin: self.origin(names, reader),
        }
    }

    fn label(
        &self,
        table: &TableDescription,
        labels: &Labels,
        uncertain: Uncertain,
        reader: &mut CollectionReader,
    ) -> Option<Label> {
        if let Some(cell) = self.text(Role::Class) {
            let (label, unlisted) = labels.of_cell(cell, table.class_separator.as_deref());
            if let Some(word) = unlisted {
                reader.note(Some(self.line), None, Oddity::UnknownWord { column: "class", word, rows: 1 });
            }
            return Some(label);
        }
        let cells = self.columns.iter().filter_map(|(column, at)| match column {
            Column::Class(class) => Some((class.as_str(), self.cells.get(*at).unwrap_or_default())),
            Column::Role(_) => None,
        });
        match of_columns(cells, uncertain) {
            Ok(label) => label,
            Err((class, value)) => {
                let word = format!("{class}: {value}");
                reader.note(Some(self.line), None, Oddity::UnknownWord { column: "class", word, rows: 1 });
                None
            }
        }
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
        self.numbers.get(&role).map(String::as_str)
    }

    /// Writes what is said into a record.
    pub(super) fn fill(self, record: &mut Record, namespace: &SourceName) {
        record.row = self.line;
        record.patient = self.patient.map(|number| PatientId::new(namespace, number));
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
            self.numbers.entry(*role).or_insert_with(|| number.clone());
        }
        let classes = [&*self, other].map(|said| said.label.as_ref().and_then(Label::class).cloned());
        if let [Some(one), Some(two)] = &classes
            && one != two
        {
            contradictions.push([one, two].map(|class| format!("class {class}")));
            // Nobody can say which table is right, so the film is of no class, whatever a further row says.
            self.is_disputed = true;
            if let Some(label) = &mut self.label {
                let published = format!("{} in one table, {} in another", one, two);
                *label = Label::undecided(label.provenance(), published);
            }
        } else if !self.is_disputed && classes[0].is_none() && other.label.is_some() {
            self.label.clone_from(&other.label);
        }
        let mut texts = |name: &str, own: &mut Option<String>, other: &Option<String>| match (&*own, other) {
            (Some(one), Some(two)) if one != two => {
                contradictions.push([one, two].map(|value| format!("{name} {value}")));
            }
            (None, Some(_)) => own.clone_from(other),
            _ => {}
        };
        texts("patient", &mut self.patient, &other.patient);
        texts("licence", &mut self.licence, &other.licence);
        self.url = self.url.take().or_else(|| other.url.clone());
        self.location = self.location.take().or_else(|| other.location.clone());
        let view = self.view.unwrap_or_default().or(other.view.unwrap_or_default());
        self.view = Some(view);
        self.modality = self.modality.filter(|modality| *modality != Modality::Unknown).or(other.modality);
        self.sex = self.sex.or(other.sex);
        self.age = self.age.or(other.age);
        self.origin = self.origin.take().or_else(|| other.origin.clone());
        contradictions
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
