//! How time and memory grow with the number of films, measured on synthetic records with tiny feature maps.
//!
//! `cargo run --release -p radiograph-examples --example scale -- 10000 100000 1000000`
//!
//! Each step runs in a process of its own, so that its peak memory is its own. The exponent is the slope of the logarithm of
//! the time over that of the number: 1 means twice the time for twice the films. Maps of real networks are 1,000 to 10,000 times
//! as large; [docs/scale.md](../docs/scale.md) has their rates.

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use std::{
    env,
    error::Error,
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use radiograph::labelled_images;
use radiograph_classes::Classes;
use radiograph_dataset::{
    GroupId, Provenance, View,
    manifest::{Manifest, Place, Row},
};
use radiograph_features::{
    Element, ExtractionKey, FeatureId, FeatureStore, Part, StoreDescription, StoreWriter, merge,
};
use radiograph_files::ContentHash;
use radiograph_head::{
    Cohort, FeatureShape, Feed, HeadConfig, Preset, Protocol, Reading, StoredFeatures, train_fold,
};
use radiograph_libtorch::Device;
use radiograph_metrics::{Bootstrap, Evaluation, Predictions, Probabilities};
use radiograph_weights::Architecture;

type Failure = Box<dyn Error>;

/// Sizes without arguments: few enough for a test.
const FEW: [usize; 2] = [500, 2_000];
/// Shape of the tiny maps.
const SHAPE: [usize; 3] = [8, 1, 1];
const CLASSES: [&str; 3] = ["COVID-19", "normal", "pneumonia"];

/// A piece of work with a scene.
type Step = fn(&Scene) -> Result<(), Failure>;

/// The steps, in the order in which each finds what it needs.
const STEPS: [(&str, Step); 10] = [
    ("manifest: write", Scene::write_manifest),
    ("manifest: read", Scene::read_manifest),
    ("store: write in two halves", Scene::write_stores),
    ("store: merge the halves", Scene::merge_stores),
    ("store: open, read one map", Scene::open_store),
    ("the same without the table", Scene::open_by_lists),
    ("plan of an extraction", Scene::plan),
    ("training: one epoch", Scene::epoch),
    ("training: one epoch, shard after shard", Scene::epoch_by_shards),
    ("metrics with intervals", Scene::metrics),
];

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [step, number, folder] = &arguments[..]
        && let Some((_, work)) = STEPS.iter().find(|(name, _)| name == step)
    {
        let scene = Scene { number: number.parse()?, folder: folder.into() };
        let started = Instant::now();
        work(&scene)?;
        println!("{} {}", started.elapsed().as_secs_f64(), peak_bytes().unwrap_or(0));
        return Ok(());
    }
    let numbers = match arguments.is_empty() {
        true => FEW.to_vec(),
        false => arguments.iter().map(|number| number.parse()).collect::<Result<Vec<usize>, _>>()?,
    };
    let places = numbers.iter().map(|_| tempfile::tempdir()).collect::<Result<Vec<_>, _>>()?;
    let sizes: Vec<String> = numbers.iter().map(|number| format!(" {number} films |")).collect();
    println!("| step |{} exponent |", sizes.concat());
    println!("|---|{}---|", "---|".repeat(numbers.len()));
    for (name, _) in STEPS {
        let mut row = format!("| {name} |");
        let mut points = Vec::new();
        for (number, place) in numbers.iter().zip(&places) {
            let (seconds, peak) = measured(name, *number, place.path())?;
            row += &format!(" {seconds:.2} s, {} MB |", peak >> 20);
            points.push(((*number as f64).ln(), seconds.ln()));
        }
        println!("{row} {:.2} |", slope(&points));
    }
    Ok(())
}

/// Time and peak memory of one step, in a process of its own.
fn measured(step: &str, number: usize, folder: &Path) -> Result<(f64, u64), Failure> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(step).arg(number.to_string()).arg(folder).stderr(Stdio::inherit());
    let output = command.output()?;
    let text = String::from_utf8(output.stdout)?;
    let mut words = text.split_whitespace();
    match (output.status.success(), words.next(), words.next()) {
        (true, Some(seconds), Some(peak)) => Ok((seconds.parse()?, peak.parse()?)),
        _ => Err(format!("`{step}` on {number} films ended with {}", output.status).into()),
    }
}

/// Slope of the least-squares line.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let products: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    products / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}

/// Peak resident memory of this process, from proc(5).
fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// A number of films, and the folder that holds what is made of them.
struct Scene {
    number: usize,
    folder: PathBuf,
}

impl Scene {
    fn manifest(&self) -> PathBuf {
        self.folder.join("manifest.csv")
    }

    fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    fn description(&self) -> Result<StoreDescription, Failure> {
        let key = ExtractionKey {
            backbone: "tiny".to_owned(),
            weights: content(0),
            preprocessing: "none".to_owned(),
            lineage: "none".to_owned(),
            precision: Element::F32,
            computation: None,
        };
        Ok(StoreDescription::new(key, SHAPE)?.for_films(self.number))
    }

    fn images(&self) -> impl Iterator<Item = FeatureId> {
        (0..self.number).map(|film| FeatureId::plain(content(film)))
    }

