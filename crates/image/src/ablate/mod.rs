//! Removes parts of the picture that a network sees: the centre, the lungs, all but the lungs, the corners; or gives its gray
//! values another distribution.
//!
//! A removed part gets the mean of what is left, so that nothing of it remains but its outline. The outline of lungs shows
//! their shape.

mod histogram;
mod lungs;
mod region;

use radiograph_input::Ablation;

pub use self::{histogram::Histogram, lungs::estimated_lungs, region::Region};
use crate::{Picture, Samples};

/// Side of a removed corner, as a share of the picture's sides.
const CORNER: f64 = 1.0 / 6.0;

/// A changed picture.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "plain data")]
pub struct Ablated {
    /// The picture, of the same size.
    pub picture: Picture,
    /// Share of the pixels that was removed, 0 to 1.
    pub removed: f64,
}

/// Changes a picture. `lungs` is a region of the same size, and `together` the distribution of gray values that
/// [`Ablation::Histogram`] gives it. `None` if the region has another size, or if nothing would be left of the picture.
///
/// ```
/// use radiograph_image::{Picture, Samples, ablate::{Histogram, Region, ablate}};
/// use radiograph_input::Ablation;
///
/// let film = Picture::new(2, 1, Samples::Gray8(vec![10, 200])).expect("two samples");
/// let left = Region::new(2, 1, vec![true, false]).expect("two places");
/// let changed = ablate(&film, Ablation::Lungs, &left, &Histogram::of(&film)).expect("a pixel is left");
/// assert_eq!(changed.picture.samples(), &Samples::Gray8(vec![200, 200]));
/// assert_eq!(changed.removed, 0.5);
/// ```
pub fn ablate(
    picture: &Picture,
    ablation: Ablation,
    lungs: &Region,
    together: &Histogram,
) -> Option<Ablated> {
    let (width, height) = (picture.width(), picture.height());
    if lungs.size() != (width, height) {
        return None;
    }
    let region = match ablation {
        Ablation::Histogram => {
            return Some(Ablated { picture: together.matched(picture.clone()), removed: 0.0 });
        }
        Ablation::Centre(share) => Region::centre(width, height, share)?,
        Ablation::Lungs => lungs.clone(),
        Ablation::AllButLungs => lungs.inverted(),
        Ablation::Corners => Region::corners(width, height, CORNER)?.without(lungs)?,
        // The enum is open; what is not known here is not made.
        _ => return None,
    };
    let picture = without(picture.clone(), &region)?;
    Some(Ablated { picture, removed: region.share() })
}

/// The picture with the region replaced by the mean of the other pixels, channel by channel; `None` if there are none.
fn without(picture: Picture, region: &Region) -> Option<Picture> {
    let (width, height, channels) = (picture.width(), picture.height(), picture.channels());
    if region.share() >= 1.0 {
        return None;
    }
    let samples = match picture.into_samples() {
        Samples::Gray8(values) => Samples::Gray8(filled(values, channels, region, |mean| mean.round() as u8)),
        Samples::Rgb8(values) => Samples::Rgb8(filled(values, channels, region, |mean| mean.round() as u8)),
        Samples::Gray16(values) => {
            Samples::Gray16(filled(values, channels, region, |mean| mean.round() as u16))
        }
        Samples::Rgb16(values) => {
            Samples::Rgb16(filled(values, channels, region, |mean| mean.round() as u16))
        }
    };
    Picture::new(width, height, samples)
}

fn filled<T: Copy + Into<f64>>(
    mut values: Vec<T>,
    channels: usize,
    region: &Region,
    of: impl Fn(f64) -> T,
) -> Vec<T> {
    for channel in 0..channels {
        let pixels = values.iter().skip(channel).step_by(channels).zip(region.marked());
        let (sum, count) = pixels
            .filter(|(_, marked)| !**marked)
            .fold((0.0, 0.0), |(sum, count), (value, _)| (sum + (*value).into(), count + 1.0_f64));
        let mean = of(sum / count);
        let pixels = values.iter_mut().skip(channel).step_by(channels).zip(region.marked());
        pixels.filter(|(_, marked)| **marked).for_each(|(value, _)| *value = mean);
    }
    values
}
