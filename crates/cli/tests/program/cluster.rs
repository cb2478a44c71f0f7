//! Tests of a run that several processes share: parts, tasks, signals, and what goes wrong.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use crate::scene::{Scene, text};

/// A run that takes seconds: one network with random weights, two folds.
const SETTINGS: &str = "\
backbones = ['densenet121']
baselines = ['linear-probe']
weights.densenet121 = 'random:1'
audit = false
input.size = 64
head.layers.densenet121 = { units = 8, dense = [8] }
training = { epochs = 40, patience = false, batch_size = 8, folds = 2 }
evaluation = { bootstrap_replicates = 100, permutations = 100 }
explanation.images_per_class = 1
compute.threads = 1
";

/// An assembled run in `runs/first`.
fn assembled() -> Scene {
    let scene = Scene::new();
    scene.draw().write("settings.toml", SETTINGS);
    succeeds(&scene, "assemble runs/first --data phantoms/collections --config settings.toml");
    scene
}

fn succeeds(scene: &Scene, words: &str) -> String {
    let output = scene.run(words);
    assert!(output.status.success(), "`radiograph {words}`: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The one sentence with which a command is refused.
fn refused(scene: &Scene, words: &str, code: i32) -> String {
    let output = scene.run(words);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "`radiograph {words}`: {error}");
    let sentence = error.lines().last().unwrap_or_default().to_owned();
    assert!(sentence.starts_with("error: "), "{error}");
    sentence
}

/// The names of the tasks that are left.
fn left(scene: &Scene) -> Vec<String> {
    let lines = succeeds(scene, "plan runs/first --tasks");
    let name = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["task"].as_str().unwrap().to_owned()
    };
    lines.lines().map(name).collect()
}

/// Files below a run folder by path, without locks, plans, costs and what shows times.
fn files(scene: &Scene, run: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let root = scene.file(run);
    let (mut found, mut folders) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).unwrap().to_owned();
            let timed = ["costs.json", "report.html", ".stages/report.json"]
                .iter()
                .any(|timed| name == PathBuf::from(timed));
            if !timed && !name.starts_with("tasks") && name.extension().is_none_or(|kind| kind != "lock") {
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn tasks_one_by_one_make_the_files_of_a_run() {
    let scene = assembled();
    let error = refused(&scene, "run-task runs/first train-densenet121-fold-1", 3);
    assert!(error.contains("has no plan of its tasks; run `radiograph plan runs/first` first"), "{error}");
    let phases = scene.json("plan runs/first --extract-parts 2 --json");
    assert_eq!(phases[0], serde_json::json!({ "phase": "extract", "tasks": 2, "left": 2 }));
    let tasks = left(&scene);
    assert_eq!(
        tasks,
        [
            "extract-densenet121-1-of-2",
            "extract-densenet121-2-of-2",
            "train-densenet121-fold-1",
            "train-densenet121-fold-2",
            "train-densenet121-tested",
            "train-densenet121-linear-probe-tested",
            "explain-densenet121"
        ]
    );
    let error = refused(&scene, "run-task runs/first train-densenet121-fold-1", 3);
    assert!(error.contains("needs extract-densenet121-1-of-2, extract-densenet121-2-of-2"), "{error}");
    let error = refused(&scene, "collect runs/first", 3);
    assert!(error.contains("7 of 7 tasks are not done: extract-densenet121-1-of-2, "), "{error}");
    for (number, task) in tasks.iter().enumerate().take(6) {
        assert_eq!(left(&scene).len(), 7 - number);
        assert_eq!(succeeds(&scene, &format!("run-task runs/first {task}")), format!("{task}: done\n"));
    }
    // The last one by its number, as a job array does it.
    let json = scene.json("run-task runs/first --phase explain --number 1 --json");
    assert_eq!(json, serde_json::json!([{ "task": "explain-densenet121", "done_before": false }]));
    let again = succeeds(&scene, "run-task runs/first extract-densenet121-1-of-2");
    assert_eq!(again, "extract-densenet121-1-of-2: was done before\n");
    succeeds(&scene, "collect runs/first");
    succeeds(&scene, "run runs/whole --data phantoms/collections --config settings.toml");
    let (one, other) = (files(&scene, "runs/whole"), files(&scene, "runs/first"));
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other));
    assert!(one.len() > 40, "only {} files are compared", one.len());
    let differ: Vec<_> =
        one.iter().zip(&other).filter(|(one, other)| one != other).map(|((name, _), _)| name).collect();
    assert!(differ.is_empty(), "these differ: {differ:?}");
    // The parts of a stage are counted once, together.
    let costs: serde_json::Value =
        serde_json::from_slice(&fs::read(scene.file("runs/first/costs.json")).unwrap()).unwrap();
    let of = |stage: &str| {
        costs["stages"].as_array().unwrap().iter().filter(|cost| cost["stage"] == stage).count()
    };
    assert_eq!((of("extract"), of("train")), (1, 2));
    // A result that changed after its task is found.
    fs::write(scene.file("runs/first/densenet121/fold-1/history.csv"), "").unwrap();
    let error = refused(&scene, "collect runs/first", 3);
    assert!(error.contains("history.csv is not as the task train-densenet121-fold-1 wrote it"), "{error}");
}

