//! Drafts the description of a folder from the tables that lie in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
};

use super::{Description, Labels, Role, TableDescription, labels::Meaning};
use crate::{
    source::Folder,
    table::{Cells, CellsForm},
};

/// A description that is drafted from the tables at the top of a folder: columns by their names, words of classes with counts.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Draft {
    /// The description, without `[labels]`: known words stand for the three classes, any other for itself. If no table
    /// tells both films and classes, it holds what the tables tell of them, and a column whose words could be classes.
    pub description: Description,
    /// Words of the class column, the commonest first.
    pub words: Vec<ClassWord>,
    /// Tables that do not describe films, with what they lack.
    pub near_misses: Vec<NearMiss>,
    is_complete: bool,
}

/// A word of a class column.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ClassWord {
    /// The word.
    pub word: String,
    /// Number of rows that have it.
    pub rows: usize,
    /// The class that it stands for by itself; `None` if it stands for no class.
    pub class: Option<String>,
}

/// A table that does not describe the films beside it, and what it lacks.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct NearMiss {
    /// The table.
    pub path: PathBuf,
    /// What was found, and what it lacks.
    pub reason: String,
}

impl fmt::Display for NearMiss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.path.display(), self.reason)
    }
}

/// Extensions of tables.
const TABLES: [&str; 5] = ["csv", "tsv", "xlsx", "xls", "ods"];
/// Words of a class column that a draft lists.
const WORDS_LISTED: usize = 50;

impl Draft {
    /// Drafts the description of a collection from the tables at the top of its folder; `None` if there is none. `has_dicom`
    /// finds out whether films have headers by which rows can tell them; it is asked only if a table names no files.
    pub fn of_folder(folder: &Folder, has_dicom: impl Fn() -> bool) -> Option<Self> {
        let (mut complete, mut partial, mut near_misses) = (Vec::new(), Vec::new(), Vec::new());
        let tables: Vec<&str> = folder.files().filter(|file| !file.contains('/') && is_table(file)).collect();
        for file in tables {
            let path = folder.root().join(file);
            match folder.cells(file, &CellsForm::default()) {
                Ok(cells) => {
                    let (mut table, lack) = of_cells(file, &cells, &has_dicom);
                    match lack {
                        None => complete.push((table, cells)),
                        Some(reason) => {
                            if let Some(column) = likely_classes(&table, &cells) {
                                table.columns.entry(Role::Class).or_insert(column);
                            }
                            partial.push((table, cells));
                            near_misses.push(NearMiss { path, reason });
                        }
                    }
                }
                Err(error) => {
                    // The sentence names the table already.
                    let told = error.to_string();
                    let told = told.strip_prefix(&format!("{}: ", path.display())).unwrap_or(&told);
                    near_misses.push(NearMiss { reason: format!("cannot be read: {told}"), path });
                }
            }
        }
        let is_complete = !complete.is_empty();
        let mut tables = if is_complete { complete } else { partial };
        // Of several tables the one that tells each film by its file comes first.
        tables.sort_by_key(|(table, _)| table.film_column().map_or(Role::Parent, |(role, _)| role));
        let words = tables.first().map(|(table, cells)| words(table, cells)).unwrap_or_default();
        let tables: Vec<TableDescription> = tables.into_iter().map(|(table, _)| table).collect();
        let is_empty = tables.is_empty() && near_misses.is_empty();
        let description = Description { tables, ..Description::default() };
        (!is_empty).then_some(Self { description, words, near_misses, is_complete })
    }

    /// Whether a table tells both films and classes, so that the collection can be read without an edit.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The text of a `radiograph-source.toml` to be edited: the description, and every word of the class column with its class
    /// and its number of rows.
    pub fn to_toml(&self) -> String {
        let mut text = String::from(
            "# Describes the films in this folder; docs/own-data.md explains every key.\n\
             # Drafted from the names of columns. Look at [labels]: the class of each word is on the right, \"\" is none.\n\n",
        );
        for missed in &self.near_misses {
            // A name of a column may have a line break.
            text.push_str(&format!("# {}\n", missed.to_string().replace(char::is_control, " ")));
        }
        if !self.is_complete && !self.words.is_empty() {
            text.push_str("# The column `class` below is a guess: it has few words, and they repeat.\n");
        }
        text.push_str(&self.description.to_toml());
        text.push_str("\n[labels]\n");
        let class = |word: &ClassWord| word.class.clone().unwrap_or_default();
        for word in self.words.iter().take(WORDS_LISTED) {
            let line = format!("{} = {}", quoted(&word.word), quoted(&class(word)));
            text.push_str(&format!("{line:<48} # {} rows\n", word.rows));
        }
        if self.words.len() > WORDS_LISTED {
            let more = self.words.len() - WORDS_LISTED;
            text.push_str(&format!("# {more} rarer words are of no class until they stand here.\n"));
        }
        text
    }
}

