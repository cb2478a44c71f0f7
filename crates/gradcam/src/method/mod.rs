//! Computes the maps of all methods from activations. Gradients come from `crate::explainer`.

mod eigen;
mod gradient;
mod perturbation;

pub(crate) use eigen::eigen_cam;
pub(crate) use gradient::Gradient;
pub(crate) use perturbation::{Perturbation, channel_weights};
