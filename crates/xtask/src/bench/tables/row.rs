//! One measured work: seconds of each round on all sides.

use serde_json::Value;

/// Seconds of each round, by name.
type Sides = Vec<(String, Vec<f64>)>;

/// A row of a script's result.
pub(super) struct Row {
    pub(super) work: String,
    /// Number of pieces of one call, and their plural; such as 16 images.
    amount: f64,
    unit: String,
    ours: Sides,
    peers: Sides,
    beside_load: Sides,
    /// Seconds, and the reason for them.
    floor: Option<(f64, String)>,
    /// Peers that failed, and their errors.
    pub(super) failed: Vec<(String, String)>,
    pub(super) sentences: Vec<String>,
}

impl Row {
    /// What is missing in the row counts as not measured.
    pub(super) fn of(row: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let failed = row["failed"].as_object().into_iter().flatten();
        let sentences = row["sentences"].as_array().into_iter().flatten();
        let floor = &row["floor"];
        Self {
            work: text(&row["work"]),
            amount: row["amount"].as_f64().unwrap_or(1.0),
            unit: text(&row["unit"]),
            ours: sides(&row["ours"]),
            peers: sides(&row["peers"]),
            beside_load: sides(&row["beside_load"]),
            floor: floor["seconds"].as_f64().map(|seconds| (seconds, text(&floor["reason"]))),
            failed: failed.map(|(peer, error)| (peer.clone(), text(error))).collect(),
            sentences: sentences.map(text).collect(),
        }
    }

    pub(super) fn is_measured(&self) -> bool {
        !self.ours.is_empty()
    }

    pub(super) fn is_measured_beside_load(&self) -> bool {
        !self.beside_load.is_empty()
    }

    pub(super) fn reason(&self) -> Option<&str> {
        self.floor.as_ref().map(|(_, reason)| reason.as_str())
    }

    /// The fastest of our ways with its spread, and its rate.
    pub(super) fn own(&self) -> String {
        let Some((way, rounds)) = fastest(&self.ours) else { return "–".to_owned() };
        let middle = median(rounds);
        let (unit, scale) = unit_of(middle);
        let (low, high) = ends(rounds);
        let mut told = format!("{} {unit}", digits(middle * scale));
        if rounds.len() > 1 {
            told += &format!(" ({} to {})", digits(low * scale), digits(high * scale));
        }
        if self.amount > 1.0 {
            told += &format!(", {} {}/s", digits(self.amount / middle), self.unit);
        }
        if self.ours.len() > 1 { format!("{told}, {way}") } else { told }
    }

    /// The medians of the others, the fastest first.
    pub(super) fn others(&self) -> String {
        let mut medians: Vec<(f64, &str)> =
            self.peers.iter().map(|(peer, rounds)| (median(rounds), peer.as_str())).collect();
        medians.sort_by(|first, second| first.0.total_cmp(&second.0));
        let told = medians.iter().map(|&(seconds, peer)| {
            let (unit, scale) = unit_of(seconds);
            format!("{peer} {} {unit}", digits(seconds * scale))
        });
        let told: Vec<String> = told.collect();
        if told.is_empty() { "–".to_owned() } else { told.join("; ") }
    }

    /// How many times faster our fastest way is than the fastest of the others: the median over rounds, and the extremes.
    pub(super) fn ratio(&self) -> String {
        let rounds = |sides: &Sides| sides.iter().map(|(_, rounds)| rounds.len()).min().unwrap_or(0);
        let at = |sides: &Sides, round: usize| {
            sides.iter().map(|(_, rounds)| rounds[round]).fold(f64::INFINITY, f64::min)
        };
        let ratios: Vec<f64> = (0..rounds(&self.ours).min(rounds(&self.peers)))
            .map(|round| at(&self.peers, round) / at(&self.ours, round))
            .collect();
        match &ratios[..] {
            [] => "–".to_owned(),
            [one] => digits(*one),
            _ => {
                let (low, high) = ends(&ratios);
                format!("{} ({} to {})", digits(median(&ratios)), digits(low), digits(high))
            }
        }
    }

    /// Seconds of the floor, and its share of ours: 100 % would be reached by nobody who does more.
    pub(super) fn floor(&self) -> String {
        let Some((floor, (_, rounds))) =
            self.floor.as_ref().map(|(seconds, _)| *seconds).zip(fastest(&self.ours))
        else {
            return "–".to_owned();
        };
        let (unit, scale) = unit_of(floor);
        format!("{} {unit}, {:.0} %", digits(floor * scale), 100.0 * floor / median(rounds))
    }

    /// How much longer ours takes while another process computes.
    pub(super) fn beside_load(&self) -> String {
        match (fastest(&self.beside_load), fastest(&self.ours)) {
            (Some((_, loaded)), Some((_, alone))) => {
                format!("{} times as long", digits(median(loaded) / median(alone)))
            }
            _ => "–".to_owned(),
        }
    }
}

/// The sides that have at least one round.
fn sides(value: &Value) -> Sides {
    let rounds = |value: &Value| -> Vec<f64> {
        value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
    };
    let all = value.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), rounds(value)));
    all.filter(|(_, rounds)| !rounds.is_empty()).collect()
}

fn fastest(sides: &Sides) -> Option<(&str, &[f64])> {
    let best = sides.iter().min_by(|first, second| median(&first.1).total_cmp(&median(&second.1)));
    best.map(|(name, rounds)| (name.as_str(), rounds.as_slice()))
}

/// The middle one; of an even number the mean of the two in the middle; NaN if there is none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut ascending = values.to_vec();
    ascending.sort_by(f64::total_cmp);
    match (ascending.len(), ascending.len() / 2) {
        (0, _) => f64::NAN,
        (count, middle) if count % 2 == 1 => ascending[middle],
        (_, middle) => f64::midpoint(ascending[middle - 1], ascending[middle]),
    }
}

/// The least and the largest.
pub(crate) fn ends(values: &[f64]) -> (f64, f64) {
    values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)))
}

/// Unit in which these seconds are written, and the factor to it.
fn unit_of(seconds: f64) -> (&'static str, f64) {
    match seconds {
        seconds if seconds < 1e-3 => ("µs", 1e6),
        seconds if seconds < 1.0 => ("ms", 1e3),
        _ => ("s", 1.0),
    }
}

/// Three digits.
fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_ratio_is_that_of_the_fastest_ways_round_by_round() {
        let row = Row::of(&json!({
            "work": "x", "amount": 16, "unit": "images",
            "ours": { "one batch": [2.0, 2.0, 2.0], "side by side": [1.0, 4.0, 1.0] },
            "peers": { "A": [3.0, 3.0, 3.0], "B": [9.0, 2.0, 9.0] },
        }));
        // Rounds: 3 / 1, 2 / 2, 3 / 1.
        assert_eq!(row.ratio(), "3.00 (1.00 to 3.00)");
        assert_eq!(row.own(), "1.00 s (1.00 to 4.00), 16.0 images/s, side by side");
        assert_eq!(row.others(), "A 3.00 s; B 9.00 s");
        assert_eq!((row.floor(), row.beside_load()), ("–".to_owned(), "–".to_owned()));
    }

    #[test]
    fn a_row_without_rounds_is_not_measured() {
        let row = Row::of(&json!({ "work": "x", "ours": { "step": [] }, "peers": {} }));
        assert!(!row.is_measured());
        assert_eq!((row.own(), row.ratio()), ("–".to_owned(), "–".to_owned()));
        assert!(median(&[]).is_nan());
        assert_eq!(median(&[4.0, 1.0]), 2.5);
    }
}
