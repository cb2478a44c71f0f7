//! Models without recurrence, on the same features, that the recurrent head has to beat.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A model without recurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Baseline {
    /// Logistic regression on the mean over the grid, trained to its minimum.
    LinearProbe,
    /// The recurrent head without its recurrent layer: the flattened map and the same dense layers.
    WithoutRecurrence,
    /// The mean over the grid and one dense layer to the classes, trained as the recurrent head is.
    MeanDense,
    /// The plain network of the paper's Table 4: for VGG19 the flattened map and its dense layers, for the others the
    /// mean and one dense layer. Its rows differ in more than the recurrence.
    #[serde(rename = "table-4")]
    Table4,
}

impl Baseline {
    /// All baselines.
    pub const ALL: [Self; 4] = [Self::LinearProbe, Self::WithoutRecurrence, Self::MeanDense, Self::Table4];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinearProbe => "linear-probe",
            Self::WithoutRecurrence => "without-recurrence",
            Self::MeanDense => "mean-dense",
            Self::Table4 => "table-4",
        }
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_everywhere() {
        for baseline in Baseline::ALL {
            assert_eq!(serde_json::to_value(baseline).unwrap(), baseline.name());
        }
    }
}
