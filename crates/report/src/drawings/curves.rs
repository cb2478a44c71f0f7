//! ROC and precision-recall curves: all classes of one network, all networks for one class, and averages over the classes.

use radiograph_metrics::{
    Average, BinaryScores, Class, Error as MetricsError, Metric, PrecisionRecallCurve, Predictions, RocCurve,
};

use crate::{
    Error, Figure, NetworkReport, Report,
    class_curves::MOST,
    figure::{Axis, Band, Line, LinesFigure, Look, MULTIPLE, WIDTH, simplified, steps},
    number::{area, decimals},
};

use super::named::Named;

/// Maximum number of points of a drawn ROC curve; dropping the others changes it by less than a pixel.
const POINTS: usize = 240;
/// The corner in which good ROC curves crowd, as ranges of both axes.
const CORNER: [[f64; 2]; 2] = [[0.0, 0.2], [0.8, 1.0]];

/// Points of a curve.
type Points = Vec<(f64, f64)>;

/// A kind of curve.
pub(super) struct Kind {
    stem: &'static str,
    title: &'static str,
    /// The area below it.
    area: fn(Class) -> Metric,
    /// Name of the area in a legend.
    area_name: &'static str,
    axes: (&'static str, &'static str),
    is_roc: bool,
    points: fn(&BinaryScores) -> Option<Points>,
    /// The curve of all classes together.
    average: fn(&Predictions, Average) -> Result<Points, MetricsError>,
    /// The area below that.
    averaged_area: fn(Average) -> Metric,
    band: fn(&BinaryScores, &NetworkReport, &Report) -> Option<Band>,
}

pub(super) const ROC: Kind = Kind {
    stem: "roc",
    title: "ROC curves, each class against the others",
    area: Metric::Auc,
    area_name: "AUC",
    axes: ("1 − specificity", "sensitivity (recall)"),
    is_roc: true,
    points: |scores| {
        let curve = RocCurve::of(scores).ok()?.thinned(POINTS).curve;
        Some(curve.points.iter().map(|point| (point.false_positive_rate, point.true_positive_rate)).collect())
    },
    average: Predictions::average_roc,
    averaged_area: Metric::AveragedAuc,
    band: |scores, network, report| {
        let level = network.evaluation.bootstrap.level();
        Band::roc(scores, network.predictions.clusters(), level, report.bands).ok()
    },
};

pub(super) const PRECISION_RECALL: Kind = Kind {
    stem: "precision-recall",
    title: "precision-recall curves, each class against the others",
    area: Metric::AveragePrecision,
    area_name: "AP",
    axes: ("recall (sensitivity)", "precision (PPV)"),
    is_roc: false,
    points: |scores| steps(&PrecisionRecallCurve::of(scores).ok()?),
    average: Predictions::average_precision_recall,
    averaged_area: Metric::AveragedPrecision,
    band: |scores, network, report| {
        let level = network.evaluation.bootstrap.level();
        Band::precision_recall(scores, network.predictions.clusters(), level, report.bands).ok()
    },
};

/// The curves of all classes of one network; `None` if no class has one.
pub(super) fn of_network(
    report: &Report,
    network: &NetworkReport,
    stem: &str,
    kind: &Kind,
) -> Result<Option<Figure>, Error> {
    let (mut drawn, mut chances, mut words) = (Vec::new(), Vec::new(), Vec::new());
    for class in network.predictions.classes().iter() {
        let scores = network.predictions.one_vs_rest(&class)?;
        let label = format!("{}: {}", class.name(), kind.area_in_words(network, &class));
        words.push(label.clone());
        if let Some(points) = (kind.points)(&scores) {
            let look = Look::Series(drawn.len());
            let band = (kind.band)(&scores, network, report);
            chances.push(kind.chance(&scores, drawn.len()));
            drawn.push(Line { label, points, band: band.map_or_else(Vec::new, Band::into_points), look });
        }
    }
    if drawn.is_empty() {
        return Ok(None);
    }
    let drawing = kind.figure(WIDTH, String::new(), drawn, chances);
    let (name, title) = (format!("{stem}-{}", kind.stem), format!("{}: {}", network.name, kind.title));
    Figure::new(name, title, format!("{}.", words.join("; ")), &drawing).map(Some)
}

/// For each class that has curves, those of all networks. Empty with one network.
pub(super) fn of_all_networks(report: &Report, kind: &Kind) -> Result<Vec<Figure>, Error> {
    if report.networks.len() < 2 {
        return Ok(Vec::new());
    }
    let mut figures = Vec::new();
    for (at, class) in report.leading().predictions.classes().iter().enumerate().take(MOST) {
        let (mut drawn, mut chances, mut words) = (Vec::new(), Vec::new(), Vec::new());
        for network in &report.networks {
            let scores = network.predictions.one_vs_rest(&class)?;
            let label = format!("{}: {}", network.name, kind.area_in_words(network, &class));
            words.push(label);
            if let Some(points) = (kind.points)(&scores) {
                // Labels and clusters are those of all networks, and so is what chance gives.
                if chances.is_empty() {
                    chances.push(kind.chance(&scores, 6));
                }
                let label = format!("{} {}", network.name, kind.area_alone(network, &class));
                drawn.push(Line { label, points, band: Vec::new(), look: Look::Series(drawn.len()) });
            }
        }
        if drawn.is_empty() {
            continue;
        }
        let drawing = kind.figure(MULTIPLE, class.name().to_owned(), drawn, chances);
        let name = format!("all-networks-{}-{}", kind.stem, at + 1);
        let title = format!(
            "{}: {} of all networks",
            class.name(),
            if kind.is_roc { "ROC curves" } else { "precision-recall curves" }
        );
        figures.push(Figure::new(name, title, format!("{}.", words.join("; ")), &drawing)?);
    }
    Ok(figures)
}

