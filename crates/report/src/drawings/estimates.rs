//! Figures of estimates with intervals: the accuracy of the networks, and the probes of the audit.

use radiograph_audit::Audit;
use radiograph_metrics::{Estimate, Metric};

use crate::{
    Error, Figure, Images, NetworkReport, Report,
    figure::{Beside, EstimateRow, EstimatesFigure},
    number::{Percent, number_ends},
    paper,
};

/// Accuracy of every network. Beside the accuracy of phantoms, the paper's has no meaning.
pub(super) fn overview(report: &Report) -> Result<Figure, Error> {
    let rows: Vec<EstimateRow> = report.networks.iter().map(|network| of_network(report, network)).collect();
    let words: Vec<String> = rows
        .iter()
        .map(|row| match &row.beside {
            Some(Beside::Value(_, label)) => format!("{} {}, {label}", row.name, row.text),
            _ => format!("{} {}", row.name, row.text),
        })
        .collect();
    let beside = rows.iter().any(|row| row.beside.is_some());
    let drawing = EstimatesFigure {
        rows,
        axis: "accuracy in %".to_owned(),
        begins_at_most: 0.9,
        marked: None,
        in_percent: true,
    };
    let title = "Accuracy on the test images with interval";
    let title =
        if beside { format!("{title}, and the accuracy that the paper prints") } else { title.to_owned() };
    Figure::new("overview-accuracy".to_owned(), title, format!("{}.", words.join("; ")), &drawing)
}

fn of_network(report: &Report, network: &NetworkReport) -> EstimateRow {
    let estimate = network.estimate(&Metric::Accuracy);
    let percent = Percent::of(network.predictions.len() as u64);
    let printed = paper::network(&network.architecture).and_then(|_| paper::accuracy(network));
    let printed = printed.filter(|_| report.run.images == Images::Radiographs);
    EstimateRow {
        name: network.name.clone(),
        detail: if network.is_unconverged() { "not converged".to_owned() } else { String::new() },
        value: estimate.and_then(|estimate| estimate.score.ok()),
        interval: estimate.and_then(ends),
        text: estimate.map_or_else(|| "not computed".to_owned(), |estimate| percent.estimate(estimate)),
        beside: printed.map(|printed| Beside::Value(printed / 100.0, format!("paper {printed:.2}"))),
        emphasised: false,
    }
}

/// The model and every deciding measurement of the probes.
pub(super) fn audit(audit: &Audit) -> Result<Figure, Error> {
    let mut rows: Vec<EstimateRow> = Vec::new();
    rows.extend(audit.model.as_ref().map(|model| EstimateRow {
        name: model.name.clone(),
        detail: "the model".to_owned(),
        value: model.auc.score.ok(),
        interval: ends(&model.auc),
        text: area(Some(&model.auc)),
        beside: None,
        emphasised: true,
    }));
    for probe in &audit.probes {
        // Shares beside the one that decides stand in the table.
        for row in probe.rows.iter().filter(|row| row.judgement.is_some() || row.unanswered.is_some()) {
            let measured = row.measurement.as_deref();
            rows.push(EstimateRow {
                name: probe.probe.to_string(),
                detail: row.of.clone(),
                value: measured.and_then(|of| of.auc.score.ok()),
                interval: measured.and_then(|of| ends(&of.auc)),
                text: area(measured.map(|of| &of.auc)),
                beside: measured.map(|of| Beside::Range(of.null.mean, of.null.upper)),
                emphasised: false,
            });
        }
    }
    let title = "AUC of each probe of the audit with its interval, beside permuted labels and the model";
    areas("audit", title, rows)
}

/// The model on unchanged test images, and after each change; none if no image was changed.
pub(super) fn ablations(audit: &Audit) -> Option<Result<Figure, Error>> {
    let (through, model) = (audit.through_model.as_ref()?, audit.model.as_ref()?);
    let row = |name: &str, detail: String, auc: &Estimate, emphasised| EstimateRow {
        name: name.to_owned(),
        detail,
        value: auc.score.ok(),
        interval: ends(auc),
        text: area(Some(auc)),
        beside: None,
        emphasised,
    };
    let mut rows = vec![row(&model.name, "unchanged".to_owned(), &through.unchanged, true)];
    rows.extend(through.ablations.iter().map(|of| {
        let detail = format!("{:.0} % removed", 100.0 * of.removed);
        row(of.ablation.name(), detail, &of.auc, false)
    }));
    Some(areas("ablations", "AUC of the model on changed test images with its interval", rows))
}

/// A figure of AUCs.
fn areas(name: &str, title: &str, rows: Vec<EstimateRow>) -> Result<Figure, Error> {
    let words: Vec<String> = rows
        .iter()
        .map(|row| {
            let name = format!("{} {}", row.name, row.detail);
            format!("{} {}", name.trim_end(), row.text)
        })
        .collect();
    let drawing = EstimatesFigure {
        rows,
        axis: "AUC; the dark line is chance".to_owned(),
        begins_at_most: 0.4,
        marked: Some(0.5),
        in_percent: false,
    };
    Figure::new(name.to_owned(), title.to_owned(), format!("{}.", words.join("; ")), &drawing)
}

fn area(estimate: Option<&Estimate>) -> String {
    match estimate.map(|estimate| (estimate.score, estimate.interval)) {
        Some((Ok(score), Ok(interval))) => format!("{score:.2} ({})", number_ends(&interval)),
        Some((Ok(score), Err(_))) => format!("{score:.2}"),
        _ => "cannot tell".to_owned(),
    }
}

fn ends(estimate: &Estimate) -> Option<(f64, f64)> {
    estimate.interval.ok().map(|interval| (interval.low, interval.high))
}
