//! The numbers of the page are those of the input, and what must be said is said.

use radiograph_metrics::{Average, Metric};
use radiograph_report::{Error, Images, Labels, Report, WeightsOrigin};
use scraper::{ElementRef, Html, Selector};

use crate::sample;

/// The text of what a selector finds first.
fn text(page: &Html, selector: &str) -> String {
    let found = page.select(&Selector::parse(selector).unwrap()).next();
    words(found.unwrap_or_else(|| panic!("no {selector}")))
}

/// Text with single spaces.
fn words(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
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
    table
        .select(&Selector::parse("tbody tr").unwrap())
        .map(|row| row.select(&Selector::parse("th, td").unwrap()).map(words).collect())
        .collect()
}

fn page(report: &Report) -> Html {
    Html::parse_document(&report.render().unwrap().html)
}

#[test]
fn scores_on_the_page_are_those_of_the_evaluation() {
    let report = sample::report();
    let page = page(&report);
    let table = rows(&page, "Networks on the test images");
    assert_eq!(table.len(), 5);
    for (row, network) in table.iter().zip(&report.networks) {
        assert_eq!(row[0], network.name);
        let expected = |metric: Metric| {
            let name = metric.to_string();
            let estimate =
                &network.evaluation.overall.iter().find(|score| score.name == name).unwrap().estimate;
            let interval = estimate.interval.unwrap();
            let (value, low, high) = (estimate.score.unwrap(), interval.low, interval.high);
            format!("{:.2} {:.2} to {:.2}", 100.0 * value, 100.0 * low, 100.0 * high)
        };
        assert_eq!(row[1], expected(Metric::Accuracy));
        assert_eq!(row[3], expected(Metric::AveragedAuc(Average::Macro)));
    }
    // Counts of the matrix, cell by cell.
    for network in &report.networks {
        let table = rows(&page, &format!("{}: the same as a table", network.name));
        for (row, counts) in table.iter().zip(network.evaluation.confusion.rows()) {
            let cells: Vec<String> = counts.iter().map(ToString::to_string).collect();
            assert_eq!(row[1..], cells);
        }
    }
    for comparison in &report.comparisons {
        assert!(text(&page, "#results").contains(&comparison.statement()));
    }
}

#[test]
fn the_first_screen_answers_what_on_what_how_well_and_with_what_doubt() {
    let report = sample::report();
    let page = page(&report);
    let glance = text(&page, "dl.glance");
    let leading = &report.networks[1];
    let accuracy = leading.evaluation.confusion.accuracy().unwrap();
    for part in [
        "VGG19-RNN, DenseNet121-RNN, InceptionV3-RNN, Inception-ResNetV2-RNN and VGG19",
        "random, seed 11",
        "300 phantoms in 3 classes from 4 sources; 503 were found",
        "240 train (5 folds), 60 test",
        "Kept together by patient and same picture",
        &format!("{:.1} %", 100.0 * accuracy),
        "DenseNet121-RNN, macro AUC",
        "Chosen by mean validation macro AUC over folds",
        "nothing here says how it does elsewhere",
    ] {
        assert!(glance.contains(part), "{part:?} is not in {glance:?}");
    }
}

#[test]
fn phantoms_random_weights_and_permuted_labels_come_before_any_number() {
    let mut report = sample::report();
    report.run.labels = Labels::Permuted;
    report.networks[2].trainings[1].contaminated = true;
    let html = report.render().unwrap().html;
    let alarm = html.find("Read this first").unwrap();
    assert!(alarm < html.find("class=\"glance\"").unwrap());
    let page = Html::parse_document(&html);
    let alarm = text(&page, ".alarm");
    for part in [
        "The images are phantoms",
        "The labels were permuted at random",
        "Random convolutional weights in all networks",
        "Contaminated folds in InceptionV3-RNN",
        "Every number on this page is made up",
    ] {
        assert!(alarm.contains(part), "{part:?} is not in {alarm:?}");
    }
    // A run without any of these has nothing to shout.
    report.run.images = Images::Radiographs;
    report.run.labels = Labels::Given;
    report.run.cautions.clear();
    for network in &mut report.networks {
        let hash = radiograph_files::ContentHash::of_bytes(b"weights");
        network.weights = WeightsOrigin::Installed { name: "shared".to_owned(), note: String::new(), hash };
        network.trainings.iter_mut().for_each(|training| training.contaminated = false);
    }
    let html = report.render().unwrap().html;
    assert!(!html.contains("Read this first"));
    assert!(html.contains("Not a medical device"));
    // A leak is shouted again.
    let certificate = report.data.certificate.as_mut().unwrap();
    certificate.clean = false;
    certificate.checks[1].found = 13;
    let alarm = text(&self::page(&report), ".alarm");
    assert!(alarm.contains("test images of which training holds a copy: 13"), "{alarm}");
}