/// The curves of these networks over each other: the macro and the micro average, then each class. A panel without a curve is left
/// out.
pub(super) fn overlaid(
    report: &Report,
    networks: &[Named<'_>],
    kind: &Kind,
) -> Result<Vec<(String, LinesFigure)>, Error> {
    let classes = report.leading().predictions.classes();
    let mut panels = Vec::new();
    for average in [Average::Macro, Average::Micro] {
        let mut drawn = Vec::new();
        for named in networks {
            // Without a sample of some class there is no average, and the areas say so.
            if let Ok(points) = (kind.average)(&named.network.predictions, average) {
                let estimate = named.network.estimate(&(kind.averaged_area)(average));
                let value = estimate.and_then(|estimate| estimate.score.ok());
                let value = value.map_or_else(|| "–".to_owned(), |value| decimals([value]).concat());
                let (label, look) = (format!("{} {value}", named.name), Look::Series(drawn.len()));
                drawn.push(Line { label, points: simplified(&points), band: Vec::new(), look });
            }
        }
        // Of all decisions, one in K is positive, and so is the mean share of positives.
        let chance = kind.chance_at(1.0 / classes.len().max(1) as f64, 6);
        panels.push((format!("{average} average"), kind.figure(WIDTH, String::new(), drawn, vec![chance])));
    }
    for class in classes.iter().take(MOST) {
        let (mut drawn, mut chances) = (Vec::new(), Vec::new());
        for named in networks {
            let scores = named.network.predictions.one_vs_rest(&class)?;
            if let Some(points) = (kind.points)(&scores) {
                if chances.is_empty() {
                    chances.push(kind.chance(&scores, 6));
                }
                let value = kind.area_alone(named.network, &class);
                let (label, look) = (format!("{} {value}", named.name), Look::Series(drawn.len()));
                drawn.push(Line { label, points, band: Vec::new(), look });
            }
        }
        let drawing = kind.figure(WIDTH, String::new(), drawn, chances);
        panels.push((format!("{} against the others", class.name()), drawing));
    }
    panels.retain(|(_, drawing)| drawing.lines.iter().any(|line| !line.label.is_empty()));
    Ok(panels)
}

impl Kind {
    /// Names of both axes.
    pub(super) fn axes(&self) -> (&'static str, &'static str) {
        self.axes
    }

    fn figure(&self, width: u32, heading: String, drawn: Vec<Line>, chances: Vec<Line>) -> LinesFigure {
        // In half of the corner or more; of less than that an enlargement shows nothing.
        let middle = (CORNER[0][0] + CORNER[0][1]) / 2.0;
        let crowded = self.is_roc && drawn.iter().all(|line| height(&line.points, middle) >= CORNER[1][0]);
        let mut lines = chances;
        if self.is_roc {
            // The diagonal is one for all classes.
            lines.truncate(1);
        }
        lines.extend(drawn);
        LinesFigure {
            width,
            heading,
            lines,
            across: Axis::of_shares(self.axes.0),
            up: Axis::of_shares(self.axes.1),
            bars: Vec::new(),
            inset: crowded.then_some(CORNER),
        }
    }

    /// What scores without any information give: the diagonal, or the share of positives.
    fn chance(&self, scores: &BinaryScores, series: usize) -> Line {
        let positive = scores.positive().iter().filter(|&&positive| positive).count();
        self.chance_at(positive as f64 / scores.len().max(1) as f64, series)
    }

    /// The same for this share of positives.
    fn chance_at(&self, share: f64, series: usize) -> Line {
        let (points, look) = if self.is_roc {
            (vec![(0.0, 0.0), (1.0, 1.0)], Look::Reference(1))
        } else {
            (vec![(0.0, share), (1.0, share)], Look::Chance(series))
        };
        Line { label: String::new(), points, band: Vec::new(), look }
    }

    fn area_in_words(&self, network: &NetworkReport, class: &Class) -> String {
        let estimate = network.estimate(&(self.area)(class.clone()));
        estimate.map_or_else(String::new, |estimate| format!("{} {}", self.area_name, area(estimate)))
    }

    fn area_alone(&self, network: &NetworkReport, class: &Class) -> String {
        let value = network.estimate(&(self.area)(class.clone())).and_then(|estimate| estimate.score.ok());
        value.map_or_else(String::new, |value| decimals([value]).concat())
    }
}

/// Height of a rising curve at a place.
fn height(points: &[(f64, f64)], place: f64) -> f64 {
    let stroke =
        points.windows(2).find(|pair| pair[0].0 <= place && place <= pair[1].0 && pair[1].0 > pair[0].0);
    stroke.map_or(0.0, |pair| {
        let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
        y + (place - x) / (to_x - x) * (to_y - y)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_height_of_a_curve_is_read_between_its_points() {
        let curve = [(0.0, 0.0), (0.0, 0.6), (0.4, 1.0), (1.0, 1.0)];
        assert!((height(&curve, 0.2) - 0.8).abs() < 1e-12);
        assert!((height(&curve, 0.0) - 0.6).abs() < 1e-12);
        assert_eq!(height(&[], 0.2), 0.0);
    }
}
