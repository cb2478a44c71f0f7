//! The allowed range of every numeric setting. `crate::settings` states the same ranges in words, and its tests compare
//! the two.

use std::{
    fmt,
    ops::{Bound, RangeBounds},
};

use Bound::{Excluded, Included, Unbounded};
use radiograph_dataset::Age;
use serde_json::Value;

use super::Config;
use crate::Error;

/// Allowed values of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Range {
    /// Whole numbers, with both ends.
    Whole(u64, u64),
    /// Finite real numbers.
    Real(Bound<f64>, Bound<f64>),
}

/// Greatest whole number of TOML.
const GREATEST: u64 = i64::MAX as u64;
/// Limit on epochs, samples and images, where the data set none. Settings come from files, so limits are explicit.
const MOST: u64 = 1_000_000;

const POSITIVE: Range = Range::Real(Excluded(0.0), Unbounded);
const FACTOR: Range = Range::Real(Excluded(0.0), Included(1.0));
const SHARE: Range = Range::Real(Excluded(0.0), Excluded(1.0));
const COUNT: Range = Range::Whole(1, MOST);
const AGE: Range = Range::Whole(0, Age::OLDEST as u64);

/// Key and range of each numeric setting. `NETWORK` stands for the name of a network. For a list, the range is that of
/// each entry.
const RANGES: &[(&str, Range)] = &[
    ("seed", Range::Whole(0, GREATEST)),
    ("split_seed", Range::Whole(0, GREATEST)),
    ("repeats", Range::Whole(1, 100)),
    ("audit.permutations", Range::Whole(99, MOST)),
    ("audit.replicates", Range::Whole(100, MOST)),
    ("audit.controls", Range::Whole(0, 1_000)),
    ("audit.blacked_out", Range::Real(Included(0.0), Excluded(1.0))),
    ("audit.changed_images", Range::Whole(0, MOST)),
    ("data.test_share", SHARE),
    ("data.max_per_patient", COUNT),
    ("data.max_per_class", COUNT),
    ("data.quotas.images", Range::Whole(0, MOST)),
    ("data.ages.from", AGE),
    ("data.ages.to", AGE),
    // The upper limit is that of `radiograph_image::preprocess`.
    ("input.size", Range::Whole(32, 4096)),
    ("networks.NETWORK.size", Range::Whole(32, 4096)),
    ("input.augmentation.rotation", Range::Real(Included(0.0), Included(180.0))),
    ("input.augmentation.shift", Range::Real(Included(0.0), Included(1.0))),
    // Each copy is extracted and kept.
    ("input.augmented_copies", Range::Whole(0, 64)),
    ("head.dropout.rate", Range::Real(Included(0.0), Excluded(1.0))),
    ("head.recurrent_layers", Range::Whole(1, 16)),
    // A wider LSTM alone would be larger than the largest head.
    ("head.layers.NETWORK.units", Range::Whole(1, 1 << 14)),
    ("head.layers.NETWORK.dense", Range::Whole(1, 1 << 24)),
    ("training.optimizer.rmsprop.rho", Range::Real(Included(0.0), Excluded(1.0))),
    ("training.optimizer.rmsprop.epsilon", POSITIVE),
    ("training.optimizer.adam.beta_1", Range::Real(Included(0.0), Excluded(1.0))),
    ("training.optimizer.adam.beta_2", Range::Real(Included(0.0), Excluded(1.0))),
    ("training.optimizer.adam.epsilon", POSITIVE),
    ("training.optimizer.adam.weight_decay", Range::Real(Included(0.0), Unbounded)),
    ("training.optimizer.sgd.momentum", Range::Real(Included(0.0), Excluded(1.0))),
    ("training.optimizer.sgd.weight_decay", Range::Real(Included(0.0), Unbounded)),
    ("training.schedule.constant.rate", POSITIVE),
    ("training.schedule.exponential.rate", POSITIVE),
    ("training.schedule.exponential.factor", FACTOR),
    ("training.schedule.plateau.rate", POSITIVE),
    ("training.schedule.plateau.factor", FACTOR),
    ("training.schedule.plateau.patience", COUNT),
    ("training.schedule.cosine.rate", POSITIVE),
    ("training.schedule.cosine.last", POSITIVE),
    ("training.schedule.cosine.epochs", COUNT),
    ("training.schedule.warm-up.epochs", COUNT),
    ("training.schedule.listed.rates", POSITIVE),
    ("training.clipping.global-norm", POSITIVE),
    ("training.clipping.variable-norm", POSITIVE),
    ("training.clipping.value", POSITIVE),
    ("training.batch_size", COUNT),
    ("training.epochs", COUNT),
    ("training.patience", COUNT),
    ("training.label_smoothing", Range::Real(Included(0.0), Excluded(1.0))),
    ("training.shuffle_buffer", COUNT),
    ("training.checkpoint_seconds", Range::Whole(0, MOST)),
    ("training.folds", Range::Whole(2, 100)),
    ("training.seeds", Range::Whole(1, 100)),
    ("training.tested_model.weighted-folds", Range::Real(Included(0.0), Unbounded)),
    ("evaluation.bootstrap_replicates", Range::Whole(100, 1_000_000)),
    ("evaluation.permutations", Range::Whole(100, 10_000_000)),
    ("evaluation.confidence_level", SHARE),
    ("evaluation.significance_level", SHARE),
    ("explanation.images_per_class", Range::Whole(0, MOST)),
    ("compute.threads", Range::Whole(0, 1024)),
    ("compute.parallel_trainings", Range::Whole(1, 1024)),
    ("compute.resident_bytes", Range::Whole(0, GREATEST)),
];

