//! Tests fetching from a server that truncates, stalls, sends wrong bytes or mixes files up; nothing wrong is
//! installed.

use std::{fs, path::PathBuf, time::Duration};

use radiograph_files::ContentHash;
use radiograph_weights::{
    Architecture, Expected, Group, Weights, WeightsError, WeightsFolder, WeightsName, WeightsRecord,
};

use super::{
    download::{Arrived, Download},
    error::FetchError,
    fetch::{fetch, is_of_keras},
    keras,
    partial::Partial,
    server::{Answer, Server},
};
use crate::progress::Progress;

/// The network with the smallest file: DenseNet121's features have 28 MB, VGG19's 80 MB.
const ARCHITECTURE: Architecture = Architecture::DENSENET121;

struct Scene {
    temporary: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        Self { temporary: tempfile::tempdir().unwrap() }
    }

    fn folder(&self) -> WeightsFolder {
        WeightsFolder::at(self.temporary.path().join("weights"))
    }

    fn partial(&self) -> Partial {
        Partial::of(self.folder().path(), &ARCHITECTURE.into()).unwrap()
    }

    /// Fetches without checking the content of the file.
    fn download(&self, server: &Server, download: &Download) -> Result<Arrived, FetchError> {
        download.fetch(&server.url(), &self.partial(), &Progress::new())
    }

    /// Fetches even if the weights are installed.
    fn install(&self, server: &Server) -> Result<Weights, FetchError> {
        self.install_unless(server, true)
    }

    fn install_unless(&self, server: &Server, replace: bool) -> Result<Weights, FetchError> {
        let name = ARCHITECTURE.into();
        let record = WeightsRecord::named(&name).unwrap();
        // The record of a file that was made for this test: the published one stands for another content.
        let record = WeightsRecord { source_url: Some(server.url()), sha256: None, revision: None, ..record };
        fetch(&self.folder(), &name, &record, &impatient(), replace, &Progress::new())
    }

    fn arrived(&self) -> Vec<u8> {
        fs::read(self.partial().path()).unwrap()
    }

    /// Names in the folder of weights, sorted.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder().path()).into_iter().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn impatient() -> Download {
    Download {
        attempts: 3,
        stall: Duration::from_secs(1),
        pause: Duration::from_millis(1),
        most_bytes: 100_000_000,
        protocol: "http",
        ..Download::default()
    }
}

fn content() -> Vec<u8> {
    (0..200_000_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// A safetensors file of DenseNet121's feature extractor with zeros only.
fn whole_file() -> Vec<u8> {
    let mut header = String::from("{");
    let mut end = 0;
    for one in Expected::of(ARCHITECTURE).into_iter().filter(|one| one.group == Group::Features) {
        let begin = end;
        end += 4 * one.shape.iter().product::<usize>();
        let comma = if begin == 0 { "" } else { "," };
        header += &format!(
            r#"{comma}"{}":{{"dtype":"F32","shape":{:?},"data_offsets":[{begin},{end}]}}"#,
            one.name, one.shape
        );
    }
    header.push('}');
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + end, 0);
    bytes
}

#[test]
fn a_cut_transfer_goes_on_where_it_stopped() {
    let scene = Scene::new();
    let server = Server::new(content(), vec![Answer::Cut(70_000), Answer::Whole]);
    scene.download(&server, &impatient()).unwrap();
    assert!(scene.arrived() == content(), "other bytes arrived");
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked[1].contains("Range: bytes=70000-") && asked[1].contains("If-Range: \""), "{}", asked[1]);
}

#[test]
fn a_stalled_transfer_is_given_up_and_goes_on() {
    let scene = Scene::new();
    let server = Server::new(content(), vec![Answer::Stalled(50_000), Answer::Whole]);
    scene.download(&server, &impatient()).unwrap();
    assert!(scene.arrived() == content(), "other bytes arrived");
    assert!(server.asked()[1].contains("Range: bytes=50000-"));
}

#[test]
fn a_killed_command_goes_on_next_time() {
    let scene = Scene::new();
    let once = Download { attempts: 1, ..impatient() };
    let server = Server::new(content(), vec![Answer::Cut(120_000), Answer::Whole]);
    assert!(matches!(scene.download(&server, &once), Err(FetchError::Fetch { attempts: 1, .. })));
    scene.download(&server, &once).unwrap();
    assert!(scene.arrived() == content(), "other bytes arrived");
    assert!(server.asked()[1].contains("Range: bytes=120000-"));
}

