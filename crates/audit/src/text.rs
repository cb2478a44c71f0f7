//! Shows an audit as plain text.

use std::fmt;

use radiograph_metrics::Estimate;

use crate::{Audit, Row, SMALLEST_GROUP, ScoreDrop};

impl fmt::Display for Audit {
    /// The sentence, a table with a line for each measurement, a line for each probe, the further results that
    /// exist, the counts and the notes.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}\n", self.sentence)?;
        writeln!(
            formatter,
            "{:<20} {:<18} {:<12} {:<20} {:<20} {:>9} {:>6} {:>8}",
            "probe", "", "verdict", "AUC", "accuracy", "refitted", "p", "shows"
        )?;
        for probe in &self.probes {
            for row in &probe.rows {
                writeln!(formatter, "{:<20} {:<18} {}", probe.probe, row.of, Line(row))?;
            }
        }
        for probe in &self.probes {
            let sentence = probe.sentence.strip_prefix("Cannot tell: ").unwrap_or(&probe.sentence);
            write!(formatter, "\n{}, {}: {sentence}", probe.probe, probe.verdict)?;
        }
        writeln!(formatter)?;
        if let Some(model) = &self.model {
            writeln!(formatter, "\n{}: AUC {}, accuracy {}", model.name, model.auc, model.accuracy)?;
        }
        through_model(self, formatter)?;
        elsewhere(self, formatter)?;
        subgroups(self, formatter)?;
        let counts = &self.counts;
        writeln!(
            formatter,
            "\n{} training images of {} clusters, {} test images of {} clusters, {} sources",
            counts.training, counts.training_clusters, counts.test, counts.test_clusters, counts.sources
        )?;
        self.notes.iter().try_for_each(|note| writeln!(formatter, "{note}"))
    }
}

/// A line for each change of the test images, and for each part in which evidence is measured.
fn through_model(audit: &Audit, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some(through) = &audit.through_model else { return Ok(()) };
    let estimated = through.images - through.masked;
    writeln!(
        formatter,
        "\n{} test images changed ({estimated} of them with estimated lungs); AUC before the change {}",
        through.images,
        cell(&through.unchanged)
    )?;
    for of in &through.ablations {
        let removed = format!("{:.0} % removed", 100.0 * of.removed);
        write!(formatter, "{:<20} {removed:<14} AUC {:<20}", of.ablation, cell(&of.auc))?;
        match of.drop {
            Some(ScoreDrop { value, low, high }) => {
                writeln!(formatter, " drop {value:.3} [{low:.3}, {high:.3}]")?;
            }
            None => writeln!(formatter)?,
        }
    }
    if let Some(mean) = through.mean_over_shares {
        writeln!(formatter, "mean AUC over the share of the centre that is removed: {mean:.3}")?;
    }
    for of in &through.pointing {
        let ScoreDrop { value, low, high } = of.excess;
        writeln!(
            formatter,
            "evidence {}, {}: {:.3}, uniform map {:.3}, difference {value:.3} [{low:.3}, {high:.3}], {} images",
            of.place.name(),
            of.of.name(),
            of.mass,
            of.area,
            of.images
        )?;
    }
    Ok(())
}

/// A line for each source that is left out, and for each external test.
fn elsewhere(audit: &Audit, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    for of in &audit.external {
        let (away, home) = (cell(&of.away), cell(&of.home));
        writeln!(
            formatter,
            "\nexternal test of {} on {}: AUC {away}, at home {home}",
            of.model,
            of.sources.join(", ")
        )?;
    }
    if audit.elsewhere.is_empty() {
        return Ok(());
    }
    writeln!(
        formatter,
        "\n{:<34} {:<20} {:<20} drop",
        "linear probe, source left out", "AUC there", "AUC at home"
    )?;
    for of in &audit.elsewhere {
        match (&of.scores, &of.unanswered) {
            (Some(scores), _) => {
                let ScoreDrop { value, low, high } = scores.drop;
                let (away, home) = (cell(&scores.away), cell(&scores.home));
                writeln!(
                    formatter,
                    "{:<34} {away:<20} {home:<20} {value:.3} [{low:.3}, {high:.3}]",
                    of.source
                )?;
                if let Some(head) = &of.head {
                    let ScoreDrop { value, low, high } = head.drop;
                    let (away, home) = (cell(&head.away), cell(&head.home));
                    writeln!(
                        formatter,
                        "{:<34} {away:<20} {home:<20} {value:.3} [{low:.3}, {high:.3}]",
                        "  the model's head"
                    )?;
                }
            }
            (None, Some(reason)) => writeln!(formatter, "{:<34} cannot tell: {reason}", of.source)?,
            (None, None) => writeln!(formatter, "{:<34} -", of.source)?,
        }
    }
    Ok(())
}

/// A line for each group of each field.
fn subgroups(audit: &Audit, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    for of in &audit.subgroups {
        write!(formatter, "\nmodel by {}", of.field)?;
        match of.gap {
            Some(gap) => writeln!(formatter, ": gap {:.3}, p {:.3}", gap.value, gap.adjusted_p_value)?,
            None => writeln!(formatter, ": no gap computed")?,
        }
        for group in &of.groups {
            let name = group.group.as_deref().unwrap_or("(unknown)");
            let auc = match &group.auc {
                Some(auc) => cell(auc),
                None => format!("fewer than {SMALLEST_GROUP} clusters"),
            };
            writeln!(
                formatter,
                "  {name:<32} {auc:<24} {} images of {} clusters",
                group.images, group.clusters
            )?;
        }
    }
    Ok(())
}

/// `0.912 [0.880, 0.938]`.
fn cell(estimate: &Estimate) -> String {
    match (estimate.score, estimate.interval) {
        (Ok(score), Ok(interval)) => format!("{score:.3} [{:.3}, {:.3}]", interval.low, interval.high),
        (Ok(score), Err(_)) => format!("{score:.3}"),
        (Err(_), _) => "undefined".to_owned(),
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
