//! Finds concatenations that grow one after the other, as in a dense block, and gives them room for all channels from
//! the start, so that earlier channels are not copied again.

use radiograph_weights::graph::Operation;

use super::step::{Plan, Step};

/// Rewrites every chain of at least two concatenations. `channels` are those of each step's value.
pub(super) fn fill(plan: &mut Plan, channels: &[i64]) {
    let grows = |plan: &Plan, place: usize| {
        plan.steps[place] == Step::Operation(Operation::Concatenate) && plan.inputs[place].len() == 2
    };
    for first in 0..plan.steps.len() {
        if !grows(plan, first) {
            continue;
        }
        let mut chain = vec![first];
        while let Some(next) = next(plan, chain[chain.len() - 1]) {
            chain.push(next);
        }
        let Some((&last, _)) = chain.split_last().filter(|(_, before)| !before.is_empty()) else { continue };
        plan.steps[first] = Step::Begin { channels: channels[last] };
        for pair in chain.windows(2) {
            let (filled, last) = (channels[pair[0]], pair[1] == last);
            plan.steps[pair[1]] = Step::Extend { begin: first, filled, last };
        }
    }
}

/// The only concatenation of two whose first input this one is.
fn next(plan: &Plan, place: usize) -> Option<usize> {
    let extends = |later: &usize| {
        plan.steps[*later] == Step::Operation(Operation::Concatenate)
            && plan.inputs[*later].len() == 2
            && plan.inputs[*later][0] == place
    };
    let mut found = (place + 1..plan.steps.len()).filter(extends);
    let next = found.next()?;
    found.next().is_none().then_some(next)
}
