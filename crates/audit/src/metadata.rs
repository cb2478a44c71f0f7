//! Turns format and size of published files into columns of numbers.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use ndarray::Array2;

use crate::{Published, Table};

/// Maximum number of common sizes, and of common words of one header attribute, with a column each.
const COMMON: usize = 16;

/// A field whose value is a word.
type Field = fn(&Published) -> &Option<String>;

/// Columns of a table's metadata. Which sizes and words have a column is decided by training images alone and without
/// their classes.
pub(crate) struct MetadataColumns {
    sizes: Vec<(u32, u32)>,
    words: Vec<(Field, String)>,
    /// Attribute and word.
    tags: Vec<(String, String)>,
}

/// The numbers of a file that have a column each, and a second column that says whether they are known.
const NUMBERS: [fn(&Published) -> Option<f64>; 6] = [
    |of| of.size.map(|(width, _)| ln(width)),
    |of| of.size.map(|(_, height)| ln(height)),
    |of| of.size.map(|(width, height)| ln(width) - ln(height)),
    |of| of.bits.map(f64::from),
    |of| of.bytes.map(|bytes| libm::log(bytes.max(1) as f64)),
    |of| Some(libm::log(of.bytes?.max(1) as f64) - ln(of.size?.0) - ln(of.size?.1)),
];

fn ln(pixels: u32) -> f64 {
    libm::log(f64::from(pixels.max(1)))
}

impl MetadataColumns {
    /// Columns for these training images. A size or a word of a header is common if at least 5 % of the images and at
    /// least 3 clusters have it.
    pub(crate) fn of(table: &Table, training: &[usize]) -> Self {
        let sizes = common(table, training, |published| published.size);
        let fields: [Field; 2] = [|of| &of.colour, |of| &of.format];
        let words = fields.into_iter().flat_map(|field| {
            let seen: BTreeSet<String> =
                training.iter().filter_map(|&row| field(&table.images()[row].published).clone()).collect();
            seen.into_iter().map(move |word| (field, word))
        });
        let attributes: BTreeSet<&String> =
            training.iter().flat_map(|&row| table.images()[row].published.tags.keys()).collect();
        let tags = attributes.into_iter().flat_map(|attribute| {
            let words = common(table, training, |published| published.tags.get(attribute));
            words.into_iter().map(move |word| (attribute.clone(), word.clone()))
        });
        Self { sizes, words: words.collect(), tags: tags.collect() }
    }

    /// The columns of these rows, `[N, D]`.
    pub(crate) fn matrix(&self, table: &Table, rows: &[usize]) -> Array2<f64> {
        let width = 2 * NUMBERS.len() + self.sizes.len() + self.words.len() + self.tags.len();
        let mut matrix = Array2::zeros((rows.len(), width));
        for (mut target, &row) in matrix.outer_iter_mut().zip(rows) {
            let published = &table.images()[row].published;
            let numbers = NUMBERS.iter().flat_map(|number| {
                let value = number(published);
                [value.unwrap_or(0.0), f64::from(value.is_some())]
            });
            let sizes = self.sizes.iter().map(|size| f64::from(published.size == Some(*size)));
            let words =
                self.words.iter().map(|(field, word)| f64::from(field(published).as_ref() == Some(word)));
            let tags = self
                .tags
                .iter()
                .map(|(attribute, word)| f64::from(published.tags.get(attribute) == Some(word)));
            let values = numbers.chain(sizes).chain(words).chain(tags);
            target.iter_mut().zip(values).for_each(|(to, value)| *to = value);
        }
        matrix
    }
}

/// The common values of a field, the most frequent first.
fn common<'t, T: Copy + Ord>(
    table: &'t Table,
    training: &[usize],
    field: impl Fn(&'t Published) -> Option<T>,
) -> Vec<T> {
    let mut values: BTreeMap<T, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for &row in training {
        let image = &table.images()[row];
        if let Some(value) = field(&image.published) {
            let (count, clusters) = values.entry(value).or_default();
            *count += 1;
            clusters.insert(&image.cluster);
        }
    }
    let mut common: Vec<_> = values
        .into_iter()
        .filter(|(_, (count, clusters))| 20 * count >= training.len() && clusters.len() >= 3)
        .map(|(value, (count, _))| (Reverse(count), value))
        .collect();
    common.sort_unstable();
    common.truncate(COMMON);
    common.into_iter().map(|(_, value)| value).collect()
}
