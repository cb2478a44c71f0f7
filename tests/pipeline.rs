//! Tests the whole pipeline on a few phantoms: an uninterrupted, an interrupted and a killed run end with the same
//! files.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Instant,
};

use radiograph::{Config, Error, ExternalTest, Pipeline, Predictor, Progress, Stage, run::Error as RunError};
use radiograph_classes::Classes;
use radiograph_dataset::manifest::{Manifest, PrivateFiles};
use radiograph_image::{Picture, Samples, encode_png};
use radiograph_metrics::{Metric, Predictions};
use radiograph_phantoms::collection::Collections;

pub(crate) fn phantoms(folder: &Path) {
    Collections { patients: 40, seed: 3, side: 160 }.write(folder, |_, _| {}).unwrap();
}

pub(crate) fn config(folder: &Path) -> Config {
    let key = folder.join("key");
    fs::write(&key, "1".repeat(64)).unwrap();
    let file = format!(
        "
        backbones = ['inception_v3']
        baselines = ['linear-probe', 'mean-dense']
        weights = {{ inception_v3 = 'random:1' }}
        data = {{ folder = '{}', key_file = '{}' }}
        input = {{ size = 96 }}
        training = {{ epochs = 2, folds = 2, batch_size = 8 }}
        head.layers.inception_v3 = {{ units = 8, dense = [8] }}
        evaluation = {{ bootstrap_replicates = 100, permutations = 200 }}
        explanation = {{ images_per_class = 1 }}
        # Tests share a process, and it has one number: a run that began with another would differ in its last bits.
        compute = {{ threads = 1 }}
        ",
        folder.join("collections").display(),
        key.display()
    );
    Config::resolve(Some(&file), &[]).unwrap()
}

