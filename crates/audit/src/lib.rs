#![doc = include_str!("../README.md")]
//!
//! # Verdicts
//!
//! | verdict | when |
//! |---|---|
//! | found | the permutation p-value, Holm-corrected over all probes, is at most [`FALSE_ALARMS`]; the AUC is at least [`SMALL_EFFECT`]; the lower end of its 95 % interval is above 0.5 |
//! | not found | not found, the test part shows [`MEDIUM_EFFECT`] with 80 % power, and the interval stays below it |
//! | cannot tell | everything else, always with a [`Reason`] |
//!
//! A probe without power never says "not found". The verdict of all is the worst of all.
//!
//! # Beside the verdict
//!
//! Each source is left out of the training of a linear probe on frozen features in turn ([`Elsewhere`]), and the model is scored
//! in [`Subgroups`]. [`Audit::through`] adds what the trained model says of test images without their centre, lungs or corners,
//! and where its evidence lies ([`ThroughModel`]). None of this changes the verdict.
//!
//! # What it does not do
//!
//! It cannot find a shortcut that lies inside the lungs, or one that a linear probe of 32 × 32 pixels cannot see. "Not
//! found" is no proof of absence. It reads no films: pictures, changed or not, come as predictions of the model.

#![allow(clippy::needless_pass_by_value, reason = "views of arrays are small, and passed as slices are")]

mod audit;
mod elsewhere;
mod error;
mod fit;
mod image;
mod kind;
mod looks;
mod measurement;
mod metadata;
mod null;
mod pixels;
pub mod planted;
mod question;
mod ranks;
mod reason;
mod result;
mod scored;
mod sentence;
mod settings;
mod subgroups;
mod table;
mod text;
mod through_model;
mod verdict;

pub use audit::{Audit, Counts};
pub use elsewhere::{AwayAndHome, Elsewhere, External, HeadElsewhere, LeftOut};
pub use error::Error;
pub use image::{Image, Part, Published, SmallPicture};
pub use kind::Probe;
pub use looks::{Changed, Evidence, Looks, Place, Pointer};
pub use measurement::{LabelAuc, Measurement, Model};
pub use null::Null;
pub use radiograph_input::Ablation;
pub use reason::Reason;
pub use result::{ModelScore, ProbeResult, Row};
pub use scored::ScoreDrop;
pub use settings::{FALSE_ALARMS, MEDIUM_EFFECT, POWER, SMALL_EFFECT, Settings};
pub use subgroups::{Gap, GroupScore, SMALLEST_GROUP, Subgroups};
pub use table::Table;
pub use through_model::{AblationScore, Pointing, ThroughModel};
pub use verdict::{Judgement, Verdict};
