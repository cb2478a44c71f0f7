//! Tests of checkpoints: killed and interrupted trainings end with the same bytes, and one training uses a folder at a
//! time.

use std::{
    env, fs,
    ops::ControlFlow,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use radiograph_random::Stream;

use super::tests::{config, fingerprint, fit, fit_observed, head, head_config};
use crate::{Adam, End, Error, Event, HeadConfig, Keep, Reading, Schedule, Sgd, TrainingConfig};

/// The visible files of a folder with their content.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    let visible = named.filter(|(name, _)| !name.starts_with('.'));
    let mut files: Vec<_> = visible.map(|(name, path)| (name, fs::read(path).unwrap())).collect();
    files.sort();
    files
}

fn names(folder: &Path) -> Vec<String> {
    files(folder).into_iter().map(|(name, _)| name).collect()
}

/// A training with every kind of schedule.
fn tasks() -> Vec<(HeadConfig, TrainingConfig)> {
    let plain = TrainingConfig { epochs: 10, ..config() };
    let best = TrainingConfig { keep: Keep::Best, patience: Some(9), ..plain.clone() };
    let normalised = HeadConfig { batch_norm: true, ..head_config() };
    vec![
        (normalised, plain.clone()),
        (
            head_config(),
            TrainingConfig {
                optimizer: Adam::PYTORCH.into(),
                schedule: Schedule::Exponential { rate: 1e-2, factor: 0.7 },
                ..plain.clone()
            },
        ),
        (
            head_config(),
            TrainingConfig { schedule: Schedule::Plateau { rate: 2e-2, factor: 0.5, patience: 1 }, ..best },
        ),
        (
            HeadConfig { reading: Reading::GlobalAverage, ..head_config() },
            TrainingConfig {
                label_smoothing: 0.1,
                shuffle_buffer: Some(8),
                schedule: Schedule::WarmUp {
                    epochs: 2,
                    then: Box::new(Schedule::Cosine { rate: 1e-2, last: 1e-4, epochs: 8 }),
                },
                ..plain.clone()
            },
        ),
        (
            head_config(),
            TrainingConfig {
                optimizer: Sgd { momentum: 0.9, ..Sgd::PLAIN }.into(),
                schedule: Schedule::Listed { rates: vec![1e-2, 1e-3, 1e-4] },
                ..plain
            },
        ),
    ]
}

/// Runs every task in a folder of its own.
fn train_all(folder: &Path) {
    for (number, (head_config, config)) in tasks().iter().enumerate() {
        fit(head(head_config), config, Some(&folder.join(number.to_string()))).unwrap();
    }
}

const CHILD: &str = "RADIOGRAPH_TEST_KILLED_IN";
const STARTED: &str = "started";

/// Starts this program as the process to kill, and waits until it trains.
fn start(folder: &Path) -> Child {
    let started = folder.join(STARTED);
    let _ = fs::remove_file(&started);
    let mut child = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "training::checkpoint_tests::trainings_killed_at_any_moment_end_with_the_same_bytes",
        ])
        .env(CHILD, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !started.exists() && child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(1));
    }
    child
}

/// With a folder in the environment, this test is the process to kill.
#[test]
fn trainings_killed_at_any_moment_end_with_the_same_bytes() {
    if let Some(folder) = env::var_os(CHILD) {
        fs::write(Path::new(&folder).join(STARTED), b"").unwrap();
        return train_all(Path::new(&folder));
    }
    let undisturbed = tempfile::tempdir().unwrap();
    train_all(undisturbed.path());
    let mut moments = Stream::new(1, "kills");
    let (mut kills, mut rounds) = (0, 0);
    while kills < 50 {
        let folder = tempfile::tempdir().unwrap();
        loop {
            let mut child = start(folder.path());
            if kills < 50 {
                thread::sleep(Duration::from_millis(moments.below(150) as u64));
                child.kill().unwrap();
            }
            let status = child.wait().unwrap();
            if status.success() {
                break;
            }
            assert_eq!(status.code(), None, "the process failed by itself");
            kills += 1;
        }
        rounds += 1;
        for task in 0..tasks().len() {
            let [found, expected] =
                [&folder, &undisturbed].map(|root| files(&root.path().join(task.to_string())));
            assert!(found == expected, "task {task} differs in round {rounds}");
        }
    }
}

