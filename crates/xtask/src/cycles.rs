//! Finds cycles between modules and between crates, for `cargo xtask lint` to refuse.
//!
//! Every path in the code is an edge: in `use`, types, expressions, patterns, attributes, and the arguments of macros.
//! It leads to the module that defines the item, not to a re-export on the way; if the item is not found, as where a macro
//! defines it, to the last module of the path. A module includes everything below it:
//! if `a::x` uses `b::y` and `b::z` uses `a::w`, then `a` and `b` form a cycle. Edges between a module and its
//! ancestors do not count, nor do tests and documentation. Method calls have no path and are not seen.

mod crates;
mod graph;
mod mention;
mod resolve;
#[cfg(test)]
mod tests;
mod tree;
mod visit;

use std::{collections::BTreeMap, fmt, fs, path::Path};

use self::{graph::circles, resolve::edges, tree::Tree};
use crate::{checkout::Checkout, error::Error};

/// Size of the examined code.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// Number of crates with sources in `src/`; a library and a program of one package count separately.
    pub(crate) crates: usize,
    /// Number of modules, including crate roots.
    pub(crate) modules: usize,
    /// Number of paths that lead from one module to another.
    pub(crate) edges: usize,
}

/// Modules with the same parent that depend on each other.
#[derive(Debug)]
pub(crate) struct Cycle {
    /// Crate and parent, such as `radiograph_head::kept`.
    parent: String,
    /// The modules' names.
    members: Vec<String>,
    /// Edges between them, each with its places in the code.
    links: Vec<Link>,
}

/// A dependency of one member of a cycle on another.
#[derive(Debug)]
struct Link {
    from: String,
    to: String,
    /// `file:line` and the path as it is written there.
    places: Vec<String>,
}

/// Refuses cycles between modules, and cycles of crates through dev-dependencies.
pub(crate) fn check(checkout: &Checkout) -> Result<Seen, Error> {
    let workspace = crates::read(checkout)?;
    let (mut seen, mut cycles) = (Seen::default(), Vec::new());
    for root in &workspace.roots {
        let tree = Tree::read(&root.name, &root.file, &|path: &Path| fs::read_to_string(path))?;
        let found = of_tree(&tree, checkout.root());
        seen.crates += 1;
        seen.modules += tree.modules.len();
        seen.edges += found.edges;
        cycles.extend(found.cycles.iter().map(ToString::to_string));
    }
    cycles.extend(workspace.circles());
    if cycles.is_empty() { Ok(seen) } else { Err(Error::Cycles { cycles }) }
}

/// The cycles of one crate.
struct OfTree {
    edges: usize,
    cycles: Vec<Cycle>,
}

fn of_tree(tree: &Tree, checkout: &Path) -> OfTree {
    let edges = edges(tree);
    // For each parent the edges between its children, each child standing for all below it.
    let mut siblings: BTreeMap<usize, BTreeMap<(usize, usize), Vec<usize>>> = BTreeMap::new();
    for (number, edge) in edges.iter().enumerate() {
        if let Some((parent, from, to)) = tree.parted(edge.from, edge.to) {
            siblings.entry(parent).or_default().entry((from, to)).or_default().push(number);
        }
    }
    let mut cycles = Vec::new();
    for (parent, links) in &siblings {
        let pairs: Vec<(usize, usize)> = links.keys().copied().collect();
        for members in circles(&pairs) {
            let within =
                links.iter().filter(|((from, to), _)| members.contains(from) && members.contains(to));
            let place = |number: &usize| {
                let edge = &edges[*number];
                let file = &tree.modules[edge.from].file;
                let file = file.strip_prefix(checkout).unwrap_or(file);
                format!("{}:{} {}", file.display(), edge.line, edge.path)
            };
            let name = |module: &usize| tree.modules[*module].name().to_owned();
            cycles.push(Cycle {
                parent: tree.path_of(*parent),
                members: members.iter().map(name).collect(),
                links: within
                    .map(|((from, to), numbers)| Link {
                        from: name(from),
                        to: name(to),
                        places: numbers.iter().map(place).collect(),
                    })
                    .collect(),
            });
        }
    }
    OfTree { edges: edges.len(), cycles }
}

impl fmt::Display for Cycle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.parent, self.members.join(" ↔ "))?;
        for Link { from, to, places } in &self.links {
            for place in places {
                write!(formatter, "\n    {from} → {to}: {place}")?;
            }
        }
        Ok(())
    }
}
