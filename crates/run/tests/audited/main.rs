//! Tests the stage `audit` on drawn films: what it finds, what it cannot tell, what it writes, and when it runs again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod model;
mod scarce;
mod scene;
mod shortcuts;
mod stage;
