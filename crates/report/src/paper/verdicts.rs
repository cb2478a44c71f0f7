//! Examines the paper's printed tables with `radiograph-forensics`.

use radiograph_forensics::{Printed, PrintedRow, PrintedTable, Rounding, Verdict, examine};

use super::{ALL, PrintedClass, PrintedNetwork, PrintedScores};
use crate::Error;

/// Number of test images of each class in the paper, section 3.1.
const SUPPORTS: [u64; 3] = [463, 462, 463];
/// Number of test images in the paper.
pub(crate) const TEST_IMAGES: u64 = SUPPORTS[0] + SUPPORTS[1] + SUPPORTS[2];

/// A network of a printed table with the verdict on its scores.
pub(crate) struct Examined {
    /// The network's name in that table.
    pub(crate) name: String,
    /// The verdict for numbers that were rounded, halves up.
    pub(crate) verdict: Verdict,
    /// Another rounding rule under which every cell can be right, if none can under that one.
    pub(crate) fits_only: Option<Rounding>,
}

/// Table 3, with the errors that the text states.
pub(crate) fn table_3() -> Result<Vec<Examined>, Error> {
    let examined = |network: &PrintedNetwork| {
        let row = |class: PrintedClass| printed_row(class, Some(&network.classes[class.row()]));
        let mut rows = PrintedClass::ALL.map(row);
        rows[PrintedClass::Covid.row()].missed = Some(network.errors.1);
        examine_rows(format!("{}-RNN", network.name), rows, Some(network.errors.0))
    };
    ALL.iter().map(examined).collect()
}

/// The plain networks of Table 4, which prints COVID-19 only.
pub(crate) fn table_4() -> Result<Vec<Examined>, Error> {
    let examined = |network: &PrintedNetwork| {
        let row = |class| printed_row(class, (class == PrintedClass::Covid).then_some(&network.plain));
        examine_rows(network.name.to_owned(), PrintedClass::ALL.map(row), None)
    };
    ALL.iter().map(examined).collect()
}

fn examine_rows(name: String, rows: [PrintedRow; 3], errors: Option<u64>) -> Result<Examined, Error> {
    let table = PrintedTable::new(&name, rows.into(), errors)?;
    let verdict = examine(&table, Rounding::HalfUp)?;
    let mut fits_only = None;
    for rule in [Rounding::HalfEven, Rounding::Truncated] {
        if fits_only.is_none() && !verdict.fits() && examine(&table, rule)?.fits() {
            fits_only = Some(rule);
        }
    }
    Ok(Examined { name, verdict, fits_only })
}

fn printed_row(class: PrintedClass, scores: Option<&PrintedScores>) -> PrintedRow {
    let read =
        |pick: fn(&PrintedScores) -> &'static str| scores.and_then(|scores| Printed::read(pick(scores)));
    PrintedRow {
        class: class.name().to_owned(),
        support: SUPPORTS[class.row()],
        precision: read(|scores| scores.precision),
        recall: read(|scores| scores.recall),
        f1: read(|scores| scores.f1),
        accuracy: read(|scores| scores.accuracy),
        missed: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The only matrices with these supports and the errors of section 4.1, found by an exhaustive search in another language.
    const MATRICES: [[[u64; 3]; 3]; 4] = [
        [[462, 1, 0], [1, 461, 0], [0, 0, 463]],
        [[461, 1, 1], [0, 462, 0], [0, 1, 462]],
        [[460, 2, 1], [17, 445, 0], [0, 0, 463]],
        [[456, 6, 1], [0, 462, 0], [0, 0, 463]],
    ];

    /// No row becomes possible under another rule. InceptionV3's accuracy in Table 4 would fit digits that were cut off (1,376 of
    /// 1,388 are 99.1354 %), but its precision would not: 458 of 464 are 98.7069 %, printed as 98.71.
    #[test]
    fn every_rounding_rule_is_tried() {
        let fits_only = |examined: Vec<Examined>| examined.iter().map(|of| of.fits_only).collect::<Vec<_>>();
        assert_eq!(fits_only(table_4().unwrap()), [None; 4]);
        assert_eq!(fits_only(table_3().unwrap()), [None; 4]);
        let fits = |of: &Examined| of.verdict.fits();
        assert_eq!(table_4().unwrap().iter().map(fits).collect::<Vec<_>>(), [false; 4]);
    }

    #[test]
    fn table_3_as_typed_here_has_the_matrices_that_it_must_have() {
        let examined = table_3().unwrap();
        assert_eq!(examined.len(), 4);
        for (examined, expected) in examined.iter().zip(MATRICES) {
            let best = examined.verdict.best_readings();
            let found =
                best.iter().filter_map(|reading| reading.unique_matrix()).any(|m| m.rows() == expected);
            assert!(found, "{}", examined.verdict);
        }
    }
}
