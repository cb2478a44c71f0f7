//! Parameters of a JPEG-LS scan, and what follows from them.

use crate::codec::Fault;

/// Parameters of a scan (T.87, A.1 and C.2.4.1).
#[derive(Clone, Copy)]
pub(super) struct Parameters {
    /// MAXVAL.
    pub(super) greatest: i32,
    pub(super) near: i32,
    pub(super) range: i32,
    /// qbpp: bits of a mapped error.
    pub(super) bits: u32,
    /// Longest code.
    pub(super) limit: u32,
    thresholds: [i32; 3],
    pub(super) reset: i32,
}

impl Parameters {
    pub(super) fn new(precision: u32, near: i32, presets: Option<[i32; 5]>) -> Result<Self, Fault> {
        let preset = |place: usize| presets.map(|presets| presets[place]).filter(|&value| value != 0);
        let greatest = preset(0).unwrap_or((1 << precision) - 1);
        if greatest >= 1 << precision || near > 255.min(greatest / 2) {
            return Fault::damaged(format!("JPEG-LS with values up to {greatest} and errors up to {near}"));
        }
        let step = 2 * near + 1;
        let range = (greatest + 2 * near) / step + 1;
        let bits = bits_of(range - 1);
        let bits_each = bits_of(greatest).max(2);
        let clamp = |value: i32, least: i32| if value > greatest || value < least { least } else { value };
        let default = |base: i32, basic: i32, near_times: i32| {
            if greatest >= 128 {
                (greatest.min(4095) + 128) / 256 * (base - basic) + basic + near_times * near
            } else {
                (base / (256 / (greatest + 1)) + near_times * near).max(basic)
            }
        };
        let first = preset(1).unwrap_or_else(|| clamp(default(3, 2, 3), near + 1));
        let second = preset(2).unwrap_or_else(|| clamp(default(7, 3, 5), first));
        let third = preset(3).unwrap_or_else(|| clamp(default(21, 4, 7), second));
        let reset = preset(4).unwrap_or(64);
        if !(near < first && first <= second && second <= third && third <= greatest) || reset < 3 {
            return Fault::damaged("JPEG-LS with impossible thresholds");
        }
        let limit = 2 * (bits_each + bits_each.max(8));
        Ok(Self { greatest, near, range, bits, limit, thresholds: [first, second, third], reset })
    }

    /// Class of a gradient, -4 to 4.
    pub(super) fn class(&self, gradient: i32) -> i32 {
        let [first, second, third] = self.thresholds;
        let size = gradient.abs();
        let class = match size {
            _ if size <= self.near => 0,
            _ if size < first => 1,
            _ if size < second => 2,
            _ if size < third => 3,
            _ => 4,
        };
        class * gradient.signum()
    }

    /// The sample of a prediction and its error (A.4.5, A.8).
    pub(super) fn sample(&self, predicted: i32, error: i32) -> i32 {
        let step = 2 * self.near + 1;
        let value = predicted + error * step;
        let value = if value < -self.near {
            value + self.range * step
        } else if value > self.greatest + self.near {
            value - self.range * step
        } else {
            value
        };
        value.clamp(0, self.greatest)
    }
}

/// Number of bits that a number from 0 to `value` needs.
fn bits_of(value: i32) -> u32 {
    32 - value.leading_zeros()
}