#[test]
fn a_list_of_another_run_and_tasks_that_are_none_are_refused() {
    let scene = assembled();
    succeeds(&scene, "plan runs/first --extract-parts 2");
    for (words, named) in [
        (
            "run-task runs/first train-vgg19-fold-1",
            "has no task `train-vgg19-fold-1`; `radiograph plan RUN --tasks`",
        ),
        ("run-task runs/first --phase extract --number 3", "has 2 tasks, and none has the number 3"),
        (
            "run-task runs/first --plan 0123456789ab --phase extract --number 1",
            "that of plan 0123456789ab, and this run has",
        ),
        ("plan runs/first --extract-parts 0", "is not a part"),
    ] {
        let error = refused(&scene, words, 3);
        assert!(error.contains(named), "{words}: {error}");
    }
    // The run is assembled anew with fewer films.
    let film =
        walk(&scene.file("phantoms/collections")).into_iter().find(|path| path.ends_with("png")).unwrap();
    fs::remove_file(scene.path().join(film)).unwrap();
    succeeds(&scene, "assemble runs/first");
    let error = refused(&scene, "run-task runs/first extract-densenet121-1-of-2", 3);
    assert!(
        error.contains("the settings or the manifest changed since; run `radiograph plan` again"),
        "{error}"
    );
    assert!(!scene.file("runs/first/features").exists(), "a refused task did something");
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path.display().to_string()) }
    }
    found.sort();
    found
}

#[test]
fn parts_come_from_a_job_array_and_work_at_the_same_time() {
    let scene = assembled();
    let slurm = |id: &str| {
        let mut command = scene.command();
        for (name, value) in [("ID", id), ("MIN", "1"), ("MAX", "2"), ("STEP", "1"), ("COUNT", "2")] {
            command.env(format!("SLURM_ARRAY_TASK_{name}"), value);
        }
        command.env("SLURM_CPUS_PER_TASK", "1").args("extract runs/first --part auto --json".split(' '));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = ["1", "2"].map(slurm).map(|child| child.wait_with_output().unwrap());
    let computed = |output: &Output| {
        assert!(output.status.success(), "{}", text(&output.stderr));
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        json[0]["computed"].as_u64().unwrap()
    };
    let [one, other] = both.each_ref().map(computed);
    let all = scene.json("extract runs/first --json");
    assert_eq!(all[0]["present"].as_u64(), Some(one + other), "each image once");
    for part in ["1/2", "2/2"] {
        succeeds(&scene, &format!("train runs/first --part {part}"));
    }
    succeeds(&scene, "train runs/first");
    for part in ["1/2", "2/2"] {
        succeeds(&scene, &format!("explain runs/first --part {part}"));
    }
    // A part out of its range, and no array at all.
    for (words, code, named) in [
        ("extract runs/first --part 3/2", 2, "`3/2` is not a part"),
        ("extract runs/first --part auto/0", 2, "`auto/0` is not a part"),
        ("extract runs/first --part auto", 3, "in no job array of Slurm"),
    ] {
        let output = scene.run(words);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words}: {error}");
        assert!(error.contains(named), "{words}: {error}");
    }
}

/// A process that is stopped keeps its locks, as one that works.
#[test]
fn two_processes_for_one_task_and_a_whole_run_beside_a_task_are_refused() {
    let scene = assembled();
    succeeds(&scene, "plan runs/first");
    succeeds(&scene, "run-task runs/first extract-densenet121-1-of-1");
    let words = "run-task runs/first train-densenet121-fold-1";
    let child = start(&scene, words);
    let error = refused(&scene, words, 4);
    assert!(error.contains("another process is doing the task train-densenet121-fold-1"), "{error}");
    for words in ["collect runs/first", "train runs/first", "evaluate runs/first"] {
        let error = refused(&scene, words, 4);
        assert!(error.contains("is in use by another process"), "{words}: {error}");
    }
    succeeds(&scene, "run-task runs/first train-densenet121-fold-2");
    // A node that dies: no chance to tidy up. The task is left, and the next process does it.
    signal(&child, "-KILL");
    child.wait_with_output().unwrap();
    assert!(left(&scene).contains(&"train-densenet121-fold-1".to_owned()));
    succeeds(&scene, words);
}

