//! What a check of a device found.

use std::{fmt, fs, process::Command};

use radiograph_libtorch::{Device, LIBTORCH_VERSION, first_line};
use serde::{Serialize, Serializer};
use tch::{Kind, TchError, Tensor};

/// Everything that a check found, as `radiograph devices --check` prints it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CheckRecord {
    /// The device.
    pub device: Device,
    /// Name of the processor or GPU; `None` if the system does not tell it.
    pub name: Option<String>,
    /// Version of libtorch.
    pub libtorch: &'static str,
    /// Number of threads of libtorch.
    pub threads: i32,
    /// Comparisons of values.
    pub checks: Vec<Checked>,
    /// Rates; empty if none was measured.
    pub speeds: Vec<Measured>,
    /// What the device did at best in the same minutes.
    pub floor: Option<Floor>,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Checked {
    /// What was computed.
    pub what: String,
    /// Greatest difference that counts as equal, as a share of the greatest absolute value.
    pub limit: f64,
    /// The outcome.
    pub outcome: CheckOutcome,
}

/// CheckOutcome of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CheckOutcome {
    /// Greatest difference as a share of the greatest absolute value, within the limit.
    Equal(f64),
    /// The same, beyond the limit, or not a number.
    Differs(f64),
    /// The device could not compute it.
    Fails(String),
    /// Not done, with the reason.
    NotTried(String),
}

/// A rate.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Measured {
    /// What was done.
    pub what: String,
    /// Unit of the rate, such as `images/s`.
    pub unit: &'static str,
    /// Median rate, or the reason why there is none; a number or a sentence in JSON.
    #[serde(serialize_with = "number_or_reason")]
    pub rate: Result<f64, String>,
    /// Rate by [`Floor`], if it has one for this.
    pub at_floor: Option<f64>,
}

/// What the device did at best: its matrix products and copies, measured between the other parts of a check.
///
/// It is no bound: a convolution can be rearranged to need fewer multiplications than its definition has.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Floor {
    /// Operations a second in f32, two for each multiplication.
    pub operations: f64,
    /// Bytes read or written a second.
    pub bytes: f64,
}

impl CheckRecord {
    pub(super) fn of(device: Device) -> Self {
        let (libtorch, threads) = (LIBTORCH_VERSION, tch::get_num_threads());
        Self {
            device,
            name: name(device),
            libtorch,
            threads,
            checks: Vec::new(),
            speeds: Vec::new(),
            floor: None,
        }
    }

    /// Whether every comparison that was tried is equal, and nothing failed.
    pub fn passed(&self) -> bool {
        !self.checks.is_empty()
            && self.checks.iter().all(Checked::passed)
            && self.speeds.iter().all(|speed| speed.rate.is_ok())
    }
}

impl Checked {
    /// Compares values of the device with those of the processor.
    pub(super) fn new(
        what: impl Into<String>,
        limit: f64,
        got: Result<Tensor, TchError>,
        expected: &Tensor,
    ) -> Self {
        let outcome = match got.and_then(|got| difference(&got, expected)) {
            Ok(difference) if difference <= limit => CheckOutcome::Equal(difference),
            Ok(difference) => CheckOutcome::Differs(difference),
            Err(error) => CheckOutcome::Fails(first_line(&error)),
        };
        Self { what: what.into(), limit, outcome }
    }

    /// The same for what a device need not be able to compute.
    pub(super) fn if_computed(
        what: impl Into<String>,
        limit: f64,
        got: Result<Tensor, TchError>,
        expected: &Tensor,
    ) -> Self {
        let checked = Self::new(what, limit, got, expected);
        match checked.outcome {
            CheckOutcome::Fails(reason) => Self { outcome: CheckOutcome::NotTried(reason), ..checked },
            _ => checked,
        }
    }

    /// Whether the values were equal, or not tried.
    pub fn passed(&self) -> bool {
        matches!(self.outcome, CheckOutcome::Equal(_) | CheckOutcome::NotTried(_))
    }
}

