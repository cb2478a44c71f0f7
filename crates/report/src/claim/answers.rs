//! What a report says to each item of the checklist.

use radiograph_metrics::{Average, Class, ClassScore, ConfusionMatrix, Metric};

use super::{Answer, Item, Statement};
use crate::{
    Labels, NetworkReport, Report, Role, WeightsOrigin,
    doubts::doubts,
    number::{Percent, area, count, counted, listed, number_ends},
};

/// The answer to one item.
pub(super) fn answer(report: &Report, item: &'static Item) -> Answer {
    let said = said(report, item.number);
    let not_applicable = match item.number {
        // A run of several folds that tests one model says so in its settings.
        27 => report.setting("training.tested_model").is_some() && said.is_empty(),
        31 => report.networks.iter().all(|network| network.panels.is_empty()),
        _ => false,
    };
    let blank = match item.number {
        20 if report.data.certificate.is_none() => {
            "Whether images of one patient are in two parts: it was not looked at."
        }
        10 | 27 if said.is_empty() && !not_applicable => "The run did not record it.",
        23 | 29 | 38 if said.is_empty() => "The run did not record it.",
        23 if report.run.versions.iter().all(|(name, _)| name != "libtorch") => {
            "Versions of libtorch, the operating system and drivers."
        }
        _ if not_applicable => "",
        _ => item.authors,
    };
    Answer { item, said, blank, not_applicable }
}

fn said(report: &Report, number: u8) -> Vec<Statement> {
    let leading = report.leading();
    match number {
        1 => {
            one(format!("Transfer learning: a frozen convolutional network and {}.", leading.head), "results")
        }
        2 => one("The first screen has data, parts, scores with intervals, and doubts.".to_owned(), ""),
        7 => sources(report),
        8 => settings(report, &["data.views", "data.ages", "data.licences", "data.classes"], "data"),
        9 => settings(report, &["input."], "record"),
        10 => selection(report),
        11 => settings(report, &["data.identifiers"], "record"),
        12 => missing(report),
        13 => of_field(report, "view"),
        14 => one(labels(report), "data"),
        17 => {
            one("Test images have the labels of their sources, as training images have.".to_owned(), "data")
        }
        19 => partitions(report),
        20 => disjoint(report),
        21 => precision(leading),
        22 => model(report),
        23 => software(report),
        24 => weights(report),
        25 => settings(report, &["training."], "training"),
        26 => choice(report),
        27 => ensemble(report),
        28 => one(metrics(leading), "results"),
        29 => one(uncertainty(report), "results"),
        30 => robustness(report),
        31 => explanations(report),
        32 => internal(leading),
        33 => external(report),
        35 => flow(report),
        36 => characteristics(report),
        37 => performance(report),
        38 => diagnostic(leading),
        39 => errors(leading),
        40 => limitations(report),
        42 => one("The page has every setting of the run, and hashes of its files.".to_owned(), "record"),
        43 => one(
            "The run folder names every image by source and hash, and the weights by hash.".to_owned(),
            "record",
        ),
        _ => Vec::new(),
    }
}

fn one(text: String, place: &'static str) -> Vec<Statement> {
    vec![Statement { text, place }]
}

fn some(text: Option<String>, place: &'static str) -> Vec<Statement> {
    text.map_or_else(Vec::new, |text| one(text, place))
}

/// Settings whose keys begin so, each with its description.
fn settings(report: &Report, keys: &[&str], place: &'static str) -> Vec<Statement> {
    let wanted =
        report.run.settings.iter().filter(|setting| keys.iter().any(|key| setting.key.starts_with(key)));
    let words: Vec<String> =
        wanted.map(|setting| format!("{}: {}", setting.description, setting.value)).collect();
    if words.is_empty() { Vec::new() } else { one(format!("{}.", words.join("; ")), place) }
}

fn sources(report: &Report) -> Vec<Statement> {
    let names = report.data.source_names();
    if names.is_empty() {
        return Vec::new();
    }
    let of = |name: &&str| {
        let licence = report.data.sources.iter().find(|source| source.source == *name);
        let licence = licence.and_then(|source| source.licence.as_deref()).unwrap_or("licence not recorded");
        format!("{name} ({licence})")
    };
    let names: Vec<String> = names.iter().map(of).collect();
    one(format!("{}.", listed(names.iter().map(String::as_str))), "data")
}

fn selection(report: &Report) -> Vec<Statement> {
    let mut said =
        settings(report, &["input.fit", "data.one_per_picture", "data.max_per", "data.balance"], "data");
    if !said.is_empty() {
        said.extend(one(
            "No image and no part of one was chosen by hand within this program.".to_owned(),
            "",
        ));
    }
    said
}

