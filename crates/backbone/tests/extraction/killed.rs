//! Tests of extractions in separate processes that are killed at any moment or run out of disk space.

use std::{
    env,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use radiograph_backbone::extraction::{Event, ExtractionError, Input};
use radiograph_features::{FeatureError, FeatureId, FeatureStore, Part, verify};
use radiograph_random::Stream;

use crate::scene::{TinyNetwork, content, files, open, pixels, settings};

const IMAGES: usize = 400;
/// Environment variables of the process to kill: the store to fill, and its part of the store.
const FOLDER: &str = "RADIOGRAPH_TEST_EXTRACT";
const PART: &str = "RADIOGRAPH_TEST_PART";

/// Work of the process to kill.
fn extract_into(folder: &Path) {
    let part: Part = env::var(PART).unwrap().parse().unwrap();
    let slow = |number: usize| {
        let content = content(number);
        // Decoding takes a while, so that there is something to kill.
        Input::new("", FeatureId::plain(content), move || {
            thread::sleep(Duration::from_micros(1500));
            // One image of every shard cannot be read.
            if number % 64 == 17 { Err("unreadable".into()) } else { Ok(pixels(content, 0)) }
        })
    };
    let inputs = (0..IMAGES).map(slow);
    let ended = open(folder, part).run(
        inputs,
        || Ok(vec![TinyNetwork::new()]),
        &settings(),
        |event| {
            if let Event::Started { .. } = event {
                say_started();
            }
        },
    );
    match ended {
        Ok(_) => say_started(),
        Err(error @ ExtractionError::Features(FeatureError::File(_))) => panic!("stopped: {error}"),
        Err(error) => panic!("{error}"),
    }
}

/// Tells the process that began this one that images are being computed.
fn say_started() {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "\nstarted").unwrap();
}

/// Command of a process that extracts into this folder: this program with the one test that does so if [`FOLDER`] is set.
pub(crate) fn child_of(folder: &Path, part: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([
            "killed::killed_at_twenty_moments_and_resumed_it_has_the_bytes_of_an_undisturbed_store",
            "--exact",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .env(PART, part);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Starts such a process and waits until libtorch is up and the first image is about to be read.
fn start(folder: &Path) -> Child {
    let mut child = child_of(folder, "1/1").stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("started") {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0, "the process ended before it began");
    }
    // Later output needs a reader too, or the process would block.
    thread::spawn(move || output.read_to_end(&mut Vec::new()));
    child
}

#[test]
fn killed_at_twenty_moments_and_resumed_it_has_the_bytes_of_an_undisturbed_store() {
    if let Some(folder) = env::var_os(FOLDER) {
        return extract_into(Path::new(&folder));
    }
    let scene = tempfile::tempdir().unwrap();
    let undisturbed = scene.path().join("undisturbed");
    let mut child = start(&undisturbed);
    let begin = Instant::now();
    assert!(child.wait().unwrap().success());
    let duration = begin.elapsed();
    let expected = files(&undisturbed);
    assert_eq!(expected.len(), 1 + 2 * IMAGES.div_ceil(64));

    let mut random = Stream::new(8, "kills");
    let (mut kills, mut finished) = (0, 0);
    while kills < 20 {
        let folder = scene.path().join(finished.to_string());
        // Up to four kills for each store, so that late moments are reached too.
        for _ in 0..4 {
            let mut child = start(&folder);
            let share = random.unit();
            thread::sleep(duration.mul_f64(0.7 * share));
            child.kill().unwrap();
            if !child.wait().unwrap().success() {
                kills += 1;
                // The store is sound at any moment.
                let verification = verify(&folder).unwrap();
                assert!(verification.is_sound(), "{:?}", verification.problems);
            }
        }
        assert!(child_of(&folder, "1/1").status().unwrap().success());
        assert!(files(&folder) == expected, "the store resumed after {kills} kills differs");
        finished += 1;
        assert!(finished < 40, "the process ends before it can be killed");
    }
}

#[test]
fn a_full_disk_stops_it_cleanly_and_it_resumes() {
    let scene = tempfile::tempdir().unwrap();
    let (folder, undisturbed) = (scene.path().join("full"), scene.path().join("undisturbed"));
    assert!(child_of(&undisturbed, "1/1").status().unwrap().success());
    // Files of more than 8 blocks of 512 bytes fail as on a full disk: the description fits, shards do not.
    let output = Command::new("sh")
        .args(["-c", r#"trap "" XFSZ; ulimit -f 8; exec "$0" "$@""#])
        .arg(env::current_exe().unwrap())
        .args([
            "killed::killed_at_twenty_moments_and_resumed_it_has_the_bytes_of_an_undisturbed_store",
            "--exact",
            "--nocapture",
        ])
        .env(FOLDER, &folder)
        .env(PART, "1/1")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("stopped: ") && said.contains("cannot be written"), "{said}");
    assert!(FeatureStore::open(&folder).unwrap().is_empty());
    let left: Vec<String> = files(&folder).into_keys().collect();
    assert_eq!(left, ["store.json"]);

    assert!(child_of(&folder, "1/1").status().unwrap().success());
    assert!(files(&folder) == files(&undisturbed));
}
