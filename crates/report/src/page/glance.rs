//! The first screen of the page: what was trained, on which data, how well it performs, and which doubts remain.
//!
//! Notices that change the meaning of the scores come before it.

use maud::{Markup, html};
use radiograph_metrics::{Average, Metric, Score};

use super::spread;
use crate::{
    Certificate, Images, Labels, NetworkReport, Report, Role, WeightsOrigin,
    doubts::doubts,
    number::{Percent, count, counted, level, listed, number_ends},
};

/// Title, and one line about the run.
pub(super) fn heading(report: &Report) -> Markup {
    let classes = classes(report);
    html! {
        p.kind { "radiograph report · not a medical device" }
        h1 { (report.run.name) }
        p {
            (if report.run.images == Images::Phantoms { "Phantom" } else { "Chest" })
            " X-rays told apart by transfer learning: " (listed(classes.iter().map(String::as_str))) "."
        }
    }
}

/// Notices that matter more than any score.
pub(super) fn alarms(report: &Report) -> Markup {
    let mut alarms: Vec<String> = Vec::new();
    if report.run.images == Images::Phantoms {
        alarms.push(
            "The images are phantoms, drawn by a program. No score here says anything about people."
                .to_owned(),
        );
    }
    if report.run.labels == Labels::Permuted {
        alarms.push(
            "The labels were permuted at random. This is a control: scores should be those of guessing, within their intervals. An interval that lies above guessing points to a leak."
                .to_owned(),
        );
    }
    let random: Vec<&str> = named(report, NetworkReport::is_random);
    if !random.is_empty() {
        alarms.push(format!(
            "Random convolutional weights in {}: nothing was transferred from other pictures.",
            some_or_all(report, random)
        ));
    }
    let contaminated =
        named(report, |network| network.trainings.iter().any(|training| training.contaminated));
    if !contaminated.is_empty() {
        alarms.push(format!(
            "Contaminated folds in {}: validation images had been trained on in an earlier fold, so validation scores are too good.",
            some_or_all(report, contaminated)
        ));
    }
    let trained = report.networks.iter().filter(|network| network.role != Role::Ensemble);
    let mut of_models: Vec<(&str, String)> = trained.filter_map(unconverged).collect();
    let further = report.spreads.iter().flat_map(|spread| &spread.unconverged);
    of_models.extend(
        further
            .filter(|(name, _)| report.networks.iter().all(|network| network.name != *name))
            .map(|(name, reason)| (name.as_str(), reason.to_string())),
    );
    let mut unconverged = by_reason(of_models);
    // Their members are named already, with the reasons.
    let ensembles = named(report, |network| network.role == Role::Ensemble && network.is_unconverged());
    if !ensembles.is_empty() {
        unconverged.push(format!("the ensembles of such models, {}", listed(ensembles)));
    }
    if !unconverged.is_empty() {
        alarms.push(format!(
            "Not trained to the end: {}. More training might change these scores, so no comparison with such a model has a verdict.",
            unconverged.join("; ")
        ));
    }
    if let Some(certificate) = &report.data.certificate {
        alarms.extend(leaks(certificate));
    }
    alarms.extend(report.run.cautions.iter().cloned());
    html! {
        @if !alarms.is_empty() {
            section.alarm aria-labelledby="first" {
                h2 id="first" { "Read this first" }
                ul { @for alarm in &alarms { li { (alarm) } } }
            }
        }
    }
}

/// The name of a model that has not converged, with the reason.
fn unconverged(network: &NetworkReport) -> Option<(&str, String)> {
    let ending = network.ending.as_ref().filter(|ending| !ending.converged)?;
    Some((&network.name, ending.reason.to_string()))
}

/// `a and b (reason)` for each reason, in the order of their first models.
fn by_reason(of_models: Vec<(&str, String)>) -> Vec<String> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, reason) in of_models {
        match groups.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(name),
            None => groups.push((reason, vec![name])),
        }
    }
    groups.into_iter().map(|(reason, names)| format!("{} ({reason})", listed(names))).collect()
}

