//! A printed table of scores, the input of an examination.

use std::{collections::BTreeMap, io::Read};

use radiograph_classes::Classes;
use serde::{Deserialize, Serialize};

use super::{Printed, Unit};
use crate::ForensicsError;

/// Maximum number of classes of a table.
pub const MAX_PRINTED_CLASSES: usize = 20;

/// Maximum number of samples of a table (the sum of all supports).
pub const MAX_PRINTED_SAMPLES: u64 = 200_000;

/// Maximum number of rows of a file.
const MAX_ROWS: usize = 10_000;

/// One class of a printed table. A number that is not printed is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct PrintedRow {
    /// Name of the class.
    pub class: String,
    /// Samples of the class in the test set.
    pub support: u64,
    /// The number in the column headed precision.
    pub precision: Option<Printed>,
    /// The number in the column headed recall.
    pub recall: Option<Printed>,
    /// The number in the column headed F1.
    pub f1: Option<Printed>,
    /// The number in the column headed accuracy.
    pub accuracy: Option<Printed>,
    /// Number of wrongly classified samples of this class that the text states; assumed to be right.
    pub missed: Option<u64>,
}

/// A printed table with a row for every class of the test set, including classes without printed scores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct PrintedTable {
    name: String,
    classes: Classes,
    rows: Vec<PrintedRow>,
    errors: Option<u64>,
    unit: Unit,
}

impl PrintedTable {
    /// A table of these rows; its unit is percent if any number is above 1.
    ///
    /// `errors` is the number of wrongly classified samples that the text states, if any; it is assumed to be right.
    ///
    /// # Errors
    ///
    /// If there is one class or more than [`MAX_PRINTED_CLASSES`], if a class name repeats, if a support is 0, if all
    /// supports together exceed [`MAX_PRINTED_SAMPLES`], or if stated errors exceed a support or contradict each other.
    pub fn new(name: &str, rows: Vec<PrintedRow>, errors: Option<u64>) -> Result<Self, ForensicsError> {
        let classes = Classes::new(rows.iter().map(|row| row.class.as_str()))?;
        if classes.len() < 2 {
            return Err(ForensicsError::OneClass { class: classes.to_string() });
        }
        if classes.len() > MAX_PRINTED_CLASSES {
            let (got, limit) = (classes.len() as u64, MAX_PRINTED_CLASSES as u64);
            return Err(ForensicsError::TooLarge { what: "classes of a printed table", got, limit });
        }
        let mut total = 0_u64;
        for row in &rows {
            total = total.saturating_add(row.support);
            if row.support == 0 || total > MAX_PRINTED_SAMPLES {
                let (class, support) = (row.class.clone(), row.support);
                return Err(ForensicsError::UnusableSupport { class, support, limit: MAX_PRINTED_SAMPLES });
            }
        }
        check_errors(&rows, errors, total)?;
        let printed = rows.iter().flat_map(|row| [row.precision, row.recall, row.f1, row.accuracy]).flatten();
        let unit =
            if printed.into_iter().any(Printed::is_above_one) { Unit::Percent } else { Unit::Fraction };
        Ok(Self { name: name.to_owned(), classes, rows, errors, unit })
    }

    /// The same table in this unit, whatever its numbers are.
    #[must_use]
    pub fn in_unit(self, unit: Unit) -> Self {
        Self { unit, ..self }
    }

