//! Scores of predictions with intervals, and a paired comparison of two models.
//!
//! `cargo run -p radiograph-examples --no-default-features --example metrics`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use radiograph_metrics::{
    Bootstrap, Choice, ComparisonOptions, Evaluation, Family, Metric, Permutation, Predictions,
};

/// Two images of ann: patients are resampled, not images.
const FIRST: &str = "\
id,patient,label,p_covid,p_normal,p_pneumonia
1,ann,covid,0.81,0.11,0.08
2,ann,covid,0.45,0.49,0.06
3,bob,normal,0.07,0.72,0.21
4,cid,pneumonia,0.10,0.28,0.62
5,dan,normal,0.02,0.95,0.03
6,eve,pneumonia,0.33,0.20,0.47
7,fay,covid,0.70,0.10,0.20
8,gil,normal,0.20,0.35,0.45
";

/// The same images, scored by another model.
const SECOND: &str = "\
id,patient,label,p_covid,p_normal,p_pneumonia
1,ann,covid,0.51,0.31,0.18
2,ann,covid,0.25,0.69,0.06
3,bob,normal,0.47,0.32,0.21
4,cid,pneumonia,0.40,0.18,0.42
5,dan,normal,0.12,0.85,0.03
6,eve,pneumonia,0.53,0.20,0.27
7,fay,covid,0.40,0.30,0.30
8,gil,normal,0.30,0.45,0.25
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let first = Predictions::read_csv(FIRST.as_bytes(), None)?;
    let second = Predictions::read_csv(SECOND.as_bytes(), Some(first.classes()))?;

    let bootstrap = Bootstrap::new(1_000, 7)?;
    let evaluation = Evaluation::of(&first, &bootstrap)?;
    println!("{} images, {}", evaluation.samples, evaluation.units_in_words());
    println!("{}", evaluation.overall_table().to_text());
    println!("{}", evaluation.long_class_table().to_text());

    let options =
        ComparisonOptions { bootstrap, permutation: Permutation::new(1_000, 7)?, significance: 0.05 };
    let models = [("first", &first), ("second", &second)];
    let family = Family::of(&models, ("first", Choice::Beforehand), &[], &[Metric::Accuracy], &options)?;
    for comparison in family.comparisons {
        println!("{}", comparison.statement());
    }
    Ok(())
}