#[test]
fn the_papers_numbers_stand_as_printed_beside_those_of_the_run() {
    let report = sample::report();
    let page = page(&report);
    let third = rows(&page, "Table 3");
    assert_eq!(third.len(), 12, "four networks, three classes");
    // InceptionV3-RNN, COVID-19, from the paper's Table 3.
    let covid = third.iter().find(|row| row[0] == "InceptionV3-RNN, covid").unwrap();
    for (cell, printed) in covid[1..].iter().zip(["99.95", "98.56", "99.35", "96.44", "97.87"]) {
        assert!(cell.ends_with(&format!("paper {printed}")), "{cell}");
    }
    let fourth = rows(&page, "Table 4");
    assert_eq!(fourth.len(), 4);
    assert!(fourth[0][2].ends_with("paper 99.51") && !fourth[0][2].starts_with("not in this run"));
    assert!(fourth[3][3].starts_with("not in this run") && fourth[3][3].ends_with("paper 98.06"));
    let last = rows(&page, "Section 4.1");
    assert_eq!(last.len(), 2);
    let folds: Vec<f64> = report.networks[0].trainings[..5]
        .iter()
        .map(|fold| fold.epochs.last().unwrap().validation.unwrap().accuracy)
        .collect();
    let mean = 100.0 * folds.iter().sum::<f64>() / 5.0;
    assert_eq!(last[0][2], format!("{mean:.2} paper 97.74"));
    let layers = rows(&page, "Table 2: layers of VGG19-RNN");
    assert_eq!(layers[2][3], "the same");
    assert_eq!(layers[5][3], "fc_2 (Dense): 4096 to 4096");
    let section = text(&page, "#paper");
    assert!(
        section
            .contains("columns precision and recall are exchanged in 3 of 4 networks; in 1 the two cannot")
    );
    assert!(section.contains("exactly one confusion matrix is possible"));
    assert!(section.contains("Table 5: cited, not ranked"));
}

#[test]
fn the_data_flow_adds_up_or_is_refused() {
    let mut report = sample::report();
    let page = page(&report);
    let flow = rows(&page, "From what was found");
    let number = |row: &[String]| row[2].replace(['−', ','], "").parse::<u64>().unwrap();
    let found = number(&flow[0]);
    let left: u64 = flow[1..5].iter().map(|row| number(row)).sum();
    assert_eq!(found - left, number(&flow[5]));
    assert_eq!(number(&flow[5]), number(&flow[6]) + number(&flow[7]));
    report.data.flow.found += 1;
    assert!(matches!(report.render(), Err(Error::Contradiction { .. })));
}

#[test]
fn parts_that_contradict_one_another_are_refused() {
    let good = sample::report();
    let refused = |change: &dyn Fn(&mut Report)| {
        let mut report = good.clone();
        change(&mut report);
        report.render().unwrap_err()
    };
    let other = sample::network(2, 60);
    assert!(matches!(refused(&|report| report.networks.clear()), Error::NoNetwork));
    let contradiction = refused(&|report| report.networks[0].evaluation = other.evaluation.clone());
    assert!(
        matches!(contradiction, Error::Contradiction { ref part, .. } if part == "VGG19-RNN"),
        "{contradiction}"
    );
    let twice = refused(&|report| report.networks[1].name = "VGG19-RNN".to_owned());
    assert!(matches!(twice, Error::SameName { .. }));
    let unknown = refused(&|report| report.best.as_mut().unwrap().network = "ResNet".to_owned());
    assert!(matches!(unknown, Error::Contradiction { .. }));
    let counts = refused(&|report| report.data.counts[0].test += 1);
    assert!(matches!(counts, Error::Contradiction { .. }));
    let few = refused(&|report| report.bands.replicates = 3);
    assert!(matches!(few, Error::Setting { .. }));
}

#[test]
fn a_class_of_one_source_is_warned_of_and_a_mixed_one_is_not() {
    let mut report = sample::report();
    let only: Vec<usize> =
        (0..report.data.counts.len()).filter(|&at| report.data.counts[at].class == "covid").collect();
    for &at in &only {
        report.data.counts[at].source = "cohen".to_owned();
    }
    let page = page(&report);
    let section = text(&page, "#data");
    assert!(section.contains("covid: all images come from cohen"), "{section}");
    assert!(!section.contains("pneumonia: all images") && !section.contains("normal: all images"));
    assert!(text(&page, "dl.glance").contains("1 of 3 classes come (almost) from one source each"));
}
