//! The whole pipeline on a few phantoms: interrupted, killed or neither, it ends with the same files.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Instant,
};

use radiograph::{Config, Error, ExternalTest, Pipeline, Progress, Stage};
use radiograph_classes::Classes;
use radiograph_dataset::{manifest::Manifest, phantom::collection::Collections};
use radiograph_metrics::Predictions;

fn phantoms(folder: &Path) {
    Collections { patients: 40, seed: 3, side: 160 }.write(folder, |_, _| {}).unwrap();
}

fn config(folder: &Path) -> Config {
    let file = format!(
        "
        backbones = ['inception_v3']
        weights = {{ inception_v3 = 'random:1' }}
        data = {{ folder = '{}' }}
        input = {{ size = 96 }}
        training = {{ epochs = 2, folds = 2, batch = 8 }}
        head.layers.inception_v3 = {{ units = 8, dense = [8] }}
        evaluation = {{ bootstrap_replicates = 100, permutations = 200 }}
        explanation = {{ images_per_class = 1 }}
        ",
        folder.join("collections").display()
    );
    Config::resolve(Some(&file), &[]).unwrap()
}

/// The files of a run that a person or another program reads, but for times.
fn outcome(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = [
        "manifest.csv",
        "leakage.json",
        "comparison.json",
        "best.json",
        "inception_v3/predictions.csv",
        "inception_v3/metrics.json",
        "inception_v3/explanations.json",
        "inception_v3-baseline/predictions.csv",
        "inception_v3-baseline/model.safetensors",
    ];
    names.map(|name| (name.to_owned(), fs::read(run.join(name)).unwrap())).into()
}

#[test]
fn a_run_that_is_interrupted_again_and_again_ends_like_an_undisturbed_one() {
    let place = tempfile::tempdir().unwrap();
    phantoms(place.path());
    let config = config(place.path());
    let (undisturbed, disturbed) = (place.path().join("undisturbed"), place.path().join("disturbed"));

    let mut said = Vec::new();
    let mut watch = |progress: Progress<'_>| {
        if let Progress::Said { sentence } = progress {
            said.push(sentence.to_owned());
        }
        ControlFlow::Continue(())
    };
    let outcome_of_run = Pipeline::new(config.clone(), &undisturbed, &mut watch).unwrap().run().unwrap();
    assert_eq!(outcome_of_run.models.len(), 2);
    assert!(said.iter().any(|sentence| sentence.contains("RANDOM weights")), "{said:?}");
    assert!(undisturbed.join("report.html").is_file());

    // Each attempt comes a little farther: after 1, 3, 7, … pieces of news it is broken off.
    let mut stages = Vec::new();
    for attempt in 1_usize.. {
        assert!(attempt < 60, "it does not come to an end: {stages:?}");
        let mut left = attempt * attempt;
        let mut watch = |_: Progress<'_>| {
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        match Pipeline::new(config.clone(), &disturbed, &mut watch).unwrap().run() {
            Ok(_) => break,
            Err(Error::Interrupted { stage }) => stages.push(stage),
            Err(error) => panic!("{error}"),
        }
    }
    assert!(stages.len() >= 5 && stages.contains(&Stage::Train), "{stages:?}");
    assert_eq!(outcome(&disturbed), outcome(&undisturbed));

    // Nothing is left to do, and other settings are another run.
    let mut done = 0;
    let mut watch = |progress: Progress<'_>| {
        done += usize::from(matches!(progress, Progress::AlreadyDone { .. }));
        ControlFlow::Continue(())
    };
    Pipeline::new(config.clone(), &disturbed, &mut watch).unwrap().run().unwrap();
    assert!(done >= 6, "{done}");
    let other = Config { seed: 8, ..config };
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    assert!(matches!(Pipeline::new(other, &disturbed, &mut watch), Err(Error::OtherRun { .. })));

    what_was_trained_on_is_not_elsewhere(&undisturbed, &place.path().join("collections"));
}

