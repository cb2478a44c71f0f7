//! Finds connected components (union-find).

/// A forest over the numbers below its size. Two numbers of one tree are connected.
pub(crate) struct Union {
    parents: Vec<usize>,
}

impl Union {
    pub(crate) fn new(size: usize) -> Self {
        Self { parents: (0..size).collect() }
    }

    /// The smallest number of the component of `element`, which represents it.
    pub(crate) fn root(&mut self, element: usize) -> usize {
        let mut root = element;
        while self.parents[root] != root {
            // Halves the path for whoever comes next.
            self.parents[root] = self.parents[self.parents[root]];
            root = self.parents[root];
        }
        root
    }

    pub(crate) fn unite(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.parents[one.max(other)] = one.min(other);
    }

    /// For every element, the number of its set: sets are numbered from 0 in the order of their smallest elements.
    pub(crate) fn sets(mut self) -> Vec<usize> {
        let mut numbers = vec![usize::MAX; self.parents.len()];
        let mut count = 0;
        for element in 0..self.parents.len() {
            // Roots are the smallest of their sets, so a set's first element is its root.
            let root = self.root(element);
            if root == element {
                numbers[element] = count;
                count += 1;
            } else {
                numbers[element] = numbers[root];
            }
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against the definition: the transitive closure, computed by spreading the smallest number until nothing moves.
        #[test]
        fn sets_are_the_transitive_closure(pairs in prop::collection::vec((0_usize..40, 0_usize..40), 0..60)) {
            let mut union = Union::new(40);
            let mut least: Vec<usize> = (0..40).collect();
            for &(one, other) in &pairs {
                union.unite(one, other);
            }
            for _ in 0..40 {
                for &(one, other) in &pairs {
                    let both = least[one].min(least[other]);
                    (least[one], least[other]) = (both, both);
                }
            }
            let sets = union.sets();
            for one in 0..40 {
                for other in 0..40 {
                    prop_assert_eq!(sets[one] == sets[other], least[one] == least[other]);
                }
            }
            let count = sets.iter().max().unwrap() + 1;
            prop_assert_eq!((0..count).filter(|set| sets.contains(set)).count(), count);
        }
    }
}
