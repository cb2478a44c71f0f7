//! Squares of cells: brought to one length, compared, and freed of brightness and contrast.

/// `SIDE × SIDE` mean gray values, row by row.
pub(crate) type Cells<const SIDE: usize> = [[f32; SIDE]; SIDE];

/// Contrast, as a share of that of the whole square and in gray steps, below which a neighbourhood counts as flat.
const FLAT_SHARE: f32 = 0.05;
const FLAT_STEPS: f32 = 0.4;

/// Mean 0 and length 1; `false` if the values deviate from their mean by no more than this.
pub(crate) fn normalise<const SIDE: usize>(cells: &mut Cells<SIDE>, least_deviation: f32) -> bool {
    let values = cells.as_flattened_mut();
    let count = (SIDE * SIDE) as f32;
    let mean = sum(values, |value| value) / count;
    values.iter_mut().for_each(|value| *value -= mean);
    let length = sum(values, |value| value * value).sqrt();
    if length <= least_deviation * count.sqrt() {
        return false;
    }
    values.iter_mut().for_each(|value| *value /= length);
    true
}

/// Eight sums side by side become vector instructions, and are always taken in the same order. The squares of all sides
/// in use are multiples of eight.
pub(crate) fn dot<const SIDE: usize>(first: &Cells<SIDE>, second: &Cells<SIDE>) -> f64 {
    let mut sums = [0.0_f32; 8];
    let (first, second) = (first.as_flattened().as_chunks::<8>().0, second.as_flattened().as_chunks::<8>().0);
    for (one, other) in first.iter().zip(second) {
        for ((sum, one), other) in sums.iter_mut().zip(one).zip(other) {
            *sum += one * other;
        }
    }
    f64::from(sums.iter().sum::<f32>())
}

/// The relief: every cell's difference from the mean of its neighbourhood, in units of the neighbourhood's standard
/// deviation. The neighbourhood has `2 reach + 1` cells a side.
///
/// A change of the gray scale is nearly linear within a neighbourhood, so gamma, windows, equalisation (of the whole picture
/// or tile by tile) hardly change the relief, and a negative only changes its sign. Flat neighbourhoods have a relief of
/// about 0, so they count little. `None` if all cells are of one gray.
pub(crate) fn relief<const SIDE: usize>(cells: &Cells<SIDE>, reach: usize) -> Option<Cells<SIDE>> {
    let mut relief = [[0.0; SIDE]; SIDE];
    each_neighbourhood(cells, reach, |row, column, difference, variance, flat| {
        relief[row][column] = difference / (variance + flat * flat).sqrt();
    })?;
    normalise(&mut relief, 0.0).then_some(relief)
}

/// A relief that is compared only where both pictures have contrast.
///
/// Enhanced contrast draws a relief where the original is flat, and noise with it. Each cell counts by the product of both
/// pictures' shares of contrast.
#[derive(Clone)]
pub(crate) struct WeighedRelief<const SIDE: usize> {
    relief: Cells<SIDE>,
    /// The squared relief over the share of contrast, which goes to 0 with the contrast.
    power: Cells<SIDE>,
    /// The share of contrast: 0 in flat neighbourhoods, up to 1.
    contrast: Cells<SIDE>,
}

impl<const SIDE: usize> WeighedRelief<SIDE> {
    /// `None` if all cells are of one gray.
    pub(crate) fn new(cells: &Cells<SIDE>, reach: usize) -> Option<Self> {
        let nothing = [[0.0; SIDE]; SIDE];
        let mut own = Self { relief: nothing, power: nothing, contrast: nothing };
        each_neighbourhood(cells, reach, |row, column, difference, variance, flat| {
            let whole = variance + flat * flat;
            let contrast = (variance / whole).sqrt();
            own.relief[row][column] = difference / whole.sqrt();
            own.contrast[row][column] = contrast;
            own.power[row][column] =
                if contrast > 0.0 { difference * difference / (whole * contrast) } else { 0.0 };
        })?;
        Some(own)
    }

    /// The correlation of two reliefs, −1 to 1; 0 if no place has contrast in both.
    pub(crate) fn correlation(&self, other: &Self) -> f64 {
        let length = (dot(&self.power, &other.contrast) * dot(&other.power, &self.contrast)).sqrt();
        if length > 0.0 { dot(&self.relief, &other.relief) / length } else { 0.0 }
    }
}

