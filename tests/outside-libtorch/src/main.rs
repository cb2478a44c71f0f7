//! Uses every crate that needs libtorch once, as an external project would.

use radiograph::Config;
use radiograph_backbone::Backbone;
use radiograph_classes::Classes;
use radiograph_gradcam::{Explainer, Method, Target};
use radiograph_head::{Architecture, FeatureShape, Head, HeadConfig, Mode, Preset};
use radiograph_libtorch::Device;
use radiograph_weights::Lineage;
use tch::{Kind, Tensor};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device: Device = "cpu".parse()?;
    println!("libtorch: {device}");

    let network = Architecture::DenseNet121;
    let backbone = Backbone::random(network, 1, Lineage::torchvision(network), device)?;
    let images = Tensor::ones([2, 3, 64, 64], (Kind::Float, device.to_tch()));
    let features = backbone.forward_features(&images)?;
    println!("backbone: {:?}", features.size());

    let classes = Classes::new(["covid", "normal"])?;
    let shape = FeatureShape { channels: 1024, height: 2, width: 2 };
    let small = HeadConfig { dense: vec![16], ..Preset::Paper.baseline(network, shape, &classes) };
    let head = Head::new(small, 1, device)?;
    println!("head: {:?}", head.forward(&features, Mode::Evaluate)?.size());

    let logits = |features: &Tensor| head.forward(features, Mode::Evaluate);
    let explained = Explainer::new(&classes, logits).explain(&features, Method::HiResCam, &Target::default())?;
    println!("gradcam: {} maps of {:?}", explained.len(), explained[0].map.raw().dim());

    let config = Config::resolve(Some("preset = 'paper'"), &["training.epochs=3".to_owned()])?;
    println!("radiograph: {} epochs", config.training.epochs);
    Ok(())
}
