//! Reads a collection by its description: tables of any form, DICOM headers, or both.

mod by_path;
mod film;
mod names;
mod numbers;
mod statement;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
};

use by_path::ByPath;
use film::Film;
use names::Names;
use numbers::Numbers;
use radiograph_image::Stated;
use statement::{Column, Meaning, Statement};

use super::{
    CollectionReader, Source, SourceError,
    description::{Description, DescriptionError, Labels, Role, SeveralRows, TableDescription},
    folder::name_of,
    mask::is_mask_by_name,
    pattern,
};
use crate::{Oddity, Origin, PatientId, Provenance, Reason, Sex, SourceName, table::Cells};

/// A collection that is read by its [`Description`].
///
/// **Where from**: anywhere; the films are the user's own.
/// **Layout**: films at any depth; tables as the description says. Without tables the films are the DICOM files, and their
/// headers tell patient, sex, age, view and modality; headers hold no diagnosis.
///
/// Rows tell their films by a path, by a name that only one film has (whatever its folder, extension, case and Unicode form), or
/// by a number in the DICOM header. A film that no row describes is left out with that reason.
#[derive(Clone, Debug)]
pub struct Described {
    description: Description,
    name: SourceName,
    root: PathBuf,
}

/// Words that a class column without `[labels]` may have.
const WORDS_LIMIT: usize = 200;
/// Films above which a patient is remarked on: no one has so many, but a blank or default number has.
const FILMS_OF_A_PATIENT: usize = 100;

/// What is seen of a patient.
#[derive(Default)]
struct Seen {
    films: usize,
    sexes: BTreeSet<Sex>,
}

impl Described {
    /// The collection in a folder. Without a name in the description, the folder's is its name.
    pub fn new(description: Description, root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let named = description.name.clone().or_else(|| name_of(&root));
        let name = named.unwrap_or_else(|| SourceName::of_adapter("collection"));
        Self { description, name, root }
    }

    /// The description.
    pub fn description(&self) -> &Description {
        &self.description
    }
}

impl Source for Described {
    fn name(&self) -> SourceName {
        self.name.clone()
    }

    fn root(&self) -> &Path {
        &self.root
    }

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        let films = film::list(reader, &self.description);
        let mut statements: Vec<Vec<Statement>> = films.iter().map(|_| Vec::new()).collect();
        for table in &self.description.tables {
            self.read_table(table, &films, reader, &mut statements)?;
        }
        let by_path = ByPath::new(&self.description);
        let mut patients = HashMap::new();
        for (film, statements) in films.iter().zip(statements) {
            self.add(film, statements, &by_path, reader, &mut patients);
        }
        remark_on_patients(patients, reader);
        Ok(())
    }
}

