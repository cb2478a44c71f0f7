//! Calibration curves and decision curves, one figure a class.

use crate::{
    Error, Figure, NetworkReport,
    class_curves::ClassCurves,
    figure::{Axis, Line, LinesFigure, Look, MULTIPLE},
    number::number_ends,
};

/// Number of bars that show how often a probability is given.
const BARS: usize = 20;
/// Height of the highest bar.
const HIGHEST: f64 = 0.14;

/// The calibration curve of each class, with its band.
pub(super) fn calibration(network: &NetworkReport, classes: &[ClassCurves]) -> Result<Vec<Figure>, Error> {
    let figure = |(at, of): (usize, &ClassCurves)| {
        let points = |curve: &radiograph_metrics::CalibrationCurve| -> Vec<(f64, f64)> {
            let defined = curve.points.iter().filter_map(|at| Some((at.predicted, at.observed.score.ok()?)));
            defined.collect()
        };
        let band = of.calibration.points.iter().filter_map(|at| {
            let interval = at.observed.interval.ok()?;
            Some((at.predicted, interval.low, interval.high))
        });
        let mut lines = vec![
            Line {
                label: "ideal".to_owned(),
                points: vec![(0.0, 0.0), (1.0, 1.0)],
                band: Vec::new(),
                look: Look::Reference(1),
            },
            Line {
                label: "as it is, with band".to_owned(),
                points: points(&of.calibration),
                band: band.collect(),
                look: Look::Series(0),
            },
        ];
        lines.extend(of.scaled.as_ref().map(|scaled| Line {
            label: "with temperature".to_owned(),
            points: points(scaled),
            band: Vec::new(),
            look: Look::Series(1),
        }));
        let drawing = LinesFigure {
            width: MULTIPLE,
            heading: of.class.clone(),
            lines,
            across: Axis::of_shares("probability"),
            up: Axis::of_shares("share of the class"),
            bars: bars(&of.probabilities),
            inset: None,
        };
        let said = of.calibration.points.iter().step_by(3).map(|at| {
            let (score, interval) = (at.observed.score, at.observed.interval);
            let share =
                score.map_or_else(|reason| format!("undefined ({reason})"), |share| format!("{share:.2}"));
            let interval =
                interval.map_or_else(|_| String::new(), |ends| format!(" ({})", number_ends(&ends)));
            format!("{:.2}: {share}{interval}", at.predicted)
        });
        let description =
            format!("Share of the class at probability {}.", said.collect::<Vec<_>>().join("; "));
        let title = format!("{}, {}: calibration curve", network.name, of.class);
        Figure::new(format!("calibration-curve-{}", at + 1), title, description, &drawing)
    };
    classes.iter().enumerate().map(figure).collect()
}

/// Heights of bars: how many images have a probability in each twentieth.
fn bars(probabilities: &[f64]) -> Vec<(f64, f64, f64)> {
    let mut counts = [0_usize; BARS];
    for probability in probabilities {
        counts[((probability * BARS as f64) as usize).min(BARS - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
    let width = 1.0 / BARS as f64;
    let bar = |(at, &count): (usize, &usize)| {
        let left = at as f64 * width;
        (left + 0.1 * width, left + 0.9 * width, HIGHEST * count as f64 / most)
    };
    counts.iter().enumerate().filter(|(_, count)| **count > 0).map(bar).collect()
}

/// The decision curve of each class that has one, with its band.
pub(super) fn decision(network: &NetworkReport, classes: &[ClassCurves]) -> Result<Vec<Figure>, Error> {
    let mut figures = Vec::new();
    for (at, of) in classes.iter().enumerate() {
        let points = &of.decision.points;
        let model: Vec<(f64, f64)> =
            points.iter().filter_map(|at| Some((at.threshold, at.net_benefit.score.ok()?))).collect();
        if model.is_empty() {
            continue;
        }
        let top = (of.prevalence * 1.25).max(0.02);
        let range = [-0.3 * top, top];
        let band = points.iter().filter_map(|at| {
            let interval = at.net_benefit.interval.ok()?;
            Some((
                at.threshold,
                interval.low.clamp(range[0], range[1]),
                interval.high.clamp(range[0], range[1]),
            ))
        });
        let all = points.iter().filter_map(|at| Some((at.threshold, at.acting_on_all.ok()?)));
        let line =
            |label: &str, points, look| Line { label: label.to_owned(), points, band: Vec::new(), look };
        let lines = vec![
            line("everybody", std::iter::once((0.0, of.prevalence)).chain(all).collect(), Look::Reference(1)),
            line("nobody", vec![(0.0, 0.0), (1.0, 0.0)], Look::Reference(0)),
            Line {
                label: "by the model, with band".to_owned(),
                band: band.collect(),
                points: model,
                look: Look::Series(0),
            },
        ];
        let drawing = LinesFigure {
            width: MULTIPLE,
            heading: of.class.clone(),
            lines,
            across: Axis { name: "threshold probability", range: [0.0, 1.0] },
            up: Axis { name: "net benefit", range },
            bars: Vec::new(),
            inset: None,
        };
        let said = points.iter().skip(1).step_by(4).filter_map(|at| {
            let (model, all) = (at.net_benefit.score.ok()?, at.acting_on_all.ok()?);
            Some(format!("{:.2}: {model:.3}, acting on everybody {all:.3}", at.threshold))
        });
        let description = format!("Net benefit at threshold {}.", said.collect::<Vec<_>>().join("; "));
        let title = format!("{}, {}: decision curve", network.name, of.class);
        figures.push(Figure::new(format!("decision-curve-{}", at + 1), title, description, &drawing)?);
    }
    Ok(figures)
}
