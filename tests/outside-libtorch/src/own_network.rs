//! A frozen network that this project knows and radiograph does not, in a whole run on drawn films.

use std::{error::Error, fs, ops::ControlFlow};

use radiograph::{Config, Pipeline, Progress, phantoms::collection::Collections};
use radiograph_weights::{Architecture, Family, Lineage, NetworkDefinition, graph::Window};

/// Two convolutions, the second of which sees an eighth of the image's sides.
static TWO_CONVOLUTIONS: NetworkDefinition = NetworkDefinition {
    name: "two_convolutions",
    title: "Two convolutions",
    input_channels: 3,
    native_size: 64,
    micro_batch: 4,
    families: &[Family {
        name: "own",
        lineage: Lineage::with_epsilon(1e-5),
        normalisation: radiograph::input::Normalisation::Tf,
    }],
    features: |network, lineage| {
        let map = network.convolution(network.image(), "first", 8, Window::square(4, 4, 0));
        let map = network.batch_norm(map, "norm", lineage.batch_norm_epsilon);
        let map = network.relu(map);
        let map = network.convolution(map, "second", 16, Window::square(3, 2, 1));
        let map = network.relu(map);
        network.layer("last", map);
        map
    },
    classifier: None,
    auxiliary: None,
    published: &[],
};

/// Registers the network, and takes it by name through all stages to the report.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let network = Architecture::register(&TWO_CONVOLUTIONS)?;
    let place = tempfile::tempdir()?;
    Collections { patients: 40, seed: 3, side: 128 }.write(place.path(), |_, _| {})?;
    let key = place.path().join("key");
    fs::write(&key, "1".repeat(64))?;
    let settings = format!(
        "
        backbones = ['two_convolutions']
        baselines = ['linear-probe']
        weights = {{ two_convolutions = 'random:1' }}
        data = {{ folder = '{}', key_file = '{}' }}
        input = {{ size = 64 }}
        training = {{ epochs = 2, folds = 2, batch_size = 8 }}
        head.layers.two_convolutions = {{ units = 4, dense = [4] }}
        evaluation = {{ bootstrap_replicates = 100, permutations = 200 }}
        explanation = {{ images_per_class = 1 }}
        ",
        place.path().join("collections").display(),
        key.display(),
    );
    let run = place.path().join("run");
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let outcome = Pipeline::open(Config::resolve(Some(&settings), &[])?, &run, &mut watch)?.run()?;
    let extracted: Vec<&str> = outcome.extracted.iter().map(|one| one.network.as_str()).collect();
    let page = fs::read_to_string(&outcome.report)?;
    let panels = fs::read_dir(run.join(network.name()).join("gradcam"))?.count();
    println!(
        "own network: {} extracted, heat maps: {}, named in the report: {}",
        extracted.join(", "),
        panels > 0,
        page.contains(network.name())
    );
    Ok(())
}
