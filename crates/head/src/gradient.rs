//! The gradient of one parameter, as values or as two factors.

use tch::{Kind, Tensor};

use crate::Error;

/// The gradient of one parameter.
///
/// That of a dense layer's weight is a product of two small matrices. On VGG19's features it has 411 MB multiplied out, and memory
/// bandwidth limits a training step, so [`Optimizer`](crate::Optimizer) multiplies it out piece by piece, in the cache.
#[derive(Debug)]
#[non_exhaustive]
pub enum Gradient {
    /// All values, in the shape of the parameter.
    Whole(Tensor),
    /// `slopeᵀ · input`, `[outputs, inputs]`.
    #[non_exhaustive]
    Product {
        /// Gradient of the loss with respect to what the layer gives, `[N, outputs]`.
        slope: Tensor,
        /// What the layer reads, `[N, inputs]`.
        input: Tensor,
    },
}

impl From<Tensor> for Gradient {
    fn from(values: Tensor) -> Self {
        Self::Whole(values)
    }
}

impl Gradient {
    /// All values, in the shape of the parameter.
    ///
    /// # Errors
    ///
    /// [`Error::Libtorch`] if memory runs out.
    pub fn values(&self) -> Result<Tensor, Error> {
        let _guard = tch::no_grad_guard();
        Ok(match self {
            Self::Whole(values) => values.shallow_clone(),
            Self::Product { slope, input } => slope.f_tr()?.f_mm(input)?,
        })
    }

    /// Shape of the parameter.
    pub fn size(&self) -> Vec<i64> {
        match self {
            Self::Whole(values) => values.size(),
            Self::Product { slope, input } => vec![slope.size()[1], input.size()[1]], // both are matrices
        }
    }

    /// The Euclidean norm over all values: one number of 64 bits, on the device.
    pub(crate) fn norm(&self) -> Result<Tensor, Error> {
        match self {
            Self::Whole(values) => Ok(values.f_norm()?.f_to_kind(Kind::Double)?),
            // |SᵀX|² is the sum over all pairs of images of (s·s')(x·x'), which needs no product of the size of the weight.
            // The terms may cancel, hence f64.
            Self::Product { slope, input } => {
                let similar = |rows: &Tensor| -> Result<Tensor, Error> {
                    let rows = rows.f_to_kind(Kind::Double)?;
                    Ok(rows.f_mm(&rows.f_tr()?)?)
                };
                let square = similar(slope)?.f_mul(&similar(input)?)?.f_sum(Kind::Double)?;
                Ok(square.f_clamp_min(0.0)?.f_sqrt()?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SᵀX = [[1·1 + 2·0, 1·2 + 2·1], [0·1 - 1·0, 0·2 - 1·1]] = [[1, 4], [0, -1]], whose squares sum to 18.
    #[test]
    fn a_product_has_the_norm_of_its_values() {
        let slope = Tensor::from_slice(&[1.0_f32, 0.0, 2.0, -1.0]).view([2, 2]);
        let input = Tensor::from_slice(&[1.0_f32, 2.0, 0.0, 1.0]).view([2, 2]);
        let product = Gradient::Product { slope, input };
        let values = Vec::<f32>::try_from(product.values().unwrap().view([-1])).unwrap();
        assert_eq!(values, [1.0, 4.0, 0.0, -1.0]);
        assert!((product.norm().unwrap().double_value(&[]) - 18.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!(product.size(), [2, 2]);
    }

    /// Two images whose gradients cancel but for a thousandth.
    #[test]
    fn the_norm_of_gradients_that_cancel_is_exact() {
        let slope = Tensor::from_slice(&[1.0_f32, -1.0]).view([2, 1]);
        let input = Tensor::from_slice(&[512.0_f32, 512.0, 512.0, 512.001]).view([2, 2]);
        let product = Gradient::Product { slope, input };
        let expected = f64::from(512.001_f32 - 512.0);
        assert!((product.norm().unwrap().double_value(&[]) / expected - 1.0).abs() < 1e-9);
    }
}
