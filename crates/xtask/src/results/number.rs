//! Reads scores from the JSON files of a run and writes them with their intervals.

use std::{fs, path::Path};

use serde_json::Value;

use crate::error::Error;

pub(super) fn read(path: &Path) -> Result<Value, Error> {
    let text = fs::read(path).map_err(Error::io(path))?;
    serde_json::from_slice(&text).map_err(|error| Error::io(path)(error.into()))
}

/// A number with this many decimals; a dash if it is undefined.
pub(super) fn decimals(value: &Value, digits: usize) -> String {
    value.as_f64().map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

/// A count below a million, such as `1,143`.
pub(super) fn counted(count: u64) -> String {
    if count < 1000 { count.to_string() } else { format!("{},{:03}", count / 1000, count % 1000) }
}

/// An estimate `{score, interval}`: `0.846 (0.796 to 0.899)`.
pub(super) fn estimate(estimate: &Value) -> String {
    let score = decimals(&estimate["score"]["value"], 3);
    let interval = &estimate["interval"]["value"];
    if interval.is_null() {
        return score;
    }
    format!("{score} ({} to {})", decimals(&interval["low"], 3), decimals(&interval["high"], 3))
}

/// The estimate of a score over all classes in an evaluation, by name.
pub(super) fn overall<'v>(evaluation: &'v Value, name: &str) -> &'v Value {
    let scores = evaluation["overall"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = scores.iter().find(|score| score["name"] == name);
    found.map_or(&Value::Null, |score| &score["estimate"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scores_are_written_with_their_intervals() {
        let evaluation = json!({ "overall": [
            { "name": "accuracy", "estimate": { "score": { "value": 0.72173 },
                "interval": { "value": { "low": 0.65, "high": 0.7921 } } } },
            { "name": "macro AUC", "estimate": { "score": { "undefined": "no_variation" },
                "interval": { "undefined": "no_variation" } } },
        ] });
        assert_eq!(estimate(overall(&evaluation, "accuracy")), "0.722 (0.650 to 0.792)");
        assert_eq!(estimate(overall(&evaluation, "macro AUC")), "–");
        assert_eq!(estimate(overall(&evaluation, "MCC")), "–");
    }
}
