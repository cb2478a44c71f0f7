//! Scores predictions: a confusion matrix, and every usual score of each class and over all, with an interval.
//!
//! The predictions are a CSV with one sample a row; `patient` and further columns such as `source` are optional:
//!
//! ```csv
//! id,patient,source,label,p_covid,p_normal,p_pneumonia
//! 1.png,ann,north,covid,0.81,0.11,0.08
//! 2.png,ann,north,covid,0.45,0.49,0.06
//! ```
//!
//! ```console
//! $ cargo ex metrics -- crates/metrics/tests/golden/predictions.csv --by source
//! crates/metrics/tests/golden/predictions.csv: 60 samples, 35 patients
//!
//! true class  predicted covid  predicted normal  predicted pneumonia
//! ----------  ---------------  ----------------  -------------------
//! covid                    20                 3                    1
//! normal                    0                14                    1
//! pneumonia                 2                 3                   16
//!
//! score                          value     low    high  interval
//! ----------------------------  ------  ------  ------  ----------------------------------
//! accuracy                      0.8333  0.7193  0.9362  percentile bootstrap over patients
//! …
//! macro F1                      0.8300  0.6965  0.9333  percentile bootstrap over patients
//! macro AUC                     0.9377  0.8666  0.9892  percentile bootstrap over patients
//! log loss                      0.6139  0.3856  0.9193  percentile bootstrap over patients
//! ECE (15 bins of equal width)  0.1531       -       -  (resampling adds to its bias)
//! …
//!
//! class      score                    value     low    high  interval
//! ---------  ----------------------  ------  ------  ------  ----------------------------------
//! covid      precision               0.9091  0.7500  1.0000  percentile bootstrap over patients
//! covid      recall                  0.8333  0.7143  0.9600  percentile bootstrap over patients
//! covid      F1                      0.8696  0.7660  0.9565  percentile bootstrap over patients
//! …
//!
//! class / source  north  south  (missing)
//! --------------  -----  -----  ---------
//! covid              24      0          0
//! normal              6      5          4
//! pneumonia           9     12          0
//!
//! warning: covid: 24 of 24 samples have source north; its scores may be scores of the source
//!
//! source     samples  patients  covid  normal  pneumonia                 accuracy
//! ---------  -------  --------  -----  ------  ---------  -----------------------
//! north           39        22     24       6          9  0.8205 [0.6579, 0.9512]
//! south           17        10      0       5         12  0.8824 [0.7368, 1.0000]
//! (missing)        4         3      0       4          0  0.7500 [0.0000, 1.0000]
//! …
//! ```
//!
//! With several files of the same samples, one a model, it also says whether the best is distinguishable from the others.
//! Exit code 0: scored. 2: a file or setting is unusable.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::{error::Error, fs::File, path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};
use radiograph_files::write_bytes;
use radiograph_metrics::{
    Average, Bootstrap, BootstrapMethod, Comparison, ComparisonOptions, CrossTable, Evaluation, Level,
    Metric, Permutation, Predictions, SubgroupTable, Table, compare_with_best,
};
use serde::Serialize;

/// Score a CSV of predictions, with an interval on every figure.
///
/// Columns: label, p_<class> for each class, and optionally id, patient and fields such as source. Patients are resampled,
/// not images.
#[derive(Parser)]
struct Arguments {
    /// Predictions; several files are models on the same samples, which are then compared
    #[arg(required = true)]
    predictions: Vec<PathBuf>,
    /// Score every value of this column on its own; may be repeated
    #[arg(long, value_name = "COLUMN")]
    by: Vec<String>,
    /// Bootstrap replicates
    #[arg(long, default_value_t = 2000)]
    replicates: u32,
    /// Kind of bootstrap interval
    #[arg(long, default_value = "percentile")]
    interval: Kind,
    /// Confidence level of the intervals
    #[arg(long, default_value_t = 0.95)]
    level: f64,
    /// Seed of the resampling
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// How tables are printed
    #[arg(long, default_value = "text")]
    format: Format,
    /// Write everything as JSON to this file as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Percentile,
    Bca,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Markdown,
    Csv,
}

/// What goes into the JSON file.
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
    sources: Vec<CrossTable>,
    subgroups: Vec<SubgroupTable>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let method = match arguments.interval {
        Kind::Percentile => BootstrapMethod::Percentile,
        Kind::Bca => BootstrapMethod::Bca,
    };
    let bootstrap = Bootstrap::new(arguments.replicates, arguments.seed)?
        .with_level(Level::new(arguments.level)?)
        .with_method(method);
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
        for metric in [Metric::Accuracy, Metric::AveragedAuc(Average::Macro)] {
            report.comparisons.extend(compare_with_best(&named, &metric, &options)?);
        }
        report.statements = report.comparisons.iter().map(Comparison::statement).collect();
    }
    print(&report, arguments.format);
    if let Some(path) = &arguments.json {
        write_bytes(path, serde_json::to_string_pretty(&report)?.as_bytes())?;
    }
    Ok(())
}

/// All files, classes in the order of the first one; each model is named after its file.
fn read(paths: &[PathBuf]) -> Result<Vec<(String, Predictions)>, Box<dyn Error>> {
    let mut models: Vec<(String, Predictions)> = Vec::new();
    for path in paths {
        let in_file = |error: &dyn Error| format!("{}: {error}", path.display());
        let file = File::open(path).map_err(|error| in_file(&error))?;
        let classes = models.first().map(|(_, first)| first.classes().clone());
        let predictions = Predictions::read_csv(file, classes.as_ref()).map_err(|error| in_file(&error))?;
        models.push((path.display().to_string(), predictions));
    }
    Ok(models)
}

fn score(
    model: &str,
    predictions: &Predictions,
    arguments: &Arguments,
    bootstrap: &Bootstrap,
) -> Result<Scored, radiograph_metrics::Error> {
    let mut subgroups = Vec::new();
    for field in &arguments.by {
        for metric in [Metric::Accuracy, Metric::AveragedAuc(Average::Macro)] {
            subgroups.push(SubgroupTable::of(predictions, field, &metric, bootstrap, 2)?);
        }
    }
    // Where a class comes from stands beside every score.
    let source = predictions.fields().find(|field| *field == "source");
    let sources = source.map(|field| CrossTable::of(predictions, field)).transpose()?;
    let evaluation = Evaluation::of(predictions, bootstrap)?;
    Ok(Scored { model: model.to_owned(), evaluation, sources: sources.into_iter().collect(), subgroups })
}

fn print(report: &Report, format: Format) {
    let show = |table: &Table| match format {
        Format::Text => println!("{}", table.to_text()),
        Format::Markdown => println!("{}", table.to_markdown()),
        Format::Csv => println!("{}", table.to_csv()),
    };
    for scored in &report.models {
        let evaluation = &scored.evaluation;
        println!("{}: {} samples, {} patients", scored.model, evaluation.samples, evaluation.patients);
        if !evaluation.patients_known {
            println!(
                "no column patient: images are taken to be independent, which makes intervals too narrow if not"
            );
        }
        println!();
        show(&Table::from(&evaluation.confusion));
        show(&evaluation.overall_table());
        show(&evaluation.long_class_table());
        for cross in &scored.sources {
            show(&Table::from(cross));
            cross.warnings().iter().for_each(|warning| println!("warning: {warning}\n"));
        }
        scored.subgroups.iter().for_each(|subgroups| show(&Table::from(subgroups)));
    }
    report.statements.iter().for_each(|statement| println!("{statement}"));
}
