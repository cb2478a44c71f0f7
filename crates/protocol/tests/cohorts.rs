//! Tests of cohorts, the protocols of presets, and the names used in files, through the public interface only.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use radiograph_classes::Classes;
use radiograph_files::ContentHash;
use radiograph_protocol::{
    Architecture, Cell, Clipping, Cohort, DropoutPlace, FeatureShape, FoldStart, LabelledImage, OutputGate,
    Preset, Protocol, RmsPropForm, Subset, TestedModel, TrainingConfig,
};

const IMAGES: usize = 30;
const SHAPE: FeatureShape = FeatureShape { channels: 4, height: 3, width: 3 };

fn classes() -> Classes {
    Classes::new(["covid", "normal", "pneumonia"]).unwrap()
}

fn image(number: usize, subset: Subset) -> LabelledImage {
    LabelledImage {
        id: format!("north:{number}"),
        cluster: format!("north:p{}", number / 2),
        source: "north".to_owned(),
        class: ["covid", "normal", "pneumonia"][number % 3].to_owned(),
        image: ContentHash::of_bytes(&number.to_le_bytes()),
        subset,
    }
}

fn in_fold(number: u32) -> Subset {
    Subset::Training { fold: Some(number), validates: true }
}

/// Three folds of eight and six test images, mixed.
fn cohort() -> Cohort {
    let subset = |number: usize| if number % 5 == 4 { Subset::Test } else { in_fold(number as u32 % 3 + 1) };
    let images = (0..IMAGES).map(|number| image(number, subset(number / 3))).collect();
    Cohort::new(&classes(), images).unwrap()
}

#[test]
fn impossible_cohorts_are_refused() {
    let refused = |images: Vec<LabelledImage>| Cohort::new(&classes(), images).unwrap_err().to_string();
    let fold = |number| image(number, in_fold(1));
    assert!(refused(vec![fold(1), fold(1)]).contains("north:1"));
    assert!(refused(vec![image(1, in_fold(0))]).contains("from 1"));
    assert!(refused(vec![fold(1), fold(2), image(3, in_fold(3))]).contains("is 2"));
    assert!(refused(vec![fold(1), image(2, in_fold(u32::MAX))]).contains("without gaps"));
    let child = LabelledImage { subset: Subset::Training { fold: Some(1), validates: false }, ..fold(1) };
    assert!(refused(vec![child]).contains("no image validates"));
    assert!(refused(vec![LabelledImage { class: "flu".into(), ..fold(1) }]).contains("flu"));
}

#[test]
fn permuted_labels_keep_the_class_counts_of_every_part() {
    let (true_labels, permuted) = (cohort(), cohort().with_permuted_labels(4));
    let labels = |cohort: &Cohort, positions: &[usize]| -> Vec<String> {
        positions.iter().map(|&position| cohort.label(position).unwrap().name().to_owned()).collect()
    };
    let mut changed = 0;
    for part in true_labels.folds().into_iter().map(|fold| fold.held_out).chain([true_labels.test()]) {
        let (mut before, mut after) = (labels(&true_labels, &part), labels(&permuted, &part));
        changed += before.iter().zip(&after).filter(|(before, after)| before != after).count();
        before.sort();
        after.sort();
        assert_eq!(before, after);
    }
    assert!(changed > IMAGES / 3, "{changed}");
    let all: Vec<usize> = (0..IMAGES).collect();
    assert_eq!(labels(&permuted, &all), labels(&cohort().with_permuted_labels(4), &all));
    assert_ne!(labels(&permuted, &all), labels(&cohort().with_permuted_labels(5), &all));
}

#[test]
fn presets_are_protocols() {
    let paper = Protocol::preset(Preset::Paper, Architecture::VGG19, SHAPE, &cohort(), 7);
    assert_eq!((paper.folds, paper.training.epochs, &paper.tested), (3, 100, &TestedModel::Refit));
    let released = Protocol::preset(Preset::ReleasedCode, Architecture::VGG19, SHAPE, &cohort(), 7);
    assert_eq!(released.tested, TestedModel::WeightedFolds(vec![0.0, 1.0, 2.0]));
    assert_eq!(released.fold_start, FoldStart::Chained);
    let text = serde_json::to_string(&released).unwrap();
    assert_eq!(serde_json::from_str::<Protocol>(&text).unwrap(), released);
    for protocol in [paper, released] {
        protocol.check(&cohort()).unwrap();
    }
}

#[test]
fn protocols_that_do_not_fit_the_cohort_are_refused() {
    let good = Protocol::preset(Preset::Paper, Architecture::VGG19, SHAPE, &cohort(), 7);
    let tested = |tested| Protocol { tested, ..good.clone() };
    for wrong in [
        Protocol { folds: 4, ..good.clone() },
        Protocol { folds: 1, ..good.clone() },
        tested(TestedModel::WeightedFolds(vec![1.0])),
        tested(TestedModel::WeightedFolds(vec![0.0; 3])),
        Protocol { folds: 0, ..tested(TestedModel::RefitForMedianBest) },
        Protocol {
            training: TrainingConfig { epochs: i64::MAX as usize, ..good.training.clone() },
            ..good.clone()
        },
    ] {
        assert!(wrong.check(&cohort()).is_err(), "{:?} {:?}", wrong.folds, wrong.tested);
    }
    // Positions of folds are counted among the training images.
    let folds = good.validated_folds(&cohort());
    let training = cohort().training();
    for (fold, among_all) in folds.iter().zip(cohort().folds()) {
        let found: Vec<usize> = fold.held_out.iter().map(|&position| training[position]).collect();
        assert_eq!(found, among_all.held_out);
    }
    assert_eq!(folds.len(), 3);
}

#[test]
fn values_in_files_are_kebab_case() {
    let value = |value: serde_json::Result<serde_json::Value>| value.unwrap().to_string();
    assert_eq!(value(serde_json::to_value(Cell::LstmReluFrozen)), "\"lstm-relu-frozen\"");
    let peephole = Cell::LstmPeephole { output_gate: OutputGate::CurrentState };
    assert_eq!(value(serde_json::to_value(peephole)), r#"{"lstm-peephole":{"output_gate":"current-state"}}"#);
    assert_eq!(value(serde_json::to_value(DropoutPlace::AfterReading)), "\"after-reading\"");
    assert_eq!(value(serde_json::to_value(Clipping::GlobalNorm(1.0))), r#"{"global-norm":1.0}"#);
    assert_eq!(value(serde_json::to_value(RmsPropForm::PyTorch)), "\"pytorch\"");
    assert_eq!(value(serde_json::to_value(TestedModel::RefitForMedianBest)), "\"refit-for-median-best\"");
}
