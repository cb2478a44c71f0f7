//! Computes explanations: maps of the features that support the score of a class.
//!
//! Gradient methods take one forward and one backward pass for a batch. Score-CAM and Ablation-CAM take further forward passes, on
//! one changed copy of an image's features for each channel.
//!
//! Drawing is in `draw`, judging maps in `measure`.

use ndarray::{Array2, ArrayView3, ArrayView4};
use radiograph_classes::{Class, Classes};
use radiograph_libtorch::first_line;
use tch::{Kind, Tensor};

use crate::{
    ClassChoice, GradcamError, HeatMap, Method, Quantity, Target,
    method::{Gradient, Perturbation, channel_weights, eigen_cam},
    target::quantities,
};

/// A scorer, which turns features `[N, C, H, W]` into logits `[N, K]`, and the classes of its columns.
///
/// The scorer must run in evaluation mode (no dropout, fixed batch statistics: images of a batch must not affect each
/// other) and must not detach the features. Its weights may be frozen. It may be called with batches of other sizes. To
/// explain a layer inside the CNN, pass the features of that layer, and a scorer that runs the rest of the CNN and then
/// the head:
///
/// ```no_run
/// use radiograph_classes::Classes;
/// use radiograph_gradcam::{Explainer, Method, Target};
/// use tch::Tensor;
///
/// # fn rest_of_the_network(map: &Tensor) -> Result<Tensor, tch::TchError> { Ok(map.shallow_clone()) }
/// # fn head(map: &Tensor) -> Result<Tensor, tch::TchError> { Ok(map.shallow_clone()) }
/// # let block_4 = Tensor::zeros([1, 512, 14, 14], tch::kind::FLOAT_CPU);
/// let classes = Classes::new(["covid", "normal", "pneumonia"])?;
/// let explainer = Explainer::new(&classes, |features: &Tensor| head(&rest_of_the_network(features)?));
/// let explanations = explainer.explain(&block_4, Method::GradCam, &Target::default())?;
/// println!("{}: {:?}", explanations[0].class.name(), explanations[0].map.evidence());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// On CUDA, cuDNN computes no gradients of recurrent layers in evaluation mode. A head with an LSTM must work around
/// this (`radiograph-head` does). That path is untested on a GPU.
#[derive(Debug)]
pub struct Explainer<'a, S> {
    classes: &'a Classes,
    scorer: S,
}

/// The explanation of one image's score.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// The class that is explained.
    pub class: Class,
    /// The class with the highest logit.
    pub predicted: Class,
    /// The probability of [`Explanation::class`], in [0, 1]: softmax of the logits, not calibrated.
    pub probability: f64,
    /// The score that the map explains.
    pub score: f64,
    /// The map of the evidence.
    pub map: HeatMap,
}

