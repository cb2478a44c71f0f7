//! Describes every setting of a run with unit and range, for `radiograph config` and `docs/config.md`.

mod list;
mod page;
#[cfg(test)]
mod stated;

pub use list::{SETTINGS, Setting};
pub use page::{annotated_toml, markdown};
