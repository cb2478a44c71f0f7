//! Turns feature maps `[N, C, H, W]` into vectors `[N, length]`, in every way that [`Reading`] names.

use radiograph_protocol::{HeadConfig, Reading};
use tch::{Kind, Tensor};

use crate::{Error, Mode, Parameters, layers::BatchNorm, recurrent::Recurrent, to_sequence};

/// A reading with its tensors.
#[derive(Debug)]
pub(crate) enum Reader {
    Recurrent { recurrent: Recurrent, norm: Option<BatchNorm> },
    Attention(Attention),
    Flatten,
    GlobalAverage,
}

impl Reader {
    pub(crate) fn new(config: &HeadConfig, parameters: &Parameters) -> Result<Self, Error> {
        Ok(match config.reading {
            Reading::Recurrent(recurrence) => {
                let name = recurrence.cell.norm_prefix();
                let norm = config.batch_norm.then(|| BatchNorm::new(name, parameters)).transpose()?;
                Self::Recurrent { recurrent: Recurrent::new(recurrence, parameters)?, norm }
            }
            Reading::Attention { .. } => Self::Attention(Attention::new(parameters)?),
            Reading::Flatten => Self::Flatten,
            Reading::GlobalAverage => Self::GlobalAverage,
            other => {
                return Err(Error::setting("the reading", format!("{other:?}"), "choose another one"));
            }
        })
    }

    /// Computes the dense layers' input.
    pub(crate) fn forward(&self, features: &Tensor, mode: Mode) -> Result<Tensor, Error> {
        match self {
            Self::Recurrent { recurrent, norm } => {
                let states = recurrent.handed_on(&states(recurrent, features)?)?;
                let states = match norm {
                    Some(norm) => norm.forward(&states, mode)?,
                    None => states,
                };
                Ok(states.f_flatten(1, -1)?)
            }
            Self::Attention(attention) => {
                let places = places(features)?;
                let weights = attention.weights(&places)?.f_unsqueeze(1)?; // [N, 1, H·W]
                Ok(weights.f_matmul(&places)?.f_squeeze_dim(1)?)
            }
            Self::GlobalAverage => Ok(features.f_mean_dim(&[2_i64, 3][..], false, Kind::Float)?),
            Self::Flatten => Ok(features.f_permute([0, 2, 3, 1])?.f_flatten(1, 3)?),
        }
    }

    /// The states of the last recurrent layer at all steps.
    pub(crate) fn hidden_states(&self, features: &Tensor) -> Result<Option<Tensor>, Error> {
        match self {
            Self::Recurrent { recurrent, .. } => states(recurrent, features).map(Some),
            _ => Ok(None),
        }
    }

    /// The weights `[N, H, W]` of the places, if the reading has any.
    pub(crate) fn attention(&self, features: &Tensor) -> Result<Option<Tensor>, Error> {
        let (images, _, height, width) = features.size4()?;
        match self {
            Self::Attention(attention) => {
                Ok(Some(attention.weights(&places(features)?)?.f_view([images, height, width])?))
            }
            _ => Ok(None),
        }
    }
}

fn states(recurrent: &Recurrent, features: &Tensor) -> Result<Tensor, Error> {
    recurrent.forward(&to_sequence(recurrent.recurrence().order, features)?)
}

/// The vectors of all places, `[N, H·W, C]`, row by row.
fn places(features: &Tensor) -> Result<Tensor, Error> {
    Ok(features.f_flatten(2, 3)?.f_transpose(1, 2)?)
}

/// Attention over places.
#[derive(Debug)]
pub(crate) struct Attention {
    /// `[units, C]`.
    weight: Tensor,
    /// `[units]`.
    bias: Tensor,
    /// `[1, units]`.
    score: Tensor,
}

impl Attention {
    fn new(parameters: &Parameters) -> Result<Self, Error> {
        let handle = |tensor: &str| parameters.handle(&format!("attention.{tensor}"));
        Ok(Self {
            weight: handle("hidden.weight")?,
            bias: handle("hidden.bias")?,
            score: handle("score.weight")?,
        })
    }

    /// The weights `[N, T]` of places `[N, T, C]`: softmax over w·tanh(V x + b).
    fn weights(&self, places: &Tensor) -> Result<Tensor, Error> {
        let hidden = places.f_linear(&self.weight, Some(&self.bias))?.f_tanh()?;
        let scores = hidden.f_linear(&self.score, None::<&Tensor>)?.f_squeeze_dim(2)?;
        Ok(scores.f_softmax(1, None::<Kind>)?)
    }
}

