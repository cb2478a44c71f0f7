//! One explanation asked every question at once, as a row of a table.

use ndarray::{Array3, Array4};
use radiograph_classes::Class;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use super::{Baseline, Mask, Saliency, deletion, insertion, rank_correlation, road};
use crate::{Explainer, Explanation, GradcamError, HeatMap, NoEvidence};

/// The outermost share of the shorter side that counts as border.
const BORDER: f64 = 0.1;
/// Shares of places that ROAD takes away.
const ROAD_SHARES: [f64; 4] = [0.2, 0.4, 0.6, 0.8];
/// The noise that ROAD adds is the same for every image.
const ROAD_SEED: u64 = 0;
/// At most so many steps of deletion and insertion; a feature map has few more places than that.
const STEPS: usize = 50;

/// What is known of an image's places, at the size at which it is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Regions {
    /// The lungs, if somebody marked them.
    pub lungs: Option<Mask>,
    /// What is ill, if somebody marked it.
    pub lesion: Option<Mask>,
    /// What lies outside the body: [`Mask::outside_body`].
    pub outside_body: Mask,
}

/// How far to believe a map. What is undefined is `None`: all of it if the map shows nothing, and what needs a mask or a
/// random head that there is not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// Why the map shows nothing, if it does.
    pub nothing: Option<NoEvidence>,
    /// The share of the evidence inside the lungs.
    pub lungs: Option<Inside>,
    /// The share of the evidence inside the lesion: the energy-based pointing game.
    pub lesion: Option<Inside>,
    /// Whether the strongest place lies in the lesion: the pointing game, without tolerance.
    pub points_into_lesion: Option<bool>,
    /// The share of the evidence in the outermost tenth.
    pub border: Option<Inside>,
    /// The share of the evidence outside the body.
    pub outside_body: Option<Inside>,
    /// The mean probability while the strongest places of the feature map are set to zero: small for a true map.
    pub deletion: Option<f64>,
    /// The mean probability while the strongest places of a feature map of zeros are given back: large for a true map.
    pub insertion: Option<f64>,
    /// [`Road::combined`](super::Road::combined) on the feature map, at a fifth to four fifths: positive for a true map.
    pub road: Option<f64>,
    /// Rank correlation with the map of a head made random again: near 0 for a map that shows the model. Of equals in all
    /// places there is none.
    pub like_random: Option<f64>,
}

/// A share of the evidence, and what an even map would score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Inside {
    /// The share of the evidence, 0 to 1.
    pub mass: f64,
    /// The share of the places, 0 to 1.
    pub area: f64,
}

impl Assessment {
    /// Names of the columns of a table, in the order of [`Self::cells`].
    pub const COLUMNS: [&str; 14] = [
        "evidence",
        "lungs_mass",
        "lungs_area",
        "lesion_mass",
        "lesion_area",
        "points_into_lesion",
        "border_mass",
        "border_area",
        "outside_body_mass",
        "outside_body_area",
        "deletion",
        "insertion",
        "road",
        "like_random",
    ];

