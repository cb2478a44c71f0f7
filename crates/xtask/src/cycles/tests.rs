//! Tests with cycles planted in small crates, each through another kind of path, and on the workspace itself.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use super::{Seen, check, of_tree, tree::Tree};
use crate::checkout::Checkout;

/// A crate with these source texts, by path below `src/`.
fn tree(files: &[(&str, &str)]) -> Tree {
    let files: BTreeMap<PathBuf, &str> =
        files.iter().map(|(path, text)| (Path::new("src").join(path), *text)).collect();
    let read = |path: &Path| {
        files.get(path).map(|text| (*text).to_owned()).ok_or_else(|| io::ErrorKind::NotFound.into())
    };
    Tree::read("planted", Path::new("src/lib.rs"), &read).unwrap()
}

/// The cycles of a crate, as text.
fn cycles(files: &[(&str, &str)]) -> Vec<String> {
    of_tree(&tree(files), Path::new("")).cycles.iter().map(ToString::to_string).collect()
}

/// The cycles of a crate whose module `ant` uses `bee::Bee`, while `bee` has this source text.
fn back(bee: &str) -> Vec<String> {
    let root = "mod ant; mod bee; mod cow; pub use ant::{Ant, dig}; pub use bee::Bee;";
    let ant = "use crate::bee::Bee;\npub struct Ant(Bee);\npub fn dig() {}\npub const SIX: u8 = 6;\nmacro_rules! crawl { () => {} }";
    cycles(&[
        ("lib.rs", root),
        ("ant.rs", ant),
        ("bee.rs", bee),
        ("cow.rs", "pub use crate::ant::{dig as moo, hatch};"),
    ])
}

#[test]
fn every_kind_of_path_closes_a_cycle() {
    let there = "pub struct Bee;\n";
    let kinds = [
        ("a use", "use crate::ant::Ant;"),
        ("a use of several", "use {super::{ant::{Ant, dig}}, std::fmt};"),
        ("a use under another name", "use crate::ant::Ant as Insect;"),
        ("a use of the module alone", "use super::ant;"),
        ("a glob", "use crate::ant::*;"),
        ("a use within a function", "fn fly() { use crate::ant::dig; dig() }"),
        ("a path in an expression", "fn fly() { crate::ant::dig() }"),
        ("a path by super", "fn fly() { super::ant::dig() }"),
        ("a path in a type", "fn fly(_: &[Option<crate::ant::Ant>]) {}"),
        ("a path in a bound", "fn fly<T>() where crate::ant::Ant: From<T> {}"),
        ("a path in a pattern", "fn fly(age: u8) { match age { super::ant::SIX => {}, _ => {} } }"),
        (
            "an implementation for it",
            "impl Clone for crate::ant::Ant { fn clone(&self) -> Self { todo!() } }",
        ),
        ("an associated function", "fn fly() { <crate::ant::Ant as Default>::default(); }"),
        ("a re-export in the root", "fn fly(_: crate::Ant) {}"),
        ("a re-export in another module", "fn fly() { crate::cow::moo() }"),
        ("a name that a glob of the parent brings in", "use super::*;\nfn fly(_: Ant) {}"),
        ("arguments of a macro", "fn fly() { println!(\"{}\", crate::ant::SIX) }"),
        ("a call among arguments of a macro", "fn fly() { assert_eq!(1, 1 + super::ant::dig()) }"),
        ("a macro's rules", "macro_rules! sting { () => { $crate::ant::dig() } }"),
        ("a macro itself", "fn fly() { crawl!() }"),
        ("an attribute", "#[derive(crate::ant::Ant)] struct Hive;"),
        ("a text of serde", "#[derive(Serialize)] struct Hive { #[serde(with = \"crate::ant\")] queen: u8 }"),
        ("a derive within cfg_attr", "#[cfg_attr(unix, derive(crate::ant::Ant))] struct Hive;"),
        (
            "a derive within two of them",
            "#[cfg_attr(unix, cfg_attr(unix, derive(Debug, crate::ant::Ant)))] struct Hive;",
        ),
        (
            "a text of serde within cfg_attr",
            "struct Hive { #[cfg_attr(feature = \"serde\", serde(with = \"crate::ant\"))] queen: u8 }",
        ),
        ("a use of an item that a macro defines", "use crate::ant::Larva;"),
        ("a type that a macro defines", "fn fly(_: super::ant::Larva) {}"),
        ("a function that a macro defines", "fn fly() { crate::ant::hatch() }"),
        ("a re-export of what a macro defines", "fn fly() { crate::cow::hatch() }"),
        (
            "a use of several among tokens",
            "macro_rules! sting { () => { use $crate::{cow, ant::{self, dig}}; } }",
        ),
        ("a module in braces among tokens", "macro_rules! sting { () => { use $crate::{ant::{self}}; } }"),
        ("a macro among arguments", "fn fly() { println!(\"{}\", crawl!()) }"),
        ("a function's name among arguments", "use super::*;\nfn fly() { assert_eq!([6].map(dig), [6]) }"),
        ("a constant in a struct among tokens", "fn fly() { vec![Wing { dig: crate::ant::SIX }]; }"),
        ("a child of it", "mod sting;\n"),
        ("a module in the file", "mod wing { fn flap() { crate::ant::dig() } }"),
    ];
    for (kind, text) in kinds {
        let root = "mod ant; mod bee; mod cow; pub use ant::{Ant, dig}; pub use bee::Bee;";
        let found = if text.starts_with("mod sting") {
            let ant = "pub struct Ant(crate::Bee); pub fn dig() {}";
            let child = "fn prick() { super::super::ant::dig() }";
            let bee = format!("{there}{text}");
            cycles(&[
                ("lib.rs", root),
                ("ant.rs", ant),
                ("bee.rs", &bee),
                ("bee/sting.rs", child),
                ("cow.rs", ""),
            ])
        } else {
            back(&format!("{there}{text}"))
        };
        assert_eq!(found.len(), 1, "{kind}: {found:?}");
        assert!(found[0].starts_with("planted: ant ↔ bee"), "{kind}: {}", found[0]);
    }
    assert_eq!(kinds.len(), 36);
}

