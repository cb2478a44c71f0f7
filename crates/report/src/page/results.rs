//! The section with the scores of every network, and their differences.

use maud::{Markup, html};
use radiograph_metrics::{Average, Class, ClassScore, LikelihoodRatio, Metric, PairedTest, PredictiveValue};

use super::{
    cells::p_cell,
    drawn_small, spread,
    table::{Form, Sheet, text},
};
use crate::{
    Figures, Images, NetworkReport, Report,
    number::{Percent, level},
};

/// Scores of one class in the table, with the names of their columns.
fn of_class(class: &Class) -> [(&'static str, Metric); 7] {
    let count = |score| Metric::Class(score, class.clone());
    [
        ("AUC", Metric::Auc(class.clone())),
        ("sensitivity (recall), %", count(ClassScore::Recall)),
        ("specificity, %", count(ClassScore::Specificity)),
        ("PPV (precision), %", count(ClassScore::Precision)),
        ("NPV, %", count(ClassScore::NegativePredictiveValue)),
        ("F1, %", count(ClassScore::F1)),
        ("average precision", Metric::AveragePrecision(class.clone())),
    ]
}

pub(super) fn section(report: &Report, figures: &Figures) -> Markup {
    html! {
        (drawn_small(&figures.overview, &html! {
            b { "Accuracy on the test images." } " Dot and line: this run with its interval."
            @if report.run.images == Images::Radiographs {
                " Diamond: what the paper prints for the same architecture on its own images, which are not these."
            } @else { " The paper's accuracies are left out: they are of people, and these images are drawn." }
        }))
        (networks(report))
        @for spread in &report.spreads { (spread::table(spread, report.leading().predictions.len())) }
        @for network in &report.networks { (classes(network)) }
        (predictive(report))
        (choice(report))
        (comparisons(report))
        @for network in &report.networks { (all_scores(network)) }
    }
}

fn networks(report: &Report) -> Markup {
    let interval = interval_note(report.leading());
    let mut sheet = Sheet::new("Networks on the test images", &interval).words("network");
    let scores = [
        ("accuracy, %", Metric::Accuracy),
        ("balanced accuracy, %", Metric::BalancedAccuracy),
        ("macro AUC", Metric::AveragedAuc(Average::Macro)),
        ("macro average precision", Metric::AveragedPrecision(Average::Macro)),
    ];
    for (name, _) in &scores {
        sheet = sheet.numbers(name);
    }
    for network in &report.networks {
        let mark = network.is_unconverged();
        let mut row = vec![html! { (network.name) @if mark { " " span.sub { "not converged" } } }];
        let images = network.predictions.len();
        row.extend(scores.iter().map(|(_, score)| Form::of(score, images).cell(network.estimate(score))));
        sheet.push(row);
    }
    // The test images are the same for all networks.
    let (most_frequent, of_sources) = report.leading().without_images();
    let share = Form::Share(Percent::of(report.leading().predictions.len() as u64));
    let mut without = vec![("no image: the most frequent class", most_frequent)];
    without.extend(of_sources.map(|rate| ("no image: the most frequent class of the source", rate)));
    for (name, rate) in without {
        let mut row = vec![text(name), share.score(rate)];
        row.extend(scores[1..].iter().map(|_| text("–")));
        sheet.push(row);
    }
    html! { (sheet) }
}

/// Prevalences at which predictive values are printed.
const PREVALENCES: [f64; 3] = [0.01, 0.1, 0.3];

/// Likelihood ratios of each class, and predictive values where it is as frequent as stated.
fn predictive(report: &Report) -> Markup {
    let network = report.leading();
    let level = network.evaluation.bootstrap.level();
    let label = format!("{}: what an answer means elsewhere", network.name);
    let note = "A class is called present if it is the predicted one. LR: likelihood ratio of a positive (+) and a negative (−) \
                answer. PPV (precision) and NPV in %, by Bayes' rule, where the stated share of people has the class; sensitivity and specificity \
                are taken to stay the same there, and so is the mix of the other classes; another hospital may grant neither.";
    let mut sheet = Sheet::new(&label, note).words("class").numbers("LR+").numbers("LR−");
    for prevalence in PREVALENCES {
        sheet = sheet.numbers(&format!("PPV at {} %", 100.0 * prevalence));
        sheet = sheet.numbers(&format!("NPV at {} %", 100.0 * prevalence));
    }
    // A predictive value of 99.3 is another one than 99.9, whatever the number of images: its interval says how sure it is.
    let percent = Form::Share(Percent::of(100));
    for class in network.predictions.classes().iter() {
        let Ok(rates) = network.predictions.rates_of(&class) else { continue };
        let mut row = vec![text(class.name())];
        for ratio in [rates.positive_likelihood_ratio(level), rates.negative_likelihood_ratio(level)] {
            row.push(match ratio {
                Ok(ratio) => ratio_cell(&ratio),
                Err(reason) => html! { span.undefined { "undefined: " (reason) } },
            });
        }
        for prevalence in PREVALENCES {
            row.push(value_cell(&rates.ppv(prevalence, level), percent));
            row.push(value_cell(&rates.npv(prevalence, level), percent));
        }
        sheet.push(row);
    }
    html! { (sheet) }
}

fn ratio_cell(ratio: &LikelihoodRatio) -> Markup {
    let value = match ratio.value {
        Ok(value) => format!("{value:.2}"),
        Err(_) if ratio.low > 0.0 => "no limit".to_owned(),
        Err(_) => "undefined".to_owned(), // 0 / 0: this answer was never given
    };
    html! {
        (value) " "
        span.sub {
            @match ratio.high {
                Some(high) => { (format!("{:.2} to {high:.2}", ratio.low)) }
                None => { (format!("{:.2} or more", ratio.low)) }
            }
        }
    }
}

fn value_cell(value: &Result<PredictiveValue, radiograph_metrics::Error>, percent: Form) -> Markup {
    match value {
        Ok(predicted) => html! {
            (percent.score(predicted.value)) " "
            span.sub { (percent.value(predicted.low)) " to " (percent.value(predicted.high)) }
        },
        Err(reason) => html! { span.undefined { "undefined: " (reason) } },
    }
}

/// Method of the intervals, in words.
fn interval_note(network: &NetworkReport) -> String {
    let evaluation = &network.evaluation;
    let Some(interval) = evaluation.scores().find_map(|score| score.estimate.interval.ok()) else {
        return "No interval exists for these scores.".to_owned();
    };
    let (resamples, level) = (evaluation.bootstrap.replicates(), level(&interval));
    let who = evaluation.units_in_words();
    format!(
        "Below each score its {level} interval over {who}: Wilson's at the effective sample size for shares of images, on the logit \
         scale with DeLong's variance for AUCs, and from {resamples} resamples for everything else."
    )
}

fn classes(network: &NetworkReport) -> Markup {
    let label = format!("{}: each class against the others", network.name);
    let mut sheet = Sheet::new(&label, "With intervals. PPV, NPV, F1 and average precision hold at the share of the class among these test images; where it is rarer, PPV is lower and NPV higher.").words("class").numbers("images");
    for (at, class) in network.predictions.classes().iter().enumerate() {
        let metrics = of_class(&class);
        if at == 0 {
            sheet = metrics.iter().fold(sheet, |sheet, (name, _)| sheet.numbers(name));
        }
        // Digits are those of the images of the class, of which the others have more.
        let support = network.evaluation.confusion.one_vs_rest(&class).map_or(0, |counts| counts.support());
        let form = |metric| Form::of(metric, usize::try_from(support).unwrap_or(usize::MAX));
        let mut row = vec![text(class.name()), text(support.to_string())];
        row.extend(metrics.iter().map(|(_, metric)| form(metric).cell(network.estimate(metric))));
        sheet.push(row);
    }
    html! { (sheet) }
}

fn all_scores(network: &NetworkReport) -> Markup {
    let label = format!("{}: every score over all classes", network.name);
    let mut sheet = Sheet::new(&label, "As numbers, not percent.")
        .words("score")
        .numbers("value")
        .numbers("low")
        .numbers("high")
        .words("interval");
    let classes = network.predictions.classes();
    let shown: Vec<Metric> =
        classes.iter().flat_map(|class| of_class(&class).map(|(_, metric)| metric)).collect();
    for score in network.evaluation.scores().filter(|score| !shown.contains(&score.metric)) {
        let name = score.metric.to_string();
        let mut row = vec![text(name), Form::Loss.score(score.estimate.score)];
        match score.estimate.interval {
            Ok(interval) => row.extend([
                Form::Loss.score(Ok(interval.low)),
                Form::Loss.score(Ok(interval.high)),
                text(interval.method.to_string()),
            ]),
            Err(reason) => row.extend([text("–"), text("–"), text(format!("none: {reason}"))]),
        }
        sheet.push(row);
    }
    html! { details { summary { (label) } (sheet) } }
}

fn choice(report: &Report) -> Markup {
    let Some(best) = &report.best else { return html! {} };
    let mut sheet =
        Sheet::new("How the network was chosen", &best.chosen_by).words("network").numbers("value");
    for (name, value) in &best.values {
        sheet.push(vec![text(name), text(format!("{value:.3}"))]);
    }
    html! {
        h3 { "The choice" }
        p {
            strong { (best.network) } " was chosen by " (best.chosen_by) "."
            @if best.on_test {
                " That looks at the test images, as Algorithm 1 of the paper does: the score of the chosen network is the best of "
                "several tries, and too good."
            } @else { " The test images played no part in it." }
        }
        @if !best.values.is_empty() { (sheet) }
    }
}

fn comparisons(report: &Report) -> Markup {
    if report.comparisons.is_empty() {
        return html! {
            h3 { "Differences" }
            p { @if report.networks.len() < 2 { "One network alone: there is nothing to compare it with." }
                @else { "No pair of networks was compared, so no difference between them may be claimed." } }
        };
    }
    let corrected = match report.corrected_for {
        0 => String::new(),
        1 => " There is one test, so nothing is corrected.".to_owned(),
        tests => format!(" Corrected by Holm for {tests} tests together."),
    };
    let note =
        format!("First less second on the same test images, shares in %; p-values are two-sided.{corrected}");
    let mut sheet = Sheet::new("Pairs of networks", &note)
        .words("pair")
        .words("score")
        .numbers("first")
        .numbers("second")
        .numbers("difference")
        .words("test")
        .numbers("p")
        .numbers("p, corrected");
    for comparison in &report.comparisons {
        let form = Form::of(&comparison.metric, report.leading().predictions.len());
        let test = match comparison.test {
            PairedTest::DeLong => "DeLong, paired",
            PairedTest::DeLongClustered => "DeLong, paired, by patient",
            PairedTest::McNemarExact => "McNemar, exact",
            PairedTest::Permutation => "permutation by patient",
            _ => "another test",
        };
        sheet.push(vec![
            html! {
                (comparison.first) " and " (comparison.second)
                @if report.statement(comparison) != comparison.statement() { " " span.sub { "not converged: no verdict" } }
            },
            text(comparison.metric.to_string()),
            form.score(comparison.first_score),
            form.score(comparison.second_score),
            form.cell(Some(&comparison.difference)),
            text(test),
            p_cell(comparison.p_value),
            comparison.adjusted_p_value.map_or_else(|| text("–"), |p| p_cell(Ok(p))),
        ]);
    }
    html! {
        h3 { "Differences" }
        ul { @for comparison in &report.comparisons { li { (report.statement(comparison)) "." } } }
        p.small.muted { "Not distinguishable does not mean equal: these test images cannot tell." }
        (sheet)
        @if !report.not_tested.is_empty() {
            p {
                "Not tested, so nothing may be said about their differences: "
                (report.not_tested.iter().map(|(first, second)| format!("{first} and {second}")).collect::<Vec<_>>().join("; "))
                "."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use radiograph_metrics::{BinaryScores, Clusters, Level};

    use super::*;

    #[test]
    fn a_class_that_is_never_predicted_has_no_unlimited_likelihood_ratio() {
        let positive: Vec<bool> = (0..40).map(|at| at < 20).collect();
        let scores: Vec<f64> = (0..40).map(|at| if at < 20 { 0.9 } else { 0.1 }).collect();
        let scores = BinaryScores::new(&positive, &scores).unwrap();
        let ratio = |threshold| {
            let rates = scores.rates_at(threshold, &Clusters::each_alone(40)).unwrap();
            ratio_cell(&rates.positive_likelihood_ratio(Level::NINETY_FIVE).unwrap()).into_string()
        };
        assert!(ratio(None).starts_with("undefined"), "{}", ratio(None));
        assert!(ratio(Some(0.5)).starts_with("no limit"), "{}", ratio(Some(0.5)));
    }
}
