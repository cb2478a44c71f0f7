//! Settings of the search for same pictures.

use serde::{Deserialize, Serialize};

use crate::{SamePictureError, align::Agreement};

/// Settings of the search: what counts as the same picture, and how much effort the search makes.
///
/// Hashes and look-ups only propose pairs. A pair counts when its images agree: either both in their gray values and in the
/// detail that is left when the neighbourhood's mean is taken off, or in their [relief](crate::Evidence::Relief). Looser hash
/// distances cost time, not false pairs.
///
/// The defaults of the gray values come from 2,169 radiographs of six public collections. Of 37 pictures known to be in two of
/// them (one copy cropped, scaled and compressed) every one has a correlation above 0.98 and a detail above 0.97. Films of one
/// patient on two days reach 0.98 and 0.93, drawn films of two patients 0.98 and 0.952. The minimum relief is measured with the
/// example `copies`; see `docs/copies.md`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// Maximum number of bits, 0 to 12, in which hashes of the whole images or of their centre squares differ.
    pub hash_distance: u32,
    /// Minimum correlation of gray values, 0 to 1, of images with near hashes.
    pub correlation: f64,
    /// Whether images are also compared with turned and mirrored ones.
    pub turned: bool,
    /// Whether windows of images are searched for other images.
    pub crops: bool,
    /// Side of the smallest window searched, as a share of the shorter side, above 0.1 up to 1.
    pub smallest_crop: f64,
    /// Likeness of the slowest cosines of two reliefs, 0 to 1, from which on a pair is tried out. A lower value finds more
    /// and takes longer.
    pub promising: f64,
    /// Minimum correlation of gray values, 0 to 1, of a crop.
    pub crop_correlation: f64,
    /// Minimum correlation of the detail, 0 to 1, of pairs found by their gray values.
    pub detail: f64,
    /// Whether images are also compared by their relief: negatives, gray curves, enhanced contrast, tilt.
    pub altered: bool,
    /// Minimum correlation of reliefs, 0 to 1.
    pub relief: f64,
    /// Maximum rotation, 0 to 15 degrees to either side, of a picture that was turned a little.
    pub tilt: f64,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            hash_distance: 6,
            correlation: 0.95,
            turned: true,
            crops: true,
            smallest_crop: 0.45,
            promising: 0.4,
            crop_correlation: 0.90,
            detail: 0.96,
            altered: true,
            relief: 0.84,
            tilt: 10.0,
        }
    }
}

impl Search {
    /// Largest hash distance. Beyond it, radiographs of any two people are near.
    pub const MOST_DISTANCE: u32 = 12;

    /// Largest tilt, in degrees.
    pub const MOST_TILT: f64 = 15.0;

    /// The settings of this search that find less than those of another, by name. A search that is no weaker has none.
    pub fn weaker_than(&self, other: &Self) -> Vec<&'static str> {
        let weaker = [
            ("hash_distance", self.hash_distance < other.hash_distance),
            ("correlation", self.correlation > other.correlation),
            ("turned", other.turned && !self.turned),
            ("crops", other.crops && !self.crops),
            ("smallest_crop", self.smallest_crop > other.smallest_crop),
            ("promising", self.promising > other.promising),
            ("crop_correlation", self.crop_correlation > other.crop_correlation),
            ("detail", self.detail > other.detail),
            ("altered", other.altered && !self.altered),
            ("relief", self.relief > other.relief),
            ("tilt", self.tilt < other.tilt),
        ];
        weaker.into_iter().filter_map(|(name, weaker)| weaker.then_some(name)).collect()
    }

    /// The search that finds what either of two searches finds: for each setting, the value that finds more.
    #[must_use]
    pub fn or_stronger(self, other: &Self) -> Self {
        Self {
            hash_distance: self.hash_distance.max(other.hash_distance),
            correlation: self.correlation.min(other.correlation),
            turned: self.turned || other.turned,
            crops: self.crops || other.crops,
            smallest_crop: self.smallest_crop.min(other.smallest_crop),
            promising: self.promising.min(other.promising),
            crop_correlation: self.crop_correlation.min(other.crop_correlation),
            detail: self.detail.min(other.detail),
            altered: self.altered || other.altered,
            relief: self.relief.min(other.relief),
            tilt: self.tilt.max(other.tilt),
        }
    }

    pub(crate) fn check(&self) -> Result<(), SamePictureError> {
        let refuse = |field, remedy| Err(SamePictureError::Setting { field, remedy });
        if self.hash_distance > Self::MOST_DISTANCE {
            return refuse("hash_distance", "give 0 to 12 bits");
        }
        if !(self.smallest_crop > 0.1 && self.smallest_crop <= 1.0) {
            return refuse("smallest_crop", "give a share above 0.1 up to 1");
        }
        if !(0.0..=Self::MOST_TILT).contains(&self.tilt) {
            return refuse("tilt", "give 0 to 15 degrees");
        }
        let limits = [
            ("correlation", self.correlation),
            ("promising", self.promising),
            ("crop_correlation", self.crop_correlation),
            ("detail", self.detail),
            ("relief", self.relief),
        ];
        match limits.iter().find(|(_, limit)| !(0.0..=1.0).contains(limit)) {
            Some((field, _)) => refuse(field, "give a correlation of 0 to 1"),
            None => Ok(()),
        }
    }

    pub(crate) fn confirms(&self, agreement: &Agreement) -> bool {
        agreement.correlation >= self.correlation && agreement.detail >= self.detail
    }
}
