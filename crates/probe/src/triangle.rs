//! A lower triangular matrix, and the Cholesky factorisation.

use crate::objective::{add, dot};

/// Share of the largest diagonal entry below which what earlier rows leave of an entry counts as rounding.
const ROUNDING: f64 = 1e-12;

/// The lower triangle of a square matrix, row after row: row i has i + 1 entries.
#[derive(Clone)]
pub(crate) struct Triangle {
    entries: Vec<f64>,
    rows: usize,
}

impl Triangle {
    /// The triangle with these entries, of which there are `rows (rows + 1) / 2`.
    pub(crate) fn new(entries: Vec<f64>, rows: usize) -> Self {
        debug_assert_eq!(entries.len(), start_of(rows));
        Self { entries, rows }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.entries[start_of(row)..start_of(row + 1)]
    }

    /// The factor L of the symmetric matrix L Lᵀ whose lower half this is. A row to which the matrix adds no more than rounding
    /// gets 0 on the diagonal, and its column is 0.
    pub(crate) fn factor(mut self) -> Self {
        let largest = (0..self.rows).map(|row| self.row(row)[row]).fold(0.0, f64::max);
        for row in 0..self.rows {
            let (before, from_here) = self.entries.split_at_mut(start_of(row));
            let own = &mut from_here[..=row];
            for column in 0..row {
                let other = &before[start_of(column)..start_of(column + 1)];
                let left = own[column] - dot(&own[..column], &other[..column]);
                own[column] = divided(left, other[column]);
            }
            let left = own[row] - dot(&own[..row], &own[..row]);
            own[row] = if left > ROUNDING * largest { left.sqrt() } else { 0.0 };
        }
        self
    }

    /// The lower half of `Lᵀ W L` for this L and the diagonal matrix W.
    pub(crate) fn weighted_square(&self, weights: impl Iterator<Item = f64>) -> Self {
        let mut square = Self { entries: vec![0.0; self.entries.len()], rows: self.rows };
        for (row, weight) in weights.enumerate() {
            let values = self.row(row);
            for (column, value) in values.iter().enumerate() {
                let target = &mut square.entries[start_of(column)..start_of(column + 1)];
                add(target, weight * value, &values[..=column]);
            }
        }
        square
    }

    /// This matrix times `factor`, plus `more` on the diagonal.
    pub(crate) fn scaled_and_raised(&self, factor: f64, more: f64) -> Self {
        let mut raised = self.clone();
        raised.entries.iter_mut().for_each(|entry| *entry *= factor);
        for row in 0..raised.rows {
            raised.entries[start_of(row) + row] += more;
        }
        raised
    }

    /// Replaces b by the solution of L x = b. What a diagonal entry of 0 leaves open is 0.
    pub(crate) fn solve(&self, b: &mut [f64]) {
        for row in 0..self.rows {
            let values = self.row(row);
            b[row] = divided(b[row] - dot(&values[..row], &b[..row]), values[row]);
        }
    }

    /// Replaces b by the solution of Lᵀ x = b. What a diagonal entry of 0 leaves open is 0.
    pub(crate) fn solve_transposed(&self, b: &mut [f64]) {
        for row in (0..self.rows).rev() {
            let values = self.row(row);
            let solution = divided(b[row], values[row]);
            b[row] = solution;
            add(&mut b[..row], -solution, &values[..row]);
        }
    }
}

fn start_of(row: usize) -> usize {
    row * (row + 1) / 2
}

fn divided(value: f64, by: f64) -> f64 {
    if by > 0.0 { value / by } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers by hand: [[2, 0, 0], [6, 1, 0], [-8, 5, 3]] times its transposed is [[4, 12, -16], [12, 37, -43], [-16, -43, 98]].
    #[test]
    fn the_factor_of_a_textbook_solves_its_equations() {
        let matrix = Triangle::new(vec![4.0, 12.0, 37.0, -16.0, -43.0, 98.0], 3);
        let factor = matrix.factor();
        assert_eq!(factor.entries, [2.0, 6.0, 1.0, -8.0, 5.0, 3.0]);
        let mut x = vec![4.0, 15.0, 1.0];
        factor.solve(&mut x);
        assert_eq!(x, [2.0, 3.0, 2.0 / 3.0]);
        let mut x = vec![1.0, 7.0, 6.0];
        factor.solve_transposed(&mut x);
        assert_eq!(x, [17.5, -3.0, 2.0]);
        // Columns (2, 6, -8), (0, 1, 5), (0, 0, 3) with weights 1, 2 and 1.
        let square = factor.weighted_square([1.0, 2.0, 1.0].into_iter());
        assert_eq!(square.entries, [140.0, -28.0, 27.0, -24.0, 15.0, 9.0]);
        assert_eq!(square.scaled_and_raised(2.0, 1.0).entries, [281.0, -56.0, 55.0, -48.0, 30.0, 19.0]);
    }

    #[test]
    fn a_row_that_repeats_another_adds_no_axis() {
        let factor = Triangle::new(vec![1.0, 1.0, 1.0, 2.0, 2.0, 5.0], 3).factor();
        assert_eq!(factor.entries, [1.0, 1.0, 0.0, 2.0, 0.0, 1.0]);
    }
}