#[test]
fn every_edge_is_named_with_file_line_and_path() {
    let found = back("pub struct Bee;\n\nfn fly() { crate::cow::moo() }\nfn buzz(_: crate::Ant) {}\n");
    assert_eq!(
        found,
        ["planted: ant ↔ bee\
          \n    ant → bee: src/ant.rs:1 crate::bee::Bee\
          \n    ant → bee: src/ant.rs:2 Bee\
          \n    bee → ant: src/bee.rs:3 crate::cow::moo\
          \n    bee → ant: src/bee.rs:4 crate::Ant"]
    );
}

#[test]
fn a_longer_way_round_is_a_cycle_too() {
    let root = "mod ant; mod bee; mod cow; mod dog;";
    let found = cycles(&[
        ("lib.rs", root),
        ("ant.rs", "pub struct Ant(crate::bee::Bee);"),
        ("bee.rs", "pub struct Bee(crate::cow::Cow);"),
        ("cow.rs", "pub struct Cow(Box<super::ant::Ant>);"),
        ("dog.rs", "pub struct Dog(crate::ant::Ant);"),
    ]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("planted: ant ↔ bee ↔ cow\n"), "{}", found[0]);
}

/// The folders depend on each other, although no two files do.
#[test]
fn a_module_counts_with_all_below_it() {
    let found = cycles(&[
        ("lib.rs", "mod ant; mod bee;"),
        ("ant/mod.rs", "mod leg; mod eye;"),
        ("ant/leg.rs", "pub fn walk() { crate::bee::wing::flap() }"),
        ("ant/eye.rs", "pub fn look() {}"),
        ("bee/mod.rs", "pub(crate) mod wing; mod sting;"),
        ("bee/wing.rs", "pub fn flap() {}"),
        ("bee/sting.rs", "use crate::ant::eye::look;"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("src/bee/sting.rs:1 crate::ant::eye::look"), "{}", found[0]);
}

#[test]
fn what_is_no_cycle_is_none() {
    let none = [
        "",
        // Tests may use what they test.
        "#[cfg(test)]\nmod tests { use crate::ant::Ant; }",
        "#[cfg(all(test, unix))]\nuse crate::ant::Ant;",
        "#[cfg(test)]\nfn fly() { crate::ant::dig() }",
        // Documentation is not code.
        "/// See [`crate::ant::Ant`].\nfn fly() {}",
        "// crate::ant::dig()\nfn fly() { let _ = \"crate::ant::Ant\"; }",
        // Names of others, and variables that hide items.
        "fn fly() { std::thread::sleep(ant::Ant) }",
        "use super::*;\nfn fly(dig: u8) -> u8 { dig }",
        "struct Hive { ant: u8 }\nfn fly(hive: Hive) -> u8 { hive.ant }",
        "pub(in crate::ant) fn fly() {}",
        "use super::*;\nfn fly(dig: u8) { println!(\"{}\", dig) }",
        "use super::*;\nfn fly() { vec![Wing { dig: 6 }]; println!(\"{dig}\", dig = 6); }",
        "use super::*;\nmacro_rules! sting { ($dig:expr) => { $dig.dig } }",
        "fn fly() { vec![std::ant::Ant, ant::Ant] }",
        // What cannot be found in the root or a parent, leads there.
        "fn fly(_: crate::Larva, _: super::Larva) {}",
        "#[cfg_attr(test, derive(crate::ant::Ant))] struct Hive;",
        "#[cfg_attr(all(test, unix), derive(crate::ant::Ant))] struct Hive;",
    ];
    for bee in none {
        let found = back(&format!("pub struct Bee;\n{bee}"));
        assert!(found.is_empty(), "{bee}: {found:?}");
    }
    // Parents and children know each other.
    let family = [
        ("lib.rs", "mod ant; pub fn meet() { ant::dig() }"),
        ("ant/mod.rs", "mod leg; pub use leg::walk; pub fn dig() { crate::meet(); walk() }"),
        ("ant/leg.rs", "pub fn walk() { super::dig(); crate::meet() }"),
    ];
    assert!(cycles(&family).is_empty());
    assert_eq!(tree(&family).modules.len(), 3);
}

/// Low numbers would mean that files are not found or not read.
#[test]
fn the_workspace_is_seen_whole_and_has_no_cycle() {
    let Seen { crates, modules, edges } = check(&Checkout::this()).unwrap();
    assert!(crates >= 20, "{crates} crates");
    assert!(modules >= 400, "{modules} modules");
    assert!(edges >= 6000, "{edges} edges");
}
