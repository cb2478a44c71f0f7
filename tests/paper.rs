//! Runs the three presets from end to end by the files in `examples/`, on phantoms in the paper's collections: four networks with
//! random weights, small heads and few epochs. What the reports and figures show is compared with the tables of the runs.

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
    layers_in_the_report_of_a_run_stand_beside_the_papers_by_name(&runs);
    figure_5_shows_the_histories_of_the_folds(&runs);
    figure_6_counts_the_predictions(&runs);
    figures_7_and_8_show_the_curves_of_the_predictions(&runs);
    drawings_have_the_values_of_their_tables(&runs);
    figure_9_is_made_of_the_panels_of_the_run(&runs);
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

/// Figure 5: every point is in a fold's `history.csv`, and every epoch there is a point.
fn figure_5_shows_the_histories_of_the_folds(runs: &Runs) {
    for preset in ["paper", "released-code"] {
        let run = runs.of(preset);
        let drawn = table(&run.join("figures/paper/figure-5.csv"));
        let mut compared = 0;
        for (network, name) in NAMES {
            let folds = if preset == "paper" { 2 } else { 5 };
            for part in ["training", "validation"] {
                for quantity in ["accuracy", "loss"] {
                    let of = |training: &str| -> Vec<(f64, f64)> {
                        let own = drawn.iter().filter(|row| {
                            (&*row["network"], &*row["quantity"], &*row["part"], &*row["training"])
                                == (name, quantity, part, training)
                        });
                        own.map(|row| (row["epoch"].parse().unwrap(), row["value"].parse().unwrap()))
                            .collect()
                    };
                    let mut sums: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
                    for fold in 1..=folds {
                        let history = table(&run.join(network).join(format!("fold-{fold}/history.csv")));
                        let written: Vec<(f64, f64)> = history
                            .iter()
                            .map(|row| {
                                (
                                    row["epoch"].parse().unwrap(),
                                    row[&format!("{part}_{quantity}")].parse().unwrap(),
                                )
                            })
                            .collect();
                        assert_eq!(of(&format!("fold {fold}")), written, "{network} {part} {quantity}");
                        written
                            .iter()
                            .for_each(|(epoch, value)| sums.entry(*epoch as u64).or_default().push(*value));
                        compared += written.len();
                    }
                    for (epoch, value) in of("mean") {
                        let values = &sums[&(epoch as u64)];
                        let mean = values.iter().sum::<f64>() / values.len() as f64;
                        assert!((mean - value).abs() < 1e-12, "{network} {part} {quantity}");
                    }
                }
            }
        }
        assert!(compared >= 4 * 4 * 4, "{compared}");
    }
}

/// Figure 6: counted from the most probable class of each test image.
fn figure_6_counts_the_predictions(runs: &Runs) {
    let run = runs.of("paper");
    let drawn = table(&run.join("figures/paper/figure-6.csv"));
    assert_eq!(drawn.len(), 4 * 9);
    for (network, name) in NAMES {
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (truth, probabilities) in predictions(&run, network) {
            let (best, _) = probabilities.iter().max_by(|one, other| one.1.total_cmp(other.1)).unwrap();
            *counts.entry((truth, best.clone())).or_default() += 1;
        }
        for row in drawn.iter().filter(|row| row["network"] == name) {
            let counted = counts.get(&(row["true"].clone(), row["predicted"].clone())).copied().unwrap_or(0);
            assert_eq!(row["images"], counted.to_string(), "{network}: {row:?}");
        }
    }
}

/// For scores of positives and negatives: (1 − specificity, sensitivity) at every threshold, and precision at every recall.
type Curves = (Vec<(f64, f64)>, Vec<(f64, f64)>);

fn curves(scored: &[(bool, f64)]) -> Curves {
    let mut thresholds: Vec<f64> = scored.iter().map(|(_, score)| *score).collect();
    thresholds.sort_by(|one, other| other.total_cmp(one));
    thresholds.dedup();
    let positives = scored.iter().filter(|(positive, _)| *positive).count() as f64;
    let negatives = scored.len() as f64 - positives;
    let (mut roc, mut precision) = (vec![(0.0, 0.0)], Vec::new());
    for threshold in thresholds {
        let above = scored.iter().filter(|(_, score)| *score >= threshold);
        let (mut hits, mut alarms) = (0.0, 0.0);
        above.for_each(|(positive, _)| if *positive { hits += 1.0 } else { alarms += 1.0 });
        roc.push((alarms / negatives, hits / positives));
        precision.push((hits / positives, hits / (hits + alarms)));
    }
    (roc, precision)
}

