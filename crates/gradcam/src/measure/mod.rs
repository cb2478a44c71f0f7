//! Measures how far a map can be believed, by numbers instead of by its picture.
//!
//! | question | here |
//! |---|---|
//! | Is the evidence in the lungs, at the border, outside the body? | [`Saliency::mass_inside`] with a [`Mask`] |
//! | Does it point at the lesion? | [`Saliency::points_into`] (pointing game), [`Saliency::mass_inside`] (energy) |
//! | Does the score fall when the places it shows are taken away? | [`deletion`], [`insertion`], [`road`] |
//! | Does it depend on what the head has learnt at all? | [`rank_correlation`] of maps before and after the head is made random again |
//! | Do other methods see the same? | [`agreement`] |
//!
//! [`Assessment`] answers all but the last question for one explanation.

mod assessment;
mod curve;
mod fill;
mod mask;
mod rank;
mod road;
mod saliency;

pub use assessment::{Assessment, Inside, Regions};
pub use curve::{Baseline, Curve, deletion, insertion};
pub use mask::Mask;
pub use rank::{Agreement, agreement, rank_correlation};
pub use road::{Road, impute, road};
pub use saliency::Saliency;
