//! Measures criterion's benches of this checkout in turns with those of another commit, and tells which became slower.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use super::tables::{ends, median};
use crate::{cache, checkout::Checkout, error::Error, examples::programs, lane::Lane, run, say, setup};

/// Benches that criterion measures; the others print rates of one run.
const CRITERION: [&str; 8] =
    ["backbone", "dataset", "gradcam", "head", "image", "metrics", "same_picture", "split"];

/// Nanoseconds of each round, by the full name of a benchmark.
type Measured = BTreeMap<String, Vec<f64>>;

/// Builds both, runs them alternating, and prints a row for each benchmark that is in both.
pub(super) fn compare(
    lane: Option<Lane>,
    revision: &str,
    benches: &[String],
    rounds: u32,
    checkout: &Checkout,
) -> Result<(), Error> {
    let folder = checkout.root().join("target/against");
    let other = worktree(revision, &folder, checkout)?;
    let all: Vec<String> = CRITERION.map(str::to_owned).to_vec();
    let named = if benches.is_empty() { &all[..] } else { benches };
    let sides =
        [("before", build(lane, &other, named, checkout)?), ("now", build(lane, checkout, named, checkout)?)];
    let mut measured = [Measured::new(), Measured::new()];
    for round in 1..=rounds.max(2) {
        for ((side, programs), measured) in sides.iter().zip(&mut measured) {
            let place = folder.join(side);
            cache::remove(&place)?;
            for program in programs {
                say(&format!("round {round}, {side}: {}", program.display()));
                let mut bench = Command::new(program);
                bench.current_dir(checkout.root().join("benches")).env("CRITERION_HOME", &place);
                bench.args(["--bench", "--noplot", "--warm-up-time", "1", "--measurement-time", "3"]);
                run::output(bench.args(["--sample-size", "10"]))?;
            }
            estimates(&place, measured)?;
        }
    }
    let [before, now] = &measured;
    let comparison = Comparison::of(before, now);
    for line in comparison.in_words() {
        eprintln!("{line}");
    }
    if comparison.rows.is_empty() { Err(Error::NothingToCompare) } else { Ok(()) }
}

/// A checkout of this commit in the folder.
fn worktree(revision: &str, folder: &Path, checkout: &Checkout) -> Result<Checkout, Error> {
    let git = || {
        let mut git = Command::new("git");
        git.current_dir(checkout.root());
        git
    };
    let commit = run::output(git().args([
        "rev-parse",
        "--verify",
        "--end-of-options",
        &format!("{revision}^{{commit}}"),
    ]))?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let place = folder.join("checkout");
    if place.is_dir() {
        // Files that stay equal keep their time, so that cargo builds only what differs from the last comparison.
        run::check(git().current_dir(&place).args(["checkout", "--quiet", "--force", "--detach", &commit]))?;
    } else {
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        run::check(git().args(["worktree", "prune"]))?;
        run::check(git().args(["worktree", "add", "--quiet", "--detach"]).arg(&place).arg(&commit))?;
    }
    Ok(Checkout::at(&place))
}

/// The benches of a checkout, built with the libtorch of this one into one target folder. What does not differ is built once.
fn build(
    lane: Option<Lane>,
    of: &Checkout,
    benches: &[String],
    checkout: &Checkout,
) -> Result<Vec<PathBuf>, Error> {
    let ready = setup::prepare(lane, checkout)?;
    let mut cargo = run::cargo();
    ready.describe_libtorch(&mut cargo);
    cargo.current_dir(of.root()).args(["bench", "--no-run", "--package", "radiograph-benches"]);
    cargo.arg("--message-format=json-render-diagnostics");
    for bench in benches {
        cargo.args(["--bench", bench]);
    }
    let messages = run::output(&mut cargo)?;
    let found = programs(&String::from_utf8_lossy(&messages), "bench");
    if found.is_empty() {
        return Err(Error::NotBuilt { what: "benches".to_owned(), folder: of.root().to_owned() });
    }
    Ok(found)
}

/// Adds the median of every benchmark below criterion's folder.
fn estimates(folder: &Path, measured: &mut Measured) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Benchmark {
        full_id: String,
    }
    #[derive(Deserialize)]
    struct Estimates {
        median: Estimate,
    }
    #[derive(Deserialize)]
    struct Estimate {
        point_estimate: f64,
    }
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry.map_err(Error::io(folder))?.path();
        if !path.is_dir() {
            continue;
        }
        let new = path.join("new");
        if new.join("estimates.json").is_file() {
            let benchmark: Benchmark = parsed(&new.join("benchmark.json"))?;
            let estimates: Estimates = parsed(&new.join("estimates.json"))?;
            measured.entry(benchmark.full_id).or_default().push(estimates.median.point_estimate);
        } else {
            estimates(&path, measured)?;
        }
    }
    Ok(())
}

