//! The head of this project: a reading of the map, and dense layers, as [`HeadConfig`] says.

use radiograph_classes::Classes;
use radiograph_libtorch::Device;
use radiograph_protocol::{Dropout, DropoutPlace, FeatureShape, HeadConfig, HeadTensor, Initial};
use serde_json::Value;
use tch::Tensor;

use crate::{
    DenseTail, Error, Head, Mode, Parameters, TailLayer,
    layers::{BatchNorm, Dense},
    reader::Reader,
};

/// A head with the settings of a [`HeadConfig`]: a feature map is read as a vector, and dense layers classify it.
#[derive(Debug)]
pub struct ConfiguredHead {
    config: HeadConfig,
    device: Device,
    parameters: Parameters,
    reader: Reader,
    hidden: Vec<Hidden>,
    output: Dense,
}

/// A hidden dense layer.
#[derive(Debug)]
struct Hidden {
    dense: Dense,
    norm: Option<BatchNorm>,
}

impl ConfiguredHead {
    /// A head with first weights drawn from `seed`, each tensor from its own stream.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if a setting is out of its range, [`Error::Libtorch`] if the device lacks memory.
    pub fn new(config: HeadConfig, seed: u64, device: Device) -> Result<Self, Error> {
        let layout = config.layout()?;
        Self::with(config, Parameters::new(&layout, seed, device)?, device)
    }

    /// A head of zeros, to be filled from a file.
    pub(crate) fn blank(config: HeadConfig, device: Device) -> Result<Self, Error> {
        let zeros = |tensor| HeadTensor { initial: Initial::Zeros, ..tensor };
        let layout: Vec<HeadTensor> = config.layout()?.into_iter().map(zeros).collect();
        Self::with(config, Parameters::new(&layout, 0, device)?, device)
    }

    fn with(config: HeadConfig, parameters: Parameters, device: Device) -> Result<Self, Error> {
        let reader = Reader::new(&config, &parameters)?;
        let hidden = (1..=config.dense.len())
            .map(|number| {
                let name = format!("fc_{number}");
                let norm = config.batch_norm.then(|| BatchNorm::new(&format!("{name}_norm"), &parameters));
                Ok(Hidden { dense: Dense::new(&name, &parameters)?, norm: norm.transpose()? })
            })
            .collect::<Result<_, Error>>()?;
        let output = Dense::new("output", &parameters)?;
        Ok(Self { config, device, parameters, reader, hidden, output })
    }

    /// Its settings.
    pub fn config(&self) -> &HeadConfig {
        &self.config
    }

    /// Its named tensors, for choosing which are trained.
    pub fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }

    /// The hidden states `[N, H·W, width]` of feature maps `[N, C, H, W]` at all steps of the last recurrent layer, before
    /// normalisation and dropout; `None` for a head without recurrent layers. The width is that of all directions.
    ///
    /// # Errors
    ///
    /// As [`Head::forward`].
    pub fn hidden_states(&self, features: &Tensor) -> Result<Option<Tensor>, Error> {
        self.check(features)?;
        self.reader.hidden_states(features)
    }

    /// The record of a head with these settings; see [`Head::settings`].
    pub(crate) fn settings_of(config: &HeadConfig) -> Value {
        // A config holds texts, numbers and lists, all of which JSON has.
        serde_json::to_value(config).unwrap_or_default()
    }

    fn check(&self, features: &Tensor) -> Result<(), Error> {
        let shape = self.config.features;
        let size = features.size();
        if size.len() == 4 && size[0] > 0 && size[1..] == [shape.channels, shape.height, shape.width] {
            return Ok(());
        }
        Err(Error::Shape {
            what: "the batch of feature maps".into(),
            expected: format!("[N, {shape}] with N above 0"),
            found: size,
        })
    }

    fn drop(&self, values: Tensor, mode: Mode, here: DropoutPlace, site: &str) -> Result<Tensor, Error> {
        Ok(match self.multipliers(&values.size(), mode, here, site)? {
            Some(multipliers) => values.f_mul(&multipliers)?,
            None => values,
        })
    }

    /// The multipliers of dropout for values of this shape, if there is dropout here.
    fn multipliers(
        &self,
        shape: &[i64],
        mode: Mode,
        here: DropoutPlace,
        site: &str,
    ) -> Result<Option<Tensor>, Error> {
        match (self.config.dropout, mode) {
            (Some(Dropout { rate, place }), Mode::Train(step))
                if rate > 0.0 && (place == DropoutPlace::Everywhere || place == here) =>
            {
                let multipliers = step.dropout_multipliers(shape, rate, site)?;
                Ok(Some(multipliers.f_to_device(self.device.to_tch())?))
            }
            _ => Ok(None),
        }
    }
}

impl Head for ConfiguredHead {
    fn features(&self) -> FeatureShape {
        self.config.features
    }

    fn classes(&self) -> &Classes {
        &self.config.classes
    }

    fn device(&self) -> Device {
        self.device
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn settings(&self) -> Value {
        Self::settings_of(&self.config)
    }

    fn forward(&self, features: &Tensor, mode: Mode) -> Result<Tensor, Error> {
        self.check(features)?;
        let read = self.reader.forward(features, mode)?;
        let mut values = self.drop(read, mode, DropoutPlace::AfterReading, "reading")?;
        for (index, hidden) in self.hidden.iter().enumerate() {
            values = hidden.dense.forward(&values)?.f_relu()?;
            if let Some(norm) = &hidden.norm {
                values = norm.forward(&values, mode)?;
            }
            values = self.drop(values, mode, DropoutPlace::AfterDense, &format!("fc_{}", index + 1))?;
        }
        self.output.forward(&values)
    }

    fn dense_tail(&self, features: &Tensor, mode: Mode) -> Result<Option<DenseTail<'_>>, Error> {
        if self.hidden.iter().any(|hidden| hidden.norm.is_some()) {
            return Ok(None);
        }
        self.check(features)?;
        let read = self.reader.forward(features, mode)?;
        let input = self.drop(read, mode, DropoutPlace::AfterReading, "reading")?;
        let images = features.size()[0];
        let named = |name: &str| {
            let missing = || Error::setting("a parameter's name", name, "name one that the head has");
            self.parameters.named(name).ok_or_else(missing)
        };
        let layer = |name: &str, relu: bool| -> Result<TailLayer<'_>, Error> {
            let (weight, bias) = (named(&format!("{name}.weight"))?, named(&format!("{name}.bias"))?);
            Ok(TailLayer { weight, bias, relu, multipliers: None })
        };
        let mut layers = Vec::with_capacity(self.hidden.len() + 1);
        for (number, &width) in (1..).zip(&self.config.dense) {
            let name = format!("fc_{number}");
            let multipliers = self.multipliers(&[images, width], mode, DropoutPlace::AfterDense, &name)?;
            layers.push(TailLayer { multipliers, ..layer(&name, true)? });
        }
        layers.push(layer("output", false)?);
        Ok(Some(DenseTail { input, layers }))
    }

    fn attention(&self, features: &Tensor) -> Result<Option<Tensor>, Error> {
        self.check(features)?;
        self.reader.attention(features)
    }
}
