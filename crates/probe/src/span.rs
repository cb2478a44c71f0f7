//! Training rows in the space that they span, which has no more dimensions than there are rows.
//!
//! The penalty keeps the coefficients in that space, and neither the loss nor the penalty depends on its axes. So with fewer
//! rows than features the same minimum is found with fewer numbers: the rows of the triangular matrix L, where L Lᵀ holds the
//! products of the standardised rows (Cholesky).

use rayon::prelude::*;

use crate::{
    Examples, Standardisation,
    examples::Row,
    objective::{add, dot},
    triangle::Triangle,
};

/// Rows whose products with another are computed together, so that the other is read once.
const TOGETHER: usize = 4;

/// The training rows as rows of L.
pub(crate) struct Span<'a> {
    examples: &'a Examples,
    rows: &'a [usize],
    standardisation: &'a Standardisation,
    points: Triangle,
    /// Lᵀ W L, where W holds the rows' weights as shares.
    square: Triangle,
}

impl<'a> Span<'a> {
    /// The span of these rows. `standardisation` was fitted on them.
    pub(crate) fn new(
        examples: &'a Examples,
        rows: &'a [usize],
        standardisation: &'a Standardisation,
    ) -> Self {
        let points = Triangle::new(products(examples, rows, standardisation), rows.len()).factor();
        let total: f64 = rows.iter().map(|&row| examples.weights[row]).sum();
        let square = points.weighted_square(rows.iter().map(|&row| examples.weights[row] / total));
        Self { examples, rows, standardisation, points, square }
    }

    /// The number of axes, which is that of the rows.
    pub(crate) fn axes(&self) -> usize {
        self.points.rows()
    }

    /// The training rows as points of the span.
    pub(crate) fn points(&self) -> Vec<Row<'_>> {
        let of = |(place, &row): (usize, &usize)| self.examples.at(row, self.points.row(place));
        self.rows.iter().enumerate().map(of).collect()
    }

    /// Coefficients of the standardised features for one class, from those in the span.
    pub(crate) fn coefficients(&self, in_span: &[f64]) -> Vec<f64> {
        // The coefficients are Xᵀ a with Lᵀ a = those in the span.
        let mut shares = in_span.to_vec();
        self.points.solve_transposed(&mut shares);
        let mut coefficients = vec![0.0; self.examples.width()];
        for (share, &row) in shares.iter().zip(self.rows) {
            add(&mut coefficients, *share, self.examples.row(row));
        }
        let all: f64 = shares.iter().sum();
        let scale = self.standardisation.mean.iter().zip(self.standardisation.factors());
        for (coefficient, (mean, factor)) in coefficients.iter_mut().zip(scale) {
            *coefficient = factor * (*coefficient - mean * all);
        }
        coefficients
    }

    /// About how strongly the objective curves: its second derivatives where all classes are equally probable, without those
    /// between classes. Training that starts from them needed about a quarter of the steps on feature maps.
    pub(crate) fn curvature(&self, penalty: f64) -> Curvature {
        let classes = self.examples.classes.len() as f64;
        let of_logits = (classes - 1.0) / (classes * classes);
        Curvature { of_logits, factor: self.square.scaled_and_raised(of_logits, penalty).factor() }
    }
}

/// Second derivatives for each class: of the coefficients in the span, as a Cholesky factor, and of the intercept.
pub(crate) struct Curvature {
    of_logits: f64,
    factor: Triangle,
}

impl Curvature {
    /// Replaces a gradient by the step that leads to the minimum of a function with this curvature, with the other sign.
    pub(crate) fn solve(&self, gradient: &mut [f64]) {
        let axes = self.factor.rows();
        let classes = gradient.len() / (axes + 1);
        let (slopes, intercepts) = gradient.split_at_mut(classes * axes);
        for of_class in slopes.chunks_exact_mut(axes) {
            self.factor.solve(of_class);
            self.factor.solve_transposed(of_class);
        }
        intercepts.iter_mut().for_each(|intercept| *intercept /= self.of_logits);
    }
}

