//! Formats scores, counts and times for the page and the figures. Only this module rounds.

use radiograph_metrics::{Estimate, Interval, Score};

/// Shares in percent, with the digits that a number of images can have: none below 100 images, of which one is more than 1 %;
/// one below 10,000; two from there on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Percent {
    decimals: usize,
}

impl Percent {
    /// Percent of this number of images.
    pub(crate) fn of(images: u64) -> Self {
        Self { decimals: usize::from(images >= 100) + usize::from(images >= 10_000) }
    }

    /// `97.1`.
    pub(crate) fn value(self, share: f64) -> String {
        format!("{:.*}", self.decimals, 100.0 * share)
    }

    /// `97.1 %`, or `undefined` with its reason.
    pub(crate) fn score(self, score: Score) -> String {
        score
            .map_or_else(|reason| format!("undefined ({reason})"), |share| format!("{} %", self.value(share)))
    }

    /// `95.0 to 98.4`.
    pub(crate) fn ends(self, interval: &Interval) -> String {
        format!("{} to {}", self.value(interval.low), self.value(interval.high))
    }

    /// `97.1 (95.0 to 98.4)`, or `undefined` with its reason.
    pub(crate) fn estimate(self, estimate: &Estimate) -> String {
        match (estimate.score, estimate.interval) {
            (Ok(share), Ok(interval)) => format!("{} ({})", self.value(share), self.ends(&interval)),
            (Ok(share), Err(_)) => self.value(share),
            (Err(reason), _) => format!("undefined ({reason})"),
        }
    }
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

/// An area with its interval, as `0.82 (0.71 to 0.90)`, or `undefined` with its reason.
pub(crate) fn area(estimate: &Estimate) -> String {
    match (estimate.score, estimate.interval) {
        (Ok(value), Ok(interval)) => {
            let [value, low, high] = decimals([value, interval.low, interval.high]);
            format!("{value} ({low} to {high})")
        }
        (Ok(value), Err(_)) => decimals([value]).concat(),
        (Err(reason), _) => format!("undefined ({reason})"),
    }
}

/// `0.37 to 0.91`.
pub(crate) fn number_ends(interval: &Interval) -> String {
    format!("{:.2} to {:.2}", interval.low, interval.high)
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

/// Names as a list in words: `a`, `a and b`, `a, b and c`.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match &*names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
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
        assert_eq!(decimals([0.824, 0.71, 0.9]), ["0.82", "0.71", "0.90"]);
        assert_eq!(decimals([0.9996, 0.981, 1.0]), ["0.9996", "0.9810", "1.0000"]);
        assert_eq!(decimals([0.012, -0.2, 1.0]), ["0.012", "-0.200", "1.000"]);
        assert_eq!(duration(3.25), "3.2 s");
        assert_eq!(duration(200.0), "3 min 20 s");
        assert_eq!(duration(7_500.0), "2 h 05 min");
        assert_eq!(duration(f64::NAN), "not a time");
        // One image is 1.1 %, 0.07 % and 0.01 %.
        assert_eq!(Percent::of(91).score(Ok(61.0 / 91.0)), "67 %");
        assert_eq!(Percent::of(1_388).score(Ok(1386.0 / 1388.0)), "99.9 %");
        assert_eq!(Percent::of(10_000).value(0.985_712), "98.57");
    }
}
