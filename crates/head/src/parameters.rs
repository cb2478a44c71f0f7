//! The named tensors of a head and their initialisation. Layers hold second handles to them.

use radiograph_libtorch::Device;
use radiograph_protocol::{HeadTensor, Initial, Role};
use radiograph_random::Stream;
use tch::{Kind, Tensor};

use crate::Error;

/// Number of elements that are filled or read at a time, so that no second copy of a large tensor is needed.
pub(crate) const PIECE: i64 = 1 << 18;

/// A named tensor of a head.
#[derive(Debug)]
pub struct Parameter {
    name: String,
    role: Role,
    tensor: Tensor,
}

impl Parameter {
    /// Its name, as in a file of weights: `lstm.weight_ih_l0`, `fc_1.bias`, …
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its purpose.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Its values, f32. The tensor shares the memory that the head computes with.
    pub fn tensor(&self) -> &Tensor {
        &self.tensor
    }
}

/// All named tensors of a head, in a fixed order.
#[derive(Debug)]
pub struct Parameters(Vec<Parameter>);

impl Parameters {
    /// Fresh tensors with the first values that the layout names, each from the random stream of its name and the seed.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if two tensors have one name, [`Error::Libtorch`] if the device lacks memory.
    pub fn new(layout: &[HeadTensor], seed: u64, device: Device) -> Result<Self, Error> {
        for (place, entry) in layout.iter().enumerate() {
            if layout[..place].iter().any(|other| other.name == entry.name) {
                return Err(Error::setting(
                    "the name of two parameters",
                    &entry.name,
                    "name each tensor once",
                ));
            }
        }
        let parameter = |entry: &HeadTensor| {
            let mut tensor = Tensor::f_zeros(entry.shape.as_slice(), (Kind::Float, device.to_tch()))?;
            initialise(&mut tensor, entry.initial, Stream::new(seed, &format!("initial.{}", entry.name)))?;
            let tensor = tensor.f_set_requires_grad(entry.role == Role::Trained)?;
            Ok(Parameter { name: entry.name.clone(), role: entry.role, tensor })
        };
        layout.iter().map(parameter).collect::<Result<_, Error>>().map(Self)
    }

    /// All parameters, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Parameter> {
        self.0.iter()
    }

    /// The trained parameters.
    pub fn trained(&self) -> impl Iterator<Item = &Parameter> {
        self.0.iter().filter(|parameter| parameter.role == Role::Trained)
    }

    /// The parameter of this name.
    pub fn named(&self, name: &str) -> Option<&Parameter> {
        self.0.iter().find(|parameter| parameter.name == name)
    }

    /// Copies values into the parameter of this name, in place.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if there is none of this name, [`Error::Shape`] if the values have another shape: nothing is
    /// broadcast.
    pub fn set(&self, name: &str, values: &Tensor) -> Result<(), Error> {
        let parameter = self
            .named(name)
            .ok_or_else(|| Error::setting("a parameter's name", name, "name one that the head has"))?;
        if parameter.tensor.size() != values.size() {
            return Err(Error::Shape {
                what: name.to_owned(),
                expected: format!("{:?}", parameter.tensor.size()),
                found: values.size(),
            });
        }
        let _guard = tch::no_grad_guard();
        parameter.tensor.shallow_clone().f_copy_(values)?;
        Ok(())
    }

    /// Makes a tensor trained or frozen, such as the second bias of a loaded LSTM.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if there is none of this name, or if it is a moving average.
    pub fn set_trained(&mut self, name: &str, trained: bool) -> Result<(), Error> {
        match self.0.iter_mut().find(|parameter| parameter.name == name && parameter.role != Role::Statistic)
        {
            Some(parameter) => {
                parameter.role = if trained { Role::Trained } else { Role::Frozen };
                let _same = parameter.tensor.f_set_requires_grad(trained)?;
                Ok(())
            }
            None => {
                Err(Error::setting("a parameter's name", name, "name a weight or bias that the head has"))
            }
        }
    }

    /// A second handle to the memory of a tensor, for a layer that computes with it.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if there is none of this name.
    pub fn handle(&self, name: &str) -> Result<Tensor, Error> {
        match self.named(name) {
            Some(parameter) => Ok(parameter.tensor.shallow_clone()),
            None => Err(Error::setting("a parameter's name", name, "name one that the head has")),
        }
    }
}

