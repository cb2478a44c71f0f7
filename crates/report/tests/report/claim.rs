//! Tests that every item of the CLAIM checklist, or its blank, is on the page and in `claim.md`, with the run's own values.

use radiograph_metrics::{Average, Metric};
use radiograph_report::{Report, Role};
use scraper::{Html, Selector};

use crate::sample;

/// Item, state, what the run says, and what the authors must state, of every row on the page.
fn items(report: &Report) -> Vec<[String; 4]> {
    let page = Html::parse_document(&report.render().unwrap().html);
    let words = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cells = Selector::parse("th, td").unwrap();
    page.select(&Selector::parse("#claim tbody tr").unwrap())
        .map(|row| {
            let cells: Vec<String> =
                row.select(&cells).map(|cell| words(cell.text().collect::<String>())).collect();
            cells.try_into().unwrap()
        })
        .collect()
}

/// The numbers, and the subjects of some, as the checklist of the journal has them (Radiology: Artificial Intelligence 6(4),
/// e240300, read at RSNA's companion site).
#[test]
fn every_item_or_its_blank_is_found() {
    let report = sample::report();
    let items = items(&report);
    assert_eq!(items.len(), 44);
    for ((number, [item, state, said, blank]), row) in (1..).zip(&items).zip(&items) {
        assert!(item.starts_with(&format!("{number}. ")), "{item}");
        let expected = match (said != "–", blank != "–") {
            (true, false) => "filled",
            (true, true) => "in part",
            (false, true) => "blank",
            (false, false) => "not applicable",
        };
        assert_eq!(state, expected, "{row:?}");
    }
    let subject =
        |number: usize, word: &str| assert!(items[number - 1][0].contains(word), "{}", items[number - 1][0]);
    for (number, word) in [
        (1, "Title"),
        (7, "sources"),
        (11, "de-identification"),
        (13, "acquisition"),
        (20, "disjoint"),
        (21, "sample size"),
        (23, "software"),
        (27, "ensembles"),
        (33, "external"),
        (34, "registration"),
        (36, "demographic"),
        (39, "errors"),
        (44, "funding"),
    ] {
        subject(number, word);
    }
    // What no program knows is blank, whatever the run.
    for number in [3, 4, 5, 6, 15, 16, 18, 34, 41, 44] {
        assert_eq!(items[number - 1][1], "blank", "{number}");
    }
}

#[test]
fn items_have_the_values_of_the_run_and_the_verdict_of_the_audit() {
    let report = sample::report();
    let items = items(&report);
    let said = |number: usize| &items[number - 1][2];
    assert!(said(9).contains("Side of the square input: 224"), "{}", said(9));
    assert!(said(25).contains("Maximum number of epochs: 30"), "{}", said(25));
    assert!(said(30).contains(&report.audit.as_ref().unwrap().sentence), "{}", said(30));
    assert!(said(40).contains("The audit found a shortcut."), "{}", said(40));
    assert!(
        said(35).contains("503 images found; left out: 81 excluded (computed tomography"),
        "{}",
        said(35)
    );
    assert!(said(31).contains("where an even map would have 36 %"), "{}", said(31));
    for network in &report.networks {
        let area = network.evaluation.estimate(&Metric::AveragedAuc(Average::Macro)).unwrap();
        let shown =
            said(37).split("; ").find(|words| words.starts_with(&format!("{}: accuracy ", network.name)));
        let shown =
            shown.and_then(|words| words.split("macro AUC ").nth(1)?.split(' ').next()?.parse::<f64>().ok());
        assert!((shown.unwrap() - area.score.unwrap()).abs() < 0.0051, "{}", said(37));
    }
    // One model answers, so there is no ensemble to describe; an ensemble is described.
    assert_eq!(items[26][1], "not applicable");
    let mut ensemble = report;
    ensemble.run.settings[4].value = "{ weighted-folds = [0.5, 0.5] }".to_owned();
    assert!(self::items(&ensemble)[26][2].contains("[0.5, 0.5]"));
}

#[test]
fn what_a_run_does_not_record_becomes_a_blank() {
    let mut report = sample::report();
    report.run.settings.clear();
    report.run.versions.clear();
    report.audit = None;
    report.data.certificate = None;
    let items = items(&report);
    for number in [8, 9, 10, 11, 23, 25, 27, 30] {
        assert_eq!(items[number - 1][1], "blank", "{number}");
    }
    assert_eq!(items[19][3], "Whether images of one patient are in two parts: it was not looked at.");
}

#[test]
fn the_markdown_has_the_same_rows_and_no_text_becomes_markup() {
    let mut report = sample::report();
    report.data.grouped_by = "a | b <script>\n[x](y) `z`".to_owned();
    let markdown = report.render().unwrap().claim;
    let rows: Vec<&str> = markdown.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert_eq!(rows.len(), 44);
    for (number, row) in (1..).zip(&rows) {
        assert!(row.starts_with(&format!("| {number} | ")), "{row}");
        let bars = row.matches('|').count() - row.matches("\\|").count();
        assert_eq!(bars, 6, "{row}");
    }
    assert!(rows[19].contains("a \\| b &lt;script&gt; \\[x\\](y) \\`z\\`"), "{}", rows[19]);
    assert!(rows[19].contains("([data](report.html#data))"), "{}", rows[19]);
}

#[test]
fn a_mean_of_models_is_told_as_an_ensemble() {
    let mut report = sample::report();
    assert_eq!(items(&report)[26][2], "–");
    report.networks[4].role = Role::Ensemble;
    report.networks[4].head = "mean of the probabilities of vgg19, vgg19-seed-2".to_owned();
    let said = &items(&report)[26][2];
    assert!(said.contains("VGG19: mean of the probabilities of vgg19, vgg19-seed-2."), "{said}");
}
