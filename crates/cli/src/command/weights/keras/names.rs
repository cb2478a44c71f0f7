//! What the layers of `keras.applications` are called here.
//!
//! Keras gives the layers of its Inceptions automatic names (`conv2d_17`), so they are matched by their numbers, in the
//! order in which `keras.applications` builds them.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use radiograph_weights::Architecture;

use super::{
    KerasError,
    file::{Layer, Variable},
    order::Order,
};

/// A tensor of the network, and where its values are.
pub(super) struct Placed<'a> {
    pub(super) name: String,
    pub(super) source: Source<'a>,
    pub(super) order: Order,
}

/// Where the values of a tensor are.
pub(super) enum Source<'a> {
    Variable(&'a Variable),
    /// All are 1, as many as this variable has: a batch normalisation without gamma.
    Ones(&'a Variable),
}

/// All tensors of the layers of a file.
pub(super) fn placed<'a>(
    architecture: Architecture,
    path: &Path,
    layers: &'a BTreeMap<String, Layer>,
) -> Result<Vec<Placed<'a>>, KerasError> {
    let names = names_of(architecture, path, layers)?;
    let mut placed = Vec::new();
    for (layer, variables) in layers {
        let name = names
            .get(layer)
            .ok_or_else(|| KerasError::other(path, format!("{architecture} has no layer {layer}")))?;
        of_layer(architecture, name, variables, &mut placed)
            .map_err(|variable| KerasError::other(path, format!("{layer} has no {variable}")))?;
    }
    Ok(placed)
}

/// The tensors of one layer; the error is the name of a variable that is missing.
fn of_layer<'a>(
    architecture: Architecture,
    name: &str,
    variables: &'a Layer,
    placed: &mut Vec<Placed<'a>>,
) -> Result<(), &'static str> {
    let of = |variable: &'static str| variables.get(variable).ok_or(variable);
    let mut place =
        |part: &str, source, order| placed.push(Placed { name: format!("{name}.{part}"), source, order });
    if let Some(mean) = variables.get("moving_mean") {
        let gamma = variables.get("gamma").map_or(Source::Ones(mean), Source::Variable);
        place("weight", gamma, Order::Same);
        place("bias", Source::Variable(of("beta")?), Order::Same);
        place("running_mean", Source::Variable(mean), Order::Same);
        place("running_var", Source::Variable(of("moving_variance")?), Order::Same);
        return Ok(());
    }
    let kernel = of("kernel")?;
    let order = match kernel.shape.len() {
        4 => Order::Kernel,
        _ if architecture == Architecture::VGG19 && name == "classifier.0" => Order::BehindMap,
        _ => Order::Matrix,
    };
    place("weight", Source::Variable(kernel), order);
    if let Some(bias) = variables.get("bias") {
        place("bias", Source::Variable(bias), Order::Same);
    }
    Ok(())
}

/// Keras's layer → our layer.
fn names_of(
    architecture: Architecture,
    path: &Path,
    present: &BTreeMap<String, Layer>,
) -> Result<HashMap<String, String>, KerasError> {
    if architecture == Architecture::VGG19 {
        return Ok(vgg19());
    }
    if architecture == Architecture::DENSENET121 {
        return Ok(densenet121());
    }
    if architecture == Architecture::INCEPTION_V3 {
        let named = HashMap::from([("predictions".to_owned(), "fc".to_owned())]);
        return numbered(named, &inception_v3(), architecture, path, present);
    }
    if architecture == Architecture::INCEPTION_RESNET_V2 {
        return numbered(inception_resnet_v2_named(), &inception_resnet_v2(), architecture, path, present);
    }
    Err(KerasError::other(path, format!("{architecture} is no network of keras.applications that is known")))
}

/// Adds the layers that Keras numbers, whose `order` is ours. The numbers go on from model to model within one session, so
/// only their order counts.
fn numbered(
    mut names: HashMap<String, String>,
    order: &[String],
    architecture: Architecture,
    path: &Path,
    present: &BTreeMap<String, Layer>,
) -> Result<HashMap<String, String>, KerasError> {
    for (kind, part) in [("conv2d", "conv"), ("batch_normalization", "bn")] {
        let number = |name: &str| match name.strip_prefix(kind)? {
            "" => Some(0),
            rest => rest.strip_prefix('_')?.parse::<u32>().ok(),
        };
        let mut found: Vec<(u32, &String)> =
            present.keys().filter_map(|name| Some((number(name)?, name))).collect();
        found.sort_unstable();
        if found.len() != order.len() {
            let (found, all) = (found.len(), order.len());
            let reason = format!("{found} layers are called {kind}…, and {architecture} has {all}");
            return Err(KerasError::other(path, reason));
        }
        names.extend(
            found
                .into_iter()
                .zip(order)
                .map(|((_, theirs), ours)| (theirs.clone(), format!("{ours}.{part}"))),
        );
    }
    Ok(names)
}

fn vgg19() -> HashMap<String, String> {
    let mut places = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34].into_iter();
    let mut names = HashMap::new();
    for (block, convolutions) in (1..).zip([2, 2, 4, 4, 4]) {
        for (convolution, place) in (1..=convolutions).zip(&mut places) {
            names.insert(format!("block{block}_conv{convolution}"), format!("features.{place}"));
        }
    }
    for (theirs, ours) in [("fc1", "classifier.0"), ("fc2", "classifier.3"), ("predictions", "classifier.6")]
    {
        names.insert(theirs.to_owned(), ours.to_owned());
    }
    names
}

