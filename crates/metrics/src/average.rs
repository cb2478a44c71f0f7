//! Scores of single classes, and averages of them that list the undefined classes.

use std::fmt;

use radiograph_classes::{Class, Classes};
use serde::{Deserialize, Serialize};

use crate::{
    Beta, BinaryCounts, ConfusionMatrix, Error, Score, Undefined, as_value, confusion::Margins,
    outcomes::Outcomes,
};

/// A score of one class of a confusion matrix.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClassScore {
    /// (TP + TN) / N, one class against the rest (equation 9 of the paper).
    Accuracy,
    /// TP / (TP + FP).
    Precision,
    /// TP / (TP + FN), sensitivity.
    Recall,
    /// TN / (TN + FP).
    Specificity,
    /// TN / (TN + FN).
    NegativePredictiveValue,
    /// F-beta.
    F(Beta),
    /// Matthews correlation of the class against the rest.
    MatthewsCorrelation,
}

impl ClassScore {
    /// F1, the harmonic mean of precision and recall.
    pub const F1: Self = Self::F(Beta::ONE);

    /// The score of these counts.
    ///
    /// # Errors
    ///
    /// Undefined if the counts do not define it.
    pub fn of(self, counts: &BinaryCounts) -> Score {
        self.of_outcomes(&Outcomes::from(counts))
    }

    pub(crate) fn of_outcomes(self, of: &Outcomes) -> Score {
        match self {
            Self::Accuracy => of.accuracy(),
            Self::Precision => of.precision(),
            Self::Recall => of.recall(),
            Self::Specificity => of.specificity(),
            Self::NegativePredictiveValue => of.negative_predictive_value(),
            Self::F(beta) => of.f_score(beta.get()),
            Self::MatthewsCorrelation => of.matthews_correlation(),
        }
    }
}

impl fmt::Display for ClassScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accuracy => f.write_str("accuracy (one-vs-rest)"),
            Self::Precision => f.write_str("precision"),
            Self::Recall => f.write_str("recall"),
            Self::Specificity => f.write_str("specificity"),
            Self::NegativePredictiveValue => f.write_str("NPV"),
            Self::F(beta) => write!(f, "F{}", beta.get()),
            Self::MatthewsCorrelation => f.write_str("MCC (one-vs-rest)"),
        }
    }
}

/// Rule that combines class scores into one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Average {
    /// Mean over classes.
    Macro,
    /// Score of the pooled one-vs-rest decisions of all classes.
    Micro,
    /// Mean over classes, each weighted by its support.
    Weighted,
}

impl fmt::Display for Average {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Macro => "macro",
            Self::Micro => "micro",
            Self::Weighted => "weighted",
        })
    }
}

/// Treatment of undefined classes in an average.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenUndefined {
    /// The average is undefined too.
    #[default]
    Refuse,
    /// The average covers the other classes; those left out are listed.
    LeaveOut,
}

/// An average over classes, with the list of undefined classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Averaged {
    /// The average.
    #[serde(with = "as_value")]
    pub score: Score,
    /// Treatment of undefined classes.
    pub when_undefined: WhenUndefined,
    /// Every undefined class with its reason; they carry no weight in `score`.
    pub undefined: Vec<(String, Undefined)>,
}

impl ConfusionMatrix {
    /// The score of one class.
    ///
    /// # Errors
    ///
    /// If `class` is not a class of this matrix; [`Error::Undefined`] if the score is undefined.
    pub fn class_score(&self, score: ClassScore, class: &Class) -> Result<f64, Error> {
        Ok(score.of(&self.one_vs_rest(class)?)?)
    }

    /// The average of a score over all classes.
    #[must_use]
    pub fn average(&self, score: ClassScore, average: Average, when_undefined: WhenUndefined) -> Averaged {
        let margins = self.margins();
        let undefined = match average {
            Average::Micro => Vec::new(),
            Average::Macro | Average::Weighted => {
                let members: Vec<_> = members(&margins, score, average).collect();
                listed(self.classes(), &members)
            }
        };
        Averaged { score: averaged(&margins, score, average, when_undefined), when_undefined, undefined }
    }
}

/// The average of a score over the classes of these margins.
pub(crate) fn averaged(
    margins: &Margins,
    score: ClassScore,
    average: Average,
    when_undefined: WhenUndefined,
) -> Score {
    match average {
        Average::Micro => score.of_outcomes(&Outcomes::pooled(margins.each())),
        Average::Macro | Average::Weighted => mean(members(margins, score, average), when_undefined),
    }
}

/// Weight and score of each class.
fn members(margins: &Margins, score: ClassScore, average: Average) -> impl Iterator<Item = (f64, Score)> {
    margins.each().map(move |outcomes| {
        let weight = if average == Average::Weighted { outcomes.support() } else { 1.0 };
        (weight, score.of_outcomes(&outcomes))
    })
}

/// The undefined members by name.
pub(crate) fn listed(classes: &Classes, members: &[(f64, Score)]) -> Vec<(String, Undefined)> {
    let reasons = members.iter().map(|(_, score)| score.err());
    classes.names().zip(reasons).filter_map(|(name, reason)| Some((name.to_owned(), reason?))).collect()
}

/// Weighted mean; a member of weight 0 has no effect, whether it is defined or not.
pub(crate) fn mean(members: impl Iterator<Item = (f64, Score)>, when_undefined: WhenUndefined) -> Score {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (weight, score) in members.filter(|(weight, _)| *weight > 0.0) {
        match (score, when_undefined) {
            (Ok(score), _) => {
                sum += weight * score;
                weights += weight;
            }
            (Err(_), WhenUndefined::Refuse) => return Err(Undefined::ClassUndefined),
            (Err(_), WhenUndefined::LeaveOut) => {}
        }
    }
    if weights > 0.0 { Ok(sum / weights) } else { Err(Undefined::ClassUndefined) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_average_says_what_it_did_with_a_missing_class() {
        let classes = Classes::new(["covid", "normal", "pneumonia"]).unwrap();
        let matrix = ConfusionMatrix::from_counts(&classes, &[[4, 1, 0], [1, 4, 0], [0, 0, 0]]).unwrap();
        let refused = matrix.average(ClassScore::Recall, Average::Macro, WhenUndefined::Refuse);
        assert_eq!(refused.score, Err(Undefined::ClassUndefined));
        assert_eq!(refused.undefined, [("pneumonia".to_owned(), Undefined::NoPositive)]);
        let left_out = matrix.average(ClassScore::Recall, Average::Macro, WhenUndefined::LeaveOut);
        assert_eq!(left_out.score, Ok(0.8));
        assert_eq!(left_out.undefined, refused.undefined);
        // A class without support has no weight, so the weighted average exists, and still names it.
        let weighted = matrix.average(ClassScore::Recall, Average::Weighted, WhenUndefined::Refuse);
        assert_eq!((weighted.score, weighted.undefined.len()), (Ok(0.8), 1));
        // Micro pools decisions, so no class can be undefined on its own.
        let micro = matrix.average(ClassScore::Precision, Average::Micro, WhenUndefined::Refuse);
        assert_eq!((micro.score, micro.undefined.len()), (Ok(0.8), 0));
    }
}
