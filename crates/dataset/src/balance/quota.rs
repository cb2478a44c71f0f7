//! Quotas: numbers of images of a class by collection and origin, such as the 1,401 original and 912 augmented images of
//! COVID-19 of the paper.

use std::fmt;

use radiograph_classes::Classes;
use serde::{Deserialize, Serialize};

use super::BalanceError;
use crate::{ClassName, Record, SourceName};

/// A number of images of one class, of one collection or all, original or augmented or both.
///
/// A quota only leaves images out. Where there are fewer, the number is not reached; if it is [exact](Self::exactly), that
/// is a [shortfall](super::Shortfall).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Class.
    pub class: ClassName,
    /// Collection; all if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceName>,
    /// Originals or augmented images; both if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<QuotaOrigin>,
    /// Maximum number of images.
    pub images: usize,
    /// Whether fewer images are a shortfall.
    #[serde(default)]
    pub exactly: bool,
}

/// Whether images were made from others.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaOrigin {
    /// Not known to be made from another image.
    Original,
    /// Made from another image.
    Augmented,
}

impl Quota {
    /// Checks that every quota is of one of the classes, and that no image is in two quotas.
    ///
    /// # Errors
    ///
    /// [`BalanceError::QuotaClass`] and [`BalanceError::QuotasOverlap`].
    pub fn check(quotas: &[Self], classes: &Classes) -> Result<(), BalanceError> {
        for (at, quota) in quotas.iter().enumerate() {
            if classes.class(quota.class.as_str()).is_err() {
                return Err(BalanceError::QuotaClass { class: quota.class.clone() });
            }
            if let Some(other) = quotas[..at].iter().find(|other| quota.overlaps(other)) {
                return Err(BalanceError::QuotasOverlap { one: other.to_string(), other: quota.to_string() });
            }
        }
        Ok(())
    }

    /// Whether an image counts towards the quota.
    pub fn covers(&self, record: &Record) -> bool {
        let made = if record.origin.is_augmented() { QuotaOrigin::Augmented } else { QuotaOrigin::Original };
        record.class() == Some(&self.class)
            && self.source.as_ref().is_none_or(|source| source == record.source())
            && self.origin.is_none_or(|origin| origin == made)
    }

    fn overlaps(&self, other: &Self) -> bool {
        fn meet<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> bool {
            one.is_none() || other.is_none() || one == other
        }
        self.class == other.class && meet(&self.source, &other.source) && meet(&self.origin, &other.origin)
    }

    /// Whether `kept` of the `available` images are what the quota asks for. Without any available image it is not met:
    /// the name of its collection may be misspelt.
    pub(super) fn is_met(&self, available: usize, kept: usize) -> bool {
        if self.exactly { kept == self.images } else { available > 0 || self.images == 0 }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = if self.exactly { "exactly" } else { "at most" };
        let origin = match self.origin {
            None => "",
            Some(QuotaOrigin::Original) => "original ",
            Some(QuotaOrigin::Augmented) => "augmented ",
        };
        write!(formatter, "{limit} {} {origin}images of {}", self.images, self.class)?;
        self.source.as_ref().map_or(Ok(()), |source| write!(formatter, " from {source}"))
    }
}