    /// Asks everything about `explanation`, which `explainer` gave for `features [C, H, W]`. Deletion, insertion and ROAD
    /// change the feature map and ask the scorer, so no CNN is needed. `random` is the map that the same method gave for the
    /// same image and class from a random head.
    ///
    /// # Errors
    ///
    /// If a mask's size is not that of the others, the random map's is not that of the map, the features do not fit the
    /// scorer, or the scorer fails.
    pub fn new<S, E>(
        explainer: &Explainer<'_, S>,
        features: &Tensor,
        explanation: &Explanation,
        regions: &Regions,
        random: Option<&HeatMap>,
    ) -> Result<Self, GradcamError>
    where
        S: Fn(&Tensor) -> Result<Tensor, E>,
        E: std::fmt::Display,
    {
        let (height, width) = regions.outside_body.size();
        let map = &explanation.map;
        let saliency = match Saliency::new(map, height, width) {
            Ok(saliency) => saliency,
            Err(reason) => return Ok(Self::nothing(reason)),
        };
        let inside = |mask: &Mask| -> Result<Inside, GradcamError> {
            Ok(Inside { mass: saliency.mass_inside(mask)?, area: mask.share() })
        };
        let maybe = |mask: &Option<Mask>| mask.as_ref().map(inside).transpose();
        let points = regions.lesion.as_ref().map(|lesion| saliency.points_into(lesion, 0)).transpose()?;

        let values = input(features)?;
        let device = features.device();
        let score = |batch: &Array4<f32>| probabilities(explainer, batch, &explanation.class, device);
        let (_, rows, columns) = values.dim();
        let steps = STEPS.min(rows * columns);
        let (fall, rise, removed) = match Saliency::new(map, rows, columns) {
            // A single place cannot be put in an order.
            Ok(grid) if rows * columns > 1 => {
                let zero = Baseline::Value(0.0);
                (
                    Some(deletion(values.view(), &grid, &zero, steps, score)?.area()),
                    Some(insertion(values.view(), &grid, &zero, steps, score)?.area()),
                    Some(road(values.view(), &grid, &ROAD_SHARES, ROAD_SEED, score)?.combined()),
                )
            }
            _ => (None, None, None),
        };
        Ok(Self {
            nothing: None,
            lungs: maybe(&regions.lungs)?,
            lesion: maybe(&regions.lesion)?,
            points_into_lesion: points,
            border: Some(inside(&Mask::border_ring(height, width, BORDER)?)?),
            outside_body: Some(inside(&regions.outside_body)?),
            deletion: fall,
            insertion: rise,
            road: removed,
            like_random: match random {
                Some(random) => rank_correlation(map, random)?,
                None => None,
            },
        })
    }

    fn nothing(reason: NoEvidence) -> Self {
        Self {
            nothing: Some(reason),
            lungs: None,
            lesion: None,
            points_into_lesion: None,
            border: None,
            outside_body: None,
            deletion: None,
            insertion: None,
            road: None,
            like_random: None,
        }
    }

    /// The cells of a table's row; what is undefined is empty.
    pub fn cells(&self) -> [String; 14] {
        let text = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let mass = |inside: Option<Inside>| text(inside.map(|inside| inside.mass));
        let area = |inside: Option<Inside>| text(inside.map(|inside| inside.area));
        [
            self.nothing.map_or("found", NoEvidence::reason).to_owned(),
            mass(self.lungs),
            area(self.lungs),
            mass(self.lesion),
            area(self.lesion),
            self.points_into_lesion.map(|hit| if hit { "yes" } else { "no" }.to_owned()).unwrap_or_default(),
            mass(self.border),
            area(self.border),
            mass(self.outside_body),
            area(self.outside_body),
            text(self.deletion),
            text(self.insertion),
            text(self.road),
            text(self.like_random),
        ]
    }
}

fn input(features: &Tensor) -> Result<Array3<f32>, GradcamError> {
    let shape = features.size();
    let refused = || GradcamError::NotFeatureMaps { shape: shape.clone() };
    let [channels, height, width] = shape[..] else { return Err(refused()) };
    let values = features.f_detach()?.f_to_kind(Kind::Float)?.f_to_device(Device::Cpu)?.f_contiguous()?;
    let mut copy = vec![0.0; values.numel()];
    values.f_copy_data(&mut copy, values.numel())?;
    let [channels, height, width] = [channels, height, width].map(|side| usize::try_from(side).unwrap_or(0));
    Array3::from_shape_vec((channels, height, width), copy).map_err(|_| refused())
}

fn probabilities<S, E>(
    explainer: &Explainer<'_, S>,
    batch: &Array4<f32>,
    class: &Class,
    device: Device,
) -> Result<Vec<f64>, GradcamError>
where
    S: Fn(&Tensor) -> Result<Tensor, E>,
    E: std::fmt::Display,
{
    let (images, channels, height, width) = batch.dim();
    let values: Vec<f32> = batch.iter().copied().collect();
    let shape = [images, channels, height, width].map(|side| side as i64);
    explainer.probabilities(&Tensor::f_from_slice(&values)?.f_view(shape)?.f_to_device(device)?, class)
}
