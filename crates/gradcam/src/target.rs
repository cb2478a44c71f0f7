//! The number that a map explains: a quantity, such as the logit, of a class.

use radiograph_classes::{Class, Classes};
use radiograph_protocol::Quantity;
use tch::Tensor;

use crate::GradcamError;

/// The explained number.
///
/// ```no_run
/// use radiograph_classes::Classes;
/// use radiograph_gradcam::{ClassChoice, Quantity, Target};
///
/// let classes = Classes::new(["covid", "normal", "pneumonia"])?;
/// // The logit of the class that the model predicts, as in most published figures.
/// let usual = Target::default();
/// // Evidence for covid rather than for its closest rival.
/// let contrast = Target { quantity: Quantity::Margin, class: ClassChoice::One(classes.class("covid")?) };
/// # Ok::<(), radiograph_classes::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// Quantity of the class.
    pub quantity: Quantity,
    /// Class of each image.
    pub class: ClassChoice,
}

/// The explained class of each image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ClassChoice {
    /// The class with the highest logit, image by image.
    #[default]
    Predicted,
    /// The same class for every image.
    One(Class),
    /// A class for each image, in the order of the batch, such as the true classes.
    Each(Vec<Class>),
}

impl ClassChoice {
    /// The columns of the chosen classes, given the columns of the predicted ones.
    pub(crate) fn columns(&self, classes: &Classes, predicted: &[usize]) -> Result<Vec<usize>, GradcamError> {
        match self {
            Self::Predicted => Ok(predicted.to_vec()),
            Self::One(class) => Ok(vec![classes.position(class)?; predicted.len()]),
            Self::Each(chosen) if chosen.len() != predicted.len() => {
                Err(GradcamError::ClassCount { images: predicted.len(), got: chosen.len() })
            }
            Self::Each(chosen) => chosen.iter().map(|class| Ok(classes.position(class)?)).collect(),
        }
    }
}

/// The quantity `[N]` of column `columns[n]` of each row of logits `[N, K]`, still part of the graph.
pub(crate) fn quantities(
    quantity: Quantity,
    logits: &Tensor,
    columns: &[usize],
) -> Result<Tensor, GradcamError> {
    let columns: Vec<i64> = columns.iter().map(|column| *column as i64).collect();
    let index = Tensor::f_from_slice(&columns)?.f_to_device(logits.device())?.f_unsqueeze(1)?;
    let chosen = |values: &Tensor| values.f_gather(1, &index, false)?.f_squeeze_dim(1);
    Ok(match quantity {
        Quantity::Logit => chosen(logits)?,
        Quantity::Probability => chosen(&logits.f_softmax(1, None)?)?,
        Quantity::Margin if logits.size()[1] < 2 => return Err(GradcamError::NoRunnerUp),
        Quantity::Margin => {
            let others = logits.f_scatter_value(1, &index, f64::NEG_INFINITY)?;
            chosen(logits)?.f_sub(&others.f_amax([1_i64].as_slice(), false)?)?
        }
        other => return Err(GradcamError::Unknown { name: other.name() }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(quantity: Quantity, columns: &[usize]) -> Vec<f64> {
        let logits = Tensor::from_slice(&[1.0_f64, 3.0, 2.0, 0.5, 0.0, -1.0]).view([2, 3]);
        Vec::<f64>::try_from(quantities(quantity, &logits, columns).unwrap()).unwrap()
    }

    #[test]
    fn quantities_are_those_of_the_named_column() {
        assert_eq!(values(Quantity::Logit, &[0, 2]), [1.0, -1.0]);
        assert_eq!(values(Quantity::Margin, &[1, 2]), [1.0, -1.5]);
        // softmax(1, 3, 2) = (e^-2, 1, e^-1) / (e^-2 + 1 + e^-1)
        let expected = 1.0 / (1.0 + (-1.0_f64).exp() + (-2.0_f64).exp());
        assert!((values(Quantity::Probability, &[1, 0])[0] - expected).abs() < 1e-12);
    }

    #[test]
    fn classes_are_found_by_name_in_the_scorers_order() {
        let ours = Classes::new(["covid", "normal"]).unwrap();
        let theirs = Classes::new(["normal", "covid"]).unwrap();
        let covid = theirs.class("covid").unwrap();
        assert_eq!(ClassChoice::One(covid.clone()).columns(&ours, &[1, 1]).unwrap(), [0, 0]);
        assert_eq!(ClassChoice::Predicted.columns(&ours, &[1, 0]).unwrap(), [1, 0]);
        let each = ClassChoice::Each(vec![covid]);
        assert!(matches!(each.columns(&ours, &[1, 1]), Err(GradcamError::ClassCount { images: 2, got: 1 })));
    }

    #[test]
    fn one_class_has_no_runner_up() {
        let logits = Tensor::from_slice(&[1.0_f64]).view([1, 1]);
        assert!(matches!(quantities(Quantity::Margin, &logits, &[0]), Err(GradcamError::NoRunnerUp)));
    }
}
