//! The tables of `docs/results.md`, from the files of its runs.

use std::{fmt::Write, path::Path};

use serde_json::Value;

use super::{
    MITIGATIONS, PAPER, RUNS, Run, SHARED,
    number::{counted, decimals, estimate, overall, read},
};
use crate::error::Error;

/// The names of the blocks, in the order of the document.
pub(super) const NAMES: [&str; 9] =
    ["commands", "scores", "seeds", "differences", "leaks", "audit", "mitigation", "paper", "time"];

const NETWORK: &str = "inception_v3";
/// The models that a run may have, with their names in tables.
const MODELS: [(&str, &str); 7] = [
    ("", "recurrent head"),
    ("-seed-ensemble", "mean of its three seeds"),
    ("-fold-ensemble", "mean of its folds"),
    ("-table-4", "plain network of Table 4"),
    ("-without-recurrence", "the same head without the recurrence"),
    ("-mean-dense", "mean of the map, dense layers"),
    ("-linear-probe", "linear probe"),
];

/// Every block with its text.
pub(super) fn blocks(out: &Path) -> Result<Vec<(&'static str, String)>, Error> {
    let of_all = |table: fn(&Run, &Path) -> Result<String, Error>| -> Result<String, Error> {
        RUNS.iter().map(|run| table(run, &out.join(run.name))).collect()
    };
    let texts = [
        commands(),
        format!(
            "| run | model | test images | accuracy | macro AUC | converged |\n|---|---|---|---|---|---|\n{}",
            of_all(scores)?
        ),
        format!(
            "| run | macro AUC of three seeds | mean | standard deviation | accuracy of three seeds | mean | standard deviation |\n\
             |---|---|---|---|---|---|---|\n{}",
            of_all(seeds)?
        ),
        of_all(differences)?,
        format!(
            "| run | images | test images with a copy in training | test images of a patient in training |\n|---|---|---|---|\n{}",
            of_all(leaks)?
        ),
        audit(&out.join(RUNS[0].name))?,
        mitigation(out)?,
        paper(&out.join(PAPER.name))?,
        format!(
            "| run | assemble | extract | train | everything else | peak memory |\n|---|---|---|---|---|---|\n{}",
            of_all(time)? + &time(&PAPER, &out.join(PAPER.name))?
        ),
    ];
    Ok(NAMES.into_iter().zip(texts).collect())
}

/// The commands that make the same runs without this project's own tool.
fn commands() -> String {
    let quoted = |setting: &&str| format!("--set \"{setting}\"");
    let shared = SHARED.iter().map(quoted).collect::<Vec<_>>().join(" \\\n    ");
    let begun = |command: &str| {
        format!(
            "radiograph {command} \"runs/$1\" --data ~/collections --preset trustworthy \\\n    {shared} \\\n    \
             --set compute.feature_stores=features \"${{@:2}}\""
        )
    };
    let mut text = format!(
        "```console\n$ radiograph weights install inception_v3 inception_v3.keras.safetensors\n\
         $ run() {{ {}; }}\n\
         $ audit() {{ {} &&\n    radiograph extract \"runs/$1\" && radiograph audit \"runs/$1\"; }}\n",
        begun("run"),
        begun("assemble")
    );
    for (command, runs) in [("run", &RUNS[..]), ("audit", &MITIGATIONS[..])] {
        let width = runs.iter().map(|run| run.name.len()).max().unwrap_or_default();
        for run in runs {
            let settings = run.settings.iter().map(quoted).collect::<Vec<_>>();
            let _ = writeln!(text, "$ {command} {:width$} {}", run.name, settings.join(" "));
        }
    }
    let settings = PAPER.settings.iter().map(quoted).collect::<Vec<_>>();
    let _ = writeln!(
        text,
        "$ radiograph run runs/{} --data ~/collections --config examples/paper.toml \\\n    \
         --set weights.inception_v3=inception_v3 {}",
        PAPER.name,
        settings.join(" ")
    );
    text + "```"
}

