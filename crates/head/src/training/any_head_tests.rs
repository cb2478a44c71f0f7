//! Tests of trainings of a head that is not [`ConfiguredHead`](crate::ConfiguredHead).

use std::ops::ControlFlow;

use radiograph_classes::Classes;
use radiograph_libtorch::Device;
use radiograph_protocol::FeatureShape;
use serde_json::{Value, json};
use tch::{Kind, Tensor};

use super::tests::{SAMPLES, SHAPE, classes, config, fingerprint, key, noise, samples};
use crate::{
    Adam, End, Error, Event, Feed, Fit, Fitted, Head, HeadTensor, Initial, Mode, Parameters, Role, Schedule,
    TrainingConfig,
};

/// Logistic regression on the flattened map, with dropout.
struct Linear {
    classes: Classes,
    parameters: Parameters,
    /// Number of columns of the logits; wrong in one test.
    columns: i64,
    rate: f64,
}

impl Linear {
    fn new(role: Role) -> Self {
        let weight = HeadTensor::new("weight", &[3, SHAPE.len() as i64], Initial::Zeros, role);
        let unused = HeadTensor::new("unused", &[2], Initial::Ones, Role::Frozen);
        let parameters = Parameters::new(&[weight, unused], 1, Device::CPU).unwrap();
        Self { classes: classes(), parameters, columns: 3, rate: 0.2 }
    }
}

impl Head for Linear {
    fn features(&self) -> FeatureShape {
        SHAPE
    }

    fn classes(&self) -> &Classes {
        &self.classes
    }

    fn device(&self) -> Device {
        Device::CPU
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn settings(&self) -> Value {
        json!({ "linear": { "rate": self.rate } })
    }

    fn forward(&self, features: &Tensor, mode: Mode) -> Result<Tensor, Error> {
        let flat = features.f_flatten(1, 3)?;
        let seen = match mode {
            Mode::Train(step) => step.dropout(&flat, self.rate, "input")?,
            Mode::Evaluate => flat,
        };
        let logits = seen.f_linear(&self.parameters.handle("weight")?, None::<&Tensor>)?;
        Ok(logits.f_narrow(1, 0, self.columns)?)
    }
}

fn train(
    head: Linear,
    config: &TrainingConfig,
    folder: Option<&std::path::Path>,
    observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<Fitted<Linear>, Error> {
    let features = noise();
    let feed = Feed::new(&features, Device::CPU, u64::MAX)?;
    let (training, key) = (samples(0..SAMPLES), key());
    Fit { feed: &feed, training: &training, validation: None, config, key: &key, folder }.run(head, observe)
}

/// The losses of gradient descent without momentum, which the test writes out in f64.
#[test]
fn another_head_descends_its_own_gradient() {
    let config = TrainingConfig {
        optimizer: crate::Sgd::PLAIN.into(),
        schedule: Schedule::Constant { rate: 0.5 },
        clipping: None,
        batch: SAMPLES,
        epochs: 5,
        ..config()
    };
    let head = Linear { rate: 0.0, ..Linear::new(Role::Trained) };
    let fitted = train(head, &config, None, &mut |_| ControlFlow::Continue(())).unwrap();
    let features = noise();
    let mut values = vec![0.0; SAMPLES * SHAPE.len()];
    crate::Features::read(&features, &(0..SAMPLES).collect::<Vec<_>>(), &mut values).unwrap();
    let rows: Vec<&[f32]> = values.chunks(SHAPE.len()).collect();
    let mut weight = vec![vec![0.0_f64; SHAPE.len()]; 3];
    for epoch in fitted.history.epochs() {
        let (mut loss, mut gradient) = (0.0, vec![vec![0.0_f64; SHAPE.len()]; 3]);
        for (number, row) in rows.iter().enumerate() {
            let logit = |class: usize| -> f64 {
                weight[class].iter().zip(*row).map(|(w, x)| w * f64::from(*x)).sum()
            };
            let logits: Vec<f64> = (0..3).map(logit).collect();
            let total: f64 = logits.iter().map(|logit| logit.exp()).sum();
            loss += (total.ln() - logits[number % 3]) / SAMPLES as f64;
            for class in 0..3 {
                let error = logits[class].exp() / total - f64::from(u8::from(class == number % 3));
                for (sum, x) in gradient[class].iter_mut().zip(*row) {
                    *sum += error * f64::from(*x) / SAMPLES as f64;
                }
            }
        }
        assert!((epoch.training.loss - loss).abs() < 1e-6, "{}: {loss}", epoch.training.loss);
        for (weight, gradient) in weight.iter_mut().flatten().zip(gradient.iter().flatten()) {
            *weight -= 0.5 * gradient;
        }
    }
    let trained = fitted.head.parameters().named("weight").unwrap().tensor().to_kind(Kind::Double);
    let trained = Vec::<f64>::try_from(trained.view([-1])).unwrap();
    for (got, expected) in trained.iter().zip(weight.concat()) {
        assert!((got - expected).abs() < 1e-6, "{got}: {expected}");
    }
}

#[test]
fn another_head_resumes_with_the_same_bytes_and_only_with_its_settings() {
    let config = TrainingConfig { optimizer: Adam::PYTORCH.into(), epochs: 3, ..config() };
    let whole = train(Linear::new(Role::Trained), &config, None, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(whole.head.parameters().named("weight").unwrap().tensor().abs().max().double_value(&[]) > 0.0);
    let folder = tempfile::tempdir().unwrap();
    let broken = train(Linear::new(Role::Trained), &config, Some(folder.path()), &mut |event| match event {
        Event::Step { epoch: 2, step: 2, .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert_eq!(broken.unwrap().end, End::Broken);
    let mut resumed = false;
    let other = Linear { rate: 0.3, ..Linear::new(Role::Trained) };
    let error = train(other, &config, Some(folder.path()), &mut |_| ControlFlow::Continue(())).err().unwrap();
    assert!(matches!(&error, Error::Foreign { field, .. } if field == "head.linear.rate"), "{error}");
    let second = train(Linear::new(Role::Trained), &config, Some(folder.path()), &mut |event| {
        resumed |= matches!(event, Event::Resumed { epochs: 1, step: 2 });
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(resumed);
    assert_eq!(fingerprint(&second.head), fingerprint(&whole.head));
}

#[test]
fn a_head_that_cannot_be_trained_is_refused() {
    let refused = |head| train(head, &config(), None, &mut |_| ControlFlow::Continue(())).err().unwrap();
    let error = refused(Linear::new(Role::Frozen));
    assert!(error.to_string().contains("trained parameters is 0"), "{error}");
    let error = refused(Linear { columns: 2, ..Linear::new(Role::Trained) });
    assert!(matches!(&error, Error::Shape { what, .. } if what.contains("logits")), "{error}");
    let mut head = Linear::new(Role::Trained);
    head.parameters.set_trained("unused", true).unwrap();
    let error = refused(head);
    assert!(error.to_string().contains("unused"), "{error}");
    let twice = HeadTensor::new("weight", &[2], Initial::Zeros, Role::Trained);
    assert!(matches!(Parameters::new(&[twice.clone(), twice], 0, Device::CPU), Err(Error::Setting { .. })));
}
