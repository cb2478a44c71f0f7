//! Collects all paths in a module's items: in `use`, in code, in attributes, and among the tokens of macros.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};
use syn::{
    Attribute, Expr, ExprLit, ExprPath, ImplItemFn, Item, ItemFn, ItemMacro, ItemMod, ItemUse, Lit, Macro,
    Meta, PatIdent, Path, Token, TraitItemFn, UseTree, Visibility, punctuated::Punctuated, visit::Visit,
};

/// A leaf of a `use` item.
#[derive(Debug)]
pub(super) struct Import {
    /// Name that it imports; `None` for a glob.
    pub(super) name: Option<String>,
    pub(super) path: Vec<String>,
    pub(super) line: usize,
}

/// A path in the code.
#[derive(Debug)]
pub(super) struct Mention {
    pub(super) path: Vec<String>,
    pub(super) line: usize,
    pub(super) kind: Kind,
}

/// Kind of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A type, trait, module or the like.
    Path,
    /// A value, which is never just a module.
    Value,
    /// A macro.
    Macro,
}

/// Attributes that contain no paths of the code.
const PLAIN_ATTRIBUTES: [&str; 8] = ["allow", "cfg", "cfg_attr", "deny", "doc", "expect", "path", "warn"];
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
    fn asks(meta: &Meta) -> bool {
        match meta {
            Meta::Path(path) => path.is_ident("test"),
            Meta::List(list) if list.path.is_ident("all") => list
                .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                .is_ok_and(|parts| parts.iter().any(asks)),
            _ => false,
        }
    }
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .any(|attribute| attribute.parse_args::<Meta>().is_ok_and(|meta| asks(&meta)))
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

    /// Paths among unparsed tokens: `a::b`, a type's name, a call.
    fn tokens(&mut self, tokens: TokenStream) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < trees.len() {
            match &trees[at] {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(first) => {
                    let mut path = vec![plain(first)];
                    let mut end = at + 1;
                    while let (Some(true), Some(TokenTree::Ident(next))) =
                        (trees.get(end..end + 2).map(is_path_separator), trees.get(end + 2))
                    {
                        path.push(plain(next));
                        end += 3;
                    }
                    let after_dot_or_quote = at > 0 && is_punct(&trees[at - 1], &['.', '\'']);
                    let called = matches!(
                        trees.get(end),
                        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis
                    );
                    let line = first.span().start().line;
                    if path.len() > 1 || (path[0].starts_with(char::is_uppercase) && !after_dot_or_quote) {
                        self.mention(path, line, Kind::Path);
                    } else if called && !after_dot_or_quote {
                        self.mention(path, line, Kind::Value);
                    }
                    at = end;
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// `#[serde(with = "path")]`.
    fn serde(&mut self, attribute: &Attribute) {
        let Ok(parts) = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
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
        let path = attribute.path();
        if PLAIN_ATTRIBUTES.iter().any(|name| path.is_ident(name)) {
            return;
        }
        if path.is_ident("serde") {
            self.serde(attribute);
        } else if let Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
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

fn plain(name: &Ident) -> String {
    name.to_string().trim_start_matches("r#").to_owned()
}

fn is_punct(tree: &TokenTree, wanted: &[char]) -> bool {
    matches!(tree, TokenTree::Punct(punct) if wanted.contains(&punct.as_char()))
}

fn is_path_separator(trees: &[TokenTree]) -> bool {
    matches!(
        trees,
        [TokenTree::Punct(first), TokenTree::Punct(second)]
            if first.as_char() == ':' && first.spacing() == Spacing::Joint && second.as_char() == ':'
    )
}