/// Settings that `false` switches off.
const OR_OFF: [&str; 5] = [
    "split_seed",
    "data.max_per_patient",
    "data.max_per_class",
    "training.patience",
    "training.shuffle_buffer",
];

/// Refuses the first number out of its range, with the key and the range.
pub(super) fn check(config: &Config) -> Result<(), Error> {
    let settings =
        serde_json::to_value(config).map_err(|error| Error::config("the settings", error.to_string()))?;
    check_value("", &settings)
}

fn check_value(key: &str, value: &Value) -> Result<(), Error> {
    match value {
        Value::Object(entries) => entries.iter().try_for_each(|(name, value)| {
            let below = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
            check_value(&below, value)
        }),
        Value::Array(entries) => entries.iter().try_for_each(|entry| check_value(key, entry)),
        // JSON has no NaN and no infinity; both become null.
        Value::Number(_) | Value::Null => match of(key) {
            Some(range) if !range.contains(value) => {
                let value = if value.is_null() { "NaN or infinity".to_owned() } else { value.to_string() };
                Err(Error::config(key, format!("{value} is out of range; {}", allowed(key, range))))
            }
            _ => Ok(()),
        },
        Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

/// The range of a numeric setting in words, such as `allowed: 2 to 100`; `None` for other settings.
pub(super) fn allowed_for(key: &str) -> Option<String> {
    // The path of an entry of a list has its index, such as `[0]`.
    let parts: Vec<&str> = key.split('.').map(|part| part.split('[').next().unwrap_or(part)).collect();
    let key = parts.join(".");
    of(&key).map(|range| allowed(&key, range))
}

fn allowed(key: &str, range: Range) -> String {
    let off = if OR_OFF.contains(&key) { ", or false" } else { "" };
    format!("allowed: {range}{off}")
}

fn of(key: &str) -> Option<Range> {
    let is_of = |pattern: &str| {
        let (mut parts, mut given) = (pattern.split('.'), key.split('.'));
        parts.by_ref().all(|part| given.next().is_some_and(|name| part == name || part == "NETWORK"))
            && given.next().is_none()
    };
    RANGES.iter().find(|(pattern, _)| is_of(pattern)).map(|(_, range)| *range)
}

impl Range {
    fn contains(self, value: &Value) -> bool {
        match self {
            Self::Whole(least, most) => value.as_u64().is_some_and(|value| (least..=most).contains(&value)),
            Self::Real(least, most) => {
                value.as_f64().is_some_and(|value| value.is_finite() && (least, most).contains(&value))
            }
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Whole(least, GREATEST) => write!(formatter, "{least} to 2^63 - 1"),
            Self::Whole(least, most) if most > MOST && most.is_power_of_two() => {
                write!(formatter, "{least} to 2^{}", most.ilog2())
            }
            Self::Whole(least, most) => write!(formatter, "{least} to {most}"),
            Self::Real(Included(least), Included(most)) => write!(formatter, "{least} to {most}"),
            Self::Real(Included(least), Excluded(most)) => write!(formatter, "{least} to below {most}"),
            Self::Real(least, most) => {
                match least {
                    Included(least) => write!(formatter, "at least {least}")?,
                    Excluded(least) => write!(formatter, "above {least}")?,
                    Unbounded => write!(formatter, "a finite number")?,
                }
                match most {
                    Included(most) => write!(formatter, " and at most {most}"),
                    Excluded(most) => write!(formatter, " and below {most}"),
                    Unbounded => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use radiograph_protocol::RmsProp;

    use super::*;
    use crate::Preset;

    /// The message for a config whose fields were set in code.
    fn refused(change: impl FnOnce(&mut Config)) -> String {
        let mut config = Config::of(Preset::Trustworthy);
        change(&mut config);
        config.check().unwrap_err().to_string()
    }

    #[test]
    fn numbers_that_toml_cannot_hold_are_refused_with_their_key() {
        for (message, expected) in [
            (
                refused(|config| config.seed = u64::MAX),
                "setting seed: 18446744073709551615 is out of range; allowed: 0 to 2^63 - 1",
            ),
            (
                refused(|config| config.compute.resident_bytes = 1 << 63),
                "setting compute.resident_bytes: 9223372036854775808 is out of range; allowed: 0 to 2^63 - 1",
            ),
            (
                refused(|config| config.data.test_share = f64::NAN),
                "setting data.test_share: NaN or infinity is out of range; allowed: above 0 and below 1",
            ),
            (
                refused(|config| {
                    config.training.optimizer = RmsProp { epsilon: f64::INFINITY, ..RmsProp::KERAS }.into();
                }),
                "setting training.optimizer.rmsprop.epsilon: NaN or infinity is out of range; allowed: above 0",
            ),
            (
                refused(|config| config.data.max_per_patient = Some(0)),
                "setting data.max_per_patient: 0 is out of range; allowed: 1 to 1000000, or false",
            ),
        ] {
            assert_eq!(message, expected);
        }
    }
}