/// The leaks, and the scores that they make too good.
fn leaks(certificate: &Certificate) -> Vec<String> {
    let mut leaks = Vec::new();
    let to_test = certificate.leaks_to_test();
    if to_test {
        let found = certificate.found();
        let found = if found.is_empty() { found } else { format!(" ({found})") };
        leaks.push(format!("Test images leak into training{found}. Test scores are too good."));
    }
    if certificate.leaks_between_folds() {
        let spared = if to_test { "" } else { "; test scores are not" };
        leaks.push(format!(
            "In some folds, training images share a picture, patient or original with validation images. Validation scores are too good{spared}."
        ));
    }
    leaks
}

/// The answers to the four questions of the first screen.
pub(super) fn first_screen(report: &Report) -> Markup {
    html! {
        section aria-label="At a glance" {
            dl.glance {
                div { dt { "What was trained" } dd { (trained(report)) } }
                div { dt { "On what" } dd { (data(report)) } }
                div { dt { "How well" } dd { (score(report)) } }
                div { dt { "With what doubt" } dd { (doubt(report)) } }
            }
        }
    }
}

fn trained(report: &Report) -> Markup {
    let names = report.networks.iter().map(|network| network.name.as_str());
    let head = &report.leading().head;
    let heads_agree = report.networks.iter().all(|network| network.head == *head);
    let origins = origins(report);
    html! {
        p { strong { (listed(names.take(6))) } @if report.networks.len() > 6 { " and " (report.networks.len() - 6) " more" } "." }
        p {
            @if heads_agree && !head.is_empty() { (head) ". " }
            "Convolutional weights: " (origins.join("; ")) "."
        }
        p { "Preset " code { (report.run.preset) } "." }
    }
}

