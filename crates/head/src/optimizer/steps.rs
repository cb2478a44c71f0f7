//! Applies an optimiser to named tensors; its state can be saved.
//!
//! Memory bandwidth limits the step. So it reads parameters and state only once, and multiplies a factorised gradient out tile by
//! tile instead of storing it. A tile stays in a core's cache for all operations. On the CPU each thread works on separate tiles,
//! because threads that share one operation wait for each other after each operation.

use std::{
    panic::resume_unwind,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use radiograph_libtorch::SideBySide;
use radiograph_protocol::{Clipping, OptimizerConfig};
use tch::{Kind, Tensor};

use super::{
    clipping::Clip,
    moved::{Moved, Step},
    rule::Rule,
    tile::Tile,
};
use crate::{Error, Gradient};

/// Minimum number of elements for which starting threads pays off.
const MANY: i64 = 1 << 20;

/// An optimiser with its state: some tensors for each parameter, and the number of its steps.
#[derive(Debug)]
pub struct Optimizer {
    settings: OptimizerConfig,
    parameters: Vec<Parameter>,
    steps: u64,
}

/// State of one parameter.
#[derive(Debug)]
struct Parameter {
    name: String,
    size: Vec<i64>,
    state: Vec<Tensor>,
}

impl Optimizer {
    /// Creates an optimiser for these named tensors, with a state of zeros.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] or [`Error::Setting`] if a setting is out of its range, [`Error::Libtorch`] if memory runs out.
    pub fn new<'a>(
        settings: impl Into<OptimizerConfig>,
        tensors: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
    ) -> Result<Self, Error> {
        let settings = settings.into();
        settings.check()?;
        let count = rule(&settings)?.state().len();
        let _guard = tch::no_grad_guard();
        let parameter = |(name, tensor): (&str, &Tensor)| {
            let state = (0..count).map(|_| Ok(tensor.f_zeros_like()?)).collect::<Result<_, Error>>()?;
            Ok(Parameter { name: name.to_owned(), size: tensor.size(), state })
        };
        let parameters = tensors.into_iter().map(parameter).collect::<Result<_, Error>>()?;
        Ok(Self { settings, parameters, steps: 0 })
    }

    /// The state by name, such as `mean_square.` and the name of the tensor, in the order given to [`Self::new`].
    pub fn state(&self) -> Vec<(String, &Tensor)> {
        let kinds = rule(&self.settings).map_or(&[][..], |rule| rule.state());
        let named = |parameter: &'_ Parameter| {
            let name = parameter.name.clone();
            kinds.iter().map(move |kind| format!("{kind}.{name}"))
        };
        let names = self.parameters.iter().flat_map(named);
        names.zip(self.parameters.iter().flat_map(|parameter| &parameter.state)).collect()
    }

    /// Sets the number of steps that are done, after the state was restored.
    pub(crate) fn continue_after(&mut self, steps: u64) {
        self.steps = steps;
    }

    /// Updates `tensors` in place by one step. They must be those of [`Self::new`], in the same order, and each of `gradients` has
    /// its tensor's shape. `rate` is the learning rate; `clipping` limits the gradients first.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] if a tensor or gradient is missing or has another shape, [`Error::Libtorch`] if memory runs out.
    pub fn step(
        &mut self,
        tensors: &[&Tensor],
        gradients: &[Gradient],
        rate: f64,
        clipping: Option<Clipping>,
    ) -> Result<(), Error> {
        self.check(tensors, gradients)?;
        let _guard = tch::no_grad_guard();
        let clips = Clip::plan(clipping, gradients)?;
        self.steps += 1;
        let step = Step { rule: rule(&self.settings)?, rate, number: self.steps };
        let each = tensors.iter().zip(gradients).zip(&self.parameters).zip(clips);
        let moved = each
            .map(|(((tensor, gradient), of), clip)| Moved::new(tensor, &of.state, gradient, clip))
            .collect::<Result<Vec<_>, Error>>()?;
        move_all(&moved, step, tensors.first().map_or(tch::Device::Cpu, |tensor| tensor.device()))
    }

    fn check(&self, tensors: &[&Tensor], gradients: &[Gradient]) -> Result<(), Error> {
        let count = self.parameters.len();
        if tensors.len() != count || gradients.len() != count {
            return Err(Error::Shape {
                what: "the list of tensors or of gradients".into(),
                expected: format!("{count} of each"),
                found: vec![tensors.len() as i64, gradients.len() as i64],
            });
        }
        for ((tensor, gradient), Parameter { name, size, .. }) in
            tensors.iter().zip(gradients).zip(&self.parameters)
        {
            if let Some(other) = [tensor.size(), gradient.size()].into_iter().find(|other| other != size) {
                return Err(Error::Shape {
                    what: format!("{name} or its gradient"),
                    expected: format!("{size:?}"),
                    found: other,
                });
            }
        }
        Ok(())
    }
}

