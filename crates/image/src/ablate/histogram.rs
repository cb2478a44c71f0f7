//! Gives a picture the gray values of a distribution (Gonzalez and Woods, Digital Image Processing, 3.3: histogram matching).

use crate::{Picture, Samples};

/// Number of gray levels.
const LEVELS: usize = 256;

/// A distribution of gray values at 8 bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Share of the pixels at each level; they add to 1.
    shares: [f64; LEVELS],
}

impl Histogram {
    /// The distribution of a picture's gray values.
    pub fn of(picture: &Picture) -> Self {
        let mut shares = [0.0; LEVELS];
        if let Samples::Gray8(values) = picture.clone().into_gray().into_8_bit().into_samples() {
            let one = 1.0 / values.len() as f64;
            values.iter().for_each(|value| shares[usize::from(*value)] += one);
        }
        Self { shares }
    }

    /// All levels alike.
    pub fn even() -> Self {
        Self { shares: [1.0 / LEVELS as f64; LEVELS] }
    }

    /// The mean of distributions; `None` if there are none.
    pub fn mean<'h>(all: impl IntoIterator<Item = &'h Self>) -> Option<Self> {
        let (mut shares, mut count) = ([0.0; LEVELS], 0.0_f64);
        for histogram in all {
            shares.iter_mut().zip(histogram.shares).for_each(|(sum, share)| *sum += share);
            count += 1.0;
        }
        shares.iter_mut().for_each(|sum| *sum /= count);
        (count > 0.0).then_some(Self { shares })
    }

    /// The picture in gray at 8 bits with the values of this distribution, in the order of its own. A level becomes the one at
    /// which this distribution has as large a share below, counting half of the level itself.
    #[must_use]
    pub fn matched(&self, picture: Picture) -> Picture {
        let (width, height) = (picture.width(), picture.height());
        let own = Self::of(&picture);
        let mut table = [0_u8; LEVELS];
        let (mut own_below, mut below, mut level) = (0.0, self.shares[0], 0);
        for (own, target) in own.shares.iter().zip(&mut table) {
            let middle = own_below + own / 2.0;
            while below < middle && level + 1 < LEVELS {
                level += 1;
                below += self.shares[level];
            }
            *target = level as u8; // below 256
            own_below += own;
        }
        let gray = picture.into_gray().into_8_bit();
        match gray.samples() {
            Samples::Gray8(values) => {
                let values = values.iter().map(|value| table[usize::from(*value)]).collect();
                // As many samples as before.
                Picture::new(width, height, Samples::Gray8(values)).unwrap_or(gray)
            }
            // What was made gray and 8-bit is nothing else.
            _ => gray,
        }
    }
}
