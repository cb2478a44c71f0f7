//! Judges a measurement: found, not found, or cannot tell.

use std::fmt;

use radiograph_metrics::holm;
use serde::{Deserialize, Serialize};

use crate::{Error, FALSE_ALARMS, MEDIUM_EFFECT, Measurement, Reason, SMALL_EFFECT};

/// Verdict on a probe, or on all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::exhaustive_enums, reason = "a new verdict must be shown on purpose")]
pub enum Verdict {
    /// The probe is above chance by at least a small effect.
    Found,
    /// The data cannot answer.
    CannotTell,
    /// A medium effect would have been seen, and the interval excludes it.
    NotFound,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Found => "found",
            Self::CannotTell => "cannot tell",
            Self::NotFound => "not found",
        })
    }
}

/// Verdict on a measurement, with the numbers behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Reason, if the probe cannot tell.
    pub reason: Option<Reason>,
    /// P-value after Holm's correction over all measurements that decide.
    pub adjusted_p_value: f64,
    /// Smallest AUC that the test part shows with a chance of 80 %.
    pub detectable: f64,
}

/// Judges measurements together, so that all of them share the chance of a false alarm.
pub(crate) fn judge(measurements: &[&Measurement]) -> Result<Vec<Judgement>, Error> {
    let p_values: Vec<f64> = measurements.iter().map(|of| of.null.p_value).collect();
    let adjusted = holm(&p_values)?;
    let one = |(measurement, adjusted_p_value): (&&Measurement, f64)| {
        let detectable = measurement.detectable(measurements.len());
        let (verdict, reason) = verdict(measurement, adjusted_p_value, detectable);
        Judgement { verdict, reason, adjusted_p_value, detectable }
    };
    Ok(measurements.iter().zip(adjusted).map(one).collect())
}

fn verdict(measurement: &Measurement, adjusted_p_value: f64, detectable: f64) -> (Verdict, Option<Reason>) {
    let cannot_tell = |reason| (Verdict::CannotTell, Some(reason));
    let (Ok(auc), Ok(interval)) = (measurement.auc.score, measurement.auc.interval) else {
        // A probe without a single error has no variation between resamples; permutations still tell it from chance.
        return match measurement.auc.score {
            Ok(1.0) if adjusted_p_value <= FALSE_ALARMS => (Verdict::Found, None),
            _ => cannot_tell(Reason::NoInterval),
        };
    };
    if adjusted_p_value <= FALSE_ALARMS && auc >= SMALL_EFFECT && interval.low > 0.5 {
        (Verdict::Found, None)
    } else if detectable > MEDIUM_EFFECT {
        cannot_tell(Reason::NoPower { detectable })
    } else if interval.high >= MEDIUM_EFFECT {
        cannot_tell(Reason::Between { high: interval.high })
    } else {
        (Verdict::NotFound, None)
    }
}
