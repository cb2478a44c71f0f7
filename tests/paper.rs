//! Runs the three presets from end to end by the files in `examples/`, on phantoms in the paper's collections: four networks with
//! random weights, small heads and few epochs. What the reports and figures show is compared with the tables of the runs.

mod figures;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use radiograph::{Config, Pipeline, Progress};
use radiograph_dataset::manifest::Manifest;
use radiograph_phantoms::collection::Collections;
use radiograph_weights::Architecture;
use scraper::{ElementRef, Html, Selector};

/// Names of the classes in the paper's order.
const CLASSES: [&str; 3] = ["COVID-19", "pneumonia", "normal"];
/// The paper's names of its networks.
const NAMES: [(&str, &str); 4] = [
    ("vgg19", "VGG19"),
    ("densenet121", "DenseNet121"),
    ("inception_v3", "InceptionV3"),
    ("inception_resnet_v2", "Inception-ResNetV2"),
];

/// One run of each preset.
struct Runs {
    folder: tempfile::TempDir,
}

impl Runs {
    fn of(&self, preset: &str) -> PathBuf {
        self.folder.path().join(preset)
    }
}

impl Runs {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Collections { patients: 60, seed: 3, side: 112 }.write(folder.path(), |_, _| {}).unwrap();
        fs::write(folder.path().join("key"), "1".repeat(64)).unwrap();
        for preset in ["paper", "released-code", "trustworthy"] {
            let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
            let config = config(folder.path(), preset);
            Pipeline::open(config, &folder.path().join(preset), &mut watch).unwrap().run().unwrap();
        }
        Self { folder }
    }
}

/// One test, because the runs take most of its time.
#[test]
fn three_presets_end_with_all_of_the_paper() {
    let runs = Runs::new();
    every_preset_ends_with_every_table_and_every_figure(&runs);
    what_could_not_be_balanced_is_on_the_page(&runs);
    layers_in_the_report_of_a_run_stand_beside_the_papers_by_name(&runs);
    figures::figure_5_shows_the_histories_of_the_folds(&runs);
    figures::figure_6_counts_the_predictions(&runs);
    figures::figures_7_and_8_show_the_curves_of_the_predictions(&runs);
    figures::drawings_have_the_values_of_their_tables(&runs);
    figures::figure_9_is_made_of_the_panels_of_the_run(&runs);
    chained_folds_are_contaminated_and_said_to_be(&runs);
    augmented_images_are_tested_on_by_the_released_program_alone(&runs);
    exchanged_names_are_shown_beside_the_right_ones(&runs);
}

/// The example of a preset, made small enough for a test.
fn config(folder: &Path, preset: &str) -> Config {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../examples/{preset}.toml"));
    let example = fs::read_to_string(example).unwrap();
    let mut changes: Vec<String> = [
        "input.size=80",
        "training.epochs=2",
        "training.batch_size=8",
        "audit=false",
        "evaluation.bootstrap_replicates=100",
        "evaluation.permutations=100",
        "explanation.images_per_class=1",
    ]
    .map(str::to_owned)
    .into();
    for network in Architecture::PAPER {
        changes.push(format!("weights.{network}=random:1"));
        changes.push(format!("head.layers.{network}.units=6"));
        let one = preset == "released-code" && network == Architecture::INCEPTION_RESNET_V2;
        changes.push(format!("head.layers.{network}.dense={}", if one { "[12]" } else { "[12, 4096]" }));
    }
    if preset == "released-code" {
        changes.push("input.augmented_copies=1".to_owned());
        changes.push("training.epochs=1".to_owned());
    } else {
        changes.push("training.folds=2".to_owned());
    }
    if preset != "trustworthy" {
        // As few originals of COVID-19 that augmented ones are needed.
        let quota = |origin: &str, images: usize| {
            format!("{{ class = 'COVID-19', origin = '{origin}', images = {images}, exactly = true }}")
        };
        let (originals, augmented) = if preset == "paper" { (15, 10) } else { (10, 15) };
        changes.push(format!(
            "data.quotas=[{}, {}]",
            quota("original", originals),
            quota("augmented", augmented)
        ));
    }
    changes.push(format!("data.key_file={}", folder.join("key").display()));
    let mut config = Config::resolve(Some(&example), &changes).unwrap();
    config.data.folder = folder.join("collections");
    config
}

/// The ages of the drawn patients do not allow equal classes at every age.
fn what_could_not_be_balanced_is_on_the_page(runs: &Runs) {
    let run = runs.of("paper");
    let sentences: Vec<String> =
        serde_json::from_slice(&fs::read(run.join("shortfalls.json")).unwrap()).unwrap();
    assert!(!sentences.is_empty());
    let data = text(&page(&run), "#data");
    assert!(data.contains("What could not be balanced"), "{data}");
    for sentence in sentences {
        assert!(data.contains(&sentence), "{sentence}");
    }
}