impl Described {
    /// Reads the files that fit a table's pattern, and adds what their rows say to the films.
    fn read_table(
        &self,
        table: &TableDescription,
        films: &[Film],
        reader: &mut CollectionReader,
        statements: &mut [Vec<Statement>],
    ) -> Result<(), SourceError> {
        let labels = Labels::new(&self.description.labels);
        let fits = pattern::matcher(&table.file);
        let files: Vec<String> =
            reader.folder().files().filter(|file| fits(file)).map(str::to_owned).collect();
        if files.is_empty() && table.optional {
            return Ok(());
        }
        if files.is_empty() {
            let (folder, pattern) = (reader.folder().root().to_owned(), table.file.clone());
            return Err(DescriptionError::NoTable { folder, pattern }.into());
        }
        for file in files {
            let path = reader.folder().root().join(&file);
            let cells = reader.cells(&file, &table.form())?;
            let columns = columns(table, &cells, &path)?;
            if self.description.labels.is_empty() {
                require_few_words(&columns, &cells, &path)?;
            }
            let Some((key, _)) = table.film_column() else { continue };
            let own_folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
            let names = Names::new(films, [table.below.as_deref().unwrap_or(own_folder), own_folder, ""]);
            let by_number =
                (key != Role::File).then(|| Numbers::new(key, self.given(key, films, statements)));
            let mut meaning = Meaning::new(&labels, table, &self.description);
            let mut of_table: Vec<(usize, Statement)> = Vec::with_capacity(cells.rows.len());
            for (line, row) in &cells.rows {
                let row = statement::Row { line: *line, cells: row, columns: &columns };
                let of_row = match &by_number {
                    Some(numbers) => row.films_by_number(numbers, key, reader),
                    None => row.film_by_name(&names, reader).map(|film| vec![film]),
                };
                match of_row {
                    Ok(mut of_row) => {
                        let mut said = row.statement(&mut meaning, &names, reader);
                        let header = of_row.first().and_then(|film| films[*film].number(Role::Patient));
                        row.restore_zeros(&mut said, header, key, reader);
                        let last = of_row.pop();
                        of_table.extend(of_row.into_iter().map(|film| (film, said.clone())));
                        of_table.extend(last.map(|film| (film, said)));
                    }
                    Err(reason) => reader.exclude(Some(*line), row.text(key), reason),
                }
            }
            if table.several_rows == SeveralRows::Findings {
                of_table = statement::unite(of_table);
            }
            statement::merge(of_table, films, statements, reader);
        }
        Ok(())
    }

    fn add(
        &self,
        film: &Film,
        statements: Vec<Statement>,
        by_path: &ByPath,
        reader: &mut CollectionReader,
        patients: &mut HashMap<PatientId, Seen>,
    ) {
        let of_path = by_path.label(&film.file);
        if statements.is_empty() && !self.description.tables.is_empty() && of_path.is_none() {
            let reason = is_mask_by_name(&film.file).map_or(Reason::FileWithoutRow, Reason::Mask);
            return reader.exclude(None, Some(&film.file), reason);
        }
        if let Some(reason) = film.fault.clone().or_else(|| film.reason_to_leave_out()) {
            return reader.exclude(None, Some(&film.file), reason);
        }
        if statements.is_empty() && film.header.is_none() && of_path.is_none() {
            let reason = match is_mask_by_name(&film.file) {
                Some(evidence) => Reason::Mask(evidence),
                None if by_path.is_used() => Reason::OutsideClassFolders,
                None => Reason::NotDicom("other content".to_owned()),
            };
            return reader.exclude(None, Some(&film.file), reason);
        }
        let statements = if statements.is_empty() { vec![Statement::default()] } else { statements };
        for statement in statements {
            let mut record = reader.record_of_file("", &film.file);
            // The reader's name, not this one's: a second collection of one name is read under another.
            let namespace = self.description.patients.clone().unwrap_or_else(|| reader.source().clone());
            reader.return_to_table(statement.table());
            statement.fill(&mut record, &namespace, &self.description);
            if film.is_dicom {
                // Its header says it.
                record.stated = Stated::default();
            }
            if record.patient.is_none() {
                let number = self.number_in_path(Role::Patient, &film.file);
                record.patient = number.map(|number| PatientId::new(&namespace, number));
            }
            if record.label.provenance() == Provenance::None
                && let Some(label) = &of_path
            {
                record.label = label.clone();
            }
            film.fill(&mut record, &namespace, reader);
            record.view = record.view.or(by_path.view(&film.file));
            if self.description.patients_unknown {
                record.patient = None;
            }
            if by_path.is_augmented(&film.file) && !record.origin.is_augmented() {
                record.origin = Origin::AugmentedFromUnknown;
            }
            record.licence = record.licence.or_else(|| self.description.licence.clone());
            if let Some(patient) = &record.patient {
                let seen = match patients.get_mut(patient) {
                    Some(seen) => seen,
                    None => patients.entry(patient.clone()).or_default(),
                };
                seen.films += 1;
                seen.sexes.extend(record.sex);
            }
            reader.add(record);
        }
    }

