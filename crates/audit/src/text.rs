//! Shows an audit as plain text.

use std::fmt;

use crate::{Audit, Row};

impl fmt::Display for Audit {
    /// The sentence, a table with a line for each measurement, and the notes.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}\n", self.sentence)?;
        writeln!(
            formatter,
            "{:<20} {:<18} {:<12} {:<20} {:<20} {:>9} {:>6} {:>8}",
            "probe", "", "verdict", "AUC", "accuracy", "permuted", "p", "shows"
        )?;
        for probe in &self.probes {
            for row in &probe.rows {
                writeln!(formatter, "{:<20} {:<18} {}", probe.probe, row.of, Line(row))?;
            }
        }
        for probe in &self.probes {
            write!(formatter, "\n{} [{}]: {}", probe.probe, probe.verdict, probe.sentence)?;
        }
        writeln!(formatter)?;
        if let Some(model) = &self.model {
            writeln!(formatter, "\n{}: AUC {}, accuracy {}", model.name, model.auc, model.accuracy)?;
        }
        let counts = &self.counts;
        writeln!(
            formatter,
            "\n{} training images of {} clusters, {} test images of {} clusters, {} sources",
            counts.training, counts.training_clusters, counts.test, counts.test_clusters, counts.sources
        )?;
        self.notes.iter().try_for_each(|note| writeln!(formatter, "{note}"))
    }
}

/// The cells of one row.
struct Line<'a>(&'a Row);

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { measurement, unanswered, judgement, .. } = self.0;
        let verdict = match (judgement, unanswered) {
            (Some(judgement), _) => judgement.verdict.to_string(),
            (None, Some(_)) => "cannot tell".to_owned(),
            (None, None) => "-".to_owned(),
        };
        let Some(of) = measurement else {
            return match unanswered {
                Some(reason) => write!(formatter, "{verdict:<12} ({reason})"),
                None => write!(formatter, "{verdict:<12}"),
            };
        };
        let cell = |estimate: &radiograph_metrics::Estimate| match (estimate.score, estimate.interval) {
            (Ok(score), Ok(interval)) => format!("{score:.3} [{:.3}, {:.3}]", interval.low, interval.high),
            (Ok(score), Err(_)) => format!("{score:.3}"),
            (Err(_), _) => "undefined".to_owned(),
        };
        let permuted = match &of.controls[..] {
            [] => "-".to_owned(),
            controls => format!("{:.3}", controls.iter().sum::<f64>() / controls.len() as f64),
        };
        let (p, shows) = match judgement {
            Some(of) => (format!("{:.3}", of.adjusted_p_value), format!("{:.3}", of.detectable)),
            None => ("-".to_owned(), "-".to_owned()),
        };
        write!(
            formatter,
            "{verdict:<12} {:<20} {:<20} {permuted:>9} {p:>6} {shows:>8}",
            cell(&of.auc),
            cell(&of.accuracy)
        )
    }
}