/// Distance of a point from a line of strokes.
fn distance(point: (f64, f64), line: &[(f64, f64)]) -> f64 {
    let of = |stroke: &[(f64, f64)]| {
        let ((x, y), (to_x, to_y)) = (stroke[0], stroke[1]);
        let (dx, dy) = (to_x - x, to_y - y);
        let square = dx * dx + dy * dy;
        let along = if square == 0.0 { 0.0 } else { ((point.0 - x) * dx + (point.1 - y) * dy) / square };
        let along = along.clamp(0.0, 1.0);
        (point.0 - x - along * dx).hypot(point.1 - y - along * dy)
    };
    line.windows(2).map(of).fold(f64::INFINITY, f64::min)
}

/// Points of one network in one panel of figure 7 or 8.
fn drawn(rows: &[BTreeMap<String, String>], panel: &str, network: &str, axes: [&str; 2]) -> Vec<(f64, f64)> {
    let own = rows.iter().filter(|row| row["panel"] == panel && row["network"] == network);
    own.map(|row| (row[axes[0]].parse().unwrap(), row[axes[1]].parse().unwrap())).collect()
}

/// Figures 7 and 8: what is drawn for each class, and for all decisions pooled, lies on the curve that is computed here from
/// `predictions.csv` threshold by threshold; and the whole curve lies on what is drawn. The area below the mean of the classes is
/// the mean of their areas.
fn figures_7_and_8_show_the_curves_of_the_predictions(runs: &Runs) {
    let run = runs.of("paper");
    let (roc_axes, precision_axes) =
        (["1 − specificity", "sensitivity (recall)"], ["recall (sensitivity)", "precision (PPV)"]);
    let seventh = table(&run.join("figures/paper/figure-7.csv"));
    let eighth = table(&run.join("figures/paper/figure-8.csv"));
    let trapezoids = |line: &[(f64, f64)]| -> f64 {
        line.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0).sum()
    };
    let mut compared = 0;
    for (network, name) in NAMES {
        let predictions = predictions(&run, network);
        let of_class = |class: &str| -> Vec<(bool, f64)> {
            predictions.iter().map(|(truth, probabilities)| (truth == class, probabilities[class])).collect()
        };
        let pooled: Vec<(bool, f64)> = CLASSES.iter().flat_map(|class| of_class(class)).collect();
        let mut panels: Vec<(String, Vec<(bool, f64)>)> =
            CLASSES.iter().map(|class| (format!("{class} against the others"), of_class(class))).collect();
        panels.push(("micro average".to_owned(), pooled));
        let (mut areas, mut precisions) = (Vec::new(), Vec::new());
        for (panel, scored) in &panels {
            let (roc, precision) = curves(scored);
            let found = drawn(&seventh, panel, name, roc_axes);
            assert!(found.len() >= 2, "{panel} of {name}");
            assert!(found.iter().all(|point| distance(*point, &roc) < 1e-9), "{panel} of {name}: {found:?}");
            assert!(roc.iter().all(|point| distance(*point, &found) < 2e-3), "{panel} of {name}");
            // Steps: up to a recall, the precision there. Where recall stands still, nothing is gained.
            let mut gained: Vec<(f64, f64)> = Vec::new();
            for &(recall, precision) in &precision {
                if recall > gained.last().map_or(0.0, |last| last.0) {
                    gained.push((recall, precision));
                }
            }
            let found = drawn(&eighth, panel, name, precision_axes);
            assert!(gained.iter().all(|point| distance(*point, &found) < 2e-3), "{panel} of {name}");
            let on_a_level =
                |&(_, level): &(f64, f64)| precision.iter().any(|(_, of)| (of - level).abs() < 1e-9);
            assert!(found.iter().all(on_a_level), "{panel} of {name}");
            areas.push(trapezoids(&roc));
            let mut before = 0.0;
            precisions.push(gained.iter().fold(0.0, |sum, &(recall, precision)| {
                let gain = recall - std::mem::replace(&mut before, recall);
                sum + gain * precision
            }));
            compared += 2;
        }
        for (rows, axes, areas) in [(&seventh, roc_axes, &areas), (&eighth, precision_axes, &precisions)] {
            let mean = areas[..3].iter().sum::<f64>() / 3.0;
            let found = trapezoids(&drawn(rows, "macro average", name, axes));
            assert!((found - mean).abs() < 2e-3, "macro average of {name}: {found} instead of {mean}");
        }
    }
    assert_eq!(compared, 4 * 4 * 2);
}

