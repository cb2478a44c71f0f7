//! Tests of processes that are killed while they write, or that run out of disk space.

use std::{
    env,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

use radiograph_features::{Element, FeatureError, FeatureStore, Part, StoreWriter, verify};
use radiograph_random::Stream;

use crate::scene::{VALUES, description, files, fill, images, maps};

const IMAGES: usize = 700;
/// Environment variable of the process to kill: the store to fill.
const FOLDER: &str = "RADIOGRAPH_TEST_FILL";

/// Arguments of this program for the one test that fills a store if [`FOLDER`] is set.
const FILLING: [&str; 3] = [
    "killed::killed_at_twenty_moments_and_resumed_it_has_the_bytes_of_an_undisturbed_store",
    "--exact",
    "--nocapture",
];

/// Work of the process to kill.
fn fill_store(folder: &Path) {
    let mut writer = StoreWriter::open(folder, &description(Element::F32), Part::WHOLE).unwrap();
    match fill(&mut writer, &images(IMAGES)) {
        Ok(_) => {}
        Err(error @ FeatureError::File(_)) => panic!("stopped: {error}"),
        Err(error) => panic!("{error}"),
    }
}

fn this_program() -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(FILLING);
    command
}

fn start(folder: &Path) -> Child {
    this_program().env(FOLDER, folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn killed_at_twenty_moments_and_resumed_it_has_the_bytes_of_an_undisturbed_store() {
    if let Some(folder) = env::var_os(FOLDER) {
        return fill_store(Path::new(&folder));
    }
    let scene = tempfile::tempdir().unwrap();
    let undisturbed = scene.path().join("undisturbed");
    let begin = Instant::now();
    assert!(start(&undisturbed).wait().unwrap().success());
    let duration = begin.elapsed();
    let expected = files(&undisturbed);
    assert_eq!(expected.len(), 1 + 2 * IMAGES.div_ceil(64));

    let mut random = Stream::new(8, "kills");
    let (mut kills, mut finished) = (0, 0);
    while kills < 20 {
        let folder = scene.path().join(finished.to_string());
        // At most three kills for each store, so that late moments are reached too.
        for _ in 0..3 {
            let mut child = start(&folder);
            let share = random.unit();
            thread::sleep(duration.mul_f64(share));
            child.kill().unwrap();
            if !child.wait().unwrap().success() {
                kills += 1;
                // The store is sound at any moment.
                match verify(&folder) {
                    Ok(verification) => assert!(verification.is_sound(), "{:?}", verification.problems),
                    Err(FeatureError::NotAStore { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
        assert!(start(&folder).wait().unwrap().success());
        assert!(files(&folder) == expected, "the store resumed after {kills} kills differs");
        finished += 1;
        assert!(finished < 40, "the process ends before it can be killed");
    }
}

#[test]
fn a_full_disk_stops_it_cleanly_and_it_resumes() {
    let scene = tempfile::tempdir().unwrap();
    let (folder, undisturbed) = (scene.path().join("full"), scene.path().join("undisturbed"));
    assert!(start(&undisturbed).wait().unwrap().success());
    // Files of more than 8 blocks of 512 bytes fail as on a full disk: lists fit, shards do not.
    let output = Command::new("sh")
        .args(["-c", r#"trap "" XFSZ; ulimit -f 8; exec "$0" "$@""#])
        .arg(env::current_exe().unwrap())
        .args(FILLING)
        .env(FOLDER, &folder)
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("stopped: ") && said.contains("cannot be written"), "{said}");
    assert!(FeatureStore::open(&folder).unwrap().is_empty());
    let left: Vec<String> = files(&folder).into_keys().collect();
    assert_eq!(left, ["store.json"]);

    assert!(start(&folder).wait().unwrap().success());
    assert!(files(&folder) == files(&undisturbed));
    let opened = FeatureStore::open(&folder).unwrap();
    let mut read = vec![0.0; IMAGES * VALUES];
    opened.read(&images(IMAGES), &mut read).unwrap();
    assert_eq!(read, maps(&images(IMAGES)));
}
