//! Compares heat maps with `pytorch-grad-cam`, through this project's own head: seven methods on six heads.

use std::collections::BTreeMap;

use ndarray::Array2;
use radiograph_classes::Classes;
use radiograph_gradcam::{
    Evidence, Explainer, Explanation, GradcamError, Method, NoEvidence, Target,
    measure::{Assessment, Inside, Mask, Regions},
};
use radiograph_head::{ConfiguredHead, Head, Mode, SequenceOrder};
use serde::Deserialize;
use tch::Tensor;

use crate::{devices::device, head, reference};

#[derive(Deserialize)]
struct Reference {
    salt: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    order: SequenceOrder,
    peephole: bool,
    class_index: usize,
    /// Values by method, image and row.
    raw: BTreeMap<String, Vec<Vec<Vec<f64>>>>,
}

/// Names of the methods in the reference file, which has no Eigen-CAM.
const METHODS: [(&str, Method); 7] = [
    ("grad_cam", Method::GradCam),
    ("grad_cam_plus_plus", Method::GradCamPlusPlus),
    ("hi_res_cam", Method::HiResCam),
    ("x_grad_cam", Method::XGradCam),
    ("layer_cam", Method::LayerCam),
    ("ablation_cam", Method::AblationCam),
    ("score_cam_on_features", Method::ScoreCam),
];

fn explained(head: &ConfiguredHead, features: &Tensor, method: Method, class: usize) -> Vec<Explanation> {
    let classes = head.config().classes.clone();
    let target = Target::class(classes.iter().nth(class).unwrap());
    let scorer = |features: &Tensor| head.forward(features, Mode::Evaluate);
    Explainer::new(&classes, scorer).explain(features, method, &target).unwrap()
}

