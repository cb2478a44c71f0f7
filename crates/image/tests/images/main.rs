//! Tests of this crate through its public interface, in one program, because linking its decoders once is enough.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod ablate;
mod decode;
mod ended_early;
mod field_cases;
mod films;
mod golden;
mod hostile_images;
mod lungs;
mod pixels;
mod preprocess;
mod pydicom;
