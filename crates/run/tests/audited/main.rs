//! Tests the stage `audit` on drawn films: what it finds, what it cannot tell, what it writes, and when it runs again.

#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "the method by itself holds for one lifetime of a run only"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod changed;
mod model;
mod scarce;
mod scene;
mod shortcuts;
mod stage;
