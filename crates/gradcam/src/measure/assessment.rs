//! Computes all measures of one explanation at once, as a row of a table.

use ndarray::{Array3, Array4};
use radiograph_classes::Class;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use super::{Baseline, Mask, Saliency, deletion, insertion, rank_correlation, road};
use crate::{Explainer, Explanation, GradcamError, HeatMap, NoEvidence};

/// Width of the border as a share of the shorter side.
const BORDER: f64 = 0.1;
/// Shares of places that ROAD removes.
const ROAD_SHARES: [f64; 4] = [0.2, 0.4, 0.6, 0.8];
/// Seed of the noise that ROAD adds, the same for every image.
const ROAD_SEED: u64 = 0;
/// Maximum number of steps of deletion and insertion. Maps of convolutional networks have few more places than that; one of DINOv2 has
/// up to 1,369, and then each step changes several places.
const STEPS: usize = 50;

/// Known regions of an image, at the size used for the measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Regions {
    /// Lungs, if a mask is available.
    pub lungs: Option<Mask>,
    /// Lesion, if a mask is available.
    pub lesion: Option<Mask>,
    /// Area outside the body; see [`Mask::outside_body`].
    pub outside_body: Mask,
}

/// Measures of how far to believe a map. Undefined measures are `None`: all of them if the map shows nothing, and those
/// that need a missing mask or random head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// Reason why the map shows nothing; `None` if it shows evidence.
    pub nothing: Option<NoEvidence>,
    /// Share of the evidence inside the lungs.
    pub lungs: Option<Inside>,
    /// Share of the evidence inside the lesion: the energy-based pointing game.
    pub lesion: Option<Inside>,
    /// Whether the strongest place lies in the lesion: the pointing game, without tolerance.
    pub points_into_lesion: Option<bool>,
    /// Share of the evidence in the border, which is a tenth of the shorter side wide.
    pub border: Option<Inside>,
    /// Share of the evidence outside the body.
    pub outside_body: Option<Inside>,
    /// Mean probability while the strongest places of the feature map are set to zero: small for a true map.
    pub deletion: Option<f64>,
    /// Mean probability while the strongest places are restored in a feature map of zeros: large for a true map.
    pub insertion: Option<f64>,
    /// [`Road::combined`](super::Road::combined) on the feature map, at a fifth to four fifths: positive for a true map.
    pub road: Option<f64>,
    /// Rank correlation with the map of a randomised head: near 0 for a map that depends on the model. `None` if one of
    /// the maps is constant.
    pub like_random: Option<f64>,
}

/// A share of the evidence, and the share that a uniform map would have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Inside {
    /// Share of the evidence, 0 to 1.
    pub mass: f64,
    /// Share of the places, 0 to 1.
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

    /// Computes all measures of `explanation`, which `explainer` gave for `features [C, H, W]`. Deletion, insertion and
    /// ROAD change the feature map and run the scorer, so no CNN is needed. `random` is the map of the same method,
    /// image and class for a random head.
    ///
    /// # Errors
    ///
    /// If the masks differ in size, the random map and the map differ in size, the features do not fit the scorer, or
    /// the scorer fails.
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
            // A single place has no order.
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

    /// The cells of the table's row. Undefined measures are empty.
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
