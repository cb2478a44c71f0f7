//! Applies RMSprop (Hinton, lecture 6e of *Neural Networks for Machine Learning*, 2012) to named tensors; its state can
//! be saved.
//!
//! Memory bandwidth limits the step, so it passes over parameters, gradients and state only once. Large tensors are
//! processed in pieces that stay in the CPU's cache for all operations.

use radiograph_protocol::{Clipping, RmsProp, RmsPropForm};
use tch::{Kind, Tensor};

use super::clipping::Clip;
use crate::Error;

/// Elements of one piece: 1 MiB of f32, so that parameter, gradient, state and room stay in the cache.
const PIECE: i64 = 1 << 18;

/// RMSprop with its state: the mean square of each tensor's gradient, by the tensor's name.
#[derive(Debug)]
pub struct Optimizer {
    settings: RmsProp,
    state: Vec<(String, Tensor)>,
}

impl Optimizer {
    /// Creates an optimiser for these named tensors, with mean squares of zero.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if a setting is out of its range, [`Error::Libtorch`] if memory runs out.
    pub fn new<'a>(
        settings: RmsProp,
        tensors: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
    ) -> Result<Self, Error> {
        settings.check()?;
        let _guard = tch::no_grad_guard();
        let state = |(name, tensor): (&str, &Tensor)| Ok((name.to_owned(), tensor.f_zeros_like()?));
        Ok(Self { settings, state: tensors.into_iter().map(state).collect::<Result<_, Error>>()? })
    }

    /// The mean squares with the names of their tensors, in the order given to [`Self::new`].
    pub fn state(&self) -> &[(String, Tensor)] {
        &self.state
    }

    /// Moves `tensors` against their `gradients`. The tensors must be those of [`Self::new`], in the same order.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] if a tensor or gradient is missing or has another shape, [`Error::Libtorch`] if memory runs out.
    pub fn step(
        &mut self,
        tensors: &[&Tensor],
        gradients: &[Tensor],
        rate: f64,
        clipping: Option<Clipping>,
    ) -> Result<(), Error> {
        self.check(tensors, gradients)?;
        let _guard = tch::no_grad_guard();
        let clips = Clip::plan(clipping, gradients)?;
        let Some(largest) = gradients.iter().map(|gradient| gradient.numel() as i64).max() else {
            return Ok(());
        };
        let device = gradients[0].device();
        let room = || Tensor::f_empty([largest.min(PIECE)], (Kind::Float, device));
        let rooms = [room()?, room()?];
        for (((tensor, gradient), (_, mean_square)), clip) in
            tensors.iter().zip(gradients).zip(&self.state).zip(clips)
        {
            let flat = [tensor, gradient, mean_square].map(|tensor| tensor.f_reshape([-1]));
            let [parameter, gradient, mean_square] = flat;
            let (parameter, gradient, mean_square) = (parameter?, gradient?, mean_square?);
            let count = parameter.numel() as i64;
            for start in (0..count).step_by(PIECE as usize) {
                let length = PIECE.min(count - start);
                let piece = |tensor: &Tensor| tensor.f_narrow(0, start, length);
                let rooms = [rooms[0].f_narrow(0, 0, length)?, rooms[1].f_narrow(0, 0, length)?];
                self.move_piece(
                    &mut piece(&parameter)?,
                    &piece(&gradient)?,
                    &mut piece(&mean_square)?,
                    clip,
                    rate,
                    &rooms,
                )?;
            }
        }
        Ok(())
    }

    fn check(&self, tensors: &[&Tensor], gradients: &[Tensor]) -> Result<(), Error> {
        let count = self.state.len();
        if tensors.len() != count || gradients.len() != count {
            return Err(Error::Shape {
                what: "the list of tensors or of gradients".into(),
                expected: format!("{count} of each"),
                found: vec![tensors.len() as i64, gradients.len() as i64],
            });
        }
        for ((tensor, gradient), (name, state)) in tensors.iter().zip(gradients).zip(&self.state) {
            if let Some(other) = [tensor, gradient].into_iter().find(|other| other.size() != state.size()) {
                return Err(Error::Shape {
                    what: format!("{name} or its gradient"),
                    expected: format!("{:?}", state.size()),
                    found: other.size(),
                });
            }
        }
        Ok(())
    }

    fn move_piece(
        &self,
        parameter: &mut Tensor,
        gradient: &Tensor,
        mean_square: &mut Tensor,
        clip: Clip,
        rate: f64,
        [clipped, room]: &[Tensor; 2],
    ) -> Result<(), Error> {
        let RmsProp { form, rho, epsilon } = self.settings;
        let gradient = clip.apply(gradient, clipped)?;
        let mut divisor = gradient.f_mul_out(room, gradient)?;
        // v + (1 - ρ)·(g² - v)
        let _ = mean_square.f_lerp_(&divisor, 1.0 - rho)?;
        match form {
            RmsPropForm::Keras => {
                let _ = mean_square.f_add_scalar_out(&divisor, epsilon)?;
                let _ = divisor.f_sqrt_()?;
            }
            RmsPropForm::PyTorch => {
                let _ = mean_square.f_sqrt_out(&divisor)?;
                let _ = divisor.f_add_scalar_(epsilon)?;
            }
        }
        // The rate goes into the divisor: tch's addcdiv takes no factor. A rate of zero moves nothing.
        if rate != 0.0 {
            let _ = divisor.f_mul_scalar_(-1.0 / rate)?;
            let _ = parameter.f_addcdiv_(gradient, &divisor)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stepped(settings: RmsProp, weight: f32, gradient: f32, rate: f64) -> f64 {
        let weight = Tensor::from_slice(&[weight]);
        let mut optimizer = Optimizer::new(settings, [("w", &weight)]).unwrap();
        optimizer.step(&[&weight], &[Tensor::from_slice(&[gradient])], rate, None).unwrap();
        weight.double_value(&[0])
    }

    /// The example of Keras's documentation: rate 0.1, w = 10, loss w²/2, one step gives 9.683772.
    #[test]
    fn the_documented_step_of_keras() {
        let weight = stepped(RmsProp::KERAS, 10.0, 10.0, 0.1);
        assert!((weight - 9.683_772).abs() < 1e-6, "{weight}");
    }

    /// With a gradient far below √ε the two forms differ by orders of magnitude.
    #[test]
    fn epsilon_inside_the_root_is_not_epsilon_outside() {
        for (form, expected) in [
            (RmsPropForm::Keras, 1e-6 / (1e-13_f64 + 1e-7).sqrt()),
            (RmsPropForm::PyTorch, 1e-6 / (1e-13_f64.sqrt() + 1e-7)),
        ] {
            let weight = stepped(RmsProp { form, rho: 0.9, epsilon: 1e-7 }, 0.0, 1e-6, 1.0);
            assert!((weight / -expected - 1.0).abs() < 1e-4, "{form:?}: {weight}");
        }
    }

    /// Two tensors with gradients of norm 3 and 4: 5 together.
    #[test]
    fn clipping_by_variable_is_not_clipping_by_all() {
        let gradients = || [Tensor::from_slice(&[3.0_f32]), Tensor::from_slice(&[0.0_f32, -4.0])];
        let scales = |clipping| match Clip::plan(Some(clipping), &gradients()).unwrap()[..] {
            [Clip::Scale(first), Clip::Scale(second)] => [first, second],
            ref other => panic!("{other:?}"),
        };
        assert_eq!(scales(Clipping::VariableNorm(3.5)), [1.0, 0.875]);
        assert_eq!(scales(Clipping::GlobalNorm(3.5)), [0.7, 0.7]);
        assert_eq!(scales(Clipping::GlobalNorm(5.5)), [1.0, 1.0]);
        let room = Tensor::zeros([2], tch::kind::FLOAT_CPU);
        let cut = Clip::Cut(3.5);
        let cut = cut.apply(&gradients()[1], &room).map(|cut| Vec::<f32>::try_from(cut).unwrap()).unwrap();
        assert_eq!(cut, [0.0, -3.5]);
    }

    #[test]
    fn pieces_change_nothing() {
        let count = PIECE + 5;
        let weight = Tensor::zeros([count], tch::kind::FLOAT_CPU);
        let mut optimizer = Optimizer::new(RmsProp::KERAS, [("w", &weight)]).unwrap();
        let gradient = Tensor::arange(count, tch::kind::FLOAT_CPU).remainder(7.0) - 3.0;
        optimizer.step(&[&weight], &[gradient.shallow_clone()], 0.1, None).unwrap();
        let expected = &gradient * -0.1 / (gradient.square() * 0.1 + 1e-7).sqrt();
        let error = (weight - expected).abs().max().double_value(&[]);
        assert!(error < 1e-6, "{error}");
    }
}