/// Starts a command that trains, and stops its process once it does.
fn start(scene: &Scene, words: &str) -> std::process::Child {
    let child =
        scene.command().args(words.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let fold = scene.file("runs/first/densenet121/fold-1");
    for _ in 0..1200 {
        if fold.exists() {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    signal(&child, "-STOP");
    assert!(!scene.file("runs/first/tasks/train-densenet121-fold-1.done").exists(), "too late");
    child
}

fn signal(child: &std::process::Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn a_schedulers_signal_asks_for_another_start() {
    let scene = assembled();
    succeeds(&scene, "plan runs/first");
    succeeds(&scene, "run-task runs/first extract-densenet121-1-of-1");
    for name in ["-USR1", "-TERM"] {
        let child = start(&scene, "run-task runs/first train-densenet121-fold-1");
        // Once from the scheduler and once from the script of the job: one notice.
        signal(&child, name);
        signal(&child, name);
        signal(&child, "-CONT");
        let output = child.wait_with_output().unwrap();
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(75), "{name}: {error}");
        assert!(error.contains("Finishing this step, to be started again later"), "{error}");
        assert!(
            error.lines().last().is_some_and(|line| line.contains("the same command continues")),
            "{error}"
        );
        fs::remove_dir_all(scene.file("runs/first/densenet121/fold-1")).unwrap();
    }
    assert_eq!(left(&scene)[0], "train-densenet121-fold-1");
    succeeds(&scene, "run-task runs/first --all");
    succeeds(&scene, "collect runs/first");
}

/// A file that may not grow stands for a disk that is full.
#[test]
fn a_full_disk_ends_a_task_without_a_mark() {
    let scene = assembled();
    succeeds(&scene, "plan runs/first");
    let program = scene.command().get_program().to_owned();
    // The shell ignores the signal, so that writing fails with an error, as on a full disk.
    let line = "trap '' XFSZ; ulimit -f 200; exec \"$0\" run-task runs/first extract-densenet121-1-of-1";
    let output =
        Command::new("bash").args(["-c", line]).arg(program).current_dir(scene.path()).output().unwrap();
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{error}");
    let last = error.lines().last().unwrap();
    assert!(last.starts_with("error: ") && last.contains("cannot be written"), "{error}");
    assert_eq!(left(&scene).len(), 6);
    succeeds(&scene, "run-task runs/first --all");
    succeeds(&scene, "collect runs/first");
}

#[test]
fn the_slurm_script_is_sound_and_names_what_is_left() {
    let scene = assembled();
    let printed =
        succeeds(&scene, "slurm runs/first --extract-parts 3 --at-most 2 --partition gpu --dry-run");
    assert!(!scene.file("runs/first/tasks").exists(), "--dry-run wrote something");
    scene.write("printed.sh", &printed);
    let sound = Command::new("bash").args(["-n", "printed.sh"]).current_dir(scene.path()).status().unwrap();
    assert!(sound.success(), "{printed}");
    for line in ["--partition=gpu", "--requeue", "--kill-on-invalid-dep=yes", "--signal=B:USR1@120"] {
        assert!(printed.lines().any(|found| found.trim().starts_with(line)), "{line}: {printed}");
    }
    assert!(printed.contains("--array=1-3%2 run-task") && printed.contains("--phase folds"), "{printed}");
    succeeds(&scene, "slurm runs/first --extract-parts 3");
    succeeds(&scene, "run-task runs/first --phase extract --number 2");
    succeeds(&scene, "slurm runs/first");
    let written = fs::read_to_string(scene.file("runs/first/tasks/submit.sh")).unwrap();
    assert!(written.contains("--array=1,3 run-task"), "what is done is left out: {written}");

    // A stand-in of sbatch that prints job numbers and keeps its arguments.
    let bin = scene.file("bin");
    fs::create_dir(&bin).unwrap();
    let sbatch = "#!/bin/sh\nprintf '%s\\n' \"$*\" >> submitted; wc -l < submitted\n";
    fs::write(bin.join("sbatch"), sbatch).unwrap();
    succeeds_in_shell(&scene, "chmod +x bin/sbatch && PATH=$PWD/bin:$PATH bash runs/first/tasks/submit.sh");
    let submitted = fs::read_to_string(scene.file("submitted")).unwrap();
    let lines: Vec<&str> = submitted.lines().collect();
    assert_eq!(lines.len(), 5, "{submitted}");
    assert!(!lines[0].contains("--dependency"), "{submitted}");
    for (number, line) in (1..).zip(&lines[1..]) {
        assert!(line.contains(&format!("--dependency=afterok:{number} ")), "{line}");
    }
    assert!(lines[4].contains("--job collect"), "{submitted}");
}

fn succeeds_in_shell(scene: &Scene, line: &str) {
    let output = Command::new("bash").args(["-c", line]).current_dir(scene.path()).output().unwrap();
    assert!(output.status.success(), "{line}: {}", text(&output.stderr));
}
