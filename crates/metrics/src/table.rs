//! Table of text cells that prints as plain text, Markdown or CSV.

use serde::{Deserialize, Serialize};

use crate::{Comparison, ConfusionMatrix, Estimate, Score, SubgroupTable};

/// Rows of cells under a header; columns of numbers are right-aligned, columns of words left-aligned.
///
/// ```
/// use radiograph_metrics::Table;
///
/// let mut table = Table::new(["class", "recall"]);
/// table.push(["covid", "0.987"]);
/// assert_eq!(table.to_text(), "class  recall\n-----  ------\ncovid   0.987\n");
/// assert_eq!(table.to_markdown(), "| class | recall |\n|:------|-------:|\n| covid |  0.987 |\n");
/// assert_eq!(table.to_csv(), "class,recall\ncovid,0.987\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new<C: Into<String>>(header: impl IntoIterator<Item = C>) -> Self {
        Self { header: header.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row; it is truncated, or filled with empty cells, to the width of the header.
    pub fn push<C: Into<String>>(&mut self, row: impl IntoIterator<Item = C>) {
        let mut row: Vec<String> = row.into_iter().map(Into::into).collect();
        row.resize(self.header.len(), String::new());
        self.rows.push(row);
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The rows, each as wide as the header.
    #[must_use]
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// The table as text, with aligned columns and a rule below the header.
    #[must_use]
    pub fn to_text(&self) -> String {
        let (widths, numeric) = (self.widths(&self.cells(str::to_owned)), self.numeric());
        let rule = vec![widths.iter().map(|&width| "-".repeat(width)).collect()];
        let lines = [vec![self.header.clone()], rule, self.rows.clone()].concat();
        let line = |row: &Vec<String>| format!("{}\n", aligned(row, &widths, &numeric).join("  ").trim_end());
        lines.iter().map(line).collect()
    }

    /// The table in Markdown; pipes in cells are escaped.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let cells = self.cells(|cell| cell.replace('|', "\\|").replace('\n', " "));
        let (widths, numeric) = (self.widths(&cells), self.numeric());
        let line = |row: &Vec<String>| format!("| {} |\n", aligned(row, &widths, &numeric).join(" | "));
        let rule = |(column, width): (usize, &usize)| {
            let dashes = "-".repeat(width + 1);
            if numeric[column] { format!("{dashes}:") } else { format!(":{dashes}") }
        };
        let rule: Vec<String> = widths.iter().enumerate().map(rule).collect();
        let mut lines: Vec<String> = cells.iter().map(line).collect();
        lines.insert(1, format!("|{}|\n", rule.join("|")));
        lines.concat()
    }

    /// The table as CSV (RFC 4180) with a header line.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in self.cells(str::to_owned) {
            if writer.write_record(&row).is_err() {
                unreachable!("rows are as wide as the header, and memory does not fail");
            }
        }
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    /// Header and rows.
    fn cells(&self, change: impl Fn(&str) -> String) -> Vec<Vec<String>> {
        let row = |row: &Vec<String>| row.iter().map(|cell| change(cell)).collect();
        std::iter::once(&self.header).chain(&self.rows).map(row).collect()
    }

    /// For each column, whether all its cells begin like a number, a gap or a reason.
    fn numeric(&self) -> Vec<bool> {
        let begins = |cell: &str| cell.starts_with(|c: char| c.is_ascii_digit() || "-(".contains(c));
        let column = |at: usize| !self.rows.is_empty() && self.rows.iter().all(|row| begins(&row[at]));
        (0..self.header.len()).map(column).collect()
    }

    fn widths(&self, cells: &[Vec<String>]) -> Vec<usize> {
        let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        (0..self.header.len()).map(width).collect()
    }
}

fn aligned(row: &[String], widths: &[usize], numeric: &[bool]) -> Vec<String> {
    let cell = |((cell, &width), &numeric): ((&String, &usize), &bool)| {
        if numeric { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
    };
    row.iter().zip(widths).zip(numeric).map(cell).collect()
}

/// Four decimals, or the reason in brackets.
pub(crate) fn score_cell(score: Score) -> String {
    score.map_or_else(|reason| format!("({reason})"), |score| format!("{score:.4}"))
}

/// A name, a score, the ends of its interval and its method, or the reason why there is none.
pub(crate) fn estimate_row(name: String, estimate: &Estimate) -> [String; 5] {
    let (low, high, method) = match &estimate.interval {
        Ok(interval) => {
            (format!("{:.4}", interval.low), format!("{:.4}", interval.high), interval.method.to_string())
        }
        Err(reason) => ("-".to_owned(), "-".to_owned(), format!("({reason})")),
    };
    [name, score_cell(estimate.score), low, high, method]
}

/// A p-value with four decimals, never as 0.
pub(crate) fn p_cell(p: Score) -> String {
    match p {
        Ok(p) if p < 0.000_05 => "< 0.0001".to_owned(),
        p => score_cell(p),
    }
}

impl From<&ConfusionMatrix> for Table {
    /// A table with one row per true class and one column per predicted class.
    fn from(matrix: &ConfusionMatrix) -> Self {
        let columns = matrix.classes().names().map(|name| format!("predicted {name}"));
        let mut table = Self::new(std::iter::once("true class".to_owned()).chain(columns));
        for (name, row) in matrix.classes().names().zip(matrix.rows()) {
            table.push(std::iter::once(name.to_owned()).chain(row.iter().map(ToString::to_string)));
        }
        table
    }
}

impl From<&SubgroupTable> for Table {
    /// A table with one row per subgroup.
    fn from(subgroups: &SubgroupTable) -> Self {
        let classes = subgroups.groups.first().map_or(&[][..], |group| &group.by_class);
        let mut header = vec![subgroups.field.clone(), "samples".to_owned(), "clusters".to_owned()];
        header.extend(classes.iter().map(|(name, _)| name.clone()));
        header.push(subgroups.metric.to_string());
        let mut table = Self::new(header);
        for group in &subgroups.groups {
            let mut row =
                vec![group.group.to_string(), group.samples.to_string(), group.clusters.to_string()];
            row.extend(group.by_class.iter().map(|(_, count)| count.to_string()));
            row.push(group.estimate.to_string());
            table.push(row);
        }
        table
    }
}

impl From<&[Comparison]> for Table {
    /// A table with one row per comparison.
    fn from(comparisons: &[Comparison]) -> Self {
        let mut table =
            Self::new(["models", "score", "first", "second", "difference", "p", "p (Holm)", "conclusion"]);
        for comparison in comparisons {
            let holm = comparison.adjusted_p_value.map_or_else(|| "-".to_owned(), |p| p_cell(Ok(p)));
            table.push([
                format!("{} - {}", comparison.first, comparison.second),
                comparison.metric.to_string(),
                score_cell(comparison.first_score),
                score_cell(comparison.second_score),
                comparison.difference.to_string(),
                p_cell(comparison.p_value),
                holm,
                comparison.statement(),
            ]);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_break_the_table() {
        let mut table = Table::new(["a|b", "c"]);
        table.push(["x,\"y\"", "1\n2", "too much"]);
        table.push(["short"]);
        assert_eq!(table.to_csv(), "a|b,c\n\"x,\"\"y\"\"\",\"1\n2\"\nshort,\n");
        assert!(table.to_markdown().starts_with("| a\\|b  | c   |\n|:------|:----|\n"));
        assert_eq!(table.to_markdown().lines().count(), 4);
    }
}