/// The text as a string of TOML on one line, which can be a key as well: a cell may have quotes and line breaks.
fn quoted(text: &str) -> String {
    let table = toml::Table::from_iter([(text.to_owned(), toml::Value::Boolean(true))]).to_string();
    let key = table.trim_end().trim_end_matches(" = true");
    if key.starts_with(['"', '\'']) { key.to_owned() } else { format!("\"{key}\"") }
}

/// Whether a file is a table by its extension.
fn is_table(file: &str) -> bool {
    let extension = file.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| TABLES.contains(&extension.as_str()))
}

/// The description of one table, and what it lacks.
fn of_cells(file: &str, cells: &Cells, has_dicom: &dyn Fn() -> bool) -> (TableDescription, Option<String>) {
    let mut columns: BTreeMap<Role, String> = BTreeMap::new();
    for name in &cells.columns {
        if let Some(role) = Role::of_column(name) {
            columns.entry(role).or_insert_with(|| name.clone());
        }
    }
    let tells = |roles: &[Role]| roles.iter().any(|role| columns.contains_key(role));
    let by_number = !tells(&Role::OF_FILMS[..1]) && tells(&Role::OF_FILMS) && has_dicom();
    let roles = if by_number { &Role::OF_FILMS[..] } else { &Role::OF_FILMS[..1] };
    let (tells_films, tells_classes) = (tells(roles), tells(&[Role::Class]));
    let known = |roles: &[Role]| {
        let names: Vec<&str> = roles.iter().filter_map(|role| role.names().first().copied()).collect();
        names.join(", ")
    };
    let header: Vec<String> = cells.columns.iter().take(12).cloned().collect();
    let header = format!("looks like a table with the columns {}", header.join(", "));
    let remedy = "or name the column in radiograph-source.toml";
    let lack = match (tells_films, tells_classes) {
        (true, true) => None,
        (false, true) => {
            let names = known(roles);
            Some(format!("{header}; no column tells the films: rename one to {names}, {remedy}"))
        }
        (true, false) => {
            Some(format!("{header}; no column tells the classes: rename one to class, {remedy}"))
        }
        (false, false) => Some(format!("{header}; none of them tells films or classes")),
    };
    (TableDescription { file: glob::Pattern::escape(file), columns, ..TableDescription::default() }, lack)
}

/// The column whose words could be classes: few, of letters, each on several rows. Only for a draft that is looked at.
fn likely_classes(table: &TableDescription, cells: &Cells) -> Option<String> {
    let free = |name: &&String| !table.columns.values().any(|taken| taken == *name);
    let could_be = |name: &&String| {
        let Some(at) = cells.column(name) else { return false };
        let words: BTreeSet<&str> =
            cells.rows.iter().map(|(_, row)| row.get(at).unwrap_or_default().trim()).collect();
        let has_letters = words.iter().all(|word| word.is_empty() || word.chars().any(char::is_alphabetic));
        (2..=WORDS_LISTED).contains(&words.len()) && words.len() * 2 <= cells.rows.len() && has_letters
    };
    cells.columns.iter().filter(free).find(could_be).cloned()
}

/// The words of the class column with their number of rows.
fn words(table: &TableDescription, cells: &Cells) -> Vec<ClassWord> {
    let Some(at) = table.columns.get(&Role::Class).and_then(|name| cells.column(name)) else {
        return Vec::new();
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, row) in &cells.rows {
        *counts.entry(row.get(at).unwrap_or_default().trim()).or_insert(0) += 1;
    }
    let labels = Labels::new(&BTreeMap::new());
    let mut words: Vec<ClassWord> = counts
        .into_iter()
        .filter(|(word, _)| !word.is_empty())
        .map(|(word, rows)| ClassWord {
            word: word.to_owned(),
            rows,
            class: match labels.meaning(word) {
                Meaning::Class(class) => Some(class.as_str().to_owned()),
                Meaning::NoClass | Meaning::Unlisted => None,
            },
        })
        .collect();
    words.sort_by(|one, other| other.rows.cmp(&one.rows).then_with(|| one.word.cmp(&other.word)));
    words
}
