//! The tables of `docs/speed.md`, from the records of all machines.

use std::fmt::Write;

use serde_json::Value;

mod row;

pub(super) use row::{ends, median};

use self::row::Row;
use super::{peers::Peer, record::Record};

/// Every block with its text: a table for each machine.
pub(super) fn blocks(records: &[Record]) -> Vec<(&'static str, String)> {
    Peer::all().into_iter().map(|peer| (peer.name(), block(peer.name(), records))).collect()
}

fn block(name: &str, records: &[Record]) -> String {
    let mut text = String::new();
    for record in records {
        let Some(area) = record.areas.get(name) else { continue };
        let result = &area.result;
        let _ =
            write!(text, "**{}** ({}, libtorch {}", record.machine.in_words(), date(result), area.libtorch);
        for (package, version) in result["versions"].as_object().into_iter().flatten() {
            let _ = write!(text, ", {package} {}", version.as_str().unwrap_or("unknown"));
        }
        let _ = writeln!(text, "){}\n", rates(&result["rates"]));
        text += &table(&rows(result));
        text.push('\n');
    }
    if text.is_empty() { format!("Not measured yet: `cargo xtask bench --peers {name}`.") } else { text }
}

fn date(result: &Value) -> &str {
    result["date"].as_str().unwrap_or("unknown date")
}

/// What the machine did at best in the same run.
fn rates(rates: &Value) -> String {
    let kinds = [
        ("matrix", "matrix products", 1e9, "GFLOP/s"),
        ("memory", "copies in memory", 1e9, "GB/s"),
        ("disk-write", "writes to the disk", 1e6, "MB/s"),
        ("disk-read", "reads from the disk", 1e6, "MB/s"),
    ];
    let told = kinds.into_iter().filter_map(|(key, what, scale, unit)| {
        let rate = rates[key].as_f64()? / scale;
        Some(format!("{what} at {rate:.0} {unit}"))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { ".".to_owned() } else { format!("; {}.", told.join(", ")) }
}

fn rows(result: &Value) -> Vec<Row> {
    result["rows"].as_array().into_iter().flatten().map(Row::of).collect()
}

/// The rows, with below them the reasons of floors, sentences of the script, and the peers that failed.
fn table(rows: &[Row]) -> String {
    let loaded = rows.iter().any(Row::is_measured_beside_load);
    let mut text = "| work | ours | others | ratio | floor |".to_owned();
    text += if loaded { " beside load |\n|---|---|---|---|---|---|\n" } else { "\n|---|---|---|---|---|\n" };
    for row in rows.iter().filter(|row| row.is_measured()) {
        let _ = write!(
            text,
            "| {} | {} | {} | {} | {} |",
            row.work,
            row.own(),
            row.others(),
            row.ratio(),
            row.floor()
        );
        text += &if loaded { format!(" {} |\n", row.beside_load()) } else { "\n".to_owned() };
    }
    let of_rows: Vec<(&str, &str)> =
        rows.iter().filter_map(|row| Some((row.work.as_str(), row.reason()?))).collect();
    match of_rows[..] {
        [] => {}
        [(_, reason), ..] if of_rows.iter().all(|(_, other)| *other == reason) => {
            let _ = writeln!(text, "\nFloors: {reason}.");
        }
        _ => {
            text += "\nFloors:\n\n";
            text.extend(of_rows.iter().map(|(work, reason)| format!("- {work}: {reason}.\n")));
        }
    }
    for sentence in rows.iter().flat_map(|row| &row.sentences) {
        let _ = writeln!(text, "\n{sentence}");
    }
    let failed: Vec<String> = rows
        .iter()
        .flat_map(|row| {
            row.failed.iter().map(move |(peer, error)| format!("- {}, {peer}: {error}", row.work))
        })
        .collect();
    if !failed.is_empty() {
        let _ = writeln!(text, "\nFailed:\n\n{}", failed.join("\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::bench::{computer::Computer, record::Area};

    fn record(processor: &str, result: Value) -> Record {
        let machine = Computer {
            processor: processor.to_owned(),
            model: "6-1-1".to_owned(),
            instruction_sets: vec!["avx2".to_owned()],
            cores: 2,
            memory_gib: 8,
            system: "Linux 6".to_owned(),
        };
        let area = Area { libtorch: "2.13.0".to_owned(), result };
        Record { machine, areas: BTreeMap::from([("head".to_owned(), area)]) }
    }

    #[test]
    fn machines_stand_one_below_the_other_with_their_versions_and_failures() {
        let first = json!({
            "date": "2026-11-30", "versions": { "torch": "2.13.0" }, "rates": { "matrix": 192.4e9, "disk-read": 1e9 },
            "rows": [
                { "work": "a step", "amount": 1, "unit": "steps",
                  "ours": { "step": [0.5, 0.4, 0.6] }, "peers": { "PyTorch": [1.0, 0.8, 0.9] },
                  "beside_load": { "step": [1.0, 1.1, 0.9] }, "failed": { "Keras": "ImportError: no module" },
                  "floor": { "seconds": 0.25, "reason": "three products" } },
                { "work": "broken", "ours": {}, "peers": {}, "beside_load": {}, "failed": { "the comparison": "no" } },
            ],
        });
        let blocks = blocks(&[record("A", first), record("B", json!({ "rows": [] }))]);
        assert_eq!(blocks.len(), Peer::all().len());
        let head = &blocks.iter().find(|(name, _)| *name == "head").unwrap().1;
        let lines: Vec<&str> = head.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(
            lines[..8],
            [
                "**A (6-1-1), AVX2, 2 cores, 8 GiB** (2026-11-30, libtorch 2.13.0, torch 2.13.0); matrix products at 192 GFLOP/s, \
                 reads from the disk at 1000 MB/s.",
                "| work | ours | others | ratio | floor | beside load |",
                "|---|---|---|---|---|---|",
                "| a step | 500 ms (400 to 600) | PyTorch 900 ms | 2.00 (1.50 to 2.00) | 250 ms, 50 % | 2.00 times as long |",
                "Floors: three products.",
                "Failed:",
                "- a step, Keras: ImportError: no module",
                "- broken, the comparison: no",
            ]
        );
        assert!(lines[8].starts_with("**B (6-1-1)"));
        // Of another kind each row has its own reason, and nothing was measured beside a load.
        let row = |work: &str| {
            let floor = json!({ "seconds": 0.5, "reason": format!("as {work}") });
            Row::of(&json!({ "work": work, "ours": { "x": [1.0] }, "peers": {}, "floor": floor }))
        };
        let told = table(&[row("a"), row("b")]);
        assert!(
            told.starts_with("| work | ours | others | ratio | floor |\n|---|---|---|---|---|\n| a |"),
            "{told}"
        );
        assert!(told.ends_with("\nFloors:\n\n- a: as a.\n- b: as b.\n"), "{told}");
        let image = &blocks.iter().find(|(name, _)| *name == "image").unwrap().1;
        assert_eq!(image, "Not measured yet: `cargo xtask bench --peers image`.");
    }
}
