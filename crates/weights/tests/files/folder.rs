//! Tests of the folder of installed weights: the first content is recorded, and another one is refused.

use std::{fs, path::Path};

use radiograph_files::ContentHash;
use radiograph_weights::{
    Architecture, Expected, Lineage, Taking, Weights, WeightsError, WeightsFolder, WeightsName, WeightsRecord,
};

use crate::scene;

const KERAS: [(&str, &str); 3] =
    [("lineage", "keras"), ("source", "made for a test"), ("trained_on", "nothing")];

struct Scene {
    temporary: tempfile::TempDir,
    folder: WeightsFolder,
}

impl Scene {
    fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = WeightsFolder::at(temporary.path().join("cache"));
        Self { temporary, folder }
    }

    fn file(&self, metadata: &[(&str, &str)]) -> std::path::PathBuf {
        scene::file(self.temporary.path(), &scene::whole(Architecture::DENSENET121, metadata))
    }

    fn install(&self, name: &str, file: &Path, taking: Taking) -> Result<Weights, WeightsError> {
        let name = name.parse()?;
        let record = WeightsFolder::identify(&name, file)?;
        self.folder.install(&name, file, &record, taking)
    }
}

fn name(text: &str) -> WeightsName {
    text.parse().unwrap()
}

#[test]
fn an_installed_file_is_found_by_its_name() {
    let scene = Scene::new();
    let missing = scene.folder.named(&name("densenet121")).unwrap_err();
    assert!(matches!(missing, WeightsError::NotInstalled { .. }));
    assert!(missing.to_string().contains("densenet121 is not installed"), "{missing}");
    assert_eq!(scene.folder.installed().unwrap(), []);

    let file = scene.file(&KERAS);
    let installed = scene.install("densenet121", &file, Taking::Copy).unwrap();
    assert!(file.is_file());
    let found = scene.folder.named(&name("densenet121")).unwrap();
    assert_eq!(found, installed);
    assert_eq!(found.record().lineage, Lineage::keras(Architecture::DENSENET121));
    assert_eq!(found.record().sha256, Some(ContentHash::of_file(&file).unwrap()));
    assert_eq!(found.record().origin.as_deref(), Some("made for a test"));
    found.open(&Expected::of(Architecture::DENSENET121)).unwrap();
    assert_eq!(scene.folder.installed().unwrap(), [name("densenet121")]);
}

#[test]
fn moving_leaves_one_file() {
    let scene = Scene::new();
    let file = scene.file(&KERAS);
    scene.install("densenet121.mine", &file, Taking::Move).unwrap();
    assert!(!file.exists());
    scene.folder.named(&name("densenet121.mine")).unwrap();
}

#[test]
fn a_name_stands_for_its_first_content_until_it_is_replaced() {
    let scene = Scene::new();
    let file = scene.file(&KERAS);
    let first = scene.install("densenet121", &file, Taking::Copy).unwrap();
    // The same content may be installed again.
    scene.install("densenet121", &file, Taking::Copy).unwrap();
    let other = scene.file(&[("lineage", "timm")]);
    match scene.install("densenet121", &other, Taking::Copy) {
        Err(WeightsError::Content { expected, found, .. }) => {
            assert_eq!((*expected, found), (first.sha256(), ContentHash::of_file(&other).unwrap()));
        }
        refused => panic!("{refused:?}"),
    }
    assert_eq!(scene.folder.named(&name("densenet121")).unwrap(), first, "what was there stays");
    // The name stays reserved even after the file is deleted.
    fs::remove_file(first.path()).unwrap();
    assert!(matches!(scene.install("densenet121", &other, Taking::Copy), Err(WeightsError::Content { .. })));
    let record = WeightsFolder::identify(&name("densenet121"), &other).unwrap();
    let replacing = scene.folder.clone().replacing();
    let second = replacing.install(&name("densenet121"), &other, &record, Taking::Copy).unwrap();
    assert_ne!(second.sha256(), first.sha256());
    assert_eq!(scene.folder.locked(&name("densenet121")).unwrap().unwrap().sha256, second.sha256());
}

#[test]
fn an_altered_file_is_refused_when_it_is_opened() {
    let scene = Scene::new();
    let weights = scene.install("densenet121", &scene.file(&KERAS), Taking::Copy).unwrap();
    let mut bytes = fs::read(weights.path()).unwrap();
    let last = bytes.len() - 1;
    bytes[last - 1] = 1; // a small number
    fs::write(weights.path(), bytes).unwrap();
    let opened =
        scene.folder.named(&name("densenet121")).unwrap().open(&Expected::of(Architecture::DENSENET121));
    assert!(matches!(opened, Err(WeightsError::Altered { .. })), "{opened:?}");
}

