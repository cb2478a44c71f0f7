//! Tests that figures show what they must: marks with their values, chance, insets, one scale, and tables of the same values.

use radiograph_metrics::{Evaluation, Predictions};
use radiograph_report::{Figure, Images, Report};
use scraper::{ElementRef, Html, Selector};

use crate::sample;

const SVG: &str = "http://www.w3.org/2000/svg";

/// The texts of a drawing.
fn texts(figure: &Figure) -> Vec<String> {
    let drawing = roxmltree::Document::parse(&figure.svg).unwrap();
    let texts = drawing.descendants().filter(|node| node.has_tag_name((SVG, "text")));
    texts.map(|node| node.text().unwrap_or_default().trim().to_owned()).collect()
}

/// One network whose scores of the right class lie `gap` above the others.
fn with_gap(gap: f64) -> Report {
    let mut report = sample::report();
    report.networks.truncate(1);
    report.comparisons.clear();
    report.best = None;
    let predictions: Predictions = sample::predictions(&sample::CLASSES, 60, gap, 1);
    report.networks[0].evaluation = Evaluation::of(&predictions, &sample::bootstrap()).unwrap();
    report.networks[0].predictions = predictions;
    report.networks[0].scaled = None;
    report
}

#[test]
fn letters_have_twelve_pixels_on_a_phone() {
    let rendered = sample::report().render().unwrap();
    let mut counted = 0;
    for figure in rendered.figures.iter() {
        let drawing = roxmltree::Document::parse(&figure.svg).unwrap();
        let view = drawing.root_element().attribute("viewBox").unwrap();
        let width: f64 = view.split(' ').nth(2).unwrap().parse().unwrap();
        for text in drawing.descendants().filter(|node| node.has_tag_name((SVG, "text"))) {
            let size: f64 = text.attribute("font-size").unwrap().parse().unwrap();
            // A phone of 390 px leaves 358 px.
            assert!(size * 358.0 / width >= 12.0, "{}: {size} of {width}", figure.name);
            counted += 1;
        }
    }
    assert!(counted > 500, "{counted}");
}

#[test]
fn the_names_of_the_papers_classes_are_whole_in_a_confusion_matrix() {
    let figures = sample::report().render().unwrap().figures;
    let texts = texts(&figures.networks[0].confusion);
    // Above a column, and before a row.
    for class in sample::CLASSES {
        assert_eq!(texts.iter().filter(|text| *text == class).count(), 2, "{class}: {texts:?}");
    }
}

#[test]
fn the_papers_accuracy_is_labelled_and_absent_for_phantoms() {
    let mut report = sample::report();
    let printed = |report: &Report| {
        let texts = texts(&report.render().unwrap().figures.overview);
        texts.into_iter().filter(|text| text.starts_with("paper ")).collect::<Vec<_>>()
    };
    assert!(printed(&report).is_empty());
    report.run.images = Images::Radiographs;
    // Tables 3 and 4 of the paper.
    assert_eq!(printed(&report), ["paper 99.86", "paper 99.78", "paper 98.56", "paper 99.50", "paper 99.63"]);
}

#[test]
fn a_value_stands_beside_its_own_mark() {
    let mut report = sample::report();
    report.run.images = Images::Radiographs;
    let overview = report.render().unwrap().figures.overview;
    let drawing = roxmltree::Document::parse(&overview.svg).unwrap();
    let number =
        |node: roxmltree::Node<'_, '_>, name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
    let marks: Vec<(f64, f64)> = drawing
        .descendants()
        .filter(|node| node.has_tag_name((SVG, "circle")))
        .map(|node| (number(node, "cx"), number(node, "cy")))
        .collect();
    assert_eq!(marks.len(), 5);
    for (network, (x, y)) in report.networks.iter().zip(marks) {
        let accuracy = network.evaluation.confusion.accuracy().unwrap();
        let words = format!("{:.0} (", 100.0 * accuracy);
        let beside = drawing.descendants().filter(|node| node.has_tag_name((SVG, "text"))).find(|node| {
            let on_line = (number(*node, "y") - y).abs() < 30.0;
            on_line && node.text().unwrap_or_default().trim().starts_with(&words)
        });
        let beside = beside.unwrap_or_else(|| panic!("{}: {words} is not at its mark", network.name));
        assert!((number(beside, "x") - x).abs() < 600.0, "{}", network.name);
    }
}

