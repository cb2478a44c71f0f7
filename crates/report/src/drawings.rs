//! Draws the figures of a report, each with its name, title and description for screen readers.

use radiograph_audit::Audit;
use radiograph_metrics::{
    BinaryScores, Class, ConfusionMatrix, Estimate, Evaluation, Metric, PrecisionRecallCurve, RocCurve,
};

use crate::{
    Epoch, Error, Figure, Figures, LossAndAccuracy, NetworkFigures, NetworkReport, Report,
    figure::{
        AuditFigure, AuditRow, Band, ConfusionFigure, Curve, CurvesFigure, ForestFigure, ForestRow, Quantity,
        ReliabilityFigure, TrainingFigure, steps,
    },
    number::{decimals, percent, percent_interval},
    paper,
};

/// Maximum number of points of a drawn ROC curve; dropping the others changes it by less than a pixel.
const POINTS: usize = 240;

/// Draws every figure.
pub(crate) fn figures(report: &Report) -> Result<Figures, Error> {
    let stems = stems(report);
    let networks =
        report.networks.iter().zip(&stems).map(|(network, stem)| of_network(report, network, stem));
    Ok(Figures {
        overview: overview(report)?,
        audit: report.audit.as_ref().map(audit).transpose()?,
        networks: networks.collect::<Result<_, _>>()?,
    })
}

/// File names of the networks: their letters and digits, with a number where they are empty or repeat.
fn stems(report: &Report) -> Vec<String> {
    let mut stems: Vec<String> = Vec::new();
    for (at, network) in report.networks.iter().enumerate() {
        let mut stem = String::new();
        for letter in network.name.chars().take(60) {
            if letter.is_ascii_alphanumeric() {
                stem.push(letter.to_ascii_lowercase());
            } else if !stem.is_empty() && !stem.ends_with('-') {
                stem.push('-');
            }
        }
        let stem = stem.trim_end_matches('-').to_owned();
        let taken = stem.is_empty() || ["overview", "audit"].contains(&&*stem) || stems.contains(&stem);
        stems.push(if taken {
            format!("network-{}-{stem}", at + 1).trim_end_matches('-').to_owned()
        } else {
            stem
        });
    }
    stems
}

fn overview(report: &Report) -> Result<Figure, Error> {
    let row = |network: &NetworkReport| {
        let estimate = network.estimate(&Metric::Accuracy);
        ForestRow {
            name: network.name.clone(),
            value: estimate.and_then(|estimate| estimate.score.ok()),
            interval: estimate.and_then(|estimate| estimate.interval.ok()).map(|i| (i.low, i.high)),
            paper: paper::accuracy(network).map(|percent| percent / 100.0),
        }
    };
    let drawing =
        ForestFigure { rows: report.networks.iter().map(row).collect(), score: "accuracy".to_owned() };
    let rows: Vec<String> = report
        .networks
        .iter()
        .map(|network| match network.estimate(&Metric::Accuracy) {
            Some(estimate) => {
                format!("{} {}{}", network.name, percent(estimate.score), percent_interval(estimate))
            }
            None => format!("{}: not computed", network.name),
        })
        .collect();
    let title =
        "Accuracy on the test images with interval, and the accuracy that the paper prints".to_owned();
    Figure::new("overview-accuracy".to_owned(), title, format!("{}.", rows.join("; ")), &drawing)
}