    /// Reads tables from a CSV with a header and one row per class.
    ///
    /// The columns are `class`, `support`, and any of `precision`, `recall`, `f1` and `accuracy`. Optional columns are
    /// `missed` (errors in this class that the text states), `errors` (all errors that the text states, the same in
    /// each row that has it), and `table` (a name: rows of the same name form a table, and tables have the order in
    /// which their names first appear). An empty cell or `-` is a number that was not printed. Every class of the test
    /// set needs a row, for its support.
    ///
    /// # Errors
    ///
    /// If the input is not CSV, if it lacks `class` or `support`, or at the first cell that is not a printed number;
    /// also the errors of [`PrintedTable::new`].
    pub fn read_csv(from: impl Read) -> Result<Vec<Self>, ForensicsError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(from);
        let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
        let column = |name: &str| header.iter().position(|column| column == name);
        let required = |name: &str| {
            column(name).ok_or_else(|| ForensicsError::MissingColumn {
                column: name.to_owned(),
                found: header.clone(),
            })
        };
        let (class, support) = (required("class")?, required("support")?);
        let mut names: Vec<String> = Vec::new();
        let mut tables: BTreeMap<usize, (Vec<PrintedRow>, Option<u64>)> = BTreeMap::new();
        for (at, record) in reader.records().enumerate() {
            let record = record?;
            if at >= MAX_ROWS {
                let (got, limit) = (at as u64 + 1, MAX_ROWS as u64);
                return Err(ForensicsError::TooLarge { what: "rows of printed tables", got, limit });
            }
            let line = record.position().map_or(0, csv::Position::line);
            let cell = |name: &'static str| {
                let text = column(name).and_then(|column| record.get(column)).unwrap_or("");
                if text == "-" { "" } else { text }
            };
            let printed = |name| read_with(cell(name), line, name, Printed::read);
            let count = |name| read_with(cell(name), line, name, |text| text.parse::<u64>().ok());
            let row = PrintedRow {
                class: record.get(class).unwrap_or("").to_owned(),
                support: match record.get(support).unwrap_or("") {
                    "" => {
                        return Err(ForensicsError::UnreadableCell {
                            line,
                            column: "support",
                            text: String::new(),
                        });
                    }
                    text => read_with(text, line, "support", |text| text.parse().ok())?.unwrap_or(0),
                },
                precision: printed("precision")?,
                recall: printed("recall")?,
                f1: printed("f1")?,
                accuracy: printed("accuracy")?,
                missed: count("missed")?,
            };
            let name = cell("table");
            let number = names.iter().position(|known| known == name).unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            });
            let (rows, errors) = tables.entry(number).or_default();
            match (*errors, count("errors")?) {
                (Some(before), Some(now)) if before != now => {
                    let text = now.to_string();
                    return Err(ForensicsError::UnreadableCell { line, column: "errors", text });
                }
                (None, now) => *errors = now,
                _ => {}
            }
            rows.push(row);
        }
        tables.into_iter().map(|(number, (rows, errors))| Self::new(&names[number], rows, errors)).collect()
    }

    /// The name of the table, empty if it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The classes, in the order of the rows.
    #[must_use]
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[PrintedRow] {
        &self.rows
    }

    /// Number of wrongly classified samples that the text states.
    #[must_use]
    pub fn errors(&self) -> Option<u64> {
        self.errors
    }

    /// Unit of the scores.
    #[must_use]
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// The number of samples: the sum of all supports.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.rows.iter().map(|row| row.support).sum()
    }
}

/// Serialised form, checked again when it is read.
#[derive(Serialize, Deserialize)]
struct Written {
    name: String,
    rows: Vec<PrintedRow>,
    errors: Option<u64>,
    unit: Unit,
}

impl TryFrom<Written> for PrintedTable {
    type Error = ForensicsError;

    fn try_from(written: Written) -> Result<Self, ForensicsError> {
        Ok(Self::new(&written.name, written.rows, written.errors)?.in_unit(written.unit))
    }
}

impl From<PrintedTable> for Written {
    fn from(PrintedTable { name, rows, errors, unit, .. }: PrintedTable) -> Self {
        Self { name, rows, errors, unit }
    }
}