fn scores(run: &Run, folder: &Path) -> Result<String, Error> {
    let comparison = read(&folder.join("comparison.json"))?;
    let unconverged = comparison["unconverged"].as_array().cloned().unwrap_or_default();
    let mut text = String::new();
    for (suffix, words) in MODELS {
        let model = format!("{NETWORK}{suffix}");
        let path = folder.join(&model).join("metrics.json");
        if !path.is_file() {
            continue; // a run with one seed has no ensemble of seeds
        }
        let test = &read(&path)?["test"];
        let _ = writeln!(
            text,
            "| {} | {words} | {} of {} groups | {} | {} | {} |",
            run.title,
            test["samples"],
            test["clusters"],
            estimate(overall(test, "accuracy")),
            estimate(overall(test, "macro AUC")),
            if unconverged.iter().any(|name| *name == *model) { "**no**" } else { "yes" },
        );
    }
    Ok(text)
}

fn seeds(run: &Run, folder: &Path) -> Result<String, Error> {
    let path = folder.join("seeds.json");
    if !path.is_file() {
        return Ok(String::new());
    }
    let spreads = read(&path)?;
    let all = spreads.as_array().map(Vec::as_slice).unwrap_or_default();
    let Some(spread) = all.iter().find(|spread| spread["model"] == NETWORK) else { return Ok(String::new()) };
    let mut row = format!("| {} |", run.title);
    for name in ["macro AUC", "accuracy"] {
        let scores = spread["scores"].as_array().map(Vec::as_slice).unwrap_or_default();
        let score = scores.iter().find(|score| score["name"] == name).unwrap_or(&Value::Null);
        let values = score["values"].as_array().map(Vec::as_slice).unwrap_or_default();
        let values: Vec<String> = values.iter().map(|value| decimals(&value["value"]["value"], 3)).collect();
        let (mean, deviation) = (&score["mean"]["value"], &score["deviation"]["value"]);
        let _ = write!(row, " {} | {} | {} |", values.join(", "), decimals(mean, 3), decimals(deviation, 3));
    }
    Ok(row + "\n")
}

/// What the run says of the recurrent head and its ensembles beside the linear probe.
fn differences(run: &Run, folder: &Path) -> Result<String, Error> {
    let statements = read(&folder.join("comparison.json"))?["statements"].clone();
    let statements = statements.as_array().cloned().unwrap_or_default();
    let about_probe = |statement: &&str| statement.contains("linear-probe");
    let told: Vec<&str> = statements.iter().filter_map(Value::as_str).filter(about_probe).collect();
    let lines = told.iter().map(|statement| format!("  - {statement}\n")).collect::<String>();
    Ok(format!("- {}:\n{lines}", run.title))
}

/// The run by the paper's text: leaks, scores, and the recurrent head beside every other model.
fn paper(folder: &Path) -> Result<String, Error> {
    let crossing = &read(&folder.join("leakage.json"))?["train_to_test"];
    let number = |name: &str| crossing[name].as_u64().unwrap_or_default();
    let mut text = format!(
        "{} training images, {} test images; {} of them have a copy in training, {} a patient there.\n\n\
         | run | model | test images | accuracy | macro AUC | converged |\n|---|---|---|---|---|---|\n{}\n",
        counted(number("from_images")),
        counted(number("to_images")),
        number("images_with_copies"),
        number("images_of_shared_patients"),
        scores(&PAPER, folder)?
    );
    let statements = read(&folder.join("comparison.json"))?["statements"].clone();
    for statement in statements.as_array().map(Vec::as_slice).unwrap_or_default() {
        let statement = statement.as_str().unwrap_or_default();
        if statement.contains(&format!("{NETWORK} ")) {
            let _ = writeln!(text, "- {statement}");
        }
    }
    Ok(text)
}

fn leaks(run: &Run, folder: &Path) -> Result<String, Error> {
    let crossing = &read(&folder.join("leakage.json"))?["train_to_test"];
    let number = |name: &str| crossing[name].as_u64().unwrap_or_default();
    Ok(format!(
        "| {} | {} | {} | {} |\n",
        run.title,
        counted(number("from_images") + number("to_images")),
        number("images_with_copies"),
        number("images_of_shared_patients")
    ))
}

