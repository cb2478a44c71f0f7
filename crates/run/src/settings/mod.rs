//! Every setting of a run with its description, unit and range: the text of `radiograph config` and of `docs/config.md`.

mod list;
mod page;

pub use list::{SETTINGS, Setting};
pub use page::{annotated_toml, markdown};
