//! Errors in the input of a probe.

/// Reason why examples, folds or settings were refused. Rows, columns and folds count from 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The class names are at fault.
    #[error(transparent)]
    Classes(#[from] radiograph_classes::Error),
    /// A row is given to no class of the set.
    #[error("row {row} has label {label}; with {classes} classes, labels are 0 to {}", classes - 1)]
    Label {
        /// The row.
        row: usize,
        /// Its label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },
    /// A list does not fit the matrix.
    #[error("{got} {what} for {expected} rows; give one for each row")]
    Length {
        /// Name of the list.
        what: &'static str,
        /// Number of rows.
        expected: usize,
        /// Length of the list.
        got: usize,
    },
    /// The matrix has no rows or no columns.
    #[error("a matrix of {rows} rows and {columns} columns has nothing to learn from")]
    Empty {
        /// Number of rows.
        rows: usize,
        /// Number of columns.
        columns: usize,
    },
    /// A class has no training row.
    #[error("no training row{} has class {class}; add one, or leave the class out of the set", in_fold(*fold))]
    NoExample {
        /// The class.
        class: String,
        /// The fold, if it is one of a cross-validation.
        fold: Option<usize>,
    },
    /// A feature is not a finite number.
    #[error("feature {column} of row {row} is {value}, not a finite number")]
    NotFinite {
        /// The row.
        row: usize,
        /// The column.
        column: usize,
        /// The value.
        value: f64,
    },
    /// There is only one class, so there is nothing to tell apart.
    #[error("{class} is the only class; a probe needs at least two")]
    OneClass {
        /// The class.
        class: String,
    },
    /// A fold holds a row twice, or uses it both for training and for validation.
    #[error("fold {fold} holds row {row} twice; a row is either a training row or held out")]
    RepeatedRow {
        /// The fold.
        fold: usize,
        /// The row.
        row: usize,
    },
    /// A fold names a row that the matrix does not have.
    #[error("fold {fold} names row {row} of a matrix with {rows} rows")]
    Row {
        /// The fold.
        fold: usize,
        /// The row.
        row: usize,
        /// Number of rows.
        rows: usize,
    },
    /// A setting out of its range.
    #[error("{name} is {value}; it must be {range}")]
    Setting {
        /// Name of the setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The allowed range.
        range: &'static str,
    },
    /// A class occurs in too few groups for a cross-validation by group.
    #[error("class {class} occurs in {groups} group; a cross-validation by group needs it in at least 2")]
    TooFewGroups {
        /// The class.
        class: String,
        /// Number of its groups.
        groups: usize,
    },
    /// A weight is not a finite number above 0.
    #[error("the weight of row {row} is {value}; it must be a finite number above 0")]
    Weight {
        /// The row.
        row: usize,
        /// The weight.
        value: f64,
    },
    /// Features have another width than those of the training, or a stored probe contradicts itself.
    #[error("{what} has {got} entries instead of {expected}")]
    Width {
        /// The row or list.
        what: &'static str,
        /// Expected number.
        expected: usize,
        /// Number found.
        got: usize,
    },
}

fn in_fold(fold: Option<usize>) -> String {
    fold.map_or_else(String::new, |fold| format!(" of fold {fold}"))
}