fn densenet121() -> HashMap<String, String> {
    let mut names = HashMap::new();
    let mut add = |theirs: String, ours: String| drop(names.insert(theirs, ours));
    let ends = [("conv1_conv", "features.conv0"), ("conv1_bn", "features.norm0"), ("bn", "features.norm5")];
    // The classifier's name was fc1000 before it became predictions.
    let heads = [("fc1000", "classifier"), ("predictions", "classifier")];
    for (theirs, ours) in ends.into_iter().chain(heads) {
        add(theirs.to_owned(), ours.to_owned());
    }
    for (block, count) in (1..).zip([6, 12, 24, 16]) {
        for layer in 1..=count {
            let theirs = format!("conv{}_block{layer}", block + 1);
            let ours = format!("features.denseblock{block}.denselayer{layer}");
            for (part, own) in
                [("0_bn", "norm1"), ("1_conv", "conv1"), ("1_bn", "norm2"), ("2_conv", "conv2")]
            {
                add(format!("{theirs}_{part}"), format!("{ours}.{own}"));
            }
        }
        if block < 4 {
            for (part, own) in [("bn", "norm"), ("conv", "conv")] {
                add(format!("pool{}_{part}", block + 1), format!("features.transition{block}.{own}"));
            }
        }
    }
    names
}

/// Our names of the convolutions in the order in which Keras builds them.
fn inception_v3() -> Vec<String> {
    let mut order: Vec<String> =
        ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"]
            .map(str::to_owned)
            .into();
    let mut block =
        |name: &str, parts: &[&str]| order.extend(parts.iter().map(|part| format!("{name}.{part}")));
    let double = ["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"];
    for letter in ["b", "c", "d"] {
        let parts = [&["branch1x1", "branch5x5_1", "branch5x5_2"], &double[..], &["branch_pool"]].concat();
        block(&format!("Mixed_5{letter}"), &parts);
    }
    block("Mixed_6a", &[&["branch3x3"], &double[..]].concat());
    for letter in ["b", "c", "d", "e"] {
        block(
            &format!("Mixed_6{letter}"),
            &[
                "branch1x1",
                "branch7x7_1",
                "branch7x7_2",
                "branch7x7_3",
                "branch7x7dbl_1",
                "branch7x7dbl_2",
                "branch7x7dbl_3",
                "branch7x7dbl_4",
                "branch7x7dbl_5",
                "branch_pool",
            ],
        );
    }
    block(
        "Mixed_7a",
        &["branch3x3_1", "branch3x3_2", "branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3", "branch7x7x3_4"],
    );
    for letter in ["b", "c"] {
        block(
            &format!("Mixed_7{letter}"),
            &[
                "branch1x1",
                "branch3x3_1",
                "branch3x3_2a",
                "branch3x3_2b",
                "branch3x3dbl_1",
                "branch3x3dbl_2",
                "branch3x3dbl_3a",
                "branch3x3dbl_3b",
                "branch_pool",
            ],
        );
    }
    order
}

/// Our names of the numbered convolutions in the order in which Keras builds them.
fn inception_resnet_v2() -> Vec<String> {
    let mut order: Vec<String> =
        ["conv2d_1a", "conv2d_2a", "conv2d_2b", "conv2d_3b", "conv2d_4a"].map(str::to_owned).into();
    branches(&mut order, "mixed_5b", &[1, 2, 3]);
    // The last branch pools first, and its convolution is number 1 of it.
    order.push("mixed_5b.branch3.1".to_owned());
    let mut block = |name: &str, counts: &[usize]| branches(&mut order, name, counts);
    (0..10).for_each(|number| block(&format!("repeat.{number}"), &[1, 2, 3]));
    block("mixed_6a", &[1, 3]);
    (0..20).for_each(|number| block(&format!("repeat_1.{number}"), &[1, 3]));
    block("mixed_7a", &[2, 2, 3]);
    (0..9).for_each(|number| block(&format!("repeat_2.{number}"), &[1, 3]));
    block("block8", &[1, 3]);
    order
}

/// Adds the branches of a block with their numbers of convolutions; a branch of one convolution has no number.
fn branches(order: &mut Vec<String>, name: &str, counts: &[usize]) {
    for (branch, &count) in counts.iter().enumerate() {
        match count {
            1 => order.push(format!("{name}.branch{branch}")),
            _ => order.extend((0..count).map(|place| format!("{name}.branch{branch}.{place}"))),
        }
    }
}

/// The convolutions to which Keras gives names of their own.
fn inception_resnet_v2_named() -> HashMap<String, String> {
    let mut names = HashMap::new();
    for (kind, ours, count) in
        [("block35", "repeat", 10), ("block17", "repeat_1", 20), ("block8", "repeat_2", 9)]
    {
        for place in 0..count {
            names.insert(format!("{kind}_{}_conv", place + 1), format!("{ours}.{place}.conv2d"));
        }
    }
    let others = [
        ("block8_10_conv", "block8.conv2d"),
        ("predictions", "classif"),
        ("conv_7b", "conv2d_7b.conv"),
        ("conv_7b_bn", "conv2d_7b.bn"),
    ];
    names.extend(others.map(|(theirs, ours)| (theirs.to_owned(), ours.to_owned())));
    names
}
