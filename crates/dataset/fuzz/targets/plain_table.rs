//! Fuzzes the reading of a table of unknown form: workbooks, encodings, separators, names of columns, names of files.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_dataset::source::{Described, Folder, description::Draft};

fuzz_target!(|table: &[u8]| {
    let folder = Folder::in_memory([("cases.csv", table)]);
    let Some(draft) = Draft::of_folder(&folder, || true) else { return };
    if !draft.is_complete() {
        return;
    }
    // What is drafted can be read back.
    let text = draft.to_toml();
    radiograph_dataset::source::description::Description::parse(&text, "draft".as_ref()).expect("a draft is a description");
    let source = Described::new(draft.description, "in-memory");
    radiograph_dataset_fuzz::read(&source, "cases.csv", table, &["a.png", "sub/b.png"]);
});