    fn write_manifest(&self) -> Result<(), Failure> {
        let row = |film: usize| -> Result<Row, Failure> {
            let place = match film / 2 % 6 {
                0 => Place::Test,
                fold => Place::Train { fold: Some(fold as u32), validates: true },
            };
            Ok(Row {
                id: format!("synthetic:{film:08}").parse()?,
                content_hash: content(film),
                taken_from: None,
                patient: Some(format!("synthetic:{:08}", film / 2).parse()?),
                class: Some(CLASSES[film % 3].into()),
                provenance: Provenance::Pcr,
                view: View::Pa,
                sex: None,
                age: None,
                licence: Some("CC BY 4.0".to_owned()),
                augmented: false,
                parent: None,
                drawn: true,
                group: GroupId::from(format!("synthetic:{:08}", film / 2 * 2)),
                place,
            })
        };
        let rows = (0..self.number).map(row).collect::<Result<Vec<_>, _>>()?;
        Ok(Manifest::new(rows)?.write(&self.manifest())?)
    }

    fn read_manifest(&self) -> Result<(), Failure> {
        let manifest = Manifest::read_of(&self.manifest(), &Classes::new(CLASSES)?)?;
        assert_eq!(manifest.rows().len(), self.number);
        Ok(())
    }

    fn write_stores(&self) -> Result<(), Failure> {
        for (place, part) in ["store", "other half"].into_iter().zip([Part::new(1, 2)?, Part::new(2, 2)?]) {
            let mut writer = StoreWriter::open(&self.folder.join(place), &self.description()?, part)?;
            for shard in writer.plan(self.images()).shards {
                let values: Vec<f32> = (0..shard.len() * SHAPE[0]).map(|place| (place % 7) as f32).collect();
                writer.write(&shard, &values)?;
            }
        }
        Ok(())
    }

    fn merge_stores(&self) -> Result<(), Failure> {
        let merged = merge(&self.store(), &self.folder.join("other half"))?;
        assert!(merged.copied + self.description()?.features_per_shard() >= self.number / 2);
        Ok(())
    }

    fn open_store(&self) -> Result<(), Failure> {
        self.opened(true)
    }

    fn open_by_lists(&self) -> Result<(), Failure> {
        let (table, aside) = (self.store().join("table.bin"), self.folder.join("table.bin"));
        fs::rename(&table, &aside)?;
        self.opened(false)?;
        Ok(fs::rename(&aside, &table)?)
    }

    fn opened(&self, has_table: bool) -> Result<(), Failure> {
        let store = FeatureStore::open(&self.store())?;
        assert_eq!((store.len(), store.has_table()), (self.number, has_table));
        let mut map = [0.0; SHAPE[0]];
        Ok(store.read(&[FeatureId::plain(content(self.number / 2))], &mut map)?)
    }

    fn plan(&self) -> Result<(), Failure> {
        let plan =
            StoreWriter::open(&self.store(), &self.description()?, Part::new(3, 8)?)?.plan(self.images());
        assert!(plan.is_empty() && plan.present > 0);
        Ok(())
    }

    fn epoch(&self) -> Result<(), Failure> {
        self.trained("model", None)
    }

    fn epoch_by_shards(&self) -> Result<(), Failure> {
        self.trained("model by shards", Some(8_192))
    }

    fn trained(&self, name: &str, buffer: Option<usize>) -> Result<(), Failure> {
        let classes = Classes::new(CLASSES)?;
        let manifest = Manifest::read_of(&self.manifest(), &classes)?;
        let cohort = Cohort::new(&classes, labelled_images(&manifest))?;
        drop(manifest);
        let store = FeatureStore::open(&self.store())?;
        let features = StoredFeatures::of_cohort(&store, &cohort)?;
        let feed = Feed::new(&features, Device::CPU, 0)?;
        let [channels, height, width] = SHAPE.map(|side| side as i64);
        let shape = FeatureShape { channels, height, width };
        let mut protocol = Protocol::preset(Preset::Trustworthy, Architecture::VGG19, shape, &cohort, 7);
        protocol.head = HeadConfig { reading: Reading::GlobalAverage, dense: Vec::new(), ..protocol.head };
        (protocol.training.epochs, protocol.training.batch, protocol.training.shuffle_buffer) =
            (1, 64, buffer);
        let folder = self.folder.join(name);
        let watch = &mut |_: radiograph_head::Event<'_>| ControlFlow::Continue(());
        train_fold(&protocol, &cohort, &feed, store.key(), &folder, 1, watch)?.ok_or("interrupted")?;
        Ok(())
    }

    fn metrics(&self) -> Result<(), Failure> {
        let classes = Classes::new(CLASSES)?;
        let truth: Vec<&str> = (0..self.number).map(|film| CLASSES[film % 3]).collect();
        let probability = |film: usize, class: usize| {
            // Right for about three films in four.
            let favoured = if content(film).as_bytes()[0] < 192 { film % 3 } else { (film + 1) % 3 };
            let share = 0.4 + f64::from(content(film).as_bytes()[1]) / 512.0;
            if class == favoured { share } else { (1.0 - share) / 2.0 }
        };
        let values =
            ndarray::Array2::from_shape_fn((self.number, 3), |(film, class)| probability(film, class));
        let ids: Vec<String> = (0..self.number).map(|film| film.to_string()).collect();
        let patients: Vec<String> = (0..self.number).map(|film| (film / 2).to_string()).collect();
        let predictions = Predictions::new(&classes, &truth, &Probabilities::new(&classes, values)?)?
            .with_ids(&ids)?
            .with_clusters(&patients)?;
        let evaluation = Evaluation::of(&predictions, &Bootstrap::new(100, 7)?)?;
        assert_eq!(evaluation.samples, self.number);
        Ok(())
    }
}

/// The content hash of a film.
fn content(film: usize) -> ContentHash {
    ContentHash::of_bytes(&film.to_le_bytes())
}