/// Calls a function with row, column, difference from the neighbourhood's mean, the neighbourhood's variance, and the
/// deviation below which it counts as flat. `None` if all cells are of one gray.
fn each_neighbourhood<const SIDE: usize>(
    cells: &Cells<SIDE>,
    reach: usize,
    mut take: impl FnMut(usize, usize, f32, f32, f32),
) -> Option<()> {
    let mut centred = *cells;
    let values = centred.as_flattened_mut();
    let count = (SIDE * SIDE) as f32;
    let mean = sum(values, |value| value) / count;
    values.iter_mut().for_each(|value| *value -= mean);
    let deviation = (sum(values, |value| value * value) / count).sqrt();
    if deviation < FLAT_STEPS {
        return None;
    }
    let flat = FLAT_SHARE * deviation + FLAT_STEPS;
    let mut squares = centred;
    squares.as_flattened_mut().iter_mut().for_each(|value| *value *= *value);
    let (sums, squares) = (box_sums(&centred, reach), box_sums(&squares, reach));
    let extent = |at: usize| ((at + reach + 1).min(SIDE) - at.saturating_sub(reach)) as f32;
    for (row, line) in centred.iter().enumerate() {
        for (column, value) in line.iter().enumerate() {
            let share = 1.0 / (extent(row) * extent(column));
            let mean = sums[row][column] * share;
            let variance = (squares[row][column] * share - mean * mean).max(0.0);
            take(row, column, value - mean, variance, flat);
        }
    }
    Some(())
}

/// The sum over every cell's neighbourhood, as far as it lies within the square.
fn box_sums<const SIDE: usize>(cells: &Cells<SIDE>, reach: usize) -> Cells<SIDE> {
    let mut across = [[0.0; SIDE]; SIDE];
    for (line, sums) in cells.iter().zip(&mut across) {
        let mut sum: f32 = line[..reach].iter().sum();
        for (column, target) in sums.iter_mut().enumerate() {
            sum += line.get(column + reach).copied().unwrap_or(0.0);
            *target = sum;
            sum -= if column >= reach { line[column - reach] } else { 0.0 };
        }
    }
    let mut both = [[0.0; SIDE]; SIDE];
    for (row, targets) in both.iter_mut().enumerate() {
        for line in &across[row.saturating_sub(reach)..(row + reach + 1).min(SIDE)] {
            targets.iter_mut().zip(line).for_each(|(target, value)| *target += value);
        }
    }
    both
}

fn sum(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0_f32; 8];
    for chunk in values.as_chunks::<8>().0 {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += of(*value);
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells() -> impl Strategy<Value = Cells<8>> {
        prop::collection::vec(0_u8..=255, 64).prop_map(|values| {
            let mut cells = [[0.0; 8]; 8];
            cells.as_flattened_mut().iter_mut().zip(values).for_each(|(cell, value)| *cell = value.into());
            cells
        })
    }

    /// The definition, cell by cell.
    fn relief_at(cells: &Cells<8>, row: usize, column: usize, reach: usize, flat: f32) -> f32 {
        let rows = row.saturating_sub(reach)..(row + reach + 1).min(8);
        let columns = column.saturating_sub(reach)..(column + reach + 1).min(8);
        let around: Vec<f32> = rows.flat_map(|row| cells[row][columns.clone()].to_vec()).collect();
        let mean = around.iter().sum::<f32>() / around.len() as f32;
        let variance = around.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / around.len() as f32;
        (cells[row][column] - mean) / (variance + flat * flat).sqrt()
    }

    proptest! {
        #[test]
        fn the_relief_is_each_cell_against_its_neighbourhood(cells in cells(), reach in 1_usize..4) {
            let relief = relief(&cells, reach);
            let all = cells.as_flattened();
            let mean = all.iter().sum::<f32>() / 64.0;
            let deviation = (all.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / 64.0).sqrt();
            prop_assume!(deviation > 1.0);
            let mut expected = [[0.0; 8]; 8];
            for (row, line) in expected.iter_mut().enumerate() {
                for (column, value) in line.iter_mut().enumerate() {
                    *value = relief_at(&cells, row, column, reach, 0.05 * deviation + 0.4);
                }
            }
            prop_assume!(normalise(&mut expected, 0.0));
            prop_assert!(dot(&expected, &relief.unwrap()) > 0.999);
        }

        #[test]
        fn a_negative_has_the_opposite_relief(cells in cells(), reach in 1_usize..4) {
            let negative = cells.map(|line| line.map(|value| 255.0 - value));
            if let (Some(one), Some(other)) = (relief(&cells, reach), relief(&negative, reach)) {
                prop_assert!(dot(&one, &other) < -0.999);
            }
        }
    }

    #[test]
    fn one_gray_has_no_relief() {
        assert_eq!(relief(&[[7.0; 8]; 8], 2), None);
    }
}
