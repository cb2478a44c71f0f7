//! Tests of plans, marks and claims, on a run folder whose files are stand-ins.

use std::{collections::HashSet, fs, path::Path};

use radiograph_protocol::Preset;

use super::*;
use crate::StageCost;

fn config(changes: &[&str]) -> Config {
    let changes: Vec<String> = changes.iter().map(|&change| change.to_owned()).collect();
    Config::resolve(None, &changes).unwrap()
}

/// A run of two networks with two seeds and three folds.
const TWO: [&str; 3] = ["backbones=['vgg19', 'densenet121']", "training.folds=3", "training.seeds=2"];

fn begun(place: &Path, config: &Config) -> RunFolder {
    let folder = RunFolder::open(place, config).unwrap();
    fs::write(folder.manifest(), "a manifest").unwrap();
    folder
}

fn message(error: impl std::fmt::Display) -> String {
    let text = error.to_string();
    assert!(!text.contains('\n'), "{text}");
    text
}

fn complete(plan: &Plan, name: &str) {
    let task = plan.task(name).unwrap();
    plan.finish(task, plan.claim(task).unwrap(), Vec::new(), Vec::new()).unwrap();
}

#[test]
fn the_tasks_are_the_whole_work_and_each_needs_only_earlier_phases() {
    let place = tempfile::tempdir().unwrap();
    let config = config(&TWO);
    let plan = Plan::new(&begun(place.path(), &config), &config, 8).unwrap();
    let count = |phase| plan.tasks().iter().filter(|task| task.phase == phase).count();
    assert_eq!(count(Phase::Extract), 2 * 8);
    assert_eq!(count(Phase::Folds), 2 * 2 * 3);
    // Each head, and the linear probe of each network.
    assert_eq!(count(Phase::Tested), 2 * 2 + 2);
    assert_eq!(plan.phases()[..3], [Phase::Extract, Phase::Folds, Phase::Tested]);
    let names: HashSet<&str> = plan.tasks().iter().map(|task| task.name.as_str()).collect();
    assert_eq!(names.len(), plan.tasks().len(), "names are unique");
    for task in plan.tasks() {
        assert!(plan.needs(task).iter().all(|other| other.phase < task.phase), "{}", task.name);
        assert_eq!(plan.numbered(task.phase, task.number).unwrap(), task);
    }
    let needs = |name: &str| {
        plan.needs(plan.task(name).unwrap()).iter().map(|task| task.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(needs("extract-vgg19-3-of-8"), Vec::<String>::new());
    assert_eq!(needs("train-vgg19-seed-2-fold-2").len(), 8);
    assert_eq!(
        needs("train-vgg19-seed-2-tested")[8..],
        [1, 2, 3].map(|fold| format!("train-vgg19-seed-2-fold-{fold}"))
    );
    assert_eq!(needs("train-vgg19-linear-probe-tested").len(), 8);
    assert_eq!(needs("average-vgg19-seed-ensemble"), ["train-vgg19-tested", "train-vgg19-seed-2-tested"]);
    assert_eq!(
        needs("explain-vgg19-seed-ensemble"),
        ["train-vgg19-tested", "train-vgg19-seed-2-tested", "average-vgg19-seed-ensemble"]
    );
}

#[test]
fn chained_folds_are_phases_of_their_own() {
    let place = tempfile::tempdir().unwrap();
    let config =
        config(&["preset=paper", "backbones=['vgg19']", "training.folds=3", "training.fold_start=chained"]);
    let plan = Plan::new(&begun(place.path(), &config), &config, 1).unwrap();
    assert_eq!(plan.phases()[1..4], [1, 2, 3].map(Phase::ChainedFold));
    for phase in plan.phases() {
        assert_eq!(phase.to_string().parse::<Phase>().unwrap(), phase);
    }
    assert!("fold".parse::<Phase>().is_err() && "fold-two".parse::<Phase>().is_err());
    let second = plan.task("train-vgg19-fold-2").unwrap();
    assert!(plan.needs(second).iter().any(|other| other.name == "train-vgg19-fold-1"));
}

#[test]
fn a_task_is_done_by_one_process_after_those_that_it_needs() {
    let place = tempfile::tempdir().unwrap();
    let config = config(&TWO);
    let plan = Plan::new(&begun(place.path(), &config), &config, 1).unwrap();
    let fold = plan.task("train-vgg19-fold-1").unwrap();
    let error = message(plan.claim(fold).unwrap_err());
    assert_eq!(error, "the task train-vgg19-fold-1 needs extract-vgg19-1-of-1, which must be done first");
    complete(&plan, "extract-vgg19-1-of-1");
    let claim = plan.claim(fold).unwrap();
    let error = message(plan.claim(fold).unwrap_err());
    assert_eq!(error, "another process is doing the task train-vgg19-fold-1; leave it to that process");
    // A process that ends without a mark leaves the task to the next one.
    drop(claim);
    assert!(!plan.is_done(fold));
    complete(&plan, "train-vgg19-fold-1");
    assert!(plan.is_done(fold));
}

/// What a node leaves that dies while it writes: half a mark under a hidden name, or none.
#[test]
fn half_a_mark_is_none() {
    let place = tempfile::tempdir().unwrap();
    let config = config(&TWO);
    let plan = Plan::new(&begun(place.path(), &config), &config, 1).unwrap();
    complete(&plan, "extract-vgg19-1-of-1");
    let task = plan.task("extract-vgg19-1-of-1").unwrap();
    let path = plan.folder().join("extract-vgg19-1-of-1.done");
    let whole = fs::read(&path).unwrap();
    fs::write(plan.folder().join(".radiograph-abc.partial"), &whole).unwrap();
    for length in [0, 1, whole.len() / 2] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(!plan.is_done(task), "{length} bytes");
    }
    // The mark of another task under this name.
    let other = String::from_utf8(whole.clone()).unwrap().replace("vgg19", "densenet121");
    fs::write(&path, other).unwrap();
    assert!(!plan.is_done(task));
    fs::write(&path, whole).unwrap();
    assert!(plan.is_done(task));
}

#[test]
fn an_incomplete_set_is_refused_and_all_that_is_missing_is_named() {
    let place = tempfile::tempdir().unwrap();
    let config = config(&[
        "backbones=['vgg19']",
        "baselines=false",
        "training.folds=2",
        "explanation.images_per_class=0",
    ]);
    let plan = Plan::new(&begun(place.path(), &config), &config, 2).unwrap();
    complete(&plan, "extract-vgg19-2-of-2");
    let error = message(plan.finished().unwrap_err());
    assert_eq!(
        error,
        "4 of 5 tasks are not done: extract-vgg19-1-of-2, train-vgg19-fold-1, train-vgg19-fold-2, train-vgg19-tested"
    );
    complete(&plan, "extract-vgg19-1-of-2");
    let model = place.path().join("vgg19/fold-1/model.safetensors");
    fs::create_dir_all(model.parent().unwrap()).unwrap();
    fs::write(&model, "weights").unwrap();
    for name in ["train-vgg19-fold-1", "train-vgg19-fold-2", "train-vgg19-tested"] {
        complete(&plan, name);
    }
    assert_eq!(plan.finished().unwrap().len(), 5);
    // A file that changed since its task wrote it, or went.
    fs::write(&model, "others").unwrap();
    let error = message(plan.finished().unwrap_err());
    assert!(error.contains("is not as the task train-vgg19-fold-1 wrote it"), "{error}");
    fs::remove_file(&model).unwrap();
    assert!(plan.finished().is_err());
}

#[test]
fn a_list_of_another_run_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let config = config(&TWO);
    let folder = begun(place.path(), &config);
    let error = message(Plan::read(&folder, &config).unwrap_err());
    assert!(error.ends_with("has no plan of its tasks"), "{error}");
    let plan = Plan::new(&folder, &config, 8).unwrap();
    plan.write().unwrap();
    complete(&plan, "extract-vgg19-1-of-8");
    let read = Plan::read(&folder, &config).unwrap();
    assert_eq!((read.id(), read.tasks()), (plan.id(), plan.tasks()));
    plan.require(&plan.id()).unwrap();
    // Another number of parts numbers the tasks differently.
    let other = Plan::new(&folder, &config, 4).unwrap();
    let error = message(other.require(&plan.id()).unwrap_err());
    assert!(error.contains(&plan.id()) && error.contains(&other.id()), "{error}");

    fs::write(folder.manifest(), "another manifest").unwrap();
    let error = message(Plan::read(&folder, &config).unwrap_err());
    assert!(error.contains("lists the tasks of another run"), "{error}");
    let anew = Plan::new(&folder, &config, 8).unwrap();
    assert_ne!(anew.id(), plan.id());
    assert!(!anew.is_done(anew.task("extract-vgg19-1-of-8").unwrap()), "its mark is of another run");

    fs::write(plan.folder().join("plan.json"), "{").unwrap();
    assert!(matches!(Plan::read(&folder, &config), Err(Error::Damaged { .. })));
    fs::remove_file(folder.manifest()).unwrap();
    assert!(matches!(Plan::new(&folder, &config, 8), Err(Error::Missing { stage: Stage::Assemble, .. })));
}

