//! `radiograph metrics`: scores predictions in CSV files, each score with an interval.

use std::{fs::File, path::PathBuf};

use clap::ValueEnum;
use radiograph_metrics::{
    Average, BinaryCalibration, Bootstrap, BootstrapMethod, Choice, Comparison, ComparisonOptions,
    CrossTable, DecisionCurve, Error, Evaluation, Family, Level, Metric, Permutation, Predictions, Score,
    SubgroupTable, Table, Undefined, as_value, not_tested_in_words,
};
use serde::Serialize;

use crate::{exit::Exit, failure::Failure, output};

/// Score a CSV file of predictions, with an interval on every score
///
/// Columns: label, p_CLASS for each class, and optionally id, patient, cluster, sample_weight and fields such as source.
/// Patients are resampled, not images. Each class has its calibration and the net benefit of acting on its probability.
/// Several files of the same images (one for each model) are compared: the first with each of the others.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph metrics predictions.csv --by source")]
pub(crate) struct Arguments {
    /// Predictions, one file for each model
    #[arg(required = true, value_name = "CSV")]
    predictions: Vec<PathBuf>,

    /// Column by whose values the images are scored separately; may be repeated
    #[arg(long, value_name = "COLUMN")]
    by: Vec<String>,

    /// Number of bootstrap replicates
    #[arg(long, default_value_t = 5000, value_name = "N")]
    replicates: u32,

    /// Kind of bootstrap interval, for scores that are neither proportions nor AUCs
    #[arg(long, default_value = "bca-expanded")]
    interval: Kind,

    /// Stratified bootstrap: resample the patients of each class separately, so that no class is missing
    #[arg(long)]
    stratified: bool,

    /// Threshold probabilities for the net benefit
    #[arg(long, value_delimiter = ',', default_value = "0.1,0.2,0.3,0.5", value_name = "P,…")]
    thresholds: Vec<f64>,

    /// Prevalence of each class at the place of use, for the net benefit [default: prevalence in the file]
    #[arg(long, value_name = "P")]
    prevalence: Option<f64>,

    /// Confidence level
    #[arg(long, default_value_t = 0.95)]
    level: f64,

    /// Resampling seed
    #[arg(long, default_value_t = 7)]
    seed: u64,

    /// Format of tables
    #[arg(long, default_value = "text", conflicts_with = "json")]
    format: Format,

    /// JSON on standard output instead of tables
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Percentile,
    PercentileExpanded,
    Bca,
    BcaExpanded,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Markdown,
    Csv,
}

/// Output of `--json`.
#[derive(Serialize)]
struct Report {
    models: Vec<Scored>,
    comparisons: Vec<Comparison>,
    statements: Vec<String>,
}

#[derive(Serialize)]
struct Scored {
    model: String,
    evaluation: Evaluation,
    classes: Vec<OfClass>,
    sources: Vec<CrossTable>,
    subgroups: Vec<SubgroupTable>,
}

/// What the probabilities of one class are worth.
#[derive(Serialize)]
struct OfClass {
    class: String,
    #[serde(with = "as_value")]
    calibration: Result<BinaryCalibration, Undefined>,
    #[serde(with = "as_value")]
    net_benefit: Result<DecisionCurve, Undefined>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let method = match arguments.interval {
        Kind::Percentile => BootstrapMethod::Percentile,
        Kind::PercentileExpanded => BootstrapMethod::PercentileExpanded,
        Kind::Bca => BootstrapMethod::Bca,
        Kind::BcaExpanded => BootstrapMethod::BcaExpanded,
    };
    let bootstrap = Bootstrap::new(arguments.replicates, arguments.seed)?
        .with_level(Level::new(arguments.level)?)
        .with_method(method);
    let bootstrap = if arguments.stratified { bootstrap.stratified() } else { bootstrap };
    let models = read(&arguments.predictions)?;
    let mut report = Report { models: Vec::new(), comparisons: Vec::new(), statements: Vec::new() };
    for (model, predictions) in &models {
        report.models.push(score(model, predictions, arguments, &bootstrap)?);
    }
    if models.len() > 1 {
        let options = ComparisonOptions {
            bootstrap,
            permutation: Permutation::new(10_000, arguments.seed)?,
            significance: 0.05,
        };
        let named: Vec<(&str, &Predictions)> =
            models.iter().map(|(name, set)| (name.as_str(), set)).collect();
        let metrics = [Metric::Accuracy, Metric::AveragedAuc(Average::Macro)];
        // The first file names the model in question, so nothing was chosen by these scores.
        let family = Family::of(&named, (named[0].0, Choice::Beforehand), &[], &metrics, &options)?;
        let sentences = family.comparisons.iter().map(Comparison::statement);
        report.statements = sentences.chain(not_tested_in_words(&family.not_tested)).collect();
        report.comparisons = family.comparisons;
    }
    if arguments.json {
        output::json(&report)?;
    } else {
        print(&report, arguments.format)?;
    }
    Ok(Exit::Done)
}