    /// The number of a role that a film's header, earlier tables and the film's path give it.
    fn given<'a>(
        &'a self,
        key: Role,
        films: &'a [Film],
        statements: &'a [Vec<Statement>],
    ) -> impl Iterator<Item = (usize, &'a str)> {
        films.iter().zip(statements).enumerate().flat_map(move |(at, (film, statements))| {
            let of_tables = statements.iter().filter_map(move |statement| statement.number(key));
            let of_path = self.number_in_path(key, &film.file);
            film.number(key).into_iter().chain(of_tables).chain(of_path).map(move |number| (at, number))
        })
    }

    /// The component of a film's path that the description takes for a number of this role.
    fn number_in_path<'a>(&self, role: Role, file: &'a str) -> Option<&'a str> {
        let (pattern, component) = match role {
            Role::Patient => (&self.description.patient_from_path, Description::PATIENT),
            Role::StudyUid => (&self.description.study_from_path, Description::STUDY),
            _ => return None,
        };
        in_path(pattern.as_deref()?, component, file)
    }
}

/// The columns of a table, checked to exist.
fn columns(
    table: &TableDescription,
    cells: &Cells,
    path: &Path,
) -> Result<Vec<(Column, usize)>, DescriptionError> {
    let of_roles = table.columns.iter().map(|(role, name)| (Column::Role(*role), name));
    let of_classes = table.class_columns.iter().map(|(name, class)| (Column::Class(class.clone()), name));
    let found = |(column, name): (Column, &String)| match cells.column(name) {
        Some(at) => Ok((column, at)),
        None => Err(DescriptionError::NoColumn {
            path: path.to_owned(),
            column: name.clone(),
            found: cells.columns.iter().take(40).map(|name| name.chars().take(40).collect()).collect(),
        }),
    };
    of_roles.chain(of_classes).map(found).collect()
}

fn require_few_words(
    columns: &[(Column, usize)],
    cells: &Cells,
    path: &Path,
) -> Result<(), DescriptionError> {
    let Some((_, at)) = columns.iter().find(|(column, _)| *column == Column::Role(Role::Class)) else {
        return Ok(());
    };
    let mut words: HashSet<&str> = HashSet::new();
    for (_, row) in &cells.rows {
        words.insert(row.get(*at).unwrap_or_default().trim());
        if words.len() > WORDS_LIMIT {
            let (column, limit) = (cells.columns[*at].clone(), WORDS_LIMIT);
            return Err(DescriptionError::TooManyWords { path: path.to_owned(), column, limit });
        }
    }
    Ok(())
}

/// The component of a path that stands for `component` in a pattern, both read from their ends; each `*` is one component.
fn in_path<'a>(pattern: &str, component: &str, file: &'a str) -> Option<&'a str> {
    let from_end = pattern.rsplit('/').position(|part| part == component)?;
    let mut parts = file.rsplit('/');
    parts.nth(from_end).filter(|_| file.split('/').count() >= pattern.split('/').count())
}

/// Remarks on patients of two sexes and on those with more films than anyone has: the number is not one person's.
fn remark_on_patients(patients: HashMap<PatientId, Seen>, reader: &mut CollectionReader) {
    let is_odd = |seen: &Seen| seen.sexes.len() > 1 || seen.films > FILMS_OF_A_PATIENT;
    let mut odd: Vec<(PatientId, Seen)> = patients.into_iter().filter(|(_, seen)| is_odd(seen)).collect();
    odd.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (patient, seen) in odd {
        if seen.sexes.len() > 1 {
            let number = patient.name().to_owned();
            reader.note(None, None, Oddity::PatientOfTwoSexes { patient: number });
        }
        if seen.films > FILMS_OF_A_PATIENT {
            let (number, films) = (patient.name().to_owned(), seen.films);
            reader.note(None, None, Oddity::PatientOfManyFilms { patient: number, films });
        }
    }
}

#[cfg(test)]
mod augmented_tests;
#[cfg(test)]
mod tests;