/// The model and every deciding measurement of the probes.
fn audit(audit: &Audit) -> Result<Figure, Error> {
    let ends = |estimate: &Estimate| estimate.interval.ok().map(|interval| (interval.low, interval.high));
    let mut rows: Vec<AuditRow> = Vec::new();
    rows.extend(audit.model.as_ref().map(|model| AuditRow {
        name: model.name.clone(),
        detail: "the model".to_owned(),
        value: model.auc.score.ok(),
        interval: ends(&model.auc),
        permuted: None,
        is_model: true,
    }));
    for probe in &audit.probes {
        // Shares beside the one that decides stand in the table.
        for row in probe.rows.iter().filter(|row| row.judgement.is_some() || row.unanswered.is_some()) {
            let measured = row.measurement.as_deref();
            rows.push(AuditRow {
                name: probe.probe.to_string(),
                detail: row.of.clone(),
                value: measured.and_then(|of| of.auc.score.ok()),
                interval: measured.and_then(|of| ends(&of.auc)),
                permuted: measured.map(|of| (of.null.mean, of.null.upper)),
                is_model: false,
            });
        }
    }
    let words: Vec<String> = rows
        .iter()
        .map(|row| {
            let name = format!("{} {}", row.name, row.detail);
            match row.value {
                Some(value) => format!("{} {value:.2}", name.trim_end()),
                None => format!("{} cannot tell", name.trim_end()),
            }
        })
        .collect();
    let title =
        "AUC of each probe of the audit with its interval, beside permuted labels and the model".to_owned();
    Figure::new("audit".to_owned(), title, format!("{}.", words.join("; ")), &AuditFigure { rows })
}

fn of_network(report: &Report, network: &NetworkReport, stem: &str) -> Result<NetworkFigures, Error> {
    let training = |quantity: Quantity| -> Result<Option<Figure>, Error> {
        if network.trainings.iter().all(|training| training.epochs.is_empty()) {
            return Ok(None);
        }
        let drawing = TrainingFigure { trainings: &network.trainings, quantity };
        let title = format!("{}: {} over the epochs", network.name, quantity.name());
        let description = network
            .trainings
            .iter()
            .filter_map(|training| Some((training, training.epochs.last()?)))
            .map(|(training, last)| last_epoch(&training.name, last, quantity))
            .collect::<Vec<_>>()
            .join(" ");
        Figure::new(format!("{stem}-{}", quantity.name()), title, description, &drawing).map(Some)
    };
    let matrix = &network.evaluation.confusion;
    let confusion = Figure::new(
        format!("{stem}-confusion"),
        format!("{}: confusion matrix", network.name),
        confusion_in_words(matrix),
        &ConfusionFigure { matrix },
    )?;
    let reliability = |evaluation: &Evaluation, name: String, title: String| {
        let drawing =
            ReliabilityFigure { reliability: &evaluation.reliability, level: evaluation.bootstrap.level() };
        let bins: Vec<String> = evaluation
            .reliability
            .points
            .iter()
            .map(|bin| {
                let (sure, right) = (percent(Ok(bin.confidence)), percent(Ok(bin.accuracy())));
                format!("{} images at {sure}, {right} right", bin.samples)
            })
            .collect();
        Figure::new(name, title, format!("{}.", bins.join("; ")), &drawing)
    };
    Ok(NetworkFigures {
        accuracy: training(Quantity::Accuracy)?,
        loss: training(Quantity::Loss)?,
        confusion,
        roc: curves(report, network, stem, &ROC)?,
        precision_recall: curves(report, network, stem, &PRECISION_RECALL)?,
        reliability: reliability(
            &network.evaluation,
            format!("{stem}-calibration"),
            format!("{}: how sure and how right", network.name),
        )?,
        scaled: network
            .scaled
            .as_ref()
            .map(|scaled| {
                let title = format!("{}: how sure and how right, temperature scaled", network.name);
                reliability(&scaled.evaluation, format!("{stem}-calibration-scaled"), title)
            })
            .transpose()?,
    })
}

fn last_epoch(name: &str, last: &Epoch, quantity: Quantity) -> String {
    let value = |scores: LossAndAccuracy| match quantity {
        Quantity::Accuracy => percent(Ok(scores.accuracy)),
        Quantity::Loss => format!("{:.3}", scores.loss),
    };
    let validation =
        last.validation.map_or_else(String::new, |scores| format!(", validation {}", value(scores)));
    format!("{name}, epoch {}: training {}{validation}.", last.number, value(last.training))
}

