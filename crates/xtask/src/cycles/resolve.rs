//! Resolves a path in a module to the module that defines the named item.

use std::collections::BTreeSet;

use super::{
    mention::Kind,
    tree::{Module, Tree},
};

/// A path that leads from one module to another.
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) line: usize,
    /// Path as it is written in the code.
    pub(super) path: String,
}

/// Meaning of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// An item that this module defines, or the last known module on the way to an item that is not found, such as one
    /// that a macro defines.
    Item(usize),
    /// This module itself.
    Module(usize),
}

/// All edges of a crate, in order of modules and lines. Paths to other crates are not edges.
pub(super) fn edges(tree: &Tree) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (from, module) in tree.modules.iter().enumerate() {
        let mut add = |path: &[String], line: usize, target: Option<Target>, value: bool| {
            let to = match target {
                Some(Target::Item(to)) => to,
                Some(Target::Module(to)) if !value => to,
                _ => return,
            };
            if to != from {
                edges.push(Edge { from, to, line, path: path.join("::") });
            }
        };
        let resolver = Resolver { tree };
        for import in &module.imports {
            add(&import.path, import.line, resolver.path(from, &import.path), false);
        }
        for mention in &module.mentions {
            let target = resolver.path(from, &mention.path);
            let target = match mention.kind {
                Kind::Macro if mention.path.len() == 1 => target.or_else(|| resolver.rules(&mention.path[0])),
                _ => target,
            };
            add(&mention.path, mention.line, target, mention.kind == Kind::Value);
        }
    }
    edges.sort_by_key(|edge| (edge.from, edge.line));
    edges
}

/// Names that are being looked up: the module, and whether more of the path follows.
type Asked = BTreeSet<(usize, String, bool)>;

struct Resolver<'t> {
    tree: &'t Tree,
}

impl Resolver<'_> {
    fn module(&self, number: usize) -> &Module {
        &self.tree.modules[number]
    }

    fn path(&self, from: usize, path: &[String]) -> Option<Target> {
        self.walk(from, path, &mut BTreeSet::new())
    }

    /// `asked` prevents endless recursion on imports that refer to each other.
    fn walk(&self, from: usize, path: &[String], asked: &mut Asked) -> Option<Target> {
        let mut here = from;
        let mut rest = path;
        while let Some((first, others)) = rest.split_first() {
            here = match first.as_str() {
                "crate" => 0,
                "self" => here,
                "super" => self.module(here).parent?,
                _ => break,
            };
            rest = others;
        }
        while let Some((first, others)) = rest.split_first() {
            match self.name(here, first, !others.is_empty(), asked) {
                Some(Target::Module(next)) => here = next,
                Some(item @ Target::Item(_)) => return Some(item),
                // An unknown first name is another crate's, or one of the language.
                None if rest.len() == path.len() => return None,
                None => return Some(Target::Item(here)),
            }
            rest = others;
        }
        Some(Target::Module(here))
    }

    /// The meaning of a name in a module. A name can be a module and an item at once; if more of the path follows, it
    /// is the module.
    fn name(&self, module: usize, name: &str, more: bool, asked: &mut Asked) -> Option<Target> {
        if !asked.insert((module, name.to_owned(), more)) {
            return None;
        }
        let mut found = Vec::new();
        let place = self.module(module);
        found.extend(place.children.get(name).map(|&child| Target::Module(child)));
        if place.items.contains(name) || place.macros.contains(name) {
            found.push(Target::Item(module));
        }
        let named = place.imports.iter().filter(|import| import.name.as_deref() == Some(name));
        // `use name::…` and `use name;` of another crate would ask for themselves.
        found.extend(named.filter_map(|import| self.walk(module, &import.path, &mut asked.clone())));
        if found.is_empty() {
            for glob in place.imports.iter().filter(|import| import.name.is_none()) {
                if let Some(Target::Module(other)) = self.walk(module, &glob.path, &mut asked.clone()) {
                    found.extend(self.name(other, name, more, &mut asked.clone()));
                }
            }
        }
        let is_module = |target: &&Target| matches!(target, Target::Module(_));
        found.iter().find(|target| is_module(target) == more).or(found.first()).copied()
    }

    /// The module with the `macro_rules!` of this name, if there is one.
    fn rules(&self, name: &str) -> Option<Target> {
        let mut all =
            (0..self.tree.modules.len()).filter(|&number| self.module(number).macros.contains(name));
        match (all.next(), all.next()) {
            (Some(only), None) => Some(Target::Item(only)),
            _ => None,
        }
    }
}
