//! Explains a class score by a map of evidence on the image, draws the map, and measures how far to believe it.
//!
//! The CNN is frozen and its last feature map is explained, so a forward and a backward pass through the head are
//! enough. With stored features, no CNN is needed. The [`Explainer`] takes any closure from features to logits; it
//! depends neither on the backbones nor on the head of this project.
//!
//! ```no_run
//! use radiograph_classes::Classes;
//! use radiograph_gradcam::{Explainer, Method, Target};
//! use tch::{Kind, Tensor};
//!
//! // A head that averages each channel and weighs the averages.
//! let weights = Tensor::randn([3, 512], tch::kind::FLOAT_CPU);
//! let head = |features: &Tensor| features.f_mean_dim([2_i64, 3].as_slice(), false, Kind::Float)?.f_linear::<Tensor>(&weights, None);
//!
//! let classes = Classes::new(["covid", "normal", "pneumonia"])?;
//! let features = Tensor::rand([2, 512, 7, 7], tch::kind::FLOAT_CPU);
//! let explanations = Explainer::new(&classes, head).explain(&features, Method::GradCam, &Target::default())?;
//! for explanation in &explanations {
//!     println!("{} ({:.3}): {:?}", explanation.class.name(), explanation.probability, explanation.map.raw());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`draw`] makes pictures of maps. [`measure`] tests how far to believe them. A map shows what the score of this head
//! depends on; it does not show disease.

#![allow(clippy::needless_pass_by_value, reason = "views of arrays are small, and passed as slices are")]

pub mod draw;
mod error;
mod explainer;
mod heat_map;
pub mod measure;
mod method;
mod target;

pub use error::GradcamError;
pub use explainer::{Explainer, Explanation};
pub use heat_map::{Evidence, HeatMap, NoEvidence};
pub use radiograph_protocol::{Method, Quantity};
pub use target::{ClassChoice, Target};