impl<'a, S, E> Explainer<'a, S>
where
    S: Fn(&Tensor) -> Result<Tensor, E>,
    E: std::fmt::Display,
{
    /// Creates an explainer of this scorer. Its column k is the k-th of `classes`.
    pub fn new(classes: &'a Classes, scorer: S) -> Self {
        Self { classes, scorer }
    }

    /// Computes one explanation for each image of `features [N, C, H, W]`, in order.
    ///
    /// # Errors
    ///
    /// If the features are not a batch of feature maps, the logits are not `[N, K]`, or a value is not finite. If the target
    /// names a class that the scorer lacks, no gradient reaches the features, or the scorer or libtorch fails. With Ablation-CAM
    /// also if a score is 0, which [`GradcamError::ZeroScore`] reports.
    pub fn explain(
        &self,
        features: &Tensor,
        method: Method,
        target: &Target,
    ) -> Result<Vec<Explanation>, GradcamError> {
        let size = features.size();
        if size.len() != 4 || size.contains(&0) {
            return Err(GradcamError::NotFeatureMaps { shape: size });
        }
        let features = features.f_detach()?.f_to_kind(Kind::Float)?.f_contiguous()?;
        finite(&features, "features")?;
        let gradient = gradient_of(method)?;
        let features = features.f_set_requires_grad(gradient.is_some())?;
        let (scored, maps) = match gradient {
            // Callers often switch gradients off for evaluation; here they are needed.
            Some(gradient) => tch::with_grad(|| {
                let scored = self.scored(&features, target)?;
                let maps = gradient_maps(gradient, &features, &scored.scores)?;
                Ok::<_, GradcamError>((scored, maps))
            })?,
            None => {
                let _guard = tch::no_grad_guard();
                let scored = self.scored(&features, target)?;
                let maps = self.maps_without_gradient(method, target.quantity, &features, &scored)?;
                (scored, maps)
            }
        };
        let Scores { logits, columns, predicted, scores } = scored;
        let probabilities = to_f64(&logits.f_detach()?.f_softmax(1, Kind::Double)?)?;
        let scores = to_f64(&scores)?;
        let all: Vec<Class> = self.classes.iter().collect();
        Ok(maps
            .into_iter()
            .enumerate()
            .map(|(image, map)| Explanation {
                class: all[columns[image]].clone(),
                predicted: all[predicted[image]].clone(),
                probability: probabilities[image * all.len() + columns[image]],
                score: scores[image],
                map: HeatMap::new(map),
            })
            .collect())
    }

    /// Computes the probability of a class, by softmax of the logits in f64, for each of `features [N, C, H, W]`.
    ///
    /// # Errors
    ///
    /// As [`Self::explain`].
    pub fn probabilities(&self, features: &Tensor, class: &Class) -> Result<Vec<f64>, GradcamError> {
        let _guard = tch::no_grad_guard();
        let size = features.size();
        if size.len() != 4 || size.contains(&0) {
            return Err(GradcamError::NotFeatureMaps { shape: size });
        }
        let column = self.classes.position(class)?;
        let probabilities = self.logits(features)?.f_softmax(1, Kind::Double)?;
        to_f64(&probabilities.f_select(1, column as i64)?)
    }

    fn scored(&self, features: &Tensor, target: &Target) -> Result<Scores, GradcamError> {
        let logits = self.logits(features)?;
        let predicted: Vec<usize> = to_f64(&logits.f_detach()?)?
            .chunks_exact(self.classes.len())
            .map(|row| {
                (0..row.len()).fold(0, |best, column| if row[column] > row[best] { column } else { best })
            })
            .collect();
        let columns = target.class.columns(self.classes, &predicted)?;
        let scores = quantities(target.quantity, &logits, &columns)?;
        Ok(Scores { logits, columns, predicted, scores })
    }

    fn logits(&self, features: &Tensor) -> Result<Tensor, GradcamError> {
        let logits = (self.scorer)(features).map_err(|error| GradcamError::Scorer(error.to_string()))?;
        let (images, classes) = (features.size()[0], self.classes.len());
        let images = usize::try_from(images).unwrap_or(0);
        let got = logits.size();
        if got != [images as i64, classes as i64] {
            return Err(GradcamError::LogitShape { got, images, classes });
        }
        finite(&logits, "logits")?;
        Ok(logits)
    }

    fn maps_without_gradient(
        &self,
        method: Method,
        quantity: Quantity,
        features: &Tensor,
        Scores { columns, scores, .. }: &Scores,
    ) -> Result<Vec<Array2<f64>>, GradcamError> {
        let (values, shape) = to_f32(features)?;
        let activations = view(&values, shape);
        let perturbation = match method {
            Method::EigenCam => return Ok(activations.outer_iter().map(eigen_cam).collect()),
            Method::ScoreCam => Perturbation::MaskByIt,
            _ => Perturbation::Remove,
        };
        let scores = to_f64(scores)?;
        let mut maps = Vec::with_capacity(columns.len());
        for (image, activations) in activations.outer_iter().enumerate() {
            let one = features.f_narrow(0, image as i64, 1)?;
            let scored = |changed: &Tensor| {
                let logits = self.logits(changed)?;
                let columns = vec![columns[image]; usize::try_from(changed.size()[0]).unwrap_or(0)];
                to_f64(&quantities(quantity, &logits, &columns)?)
            };
            let weights = channel_weights(perturbation, &one, (image, scores[image]), &scored)?;
            maps.push(weighted(activations, &weights));
        }
        Ok(maps)
    }
}

/// Scores of a batch.
struct Scores {
    /// `[N, K]`.
    logits: Tensor,
    /// Columns of the explained classes.
    columns: Vec<usize>,
    /// Columns of the predicted classes.
    predicted: Vec<usize>,
    /// The explained numbers `[N]`.
    scores: Tensor,
}

