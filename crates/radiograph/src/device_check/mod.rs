//! Checks that a device computes what the processor computes, and measures how fast it is.

mod heads;
mod memory;
mod networks;
mod record;
mod speed;

use radiograph_libtorch::Device;
use radiograph_weights::Architecture;

pub use record::{CheckOutcome, CheckRecord, Checked, Floor, Measured};

use crate::Error;

/// Seed of all weights and values of a check.
const SEED: u64 = 1;
/// Side of the images in pixels, which every network of this project reads.
const SIDE: i64 = 224;

/// A check of one device: values first, then memory, then speed.
///
/// Every value is compared with that of the processor, computed by this process from the same seeded weights. So the
/// check needs no files. On the processor itself networks are compared with their plain form, and the rest
/// only shows that it repeats.
///
/// ```no_run
/// use radiograph::{DeviceCheck, libtorch::Device};
///
/// let record = DeviceCheck::of("cuda:0".parse()?).run(&mut |done| println!("{done}"))?;
/// assert!(record.passed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The CUDA side was written against libtorch's documented behaviour and is untested on a GPU.
#[derive(Clone, Debug)]
pub struct DeviceCheck {
    device: Device,
    networks: Vec<Architecture>,
    measures_speed: bool,
}

impl DeviceCheck {
    /// A check with every registered network, and of speed.
    pub fn of(device: Device) -> Self {
        Self { device, networks: Architecture::all(), measures_speed: true }
    }

    /// Only these networks. Those of files have no weights from a seed and are left out.
    pub fn networks(mut self, networks: Vec<Architecture>) -> Self {
        self.networks = networks.into_iter().filter(|network| !network.is_of_file()).collect();
        self
    }

    /// Without measurements of speed, which take most of the time.
    pub fn values_alone(mut self) -> Self {
        self.measures_speed = false;
        self
    }

    /// Runs the check. `watch` gets a line for each part that is done.
    ///
    /// A difference beyond its limit, and a computation that fails on the device, are outcomes in the record.
    ///
    /// # Errors
    ///
    /// If the processor itself cannot compute the values to compare with.
    pub fn run(&self, watch: &mut dyn FnMut(&str)) -> Result<CheckRecord, Error> {
        let mut record = CheckRecord::of(self.device);
        for &network in &self.networks {
            record.checks.extend(networks::values(network, self.device)?);
            watch(&format!("values of {network}"));
        }
        record.checks.extend(heads::values(self.device)?);
        watch("values of heads and explanations");
        record.checks.extend(memory::values(self.device));
        watch("memory");
        if self.measures_speed {
            match speed::floor(self.device) {
                Ok(floor) => self.measure(&floor, &mut record, watch),
                Err(failed) => record.speeds.push(failed),
            }
        }
        Ok(record)
    }

    fn measure(&self, floor: &Floor, record: &mut CheckRecord, watch: &mut dyn FnMut(&str)) {
        for &network in &self.networks {
            record.speeds.push(speed::of_network(network, self.device, floor));
            record.speeds.extend(speed::of_half(network, self.device));
            watch(&format!("speed of {network}"));
        }
        record.speeds.extend(speed::of_copies(self.device));
        for network in Architecture::PAPER {
            record.speeds.extend(speed::of_training(network, self.device, floor));
            watch(&format!("speed of a training on {network}"));
        }
        record.floor = Some(*floor);
    }
}
