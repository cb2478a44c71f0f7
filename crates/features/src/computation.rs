//! What computed the features of a store: arithmetic, device, engine and revision of the algorithms.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What computed features. Another computation of the same network gives other last bits, so its features are not mixed
/// with these.
///
/// The texts come from the caller and are compared letter by letter.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Computation {
    /// Arithmetic of convolutions and products, such as `f32`.
    pub arithmetic: String,
    /// Kind of device, such as `cpu` or `cuda`.
    pub device: String,
    /// Engine with its version, such as `libtorch 2.13.0`.
    pub engine: String,
    /// Revision of the algorithms around the engine.
    pub revision: u32,
}

impl Computation {
    /// The texts, with the names of their fields.
    pub(crate) fn texts(&self) -> [(&'static str, &String); 3] {
        [("arithmetic", &self.arithmetic), ("device", &self.device), ("engine", &self.engine)]
    }

    /// Every field with its value in words; `unknown` for an unknown computation.
    pub(crate) fn fields(computation: Option<&Self>) -> [(&'static str, String); 4] {
        let unknown = || "unknown".to_owned();
        let text = |of: fn(&Self) -> &String| computation.map_or_else(unknown, |known| of(known).clone());
        [
            ("arithmetic", text(|known| &known.arithmetic)),
            ("device", text(|known| &known.device)),
            ("engine", text(|known| &known.engine)),
            ("revision", computation.map_or_else(unknown, |known| known.revision.to_string())),
        ]
    }
}

impl fmt::Display for Computation {
    /// Writes `f32 on cpu by libtorch 2.13.0, revision 1`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { arithmetic, device, engine, revision } = self;
        write!(formatter, "{arithmetic} on {device} by {engine}, revision {revision}")
    }
}