#[test]
fn curves_that_crowd_in_the_corner_are_drawn_there_again() {
    let ticks = |gap: f64| {
        let report = with_gap(gap);
        let rendered = report.render().unwrap();
        let texts = texts(rendered.figures.networks[0].roc.as_ref().unwrap());
        texts.iter().filter(|text| ["0.1", "0.9"].contains(&text.as_str())).count()
    };
    // The axes of the whole plot count in fifths.
    // With a gap of 1.4 the curves enter the corner, in less than half of its width.
    assert_eq!((ticks(0.4), ticks(1.4), ticks(3.5)), (0, 0, 2));
}

#[test]
fn training_curves_of_all_networks_have_one_scale() {
    let mut report = sample::report();
    for epoch in report.networks[2].trainings.iter_mut().flat_map(|training| &mut training.epochs) {
        epoch.training.loss *= 3.0;
    }
    let rendered = report.render().unwrap();
    let scale = |figure: &Option<Figure>| -> Vec<String> {
        let texts = texts(figure.as_ref().unwrap());
        texts.into_iter().filter(|text| text.parse::<f64>().is_ok()).collect()
    };
    let scales: Vec<Vec<String>> = rendered.figures.networks.iter().map(|of| scale(&of.loss)).collect();
    assert!(scales[0].len() > 8, "{scales:?}");
    assert!(scales.iter().all(|of| *of == scales[0]), "{scales:?}");
    assert!(scales[0].iter().any(|tick| tick.parse::<f64>().unwrap() == 3.0), "{:?}", scales[0]);
}

fn words(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Net benefit at 0.5, counted by hand: hits less false alarms, a person.
#[test]
fn net_benefit_on_the_page_is_that_of_the_predictions() {
    let report = with_gap(1.5);
    let predictions = &report.networks[0].predictions;
    let page = Html::parse_document(&report.render().unwrap().html);
    let table = page
        .select(&Selector::parse("#calibration table").unwrap())
        .find(|table| words(*table).starts_with("Decision curves as a table"))
        .unwrap();
    let rows: Vec<Vec<String>> = table
        .select(&Selector::parse("tbody tr").unwrap())
        .map(|row| row.select(&Selector::parse("th, td").unwrap()).map(words).collect())
        .collect();
    assert_eq!(rows.len(), 3 * 9);
    for class in predictions.classes().iter() {
        let probabilities = predictions.probabilities().of(&class).unwrap();
        let benefit: f64 = (0..predictions.len())
            .filter(|&sample| probabilities[sample] >= 0.5)
            .map(|sample| if predictions.truth(sample) == class { 1.0 } else { -1.0 })
            .sum();
        let row = rows.iter().find(|row| row[0] == class.name() && row[1] == "0.5").unwrap();
        let expected = format!("{:.3} ", benefit / predictions.len() as f64);
        assert!(row[2].starts_with(&expected), "{row:?} is not {expected}");
    }
}

#[test]
fn cells_are_named_and_shares_of_evidence_stand_beside_an_even_map() {
    let page = Html::parse_document(&sample::report().render().unwrap().html);
    let select = |selector: &str| page.select(&Selector::parse(selector).unwrap()).count();
    assert_eq!(select("tbody td"), select("tbody td[data-name][role=cell]"));
    assert_eq!(select("table"), select("table[role=table]"));
    let caption = page.select(&Selector::parse("#explanations figcaption").unwrap()).next().unwrap();
    let expected =
        "Evidence in the outer border: 10 % (an even map: 36 %); outside the body: 4 % (an even map: 21 %).";
    assert!(words(caption).ends_with(expected), "{}", words(caption));
}
