//! The values that a figure shows, as CSV.

/// Rows of values.
pub(super) struct Values {
    /// The text so far, headings first.
    pub(super) csv: String,
}

impl Values {
    /// No rows yet below these headings.
    pub(super) fn new(headings: &[&str]) -> Self {
        let mut values = Self { csv: String::new() };
        values.push(headings);
        values
    }

    /// Adds a row. A cell is quoted where it must be (RFC 4180).
    pub(super) fn push(&mut self, cells: &[&str]) {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.csv.push(',');
            }
            if cell.contains([',', '"', '\n', '\r']) {
                self.csv.push_str(&format!("\"{}\"", cell.replace('"', "\"\"")));
            } else {
                self.csv.push_str(cell);
            }
        }
        self.csv.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_commas_and_quotes_are_quoted() {
        let mut values = Values::new(&["a", "b"]);
        values.push(&["x, \"y\"", "1"]);
        assert_eq!(values.csv, "a,b\n\"x, \"\"y\"\"\",1\n");
    }
}