fn missing(report: &Report) -> Vec<Statement> {
    let unknown = report.leading().evaluation.of_unknown_patient as u64;
    let patients = match unknown {
        0 => "The patient of every test image is known".to_owned(),
        unknown => format!("The patient of {} is not known", counted(unknown, "test image")),
    };
    one(
        format!(
            "Nothing is imputed: images without a value of a field are a group of their own. {patients}."
        ),
        "subgroups",
    )
}

/// Numbers of images by the values of one field.
fn of_field(report: &Report, field: &str) -> Vec<Statement> {
    let rows = report.data.characteristics.iter().filter(|row| row.field == field);
    let words: Vec<String> = rows
        .map(|row| {
            let value = row.value.as_deref().unwrap_or("unknown");
            format!("{value} {} in training and {} in test", count(row.training), count(row.test))
        })
        .collect();
    if words.is_empty() { Vec::new() } else { one(format!("{field}: {}.", words.join("; ")), "data") }
}

fn labels(report: &Report) -> String {
    match report.run.labels {
        Labels::Given => "Classes are those that the sources give.".to_owned(),
        Labels::Permuted => "Labels were permuted at random: this run is a control.".to_owned(),
    }
}

fn partitions(report: &Report) -> Vec<Statement> {
    let flow = &report.data.flow;
    let all = (flow.training + flow.test).max(1) as f64;
    let mut text = format!(
        "{} images train ({:.0} %) and {} test ({:.0} %)",
        count(flow.training),
        100.0 * flow.training as f64 / all,
        count(flow.test),
        100.0 * flow.test as f64 / all
    );
    if report.data.folds > 1 {
        text.push_str(&format!("; {} folds of the training images validate", report.data.folds));
    }
    let mut said = one(format!("{text}."), "data");
    said.extend(settings(report, &["data.split", "data.test_source"], "record"));
    if !report.data.warnings().is_empty() {
        said.extend(one("Classes and sources go together.".to_owned(), "data"));
    }
    said
}

fn disjoint(report: &Report) -> Vec<Statement> {
    let mut said = one(format!("Kept together by {}.", report.data.grouped_by), "data");
    if let Some(certificate) = &report.data.certificate {
        said.extend(one(certificate.sentence.clone(), "data"));
    }
    said
}

/// The precision that was reached.
fn precision(network: &NetworkReport) -> Vec<Statement> {
    let area = network.estimate(&Metric::AveragedAuc(Average::Macro));
    let interval = area.and_then(|area| area.interval.ok());
    let images = counted(network.predictions.len() as u64, "test image");
    let units = network.evaluation.units_in_words();
    let reached = interval.map_or_else(String::new, |interval| {
        format!(" With these, the interval of the macro AUC reaches from {}.", number_ends(&interval))
    });
    one(format!("{images} in {units}.{reached}"), "results")
}

fn model(report: &Report) -> Vec<Statement> {
    let of = |network: &NetworkReport| {
        let millions = |number: Option<u64>| {
            number.map_or_else(|| "unknown".to_owned(), |number| format!("{:.1}", number as f64 / 1e6))
        };
        format!(
            "{}: {} ({} million parameters, frozen), {} ({} million, trained)",
            network.name,
            network.architecture,
            millions(network.backbone_parameters),
            network.head,
            millions(network.head_parameters)
        )
    };
    let words: Vec<String> = report.networks.iter().map(of).collect();
    one(format!("{}.", words.join("; ")), "paper")
}

fn software(report: &Report) -> Vec<Statement> {
    let run = &report.run;
    if run.versions.is_empty() {
        return Vec::new();
    }
    let versions: Vec<String> =
        run.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let threads = run.threads.map_or_else(String::new, |threads| format!(", {threads} threads"));
    one(format!("{}; device {}{threads}.", versions.join(", "), run.device), "record")
}

fn weights(report: &Report) -> Vec<Statement> {
    let of = |network: &NetworkReport| match &network.weights {
        WeightsOrigin::Installed { name, note, .. } if note.is_empty() => {
            Some(format!("{}: {name}", network.name))
        }
        WeightsOrigin::Installed { name, note, .. } => Some(format!("{}: {name} ({note})", network.name)),
        WeightsOrigin::Random { seed } => Some(format!("{}: random from seed {seed}", network.name)),
        WeightsOrigin::Several(_) => None, // those of its members, which are named
    };
    let words: Vec<String> = report.networks.iter().filter_map(of).collect();
    one(
        format!(
            "Convolutional weights, frozen: {}. Heads begin at random from seed {}.",
            words.join("; "),
            report.run.seed
        ),
        "record",
    )
}

