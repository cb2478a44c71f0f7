//! Collects all paths in a module's items: in `use`, in code, in attributes, and among the tokens of macros.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use syn::{
    Attribute, Expr, ExprLit, ExprPath, ImplItemFn, Item, ItemFn, ItemMacro, ItemMod, ItemUse, Lit, Macro,
    Meta, MetaList, PatIdent, Path, Token, TraitItemFn, UseTree, Visibility, punctuated::Punctuated,
    visit::Visit,
};

use super::mention::{Kind, Mention, plain};

/// A leaf of a `use` item.
#[derive(Debug)]
pub(super) struct Import {
    /// Name that it imports; `None` for a glob.
    pub(super) name: Option<String>,
    pub(super) path: Vec<String>,
    pub(super) line: usize,
}

/// Attributes that contain no paths of the code.
const PLAIN_ATTRIBUTES: [&str; 7] = ["allow", "cfg", "deny", "doc", "expect", "path", "warn"];
/// Keys of `#[serde(…)]` whose value is a path in a string.
const SERDE_PATHS: [&str; 10] = [
    "bound",
    "default",
    "deserialize_with",
    "from",
    "into",
    "remote",
    "serialize_with",
    "skip_serializing_if",
    "try_from",
    "with",
];

/// The imports and all other paths of these items, without those in nested modules.
pub(super) fn visit(items: &[&Item]) -> (Vec<Import>, Vec<Mention>) {
    let mut visitor = Visitor::default();
    items.iter().for_each(|item| visitor.visit_item(item));
    (visitor.imports, visitor.mentions)
}

/// Whether the attributes contain `#[cfg(test)]`, or a condition that includes `test`.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .any(|attribute| attribute.parse_args::<Meta>().is_ok_and(|meta| asks_for_tests(&meta)))
}

/// Whether a condition includes `test`.
fn asks_for_tests(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .is_ok_and(|parts| parts.iter().any(asks_for_tests)),
        _ => false,
    }
}

#[derive(Default)]
struct Visitor {
    imports: Vec<Import>,
    mentions: Vec<Mention>,
    /// Names of arguments and variables of the enclosing functions, which hide items.
    bound: Vec<BTreeSet<String>>,
}

impl Visitor {
    fn mention(&mut self, path: Vec<String>, line: usize, kind: Kind) {
        let hidden =
            kind == Kind::Value && path.len() == 1 && self.bound.iter().any(|bound| bound.contains(&path[0]));
        if !hidden {
            self.mentions.push(Mention { path, line, kind });
        }
    }

    fn import(&mut self, before: &[String], tree: &UseTree) {
        let below = |name: &Ident| [before, &[plain(name)]].concat();
        let line = |name: &Ident| name.span().start().line;
        let (name, path, line) = match tree {
            UseTree::Path(path) => return self.import(&below(&path.ident), &path.tree),
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.import(before, tree)),
            UseTree::Name(name) if name.ident == "self" => {
                (before.last().cloned(), before.to_vec(), line(&name.ident))
            }
            UseTree::Name(name) => (Some(plain(&name.ident)), below(&name.ident), line(&name.ident)),
            UseTree::Rename(name) if name.ident == "self" => {
                (Some(plain(&name.rename)), before.to_vec(), line(&name.ident))
            }
            UseTree::Rename(name) => (Some(plain(&name.rename)), below(&name.ident), line(&name.ident)),
            UseTree::Glob(glob) => (None, before.to_vec(), glob.star_token.spans[0].start().line),
        };
        self.imports.push(Import { name, path, line });
    }

    /// Visits the inside of a function.
    fn within(&mut self, bound: BTreeSet<String>, visit: impl FnOnce(&mut Self)) {
        self.bound.push(bound);
        visit(self);
        self.bound.pop();
    }

    fn tokens(&mut self, tokens: TokenStream) {
        for Mention { path, line, kind } in Mention::among(tokens) {
            self.mention(path, line, kind);
        }
    }

    /// The inside of an attribute.
    fn meta(&mut self, meta: &Meta) {
        let path = meta.path();
        if PLAIN_ATTRIBUTES.iter().any(|name| path.is_ident(name)) {
            return;
        }
        let Meta::List(list) = meta else { return };
        if path.is_ident("serde") {
            self.serde(list);
        } else if path.is_ident("cfg_attr") {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            let mut parts = parts.into_iter().flatten();
            // The first part is the condition.
            if parts.next().is_some_and(|condition| !asks_for_tests(&condition)) {
                parts.for_each(|part| self.meta(&part));
            }
        } else {
            self.tokens(list.tokens.clone());
        }
    }

    /// `#[serde(with = "path")]`.
    fn serde(&mut self, list: &MetaList) {
        let Ok(parts) = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
            return;
        };
        for part in parts {
            if let Meta::NameValue(pair) = part
                && SERDE_PATHS.iter().any(|key| pair.path.is_ident(key))
                && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value
                && let Ok(path) = text.parse::<Path>()
            {
                let line = text.span().start().line;
                self.mention(segments(&path), line, Kind::Path);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Visitor {
    fn visit_item_mod(&mut self, _: &'ast ItemMod) {}

    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.import(&[], &item.tree);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.within(bound(|names| names.visit_item_fn(item)), |visitor| {
            syn::visit::visit_item_fn(visitor, item);
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if is_for_tests(&item.attrs) {
            return;
        }
        self.within(bound(|names| names.visit_impl_item_fn(item)), |visitor| {
            syn::visit::visit_impl_item_fn(visitor, item);
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        self.within(bound(|names| names.visit_trait_item_fn(item)), |visitor| {
            syn::visit::visit_trait_item_fn(visitor, item);
        });
    }

    fn visit_expr_path(&mut self, expression: &'ast ExprPath) {
        if expression.qself.is_none() && expression.path.get_ident().is_some() {
            let line = line(&expression.path);
            self.mention(segments(&expression.path), line, Kind::Value);
        } else {
            syn::visit::visit_expr_path(self, expression);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        self.mention(segments(path), line(path), Kind::Path);
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &'ast Macro) {
        self.mention(segments(&invoked.path), line(&invoked.path), Kind::Macro);
        self.tokens(invoked.tokens.clone());
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        match &item.ident {
            Some(_) => self.tokens(item.mac.tokens.clone()),
            None => self.visit_macro(&item.mac),
        }
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.meta(&attribute.meta);
    }
}

/// Collects the names that patterns bind.
#[derive(Default)]
struct Bound(BTreeSet<String>);

impl<'ast> Visit<'ast> for Bound {
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        self.0.insert(plain(&pattern.ident));
        syn::visit::visit_pat_ident(self, pattern);
    }
}

fn bound(visit: impl FnOnce(&mut Bound)) -> BTreeSet<String> {
    let mut names = Bound::default();
    visit(&mut names);
    names.0
}

fn segments(path: &Path) -> Vec<String> {
    path.segments.iter().map(|segment| plain(&segment.ident)).collect()
}

fn line(path: &Path) -> usize {
    path.segments.first().map_or(0, |segment| segment.ident.span().start().line)
}
