//! Finds the cycles of a directed graph.

use std::collections::{BTreeMap, BTreeSet};

/// The largest sets of at least two nodes that all reach each other, in order.
pub(super) fn circles<N: Copy + Ord>(edges: &[(N, N)]) -> Vec<BTreeSet<N>> {
    let mut next: BTreeMap<N, BTreeSet<N>> = BTreeMap::new();
    for &(from, to) in edges {
        next.entry(from).or_default().insert(to);
    }
    let reached = |start: N| {
        let mut reached = BTreeSet::new();
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            for &other in next.get(&node).into_iter().flatten() {
                if reached.insert(other) {
                    open.push(other);
                }
            }
        }
        reached
    };
    let reach: BTreeMap<N, BTreeSet<N>> = next.keys().map(|&node| (node, reached(node))).collect();
    let back = |from: &N, to: &N| reach.get(to).is_some_and(|reached| reached.contains(from));
    let circles: BTreeSet<BTreeSet<N>> = reach
        .iter()
        .map(|(node, reached)| {
            let others = reached.iter().filter(|other| *other != node && back(node, other));
            others.copied().chain([*node]).collect()
        })
        .collect();
    circles.into_iter().filter(|circle| circle.len() > 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found_and_what_leads_to_them_is_not_part() {
        let edges = [(1, 2), (2, 3), (3, 1), (0, 1), (3, 4), (5, 6), (6, 5), (7, 7)];
        assert_eq!(circles(&edges), [BTreeSet::from([1, 2, 3]), BTreeSet::from([5, 6])]);
        assert!(circles(&[(1, 2), (1, 3), (2, 3)]).is_empty());
    }
}
