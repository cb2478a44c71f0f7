//! Finds the first difference between two records, for error messages.

use serde::Serialize;
use serde_json::Value;

/// The first field in which two records differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Path of the field, such as `.training.epochs`; empty if the records are not objects.
    pub field: String,
    /// Value in the first record, as JSON.
    pub expected: String,
    /// Value in the second record, as JSON.
    pub found: String,
}

impl Difference {
    /// The first difference between two records of one kind; `None` if they are equal.
    pub fn between<T: Serialize>(expected: &T, found: &T) -> Option<Self> {
        let value = |record: &T| serde_json::to_value(record).unwrap_or_default();
        Self::of_values(&value(expected), &value(found))
    }

    fn of_values(expected: &Value, found: &Value) -> Option<Self> {
        if expected == found {
            return None;
        }
        if let (Some(expected), Some(found)) = (expected.as_object(), found.as_object()) {
            for key in expected.keys().chain(found.keys()) {
                let value =
                    |record: &serde_json::Map<String, Value>| record.get(key).cloned().unwrap_or_default();
                if let Some(inner) = Self::of_values(&value(expected), &value(found)) {
                    return Some(Self { field: format!(".{key}{}", inner.field), ..inner });
                }
            }
        }
        Some(Self { field: String::new(), expected: expected.to_string(), found: found.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_differing_field_is_named_by_its_path() {
        let (first, second) = (json!({ "a": 1, "b": { "c": 2 } }), json!({ "a": 1, "b": { "c": 3 } }));
        let difference = Difference::between(&first, &second).unwrap();
        assert_eq!(
            (difference.field.as_str(), difference.expected.as_str(), difference.found.as_str()),
            (".b.c", "2", "3")
        );
        assert_eq!(Difference::between(&first, &first), None);
        // A field that one record lacks counts as null there.
        let difference = Difference::between(&json!({ "a": 1 }), &json!({ "a": 1, "d": 4 })).unwrap();
        assert_eq!((difference.field.as_str(), difference.expected.as_str()), (".d", "null"));
    }
}
