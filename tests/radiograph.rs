//! Tests across crates, in one program, because linking libtorch once is enough.

mod devices;
mod fill;
mod gradcam;
mod head;
mod layers;
mod reference;
