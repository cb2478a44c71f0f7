//! Fuzzes the adapters that read file names alone, with any names, one a line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_dataset::source::{ClassFolders, Folder, Kermany, MendeleyAugmented, Source, SourceError};

fuzz_target!(|names: &str| {
    let names: Vec<&str> =
        names.lines().filter(|name| radiograph_dataset_fuzz::can_be_listed(name)).collect();
    let folder = || Folder::in_memory(names.iter().map(|name| (*name, "")));
    let merged = ClassFolders::new("merged".parse().expect("a fitting name"), "");
    let sources: [&dyn Source; 3] = [&merged, &Kermany::new(""), &MendeleyAugmented::new("")];
    for source in sources {
        let collection = match source.read_folder(folder()) {
            Ok(collection) => collection,
            // A folder with the name of the table of original sizes.
            Err(SourceError::NotAFile { .. }) => continue,
            Err(error) => panic!("no other table can fail: {error}"),
        };
        radiograph_dataset_fuzz::check(&collection);
        let read = collection.records.len() + collection.exclusions.len() + collection.other_files;
        assert_eq!(read, folder().files().count(), "every file is accounted for");
    }
});
