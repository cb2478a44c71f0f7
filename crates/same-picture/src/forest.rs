//! Keeps which pictures are connected, so that no pair is tried that adds nothing.

/// Disjoint sets of positions.
#[derive(Clone, Debug)]
pub(crate) struct Forest {
    parents: Vec<u32>,
}

impl Forest {
    /// Every position by itself.
    pub(crate) fn new(count: usize) -> Self {
        Self { parents: (0..count as u32).collect() }
    }

    /// The position that stands for all that are connected with this one.
    pub(crate) fn root(&mut self, at: usize) -> u32 {
        let mut at = at;
        loop {
            let parent = self.parents[at] as usize;
            if parent == at {
                return at as u32;
            }
            self.parents[at] = self.parents[parent];
            at = parent;
        }
    }

    /// The roots of all positions.
    pub(crate) fn roots(&mut self) -> Vec<u32> {
        (0..self.parents.len()).map(|at| self.root(at)).collect()
    }

    pub(crate) fn are_connected(&mut self, one: usize, other: usize) -> bool {
        self.root(one) == self.root(other)
    }

    /// Connects two positions; `false` if they were connected.
    pub(crate) fn connect(&mut self, one: usize, other: usize) -> bool {
        let (one, other) = (self.root(one), self.root(other));
        // The smaller root stays, whichever comes first.
        self.parents[one.max(other) as usize] = one.min(other);
        one != other
    }
}
