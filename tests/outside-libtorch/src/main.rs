//! Uses every crate that needs libtorch once, as an external project would.

mod own_network;

use std::ops::ControlFlow;

use radiograph::Config;
use radiograph_backbone::Backbone;
use radiograph_classes::Classes;
use radiograph_features::{Element, ExtractionKey};
use radiograph_files::ContentHash;
use radiograph_gradcam::{Explainer, Method, Target};
use radiograph_head::{
    Architecture, ConfiguredHead, Error, FeatureShape, Feed, Fit, Head, HeadConfig, HeadTensor, InMemory,
    Initial, Mode, Parameters, Preset, Role, Samples, Schedule, TrainingConfig,
};
use radiograph_libtorch::Device;
use radiograph_weights::Lineage;
use serde_json::{Value, json};
use tch::{Kind, Tensor};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device: Device = "cpu".parse()?;
    println!("libtorch: {device}");

    let network = Architecture::DENSENET121;
    let backbone = Backbone::random(network, 1, Lineage::torchvision(network), device)?;
    let images = Tensor::ones([2, 3, 64, 64], (Kind::Float, device.to_tch()));
    let features = backbone.forward_features(&images)?;
    println!("backbone: {:?}", features.size());

    let classes = Classes::new(["covid", "normal"])?;
    let shape = FeatureShape { channels: 1024, height: 2, width: 2 };
    let small = HeadConfig { dense: vec![16], ..Preset::Paper.baseline(network, shape, &classes) };
    let head = ConfiguredHead::new(small, 1, device)?;
    println!("head: {:?}", head.forward(&features, Mode::Evaluate)?.size());

    let logits = |features: &Tensor| head.explained(features);
    let explained = Explainer::new(&classes, logits).explain(&features, Method::HiResCam, &Target::default())?;
    println!("gradcam: {} maps of {:?}", explained.len(), explained[0].map.raw().dim());

    own_head(&classes, device)?;

    let config = Config::resolve(Some("preset = 'paper'"), &["training.epochs=3".to_owned()])?;
    println!("radiograph: {} epochs", config.training.epochs);
    own_network::run()
}

/// A head that this project knows and radiograph does not: it classifies the greatest value of each channel.
struct Greatest {
    features: FeatureShape,
    classes: Classes,
    device: Device,
    parameters: Parameters,
}

impl Head for Greatest {
    fn features(&self) -> FeatureShape {
        self.features
    }

    fn classes(&self) -> &Classes {
        &self.classes
    }

    fn device(&self) -> Device {
        self.device
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn settings(&self) -> Value {
        json!({ "head": "greatest", "features": self.features, "classes": self.classes })
    }

    fn forward(&self, features: &Tensor, mode: Mode) -> Result<Tensor, Error> {
        let greatest = features.f_amax(&[2_i64, 3][..], false)?;
        let seen = match mode {
            Mode::Train(step) => step.dropout(&greatest, 0.1, "greatest")?,
            Mode::Evaluate => greatest,
        };
        Ok(seen.f_linear(&self.parameters.handle("output.weight")?, None::<&Tensor>)?)
    }
}

/// Trains such a head on maps of two channels, of which one is brighter somewhere, and explains it.
fn own_head(classes: &Classes, device: Device) -> Result<(), Box<dyn std::error::Error>> {
    let features = FeatureShape { channels: 2, height: 3, width: 3 };
    let (count, length) = (40, features.len());
    let mut values = vec![0.1_f32; count * length];
    let mut samples = Samples::new(classes);
    for image in 0..count {
        values[image * length + image % 2 * 9 + image % 9] = 1.0;
        samples.push(image, ["covid", "normal"][image % 2])?;
    }
    let maps = InMemory::new(features, values)?;
    let feed = Feed::new(&maps, device, u64::MAX)?;
    let config = TrainingConfig {
        schedule: Schedule::Constant { rate: 0.02 },
        batch: 8,
        epochs: 20,
        patience: None,
        ..Preset::Trustworthy.training(1)
    };
    let key = ExtractionKey {
        backbone: "none".to_owned(),
        weights: ContentHash::of_bytes(b"none"),
        preprocessing: "none".to_owned(),
        lineage: "none".to_owned(),
        precision: Element::F32,
        computation: None,
    };
    let fit = Fit {
        feed: &feed,
        training: &samples,
        validation: Some(&samples),
        config: &config,
        key: &key,
        folder: None,
    };
    let layout = [HeadTensor::new("output.weight", &[2, 2], Initial::Zeros, Role::Trained)];
    let parameters = Parameters::new(&layout, 1, device)?;
    let head = Greatest { features, classes: classes.clone(), device, parameters };
    let fitted = fit.run(head, &mut |_| ControlFlow::Continue(()))?;
    let last = fitted.history.epochs().last().and_then(|epoch| epoch.validation).ok_or("not validated")?;
    if last.accuracy < 1.0 {
        return Err(format!("the head of this project reached an accuracy of {} only", last.accuracy).into());
    }
    println!("own head: accuracy {} after {} epochs", last.accuracy, fitted.history.epochs().len());
    let image = Tensor::from_slice(&[0.1_f32; 18]).view([1, 2, 3, 3]).to_device(device.to_tch());
    let _ = image.get(0).get(0).get(1).get(2).fill_(1.0);
    let scorer = |features: &Tensor| fitted.head.explained(features);
    let explained = Explainer::new(classes, scorer).explain(&image, Method::HiResCam, &Target::default())?;
    let places = explained[0].map.raw().iter().enumerate();
    let (strongest, _) = places.max_by(|one, other| one.1.total_cmp(other.1)).ok_or("an empty map")?;
    println!("own head: {}, most of all for place {strongest}", explained[0].predicted.name());
    Ok(())
}
