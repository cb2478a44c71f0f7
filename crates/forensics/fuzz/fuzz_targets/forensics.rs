//! Fuzzes the reader and the search: any file is refused, or its tables are read and examined to the end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_forensics::{PrintedTable, Rounding, examine};

fuzz_target!(|data: &[u8]| {
    let Ok(tables) = PrintedTable::read_csv(data) else { return };
    for table in tables.iter().filter(|table| table.total() <= 300).take(1) {
        let verdict = examine(table, Rounding::Any).expect("a table that was read can be examined");
        assert!(!verdict.to_string().is_empty());
    }
});