#[test]
fn the_mark_is_kept_while_bytes_arrive_so_that_a_killed_command_can_go_on() {
    let scene = Scene::new();
    let server = Server::new(content(), vec![Answer::Stalled(120_000)]);
    let once = Download { attempts: 1, stall: Duration::from_secs(3), ..impatient() };
    std::thread::scope(|scope| {
        let transfer = scope.spawn(|| scene.download(&server, &once).is_err());
        let marked = || scene.partial().bytes() == 120_000 && scene.partial().etag().is_some();
        let early = (0..250).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            marked() && !transfer.is_finished()
        });
        assert!(early, "no mark while the transfer was under way");
        assert!(transfer.join().unwrap());
    });
}

#[test]
fn halves_of_two_files_are_never_put_together() {
    let other: Vec<u8> = content().iter().map(|byte| !byte).collect();
    for second in [Answer::Other(other.clone()), Answer::IgnoresRanges] {
        let scene = Scene::new();
        let expected = if matches!(second, Answer::IgnoresRanges) { content() } else { other.clone() };
        let server = Server::new(content(), vec![Answer::Cut(70_000), second]);
        scene.download(&server, &impatient()).unwrap();
        assert!(scene.arrived() == expected, "other bytes arrived");
        assert_eq!(server.asked().len(), 3, "cut, refused to go on, whole");
    }
    // A part that is not the one asked for is noticed too.
    let scene = Scene::new();
    let server = Server::new(content(), vec![Answer::Cut(70_000), Answer::WrongPart, Answer::Whole]);
    scene.download(&server, &impatient()).unwrap();
    assert!(scene.arrived() == content(), "other bytes arrived");
}

#[test]
fn bytes_of_an_unknown_file_are_not_added_to() {
    let scene = Scene::new();
    fs::write(scene.partial().path(), b"somebody else's").unwrap();
    let server = Server::new(content(), vec![Answer::Whole]);
    scene.download(&server, &impatient()).unwrap();
    assert!(scene.arrived() == content(), "other bytes arrived");
    assert!(!server.asked()[0].contains("Range:"));
}

#[test]
fn lies_about_the_length_are_errors() {
    let scene = Scene::new();
    let server = Server::new(content(), vec![Answer::Announces(300_000)]);
    match scene.download(&server, &impatient()) {
        Err(FetchError::Fetch { attempts: 3, reason, .. }) => assert!(reason.contains("curl"), "{reason}"),
        other => panic!("{other:?}"),
    }
    // Announced too short, the file is what was announced; its own header then shows that it was cut.
    let scene = Scene::new();
    let whole = whole_file();
    let server = Server::new(whole.clone(), vec![Answer::Announces(whole.len() - 4)]);
    match scene.install(&server) {
        Err(FetchError::Weights(WeightsError::Header { faults, .. })) => assert_eq!(faults.len(), 1),
        other => panic!("{other:?}"),
    }
    assert_eq!(scene.names(), [".densenet121.partial.lock", ".lock"], "nothing is installed or kept");
}