/// The greatest difference as a share of the greatest absolute expected value.
fn difference(got: &Tensor, expected: &Tensor) -> Result<f64, TchError> {
    if got.size() != expected.size() {
        return Err(TchError::Shape(format!("{:?} values in place of {:?}", got.size(), expected.size())));
    }
    let double = |tensor: &Tensor| tensor.f_detach()?.f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Double);
    let (got, expected) = (double(got)?, double(expected)?);
    let largest = |tensor: &Tensor| tensor.f_abs()?.f_max()?.f_double_value(&[]);
    let scale = largest(&expected)?;
    let difference = largest(&got.f_sub(&expected)?)?;
    Ok(if scale > 0.0 { difference / scale } else { difference })
}

fn number_or_reason<S: Serializer>(rate: &Result<f64, String>, serializer: S) -> Result<S::Ok, S::Error> {
    match rate {
        Ok(rate) => rate.serialize(serializer),
        Err(reason) => reason.serialize(serializer),
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, limit, outcome } = self;
        match outcome {
            CheckOutcome::Equal(difference) => {
                write!(formatter, "equal    {what}: {difference:.1e} (limit {limit:.0e})")
            }
            CheckOutcome::Differs(difference) => {
                write!(formatter, "DIFFERS  {what}: {difference:.1e} (limit {limit:.0e})")
            }
            CheckOutcome::Fails(reason) => write!(formatter, "FAILS    {what}: {reason}"),
            CheckOutcome::NotTried(reason) => write!(formatter, "not tried  {what}: {reason}"),
        }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, unit, rate, at_floor } = self;
        match (rate, at_floor) {
            (Ok(rate), Some(floor)) => write!(
                formatter,
                "{what}: {rate:.2} {unit}, {:.0} % of {floor:.2} at the rate of products and copies",
                100.0 * rate / floor
            ),
            (Ok(rate), None) => write!(formatter, "{what}: {rate:.2} {unit}"),
            (Err(reason), _) => write!(formatter, "{what}: FAILS, {reason}"),
        }
    }
}

/// Name of the hardware, as the system tells it.
fn name(device: Device) -> Option<String> {
    if !device.is_cuda() {
        let text = fs::read_to_string("/proc/cpuinfo").ok()?;
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        return Some(line.split_once(':')?.1.trim().to_owned());
    }
    let index = device.to_string().split_once(':')?.1.to_owned();
    let asked = ["--query-gpu=name,driver_version", "--format=csv,noheader"];
    let output = Command::new("nvidia-smi").arg(format!("--id={index}")).args(asked).output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use tch::kind::FLOAT_CPU;

    use super::*;

    #[test]
    fn a_difference_is_a_share_of_the_greatest_value() {
        let expected = Tensor::from_slice(&[0.0_f32, -4.0, 2.0]);
        let check = |got: &[f32]| Checked::new("values", 0.1, Ok(Tensor::from_slice(got)), &expected);
        assert_eq!(check(&[0.0, -4.0, 2.0]).outcome, CheckOutcome::Equal(0.0));
        assert_eq!(check(&[0.25, -4.0, 2.0]).outcome, CheckOutcome::Equal(0.0625));
        assert_eq!(check(&[0.0, -4.0, 3.0]).outcome, CheckOutcome::Differs(0.25));
        for bad in [check(&[f32::NAN, -4.0, 2.0]), check(&[0.0, -4.0])] {
            assert!(!bad.passed(), "{bad}");
        }
        let nothing = Tensor::zeros([2], FLOAT_CPU);
        assert!(!Checked::new("ones for zeros", 0.1, Ok(nothing.ones_like()), &nothing).passed());
    }

    #[test]
    fn a_record_without_a_comparison_has_not_passed() {
        let mut record = CheckRecord::of(Device::CPU);
        assert!(!record.passed());
        let outcome = CheckOutcome::Equal(0.0);
        record.checks.push(Checked { what: "values".into(), limit: 1e-4, outcome });
        assert!(record.passed());
        let rate = Err("no memory".to_owned());
        record.speeds.push(Measured { what: "copies".into(), unit: "GB/s", rate, at_floor: None });
        let json = serde_json::to_value(&record.speeds).unwrap();
        assert_eq!(json[0]["rate"], "no memory");
        assert!(!record.passed());
    }
}
