//! The errors that section 4.1 of the paper counts, with intervals, and whether they tell its networks apart.

use maud::{Markup, html};
use radiograph_metrics::{Level, McNemar, PValueRange, Proportion};

use super::super::table::{Sheet, text};
use crate::{
    Error,
    number::{Percent, count},
    paper::{ALL, PrintedNetwork, TEST_IMAGES},
};

/// The network that the paper calls superior.
const CHOSEN: &PrintedNetwork = &ALL[0];

pub(super) fn printed_errors() -> Result<Markup, Error> {
    let note = format!(
        "Errors among the paper's {} test images, as its text states them, with 95 % intervals by Wilson's method. The p-value is \
         McNemar's exact test against {}-RNN. The paper does not say which images were wrong, so the value lies between the two ends.",
        count(TEST_IMAGES),
        CHOSEN.name
    );
    let mut sheet = Sheet::new("Errors that section 4.1 states", &note)
        .words("network")
        .numbers("errors")
        .numbers("COVID-19 missed")
        .numbers("accuracy, %")
        .words(&format!("p against {}-RNN", CHOSEN.name));
    let percent = Percent::of(TEST_IMAGES);
    for network in &ALL {
        let (errors, missed) = network.errors;
        let accuracy = Proportion::new(TEST_IMAGES - errors, TEST_IMAGES)?;
        let interval = accuracy.wilson(Level::NINETY_FIVE);
        let p = McNemar::range(CHOSEN.errors.0, errors, TEST_IMAGES)?;
        sheet.push(vec![
            text(format!("{}-RNN", network.name)),
            text(errors.to_string()),
            text(missed.to_string()),
            text(match interval {
                Ok(interval) => format!("{} ({})", network.accuracy, percent.ends(&interval)),
                Err(reason) => format!("{} ({reason})", network.accuracy),
            }),
            text(if network.architecture == CHOSEN.architecture { "–".to_owned() } else { words(p) }),
        ]);
    }
    Ok(html! {
        (sheet)
        p {
            "The text calls " (CHOSEN.name) "-RNN superior. Its errors cannot be told apart from those of DenseNet121-RNN and \
            Inception-ResNetV2-RNN, however they are paired; they can from those of InceptionV3-RNN."
        }
    })
}

/// `0.062 to 0.18`, or one number if both ends are the same.
fn words(p: PValueRange) -> String {
    let number = |p: f64| match p {
        p if p < 0.000_1 => format!("{p:.1e}"),
        p if p < 0.01 => format!("{p:.4}"),
        p if p < 0.1 => format!("{p:.3}"),
        p => format!("{p:.2}"),
    };
    let (low, high) = (number(p.low), number(p.high));
    if low == high { low } else { format!("{low} to {high}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ends for 2 and 7 errors: both of 2 shared, 2 · 0.5⁵ = 0.0625; none shared, 2 · (1 + 9 + 36) · 0.5⁹ = 0.1797.
    #[test]
    fn only_inception_v3_can_be_told_from_the_network_that_the_paper_chooses() {
        let against = |errors| McNemar::range(CHOSEN.errors.0, errors, TEST_IMAGES).unwrap();
        let found: Vec<String> = ALL[1..].iter().map(|network| words(against(network.errors.0))).collect();
        assert_eq!(found, ["1.00", "7.6e-6 to 0.0001", "0.062 to 0.18"]);
        let page = printed_errors().unwrap().into_string();
        assert!(page.contains("99.86 (99.5 to 100.0)"), "{page}");
    }
}
