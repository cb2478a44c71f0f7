//! The store from outside: what is written is read, what is damaged or killed is noticed, others can read it.

#![allow(clippy::unwrap_used, reason = "a test may fail this way")]

mod damage;
mod killed;
mod other_software;
mod reading;
mod scene;
mod tidying;
mod writing;
