//! Tests that the page shows the numbers of its input and all required notices.

use radiograph_metrics::{Average, BinaryCalibration, Evaluation, Metric, MetricEstimate, Score, Undefined};
use radiograph_report::{Ending, Error, Images, Labels, LeakVerdict, Report, Role, WeightsOrigin};
use scraper::{ElementRef, Html, Selector};

use crate::sample;

/// The text of the first element that a selector finds.
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
fn calibration_of_each_class_is_that_of_the_predictions() {
    let report = sample::report();
    let name = report.best.as_ref().map_or(&report.networks[0].name, |best| &best.network);
    let network = report.networks.iter().find(|network| network.name == *name).unwrap();
    let table = rows(&page(&report), &format!("{name}: calibration of each class"));
    let scaled = network.scaled.as_ref().map(|scaled| scaled.temperature.apply(&network.predictions));
    let mut expected = Vec::new();
    for predictions in std::iter::once(&network.predictions).chain(&scaled) {
        for class in predictions.classes().iter() {
            let scores = predictions.one_vs_rest(&class).unwrap();
            let of = BinaryCalibration::of(&scores, predictions.clusters(), &network.evaluation.bootstrap);
            let slope = of.unwrap().recalibration.slope;
            expected.push((class.name().to_owned(), slope));
        }
    }
    assert!(table.len() >= 3);
    assert_eq!(table.len(), expected.len());
    for (row, (class, slope)) in table.iter().zip(expected) {
        let interval = slope.interval.unwrap();
        let cell = format!("{:.2} {:.2} to {:.2}", slope.score.unwrap(), interval.low, interval.high);
        assert_eq!((row.len(), &row[0], &row[3]), (6, &class, &cell));
    }
}

