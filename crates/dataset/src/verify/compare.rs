//! Compares a certificate with the one computed now, value by value.

use serde_json::Value;

use super::Difference;
use crate::certificate::Certificate;

/// Parts of a certificate that cannot be known without the images.
const OF_PICTURES: [&str; 9] = [
    "/verdict",
    "/sentence",
    "/coverage/checked",
    "/coverage/little_contrast",
    "/coverage/unseen",
    "/coverage/unused_not_compared",
    "/shared_pictures",
    "/images_with_copies",
    "/examples",
];

/// Counts that pictures can only raise.
const RAISED_BY_PICTURES: [&str; 2] = ["/shared_sets", "/images_of_shared_sets"];

/// Every value that differs, by its place in the document. Without the images, only what the manifest alone says.
pub(super) fn compare(recorded: &Certificate, computed: &Certificate, with_images: bool) -> Vec<Difference> {
    let [stated, computed] =
        [recorded, computed].map(|certificate| serde_json::to_value(certificate).unwrap_or_default());
    let mut differences = Vec::new();
    let walk = Walk { with_images };
    walk.values(&stated, &computed, "", &mut differences);
    differences
}

struct Walk {
    with_images: bool,
}

impl Walk {
    fn values(&self, recorded: &Value, computed: &Value, field: &str, differences: &mut Vec<Difference>) {
        if !self.with_images && OF_PICTURES.iter().any(|of_pictures| field.ends_with(of_pictures)) {
            return;
        }
        match (recorded, computed) {
            (Value::Object(one), Value::Object(other)) => {
                let missing = |name: &&String| !one.contains_key(*name);
                for name in one.keys().chain(other.keys().filter(missing)) {
                    let [one, other] = [one, other].map(|object| object.get(name).unwrap_or(&Value::Null));
                    self.values(one, other, &format!("{field}/{name}"), differences);
                }
            }
            (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
                for (at, (one, other)) in one.iter().zip(other).enumerate() {
                    self.values(one, other, &format!("{field}/{at}"), differences);
                }
            }
            (one, other) if one != other && !self.is_raised(field, one, other) => {
                differences.push(Difference::Certificate {
                    field: field.to_owned(),
                    recorded: one.to_string(),
                    computed: other.to_string(),
                });
            }
            _ => {}
        }
    }

    fn is_raised(&self, field: &str, recorded: &Value, computed: &Value) -> bool {
        !self.with_images
            && RAISED_BY_PICTURES.iter().any(|raised| field.ends_with(raised))
            && recorded.as_u64() > computed.as_u64()
    }
}