fn page(run: &Path) -> Html {
    Html::parse_document(&fs::read_to_string(run.join("report.html")).unwrap())
}

fn words(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text(page: &Html, selector: &str) -> String {
    words(page.select(&Selector::parse(selector).unwrap()).next().unwrap())
}

/// Rows of the table with this caption, cells as text.
fn rows(page: &Html, caption: &str) -> Vec<Vec<String>> {
    let table = page
        .select(&Selector::parse("table").unwrap())
        .find(|table| {
            let found = table.select(&Selector::parse("caption").unwrap()).next().unwrap();
            words(found).starts_with(caption)
        })
        .unwrap_or_else(|| panic!("no table {caption}"));
    let cells = |row: ElementRef<'_>| row.select(&Selector::parse("th, td").unwrap()).map(words).collect();
    table.select(&Selector::parse("tbody tr").unwrap()).map(cells).collect()
}

/// Rows of a CSV file by the names of its columns. No value in these files needs quotes.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(!text.contains('"'), "{}", path.display());
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| {
        names.iter().map(|name| (*name).to_owned()).zip(line.split(',').map(str::to_owned)).collect()
    };
    lines.map(row).collect()
}

/// True class, and the probability of each class, of every test image of a model.
fn predictions(run: &Path, model: &str) -> Vec<(String, BTreeMap<String, f64>)> {
    let rows = table(&run.join(model).join("predictions.csv"));
    let read = |row: &BTreeMap<String, String>| {
        let of = |class: &str| (class.to_owned(), row[&format!("p_{class}")].parse().unwrap());
        (row["label"].clone(), CLASSES.iter().map(|class| of(class)).collect())
    };
    rows.iter().map(read).collect()
}

fn every_preset_ends_with_every_table_and_every_figure(runs: &Runs) {
    for preset in ["paper", "released-code", "trustworthy"] {
        let run = runs.of(preset);
        let page = page(&run);
        let section = text(&page, "#paper");
        for caption in ["Table 1", "Table 2: layers of vgg19", "Table 3", "Section 4.1", "Table 4", "Table 5"]
        {
            assert!(!rows(&page, caption).is_empty(), "{preset}: {caption}");
        }
        assert_eq!(rows(&page, "Table 3").len(), 4 * 3, "{preset}");
        assert!(
            !section.contains("not in this run: ") && section.contains("Can the printed numbers be true?")
        );
        for number in 5..=9 {
            let figure = run.join(format!("figures/paper/figure-{number}"));
            assert!(section.contains(&format!("Figure {number}: ")), "{preset}: figure {number}");
            let svg = fs::read_to_string(figure.with_extension("svg")).unwrap();
            let marks = ["<polyline", "<rect", "<image"].map(|mark| svg.matches(mark).count());
            assert!(marks.iter().sum::<usize>() > 8, "{preset}: figure {number} has {marks:?}");
            let png = image::open(figure.with_extension("png")).unwrap().to_rgb8();
            let colours: BTreeSet<[u8; 3]> = png.pixels().map(|pixel| pixel.0).collect();
            assert!(png.width() > 900 && colours.len() > 20, "{preset}: figure {number} is empty");
            assert!(table(&figure.with_extension("csv")).len() >= 3, "{preset}: figure {number}");
        }
        let alarm = text(&page, ".alarm");
        let caution = "Not the paper's weights: it used Keras's ImageNet weights (NETWORK.keras); here densenet121 has random weights";
        assert_eq!(alarm.contains(caution), preset != "trustworthy", "{preset}: {alarm}");
    }
}

