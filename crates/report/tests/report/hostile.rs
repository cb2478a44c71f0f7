//! Tests with names that contain markup, and with incomplete runs.

use radiograph_metrics::Evaluation;
use radiograph_report::{Error, Picture, Report};
use scraper::{Html, Selector};

use crate::sample;

const NAMES: [&str; 4] =
    ["<script>alert(1)</script>", "\"quoted\" & 'single'", "🫁 Lunge", "</title></svg><b>"];

/// A report in which every text could break a page.
fn hostile() -> Report {
    let mut report = sample::report();
    report.networks.truncate(1);
    report.comparisons.clear();
    report.best = None;
    let predictions = sample::predictions(&NAMES, 60, 1.5, 1);
    let network = &mut report.networks[0];
    network.name = "<img src=x onerror=alert(2)> & 🫁".to_owned();
    network.head = "</dd></dl><script>alert(3)</script>".to_owned();
    network.evaluation = Evaluation::of(&predictions, &sample::bootstrap()).unwrap();
    network.predictions = predictions;
    network.scaled = None;
    network.trainings[0].name = "<h1>fold</h1>".to_owned();
    let mut panel = sample::network(1, 60).panels[0].clone();
    panel.alt = "\" onload=\"alert(4)".to_owned();
    panel.image = "a folder with spaces/<b>.png".to_owned();
    panel.truth = NAMES[0].to_owned();
    network.panels = vec![panel];
    report.data.counts.clear();
    report.data.grouped_by = "<script>alert(5)</script>".to_owned();
    report.data.flow.left_out[0].reason = "<script>alert(6)</script>".to_owned();
    report.run.name = "</title>\0\u{7}\u{1b}[31m<script>alert(7)</script>".to_owned();
    report.run.cautions = vec!["<script>alert(8)</script>".to_owned()];
    report.run.command = Some("run --config 'a b/<c>.toml'".to_owned());
    report.run.configuration = Some("name = \"</pre><script>alert(9)</script>\"".to_owned());
    report
}

#[test]
fn no_text_becomes_markup() {
    let rendered = hostile().render().unwrap();
    assert!(!rendered.html.contains("<script"));
    let page = Html::parse_document(&rendered.html);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    let count = |selector: &str| page.select(&Selector::parse(selector).unwrap()).count();
    assert_eq!(
        (count("script"), count("h1"), count("img"), count("title")),
        (0, 1, 1, 1 + rendered.figures.iter().count() + rendered.figures.paper.len())
    );
    assert_eq!(count("[onerror], [onload]"), 0);
    // And what was written can be read.
    let text: String = page.root_element().text().collect();
    for name in NAMES {
        assert!(text.contains(name), "{name}");
    }
    assert!(text.contains("a folder with spaces/<b>.png"));
    for figure in rendered.figures.iter() {
        let drawing = roxmltree::Document::parse(&figure.svg).unwrap();
        assert!(drawing.descendants().all(|node| !node.has_tag_name("script") && !node.has_tag_name("b")));
        assert!(figure.name.is_ascii());
    }
}

#[test]
fn a_bare_run_of_one_network_says_what_it_lacks() {
    let mut report = sample::report();
    report.networks.truncate(1);
    let network = &mut report.networks[0];
    network.architecture = "something else".to_owned();
    network.panels.clear();
    network.subgroups.clear();
    network.trainings.clear();
    network.layers.clear();
    network.scaled = None;
    network.backbone_parameters = None;
    report.comparisons.clear();
    report.best = None;
    report.data.certificate = None;
    report.data.counts.clear();
    report.data.sources.clear();
    report.data.folds = 1;
    report.run.command = None;
    report.run.stages.clear();
    report.run.threads = None;
    let rendered = report.render().unwrap();
    let page = Html::parse_document(&rendered.html);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    let text: String = page.root_element().text().collect::<String>();
    for part in [
        "No heat maps were made",
        "No subgroups were scored",
        "No history was recorded",
        "there is nothing to compare it with",
        "Nobody looked whether test images",
        "not recorded",
        "not measured",
        "Not trained with a recurrent layer in this run: VGG19, DenseNet121, InceptionV3 and Inception-ResNetV2",
    ] {
        assert!(text.contains(part), "{part}");
    }
    assert_eq!(rendered.figures.networks[0].accuracy, None);
}

#[test]
fn one_fold_of_one_epoch_has_curves_that_can_be_seen() {
    let mut report = sample::report();
    report.networks[0].trainings.truncate(1);
    report.networks[0].trainings[0].epochs.truncate(1);
    report.networks[1].trainings[0].epochs[3].training.loss = f64::NAN;
    report.networks[1].trainings[0].epochs[4].training.loss = f64::INFINITY;
    let rendered = report.render().unwrap();
    assert!(rendered.figures.networks[0].accuracy.as_ref().unwrap().svg.contains("<circle"));
    assert!(!rendered.figures.networks[1].loss.as_ref().unwrap().svg.contains("NaN"));
}

#[test]
fn undefined_scores_show_their_reason() {
    // No test image of the third class: its recall, AUC and curves do not exist, nor do macro averages.
    let all = sample::predictions(&sample::CLASSES, 90, 1.5, 3);
    let two: Vec<usize> = (0..90).filter(|&sample| all.truth(sample).name() != "normal").collect();
    let predictions = all.select(&two);
    let mut report = sample::report();
    report.networks.truncate(1);
    report.comparisons.clear();
    report.best = None;
    report.networks[0].evaluation = Evaluation::of(&predictions, &sample::bootstrap()).unwrap();
    report.data = sample::data(&predictions);
    report.networks[0].predictions = predictions;
    let html = report.render().unwrap().html;
    assert!(html.contains("undefined: no sample of this class"));
    assert!(html.contains("undefined: a class of this average is undefined"));
    assert!(html.contains("macro AUC undefined: "));
    assert!(!html.contains("NaN"));
}

#[test]
fn many_classes_and_long_names_stay_a_figure() {
    let names: Vec<String> =
        (0..30).map(|class| format!("a class with quite a long name, number {class}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let predictions = sample::predictions(&names, 120, 1.5, 4);
    let mut report = sample::report();
    report.networks.truncate(1);
    report.comparisons.clear();
    report.best = None;
    report.networks[0].evaluation = Evaluation::of(&predictions, &sample::bootstrap()).unwrap();
    report.data = sample::data(&predictions);
    report.networks[0].predictions = predictions;
    let rendered = report.render().unwrap();
    let confusion = &rendered.figures.networks[0].confusion;
    let png = image::load_from_memory(&confusion.png).unwrap();
    assert!(png.height() < 1_200, "{}", png.height());
    assert!(rendered.figures.networks[0].roc.as_ref().unwrap().svg.contains("and 20 more"));
}

#[test]
fn what_is_no_png_is_refused() {
    for bytes in [&b"<svg/>"[..], b"", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\0"]
    {
        assert!(matches!(Picture::from_png("x", bytes.to_vec()), Err(Error::NotPng { .. })));
    }
    assert_eq!(sample::picture(64, 1).size(), (208, 64));
    assert!(serde_json::from_str::<Picture>("\"PHN2Zy8+\"").is_err());
}
