//! A path in the code, and the search for paths among unparsed tokens: those of macros and attributes.

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};

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

impl Mention {
    /// The paths among tokens: `a::b`, each path of `a::{b, c::d}`, names of types and functions, macros. What a macro makes
    /// of its tokens is unknown, so names of fields and arguments (`name: …`, `name = …`) and of metavariables (`$name`) are
    /// told apart by the token beside them.
    pub(super) fn among(tokens: TokenStream) -> Vec<Self> {
        let mut found = Vec::new();
        search(&[], tokens, &mut found);
        found
    }
}

/// A name without `r#`.
pub(super) fn plain(name: &Ident) -> String {
    name.to_string().trim_start_matches("r#").to_owned()
}

/// Adds the paths among tokens. `below` is the path before the braces that the tokens stand in, as in `use a::{…}`.
fn search(below: &[String], tokens: TokenStream, found: &mut Vec<Mention>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < trees.len() {
        let first = match &trees[at] {
            TokenTree::Ident(first) => first,
            TokenTree::Group(group) => {
                search(&[], group.stream(), found);
                at += 1;
                continue;
            }
            _ => {
                at += 1;
                continue;
            }
        };
        if first == "as" && !below.is_empty() {
            at += 2; // the new name in `use a::{b as c}`
            continue;
        }
        let before = at.checked_sub(1).map(|before| &trees[before]);
        let (mut path, line) = ([below, &[plain(first)]].concat(), first.span().start().line);
        at += 1;
        while trees.get(at..at + 2).is_some_and(is_path_separator)
            && let Some(TokenTree::Ident(next)) = trees.get(at + 2)
        {
            path.push(plain(next));
            at += 3;
        }
        if trees.get(at..at + 2).is_some_and(is_path_separator)
            && let Some(TokenTree::Group(group)) = trees.get(at + 2)
            && group.delimiter() == Delimiter::Brace
        {
            search(&path, group.stream(), found);
            at += 3;
        }
        if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
            path.pop(); // `a::{self}` is `a`
        }
        if let Some(kind) = kind(&path, before, trees.get(at..).unwrap_or_default()) {
            found.push(Mention { path, line, kind });
        }
    }
}

/// The kind of a path between other tokens; `None` if it is only a name.
fn kind(path: &[String], before: Option<&TokenTree>, after: &[TokenTree]) -> Option<Kind> {
    let is_before = |wanted: &[char]| before.is_some_and(|tree| is_punct(tree, wanted));
    if let [bang, TokenTree::Group(_), ..] = after
        && is_punct(bang, &['!'])
    {
        return Some(Kind::Macro);
    }
    if path.len() > 1 {
        return Some(Kind::Path);
    }
    // A method or field, a lifetime, a metavariable.
    if is_before(&['.', '\'']) || (is_before(&['$']) && path[0] != "crate") {
        return None;
    }
    if path[0].starts_with(char::is_uppercase) {
        return Some(Kind::Path);
    }
    let names_what_follows = match after {
        [first, second, ..] => {
            is_punct(first, &[':']) || (is_punct(first, &['=']) && !is_punct(second, &['=']))
        }
        _ => false,
    };
    (!names_what_follows).then_some(Kind::Value)
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
