//! The audit on the page: the verdict comes before any score, and every number of the table is one of the audit.

use radiograph_audit::{External, Verdict};
use radiograph_metrics::{Average, Bootstrap, Evaluation, Metric, Predictions, Unpaired};
use scraper::{Html, Selector};

use crate::sample;

fn text(page: &Html, selector: &str) -> String {
    let selector = Selector::parse(selector).unwrap();
    let found = page.select(&selector).flat_map(|element| element.text());
    found.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_verdict_is_on_the_first_screen_before_any_score() {
    let report = sample::report();
    let html = report.render().unwrap().html;
    let (verdict, score) = (html.find("Is the score about lungs?"), html.find("figure-of-merit\">"));
    assert!(verdict.unwrap() < score.unwrap());
    let page = Html::parse_document(&html);
    let shown = text(&page, "section.audit");
    let audit = report.audit.as_ref().unwrap();
    assert!(shown.contains(&audit.sentence), "{shown}");
    assert_eq!(audit.probes.len(), 6);
    for probe in &audit.probes {
        // The verdict is a word, not only a colour.
        assert!(shown.contains(&format!("{} {}", probe.verdict, probe.probe)), "{shown}");
    }
    let found = audit.probes.iter().filter(|of| of.verdict == Verdict::Found).count();
    assert_eq!(page.select(&Selector::parse("li.light.found").unwrap()).count(), found);
    assert!(text(&page, "dl.glance").contains("The audit found a shortcut."));
}

#[test]
fn the_table_has_every_measurement_and_the_model() {
    let report = sample::report();
    let page = Html::parse_document(&report.render().unwrap().html);
    let audit = report.audit.as_ref().unwrap();
    let rows: usize = audit.probes.iter().map(|probe| probe.rows.len()).sum();
    // The first table; sources that are left out and subgroups have their own.
    let probes = page.select(&Selector::parse("#lungs table").unwrap()).next().unwrap();
    assert_eq!(probes.select(&Selector::parse("tbody tr").unwrap()).count(), rows + 1);
    let table = text(&page, "#lungs tbody");
    for probe in &audit.probes {
        for row in &probe.rows {
            match (&row.measurement, &row.unanswered) {
                (Some(of), _) => assert!(table.contains(&format!("{:.2}", of.auc.score.unwrap())), "{table}"),
                (None, Some(reason)) => assert!(table.contains(&format!("cannot tell: {reason}")), "{table}"),
                (None, None) => panic!("a row says nothing"),
            }
        }
    }
    let model = audit.model.as_ref().unwrap();
    assert!(table.contains(&format!("{}the model{:.2}", model.name, model.auc.score.unwrap())), "{table}");
    assert!(text(&page, "#lungs figure desc").contains("border"));
}

#[test]
fn what_is_left_without_lungs_and_where_evidence_lies_is_on_the_page() {
    let report = sample::report();
    let page = Html::parse_document(&report.render().unwrap().html);
    let lungs = text(&page, "#lungs");
    let audit = report.audit.as_ref().unwrap();
    let unchanged = audit.through_model.as_ref().unwrap().unchanged.score.unwrap();
    assert!(lungs.contains(&format!("lungs removed30 %{unchanged:.2}")), "{lungs}");
    assert!(lungs.contains("in the borderthe model760.500.360.14"), "{lungs}");
    assert!(lungs.contains("The lungs of 66 films are estimated"), "{lungs}");
    assert!(text(&page, "section.audit").contains("With the lungs painted over"), "{lungs}");
}

/// Two sets that share no image: at home all four images are right, elsewhere two of four.
#[test]
fn an_external_test_stands_beside_home_with_every_difference() {
    let home = "label,p_a,p_b\na,0.9,0.1\na,0.8,0.2\nb,0.3,0.7\nb,0.1,0.9\n";
    let away = "label,p_a,p_b\na,0.4,0.6\na,0.8,0.2\nb,0.6,0.4\nb,0.1,0.9\n";
    let [home, away] = [home, away].map(|text| {
        let predictions = Predictions::read_csv(text.as_bytes(), None).unwrap();
        Evaluation::of(&predictions, &Bootstrap::new(100, 7).unwrap()).unwrap()
    });
    let macro_auc = Metric::AveragedAuc(Average::Macro);
    let differences = Unpaired::of(&home, &away, &[Metric::Accuracy, macro_auc.clone()]);
    assert_eq!(differences.len(), 2);
    let auc = |of: &Evaluation| of.estimate(&macro_auc).unwrap().clone();
    let external =
        External::new("vgg19".to_owned(), vec!["elsewhere".to_owned()], (4, 4), auc(&away), auc(&home));
    let mut report = sample::report();
    let audit = report.audit.as_mut().unwrap();
    audit.external = vec![external.with_differences(differences, Vec::new(), 1)];
    let rendered = report.render().unwrap();
    let page = Html::parse_document(&rendered.html);
    let lungs = text(&page, "#lungs");
    assert!(lungs.contains("vgg19 at home and elsewhere: elsewhere"), "{lungs}");
    // Accuracy 1 and 1/2; AUC 1 and 3/4. Percent of four images have no decimals.
    for cells in ["accuracy100", "50", "1 of the 4 images are in the test part at home too"] {
        assert!(lungs.contains(cells), "{cells}: {lungs}");
    }
    let row = text(&page, "#lungs tbody");
    assert!(row.contains("elsewhere external test of vgg19all40.75"), "{row}");
    let claim = rendered.claim;
    assert!(claim.contains("vgg19 on 4 images of 4 clusters (elsewhere) 0.75, at home 1.00"), "{claim}");
}

#[test]
fn a_report_without_an_audit_says_so() {
    let mut report = sample::report();
    report.audit = None;
    let rendered = report.render().unwrap();
    assert!(rendered.figures.audit.is_none() && rendered.figures.ablations.is_none());
    let page = Html::parse_document(&rendered.html);
    assert!(text(&page, "section.audit").is_empty());
    assert!(text(&page, "#lungs").contains("No audit was made"));
    assert!(text(&page, "dl.glance").contains("Nobody asked whether the classes can be told"));
}