/// Products of the standardised rows, the lower triangle row after row.
fn products(examples: &Examples, rows: &[usize], standardisation: &Standardisation) -> Vec<f64> {
    let width = examples.width();
    let mut standardised = Vec::with_capacity(rows.len() * width);
    for &row in rows {
        let start = standardised.len();
        standardised.extend_from_slice(examples.row(row));
        standardisation.apply(&mut standardised[start..]);
    }
    let row = |place: usize| &standardised[place * width..(place + 1) * width];
    let blocks: Vec<Vec<f64>> = (0..rows.len().div_ceil(TOGETHER))
        .into_par_iter()
        .map(|block| {
            let first = block * TOGETHER;
            let places = first..(first + TOGETHER).min(rows.len());
            let mut of_block = vec![vec![0.0; places.end]; places.len()];
            for other in 0..places.end {
                let products = dots(&standardised[first * width..places.end * width], row(other));
                for (own, product) in of_block.iter_mut().zip(products) {
                    own[other] = product;
                }
            }
            let cut = of_block.into_iter().zip(places);
            cut.flat_map(|(mut own, place)| {
                own.truncate(place + 1);
                own
            })
            .collect()
        })
        .collect();
    blocks.concat()
}

/// Products of up to [`TOGETHER`] rows with another one.
fn dots(rows: &[f64], other: &[f64]) -> [f64; TOGETHER] {
    let width = other.len();
    let mut products = [0.0; TOGETHER];
    if rows.len() < TOGETHER * width {
        for (product, row) in products.iter_mut().zip(rows.chunks_exact(width)) {
            *product = dot(row, other);
        }
        return products;
    }
    let (first, rest) = rows.split_at(width);
    let (second, rest) = rest.split_at(width);
    let (third, fourth) = rest.split_at(width);
    let mut sums = [[0.0; 2]; TOGETHER];
    let pairs = width / 2 * 2;
    for place in (0..pairs).step_by(2) {
        for lane in 0..2 {
            let value = other[place + lane];
            sums[0][lane] += first[place + lane] * value;
            sums[1][lane] += second[place + lane] * value;
            sums[2][lane] += third[place + lane] * value;
            sums[3][lane] += fourth[place + lane] * value;
        }
    }
    for (product, (sums, row)) in products.iter_mut().zip(sums.iter().zip(rows.chunks_exact(width))) {
        let rest = if pairs < width { row[pairs] * other[pairs] } else { 0.0 };
        *product = sums[0] + sums[1] + rest;
    }
    products
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use radiograph_classes::Classes;
    use radiograph_random::Stream;

    use super::*;

    #[test]
    fn products_of_the_points_are_those_of_the_rows_also_if_rows_repeat() {
        let mut stream = Stream::new(5, "span");
        let mut features = Array2::from_shape_fn((23, 41), |_| 7.0 + stream.normal());
        let first = features.row(0).to_owned();
        features.row_mut(9).assign(&first);
        features.column_mut(3).fill(2.5);
        let classes = Classes::new(["a", "b"]).unwrap();
        let labels = (0..23).map(|row| row % 2).collect();
        let examples = Examples::new(features.view(), &classes, labels).unwrap();
        let rows: Vec<usize> = (0..23).filter(|row| row % 7 != 5).collect();
        let own = examples.standardisation_of(&rows);
        let span = Span::new(&examples, &rows, &own);
        let standardised = |row: usize| {
            let mut row = examples.row(row).to_vec();
            own.apply(&mut row);
            row
        };
        let points = span.points();
        let mut zeros = 0;
        for (place, &row) in rows.iter().enumerate() {
            zeros += usize::from(points[place].features[place] == 0.0);
            for (other, &second) in rows.iter().enumerate().take(place + 1) {
                let product = dot(&points[place].features[..=other], points[other].features);
                let expected = dot(&standardised(row), &standardised(second));
                assert!((product - expected).abs() < 1e-9, "{row} {second}: {product} {expected}");
            }
        }
        // One axis is lost to the mean of all rows, and one to the row that repeats another.
        assert_eq!((rows.len(), zeros), (20, 2));

        // Coefficients give each row the logit that its point has.
        let in_span: Vec<f64> = (0..rows.len()).map(|_| stream.normal()).collect();
        let kept: Vec<f64> = in_span
            .iter()
            .enumerate()
            .map(|(axis, value)| if points[axis].features[axis] > 0.0 { *value } else { 0.0 })
            .collect();
        let coefficients = span.coefficients(&kept);
        for (place, &row) in rows.iter().enumerate() {
            let expected = dot(&kept[..=place], points[place].features);
            let logit = dot(&coefficients, &standardised(row));
            assert!((logit - expected).abs() < 1e-9, "{row}: {logit} {expected}");
        }
        let length = |values: &[f64]| dot(values, values);
        assert!((length(&coefficients) - length(&kept)).abs() < 1e-9);
    }
}