/// Every row of Table 2 has the printed row of its name beside it. This run has smaller images and smaller heads; fc_2 is 12 to 4096
/// and so differs, the classes of the output are the paper's three.
fn layers_in_the_report_of_a_run_stand_beside_the_papers_by_name(runs: &Runs) {
    let page = page(&runs.of("paper"));
    let layers = rows(&page, "Table 2: layers of vgg19Rows");
    let expected = [
        [
            "pretrained (VGG19)",
            "80 × 80 × 3",
            "2 × 2 × 512",
            "20,024,384",
            "pretrained (VGG19): 224 × 224 × 3 to 7 × 7 × 512",
        ],
        ["reshape (Reshape)", "2 × 2 × 512", "4 × 512", "0", "reshape (Reshape): 7 × 7 × 512 to 49 × 512"],
        ["lstm (LSTM)", "4 × 512", "4 × 6", "12,456", "lstm (LSTM): 49 × 512 to 49 × 512"],
        ["flatten (Flatten)", "4 × 6", "24", "0", "flatten (Flatten): 49 × 512 to 25088"],
        ["fc_1 (Dense)", "24", "12", "300", "fc_1 (Dense): 25088 to 4096"],
        ["fc_2 (Dense)", "12", "4096", "53,248", "fc_2 (Dense): 4096 to 4096"],
        ["output (Dense)", "4096", "3", "12,291", "the same"],
    ];
    assert_eq!(layers, expected);
    for (network, _) in NAMES {
        let layers = rows(&page, &format!("Table 2: layers of {network}Rows"));
        assert_eq!(layers.len(), 7, "{network}");
        assert_eq!(layers[6][4], "the same", "{network}");
        let name = |cell: &str| cell.split(' ').next().unwrap().to_owned();
        assert!(layers[..6].iter().all(|row| name(&row[0]) == name(&row[4])), "{network}: {layers:?}");
    }
    // The released program normalises between the layers; they move no pair.
    let layers = rows(&self::page(&runs.of("released-code")), "Table 2: layers of inception_resnet_v2Rows");
    let names: Vec<&str> = layers.iter().map(|row| row[0].split(' ').next().unwrap()).collect();
    let all =
        ["pretrained", "reshape", "lstm", "lstm_norm", "flatten", "fc_1", "fc_1_norm", "output", "fc_2"];
    assert_eq!(names, all);
    assert_eq!((layers[3][4].as_str(), layers[8][1].as_str()), ("–", "not here"));
}

/// Folds of the released program go on with the weights of the fold before, whose training had their validation images.
fn chained_folds_are_contaminated_and_said_to_be(runs: &Runs) {
    for (preset, contaminated) in [("paper", false), ("released-code", true)] {
        let run = runs.of(preset);
        for (network, _) in NAMES {
            let record: serde_json::Value =
                serde_json::from_slice(&fs::read(run.join(network).join("metrics.json")).unwrap()).unwrap();
            let folds = record["validation"].as_array().unwrap();
            let marked: Vec<bool> =
                folds.iter().map(|fold| fold["contaminated"].as_bool().unwrap()).collect();
            // The first fold begins with fresh weights.
            let expected: Vec<bool> = (0..folds.len()).map(|fold| contaminated && fold > 0).collect();
            assert_eq!(marked, expected, "{preset} {network}");
        }
        let page = page(&run);
        assert_eq!(text(&page, ".alarm").contains("Contaminated folds in"), contaminated, "{preset}");
        assert_eq!(text(&page, "#training").contains("contaminated"), contaminated, "{preset}");
    }
}

/// Section 3.1 tests on originals only; the released program splits whatever lies in its folder.
fn augmented_images_are_tested_on_by_the_released_program_alone(runs: &Runs) {
    let counted = |preset: &str| {
        let manifest = Manifest::read(&runs.of(preset).join("manifest.csv")).unwrap();
        let augmented = |test: bool| {
            let rows: Vec<_> = if test { manifest.test().collect() } else { manifest.train().collect() };
            rows.iter().filter(|row| row.augmented).count()
        };
        (augmented(false), augmented(true))
    };
    assert_eq!(counted("paper"), (10, 0));
    let (training, test) = counted("released-code");
    // The class is cut to the size of the smallest one, originals and augmented images alike.
    assert!(training > 0 && test > 0, "{training} and {test}");
    assert_eq!(counted("trustworthy").1, 0);
}

/// The released program's report calls COVID-19 what is normal, and the other way round; the scores of the page do not.
fn exchanged_names_are_shown_beside_the_right_ones(runs: &Runs) {
    let run = runs.of("released-code");
    let exchanged = rows(&page(&run), "The released program's own report");
    assert_eq!(exchanged.len(), 4 * 3);
    for (network, _) in NAMES {
        let predictions = predictions(&run, network);
        let recall = |class: &str| {
            let own: Vec<_> = predictions.iter().filter(|(truth, _)| truth == class).collect();
            let right = own.iter().filter(|(_, probabilities)| {
                probabilities.iter().max_by(|one, other| one.1.total_cmp(other.1)).unwrap().0 == class
            });
            format!("{:.0} ", 100.0 * right.count() as f64 / own.len() as f64)
        };
        let row = |name: &str| exchanged.iter().find(|row| row[0] == format!("{network}, {name}")).unwrap();
        for (printed, is) in [("COVID-19", "normal"), ("Pneumonia", "pneumonia"), ("Normal", "COVID-19")] {
            let row = row(printed);
            assert_eq!(row[1].to_lowercase(), is.to_lowercase());
            assert!(row[3].starts_with(&recall(is)), "{network} {printed}: {} is not {}", row[3], recall(is));
            let truth = CLASSES.iter().find(|class| class.eq_ignore_ascii_case(printed)).unwrap();
            assert!(row[4].starts_with(&recall(truth)), "{network} {printed}: {}", row[4]);
        }
    }
    let others = fs::read_to_string(runs.of("paper").join("report.html")).unwrap();
    assert!(!others.contains("The released program's own report"));
}