#[test]
fn a_record_and_a_lock_file_that_disagree_are_refused() {
    let scene = Scene::new();
    let weights = scene.install("densenet121", &scene.file(&KERAS), Taking::Copy).unwrap();
    let record = weights.path().with_extension("json");
    let text = fs::read_to_string(&record).unwrap();
    let other = ContentHash::of_bytes(b"").to_string();
    for wrong in [
        text.replace(&weights.sha256().to_string(), &other),
        text.replace(&format!("\"{}\"", weights.sha256()), "null"),
        text.replace("densenet121\",", "vgg19\","),
        text.replace("\"licence\"", "\"license\""),
        "[".repeat(100_000),
        String::new(),
        " ".repeat(2 << 20),
    ] {
        assert_ne!(wrong, text);
        fs::write(&record, &wrong).unwrap();
        let found = scene.folder.named(&name("densenet121"));
        assert!(matches!(found, Err(WeightsError::Record { .. })), "{wrong:.60}: {found:?}");
    }
}

#[test]
fn a_file_that_says_nothing_is_what_its_giver_calls_it_or_nothing() {
    let scene = Scene::new();
    let file = scene.file(&[("format", "pt")]);
    let weights = scene.install("densenet121.keras", &file, Taking::Copy).unwrap();
    assert!(weights.record().origin.as_ref().unwrap().contains("not compared"), "{:?}", weights.record());
    assert_eq!(weights.record().lineage, Lineage::keras(Architecture::DENSENET121));
    let refused = scene.install("densenet121.mine", &file, Taking::Copy);
    assert!(matches!(refused, Err(WeightsError::Lineage { .. })), "{refused:?}");
    assert!(matches!(Weights::of_file(&file, Architecture::DENSENET121), Err(WeightsError::Lineage { .. })));
}

#[test]
fn a_name_whose_checksum_is_published_takes_no_other_content() {
    let scene = Scene::new();
    let silent = scene.file(&[("format", "pt")]);
    for name in ["densenet121", "densenet121.tv_in1k"] {
        let refused = scene.install(name, &silent, Taking::Copy);
        assert!(matches!(refused, Err(WeightsError::NotAsPublished { .. })), "{name}: {refused:?}");
    }
    // A file that says what it is stands under a bare name and under one of its own, and not under that of others.
    let told = scene.file(&KERAS);
    let refused = scene.install("densenet121.tv_in1k", &told, Taking::Copy);
    assert!(matches!(refused, Err(WeightsError::NotAsPublished { .. })), "{refused:?}");
    scene.install("densenet121", &told, Taking::Copy).unwrap();
    scene.install("densenet121.mine", &told, Taking::Copy).unwrap();
}

#[test]
fn nothing_is_installed_for_another_network_or_checksum() {
    let scene = Scene::new();
    let file = scene.file(&KERAS);
    let record = WeightsFolder::identify(&name("densenet121"), &file).unwrap();
    assert!(matches!(scene.install("vgg19", &file, Taking::Copy), Err(WeightsError::State { .. })));
    let other = scene.folder.install(&name("vgg19"), &file, &record, Taking::Copy);
    assert!(matches!(other, Err(WeightsError::OtherArchitecture { .. })), "{other:?}");
    let wrong = WeightsRecord { sha256: Some(ContentHash::of_bytes(b"")), ..record };
    let refused = scene.folder.install(&name("densenet121"), &file, &wrong, Taking::Move);
    assert!(matches!(refused, Err(WeightsError::Content { .. })), "{refused:?}");
    assert!(file.is_file() && scene.folder.installed().unwrap().is_empty());
}

#[test]
fn two_at_once_install_one_after_the_other() {
    let scene = Scene::new();
    let file = scene.file(&KERAS);
    std::thread::scope(|scope| {
        for place in 0..4 {
            let (scene, file) = (&scene, &file);
            scope.spawn(move || scene.install(&format!("densenet121.{place}"), file, Taking::Copy).unwrap());
        }
    });
    assert_eq!(scene.folder.installed().unwrap().len(), 4);
    for place in 0..4 {
        scene.folder.named(&name(&format!("densenet121.{place}"))).unwrap();
    }
}
