//! Formats scores, counts and times for the page and the figures. Only this module rounds.

use radiograph_metrics::{Estimate, Interval, Score};

/// A score in percent with two decimals, or "undefined" with its reason.
pub(crate) fn percent(score: Score) -> String {
    match score {
        Ok(value) => format!("{:.2} %", 100.0 * value),
        Err(reason) => format!("undefined ({reason})"),
    }
}

/// ` (97.10 to 99.00)`; empty if there is no interval.
pub(crate) fn percent_interval(estimate: &Estimate) -> String {
    estimate.interval.map_or_else(|_| String::new(), |interval| format!(" ({})", percent_ends(&interval)))
}

/// `97.10 to 99.00`.
pub(crate) fn percent_ends(interval: &Interval) -> String {
    format!("{:.2} to {:.2}", 100.0 * interval.low, 100.0 * interval.high)
}

/// `21.3 to 72.0`: in percent with one decimal, as few images allow no more.
pub(crate) fn short_percent_ends(interval: &Interval) -> String {
    format!("{:.1} to {:.1}", 100.0 * interval.low, 100.0 * interval.high)
}

/// `0.37 to 0.91`.
pub(crate) fn number_ends(interval: &Interval) -> String {
    format!("{:.2} to {:.2}", interval.low, interval.high)
}

/// Numbers such as areas and correlations with two decimals. All have more if one of them is so near to 0 or 1 that two would
/// not tell it from there.
pub(crate) fn decimals<const N: usize>(values: [f64; N]) -> [String; N] {
    let needed = |value: f64| match value.abs() {
        0.0 | 1.0 => 2,
        value if (0.1..0.98).contains(&value) => 2,
        value if value < 0.995 => 3,
        _ => 4,
    };
    let places = values.into_iter().map(needed).max().unwrap_or(2);
    values.map(|value| format!("{value:.places$}"))
}

/// A count with a thin gap between thousands.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 image`, `2,313 images`.
pub(crate) fn counted(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Seconds as `41 s`, `3 min 20 s`, `2 h 05 min`.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "not a time".to_owned();
    }
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A level such as `95 %`.
pub(crate) fn level(interval: &Interval) -> String {
    let percent = format!("{:.2}", 100.0 * interval.level.get());
    format!("{} %", percent.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "image"), "1 image");
        assert_eq!(duration(3.25), "3.2 s");
        assert_eq!(duration(200.0), "3 min 20 s");
        assert_eq!(duration(7_500.0), "2 h 05 min");
        assert_eq!(duration(f64::NAN), "not a time");
        assert_eq!(decimals([0.824, 0.71, 0.9]), ["0.82", "0.71", "0.90"]);
        assert_eq!(decimals([0.9996, 0.981, 1.0]), ["0.9996", "0.9810", "1.0000"]);
        assert_eq!(decimals([0.012, -0.2, 1.0]), ["0.012", "-0.200", "1.000"]);
        assert_eq!(percent(Ok(1386.0 / 1388.0)), "99.86 %");
    }
}