#[test]
fn scores_on_the_page_are_those_of_the_evaluation() {
    let report = sample::report();
    let page = page(&report);
    let table = rows(&page, "Networks on the test images");
    assert_eq!(table.len(), 5 + 2);
    // Below the networks: what needs no image.
    let confusion = &report.networks[0].evaluation.confusion;
    let (most, all) = confusion.rows().into_iter().fold((0, 0), |(most, all), row| {
        let images: u64 = row.iter().sum();
        (images.max(most), all + images)
    });
    // One of sixty images is 1.7 %: no decimals.
    let share = format!("{:.0}", 100.0 * most as f64 / all as f64);
    assert!(table[5][0].starts_with("no image: the most frequent class"), "{:?}", table[5]);
    assert_eq!(table[5][1], share);
    assert!(table[6][0].starts_with("no image: the most frequent class of the source"), "{:?}", table[6]);
    for (row, network) in table.iter().zip(&report.networks) {
        assert_eq!(row[0], network.name);
        let expected = |metric: Metric| {
            let estimate = network.evaluation.estimate(&metric).unwrap();
            let interval = estimate.interval.unwrap();
            let (value, low, high) = (estimate.score.unwrap(), interval.low, interval.high);
            match metric {
                Metric::Accuracy => format!("{:.0} {:.0} to {:.0}", 100.0 * value, 100.0 * low, 100.0 * high),
                _ => format!("{value:.2} {low:.2} to {high:.2}"),
            }
        };
        assert_eq!(row[1], expected(Metric::Accuracy));
        // An AUC has more decimals near 1.
        let numbers =
            |text: &str| -> Vec<f64> { text.split(' ').filter_map(|word| word.parse().ok()).collect() };
        let (shown, exact) = (numbers(&row[3]), numbers(&expected(Metric::AveragedAuc(Average::Macro))));
        assert_eq!((shown.len(), exact.len()), (3, 3), "{}", row[3]);
        assert!(shown.iter().zip(exact).all(|(shown, exact)| (shown - exact).abs() < 0.0051), "{}", row[3]);
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
    let area = leading.evaluation.estimate(&Metric::AveragedAuc(Average::Macro)).unwrap();
    let (value, interval) = (area.score.unwrap(), area.interval.unwrap());
    // An AUC is no share of anything, so it is not in percent.
    let area = format!("macro AUC {value:.2} ({:.2} to {:.2})", interval.low, interval.high);
    for part in [
        "VGG19-RNN, DenseNet121-RNN, InceptionV3-RNN, Inception-ResNetV2-RNN and VGG19",
        "random, seed 11",
        "300 phantoms in 3 classes from 4 sources; 503 were found",
        "240 train (5 folds), 60 test",
        "Kept together by patient and same picture",
        &format!("{:.0} %", 100.0 * accuracy),
        &format!("DenseNet121-RNN, {area}"),
        "Chosen by mean validation macro AUC over folds",
        "nothing here says how it does elsewhere",
    ] {
        assert!(glance.contains(part), "{part:?} is not in {glance:?}");
    }
}

/// The leading network of the sample and, as its linear probe, the last one.
fn with_probe() -> Report {
    let mut report = sample::report();
    report.networks[4].role = Role::LinearProbe;
    report.networks[4].architecture = report.networks[1].architecture.clone();
    report
}

#[test]
fn the_first_screen_compares_with_the_linear_probe() {
    let report = with_probe();
    let probe = &report.networks[4];
    let accuracy = 100.0 * probe.evaluation.confusion.accuracy().unwrap();
    let glance = text(&page(&report), "dl.glance");
    let line = format!("A linear probe on the same features, {}: accuracy {accuracy:.0} %", probe.name);
    assert!(glance.contains(&line), "{glance}");
    let of_both: Vec<String> = report
        .comparisons
        .iter()
        .filter(|comparison| comparison.first == report.networks[1].name && comparison.second == probe.name)
        .map(radiograph_metrics::Comparison::statement)
        .collect();
    assert!(!of_both.is_empty() && of_both.iter().all(|statement| glance.contains(statement)), "{glance}");
    assert!(!text(&page(&sample::report()), "dl.glance").contains("linear probe"));
}

#[test]
fn a_model_that_has_not_converged_is_marked_and_loses_no_comparison() {
    let mut report = with_probe();
    let probe = report.networks[4].name.clone();
    let better = format!("is better than {probe} in");
    for comparison in report.comparisons.iter_mut().filter(|comparison| comparison.second == probe) {
        comparison.adjusted_p_value = Some(0.01);
    }
    let before = page(&report);
    assert!(text(&before, "#results").contains(&better) && text(&before, "dl.glance").contains(&better));
    assert!(!text(&before, "main").to_lowercase().contains("not converged"));

    let reason = "its best epoch, 10, is the last one allowed".to_owned();
    report.networks[4].ending = Some(Ending { converged: false, reason });
    let page = page(&report);
    let alarm = text(&page, ".alarm");
    let expected = format!("Not trained to the end: {probe} (its best epoch, 10, is the last one allowed).");
    assert!(alarm.contains(&expected), "{alarm}");
    for place in ["dl.glance", "#results"] {
        let text = text(&page, place);
        assert!(text.contains("no verdict on ") && !text.contains(&better), "{place}: {text}");
    }
    assert!(text(&page, "dl.glance").contains(&format!("{probe} (not converged)")));
    assert_eq!(rows(&page, "Networks on the test images")[4][0], format!("{probe} not converged"));
    assert!(text(&page, "#training").contains("Not converged: its best epoch, 10, is the last one allowed."));
}

#[test]
fn ensembles_that_have_not_converged_are_named_once_and_without_their_members() {
    let mut report = sample::report();
    let ending = |reason: &str| Some(Ending { converged: false, reason: reason.to_owned() });
    report.networks[0].ending = ending("its best epoch, 10, is the last one allowed");
    for place in [2, 3] {
        report.networks[place].role = Role::Ensemble;
        report.networks[place].ending = ending("not converged among its members: and so on");
    }
    let names: Vec<&str> = report.networks.iter().map(|network| network.name.as_str()).collect();
    let expected = format!(
        "Not trained to the end: {} (its best epoch, 10, is the last one allowed); the ensembles of such models, {} and {}. More",
        names[0], names[2], names[3]
    );
    let alarm = text(&page(&report), ".alarm");
    assert!(alarm.contains(&expected), "{alarm}");
}

/// "Not distinguishable" is a verdict too.
#[test]
fn a_model_that_has_not_converged_is_not_called_alike_either() {
    let mut report = sample::report();
    let alike = "Not distinguishable in some score from";
    assert!(text(&page(&report), "dl.glance").contains(alike));
    let reason = "its best epoch, 10, is the last one allowed".to_owned();
    let leading = report.best.as_ref().unwrap().network.clone();
    let leading = report.networks.iter_mut().find(|network| network.name == leading).unwrap();
    leading.ending = Some(Ending { converged: false, reason });
    assert!(!text(&page(&report), "dl.glance").contains(alike));
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
    certificate.verdict = LeakVerdict::Leaks { to_test: true, between_folds: false, doubts: Vec::new() };
    certificate.checks[1].found = 13;
    let alarm = text(&self::page(&report), ".alarm");
    assert!(alarm.contains("test images of which training holds a copy: 13"), "{alarm}");
}

/// The verdicts on training/test and on folds are separate, and no list is empty.
#[test]
fn leaks_between_folds_are_not_called_leaks_of_test_images() {
    let shown = |verdict: LeakVerdict, found: u64| {
        let mut report = sample::report();
        let certificate = report.data.certificate.as_mut().unwrap();
        certificate.sentence = "What was found, in a sentence.".to_owned();
        certificate.verdict = verdict;
        certificate.checks[1].found = found;
        let page = page(&report);
        [".alarm", "dl.glance", "#data"].map(|part| text(&page, part))
    };
    let leaks = |to_test, between_folds| LeakVerdict::Leaks { to_test, between_folds, doubts: Vec::new() };
    let [alarm, glance, data] = shown(leaks(false, true), 0);
    assert!(alarm.contains("Validation scores are too good; test scores are not."), "{alarm}");
    assert!(glance.contains("Folds leak into one another"), "{glance}");
    assert!(data.contains("in a sentence. Validation scores are too good."), "{data}");
    for part in [&alarm, &glance, &data] {
        assert!(!part.contains("()") && !part.contains("est scores are too good"), "{part}");
        assert!(!part.contains("Test images leak") && !part.contains("relatives in training"), "{part}");
    }
    let [alarm, glance, data] = shown(leaks(true, false), 13);
    assert!(alarm.contains("Test scores are too good") && !alarm.contains("Validation"), "{alarm}");
    assert!(glance.contains("Test images have relatives in training"), "{glance}");
    assert!(data.contains("Test scores are too good") && !data.contains("Validation scores"), "{data}");
    let [alarm, ..] = shown(leaks(true, false), 0);
    assert!(alarm.contains("leak into training. Test") && !alarm.contains("()"), "{alarm}");
    let [alarm, ..] = shown(leaks(true, true), 2);
    assert!(alarm.contains("Validation scores are too good.") && alarm.contains("copy: 2"), "{alarm}");
    // What could not be looked at is a doubt on the first screen, and no alarm.
    let [alarm, glance, data] =
        shown(LeakVerdict::Inconclusive { doubts: vec!["3 images that were not decoded".to_owned()] }, 0);
    assert!(!alarm.contains("leak"), "{alarm}");
    assert!(glance.contains("What was found, in a sentence."), "{glance}");
    assert!(data.contains("What was found, in a sentence.") && !data.contains("too good"), "{data}");
}

/// All doubts are on the first screen.
#[test]
fn every_doubt_is_shown() {
    let mut report = sample::report();
    for count in &mut report.data.counts {
        count.source = format!("{} of {}", if count.class == "covid" { "one" } else { "another" }, 2);
    }
    report.data.certificate = None;
    report.best.as_mut().unwrap().on_test = true;
    report.comparisons.truncate(1);
    let network = &mut report.networks[1];
    network.evaluation.of_unknown_patient = 7;
    let glance = text(&page(&report), "dl.glance");
    for doubt in [
        "For 3 of 3 classes, (almost) all images come from one source",
        "Nobody looked for copies of test images",
        "chosen on the test images",
        "nothing here says how it does elsewhere",
        "The patient of 7 test images is not known",
    ] {
        assert!(glance.contains(doubt), "{doubt:?} is not in {glance:?}");
    }
    assert!(!glance.contains("Sources were not recorded"));
    report.data.counts.clear();
    let glance = text(&page(&report), "dl.glance");
    assert!(glance.contains("Sources were not recorded") && !glance.contains("was trained on"), "{glance}");
}

/// A source without images does not count: all images come from one source.
#[test]
fn a_source_of_no_images_is_no_second_source() {
    let mut report = sample::report();
    for count in &mut report.data.counts {
        count.source = "cohen".to_owned();
    }
    let empty = radiograph_report::ClassOfSource {
        class: "covid".to_owned(),
        source: "nobody".to_owned(),
        training: 0,
        test: 0,
    };
    report.data.counts.push(empty);
    assert!(!text(&page(&report), "dl.glance").contains("(almost) all images come from one source"));
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
    // Four networks with their recurrent layer, and four without, of which this run has one.
    assert_eq!(fourth.len(), 8);
    let row = |name: &str| fourth.iter().find(|row| row[0] == name).unwrap();
    assert!(row("VGG19, with its recurrent layer")[1].ends_with("paper 99.86"));
    let plain = row("VGG19, plain");
    assert!(plain[2].ends_with("paper 99.51") && !plain[2].starts_with("not in this run"));
    let plain = row("Inception-ResNetV2, plain");
    assert!(plain[3].starts_with("not in this run") && plain[3].ends_with("paper 98.06"));
    assert!(plain[6].contains("wrong"), "{}", plain[6]);
    assert!(covid[6].contains("the columns precision and recall are exchanged"), "{}", covid[6]);
    let last = rows(&page, "Section 4.1");
    assert_eq!(last.len(), 2);
    let folds: Vec<f64> = report.networks[0].trainings[..5]
        .iter()
        .map(|fold| fold.epochs.last().unwrap().validation.unwrap().accuracy)
        .collect();
    let mean = 100.0 * folds.iter().sum::<f64>() / 5.0;
    assert_eq!(last[0][2], format!("{mean:.1} paper 97.74"));
    let layers = rows(&page, "Table 2: layers of VGG19-RNN");
    // A layer that the paper does not have, between others, moves no pair.
    let beside: Vec<&str> = layers.iter().map(|row| row[4].as_str()).collect();
    let same = "the same";
    let (second, output) = ("fc_2 (Dense): 4096 to 4096", "output (Dense): 4096 to 3");
    assert_eq!(beside, [same, same, same, "–", same, same, second, output]);
    let first = rows(&page, "Table 1");
    assert_eq!(first[0], ["VGG19", "19", "19", "143.7", "144.0", "20.0", "121.7"]);
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
    let clean = refused(&|report| report.data.certificate.as_mut().unwrap().checks[1].found = 1);
    assert!(
        clean.to_string().contains("but it found 1 test images of which training holds a copy"),
        "{clean}"
    );
    let huge = refused(&|report| report.data.flow.training = u64::MAX);
    assert!(huge.to_string().contains("more than 18446744073709551615"), "{huge}");
    let huge = refused(&|report| report.data.flow.left_out[0].images = u64::MAX);
    assert!(matches!(huge, Error::Contradiction { ref part, .. } if part == "the data flow"), "{huge}");
    let huge = refused(&|report| report.data.counts[0].test = u64::MAX);
    assert!(matches!(huge, Error::Contradiction { ref part, .. } if part.contains("sources")), "{huge}");
    let few = refused(&|report| report.bands.replicates = 3);
    assert!(matches!(few, Error::Setting { .. }));
}

/// A score that contradicts the confusion matrix beside it is refused.
#[test]
fn a_score_that_its_confusion_matrix_does_not_give_is_refused() {
    let edited = |change: &dyn Fn(&mut Evaluation)| {
        let mut report = sample::report();
        change(&mut report.networks[2].evaluation);
        report.render().map(|_| ())
    };
    let named = |scores: &mut Vec<MetricEstimate>, name: &str, value: Score| {
        scores.iter_mut().find(|score| score.metric.short_name() == name).unwrap().estimate.score = value;
    };
    let refused = [
        edited(&|evaluation| named(&mut evaluation.overall, "accuracy", Ok(0.99))),
        edited(&|evaluation| named(&mut evaluation.overall, "accuracy", Ok(f64::NAN))),
        edited(&|evaluation| named(&mut evaluation.overall, "accuracy", Err(Undefined::NoSample))),
        edited(&|evaluation| named(&mut evaluation.classes[1].scores, "recall", Ok(0.999))),
    ];
    for (refused, what) in
        refused.into_iter().zip(["accuracy", "accuracy", "accuracy", "recall of pneumonia"])
    {
        let message = refused.unwrap_err().to_string();
        assert!(message.contains(&format!("InceptionV3-RNN: its {what} is ")), "{message}");
    }
    // What nobody computed contradicts nothing.
    assert!(edited(&|evaluation| evaluation.overall.clear()).is_ok());
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
    assert!(
        text(&page, "dl.glance").contains("For 1 of 3 classes, (almost) all images come from one source")
    );
}