impl Target {
    /// The logit of one class, for every image.
    pub fn class(class: Class) -> Self {
        Self { quantity: Quantity::Logit, class: ClassChoice::One(class) }
    }
}

/// The use of gradients in a method; `None` for a method without gradients.
fn gradient_of(method: Method) -> Result<Option<Gradient>, GradcamError> {
    Ok(match method {
        Method::GradCam => Some(Gradient::Mean),
        Method::GradCamPlusPlus => Some(Gradient::PlusPlus),
        Method::HiResCam => Some(Gradient::PlaceByPlace),
        Method::XGradCam => Some(Gradient::ActivationAveraged),
        Method::LayerCam => Some(Gradient::PositivePlaceByPlace),
        Method::EigenCam | Method::ScoreCam | Method::AblationCam => None,
        other => return Err(GradcamError::Unknown { name: other.name() }),
    })
}

/// Computes the maps with one backward pass for the whole batch. Images do not affect each other, so the gradient of
/// the sum holds the gradient of each.
fn gradient_maps(
    gradient: Gradient,
    features: &Tensor,
    scores: &Tensor,
) -> Result<Vec<Array2<f64>>, GradcamError> {
    let total = scores.f_sum(Kind::Float)?;
    // libtorch crashes if the score has no graph.
    if !total.requires_grad() {
        return Err(GradcamError::GradientBlocked);
    }
    let gradients = Tensor::f_run_backward(&[total], &[features], false, false).map_err(|error| {
        // Weights that are not frozen give the score a graph, but the features may not be part of it.
        if first_line(&error).contains("not have been used in the graph") {
            GradcamError::GradientBlocked
        } else {
            error.into()
        }
    })?;
    let Some(gradients) = gradients.first().filter(|gradient| gradient.defined()) else {
        return Err(GradcamError::GradientBlocked);
    };
    finite(gradients, "gradients")?;
    let (activations, shape) = to_f32(&features.f_detach()?)?;
    let (gradients, _) = to_f32(gradients)?;
    Ok(view(&activations, shape)
        .outer_iter()
        .zip(view(&gradients, shape).outer_iter())
        .map(|(activations, gradients)| gradient.map(activations, gradients))
        .collect())
}

fn weighted(activations: ArrayView3<f32>, weights: &[f64]) -> Array2<f64> {
    let (_, height, width) = activations.dim();
    let mut map = Array2::zeros((height, width));
    for (activation, weight) in activations.outer_iter().zip(weights) {
        for (sum, activation) in map.iter_mut().zip(activation) {
            *sum += weight * f64::from(*activation);
        }
    }
    map
}

/// Fails with the first image whose values are not all finite.
fn finite(values: &Tensor, what: &'static str) -> Result<(), GradcamError> {
    let rows = values.f_detach()?.f_isfinite()?.f_flatten(1, -1)?.f_all_dim(1, false)?;
    let rows = to_f64(&rows)?;
    match rows.iter().position(|finite| *finite == 0.0) {
        Some(image) => Err(GradcamError::NotFinite { image, what }),
        None => Ok(()),
    }
}

fn to_f64(values: &Tensor) -> Result<Vec<f64>, GradcamError> {
    let values = values.f_detach()?.f_to_kind(Kind::Double)?.f_to_device(tch::Device::Cpu)?.f_contiguous()?;
    let mut copy = vec![0.0; values.numel()];
    values.f_copy_data(&mut copy, values.numel())?;
    Ok(copy)
}

fn to_f32(values: &Tensor) -> Result<(Vec<f32>, [usize; 4]), GradcamError> {
    let (images, channels, height, width) = values.size4()?;
    let values = values.f_to_device(tch::Device::Cpu)?.f_contiguous()?;
    let mut copy = vec![0.0; values.numel()];
    values.f_copy_data(&mut copy, values.numel())?;
    Ok((copy, [images, channels, height, width].map(|side| usize::try_from(side).unwrap_or(0))))
}

fn view(values: &[f32], shape: [usize; 4]) -> ArrayView4<'_, f32> {
    // The values are a copy of a tensor of this shape, so their number fits.
    ArrayView4::from_shape(shape, values).unwrap_or_else(|error| unreachable!("{error}"))
}