/// Runs until `last` returns `true`, then interrupts.
fn interrupt(config: &TrainingConfig, folder: &Path, mut last: impl FnMut(&Event<'_>) -> bool) {
    let fitted = fit_observed(head(&head_config()), config, Some(folder), &mut |event| {
        if last(&event) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(fitted.unwrap().end, End::Broken);
}

/// After the last step of an epoch its validation is still to come, and must reach the disk.
#[test]
fn an_interruption_after_the_last_step_of_an_epoch_loses_no_history() {
    let [undisturbed, disturbed] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let config = TrainingConfig { epochs: 1, checkpoint_seconds: 3600, ..config() };
    fit(head(&head_config()), &config, Some(undisturbed.path())).unwrap();
    interrupt(
        &config,
        disturbed.path(),
        |event| matches!(event, Event::Step { step, steps, .. } if step == steps),
    );
    fit(head(&head_config()), &config, Some(disturbed.path())).unwrap();
    assert!(files(disturbed.path()) == files(undisturbed.path()));
}

#[test]
fn an_interruption_loses_no_step() {
    let folder = tempfile::tempdir().unwrap();
    let config = TrainingConfig { checkpoint_seconds: 3600, ..config() };
    let mut resumed = Vec::new();
    // An epoch has six steps. The last one comes before the validation.
    for (epoch, step) in [(1, 2), (1, 6), (2, 1), (3, 6), (4, 5)] {
        interrupt(&config, folder.path(), |event| match *event {
            Event::Resumed { epochs, step } => {
                resumed.push((epochs, step));
                false
            }
            Event::Step { epoch: at, step: done, .. } => (at, done) == (epoch, step),
            _ => false,
        });
    }
    assert_eq!(resumed, [(0, 2), (0, 6), (1, 1), (2, 6)]);
    let found = fit(head(&head_config()), &config, Some(folder.path())).unwrap();
    let whole = tempfile::tempdir().unwrap();
    let expected = fit(head(&head_config()), &config, Some(whole.path())).unwrap();
    assert_eq!(found.history, expected.history);
    assert_eq!(fingerprint(&found.head), fingerprint(&expected.head));
    assert!(files(folder.path()) == files(whole.path()));
}

#[test]
fn checkpoints_are_written_after_their_interval_and_do_not_pile_up() {
    let folder = tempfile::tempdir().unwrap();
    let kept = TrainingConfig { epochs: 20, keep: Keep::Best, checkpoint_seconds: 3600, ..config() };
    let mut most = 0;
    fit_observed(head(&head_config()), &kept, Some(folder.path()), &mut |_| {
        most = most.max(names(folder.path()).len());
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(most, 0, "no checkpoint within the interval");
    let at_end = names(folder.path());
    let folder = tempfile::tempdir().unwrap();
    let often = TrainingConfig { checkpoint_seconds: 0, ..kept };
    fit_observed(head(&head_config()), &often, Some(folder.path()), &mut |_| {
        let tensors = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        most = most.max(tensors.filter(|name| name.to_str().unwrap().ends_with(".safetensors")).count());
        ControlFlow::Continue(())
    })
    .unwrap();
    // Weights, optimiser and best weights of two checkpoints.
    assert!((1..=6).contains(&most), "{most}");
    assert_eq!(names(folder.path()), at_end);
    assert!(at_end.len() <= 5, "{at_end:?}");
    assert!(at_end.contains(&"optimizer-120.safetensors".to_owned()), "{at_end:?}");
}

/// A process that is killed between its last record and the removal of older tensors leaves these; nothing is left to train.
#[test]
fn tensors_that_a_killed_process_left_are_removed_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    fit(head(&head_config()), &config(), Some(folder.path())).unwrap();
    let expected = files(folder.path());
    for left in ["weights-3.safetensors", "optimizer-3.safetensors"] {
        fs::write(folder.path().join(left), b"older").unwrap();
    }
    fit(head(&head_config()), &config(), Some(folder.path())).unwrap();
    assert!(files(folder.path()) == expected, "{:?}", names(folder.path()));
}

/// Where the last epoch is the best one, its weights are on the disk once.
#[test]
fn the_best_weights_are_a_name_in_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let config = TrainingConfig { epochs: 1, keep: Keep::Best, ..config() };
    fit(head(&head_config()), &config, Some(folder.path())).unwrap();
    let expected = ["checkpoint.json", "history.csv", "optimizer-6.safetensors", "weights-6.safetensors"];
    assert_eq!(names(folder.path()), expected);
    let record = fs::read(folder.path().join("checkpoint.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(record["best"], record["weights"]);
}

#[test]
fn more_epochs_give_the_bytes_of_a_longer_training() {
    let schedule = Schedule::Plateau { rate: 1e-2, factor: 0.5, patience: 2 };
    let short = TrainingConfig { epochs: 4, schedule, keep: Keep::Best, ..config() };
    let long = TrainingConfig { epochs: 9, ..short.clone() };
    let whole = tempfile::tempdir().unwrap();
    let expected = fit(head(&head_config()), &long, Some(whole.path())).unwrap();
    // Finished, and interrupted in its third epoch.
    for finished in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        match finished {
            true => drop(fit(head(&head_config()), &short, Some(folder.path())).unwrap()),
            false => interrupt(&short, folder.path(), |event| matches!(event, Event::Step { epoch: 3, .. })),
        }
        let found = fit(head(&head_config()), &long, Some(folder.path())).unwrap();
        assert_eq!((&found.history, found.end), (&expected.history, End::AllEpochs));
        assert_eq!(fingerprint(&found.head), fingerprint(&expected.head));
        assert!(files(folder.path()) == files(whole.path()), "{finished}");
        let error = fit(head(&head_config()), &short, Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("number of epochs begun 9, but 4 is asked for"), "{error}");
    }
}

#[test]
fn a_second_training_in_the_folder_is_refused_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let mut refusals = Vec::new();
    let mut begin = |event: Event<'_>| {
        if let Event::Step { .. } = event {
            refusals.push(fit(head(&head_config()), &config(), Some(folder.path())).unwrap_err());
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    };
    fit_observed(head(&head_config()), &config(), Some(folder.path()), &mut begin).unwrap();
    let [Error::Busy { folder: busy }] = &refusals[..] else { panic!("{refusals:?}") };
    assert_eq!(busy, folder.path());
    let message = refusals[0].to_string();
    assert!(message.starts_with("another training runs in "), "{message}");
    // The lock ends with the training.
    fit(head(&head_config()), &config(), Some(folder.path())).unwrap();
}

/// A folder in place of the file makes the final rename fail, as a full disk makes the write before it fail.
#[test]
fn a_checkpoint_that_cannot_be_written_leaves_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let config = TrainingConfig { checkpoint_seconds: 3600, ..config() };
    interrupt(&config, folder.path(), |event| matches!(event, Event::Epoch(record) if record.epoch == 3));
    fs::create_dir(folder.path().join("weights-36.safetensors")).unwrap();
    let error = fit(head(&head_config()), &config, Some(folder.path())).unwrap_err();
    assert!(matches!(error, Error::File(_)), "{error}");
    fs::remove_dir(folder.path().join("weights-36.safetensors")).unwrap();
    let mut resumed_after = None;
    let resumed = fit_observed(head(&head_config()), &config, Some(folder.path()), &mut |event| {
        if let Event::Resumed { epochs, step } = event {
            resumed_after = Some((epochs, step));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(resumed_after, Some((3, 0)));
    let whole = fit(head(&head_config()), &config, None).unwrap();
    assert_eq!(fingerprint(&resumed.head), fingerprint(&whole.head));
}
