//! The modules of one crate, with the items that they define and the paths that they contain.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

use syn::{Attribute, Expr, ExprLit, Item, ItemMod, Lit, Meta};

use super::{
    mention::Mention,
    visit::{Import, is_for_tests, visit},
};
use crate::error::Error;

/// Reads a source file.
pub(super) type Reader<'r> = dyn Fn(&Path) -> io::Result<String> + 'r;

/// Modules of a crate, the root first.
pub(super) struct Tree {
    pub(super) modules: Vec<Module>,
}

/// A module without its children.
pub(super) struct Module {
    /// Names from the crate down to the module.
    path: Vec<String>,
    pub(super) file: PathBuf,
    pub(super) parent: Option<usize>,
    pub(super) children: BTreeMap<String, usize>,
    /// Types, functions, constants and the like that it defines.
    pub(super) items: BTreeSet<String>,
    /// Its `macro_rules!`.
    pub(super) macros: BTreeSet<String>,
    /// Its `use` items, those in function bodies included.
    pub(super) imports: Vec<Import>,
    /// All other paths.
    pub(super) mentions: Vec<Mention>,
}

impl Module {
    /// Its own name.
    pub(super) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// Place where the files of a module's children are searched.
struct Place<'p> {
    file: &'p Path,
    /// The folder of `mod child;`.
    folder: PathBuf,
}

impl Tree {
    /// The modules of the crate with this root file, without modules for tests.
    pub(super) fn read(name: &str, file: &Path, reader: &Reader<'_>) -> Result<Self, Error> {
        let mut tree = Self { modules: Vec::new() };
        let items = parse(file, reader)?;
        let folder = file.parent().unwrap_or(file).to_owned();
        tree.add(&[name.to_owned()], None, &items, &Place { file, folder }, reader)?;
        Ok(tree)
    }

    fn add(
        &mut self,
        path: &[String],
        parent: Option<usize>,
        items: &[Item],
        place: &Place<'_>,
        reader: &Reader<'_>,
    ) -> Result<usize, Error> {
        let items: Vec<&Item> = items.iter().filter(|item| !is_for_tests(attributes(item))).collect();
        let (imports, mentions) = visit(&items);
        let own = self.modules.len();
        self.modules.push(Module {
            path: path.to_vec(),
            file: place.file.to_owned(),
            parent,
            children: BTreeMap::new(),
            items: items.iter().filter_map(|item| defined(item)).collect(),
            macros: items.iter().filter_map(|item| defined_macro(item)).collect(),
            imports,
            mentions,
        });
        for item in items {
            if let Item::Mod(module) = item {
                let name = module.ident.to_string();
                let below = [path, std::slice::from_ref(&name)].concat();
                let child = self.child(&below, own, module, place, reader)?;
                self.modules[own].children.insert(name, child);
            }
        }
        Ok(own)
    }

    fn child(
        &mut self,
        path: &[String],
        parent: usize,
        module: &ItemMod,
        place: &Place<'_>,
        reader: &Reader<'_>,
    ) -> Result<usize, Error> {
        let name = module.ident.to_string();
        if let Some((_, items)) = &module.content {
            let place = Place { file: place.file, folder: place.folder.join(&name) };
            return self.add(path, Some(parent), items, &place, reader);
        }
        let beside = place.folder.join(format!("{name}.rs"));
        let file = match path_attribute(&module.attrs) {
            Some(given) => place.file.with_file_name(given),
            None if reader(&beside).is_ok() => beside,
            None => place.folder.join(&name).join("mod.rs"),
        };
        let items = parse(&file, reader)?;
        let place = Place { file: &file, folder: place.folder.join(&name) };
        self.add(path, Some(parent), &items, &place, reader)
    }

    /// Path from the crate to a module, such as `radiograph_head::kept`.
    pub(super) fn path_of(&self, module: usize) -> String {
        self.modules[module].path.join("::")
    }

    /// The deepest common ancestor of two modules, and the two children of it that contain them; `None` if one module
    /// is the other or an ancestor of it.
    pub(super) fn parted(&self, from: usize, to: usize) -> Option<(usize, usize, usize)> {
        let lines = [from, to].map(|module| {
            let mut line: Vec<usize> =
                std::iter::successors(Some(module), |module| self.modules[*module].parent).collect();
            line.reverse();
            line
        });
        let common = lines[0].iter().zip(&lines[1]).take_while(|(from, to)| from == to).count();
        Some((lines[0][common - 1], *lines[0].get(common)?, *lines[1].get(common)?))
    }
}

fn parse(file: &Path, reader: &Reader<'_>) -> Result<Vec<Item>, Error> {
    let text = reader(file).map_err(Error::io(file))?;
    let wrong = |error: syn::Error| {
        let line = error.span().start().line;
        Error::Io { path: file.to_owned(), source: io::Error::other(format!("line {line}: {error}")) }
    };
    Ok(syn::parse_file(&text).map_err(wrong)?.items)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn defined(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn defined_macro(item: &Item) -> Option<String> {
    if let Item::Macro(item) = item { item.ident.as_ref().map(ToString::to_string) } else { None }
}

/// The value of `#[path = "…"]`.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}
