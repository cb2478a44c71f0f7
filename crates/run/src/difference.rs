//! Differences between two tables of settings.

use std::collections::BTreeSet;

use toml::{Table, Value};

/// A setting whose values differ.
pub(crate) struct SettingDifference {
    /// Key, such as `training.epochs`.
    pub(crate) key: String,
    /// Value in the first table.
    pub(crate) ours: String,
    /// Value in the second table.
    pub(crate) theirs: String,
}

/// All settings whose values differ, by key in alphabetical order.
pub(crate) fn differences(ours: &Table, theirs: &Table) -> Vec<SettingDifference> {
    let mut found = Vec::new();
    compare(ours, theirs, "", &mut found);
    found
}

fn compare(ours: &Table, theirs: &Table, path: &str, found: &mut Vec<SettingDifference>) {
    let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    for key in keys {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (ours.get(key), theirs.get(key)) {
            (Some(Value::Table(ours)), Some(Value::Table(theirs))) => compare(ours, theirs, &path, found),
            (ours, theirs) if ours != theirs => {
                let text =
                    |value: Option<&Value>| value.map_or_else(|| "(nothing)".to_owned(), Value::to_string);
                found.push(SettingDifference { key: path, ours: text(ours), theirs: text(theirs) });
            }
            _ => {}
        }
    }
}