fn confusion_in_words(matrix: &ConfusionMatrix) -> String {
    let names: Vec<&str> = matrix.classes().names().collect();
    let row = |(truth, row): (usize, &&[u64])| {
        let cells: Vec<String> =
            row.iter().zip(&names).map(|(count, name)| format!("{count} as {name}")).collect();
        format!("Of {} images of {}: {}.", row.iter().sum::<u64>(), names[truth], cells.join(", "))
    };
    let rows = matrix.rows();
    // The table beside the figure has all numbers; a description of a hundred rows helps nobody.
    let mut words: Vec<String> = rows.iter().enumerate().take(8).map(row).collect();
    if rows.len() > 8 {
        words.push(format!("And {} more classes, in the table.", rows.len() - 8));
    }
    words.join(" ")
}

/// Points of a curve.
type Points = Vec<(f64, f64)>;

/// A kind of curve.
struct Kind {
    stem: &'static str,
    title: &'static str,
    area: fn(Class) -> Metric,
    axes: (&'static str, &'static str),
    diagonal: bool,
    points: fn(&BinaryScores) -> Option<Points>,
    band: fn(&BinaryScores, &NetworkReport, &Report) -> Option<Band>,
}

const ROC: Kind = Kind {
    stem: "roc",
    title: "ROC curves, each class against the others",
    area: Metric::Auc,
    axes: ("1 − specificity", "sensitivity (recall)"),
    diagonal: true,
    points: |scores| {
        let curve = RocCurve::of(scores).ok()?.thinned(POINTS).curve;
        Some(curve.points.iter().map(|point| (point.false_positive_rate, point.true_positive_rate)).collect())
    },
    band: |scores, network, report| {
        let level = network.evaluation.bootstrap.level();
        Band::roc(scores, network.predictions.clusters(), level, report.bands).ok()
    },
};

const PRECISION_RECALL: Kind = Kind {
    stem: "precision-recall",
    title: "precision-recall curves, each class against the others",
    area: Metric::AveragePrecision,
    axes: ("recall (sensitivity)", "precision"),
    diagonal: false,
    points: |scores| steps(&PrecisionRecallCurve::of(scores).ok()?),
    band: |scores, network, report| {
        let level = network.evaluation.bootstrap.level();
        Band::precision_recall(scores, network.predictions.clusters(), level, report.bands).ok()
    },
};

fn curves(
    report: &Report,
    network: &NetworkReport,
    stem: &str,
    kind: &Kind,
) -> Result<Option<Figure>, Error> {
    let mut drawn = Vec::new();
    let mut words = Vec::new();
    for class in network.predictions.classes().iter() {
        let scores = network.predictions.one_vs_rest(&class)?;
        let label = area_in_words(network, &class, kind.area);
        words.push(label.clone());
        if let Some(points) = (kind.points)(&scores) {
            drawn.push(Curve { label, points, band: (kind.band)(&scores, network, report) });
        }
    }
    if drawn.is_empty() {
        return Ok(None);
    }
    let drawing =
        CurvesFigure { curves: drawn, across: kind.axes.0, up: kind.axes.1, diagonal: kind.diagonal };
    let (name, title) = (format!("{stem}-{}", kind.stem), format!("{}: {}", network.name, kind.title));
    Figure::new(name, title, format!("{}.", words.join("; ")), &drawing).map(Some)
}

fn area_in_words(network: &NetworkReport, class: &Class, area: fn(Class) -> Metric) -> String {
    let metric = area(class.clone());
    let (name, class) = (metric.short_name(), class.name());
    match network.estimate(&metric).map(|estimate| (estimate.score, estimate.interval)) {
        Some((Ok(value), Ok(interval))) => {
            let [value, low, high] = decimals([value, interval.low, interval.high]);
            format!("{class}: {name} {value} ({low} to {high})")
        }
        Some((Ok(value), Err(_))) => {
            let [value] = decimals([value]);
            format!("{class}: {name} {value}")
        }
        Some((Err(reason), _)) => format!("{class}: {name} undefined ({reason})"),
        None => class.to_owned(),
    }
}
