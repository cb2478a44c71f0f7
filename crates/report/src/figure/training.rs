//! Draws accuracy or loss over the epochs, as in figure 5 of the paper: every fold thin, their mean bold.

use plotters::{coord::Shift, prelude::*};

use super::{
    Drawing, Failure,
    canvas::{Entry, PLOT, WIDTH, draw_legend, draw_line, legend_height, plot, short},
    palette::series,
};
use crate::{Epoch, LossAndAccuracy, Training};

/// Quantity that is drawn over the epochs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// Share of correctly classified images.
    Accuracy,
    /// Mean cross-entropy.
    Loss,
}

/// Points (epoch, value).
type Points = Vec<(f64, f64)>;

/// Curves of all trainings of one network.
pub(crate) struct TrainingFigure<'a> {
    /// The trainings.
    pub(crate) trainings: &'a [Training],
    /// Quantity.
    pub(crate) quantity: Quantity,
    /// Range of the vertical axis, from [`Quantity::range`].
    pub(crate) range: [f64; 2],
}

impl Quantity {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Loss => "loss",
        }
    }

    /// The vertical axis on which all epochs of these trainings fit. One for all networks, so that their curves can be compared.
    pub(crate) fn range<'a>(self, trainings: impl IntoIterator<Item = &'a Training>) -> [f64; 2] {
        let epochs = trainings.into_iter().flat_map(|training| &training.epochs);
        let values = epochs.flat_map(|epoch| std::iter::once(epoch.training).chain(epoch.validation));
        let values = values.map(|scores| self.of(scores)).filter(|value| value.is_finite());
        let (least, greatest) =
            values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        match self {
            Self::Accuracy if least.is_finite() => [((least * 10.0).floor() / 10.0).clamp(0.0, 0.9), 1.005],
            Self::Accuracy => [0.0, 1.005],
            Self::Loss => [0.0, if greatest > 0.0 { greatest * 1.05 } else { 1.0 }],
        }
    }

    fn of(self, scores: LossAndAccuracy) -> f64 {
        match self {
            Self::Accuracy => scores.accuracy,
            Self::Loss => scores.loss,
        }
    }
}

impl TrainingFigure<'_> {
    /// The validated trainings (folds), or all if none was validated.
    fn folds(&self) -> Vec<&Training> {
        let validated = |training: &&Training| training.epochs.iter().any(|epoch| epoch.validation.is_some());
        let folds: Vec<&Training> = self.trainings.iter().filter(validated).collect();
        if folds.is_empty() { self.trainings.iter().collect() } else { folds }
    }

    /// Every curve that is drawn: part of the images, name of the training or `mean`, and points (epoch, value).
    pub(crate) fn values(&self) -> Vec<(&'static str, String, Points)> {
        let training = self.curves(|epoch| Some(epoch.training));
        let validation = self.curves(|epoch| epoch.validation);
        let mut values = Vec::new();
        for (part, curves) in [("training", training), ("validation", validation)] {
            let mean = mean(&curves);
            let folds = self.folds();
            let names = folds.iter().map(|fold| fold.name.clone());
            values.extend(names.zip(curves).map(|(name, curve)| (part, name, curve)));
            values.push((part, "mean".to_owned(), mean));
        }
        values
    }

    /// Curves of all folds as (epoch, value), without values that are not finite.
    fn curves(&self, pick: impl Fn(&Epoch) -> Option<LossAndAccuracy>) -> Vec<Vec<(f64, f64)>> {
        let point = |epoch: &Epoch| {
            let value = self.quantity.of(pick(epoch)?);
            value.is_finite().then_some((f64::from(epoch.number), value))
        };
        self.folds().iter().map(|training| training.epochs.iter().filter_map(point).collect()).collect()
    }
}

/// The mean of the curves at each epoch that all of them reach.
fn mean(curves: &[Vec<(f64, f64)>]) -> Vec<(f64, f64)> {
    let mut points = Vec::new();
    for &(epoch, _) in curves.first().into_iter().flatten() {
        let at =
            |curve: &Vec<(f64, f64)>| curve.iter().find(|(other, _)| *other == epoch).map(|point| point.1);
        let values: Option<Vec<f64>> = curves.iter().map(at).collect();
        if let Some(values) = values {
            points.push((epoch, values.iter().sum::<f64>() / values.len() as f64));
        }
    }
    points
}

impl Drawing for TrainingFigure<'_> {
    fn size(&self) -> (u32, u32) {
        (WIDTH, legend_height(2) + PLOT - 60)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failure<B>> {
        let (legend, below) = area.split_vertically(legend_height(2));
        let training = self.curves(|epoch| Some(epoch.training));
        let validation = self.curves(|epoch| epoch.validation);
        let validated = validation.iter().any(|curve| !curve.is_empty());
        let folds = training.len();
        let of = if folds > 1 { format!(" (bold: mean of {folds})") } else { String::new() };
        let mut entries = vec![Entry { text: format!("training{of}"), colour: series(0), line: 0 }];
        if validated {
            entries.push(Entry { text: format!("validation{of}"), colour: series(1), line: 1 });
        }
        draw_legend(&legend, &entries)?;
        let all: Vec<(f64, f64)> = training.iter().chain(&validation).flatten().copied().collect();
        let last = all.iter().map(|point| point.0).fold(2.0, f64::max);
        let mut chart =
            plot(&below, ([1.0, last], "epoch"), (self.range, self.quantity.name()), &|value| short(*value))?;
        for (line, curves) in [&training, &validation].into_iter().enumerate() {
            if folds > 1 {
                for curve in curves {
                    let thin = series(line).mix(0.35).stroke_width(2);
                    draw_line(&mut chart, curve.clone(), thin, 0)?;
                }
            }
            let bold = mean(curves);
            if let [alone] = &*bold {
                let dot = Circle::new(*alone, 8, series(line).filled());
                chart.draw_series(std::iter::once(dot))?;
            } else {
                draw_line(&mut chart, bold, series(line).stroke_width(5), line)?;
            }
        }
        Ok(())
    }
}
