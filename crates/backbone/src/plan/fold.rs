//! Merges normalisations and factors into convolutions and dense layers, and puts poolings where they cost least.

use radiograph_features::Arithmetic;
use radiograph_weights::graph::{Operation, Window};

use super::step::{Fold, Plan, Step};

/// Applies every rule wherever its pattern occurs.
pub(super) fn fold(plan: &mut Plan, arithmetic: Arithmetic) {
    let mut rules: Vec<fn(&mut Plan, usize)> = vec![norm_behind, factor_behind];
    // A gate's limits are quotients: they can lie outside the range of f16, and in bf16 they have too few digits to cancel
    // what the convolution adds.
    if arithmetic == Arithmetic::F32 {
        rules.push(norm_in_front);
    }
    rules.extend([pool_in_front, pool_behind, pool_before_relu, scaled_linear]);
    for rule in rules {
        for place in 0..plan.steps.len() {
            rule(plan, place);
        }
    }
}

/// The only input of a step, if nothing else reads it and it has no name.
fn only(plan: &Plan, place: usize) -> Option<usize> {
    let &[input] = plan.inputs[place].as_slice() else { return None };
    let readers = |(step, inputs): (&Step, &Vec<usize>)| {
        if *step == Step::Absorbed { 0 } else { inputs.iter().filter(|one| **one == input).count() }
    };
    let uses: usize = plan.steps.iter().zip(&plan.inputs).map(readers).sum();
    (uses == 1 && !plan.kept.contains(&input)).then_some(input)
}

/// A convolution at this place with what it absorbs.
fn convolution(plan: &Plan, place: usize) -> Option<(Operation, Vec<Fold>)> {
    match &plan.steps[place] {
        Step::Operation(layer @ Operation::Convolution { .. }) => Some((layer.clone(), Vec::new())),
        Step::Convolution { layer, folds, unbiased: false } => Some((layer.clone(), folds.clone())),
        _ => None,
    }
}

/// Whether it is 1 × 1 on every cell, so that it can change places with a pooling.
fn is_point(layer: &Operation) -> bool {
    matches!(layer, Operation::Convolution { window: Window::POINT, groups: 1, .. })
}

/// Puts the merged step at the second place, where all its inputs are known, and drops the first.
fn merge(plan: &mut Plan, first: usize, second: usize, step: Step) {
    plan.inputs[second] = std::mem::take(&mut plan.inputs[first]);
    plan.steps[first] = Step::Absorbed;
    plan.steps[second] = step;
}

/// Convolution, batch normalisation.
fn norm_behind(plan: &mut Plan, place: usize) {
    let Step::Operation(norm @ Operation::BatchNorm { .. }) = plan.steps[place].clone() else { return };
    let Some(before) = only(plan, place) else { return };
    let Some((layer, mut folds)) = convolution(plan, before) else { return };
    folds.push(Fold::After(norm));
    merge(plan, before, place, Step::Convolution { layer, folds, unbiased: false });
}

/// Convolution, factor.
fn factor_behind(plan: &mut Plan, place: usize) {
    let Step::Operation(Operation::Scale(factor)) = plan.steps[place] else { return };
    let Some(before) = only(plan, place) else { return };
    let Some((layer, mut folds)) = convolution(plan, before) else { return };
    folds.push(Fold::Times(factor));
    merge(plan, before, place, Step::Convolution { layer, folds, unbiased: false });
}

/// Batch normalisation, ReLU, convolution without padding: the convolution absorbs all but the limits.
fn norm_in_front(plan: &mut Plan, place: usize) {
    let Some((layer, mut folds)) = convolution(plan, place) else { return };
    if !matches!(&layer, Operation::Convolution { window, groups: 1, .. } if window.padding == [0, 0]) {
        return;
    }
    let Some(relu) = only(plan, place) else { return };
    let Some(before) = only(plan, relu) else { return };
    let norm = match (&plan.steps[before], &plan.steps[relu]) {
        (Step::Operation(norm @ Operation::BatchNorm { .. }), Step::Operation(Operation::Relu)) => {
            norm.clone()
        }
        _ => return,
    };
    folds.push(Fold::Gated(norm.clone()));
    merge(plan, before, relu, Step::Gate(norm));
    plan.steps[place] = Step::Convolution { layer, folds, unbiased: false };
}

/// Average pooling that keeps the size, 1 × 1 convolution to fewer channels: the convolution comes first and leaves fewer
/// channels to pool. The mean is linear, so the result is the same if the bias is added at the end.
fn pool_in_front(plan: &mut Plan, place: usize) {
    let Some((layer, folds)) = convolution(plan, place) else { return };
    let fewer = matches!(layer, Operation::Convolution { inputs, outputs, .. } if outputs < inputs)
        && is_point(&layer);
    let Some(before) = only(plan, place).filter(|_| fewer) else { return };
    let pool = plan.steps[before].clone();
    if let Step::Operation(pool @ Operation::AveragePool { window: Window { stride: 1, .. }, .. }) = pool {
        plan.steps[before] = Step::Convolution { layer, folds, unbiased: true };
        plan.steps[place] = Step::PoolThenBias { pool, convolution: before };
    }
}

/// 1 × 1 convolution, average pooling that shrinks and has no padding: the pooling comes first, which leaves fewer
/// products.
fn pool_behind(plan: &mut Plan, place: usize) {
    let shrinks = matches!(
        &plan.steps[place],
        Step::Operation(Operation::AveragePool { window, .. }) if window.stride > 1 && window.padding == [0, 0]
    );
    let Some(before) = only(plan, place).filter(|_| shrinks) else { return };
    if convolution(plan, before).is_some_and(|(layer, _)| is_point(&layer)) {
        plan.steps.swap(before, place);
    }
}

/// ReLU, max pooling: the values are the same, and fewer are left to rectify.
fn pool_before_relu(plan: &mut Plan, place: usize) {
    let Step::Operation(Operation::MaxPool(_)) = plan.steps[place] else { return };
    let Some(before) = only(plan, place) else { return };
    if plan.steps[before] == Step::Operation(Operation::Relu) {
        plan.steps.swap(before, place);
    }
}

/// Dense layer, layer scale.
fn scaled_linear(plan: &mut Plan, place: usize) {
    let Step::Operation(scale @ Operation::LayerScale { .. }) = plan.steps[place].clone() else { return };
    let Some(before) = only(plan, place) else { return };
    if let Step::Operation(layer @ Operation::Linear { .. }) = plan.steps[before].clone() {
        merge(plan, before, place, Step::Linear { layer, scale });
    }
}
