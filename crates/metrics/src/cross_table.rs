//! Counts each class by the values of a field, which shows the sources that a class comes from.

use serde::{Deserialize, Serialize};

use crate::{Error, Group, Predictions, Score, Table, Undefined, score::ratio};

/// Share from which one source counts as (almost) the only source of a class.
pub const DOMINANT_SHARE: f64 = 0.95;

/// The number of samples of each class with each value of a field.
///
/// Where a class and a source go together, no score over all samples shows whether the model learned the disease or the
/// hospital. Only samples of other classes from the same source can show it. This table belongs beside every score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CrossTable {
    /// The field, such as `source`.
    pub field: String,
    /// Values of the field, the missing one last.
    pub groups: Vec<Group>,
    /// For each class, the count of each group.
    pub by_class: Vec<(String, Vec<u64>)>,
}

impl CrossTable {
    /// Counts true classes against the values of `field`.
    ///
    /// # Errors
    ///
    /// If no field has this name.
    pub fn of(predictions: &Predictions, field: &str) -> Result<Self, Error> {
        let of_sample: Vec<Group> = predictions
            .field(field)?
            .iter()
            .map(|value| value.clone().map_or(Group::Missing, Group::Named))
            .collect();
        let groups: Vec<Group> =
            of_sample.iter().cloned().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
        let mut by_class: Vec<(String, Vec<u64>)> =
            predictions.classes().names().map(|name| (name.to_owned(), vec![0; groups.len()])).collect();
        for (group, &class) in of_sample.iter().zip(predictions.truth_positions()) {
            if let Ok(column) = groups.binary_search(group) {
                by_class[class as usize].1[column] += 1;
            }
        }
        Ok(Self { field: field.to_owned(), groups, by_class })
    }

    /// The accuracy of predicting the most frequent class of each group, which knows the field alone and no image. It is
    /// counted on the same samples, so no rule that uses only this field can be more accurate here. Compare a model's
    /// accuracy with this rate for the field `source`.
    ///
    /// # Errors
    ///
    /// Undefined without samples.
    pub fn field_only_rate(&self) -> Score {
        let most = |group: usize| self.by_class.iter().map(|(_, counts)| counts[group]).max().unwrap_or(0);
        let right = (0..self.groups.len()).map(most).sum();
        let all = self.by_class.iter().flat_map(|(_, counts)| counts).sum();
        ratio(right, all, Undefined::NoSample)
    }

    /// A sentence for each class with at least [`DOMINANT_SHARE`] of its samples in one of several groups.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        if self.groups.len() < 2 {
            return Vec::new();
        }
        let warning = |(class, counts): &(String, Vec<u64>)| {
            let total: u64 = counts.iter().sum();
            let (group, &most) = self.groups.iter().zip(counts).max_by_key(|(_, count)| **count)?;
            let share = most as f64 / total as f64;
            (total > 0 && share >= DOMINANT_SHARE).then(|| {
                let field = &self.field;
                format!("{class}: {most} of {total} samples have {field} {group}; the model may be recognising the {field}")
            })
        };
        self.by_class.iter().filter_map(warning).collect()
    }
}

impl From<&CrossTable> for Table {
    /// A table with one row per class and one column per group.
    fn from(cross: &CrossTable) -> Self {
        let groups = cross.groups.iter().map(ToString::to_string);
        let mut table = Self::new(std::iter::once(format!("class / {}", cross.field)).chain(groups));
        for (class, counts) in &cross.by_class {
            table.push(std::iter::once(class.clone()).chain(counts.iter().map(ToString::to_string)));
        }
        table
    }
}