/// Predictions of all files. Classes have the order of the first file, and each model is named after its file.
fn read(paths: &[PathBuf]) -> Result<Vec<(String, Predictions)>, Failure> {
    let mut models: Vec<(String, Predictions)> = Vec::new();
    for path in paths {
        let file = File::open(path).map_err(|error| Failure::from(error).at(path.display()))?;
        let classes = models.first().map(|(_, first)| first.classes().clone());
        let predictions = Predictions::read_csv(file, classes.as_ref())
            .map_err(|error| Failure::from(error).at(path.display()))?;
        models.push((path.display().to_string(), predictions));
    }
    Ok(models)
}

fn score(
    model: &str,
    predictions: &Predictions,
    arguments: &Arguments,
    bootstrap: &Bootstrap,
) -> Result<Scored, Error> {
    let mut subgroups = Vec::new();
    for field in &arguments.by {
        for metric in [Metric::Accuracy, Metric::AveragedAuc(Average::Macro)] {
            subgroups.push(SubgroupTable::of(predictions, field, &metric, bootstrap, 2)?);
        }
    }
    // A class that comes from one source makes its scores doubtful, so the two stand together.
    let source = predictions.fields().find(|field| *field == "source");
    let sources = source.map(|field| CrossTable::of(predictions, field)).transpose()?;
    let evaluation = Evaluation::of(predictions, bootstrap)?;
    let classes = of_classes(predictions, arguments, bootstrap)?;
    let sources = sources.into_iter().collect();
    Ok(Scored { model: model.to_owned(), evaluation, classes, sources, subgroups })
}

fn of_classes(
    predictions: &Predictions,
    arguments: &Arguments,
    bootstrap: &Bootstrap,
) -> Result<Vec<OfClass>, Error> {
    let clusters = predictions.clusters();
    let of = |class: radiograph_metrics::Class| {
        let scores = Undefined::catch(predictions.one_vs_rest(&class))?;
        let (calibration, net_benefit) = match &scores {
            Ok(scores) => (
                Ok(BinaryCalibration::of(scores, clusters, bootstrap)?),
                Ok(DecisionCurve::of(
                    scores,
                    clusters,
                    &arguments.thresholds,
                    arguments.prevalence,
                    bootstrap,
                )?),
            ),
            Err(reason) => (Err(*reason), Err(*reason)),
        };
        Ok(OfClass { class: class.name().to_owned(), calibration, net_benefit })
    };
    predictions.classes().iter().map(of).collect()
}

fn print(report: &Report, format: Format) -> Result<(), Failure> {
    let show = |table: &Table| match format {
        Format::Text => output::line(table.to_text()),
        Format::Markdown => output::line(table.to_markdown()),
        Format::Csv => output::line(table.to_csv()),
    };
    for scored in &report.models {
        let evaluation = &scored.evaluation;
        output::line(format!(
            "{}: {} samples, {}",
            scored.model,
            evaluation.samples,
            evaluation.units_in_words()
        ))?;
        if evaluation.of_unknown_patient > 0 {
            output::line(
                "images of unknown patient count as independent. If they are not, intervals are too narrow",
            )?;
        }
        let share =
            |score: Score| score.map_or_else(|reason| format!("({reason})"), |value| format!("{value:.4}"));
        output::line(format!(
            "accuracy without an image: {} by always naming the most frequent class",
            share(evaluation.confusion.no_information_rate())
        ))?;
        for cross in &scored.sources {
            output::line(format!(
                "accuracy of the {} alone: {}",
                cross.field,
                share(cross.field_only_rate())
            ))?;
        }
        output::line("")?;
        show(&Table::from(&evaluation.confusion))?;
        show(&evaluation.overall_table())?;
        show(&evaluation.long_class_table())?;
        if let Some(table) = by_class(&scored.classes, |of| of.calibration.as_ref().map(Table::from)) {
            show(&table)?;
        }
        if let Some(table) = by_class(&scored.classes, |of| of.net_benefit.as_ref().map(Table::from)) {
            show(&table)?;
        }
        if let Some(reason) = scored.classes.first().and_then(|of| of.calibration.as_ref().err()) {
            output::line(format!("no calibration of classes and no net benefit: {reason}\n"))?;
        }
        for cross in &scored.sources {
            show(&Table::from(cross))?;
            cross.warnings().iter().try_for_each(|warning| output::line(format!("warning: {warning}\n")))?;
        }
        scored.subgroups.iter().try_for_each(|subgroups| show(&Table::from(subgroups)))?;
    }
    report.statements.iter().try_for_each(output::line)
}

/// The tables of the classes in one, with the class in front; none if no class has a table.
fn by_class(classes: &[OfClass], table: impl Fn(&OfClass) -> Result<Table, &Undefined>) -> Option<Table> {
    let mut joined: Option<Table> = None;
    for of in classes {
        let Ok(table) = table(of) else { continue };
        let with = |first: &str, cells: &[String]| [&[first.to_owned()][..], cells].concat();
        let joined = joined.get_or_insert_with(|| Table::new(with("class", table.header())));
        table.rows().iter().for_each(|row| joined.push(with(&of.class, row)));
    }
    joined
}