/// Checks that stated errors fit the supports and each other.
fn check_errors(rows: &[PrintedRow], errors: Option<u64>, total: u64) -> Result<(), ForensicsError> {
    let contradiction = |what: &str, stated, bound, at_least| {
        Err(ForensicsError::ContradictoryErrors { what: what.to_owned(), stated, bound, at_least })
    };
    let mut sum = 0;
    for row in rows {
        let missed = row.missed.unwrap_or(0);
        if missed > row.support {
            return contradiction(&row.class, missed, row.support, false);
        }
        sum += missed;
    }
    match errors {
        Some(stated) if stated > total => contradiction("the whole table", stated, total, false),
        Some(stated) if stated < sum => contradiction("the whole table", stated, sum, true),
        _ => Ok(()),
    }
}

/// The cell as parsed by `read`; `None` if it is empty.
fn read_with<T>(
    text: &str,
    line: u64,
    column: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ForensicsError> {
    if text.is_empty() {
        return Ok(None);
    }
    match read(text) {
        Some(value) => Ok(Some(value)),
        None => Err(ForensicsError::UnreadableCell { line, column, text: text.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<PrintedTable>, ForensicsError> {
        PrintedTable::read_csv(text.as_bytes())
    }

    #[test]
    fn several_tables_stand_in_one_file() {
        let tables = read(
            "table,class,support,precision,errors\n\
             B,covid,10,0.90,3\nA,covid,5,-,\nB,normal,12,,\nA,normal,6,0.5,\n",
        )
        .unwrap();
        let names: Vec<&str> = tables.iter().map(PrintedTable::name).collect();
        assert_eq!(names, ["B", "A"]);
        assert_eq!((tables[0].total(), tables[0].errors(), tables[0].unit()), (22, Some(3), Unit::Fraction));
        assert_eq!(tables[1].rows()[0].precision, None);
        let text = serde_json::to_string(&tables).unwrap();
        assert_eq!(serde_json::from_str::<Vec<PrintedTable>>(&text).unwrap(), tables);
        let impossible = text.replace(r#""support":10"#, r#""support":0"#);
        assert!(serde_json::from_str::<Vec<PrintedTable>>(&impossible).is_err());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        assert!(
            matches!(read("class,f1\na,1\n"), Err(ForensicsError::MissingColumn { column, .. }) if column == "support")
        );
        assert!(matches!(
            read("class,support,f1\na,3,0.5\nb,4,x\n"),
            Err(ForensicsError::UnreadableCell { line: 3, column: "f1", text }) if text == "x"
        ));
        assert!(matches!(
            read("class,support\na,0\nb,1\n"),
            Err(ForensicsError::UnusableSupport { support: 0, .. })
        ));
        assert!(matches!(
            read("class,support\na,3\nb,\n"),
            Err(ForensicsError::UnreadableCell { column: "support", .. })
        ));
        assert!(matches!(
            read("class,support\na,18446744073709551615\nb,9\n"),
            Err(ForensicsError::UnusableSupport { .. })
        ));
        assert!(matches!(read("class,support\na,3\n"), Err(ForensicsError::OneClass { .. })));
        assert!(matches!(read("class,support\na,3\na,4\n"), Err(ForensicsError::Classes(_))));
        assert!(matches!(
            read("class,support,errors\na,3,1\nb,4,2\n"),
            Err(ForensicsError::UnreadableCell { .. })
        ));
        let of = |rows: &str| read(&format!("class,support,missed,errors\n{rows}"));
        assert!(matches!(
            of("a,3,,\nb,3,4,\n"),
            Err(ForensicsError::ContradictoryErrors { what, stated: 4, bound: 3, at_least: false }) if what == "b"
        ));
        assert!(matches!(
            of("a,3,1,9\nb,4,,\n"),
            Err(ForensicsError::ContradictoryErrors { stated: 9, bound: 7, .. })
        ));
        assert!(matches!(
            of("a,3,2,1\nb,4,,\n"),
            Err(ForensicsError::ContradictoryErrors { at_least: true, .. })
        ));
        assert!(matches!(read("class,support\na,3,9\n"), Err(ForensicsError::Csv(_))));
    }
}