/// The files of a run that a person or another program reads, without times.
fn outcome(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = [
        "manifest.csv",
        "leakage.json",
        "comparison.json",
        "best.json",
        "inception_v3/predictions.csv",
        "inception_v3/metrics.json",
        "inception_v3/explanations.json",
        "inception_v3/looks.json",
        "audit.json",
        "inception_v3-linear-probe/predictions.csv",
        "inception_v3-linear-probe/model.json",
        "inception_v3-mean-dense/predictions.csv",
        "inception_v3-mean-dense/model.safetensors",
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
    let outcome_of_run = Pipeline::open(config.clone(), &undisturbed, &mut watch).unwrap().run().unwrap();
    assert_eq!(outcome_of_run.evaluated.models.len(), 3);
    // Two epochs are a planted short training; the probe has converged.
    let marked = ["inception_v3", "inception_v3-mean-dense"];
    assert_eq!(outcome_of_run.evaluated.comparisons.unconverged, marked);
    let ends = |name: &str| outcome_of_run.trained[name].record.convergence().unwrap().is_converged();
    assert!(ends("inception_v3-linear-probe") && !ends("inception_v3"));
    for statement in &outcome_of_run.evaluated.comparisons.statements {
        assert!(statement.starts_with("no verdict on "), "{statement}");
    }
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
        match Pipeline::open(config.clone(), &disturbed, &mut watch).unwrap().run() {
            Ok(_) => break,
            Err(Error::Run(RunError::Interrupted { stage })) => stages.push(stage),
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
    Pipeline::open(config.clone(), &disturbed, &mut watch).unwrap().run().unwrap();
    assert!(done >= 6, "{done}");
    let other = Config { seed: 8, ..config };
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    assert!(matches!(
        Pipeline::open(other, &disturbed, &mut watch),
        Err(Error::Run(RunError::OtherRun { .. }))
    ));

    nothing_that_is_shared_names_a_file_or_a_patient(&undisturbed);
    what_was_trained_on_is_not_elsewhere(&undisturbed, &place.path().join("collections"));
}

/// Searches all of a run but the folder `private`, names of files included.
fn nothing_that_is_shared_names_a_file_or_a_patient(run: &Path) {
    let mut names = BTreeSet::new();
    for (_, file) in PrivateFiles::read(run).unwrap().iter() {
        names.insert(file.path.to_str().unwrap().to_owned());
        names.insert(file.image.to_string());
        names.insert(file.path.file_stem().unwrap().to_str().unwrap().to_owned());
        names.extend(file.patient.as_ref().map(ToString::to_string));
    }
    // `cohen:1` may be the start of a pseudonym; longer names are nothing else by chance.
    names.retain(|name| name.split_once(':').map_or(name.as_str(), |(_, own)| own).len() > 5);
    assert!(names.len() > 100, "{}", names.len());
    let mut searched = 0;
    let report = fs::read(run.join("report.html")).unwrap();
    for (path, content) in files(run).into_iter().chain([("report.html".into(), report)]) {
        if path.starts_with("private") {
            continue;
        }
        searched += 1;
        let content = String::from_utf8_lossy(&content);
        for name in &names {
            let named = content.contains(name.as_str()) || path.to_str().unwrap().contains(name.as_str());
            assert!(!named, "{name} is in {}", path.display());
        }
    }
    assert!(searched > 20, "{searched} files");
}

/// The content of every file below a folder, except files with times (`costs.json`, the report, its stamp) and the
/// lock, which is empty.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(inside) = pending.pop() {
        for entry in fs::read_dir(inside).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let relative = path.strip_prefix(folder).unwrap().to_owned();
            if !["costs.json", "report.html", ".stages/report.json"]
                .iter()
                .any(|name| relative == Path::new(name))
            {
                found.insert(relative, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The report without times and without the folder's name.
fn report_without_times(run: &Path) -> String {
    let name = run.file_name().unwrap().to_str().unwrap();
    let mut page = fs::read_to_string(run.join("report.html")).unwrap().replace(name, "RUN");
    for (from, to) in [("<dt>Time</dt>", "</dd>"), ("Time of each stage", "</table>")] {
        let begin = page.find(from).unwrap_or_else(|| panic!("the report has no {from}"));
        let end = begin + page[begin..].find(to).unwrap();
        page.replace_range(begin..end, "");
    }
    page
}

#[test]
fn the_stages_one_by_one_give_the_files_of_the_whole_run() {
    let place = tempfile::tempdir().unwrap();
    phantoms(place.path());
    let config = config(place.path());
    let (whole, staged) = (place.path().join("run-at-once"), place.path().join("run-by-stages"));
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    Pipeline::open(config.clone(), &whole, &mut watch).unwrap().run().unwrap();

    // Each stage by a value of its own, as by a program of its own; only the first one is told the settings.
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    Pipeline::open(config, &staged, &mut watch).unwrap().assemble().unwrap();
    for stage in ["extract 1/2", "extract 2/2", "train", "evaluate", "explain", "audit", "report"] {
        let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
        let mut pipeline = Pipeline::begun(&staged, &mut watch).unwrap();
        match stage.split_once(' ') {
            Some((_, part)) => drop(pipeline.extract(part.parse().unwrap()).unwrap()),
            None => match stage {
                "train" => drop(pipeline.train().unwrap()),
                "evaluate" => drop(pipeline.evaluate().unwrap()),
                "explain" => drop(pipeline.explain().unwrap()),
                "audit" => drop(pipeline.audit().unwrap()),
                _ => drop(pipeline.report().unwrap()),
            },
        }
    }
    // The shards of two parts are other files than those of one; the features in them are compared through the models.
    let without_store = |run: &Path| {
        let mut files = files(run);
        files.retain(|path, _| !path.starts_with("features"));
        files
    };
    let (expected, found) = (without_store(&whole), without_store(&staged));
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected));
    assert!(expected.len() > 30, "{:?}", names(&expected));
    for (name, content) in &expected {
        assert!(found[name] == *content, "{} differs", name.display());
    }
    assert_eq!(report_without_times(&staged), report_without_times(&whole));
    what_is_predicted_is_what_was_tested(&whole);
    a_finished_run_stays_as_it_is(&whole);
}

/// A film of the test part gets the probabilities that the run wrote for it, with the temperature that the run fitted.
pub(crate) fn what_is_predicted_is_what_was_tested(run: &Path) {
    let manifest = Manifest::read(&run.join("manifest.csv")).unwrap();
    let files = PrivateFiles::read(run).unwrap();
    let predictor = Predictor::of_run(run, None).unwrap();
    let table = fs::File::open(run.join("inception_v3/predictions.csv")).unwrap();
    let own = Predictions::read_csv(table, Some(predictor.classes())).unwrap();
    let own = match &predictor.evaluation().temperature {
        Some(temperature) => temperature.apply(&own),
        None => own,
    };
    let mut compared = 0;
    for (at, id) in own.ids().unwrap().iter().enumerate().take(6) {
        let row = manifest.rows().iter().find(|row| row.id.to_string() == *id).unwrap();
        let file = files.get(&row.id).unwrap().file();
        let prediction = predictor.predict(&file).unwrap();
        // One image at a time and several at once differ in the last bits of f32.
        let expected = own.probabilities().values().row(at).to_vec();
        for ((class, probability), expected) in prediction.probabilities.iter().zip(expected) {
            assert!((probability - expected).abs() < 1e-5, "{id}: {class} {probability}, tested {expected}");
        }
        let explained = predictor.explain(&file).unwrap();
        assert_eq!(explained.prediction.probabilities, prediction.probabilities);
        compared += 1;
    }
    assert_eq!(compared, 6);
    let typo = run.parent().unwrap().join("typo");
    fs::create_dir_all(&typo).unwrap();
    let error = Predictor::of_run(&typo, None).unwrap_err().to_string();
    assert!(error.ends_with("is not a run folder: it has no config.toml"), "{error}");
}

/// Nothing is computed again and no cost is replaced; a table that was edited is refused and then written anew.
fn a_finished_run_stays_as_it_is(run: &Path) {
    let begun = |stages: &dyn Fn(&mut Pipeline<'_>) -> Result<(), Error>| {
        let mut started = 0;
        let mut watch = |progress: Progress<'_>| {
            started += usize::from(matches!(progress, Progress::Started { .. }));
            ControlFlow::Continue(())
        };
        let result = stages(&mut Pipeline::begun(run, &mut watch).unwrap());
        (result, started)
    };
    let costs = fs::read(run.join("costs.json")).unwrap();
    let (result, started) = begun(&|pipeline| pipeline.run().map(drop));
    result.unwrap();
    assert_eq!(started, 0, "a stage of a finished run began again");
    assert!(fs::read(run.join("costs.json")).unwrap() == costs, "costs of a finished run changed");

    let table = run.join("inception_v3/predictions.csv");
    let written = fs::read_to_string(&table).unwrap();
    fs::write(&table, written.replacen("0.", "0.0", 1)).unwrap();
    for stage in [
        (&|pipeline: &mut Pipeline<'_>| pipeline.evaluate().map(drop)) as &dyn Fn(&mut Pipeline<'_>) -> _,
        &|pipeline| pipeline.explain().map(drop),
    ] {
        let error = begun(stage).0.unwrap_err();
        assert!(matches!(&error, Error::Run(RunError::Edited { path, .. }) if *path == table), "{error}");
    }
    begun(&|pipeline| pipeline.train().map(drop)).0.unwrap();
    assert!(fs::read_to_string(&table).unwrap() == written, "training does not write the table anew");

    // A panel that was replaced is in the report of the next call.
    let panels = fs::read_dir(run.join("inception_v3/gradcam")).unwrap();
    let panel = panels.map(|entry| entry.unwrap().path()).min().unwrap();
    let black = Picture::new(8, 8, Samples::Gray8(vec![0; 64])).unwrap();
    fs::write(&panel, encode_png(&black).unwrap()).unwrap();
    assert_eq!(
        begun(&|pipeline| pipeline.report().map(drop)).1,
        1,
        "the report keeps a picture that is gone"
    );
}

/// An external test on the images of the run leaves out the training images, and classifies the test images alike.
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
    assert_eq!(test.also_at_home, compared);
    let accuracy = &test.differences[0];
    assert_eq!((&accuracy.metric, accuracy.p_value.is_ok()), (&Metric::Accuracy, true));
    assert_eq!(accuracy.second.score, test.elsewhere.confusion.accuracy());

    // The record that the audit and the report read.
    let kept = test.keep(run).unwrap();
    let record: radiograph::run::External = serde_json::from_slice(&fs::read(&kept).unwrap()).unwrap();
    fs::remove_file(&kept).unwrap();
    assert_eq!((record.model.as_str(), record.images), (test.model.as_str(), ids.len()));
    assert_eq!((&record.differences, record.also_at_home), (&test.differences, compared));
    let drop = record.drop().unwrap().difference.score.unwrap();
    assert!((drop - (record.home.score.unwrap() - record.away.score.unwrap())).abs() < 1e-12);
}