#[cfg(test)]
mod tests {
    use radiograph_classes::Classes;
    use radiograph_libtorch::Device;
    use radiograph_protocol::FeatureShape;

    use super::*;
    use crate::{ConfiguredHead, Head};

    fn head(reading: Reading) -> ConfiguredHead {
        let config = HeadConfig {
            features: FeatureShape { channels: 3, height: 2, width: 2 },
            classes: Classes::new(["covid", "normal"]).unwrap(),
            reading,
            dense: Vec::new(),
            dropout: None,
            batch_norm: false,
        };
        ConfiguredHead::new(config, 5, Device::CPU).unwrap()
    }

    fn values(tensor: &Tensor) -> Vec<f64> {
        Vec::try_from(tensor.to_kind(Kind::Double).contiguous().view([-1])).unwrap()
    }

    /// Equation 8 of Ilse et al., written out in f64 for one image, without tensors.
    #[test]
    fn attention_is_that_of_its_equation() {
        let head = head(Reading::Attention { units: 4 });
        let bias = Tensor::from_slice(&[0.5_f32, -0.25, 0.125, 1.0]);
        head.parameters().set("attention.hidden.bias", &bias).unwrap();
        let features = Tensor::arange(2 * 12, tch::kind::FLOAT_CPU).sin().view([2, 3, 2, 2]);
        let read = Reader::new(head.config(), head.parameters())
            .unwrap()
            .forward(&features, Mode::Evaluate)
            .unwrap();
        let weights = head.attention(&features).unwrap().unwrap();
        assert_eq!((read.size(), weights.size()), (vec![2, 3], vec![2, 2, 2]));
        let named = |name: &str| values(head.parameters().named(name).unwrap().tensor());
        let (v, b) = (named("attention.hidden.weight"), named("attention.hidden.bias"));
        let w = named("attention.score.weight");
        let x = values(&features.get(1)); // [channel][place]
        let score = |place: usize| -> f64 {
            let hidden = |unit: usize| -> f64 {
                (0..3).map(|channel| v[unit * 3 + channel] * x[channel * 4 + place]).sum::<f64>() + b[unit]
            };
            (0..4).map(|unit| w[unit] * hidden(unit).tanh()).sum()
        };
        let scores: Vec<f64> = (0..4).map(|place| score(place).exp()).collect();
        let total: f64 = scores.iter().sum();
        for (got, expected) in values(&weights.get(1)).iter().zip(&scores) {
            assert!((got - expected / total).abs() < 1e-6, "{got}, expected {}", expected / total);
        }
        for (channel, got) in values(&read.get(1)).iter().enumerate() {
            let expected: f64 = (0..4).map(|place| scores[place] / total * x[channel * 4 + place]).sum();
            assert!((got - expected).abs() < 1e-6, "{got}, expected {expected}");
        }
    }

    /// Places that all look alike have equal weights, whose mean is the mean over the grid.
    #[test]
    fn attention_without_scores_is_the_mean() {
        let head = head(Reading::Attention { units: 4 });
        let zeros = Tensor::zeros([1, 4], tch::kind::FLOAT_CPU);
        head.parameters().set("attention.score.weight", &zeros).unwrap();
        let features = Tensor::arange(12, tch::kind::FLOAT_CPU).view([1, 3, 2, 2]);
        let read = Reader::new(head.config(), head.parameters())
            .unwrap()
            .forward(&features, Mode::Evaluate)
            .unwrap();
        assert_eq!(values(&read), [1.5, 5.5, 9.5]);
        assert!(matches!(head.attention(&features.view([1, 12, 1, 1])), Err(Error::Shape { .. })));
    }

    #[test]
    fn heads_without_attention_say_so() {
        let features = Tensor::ones([1, 3, 2, 2], tch::kind::FLOAT_CPU);
        for reading in [Reading::Flatten, Reading::GlobalAverage] {
            let head = head(reading);
            assert!(head.attention(&features).unwrap().is_none());
            assert!(head.hidden_states(&features).unwrap().is_none());
            assert_eq!(head.explained(&features).unwrap(), head.forward(&features, Mode::Evaluate).unwrap());
        }
    }
}
