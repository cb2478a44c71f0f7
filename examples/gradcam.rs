//! Where the evidence for a class is: heat maps by several methods, and whether they agree.
//!
//! `cargo run -p radiograph-examples --example gradcam`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use radiograph_classes::Classes;
use radiograph_gradcam::{Explainer, Method, Target, measure::agreement};
use tch::{Kind, Tensor};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tch::manual_seed(7);
    let classes = Classes::new(["covid", "normal", "pneumonia"])?;

    // Any function from features to logits can be explained: here the weighted means of the channels.
    let weights = Tensor::f_randn([3, 16], tch::kind::FLOAT_CPU)?;
    let head = |features: &Tensor| {
        features.f_mean_dim([2_i64, 3].as_slice(), false, Kind::Float)?.f_linear::<Tensor>(&weights, None)
    };
    let explainer = Explainer::new(&classes, head);

    let features = Tensor::f_rand([1, 16, 7, 7], tch::kind::FLOAT_CPU)?;
    let mut maps = Vec::new();
    for method in [Method::GradCam, Method::HiResCam] {
        for explanation in explainer.explain(&features, method, &Target::default())? {
            println!("{method}: {} ({:.3})", explanation.class.name(), explanation.probability);
            println!("{:.2}", explanation.map.raw());
            maps.push((method, explanation.map));
        }
    }
    let pairs: Vec<_> = maps.iter().map(|(method, map)| (*method, map)).collect();
    for pair in agreement(&pairs)? {
        println!("{} and {}: rank correlation {:?}", pair.first, pair.second, pair.rank_correlation);
    }
    Ok(())
}