/// An external test on the very images of the run leaves out what was trained on, and classifies the test images alike.
fn what_was_trained_on_is_not_elsewhere(run: &Path, collections: &Path) {
    let classes = Classes::new(["COVID-19", "normal", "pneumonia"]).unwrap();
    let manifest = Manifest::read(&run.join("manifest.csv")).unwrap();
    let trained: BTreeSet<String> = manifest.train().map(|row| row.id.to_string()).collect();
    let table = fs::File::open(run.join("inception_v3/predictions.csv")).unwrap();
    let own = Predictions::read_csv(table, Some(&classes)).unwrap();

    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let test = ExternalTest::of_run(run, collections, None, &mut watch).unwrap();
    let known = test.left_out["picture-trained-on"] + test.left_out.get("patient-trained-on").unwrap_or(&0);
    assert!(known >= trained.len() && test.not_compared == 0, "{:?}", test.left_out);
    let ids = test.predictions.ids().unwrap();
    assert!(ids.iter().all(|id| !trained.contains(id)));
    let mut compared = 0;
    for (at, id) in own.ids().unwrap().iter().enumerate() {
        if let Some(position) = ids.iter().position(|other| other == id) {
            assert_eq!(test.predictions.predicted(position).name(), own.predicted(at).name(), "{id}");
            compared += 1;
        }
    }
    assert!(compared > own.len() / 2, "{compared} of {} test images are there", own.len());
}

/// Set for the process that is to be killed: the folder of phantoms, and the run.
const PHANTOMS: &str = "RADIOGRAPH_TEST_PHANTOMS";
const RUN: &str = "RADIOGRAPH_TEST_RUN";

/// Not a test of its own: what the killed process runs.
#[test]
fn child() {
    let (Some(phantoms), Some(run)) = (env::var_os(PHANTOMS), env::var_os(RUN)) else { return };
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    Pipeline::new(config(Path::new(&phantoms)), Path::new(&run), &mut watch).unwrap().run().unwrap();
}

#[test]
fn a_run_that_is_killed_five_times_ends_like_an_undisturbed_one() {
    let place = tempfile::tempdir().unwrap();
    phantoms(place.path());
    let start = |run: &PathBuf| {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["pipeline::child", "--exact", "--nocapture"]);
        command.env(PHANTOMS, place.path()).env(RUN, run);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let undisturbed = place.path().join("undisturbed");
    let begin = Instant::now();
    assert!(start(&undisturbed).wait().unwrap().success());
    let whole = begin.elapsed();
    let expected = outcome(&undisturbed);

    // Shares of an undisturbed run's time. Each attempt goes on where the one before came to, so that the kills reach ever
    // later stages; if one comes too late, the next folder takes the rest.
    let moments = [0.31, 0.56, 0.48, 0.39, 0.27];
    let mut kills = 0;
    for number in 0.. {
        let run = place.path().join(format!("killed {number}"));
        while kills < moments.len() {
            let mut process = start(&run);
            thread::sleep(whole.mul_f64(moments[kills]));
            process.kill().unwrap();
            if process.wait().unwrap().success() {
                break;
            }
            kills += 1;
        }
        assert!(start(&run).wait().unwrap().success(), "after {kills} kills");
        assert_eq!(outcome(&run), expected, "after {kills} kills");
        if kills == moments.len() {
            return;
        }
        assert!(number < moments.len(), "the process ends before it can be killed");
    }
}

#[test]
fn a_folder_without_collections_is_refused_before_any_work() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("collections")).unwrap();
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let error = Pipeline::new(config(place.path()), &place.path().join("run"), &mut watch)
        .unwrap()
        .run()
        .unwrap_err();
    assert!(matches!(error, Error::NoImage { .. }), "{error}");
    let mut absent = config(place.path());
    absent.data.folder = place.path().join("nowhere");
    let other = place.path().join("other");
    let error = Pipeline::new(absent, &other, &mut watch).err().unwrap();
    assert!(error.to_string().contains("data.folder"), "{error}");
    let mut absent = config(place.path());
    absent.compute.more_devices = vec!["cuda:99".to_owned()];
    assert!(matches!(Pipeline::new(absent, &other, &mut watch), Err(Error::Device(_))));
    assert!(!other.exists(), "a mistake leaves a folder behind, which refuses the corrected command");
}
