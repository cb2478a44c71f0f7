//! Tables of the measures of explained images, and their means.

use std::{collections::BTreeMap, fmt, path::Path};

use image::RgbImage;
use radiograph_files::write_bytes;
use radiograph_gradcam::{
    Explanation, Method,
    measure::{Agreement, Assessment, Inside},
};
use serde::Serialize;

use crate::failure::Failure;

/// The explanations of one image.
pub(super) struct Explained {
    pub(super) id: String,
    pub(super) source: String,
    pub(super) truth: String,
    pub(super) rows: Vec<Row>,
    pub(super) agreement: Vec<Agreement>,
}

/// The explanation of an image by one method.
pub(super) struct Row {
    pub(super) method: Method,
    pub(super) explanation: Explanation,
    pub(super) assessment: Assessment,
    pub(super) panel: RgbImage,
}

/// The tables `measures.csv` and `agreement.csv`, and the means of `measures.csv`.
pub(super) struct Tables {
    measures: csv::Writer<Vec<u8>>,
    agreement: csv::Writer<Vec<u8>>,
    assessments: BTreeMap<&'static str, Vec<Assessment>>,
}

impl Default for Tables {
    fn default() -> Self {
        let table = || csv::Writer::from_writer(Vec::new());
        Self { measures: table(), agreement: table(), assessments: BTreeMap::new() }
    }
}

impl Tables {
    pub(super) fn push(&mut self, explained: &Explained) -> Result<(), Failure> {
        let Explained { id, source, truth, rows, agreement } = explained;
        if self.assessments.is_empty() {
            let known = ["id", "source", "label", "method", "class", "predicted", "probability", "score"];
            self.measures.write_record(known.iter().chain(&Assessment::COLUMNS))?;
            self.agreement.write_record(["id", "first", "second", "rank_correlation"])?;
        }
        for Row { method, explanation, assessment, .. } in rows {
            let (class, predicted) = (explanation.class.name(), explanation.predicted.name());
            let numbers = [explanation.probability.to_string(), explanation.score.to_string()];
            let known = [id, source, truth, method.name(), class, predicted].map(str::to_owned);
            self.measures.write_record(known.into_iter().chain(numbers).chain(assessment.cells()))?;
            self.assessments.entry(method.name()).or_default().push(assessment.clone());
        }
        for Agreement { first, second, rank_correlation } in agreement {
            let value = rank_correlation.map(|value| value.to_string()).unwrap_or_default();
            self.agreement.write_record([id, first.name(), second.name(), &value])?;
        }
        Ok(())
    }

    pub(super) fn write(&mut self, folder: &Path) -> Result<(), Failure> {
        for (name, table) in [("measures.csv", &mut self.measures), ("agreement.csv", &mut self.agreement)] {
            table.flush()?;
            write_bytes(&folder.join(name), table.get_ref())?;
        }
        Ok(())
    }

    pub(super) fn means(&self) -> Vec<Means> {
        self.assessments.iter().map(|(method, all)| Means::of(method, all)).collect()
    }
}

/// Means over the images of one method; undefined values are left out.
#[derive(Serialize)]
pub(super) struct Means {
    method: &'static str,
    images: usize,
    without_evidence: usize,
    lungs: Option<Shares>,
    lesion: Option<Shares>,
    points_into_lesion: Option<f64>,
    border: Option<Shares>,
    outside_body: Option<Shares>,
    deletion: Option<f64>,
    insertion: Option<f64>,
    road: Option<f64>,
    like_random: Option<f64>,
}

/// Mean shares of the evidence and of the picture, and the number of images.
#[derive(Serialize)]
struct Shares {
    images: usize,
    mass: f64,
    area: f64,
}

impl Means {
    fn of(method: &'static str, all: &[Assessment]) -> Self {
        let mean = |of: fn(&Assessment) -> Option<f64>| mean(all.iter().filter_map(of));
        let shares = |of: fn(&Assessment) -> Option<Inside>| {
            let found: Vec<Inside> = all.iter().filter_map(of).collect();
            let (mass, area) =
                (found.iter().map(|inside| inside.mass), found.iter().map(|inside| inside.area));
            Some(Shares { images: found.len(), mass: self::mean(mass)?, area: self::mean(area)? })
        };
        Self {
            method,
            images: all.len(),
            without_evidence: all.iter().filter(|one| one.nothing.is_some()).count(),
            lungs: shares(|one| one.lungs),
            lesion: shares(|one| one.lesion),
            points_into_lesion: mean(|one| one.points_into_lesion.map(|hit| f64::from(u8::from(hit)))),
            border: shares(|one| one.border),
            outside_body: shares(|one| one.outside_body),
            deletion: mean(|one| one.deletion),
            insertion: mean(|one| one.insertion),
            road: mean(|one| one.road),
            like_random: mean(|one| one.like_random),
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

impl fmt::Display for Means {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} images", self.method, self.images)?;
        if self.without_evidence > 0 {
            write!(formatter, ", {} of them without any evidence for the class", self.without_evidence)?;
        }
        for (name, shares) in [
            ("in the lungs", &self.lungs),
            ("in the lesion", &self.lesion),
            ("at the border", &self.border),
            ("outside the body", &self.outside_body),
        ] {
            if let Some(Shares { images, mass, area }) = shares {
                let (mass, area) = (100.0 * mass, 100.0 * area);
                write!(
                    formatter,
                    "\n    {name:<18}{mass:5.1} % of the evidence, {area:5.1} % of the picture ({images} images)"
                )?;
            }
        }
        for (name, value) in [
            ("points into lesion", self.points_into_lesion),
            ("deletion, small is good", self.deletion),
            ("insertion, large is good", self.insertion),
            ("ROAD, above 0 is good", self.road),
            ("like a random head's", self.like_random),
        ] {
            if let Some(value) = value {
                write!(formatter, "\n    {name:<26}{value:7.3}")?;
            }
        }
        Ok(())
    }
}