#[test]
fn refusals_are_final_and_troubles_are_not() {
    for (status, requests) in [(404, 1), (403, 1), (401, 1), (500, 3), (503, 3), (429, 3)] {
        let scene = Scene::new();
        let server = Server::new(content(), vec![Answer::Status(status)]);
        match scene.download(&server, &impatient()) {
            Err(FetchError::Fetch { reason, .. }) => {
                assert!(reason.contains(&status.to_string()), "{reason}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(server.asked().len(), requests, "{status}");
        assert!(scene.names().is_empty());
    }
}

#[test]
fn a_part_that_is_too_short_is_not_taken_for_the_rest() {
    let scene = Scene::new();
    let server = Server::new(content(), vec![Answer::Cut(70_000), Answer::ShortPart(80_000), Answer::Whole]);
    scene.download(&server, &impatient()).unwrap();
    assert!(scene.arrived() == content(), "other bytes arrived");
    assert!(server.asked()[2].contains("Range: bytes=150000-"));
}

#[test]
fn a_refusal_to_go_on_is_success_only_if_nothing_is_missing() {
    for refusal in [Answer::Status(416), Answer::Refuses(200_000)] {
        let scene = Scene::new();
        let server = Server::new(content(), vec![Answer::Cut(70_000), refusal, Answer::Whole]);
        scene.download(&server, &impatient()).unwrap();
        assert!(scene.arrived() == content(), "other bytes arrived");
        assert_eq!(server.asked().len(), 3);
    }
    // All had arrived when the command was killed.
    let scene = Scene::new();
    let server = Server::new(content(), vec![Answer::Whole]);
    scene.download(&server, &impatient()).unwrap();
    scene.download(&server, &impatient()).unwrap();
    assert!(scene.arrived() == content(), "other bytes arrived");
    assert!(server.asked()[1].contains("Range: bytes=200000-"));
}

#[test]
fn bytes_without_end_and_other_protocols_are_refused() {
    let scene = Scene::new();
    let server = Server::new(content(), vec![Answer::Endless]);
    let small = Download { most_bytes: 1_000_000, ..impatient() };
    assert!(matches!(scene.download(&server, &small), Err(FetchError::Fetch { attempts: 1, .. })));
    assert!(scene.names().is_empty());

    let secret = scene.temporary.path().join("secret");
    fs::write(&secret, b"not for you").unwrap();
    let address: &'static str = Box::leak(format!("file://{}", secret.display()).into_boxed_str());
    let server = Server::new(content(), vec![Answer::Elsewhere(address)]);
    assert!(matches!(scene.download(&server, &impatient()), Err(FetchError::Fetch { attempts: 1, .. })));
    // The default takes nothing that is not encrypted.
    let strict = Download { protocol: "https", ..impatient() };
    assert!(matches!(scene.download(&server, &strict), Err(FetchError::Fetch { attempts: 1, .. })));
}

#[test]
fn without_curl_the_address_is_told() {
    let scene = Scene::new();
    let absent = Download { curl: PathBuf::from("/nowhere/curl"), ..impatient() };
    let error =
        absent.fetch("http://127.0.0.1:1/x", &scene.partial(), &Progress::new()).unwrap_err().to_string();
    assert!(error.contains("127.0.0.1:1/x") && error.contains("weights install"), "{error}");
}

#[test]
fn a_fetched_file_is_installed_with_what_the_server_said() {
    let scene = Scene::new();
    let whole = whole_file();
    let sha256 = ContentHash::of_bytes(&whole);
    let commit = "0123456789abcdef0123456789abcdef01234567".to_owned();
    let redirect = Answer::Redirect { commit: commit.clone(), sha256: sha256.to_string() };
    let server = Server::new(whole, vec![redirect.clone(), Answer::Cut(1_000_000), redirect, Answer::Whole]);
    let weights = scene.install(&server).unwrap();
    assert_eq!(weights.record().revision.as_ref(), Some(&commit));
    assert_eq!(weights.sha256(), sha256);
    assert_eq!(scene.folder().named(&ARCHITECTURE.into()).unwrap(), weights);
    assert_eq!(
        scene.names(),
        [".densenet121.partial.lock", ".lock", "densenet121.json", "densenet121.safetensors", "lock.json"]
    );
}

#[test]
fn published_weights_are_fetched_at_their_revision_and_compared_with_their_checksum() {
    let scene = Scene::new();
    let server = Server::new(whole_file(), vec![Answer::Whole]);
    let revision = "89854797f99e77e1189626b74d7c07013a4308fa".to_owned();
    let published = WeightsRecord::named(&ARCHITECTURE.into()).unwrap();
    assert!(published.sha256.is_some());
    let url = format!("{}/resolve/main/model.safetensors", server.url());
    let record = WeightsRecord { source_url: Some(url), revision: Some(revision.clone()), ..published };
    let name = ARCHITECTURE.into();
    let fetched = fetch(&scene.folder(), &name, &record, &impatient(), false, &Progress::new());
    assert!(matches!(fetched, Err(FetchError::Weights(WeightsError::Content { .. }))), "{fetched:?}");
    assert!(server.asked()[0].contains(&format!("/resolve/{revision}/model.safetensors")));
    assert!(scene.folder().installed().unwrap().is_empty());
    // The first digits of a commit name no revision that a server knows.
    let short = WeightsRecord { revision: Some("128d470".to_owned()), ..record };
    assert!(short.address().unwrap().contains("/resolve/main/"));
}

/// Needs no Keras: the checksum is compared before anything is converted.
#[test]
fn a_file_of_keras_with_another_checksum_is_not_converted() {
    let scene = Scene::new();
    let server = Server::new(content(), vec![Answer::Whole]);
    let name: WeightsName = "densenet121.keras".parse().unwrap();
    let published = WeightsRecord::named(&name).unwrap();
    assert!(is_of_keras(published.source_url.as_deref().unwrap()));
    let record = WeightsRecord { source_url: Some(format!("{}.h5", server.url())), ..published };
    let error = fetch(&scene.folder(), &name, &record, &impatient(), false, &Progress::new())
        .unwrap_err()
        .to_string();
    assert!(error.contains("its publisher states 30ee3e1110167f948a6b9946edeeb738"), "{error}");
    assert_eq!(scene.names(), [".densenet121.keras.partial.lock"], "nothing is installed or kept");
}

#[test]
fn a_fetched_file_of_keras_is_converted_and_installed() {
    let Some(file) = keras::written_by_keras(ARCHITECTURE) else { return };
    let scene = Scene::new();
    let server = Server::new(file, vec![Answer::Cut(1_000_000), Answer::Whole]);
    // Under another name than the published one, whose checksum is that of the real file.
    let name: WeightsName = "densenet121.seeded".parse().unwrap();
    let record = WeightsRecord {
        name: name.to_string(),
        source_url: Some(format!("{}.h5", server.url())),
        ..WeightsRecord::named(&"densenet121.keras".parse().unwrap()).unwrap()
    };
    let weights = fetch(&scene.folder(), &name, &record, &impatient(), false, &Progress::new()).unwrap();
    let origin = weights.record().origin.clone().unwrap();
    assert!(origin.starts_with("converted from model.safetensors.h5, SHA-256 "), "{origin}");
    weights.open(&Expected::of(ARCHITECTURE)).unwrap();
    assert_eq!(scene.folder().installed().unwrap(), [name]);
    assert_eq!(
        scene.names(),
        [
            ".densenet121.seeded.partial.lock",
            ".lock",
            "densenet121.seeded.json",
            "densenet121.seeded.safetensors",
            "lock.json"
        ]
    );
}

#[test]
fn two_that_want_one_file_ask_for_it_once() {
    let scene = Scene::new();
    let server = Server::new(whole_file(), vec![Answer::Whole]);
    let [first, second] = std::thread::scope(|scope| {
        [(); 2]
            .map(|()| scope.spawn(|| scene.install_unless(&server, false).unwrap()))
            .map(|thread| thread.join().unwrap())
    });
    assert_eq!(first, second);
    assert_eq!(server.asked().len(), 1);
    // To be replaced, it is fetched again.
    assert_eq!(scene.install_unless(&server, true).unwrap(), first);
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_wrong_file_is_not_installed_and_what_was_there_stays() {
    let scene = Scene::new();
    let whole = whole_file();
    let first = scene.install(&Server::new(whole.clone(), vec![Answer::NoLength])).unwrap();

    // A web page, as servers send it in place of a file, with a status of success.
    let page = Server::new(b"<!DOCTYPE html><title>Sign in</title>".to_vec(), vec![Answer::Whole]);
    assert!(matches!(scene.install(&page), Err(FetchError::Weights(WeightsError::Header { .. }))));
    // A sound file of the right network with another content than the name stands for.
    let mut other = whole.clone();
    let last = other.len() - 2;
    other[last] = 0x80;
    let changed = Server::new(other, vec![Answer::Whole]);
    assert!(matches!(scene.install(&changed), Err(FetchError::Weights(WeightsError::Content { .. }))));
    // A file that is not what the server itself says it is.
    let stated = ContentHash::of_bytes(b"").to_string();
    let commit = "0".repeat(40);
    let lies = Server::new(whole, vec![Answer::Redirect { commit, sha256: stated }, Answer::Whole]);
    assert!(matches!(scene.install(&lies), Err(FetchError::Stated { .. })));

    assert_eq!(scene.folder().named(&ARCHITECTURE.into()).unwrap(), first);
    assert_eq!(
        scene.names(),
        [".densenet121.partial.lock", ".lock", "densenet121.json", "densenet121.safetensors", "lock.json"]
    );
}