#[test]
fn golden_gradcam_raw_maps_of_seven_methods() {
    let cams: Reference = reference::read("cams.json");
    let (heads, fill) = head::reference();
    assert_eq!(
        (cams.cases.len(), cams.salt.as_str()),
        (6, fill.salt()),
        "cases, and filled as the heads are"
    );
    let mut compared = 0;
    for (cam, case) in cams.cases.iter().zip(&heads.head) {
        assert_eq!((cam.order, cam.peephole), (case.order, case.peephole), "the same head in both files");
        assert_eq!(cam.raw.len(), METHODS.len());
        let (head, features) = (case.head(&fill), case.features(&fill));
        for (name, method) in METHODS {
            let explanations = explained(&head, &features, method, cam.class_index);
            assert_eq!(explanations.len(), cam.raw[name].len());
            for ((explanation, expected), logits) in explanations.iter().zip(&cam.raw[name]).zip(&case.logits)
            {
                // Ablation-CAM divides by the logit; one of 0.001 would make rounding a thousand times larger in both.
                let (ours, theirs) = match method {
                    Method::AblationCam => (explanation.score, logits[cam.class_index]),
                    _ => (1.0, 1.0),
                };
                let expected: Vec<f64> = expected.concat().iter().map(|value| value * theirs).collect();
                let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
                for (got, expected) in explanation.map.raw().iter().zip(&expected) {
                    let got = got * ours;
                    let error = (got - expected).abs() / largest;
                    assert!(error <= 1e-5, "{:?} {name}: {got}, expected {expected}", cam.order);
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 6 * 7 * 2 * 20);
}

#[test]
fn golden_gradcam_scaled_maps_of_the_heads() {
    let (heads, fill) = head::reference();
    for case in &heads.head {
        let explanations = explained(&case.head(&fill), &case.features(&fill), Method::GradCam, 1);
        for (explanation, expected) in explanations.iter().zip(&case.grad_cam_class_1) {
            let Evidence::Found(scaled) = explanation.map.evidence() else { panic!("nothing found") };
            assert_eq!(scaled.len(), expected.concat().len());
            for (got, expected) in scaled.iter().zip(expected.concat()) {
                assert!((got - expected).abs() <= 1e-5, "{got}, expected {expected}");
            }
        }
    }
}

#[test]
fn images_of_a_batch_do_not_see_each_other() {
    let (heads, fill) = head::reference();
    let case = &heads.head[0];
    let (head, features) = (case.head(&fill), case.features(&fill));
    for method in Method::ALL {
        let together = explained(&head, &features, method, 2);
        let alone = explained(&head, &features.narrow(0, 1, 1), method, 2);
        let largest = alone[0].map.raw().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        for (a, b) in together[1].map.raw().iter().zip(alone[0].map.raw()) {
            assert!((a - b).abs() <= 1e-5 * largest, "{method}: {a} and {b}");
        }
    }
}

#[test]
fn frozen_weights_and_a_caller_without_gradients_change_nothing() {
    let (heads, fill) = head::reference();
    let case = &heads.head[3];
    let (mut head, features) = (case.head(&fill), case.features(&fill));
    let before = explained(&head, &features, Method::GradCam, 0);
    let names: Vec<String> = head.parameters().iter().map(|parameter| parameter.name().to_owned()).collect();
    for name in names {
        head.parameters_mut().set_trained(&name, false).unwrap();
    }
    let after = tch::no_grad(|| explained(&head, &features, Method::GradCam, 0));
    assert_eq!(before, after);
}

/// A head that averages each channel and sums the averages with weights; its Grad-CAM is known by hand.
#[test]
fn a_linear_head_has_the_map_that_its_weights_say() {
    let features = Tensor::from_slice(&[1.0_f32, 0.0, 0.0, 2.0, 0.0, 3.0, 1.0, 0.0])
        .view([1, 2, 2, 2])
        .to_device(device().to_tch());
    let weights = Tensor::from_slice(&[1.0_f32, -1.0, 0.5, 2.0]).view([2, 2]).to_device(device().to_tch());
    let classes = Classes::new(["covid", "normal"]).unwrap();
    let head = |features: &Tensor| {
        features.f_mean_dim([2_i64, 3].as_slice(), false, tch::Kind::Float)?.f_matmul(&weights.tr())
    };
    let explainer = Explainer::new(&classes, head);
    let target = Target::class(classes.class("covid").unwrap());
    for method in [Method::GradCam, Method::HiResCam] {
        let map = explainer.explain(&features, method, &target).unwrap().remove(0).map;
        // Every gradient of channel 0 is 1/4, of channel 1 is -1/4.
        let expected = [0.25, -0.75, -0.25, 0.5];
        assert!(
            map.raw().iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 1e-7),
            "{map:?}"
        );
    }
}

/// The map of a layer inside the network, with the rest of the network given by the caller: 2 × 2 convolution without
/// overlap, ReLU, mean, one weight per class. The values are computed by hand.
#[test]
fn an_earlier_layer_is_explained_through_the_rest_of_the_network() {
    // One channel of 4 × 4 places; the four windows sum to 4, -2, 6 and 1 under a kernel of ones.
    let values = [1.0_f32, 1.0, -2.0, 0.0, 1.0, 1.0, 0.0, 0.0, 3.0, 0.0, 0.0, 1.0, 0.0, 3.0, 0.0, 0.0];
    let early = Tensor::from_slice(&values).view([1, 1, 4, 4]).to_device(device().to_tch());
    let kernel = Tensor::ones([1, 1, 2, 2], (tch::Kind::Float, device().to_tch()));
    let weights = Tensor::from_slice(&[2.0_f32, -2.0]).view([2, 1]).to_device(device().to_tch());
    let classes = Classes::new(["covid", "normal"]).unwrap();
    let rest = |early: &Tensor| {
        let map = early.f_conv2d::<Tensor>(&kernel, None, [2, 2], [0, 0], [1, 1], 1)?.f_relu()?;
        map.f_mean_dim([2_i64, 3].as_slice(), false, tch::Kind::Float)?.f_matmul(&weights.tr())
    };
    let explainer = Explainer::new(&classes, rest);
    let covid = Target::class(classes.class("covid").unwrap());
    // The logit is 2 · (4 + 0 + 6 + 1) / 4: its gradient is 1/2, and 0 in the window that ReLU shuts.
    let raw = |method| {
        let explanation = explainer.explain(&early, method, &covid).unwrap().remove(0);
        assert!((explanation.score - 5.5).abs() < 1e-6);
        explanation.map.raw().iter().copied().collect::<Vec<f64>>()
    };
    let open = |place: usize| place / 4 > 1 || place % 4 < 2;
    for (place, value) in values.iter().enumerate() {
        // Twelve of sixteen places have the gradient 1/2.
        assert!((raw(Method::GradCam)[place] - f64::from(*value) * 0.375).abs() < 1e-7);
        let expected = if open(place) { f64::from(*value) * 0.5 } else { 0.0 };
        assert!((raw(Method::HiResCam)[place] - expected).abs() < 1e-7);
    }
}

#[test]
fn gradients_that_are_no_numbers_are_an_error() {
    let classes = Classes::new(["covid", "normal"]).unwrap();
    // The root of zero is zero, and its slope is not a number once it is multiplied by zero.
    let steep = |features: &Tensor| {
        let sum = features.f_sum_dim_intlist([1_i64, 2, 3].as_slice(), false, tch::Kind::Float)?;
        sum.f_mul_scalar(0.0)?.f_sqrt()?.f_unsqueeze(1)?.f_expand([-1, 2], false)
    };
    let features = Tensor::ones([2, 3, 2, 2], (tch::Kind::Float, device().to_tch()));
    let error = Explainer::new(&classes, steep).explain(&features, Method::GradCam, &Target::default());
    assert!(matches!(error, Err(GradcamError::NotFinite { image: 0, what: "gradients" })), "{error:?}");
}

/// All measures of one map at once: for a linear head, whose maps are true, and for a head that looks at the border.
#[test]
fn an_assessment_tells_a_true_map_from_a_false_one() {
    let classes = Classes::new(["covid", "normal"]).unwrap();
    let weights = Tensor::from_slice(&[8.0_f32, -8.0]).view([2, 1]).to_device(device().to_tch());
    let head = |features: &Tensor| {
        features.f_mean_dim([2_i64, 3].as_slice(), false, tch::Kind::Float)?.f_matmul(&weights.tr())
    };
    let explainer = Explainer::new(&classes, head);
    // Two of nine places are active, both in the middle column.
    let active = [0.0_f32, 3.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
    let features = Tensor::from_slice(&active).view([1, 1, 3, 3]).to_device(device().to_tch());
    let covid = Target::class(classes.class("covid").unwrap());
    let explanation = explainer.explain(&features, Method::GradCam, &covid).unwrap().remove(0);
    let middle = Mask::new(Array2::from_shape_fn((3, 3), |(_, column)| column == 1));
    let regions = Regions {
        lungs: Some(middle.clone()),
        lesion: Some(Mask::new(Array2::from_shape_fn((3, 3), |place| place == (0, 1)))),
        outside_body: Mask::new(Array2::from_elem((3, 3), false)),
    };
    let one = features.get(0);
    let assessment = Assessment::new(&explainer, &one, &explanation, &regions, None).unwrap();
    assert_eq!(assessment.lungs, Some(Inside { mass: 1.0, area: 1.0 / 3.0 }));
    assert_eq!(assessment.lesion, Some(Inside { mass: 0.75, area: 1.0 / 9.0 }));
    assert_eq!((assessment.points_into_lesion, assessment.like_random), (Some(true), None));
    assert_eq!(assessment.outside_body, Some(Inside { mass: 0.0, area: 0.0 }));
    // Nine steps: 4, then 1, then nothing active; the probability is that of 16/9 of what is active.
    let probability = |active: f64| 1.0 / (1.0 + (-16.0 / 9.0 * active).exp());
    let fall = [4.0, 1.0, 0.0].map(probability);
    let expected = (fall[0] / 2.0 + fall[1] + 7.5 * fall[2]) / 9.0;
    assert!((assessment.deletion.unwrap() - expected).abs() < 1e-6, "{assessment:?}");
    assert!(assessment.insertion.unwrap() > 0.9 && assessment.road.unwrap() > 0.0, "{assessment:?}");
    assert_eq!(Assessment::COLUMNS.len(), assessment.cells().len());
    // Of the other class there is no evidence, and so nothing to ask.
    let normal = Target::class(classes.class("normal").unwrap());
    let against = explainer.explain(&features, Method::GradCam, &normal).unwrap().remove(0);
    let nothing = Assessment::new(&explainer, &one, &against, &regions, None).unwrap();
    assert_eq!((nothing.nothing, nothing.lungs, nothing.road), (Some(NoEvidence::NoneInFavour), None, None));
    // A mask of another image.
    let other = Regions { lungs: Some(Mask::new(Array2::from_elem((4, 3), true))), ..regions };
    let error = Assessment::new(&explainer, &one, &explanation, &other, None).unwrap_err();
    assert!(matches!(error, GradcamError::Size { what: "the mask", .. }), "{error}");
}

#[test]
fn a_head_that_cuts_the_graph_is_an_error_and_not_a_zero_map() {
    let (heads, fill) = head::reference();
    let case = &heads.head[0];
    let (head, features) = (case.head(&fill), case.features(&fill));
    let classes = head.config().classes.clone();
    // With weights that are trained the score has a graph of its own, without the features in it.
    let blocked = |features: &Tensor| head.forward(&features.detach(), Mode::Evaluate);
    let error = Explainer::new(&classes, blocked).explain(&features, Method::GradCam, &Target::default());
    assert!(matches!(error, Err(GradcamError::GradientBlocked)), "{error:?}");
    let graphless = |features: &Tensor| tch::no_grad(|| head.forward(features, Mode::Evaluate));
    let error = Explainer::new(&classes, graphless).explain(&features, Method::LayerCam, &Target::default());
    assert!(matches!(error, Err(GradcamError::GradientBlocked)), "{error:?}");
}

#[test]
fn what_does_not_fit_is_said() {
    let (heads, fill) = head::reference();
    let case = &heads.head[0];
    let (head, features) = (case.head(&fill), case.features(&fill));
    let classes = head.config().classes.clone();
    let forward = |features: &Tensor| head.forward(features, Mode::Evaluate);
    let fails = |features: &Tensor, classes: &Classes, target: &Target| {
        Explainer::new(classes, forward).explain(features, Method::GradCam, target).unwrap_err()
    };
    let two = Classes::new(["covid", "normal"]).unwrap();
    let usual = Target::default();
    assert!(matches!(fails(&features, &two, &usual), GradcamError::LogitShape { classes: 2, .. }));
    assert!(matches!(fails(&features.get(0), &classes, &usual), GradcamError::NotFeatureMaps { .. }));
    let other_map = features.narrow(2, 0, 4).contiguous();
    assert!(matches!(fails(&other_map, &classes, &usual), GradcamError::Scorer(_)));
    let unknown = Target::class(two.class("covid").unwrap());
    assert!(matches!(fails(&features, &classes, &unknown), GradcamError::Class(_)));
    let spoilt = features.copy();
    let _ = spoilt.get(1).get(0).get(0).get(0).fill_(f64::NAN);
    let error = fails(&spoilt, &classes, &usual);
    assert!(matches!(error, GradcamError::NotFinite { image: 1, what: "features" }), "{error}");
}
