//! Errors in a printed table, or in the request to examine it.

/// Reason why a printed table was refused. Lines count from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForensicsError {
    /// Class names are invalid: a name repeats or is empty.
    #[error(transparent)]
    Classes(#[from] radiograph_classes::Error),
    /// Stated errors that the table rules out.
    #[error("{stated} errors are stated for {what}, but there can be {} {bound}", if *at_least { "no fewer than" } else { "at most" })]
    ContradictoryErrors {
        /// Class, or "the whole table".
        what: String,
        /// Number of stated errors.
        stated: u64,
        /// Support of the class or table, or errors stated for single classes.
        bound: u64,
        /// Whether the bound is a lower one.
        at_least: bool,
    },
    /// A file that is not CSV.
    #[error("the CSV cannot be read: {0}")]
    Csv(#[from] csv::Error),
    /// A matrix that the metrics refuse.
    #[error(transparent)]
    Matrix(#[from] radiograph_metrics::Error),
    /// A missing column.
    #[error("the file has no column {column:?}; {}", columns_found(found))]
    MissingColumn {
        /// Column.
        column: String,
        /// Columns of the file.
        found: Vec<String>,
    },
    /// A single class.
    #[error("a classifier needs at least two classes, and the set holds only {class:?}")]
    OneClass {
        /// Class.
        class: String,
    },
    /// A table larger than its limit.
    #[error("{what}: {got} is over the limit of {limit}")]
    TooLarge {
        /// Dimension that is too large.
        what: &'static str,
        /// Size given.
        got: u64,
        /// Limit.
        limit: u64,
    },
    /// An unknown rounding rule.
    #[error("{name:?} is not a rounding; choose one of {}", .known.join(", "))]
    UnknownRounding {
        /// Name given.
        name: String,
        /// All names.
        known: &'static [&'static str],
    },
    /// A cell that is not a printed number.
    #[error(
        "line {line}, column {column:?}: {text:?} is not a printed number between 0 and 100, such as 99.78"
    )]
    UnreadableCell {
        /// Line of the file or of the list of rows.
        line: u64,
        /// Column.
        column: &'static str,
        /// Text of the cell.
        text: String,
    },
    /// A support out of its range.
    #[error(
        "class {class} has support {support}; a printed table can be checked only against supports of 1 to {limit}"
    )]
    UnusableSupport {
        /// Class.
        class: String,
        /// Support.
        support: u64,
        /// Largest accepted support.
        limit: u64,
    },
}

fn columns_found(found: &[String]) -> String {
    if found.is_empty() { "it is empty".to_owned() } else { format!("its columns are {}", found.join(", ")) }
}
