//! The networks of this project: one file each, and one line each in the list.

mod convnext_tiny;
mod densenet121;
mod densenet121_xrv;
mod inception_resnet_v2;
mod inception_stem;
mod inception_v3;
mod layers;
mod resnet50;
mod vgg19;
mod vision_transformer;

pub use vision_transformer::{VisionTransformer, vision_transformer};

use crate::definition::NetworkDefinition;

/// All networks of this project: first the four of the paper, then the others.
pub(crate) const ALL: [&NetworkDefinition; 8] = [
    &vgg19::DEFINITION,
    &densenet121::DEFINITION,
    &inception_v3::DEFINITION,
    &inception_resnet_v2::DEFINITION,
    &densenet121_xrv::DEFINITION,
    &vision_transformer::DEFINITION,
    &resnet50::DEFINITION,
    &convnext_tiny::DEFINITION,
];
