//! Tests of the store through the public interface: writing, reading, damage, tables, killed processes and other software.

#![allow(clippy::unwrap_used, reason = "a test may fail this way")]

mod damage;
mod killed;
mod other_software;
mod reading;
mod scene;
mod table;
mod tidying;
mod writing;