fn audit(folder: &Path) -> Result<String, Error> {
    let audit = read(&folder.join("audit.json"))?;
    let counts = &audit["counts"];
    let mut text = format!(
        "{} training images, {} test images of {} clusters. {}\n\n\
         | what tells the class, or the source | macro AUC | accuracy | verdict |\n|---|---|---|---|\n",
        counts["training"],
        counts["test"],
        counts["test_clusters"],
        audit["sentence"].as_str().unwrap_or_default()
    );
    for probe in audit["probes"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let name = probe["probe"].as_str().unwrap_or_default().replace(['-', '_'], " ");
        for row in probe["rows"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let of = row["of"].as_str().filter(|of| !of.is_empty()).map(|of| format!(", {of}"));
            let verdict = match row["judgement"]["verdict"].as_str() {
                Some(verdict) => verdict.replace('-', " "),
                None if row["measurement"].is_null() => "not measured".to_owned(),
                None => "decides nothing".to_owned(),
            };
            let measured = &row["measurement"];
            let _ = writeln!(
                text,
                "| {name}{} | {} | {} | {verdict} |",
                of.unwrap_or_default(),
                estimate(&measured["auc"]),
                estimate(&measured["accuracy"])
            );
        }
    }
    if let Some(model) = audit["model"].as_object() {
        let name = model["name"].as_str().unwrap_or_default();
        let _ = writeln!(
            text,
            "| beside them, the model `{name}` | {} | {} | |",
            estimate(&model["auc"]),
            estimate(&model["accuracy"])
        );
    }
    Ok(text)
}

/// A linear probe at each source that its training did not see, and at home, with each mitigation and without any.
fn mitigation(out: &Path) -> Result<String, Error> {
    let mut text = "| change | source never seen | images there | AUC there | AUC at home | drop |\n|---|---|---|---|---|---|\n"
        .to_owned();
    let without = Run { title: "none", ..RUNS[0] };
    for run in std::iter::once(&without).chain(&MITIGATIONS) {
        let audit = read(&out.join(run.name).join("audit.json"))?;
        let mut any = false;
        for left_out in audit["elsewhere"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let scores = &left_out["scores"];
            if scores.is_null() {
                continue; // the audit of the run says why
            }
            any = true;
            let drop = &scores["drop"];
            let _ = writeln!(
                text,
                "| {} | {} | {} of {} clusters | {} | {} | {} ({} to {}) |",
                run.title,
                left_out["source"].as_str().unwrap_or_default(),
                scores["images"],
                scores["clusters"],
                estimate(&scores["away"]),
                estimate(&scores["home"]),
                decimals(&drop["value"], 3),
                decimals(&drop["low"], 3),
                decimals(&drop["high"], 3),
            );
        }
        if !any {
            let _ = writeln!(text, "| {} | none can be left out | | | | |", run.title);
        }
    }
    Ok(text)
}

fn time(run: &Run, folder: &Path) -> Result<String, Error> {
    let costs = read(&folder.join("costs.json"))?;
    let stages = costs["stages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let seconds = |wanted: &dyn Fn(&str) -> bool| -> f64 {
        let of = |stage: &&Value| wanted(stage["stage"].as_str().unwrap_or_default());
        stages.iter().filter(of).filter_map(|stage| stage["seconds"].as_f64()).sum()
    };
    let named = ["assemble", "extract", "train"];
    let mut row = format!("| {} |", run.title);
    for name in named {
        // A run whose features another one stored has no such stage.
        let took = stages.iter().any(|stage| stage["stage"] == name);
        let text = if took { format!("{:.0} s", seconds(&|stage| stage == name)) } else { "–".to_owned() };
        let _ = write!(row, " {text} |");
    }
    let _ = write!(row, " {:.0} s |", seconds(&|stage| !named.contains(&stage)));
    let peak = stages.iter().filter_map(|stage| stage["peak_bytes"].as_u64()).max();
    let _ = writeln!(
        row,
        " {} |",
        peak.map_or("unknown".to_owned(), |bytes| format!("{:.1} GB", bytes as f64 / 1e9))
    );
    Ok(row)
}
