//! Audits a data set for shortcuts: is the score about lungs, or about where the picture came from?
//!
//! Probes that cannot see lungs try to tell the class on the same split as the model. One sees format and size of the
//! published files, one a ring of pixels along the border, one the picture with its centre blacked out, one the source
//! alone. Two more try to tell the source within one class, where the class cannot help. Each is a linear probe whose
//! penalty is chosen by cross-validation by patient; it is fitted on training images and scored once on test images.
//!
//! ```
//! use radiograph_audit::{Audit, Settings, Verdict, planted::{Planted, Shortcut}};
//!
//! // Drawn pictures in which a bright mark in the corner gives a class away.
//! let planted = Planted { training: 120, test: 100, ..Planted::new(Shortcut::CornerMark, 1.0, 7) };
//! let settings = Settings { permutations: 999, replicates: 200, controls: 0, shares: vec![], ..Settings::default() };
//! let audit = Audit::of(&planted.draw()?, None, &settings)?;
//! assert_eq!(audit.verdict, Verdict::Found);
//! assert!(audit.sentence.starts_with("The class can be told without looking at lungs"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