/// The strokes of the SVG are the values of the CSV, up to the scale and the place of the plot.
fn drawings_have_the_values_of_their_tables(runs: &Runs) {
    let folder = runs.of("paper").join("figures/paper");
    let svg = fs::read_to_string(folder.join("figure-7.svg")).unwrap();
    let strokes: Vec<Vec<(f64, f64)>> = svg
        .split("<polyline ")
        .skip(1)
        .map(|element| {
            let points = element.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
            let point = |pair: &str| {
                let (x, y) = pair.split_once(',').unwrap();
                (x.parse().unwrap(), y.parse().unwrap())
            };
            points.split_whitespace().map(point).collect()
        })
        .collect();
    let rows = table(&folder.join("figure-7.csv"));
    let axes = ["1 − specificity", "sensitivity (recall)"];
    // The first series is a solid line, and so one stroke.
    let mut found = 0;
    for panel in ["macro average", "micro average", "COVID-19 against the others"] {
        let values = drawn(&rows, panel, "VGG19", axes);
        let ((x0, y0), (x1, y1)) = (values[0], *values.last().unwrap());
        let matches = |stroke: &&Vec<(f64, f64)>| {
            if stroke.len() != values.len() {
                return false;
            }
            let ((left, bottom), (right, top)) = (stroke[0], *stroke.last().unwrap());
            values.iter().zip(*stroke).all(|((x, y), (across, up))| {
                let expected = left + (x - x0) / (x1 - x0) * (right - left);
                let height = bottom + (y - y0) / (y1 - y0) * (top - bottom);
                (expected - across).abs() <= 1.5 && (height - up).abs() <= 1.5
            })
        };
        found += usize::from(strokes.iter().any(|stroke| matches(&stroke)));
    }
    assert_eq!(found, 3);
}

/// Figure 9: the pixels of each row are those of the panel of the image that the table names.
fn figure_9_is_made_of_the_panels_of_the_run(runs: &Runs) {
    for preset in ["paper", "released-code", "trustworthy"] {
        let run = runs.of(preset);
        let sheet = image::open(run.join("figures/paper/figure-9.png")).unwrap().to_rgb8();
        let rows = table(&run.join("figures/paper/figure-9.csv"));
        let classes: Vec<&str> = rows.iter().map(|row| row["class"].as_str()).collect();
        assert_eq!(classes, CLASSES, "{preset}");
        let best: serde_json::Value =
            serde_json::from_slice(&fs::read(run.join("best.json")).unwrap()).unwrap();
        let model = best["model"].as_str().unwrap();
        let explained: serde_json::Value =
            serde_json::from_slice(&fs::read(run.join(model).join("explanations.json")).unwrap()).unwrap();
        let mut found = 0;
        for row in &rows {
            assert_eq!(row["network"], model);
            let of = explained.as_array().unwrap().iter().find(|of| of["id"] == row["image"]).unwrap();
            assert_eq!(
                (of["truth"].as_str(), of["predicted"].as_str()),
                (Some(&*row["class"]), Some(&*row["predicted"]))
            );
            let panel = image::open(run.join(model).join(of["panel"].as_str().unwrap())).unwrap().to_rgb8();
            for tile in of["tiles"].as_array().unwrap() {
                let [left, top, width, height] = [0, 1, 2, 3].map(|at| tile[at].as_u64().unwrap() as u32);
                let tile = image::imageops::crop_imm(&panel, left, top, width, height).to_image();
                let is_here = |x: u32, y: u32| {
                    // Corners first: few places pass them.
                    tile.get_pixel(0, 0) == sheet.get_pixel(x, y)
                        && tile
                            .enumerate_pixels()
                            .all(|(dx, dy, pixel)| pixel == sheet.get_pixel(x + dx, y + dy))
                };
                let (right, bottom) = (sheet.width() - width, sheet.height() - height);
                found += usize::from((0..=bottom).any(|y| (0..=right).any(|x| is_here(x, y))));
            }
        }
        assert_eq!(found, 9, "{preset}");
    }
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
