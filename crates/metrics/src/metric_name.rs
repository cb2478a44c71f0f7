//! Names of metrics: what tables print and files store, and the way back.

use std::{fmt, str::FromStr};

use radiograph_classes::Class;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Average, Beta, Bins, CalibrationNorm, ClassScore, Error, Metric, PairAverage};

impl Metric {
    /// The name without the class, as in a table of one class: "AUC" for "AUC of covid".
    ///
    /// ```
    /// use radiograph_metrics::Metric;
    ///
    /// let metric: Metric = "AUC of covid".parse()?;
    /// assert_eq!(metric, Metric::Auc("covid".parse()?));
    /// assert_eq!(metric.short_name(), "AUC");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn short_name(&self) -> String {
        match self {
            Self::Accuracy => "accuracy".to_owned(),
            Self::Auc(_) => AUC.to_owned(),
            Self::AveragedAuc(average) => format!("{average} {AUC}"),
            Self::Averaged(score, average) => format!("{average} {score}"),
            Self::AveragedPrecision(average) => format!("{average} {AVERAGE_PRECISION}"),
            Self::AveragePrecision(_) => AVERAGE_PRECISION.to_owned(),
            Self::BalancedAccuracy => "balanced accuracy".to_owned(),
            Self::Brier => "Brier score".to_owned(),
            Self::CalibrationError(bins, norm) => {
                let (count, kind) = match bins {
                    Bins::EqualWidth(count) => (count, EQUAL_WIDTH),
                    Bins::EqualMass(count) => (count, EQUAL_MASS),
                };
                format!("{} ({count} {kind})", norm_name(*norm))
            }
            Self::Class(score, _) => score.to_string(),
            Self::CohenKappa => "Cohen's kappa".to_owned(),
            Self::LogLoss => "log loss".to_owned(),
            Self::MatthewsCorrelation => "MCC".to_owned(),
            Self::OneVsOneAuc(PairAverage::Macro) => "macro one-vs-one AUC".to_owned(),
            Self::OneVsOneAuc(PairAverage::Weighted) => "weighted one-vs-one AUC".to_owned(),
        }
    }

    /// The metric of this class with this short name.
    pub(crate) fn of_class(short_name: &str, class: Class) -> Option<Self> {
        match short_name {
            AUC => Some(Self::Auc(class)),
            AVERAGE_PRECISION => Some(Self::AveragePrecision(class)),
            name => Some(Self::Class(class_score(name)?, class)),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class() {
            Some(class) => write!(f, "{} of {class}", self.short_name()),
            None => f.write_str(&self.short_name()),
        }
    }
}

impl FromStr for Metric {
    type Err = Error;

    /// Reads the name of a metric. Its class, if it has one, is in a set of its own.
    fn from_str(name: &str) -> Result<Self, Error> {
        let whole = || whole_names().find(|metric| metric.short_name() == name);
        let of_class = || {
            let (score, class) = name.split_once(" of ")?;
            Self::of_class(score, class.parse().ok()?)
        };
        let found = whole().or_else(|| averaged(name)).or_else(|| calibration_error(name)).or_else(of_class);
        found.ok_or_else(|| Error::UnknownMetric { name: name.to_owned() })
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

const AUC: &str = "AUC";
const AVERAGE_PRECISION: &str = "average precision";
const EQUAL_WIDTH: &str = "bins of equal width";
const EQUAL_MASS: &str = "bins of equal mass";
const AVERAGES: [Average; 3] = [Average::Macro, Average::Micro, Average::Weighted];
const NORMS: [CalibrationNorm; 3] =
    [CalibrationNorm::Mean, CalibrationNorm::RootMeanSquare, CalibrationNorm::Largest];

fn norm_name(norm: CalibrationNorm) -> &'static str {
    match norm {
        CalibrationNorm::Mean => "ECE",
        CalibrationNorm::RootMeanSquare => "root mean square calibration error",
        CalibrationNorm::Largest => "MCE",
    }
}

/// The metrics whose names have no variable part.
fn whole_names() -> impl Iterator<Item = Metric> {
    [
        Metric::Accuracy,
        Metric::BalancedAccuracy,
        Metric::Brier,
        Metric::CohenKappa,
        Metric::LogLoss,
        Metric::MatthewsCorrelation,
        Metric::OneVsOneAuc(PairAverage::Macro),
        Metric::OneVsOneAuc(PairAverage::Weighted),
    ]
    .into_iter()
    .chain(AVERAGES.map(Metric::AveragedAuc))
    .chain(AVERAGES.map(Metric::AveragedPrecision))
}

fn averaged(name: &str) -> Option<Metric> {
    let (average, score) = name.split_once(' ')?;
    let average = AVERAGES.into_iter().find(|known| known.to_string() == average)?;
    Some(Metric::Averaged(class_score(score)?, average))
}

fn calibration_error(name: &str) -> Option<Metric> {
    let (norm, bins) = name.strip_suffix(')')?.split_once(" (")?;
    let norm = NORMS.into_iter().find(|known| norm_name(*known) == norm)?;
    let (count, kind) = bins.split_once(' ')?;
    let count = count.parse().ok()?;
    let bins = match kind {
        EQUAL_WIDTH => Bins::EqualWidth(count),
        EQUAL_MASS => Bins::EqualMass(count),
        _ => return None,
    };
    Some(Metric::CalibrationError(bins, norm))
}

fn class_score(name: &str) -> Option<ClassScore> {
    let fixed = [
        ClassScore::Accuracy,
        ClassScore::Precision,
        ClassScore::Recall,
        ClassScore::Specificity,
        ClassScore::NegativePredictiveValue,
        ClassScore::MatthewsCorrelation,
    ];
    let found = fixed.into_iter().find(|score| score.to_string() == name);
    found.or_else(|| Some(ClassScore::F(Beta::new(name.strip_prefix('F')?.parse().ok()?).ok()?)))
}
