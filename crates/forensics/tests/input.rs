//! Tests that bad input gives one typed error and never a panic, and that any table is examined to the end.

#![allow(clippy::unwrap_used, reason = "a test may fail this way")]

use proptest::prelude::*;
use radiograph_forensics::{Printed, PrintedRow, PrintedTable, Rounding, examine};

/// Found by the property below: with many explanations, the last ones had no room for a matrix.
#[test]
fn however_many_explanations_there_are_each_has_a_matrix() {
    let cell = |value: Option<u32>| value.and_then(|value| Printed::read(&value.to_string()));
    let row = |class: &str, support, cells: [Option<u32>; 4], missed| {
        let [precision, recall, f1, accuracy] = cells.map(cell);
        PrintedRow { class: class.to_owned(), support, precision, recall, f1, accuracy, missed }
    };
    let rows = vec![
        row("0", 29, [Some(52), None, Some(5), None], None),
        row("1", 8, [None, Some(8), None, Some(71)], None),
        row("2", 20, [None, Some(62), Some(5), None], None),
        row("3", 23, [None, None, Some(56), Some(80)], Some(4)),
    ];
    let verdict = examine(&PrintedTable::new("", rows, None).unwrap(), Rounding::HalfEven).unwrap();
    let most = verdict.readings.iter().map(|reading| reading.explanations.len()).max().unwrap();
    assert!(most > 10, "{most}");
    for explanation in verdict.readings.iter().flat_map(|reading| &reading.explanations) {
        assert!(!explanation.matrices.is_empty());
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[a-c,0-9.\n\"%p_-]{0,200}") {
        let _ = PrintedTable::read_csv(text.as_bytes());
        let with_header = format!("class,support,precision,recall,f1,accuracy\n{text}");
        if let Ok(tables) = PrintedTable::read_csv(with_header.as_bytes()) {
            for table in tables {
                prop_assert!(examine(&table, Rounding::Any).is_ok());
            }
        }
    }

    /// Any table is examined to the end.
    #[test]
    fn no_printed_numbers_make_the_search_panic(
        rows in prop::collection::vec((1..40_u64, prop::array::uniform4(prop::option::of(0..=100_u32)), prop::option::of(0..9_u64)), 2..5),
        errors in prop::option::of(0..60_u64),
    ) {
        let rows = rows.into_iter().enumerate().map(|(k, (support, cells, missed))| {
            let [precision, recall, f1, accuracy] = cells.map(|cell| Printed::read(&cell?.to_string()));
            PrintedRow { class: k.to_string(), support, precision, recall, f1, accuracy, missed }
        });
        // Errors that contradict the supports or each other are refused.
        let Ok(table) = PrintedTable::new("", rows.collect(), errors) else { return Ok(()) };
        let verdict = examine(&table, Rounding::HalfEven).unwrap();
        prop_assert!(!verdict.conclusion().is_empty());
        for reading in &verdict.readings {
            prop_assert!(reading.complete || reading.wrong > 0);
            for explanation in &reading.explanations {
                prop_assert_eq!(explanation.misprints.len(), reading.wrong);
                prop_assert!(!explanation.matrices.is_empty());
                for matrix in &explanation.matrices {
                    let supports: Vec<u64> = matrix.rows().iter().map(|row| row.iter().sum()).collect();
                    prop_assert!(supports.iter().zip(table.rows()).all(|(sum, row)| *sum == row.support));
                }
            }
        }
    }
}
