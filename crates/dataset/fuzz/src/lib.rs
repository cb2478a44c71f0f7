//! Checks that all fuzz targets of the sources share.

use radiograph_dataset::source::{Collection, Folder, Source};

/// Reads a collection whose table is `table`, beside some images, and checks what comes out.
pub fn read(source: &dyn Source, metadata: &str, table: &[u8], images: &[&str]) {
    let files = images.iter().map(|image| (*image, Vec::new())).chain([(metadata, table.to_vec())]);
    if let Ok(collection) = source.read_folder(Folder::in_memory(files)) {
        check(&collection);
    }
}

/// No record lies outside its collection, none is there twice, every row is accounted for.
pub fn check(collection: &Collection) {
    for record in collection.described() {
        let below = record.path.strip_prefix(&collection.root).expect("inside the folder");
        assert!(!below.components().any(|part| part.as_os_str() == ".."));
    }
    let mut ids: Vec<_> = collection.records.iter().map(|record| &record.id).collect();
    let records = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), records, "ids are unique");
    let rows = collection.records.iter().filter(|record| record.row.is_some()).count();
    let excluded = collection.exclusions.iter().filter(|exclusion| exclusion.row.is_some()).count();
    assert_eq!(rows + excluded, collection.rows, "every row is a record or an exclusion");
}

/// Whether a listing of a folder can hold this name.
pub fn can_be_listed(name: &str) -> bool {
    !name.contains('\0') && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}
