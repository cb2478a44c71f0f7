//! Errors of descriptions: what is wrong with a `radiograph-source.toml`, or with the tables that it names.

use std::path::PathBuf;

/// Why a description cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptionError {
    /// The file is not TOML, or has an unknown key or a wrong value.
    #[error("{}, line {line}: {reason}", path.display())]
    Syntax {
        /// The description.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The fault.
        reason: String,
    },

    /// A pattern of files is not one.
    #[error("{}: the pattern {pattern:?} cannot be used: {reason}", path.display())]
    Pattern {
        /// The description.
        path: PathBuf,
        /// The pattern.
        pattern: String,
        /// The fault.
        reason: String,
    },

    /// A table does not say by which column its rows tell their films.
    #[error(
        "{}: the table {table:?} needs a column that tells its films: give `columns.{}`",
        path.display(), roles.join("`, `columns.")
    )]
    NoFilmColumn {
        /// The description.
        path: PathBuf,
        /// The table.
        table: String,
        /// Keys of the columns that can tell them.
        roles: Vec<&'static str>,
    },

    /// No file fits the pattern of a table.
    #[error("{}: no table fits {pattern:?}; correct `table.file` in the description", folder.display())]
    NoTable {
        /// The collection's folder.
        folder: PathBuf,
        /// The pattern.
        pattern: String,
    },

    /// The table has no such column.
    #[error(
        "{}: no column is named {column:?}; name one of these in the description: {}", path.display(), found.join(", ")
    )]
    NoColumn {
        /// The table.
        path: PathBuf,
        /// The column.
        column: String,
        /// Columns of the table; a long header is cut.
        found: Vec<String>,
    },

    /// So many different words cannot be classes.
    #[error(
        "{}: the column {column:?} has more than {limit} different words, so it is no column of classes; name another one, or \
         list the words that count under [labels]", path.display()
    )]
    TooManyWords {
        /// The table.
        path: PathBuf,
        /// The column.
        column: String,
        /// Maximum number of different words.
        limit: usize,
    },
}