fn initialise(tensor: &mut Tensor, initial: Initial, mut stream: Stream) -> Result<(), Error> {
    let _guard = tch::no_grad_guard();
    match initial {
        Initial::Zeros => {}
        Initial::Ones => {
            let _ = tensor.f_fill_(1.0)?;
        }
        Initial::ForgetGateOne => {
            let units = tensor.size()[0] / 4;
            let _ = tensor.f_narrow(0, units, units)?.f_fill_(1.0)?;
        }
        Initial::GlorotUniform { inputs, outputs } => {
            let bound = (6.0 / (inputs + outputs) as f64).sqrt() as f32;
            let flat = tensor.f_view([-1])?;
            let count = flat.size()[0];
            let mut values = Vec::with_capacity(PIECE.min(count) as usize);
            for start in (0..count).step_by(PIECE as usize) {
                let length = PIECE.min(count - start);
                values.clear();
                values.extend((0..length).map(|_| bound * stream.symmetric()));
                flat.f_narrow(0, start, length)?.f_copy_(&Tensor::f_from_slice(&values)?)?;
            }
        }
        Initial::Orthogonal => tensor.f_copy_(&orthogonal(&tensor.size(), &mut stream)?)?,
        other => return Err(Error::setting("the first values", format!("{other:?}"), "choose others")),
    }
    Ok(())
}

/// Computed in f64 on the CPU, so that every device begins with the same values.
fn orthogonal(shape: &[i64], stream: &mut Stream) -> Result<Tensor, Error> {
    let (rows, columns) = (shape[0], shape[1]);
    let (long, short) = (rows.max(columns), rows.min(columns));
    let values: Vec<f64> = (0..long * short).map(|_| stream.normal()).collect();
    let normal = Tensor::f_from_slice(&values)?.f_view([long, short])?;
    let (q, r) = Tensor::f_linalg_qr(&normal, "reduced")?;
    // A diagonal of zero has probability zero, but would erase a column.
    let positive = r.f_diagonal(0, 0, 1)?.f_ge(0.0)?.f_to_kind(Kind::Double)?;
    let signs = positive.f_mul_scalar(2.0)?.f_sub_scalar(1.0)?;
    let q = q.f_mul(&signs)?;
    Ok(if rows < columns { q.f_transpose(0, 1)? } else { q })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(shape: &[i64], initial: Initial) -> Tensor {
        let entry = HeadTensor::new("weight", shape, initial, Role::Frozen);
        Parameters::new(&[entry], 7, Device::CPU).unwrap().0.remove(0).tensor
    }

    #[test]
    fn orthogonal_matrices_are_orthonormal_in_their_shorter_direction() {
        for (rows, columns) in [(12, 3), (3, 12), (5, 5)] {
            let matrix = filled(&[rows, columns], Initial::Orthogonal).to_kind(Kind::Double);
            let gram = if rows < columns {
                matrix.matmul(&matrix.transpose(0, 1))
            } else {
                matrix.transpose(0, 1).matmul(&matrix)
            };
            let identity = Tensor::eye(rows.min(columns), (Kind::Double, tch::Device::Cpu));
            let error = (gram - identity).abs().max().double_value(&[]);
            assert!(error < 1e-6, "{rows} x {columns}: {error}");
        }
    }

    #[test]
    fn glorot_values_fill_their_interval_and_no_more() {
        let bound = (6.0_f64 / 200.0).sqrt();
        let weight = filled(&[600, 500], Initial::GlorotUniform { inputs: 150, outputs: 50 });
        let (least, most) = (weight.min().double_value(&[]), weight.max().double_value(&[]));
        assert!(least >= -bound && least < -0.99 * bound, "{least}");
        assert!(most <= bound && most > 0.99 * bound, "{most}");
        // The variance of a uniform distribution is a third of its bound's square.
        let variance = weight.square().mean(Kind::Double).double_value(&[]);
        assert!((variance / (bound * bound / 3.0) - 1.0).abs() < 0.01, "{variance}");
        // More elements than one piece, and no piece repeats another.
        let flat = weight.view([-1]);
        assert_ne!(flat.narrow(0, 0, 1000), flat.narrow(0, PIECE, 1000));
    }

    #[test]
    fn only_the_forget_gate_begins_at_one() {
        let bias = Vec::<f32>::try_from(filled(&[8], Initial::ForgetGateOne)).unwrap();
        assert_eq!(bias, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn values_of_another_shape_are_not_broadcast() {
        let entry = HeadTensor::new("bias", &[3], Initial::Zeros, Role::Trained);
        let parameters = Parameters::new(&[entry], 0, Device::CPU).unwrap();
        let one = Tensor::ones([1], tch::kind::FLOAT_CPU);
        assert!(matches!(parameters.set("bias", &one), Err(Error::Shape { .. })));
        assert!(matches!(parameters.set("absent", &one), Err(Error::Setting { .. })));
    }
}