/// Environment variables of the process that will be killed: the folder of phantoms, and the run.
const PHANTOMS: &str = "RADIOGRAPH_TEST_PHANTOMS";
const RUN: &str = "RADIOGRAPH_TEST_RUN";

/// The work of the process that will be killed.
fn run_all(phantoms: &Path, run: &Path) {
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    Pipeline::open(config(phantoms), run, &mut watch).unwrap().run().unwrap();
}

#[test]
fn a_run_that_is_killed_five_times_ends_like_an_undisturbed_one() {
    // The processes run this same test, with the two variables set.
    if let (Some(phantoms), Some(run)) = (env::var_os(PHANTOMS), env::var_os(RUN)) {
        return run_all(Path::new(&phantoms), Path::new(&run));
    }
    let place = tempfile::tempdir().unwrap();
    phantoms(place.path());
    let start = |run: &PathBuf| {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args([
            "pipeline::a_run_that_is_killed_five_times_ends_like_an_undisturbed_one",
            "--exact",
            "--nocapture",
        ]);
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
    let error = Pipeline::open(config(place.path()), &place.path().join("run"), &mut watch)
        .unwrap()
        .run()
        .unwrap_err();
    assert!(matches!(error, Error::Run(RunError::NoImage { .. })), "{error}");
    let mut absent = config(place.path());
    absent.data.folder = place.path().join("nowhere");
    let other = place.path().join("other");
    let error = Pipeline::open(absent, &other, &mut watch).err().unwrap();
    assert!(error.to_string().contains("data.folder"), "{error}");
    let mut absent = config(place.path());
    absent.compute.device = "cuda:99".to_owned();
    assert!(matches!(Pipeline::open(absent, &other, &mut watch), Err(Error::Device(_))));
    assert!(!other.exists(), "a mistake leaves a folder behind, which refuses the corrected command");
}