fn parsed<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = fs::read(path).map_err(Error::io(path))?;
    serde_json::from_slice(&text).map_err(|error| Error::io(path)(error.into()))
}

/// Both commits beside each other.
struct Comparison {
    rows: Vec<Row>,
    /// Benchmarks that only one of the two has.
    alone: Vec<String>,
}

struct Row {
    name: String,
    before: Vec<f64>,
    now: Vec<f64>,
}

impl Comparison {
    fn of(before: &Measured, now: &Measured) -> Self {
        let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
        let (mut rows, mut alone) = (Vec::new(), Vec::new());
        for name in names {
            match (before.get(name), now.get(name)) {
                (Some(before), Some(now)) => {
                    rows.push(Row { name: name.clone(), before: before.clone(), now: now.clone() });
                }
                _ => alone.push(name.clone()),
            }
        }
        Self { rows, alone }
    }

    /// A table, and a sentence about what became slower.
    fn in_words(&self) -> Vec<String> {
        let mut lines =
            vec!["| benchmark | before | now | time | |".to_owned(), "|---|---|---|---|---|".to_owned()];
        lines.extend(self.rows.iter().map(Row::in_words));
        lines.extend(self.alone.iter().map(|name| format!("{name} is in one of the two only")));
        let slower: Vec<&str> =
            self.rows.iter().filter(|row| row.is_slower()).map(|row| row.name.as_str()).collect();
        lines.push(match &slower[..] {
            [] => "nothing became slower beyond the spread of its rounds".to_owned(),
            some => format!("slower beyond the spread of its rounds: {}", some.join(", ")),
        });
        lines
    }
}

impl Row {
    /// Whether the fastest round now is slower than the slowest one before.
    fn is_slower(&self) -> bool {
        ends(&self.now).0 > ends(&self.before).1
    }

    fn is_faster(&self) -> bool {
        ends(&self.now).1 < ends(&self.before).0
    }

    fn in_words(&self) -> String {
        let side = |rounds: &[f64]| {
            let (low, high) = ends(rounds);
            format!("{:.4} ms ({:.4} to {:.4})", median(rounds) / 1e6, low / 1e6, high / 1e6)
        };
        let verdict = if self.is_slower() {
            "slower"
        } else if self.is_faster() {
            "faster"
        } else {
            ""
        };
        let ratio = median(&self.now) / median(&self.before);
        format!("| {} | {} | {} | {ratio:.2} | {verdict} |", self.name, side(&self.before), side(&self.now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slower_is_what_no_round_of_before_explains() {
        let measured = |values: &[(&str, [f64; 2])]| -> Measured {
            values.iter().map(|(name, rounds)| ((*name).to_owned(), rounds.to_vec())).collect()
        };
        let before =
            measured(&[("a", [1e6, 1.2e6]), ("b", [1e6, 1.2e6]), ("c", [2e6, 2e6]), ("gone", [1.0, 1.0])]);
        let now = measured(&[("a", [1.1e6, 1.5e6]), ("b", [1.3e6, 1.4e6]), ("c", [1e6, 1e6])]);
        let lines = Comparison::of(&before, &now).in_words();
        assert_eq!(lines[2], "| a | 1.1000 ms (1.0000 to 1.2000) | 1.3000 ms (1.1000 to 1.5000) | 1.18 |  |");
        assert!(lines[3].ends_with("| slower |") && lines[4].ends_with("| 0.50 | faster |"), "{lines:?}");
        assert_eq!(lines[5], "gone is in one of the two only");
        assert_eq!(lines[6], "slower beyond the spread of its rounds: b");
    }

    #[test]
    fn medians_are_read_from_the_folders_of_criterion() {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("areas/auc/10000/new");
        fs::create_dir_all(&new).unwrap();
        fs::write(new.join("benchmark.json"), r#"{"group_id":"areas","full_id":"areas/auc/10000"}"#).unwrap();
        fs::write(
            new.join("estimates.json"),
            r#"{"mean":{"point_estimate":2.0},"median":{"point_estimate":1.5}}"#,
        )
        .unwrap();
        fs::create_dir_all(folder.path().join("report")).unwrap();
        let mut measured = Measured::new();
        estimates(folder.path(), &mut measured).unwrap();
        assert_eq!(measured, Measured::from([("areas/auc/10000".to_owned(), vec![1.5])]));
    }

    #[test]
    fn every_bench_of_criterion_is_listed() {
        let folder = Checkout::this().root().join("benches/benches");
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if fs::read_to_string(&path).unwrap().contains("criterion_main!") {
                found.push(path.file_stem().unwrap().to_string_lossy().into_owned());
            }
        }
        found.sort();
        assert_eq!(found, CRITERION);
    }
}