/// Moves all tiles of all parameters.
fn move_all(moved: &[Moved], step: Step<'_>, device: tch::Device) -> Result<(), Error> {
    let of = |(place, moved): (usize, &Moved)| moved.tiles().into_iter().map(move |tile| (place, tile));
    let tiles: Vec<(usize, Tile)> = moved.iter().enumerate().flat_map(of).collect();
    let Some(largest) = tiles.iter().map(|(_, tile)| tile.elements()).max() else { return Ok(()) };
    let next = AtomicUsize::new(0);
    let work = |moved: &[Moved]| -> Result<(), Error> {
        let _guard = tch::no_grad_guard();
        let room = || Tensor::f_empty([largest], (Kind::Float, device));
        let rooms = [room()?, room()?];
        while let Some(&(place, tile)) = tiles.get(next.fetch_add(1, Ordering::Relaxed)) {
            moved[place].step(tile, step, &rooms)?;
        }
        Ok(())
    };
    let elements: i64 = tiles.iter().map(|(_, tile)| tile.elements()).sum();
    // libtorch's thread count for the calling thread. It is 1 while trainings run side by side.
    let threads = tch::get_num_threads();
    if device.is_cuda() || threads < 2 || elements < MANY {
        return work(moved);
    }
    let side_by_side = SideBySide::begin();
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .map(|_| {
                let own: Vec<Moved> = moved.iter().map(Moved::shallow_clone).collect();
                let (work, side_by_side) = (&work, &side_by_side);
                scope.spawn(move || {
                    side_by_side.enter();
                    work(&own)
                })
            })
            .collect();
        side_by_side.enter();
        let own = work(moved);
        let joined =
            others.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.fold(own, Result::and)
    })
}

/// The equations of an optimiser.
fn rule(settings: &OptimizerConfig) -> Result<&dyn Rule, Error> {
    match settings {
        OptimizerConfig::RmsProp(settings) => Ok(settings),
        OptimizerConfig::Adam(settings) => Ok(settings),
        OptimizerConfig::Sgd(settings) => Ok(settings),
        other => Err(Error::setting("the optimiser", format!("{other:?}"), "choose rmsprop, adam or sgd")),
    }
}

#[cfg(test)]
mod tests {
    use radiograph_protocol::{Adam, RmsProp, RmsPropForm, Sgd};

    use super::*;

    fn stepped(settings: RmsProp, weight: f32, gradient: f32, rate: f64) -> f64 {
        let weight = Tensor::from_slice(&[weight]);
        let mut optimizer = Optimizer::new(settings, [("w", &weight)]).unwrap();
        optimizer.step(&[&weight], &[Tensor::from_slice(&[gradient]).into()], rate, None).unwrap();
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
        let tensors = || [Tensor::from_slice(&[3.0_f32]), Tensor::from_slice(&[0.0_f32, -4.0])];
        let gradients = || tensors().map(Gradient::from);
        let scales = |clipping| match Clip::plan(Some(clipping), &gradients()).unwrap()[..] {
            [Clip::Scale(first), Clip::Scale(second)] => [first, second],
            ref other => panic!("{other:?}"),
        };
        assert_eq!(scales(Clipping::VariableNorm(3.5)), [1.0, 0.875]);
        assert_eq!(scales(Clipping::GlobalNorm(3.5)), [0.7, 0.7]);
        assert_eq!(scales(Clipping::GlobalNorm(5.5)), [1.0, 1.0]);
        let room = Tensor::zeros([2], tch::kind::FLOAT_CPU);
        let cut = Clip::Cut(3.5);
        let cut = cut.apply(&tensors()[1], &room).map(|cut| Vec::<f32>::try_from(cut).unwrap()).unwrap();
        assert_eq!(cut, [0.0, -3.5]);
    }

    /// The first step of Adam has the length of the rate whatever the gradient, and state goes by the tensor's name.
    #[test]
    fn each_optimiser_has_its_own_state() {
        let weight = Tensor::from_slice(&[1.0_f32, -1.0]);
        let gradient = [Tensor::from_slice(&[1e-3_f32, 50.0]).into()];
        let names = |settings: OptimizerConfig| -> Vec<String> {
            let mut optimizer = Optimizer::new(settings, [("w", &weight)]).unwrap();
            optimizer.step(&[&weight], &gradient, 0.0, None).unwrap();
            optimizer.state().into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(RmsProp::KERAS.into()), ["mean_square.w"]);
        assert_eq!(names(Adam::PYTORCH.into()), ["mean.w", "mean_square.w"]);
        assert_eq!(names(Sgd { momentum: 0.9, ..Sgd::PLAIN }.into()), ["direction.w"]);
        assert!(names(Sgd::PLAIN.into()).is_empty());
        let mut adam = Optimizer::new(Adam::PYTORCH, [("w", &weight)]).unwrap();
        adam.step(&[&weight], &gradient, 0.25, None).unwrap();
        for (place, expected) in [0.75, -1.25].into_iter().enumerate() {
            assert!((weight.double_value(&[place as i64]) - expected).abs() < 1e-4, "{weight:?}");
        }
    }

    #[test]
    fn tiles_change_nothing() {
        let count = MANY + 5;
        let weight = Tensor::zeros([count], tch::kind::FLOAT_CPU);
        let mut optimizer = Optimizer::new(RmsProp::KERAS, [("w", &weight)]).unwrap();
        let gradient = Tensor::arange(count, tch::kind::FLOAT_CPU).remainder(7.0) - 3.0;
        optimizer.step(&[&weight], &[gradient.shallow_clone().into()], 0.1, None).unwrap();
        let expected = &gradient * -0.1 / (gradient.square() * 0.1 + 1e-7).sqrt();
        let error = (weight - expected).abs().max().double_value(&[]);
        assert!(error < 1e-6, "{error}");
    }
}