fn choice(report: &Report) -> Vec<Statement> {
    let text = report.best.as_ref().map(|best| {
        let part = if best.on_test {
            "on the test images, so its score is too good"
        } else {
            "without the test images"
        };
        format!("{} was chosen by {}, {part}.", best.network, best.chosen_by)
    });
    some(text, "results")
}

fn ensemble(report: &Report) -> Vec<Statement> {
    let weighted = report.setting("training.tested_model").filter(|value| value.contains("weighted-folds"));
    let means = report.networks.iter().filter(|network| network.role == Role::Ensemble);
    let means = means.map(|network| format!("{}: {}.", network.name, network.head));
    let all: Vec<String> = weighted
        .map(|value| format!("Mean of the folds' probabilities: {value}."))
        .into_iter()
        .chain(means)
        .collect();
    some((!all.is_empty()).then(|| all.join(" ")), "record")
}

fn metrics(network: &NetworkReport) -> String {
    let names = network.evaluation.scores().map(|score| score.metric.short_name());
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    format!(
        "{}; predictive values and likelihood ratios at stated prevalences; net benefit; calibration of each class. The paper's numbers \
         stand beside.",
        distinct.join(", ")
    )
}

fn uncertainty(report: &Report) -> String {
    let evaluation = &report.leading().evaluation;
    let level = 100.0 * evaluation.bootstrap.level().get();
    let tests = match report.corrected_for {
        0 => "No pair of models was tested.".to_owned(),
        tests => format!("Paired tests on the same images, corrected by Holm for {tests} tests together."),
    };
    format!(
        "Intervals of {level:.0} % over {}: Wilson at the effective sample size, DeLong on the logit scale, otherwise {} resamples. \
         {tests} Statistics by radiograph-metrics {}.",
        evaluation.units_in_words(),
        count(u64::from(evaluation.bootstrap.replicates())),
        env!("CARGO_PKG_VERSION")
    )
}

fn robustness(report: &Report) -> Vec<Statement> {
    report.audit.as_ref().map_or_else(Vec::new, |audit| one(audit.sentence.clone(), "lungs"))
}

fn explanations(report: &Report) -> Vec<Statement> {
    let panels: Vec<_> = report.networks.iter().flat_map(|network| &network.panels).collect();
    let Some(first) = panels.first() else { return Vec::new() };
    let mut text = format!("{} by {}", counted(panels.len() as u64, "heat map"), first.method);
    let border: Vec<f64> = panels.iter().filter_map(|panel| panel.evidence.as_ref()?.in_border).collect();
    if let Some(area) = panels
        .iter()
        .find_map(|panel| Some(panel.evidence.as_ref()?.border_area))
        .filter(|_| !border.is_empty())
    {
        let mean = border.iter().sum::<f64>() / border.len() as f64;
        text.push_str(&format!(
            "; on average {:.0} % of the evidence lies in the outer border, where an even map would have {:.0} %",
            100.0 * mean,
            100.0 * area
        ));
    }
    one(format!("{text}."), "explanations")
}

fn internal(network: &NetworkReport) -> Vec<Statement> {
    let percent = Percent::of(network.predictions.len() as u64);
    let Some(accuracy) = network.estimate(&Metric::Accuracy) else { return Vec::new() };
    let last: Vec<f64> =
        network.folds().filter_map(|fold| Some(fold.epochs.last()?.training.accuracy)).collect();
    let mut text = format!("Accuracy on test images {} %", percent.estimate(accuracy));
    if !last.is_empty() {
        let mean = last.iter().sum::<f64>() / last.len() as f64;
        text.push_str(&format!("; on training images in the folds' last epochs {} %", percent.value(mean)));
    }
    one(format!("{text}."), "training")
}

fn external(report: &Report) -> Vec<Statement> {
    let unseen = report.data.unseen_sources();
    let mut said = Vec::new();
    if !unseen.is_empty() {
        said.extend(one(
            format!("Test images come from {}, which training did not see.", listed(unseen)),
            "data",
        ));
    }
    let scored: Vec<String> = report
        .audit
        .iter()
        .flat_map(|audit| &audit.elsewhere)
        .filter_map(|of| {
            let scores = of.scores.as_ref()?;
            let (away, home) = (scores.away.score.ok()?, scores.home.score.ok()?);
            Some(format!("{} {away:.2}, at home {home:.2}", of.source))
        })
        .collect();
    if !scored.is_empty() {
        let text = format!(
            "Not of the model, but of a linear probe at each source left out of its training, AUC: {}.",
            scored.join("; ")
        );
        said.extend(one(text, "lungs"));
    }
    if unseen_is_none(report) {
        said.extend(one("No source of test images was kept from training.".to_owned(), "data"));
    }
    said
}