#[test]
fn tasks_and_numbers_that_are_none_are_named() {
    let place = tempfile::tempdir().unwrap();
    let config = Config::of(Preset::Trustworthy);
    let folder = begun(place.path(), &config);
    let plan = Plan::new(&folder, &config, 8).unwrap();
    assert_eq!(message(plan.task("train-all").unwrap_err()), "this run has no task `train-all`");
    let error = message(plan.numbered(Phase::Extract, 33).unwrap_err());
    assert_eq!(error, "the phase extract of this run has 32 tasks, and none has the number 33");
    for parts in [0, 1001] {
        let error = message(Plan::new(&folder, &config, parts).unwrap_err());
        assert!(error.contains("is not a part"), "{error}");
    }
}

#[test]
fn marks_tell_costs_and_images_that_were_left_out() {
    let place = tempfile::tempdir().unwrap();
    let config = config(&TWO);
    let plan = Plan::new(&begun(place.path(), &config), &config, 1).unwrap();
    let task = plan.task("extract-vgg19-1-of-1").unwrap();
    let cost = StageCost { stage: Stage::Extract, of: "vgg19".into(), seconds: 2.0, peak_bytes: None };
    let left_out = ("abc".to_owned(), "no image".to_owned());
    plan.finish(task, plan.claim(task).unwrap(), vec![cost.clone()], vec![left_out.clone()]).unwrap();
    let mark = plan.mark(task).unwrap();
    assert_eq!((mark.costs, mark.left_out), (vec![cost], vec![left_out]));
}
