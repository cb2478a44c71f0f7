//! Fills removed places from their neighbours: each becomes the weighted mean of its eight neighbours, which may be removed
//! themselves.
//!
//! The linear system depends on the places and not on the values. Its matrix for the first places of an order is a corner of
//! the matrix for all of them, and so is its Cholesky factor: one factor serves all channels and all shares.

use ndarray::{Array2, ArrayView2};

/// Weight of a neighbour to the side, above or below, and of one at a corner, from the paper of ROAD.
const DIRECT: f64 = 1.0 / 6.0;
const DIAGONAL: f64 = 1.0 / 12.0;
/// Maximum number of places that are factored; the work grows with its cube. More are solved by conjugate gradients.
pub(super) const MOST_FACTORED: usize = 1024;

/// The system for places of a grid, in an order.
pub(super) struct Filler {
    size: (usize, usize),
    places: Vec<usize>,
    /// Lower triangle of the Cholesky factor, row by row; none for too many places.
    factor: Option<Vec<f64>>,
}

impl Filler {
    /// A filler of these places of a grid of `size` rows and columns, as row-major positions. At least one place of the grid
    /// must not be among them; the matrix is positive definite then.
    pub(super) fn new(size: (usize, usize), places: Vec<usize>) -> Self {
        let factor = (places.len() <= MOST_FACTORED).then(|| factor(size, &places));
        Self { size, places, factor }
    }

    /// The places, in their order.
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    /// The values of the first `count` places, from those of all others; 0 elsewhere.
    pub(super) fn solve(&self, values: ArrayView2<f32>, count: usize) -> Array2<f64> {
        let (_, width) = self.size;
        let mut removed = Array2::from_elem(self.size, false);
        self.places[..count].iter().for_each(|place| removed[[place / width, place % width]] = true);
        let Some(factor) = &self.factor else { return by_gradients(values, &removed) };
        let known =
            Array2::from_shape_fn(
                self.size,
                |place| {
                    if removed[place] { 0.0 } else { f64::from(values[place]) }
                },
            );
        // For a removed place: (sum of weights) · x − Σ weight · x of removed neighbours = Σ weight · known neighbours.
        let mut x: Vec<f64> = Vec::with_capacity(count);
        for (row, &place) in self.places[..count].iter().enumerate() {
            let around =
                neighbours(self.size, place).map(|(at, weight)| weight * known[[at / width, at % width]]);
            let line = &factor[row * (row + 1) / 2..][..=row];
            let sum: f64 = line.iter().zip(&x).map(|(factor, x)| factor * x).sum();
            x.push((around.sum::<f64>() - sum) / line[row]);
        }
        for row in (0..count).rev() {
            let line = &factor[row * (row + 1) / 2..][..=row];
            x[row] /= line[row];
            let value = x[row];
            x[..row].iter_mut().zip(line).for_each(|(x, factor)| *x -= factor * value);
        }
        let mut solved = Array2::zeros(self.size);
        self.places[..count].iter().zip(x).for_each(|(place, x)| solved[[place / width, place % width]] = x);
        solved
    }
}

/// Positions and weights of the neighbours of a place inside the grid.
fn neighbours((height, width): (usize, usize), place: usize) -> impl Iterator<Item = (usize, f64)> {
    let (row, column) = (place / width, place % width);
    let rows = row.saturating_sub(1)..=(row + 1).min(height - 1);
    let columns = column.saturating_sub(1)..=(column + 1).min(width - 1);
    rows.flat_map(move |y| columns.clone().map(move |x| (y, x))).filter_map(move |(y, x)| {
        let weight = match (y == row, x == column) {
            (true, true) => return None,
            (false, false) => DIAGONAL,
            _ => DIRECT,
        };
        Some((y * width + x, weight))
    })
}

/// The Cholesky factor of the matrix of these places.
fn factor(size: (usize, usize), places: &[usize]) -> Vec<f64> {
    let mut at = vec![None; size.0 * size.1];
    places.iter().enumerate().for_each(|(row, &place)| at[place] = Some(row));
    let mut factor = vec![0.0; places.len() * (places.len() + 1) / 2];
    for (row, &place) in places.iter().enumerate() {
        let (before, rest) = factor.split_at_mut(row * (row + 1) / 2);
        let line = &mut rest[..=row];
        for (other, weight) in neighbours(size, place) {
            line[row] += weight;
            if let Some(column) = at[other].filter(|column| *column < row) {
                line[column] = -weight;
            }
        }
        for column in 0..row {
            let other = &before[column * (column + 1) / 2..][..=column];
            let sum: f64 = line[..column].iter().zip(other).map(|(a, b)| a * b).sum();
            line[column] = (line[column] - sum) / other[column];
        }
        let sum: f64 = line[..row].iter().map(|value| value * value).sum();
        line[row] = (line[row] - sum).sqrt();
    }
    factor
}

/// Solves the system by conjugate gradients, for more places than can be factored.
fn by_gradients(values: ArrayView2<f32>, removed: &Array2<bool>) -> Array2<f64> {
    let known =
        Array2::from_shape_fn(
            values.dim(),
            |place| if removed[place] { 0.0 } else { f64::from(values[place]) },
        );
    let only_removed = |mut grid: Array2<f64>| {
        grid.zip_mut_with(removed, |value, removed| {
            if !removed {
                *value = 0.0;
            }
        });
        grid
    };
    // For a removed place: (sum of weights) · x − Σ weight · x of removed neighbours = Σ weight · known neighbours.
    let apply = |x: &Array2<f64>| only_removed(balance(x));
    let right = only_removed(balance(&known).mapv(|value| -value));
    let mean =
        values.iter().zip(removed).filter(|(_, removed)| !**removed).map(|(value, _)| f64::from(*value));
    let (sum, count) = mean.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    let mut x = only_removed(Array2::from_elem(values.dim(), sum / count));
    let mut rest = &right - &apply(&x);
    let mut direction = rest.clone();
    let mut square = (&rest * &rest).sum();
    // The neighbours of a hole may all be zero, as in most channels after a ReLU. The right side is then 0 and gives no tolerance,
    // so the tolerance is also relative to the first residual.
    let enough = 1e-16 * (&right * &right).sum().max(square);
    for _ in 0..10 * removed.len() {
        if square <= enough {
            break;
        }
        let image = apply(&direction);
        let step = square / (&direction * &image).sum();
        x.scaled_add(step, &direction);
        rest.scaled_add(-step, &image);
        let next = (&rest * &rest).sum();
        direction *= next / square;
        direction += &rest;
        square = next;
    }
    x
}

/// At each place: its value times the weights of its neighbours inside the image, minus their weighted values.
fn balance(grid: &Array2<f64>) -> Array2<f64> {
    let (size, width) = (grid.dim(), grid.dim().1);
    Array2::from_shape_fn(size, |(row, column)| {
        let around = neighbours(size, row * width + column);
        around.map(|(at, weight)| weight * (grid[[row, column]] - grid[[at / width, at % width]])).sum()
    })
}
