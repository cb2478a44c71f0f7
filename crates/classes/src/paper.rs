//! The three classes of the reproduced paper. The other crates accept any set of classes.

use crate::Classes;

/// COVID-19 pneumonia.
pub const COVID_19: &str = "COVID-19";
/// No finding.
pub const NORMAL: &str = "normal";
/// Pneumonia of any other kind.
pub const PNEUMONIA: &str = "pneumonia";

impl Classes {
    /// The paper's three classes in the order COVID-19, normal, pneumonia.
    pub fn of_the_paper() -> Self {
        // Three different names without blanks at their ends: a set of classes.
        #[allow(clippy::unwrap_used)]
        Self::new([COVID_19, NORMAL, PNEUMONIA]).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_has_three_classes() {
        assert_eq!(Classes::of_the_paper().names().collect::<Vec<_>>(), ["COVID-19", "normal", "pneumonia"]);
    }
}