fn unseen_is_none(report: &Report) -> bool {
    !report.data.counts.is_empty() && report.data.unseen_sources().is_empty()
}

fn flow(report: &Report) -> Vec<Statement> {
    let flow = &report.data.flow;
    let left: Vec<String> = flow
        .left_out
        .iter()
        .map(|left| format!("{} {} ({})", count(left.images), left.kind, left.reason))
        .collect();
    let mut text = format!("{} images found", count(flow.found));
    if !left.is_empty() {
        text.push_str(&format!("; left out: {}", left.join("; ")));
    }
    text.push_str(&format!("; {} in training and {} in test", count(flow.training), count(flow.test)));
    if let Some(units) = &report.data.units {
        text.push_str(&format!(
            ", in {} and {} groups with {} and {} known patients",
            count(units.training_groups),
            count(units.test_groups),
            count(units.training_patients),
            count(units.test_patients)
        ));
    }
    one(format!("{text}."), "data")
}

fn characteristics(report: &Report) -> Vec<Statement> {
    let mut fields: Vec<&str> = Vec::new();
    for row in &report.data.characteristics {
        if !fields.contains(&row.field.as_str()) {
            fields.push(&row.field);
        }
    }
    let mut said: Vec<Statement> = Vec::new();
    if !fields.is_empty() {
        said.extend(one(format!("By training and test: {}.", listed(fields)), "data"));
    }
    if !report.data.warnings().is_empty() {
        said.extend(one(format!("{}.", report.data.warnings().join("; ")), "data"));
    }
    said
}

fn performance(report: &Report) -> Vec<Statement> {
    let of = |network: &NetworkReport| {
        let area = network.estimate(&Metric::AveragedAuc(Average::Macro));
        let accuracy = network.estimate(&Metric::Accuracy);
        let percent = Percent::of(network.predictions.len() as u64);
        format!(
            "{}: accuracy {} %, macro AUC {}",
            network.name,
            accuracy.map_or_else(|| "not computed".to_owned(), |accuracy| percent.estimate(accuracy)),
            area.map_or_else(|| "not computed".to_owned(), crate::number::area)
        )
    };
    let words: Vec<String> = report.networks.iter().map(of).collect();
    let mut said = one(format!("{}.", words.join("; ")), "results");
    if report.networks.iter().any(|network| !network.subgroups.is_empty()) {
        said.extend(one("Subgroups have their own scores.".to_owned(), "subgroups"));
    }
    said
}

fn diagnostic(network: &NetworkReport) -> Vec<Statement> {
    let not_computed = || "not computed".to_owned();
    let of = |class: Class| {
        let support = network.evaluation.confusion.one_vs_rest(&class).map_or(0, |counts| counts.support());
        let share = |score| {
            let estimate = network.estimate(&Metric::Class(score, class.clone()));
            estimate.map_or_else(not_computed, |estimate| Percent::of(support).estimate(estimate))
        };
        format!(
            "{}: AUC {}, sensitivity {} %, specificity {} %",
            class.name(),
            network.estimate(&Metric::Auc(class.clone())).map_or_else(not_computed, area),
            share(ClassScore::Recall),
            share(ClassScore::Specificity)
        )
    };
    let words: Vec<String> = network.predictions.classes().iter().map(of).collect();
    let percent = Percent::of(network.predictions.len() as u64);
    let rate = percent.score(network.evaluation.confusion.no_information_rate());
    let text = format!("{}. The most frequent class is {rate} of the test images.", words.join("; "));
    let mut said = one(text, "results");
    said.extend(one("ROC and calibration curves with bands.".to_owned(), "calibration"));
    said
}

fn errors(network: &NetworkReport) -> Vec<Statement> {
    let matrix: &ConfusionMatrix = &network.evaluation.confusion;
    let rows = matrix.rows();
    let right: u64 = rows.iter().enumerate().map(|(class, row)| row[class]).sum();
    let (all, wrong) = (matrix.total(), matrix.total() - right);
    one(
        format!("{} of {} test images are misclassified; confusion matrix.", count(wrong), count(all)),
        "errors",
    )
}

fn limitations(report: &Report) -> Vec<Statement> {
    let doubts = doubts(report);
    if doubts.is_empty() { Vec::new() } else { one(doubts.join(" "), "") }
}