/// Origins of the weights, without repetition.
fn origins(report: &Report) -> Vec<String> {
    let mut origins: Vec<String> = Vec::new();
    for network in &report.networks {
        let origin = match &network.weights {
            WeightsOrigin::Installed { name, note, .. } if note.is_empty() => name.clone(),
            WeightsOrigin::Installed { name, note, .. } => format!("{name} ({note})"),
            WeightsOrigin::Random { seed } => format!("random, seed {seed}"),
            WeightsOrigin::Several(_) => continue, // those of its members, which are named
        };
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    let more = origins.len().saturating_sub(2);
    origins.truncate(2);
    if more > 0 {
        origins.push(format!("and {more} more, in the record"));
    }
    origins
}

fn data(report: &Report) -> Markup {
    let flow = &report.data.flow;
    let evaluation = &report.leading().evaluation;
    let sources = report.data.source_names().len() as u64;
    let used = flow.training + flow.test;
    let kinds = classes(report).len() as u64;
    html! {
        p {
            strong { (counted(used, if report.run.images == Images::Phantoms { "phantom" } else { "radiograph" })) }
            " in " (count(kinds)) (if kinds == 1 { " class" } else { " classes" })
            @if sources > 0 { " from " (counted(sources, "source")) }
            "; " (count(flow.found)) " were found."
        }
        p {
            (count(flow.training)) " train"
            @if report.data.folds > 1 { " (" (report.data.folds) " folds)" }
            ", " (count(flow.test)) " test"
            ", in " (evaluation.units_in_words())
            "."
        }
        p { "Kept together by " (report.data.grouped_by) "." }
    }
}

fn score(report: &Report) -> Markup {
    let network = report.leading();
    let accuracy = network.estimate(&Metric::Accuracy);
    let area = network.estimate(&Metric::AveragedAuc(Average::Macro));
    let percent = Percent::of(network.predictions.len() as u64);
    html! {
        @match accuracy.map(|estimate| (estimate.score, estimate.interval)) {
            Some((Ok(value), interval)) => {
                p {
                    span.figure-of-merit { (percent.value(value)) " %" }
                    "accuracy on test images"
                    @if let Ok(interval) = interval { " (" (level(&interval)) " interval " (percent.ends(&interval)) ")" }
                }
            }
            Some((Err(reason), _)) => p { "Accuracy undefined: " (reason) "." },
            None => p { "Accuracy was not computed." },
        }
        p { (without_images(network)) }
        p {
            strong { (network.name) }
            @if network.is_unconverged() { " (not converged)" }
            @if let Some(area) = area {
                @match area.score {
                    Ok(value) => {
                        ", macro AUC " (format!("{value:.2}"))
                        @if let Ok(interval) = area.interval { " (" (number_ends(&interval)) ")" }
                    }
                    Err(reason) => { ", macro AUC undefined: " (reason) },
                }
            }
            "."
        }
        @for spread in report.spreads.iter().filter(|spread| spread.concerns(&network.name)) {
            p { (spread::sentence(spread, network.predictions.len())) }
        }
        @if let Some(probe) = report.linear_probe_of(network) { (beside_probe(report, network, probe)) }
        @match &report.best {
            Some(best) => p { "Chosen by " (best.chosen_by) "." },
            None if report.networks.len() > 1 => p { "The first of " (report.networks.len()) "; none was chosen." },
            None => {},
        }
    }
}

/// The accuracies that need no image, in words.
fn without_images(network: &NetworkReport) -> String {
    let percent = Percent::of(network.predictions.len() as u64);
    let share =
        |score: Score| score.map_or("undefined".to_owned(), |value| format!("{} %", percent.value(value)));
    let (most_frequent, of_sources) = network.without_images();
    let most_frequent = share(most_frequent);
    match of_sources {
        Some(rate) => format!(
            "Without an image: {most_frequent} by always naming the most frequent class, {} by the source alone.",
            share(rate)
        ),
        None => format!("Without an image: {most_frequent} by always naming the most frequent class."),
    }
}

/// The scores of the linear probe on the same features, and whether the network differs from it.
fn beside_probe(report: &Report, network: &NetworkReport, probe: &NetworkReport) -> Markup {
    let score = |metric: Metric| {
        let estimate = probe.estimate(&metric)?;
        estimate.score.ok()
    };
    let undefined = || "undefined".to_owned();
    let percent = Percent::of(probe.predictions.len() as u64);
    let accuracy =
        score(Metric::Accuracy).map_or_else(undefined, |value| format!("{} %", percent.value(value)));
    let area =
        score(Metric::AveragedAuc(Average::Macro)).map_or_else(undefined, |value| format!("{value:.2}"));
    let of_both = report.comparisons.iter().filter(|comparison| {
        let pair = [comparison.first.as_str(), comparison.second.as_str()];
        pair.contains(&network.name.as_str()) && pair.contains(&probe.name.as_str())
    });
    let statements: Vec<String> = of_both.map(|comparison| report.statement(comparison)).collect();
    html! {
        p {
            "A linear probe on the same features, " strong { (probe.name) }
            @if probe.is_unconverged() { " (not converged)" }
            ": accuracy " (accuracy) ", macro AUC " (area) "."
        }
        @if statements.is_empty() { p { "The two were not compared." } }
        @else { ul { @for statement in &statements { li { (statement) "." } } } }
    }
}

fn doubt(report: &Report) -> Markup {
    let doubts = doubts(report);
    html! {
        ul { @for doubt in &doubts { li { (doubt) } } }
        @if doubts.is_empty() { p { "No check of this page found a reason; that is no proof that there is none." } }
    }
}

fn classes(report: &Report) -> Vec<String> {
    report.leading().predictions.classes().names().map(str::to_owned).collect()
}

fn named(report: &Report, wanted: impl Fn(&NetworkReport) -> bool) -> Vec<&str> {
    report.networks.iter().filter(|network| wanted(network)).map(|network| network.name.as_str()).collect()
}

/// Names of these networks, or a word for all of them.
fn some_or_all(report: &Report, names: Vec<&str>) -> String {
    if names.len() > 1 && names.len() == report.networks.len() {
        "all networks".to_owned()
    } else {
        listed(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_with_one_reason_share_its_sentence() {
        let of = |name, reason: &str| (name, reason.to_owned());
        let told = by_reason(vec![of("a", "too few"), of("b", "still falling"), of("c", "too few")]);
        assert_eq!(told, ["a and c (too few)", "b (still falling)"]);
    }
}
