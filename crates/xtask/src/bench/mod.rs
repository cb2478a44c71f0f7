//! `cargo xtask bench`: measures this project beside other software (`--peers`), or beside a commit of it (`--against`).
//!
//! The seconds of peers are kept in `docs/speed/`, one file for each machine. The tables of `docs/speed.md` are made from them.

mod against;
mod computer;
mod environment;
mod peers;
mod record;
mod tables;

use crate::{blocks::Document, checkout::Checkout, error::Error, lane::Lane, say};
use peers::Peer;

/// Measure this project beside other software, or beside an earlier commit of it
///
/// `--peers` makes a Python environment from benches/peers/requirements.txt in the user's cache (about 6 GB, because PyTorch's
/// libraries for Linux need those of CUDA), runs each script in benches/peers on the same work, and writes docs/speed/ and the
/// tables of docs/speed.md. Use an idle machine.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Arguments {
    /// Measure beside other software: these scripts [default: all]
    #[arg(long, num_args = 0.., value_enum, value_name = "NAME")]
    peers: Option<Vec<Peer>>,

    /// Rounds, in which all sides take turns
    #[arg(long, default_value_t = 5)]
    rounds: u32,

    /// Seconds after which a script is stopped; what it has measured until then is kept
    #[arg(long, default_value_t = 2400, value_name = "SECONDS")]
    budget: u64,

    /// Also measure ours beside another process that computes on one core
    #[arg(long)]
    beside_load: bool,

    /// Small sizes, to try whether the scripts run; nothing is written
    #[arg(long)]
    tiny: bool,

    /// Write the tables of docs/speed.md from docs/speed/ and measure nothing
    #[arg(long)]
    tables_only: bool,

    /// Measure criterion's benches in turns with those of this commit, and tell which became slower
    #[arg(long, value_name = "REV")]
    against: Option<String>,

    /// Benches for --against [default: all of criterion's]
    #[arg(long = "bench", value_name = "NAME")]
    benches: Vec<String>,
}

const DOCUMENT: Document = Document { path: "docs/speed.md", kind: "bench" };
/// Folder of the records, in the checkout.
const RECORDS: &str = "docs/speed";

pub(crate) fn bench(lane: Option<Lane>, arguments: &Arguments, checkout: &Checkout) -> Result<(), Error> {
    if arguments.tables_only {
        return write_tables(checkout);
    }
    if let Some(revision) = &arguments.against {
        against::compare(lane, revision, &arguments.benches, arguments.rounds, checkout)?;
    }
    match &arguments.peers {
        Some(named) => {
            let all = named.is_empty().then(Peer::all);
            peers::measure(lane, all.as_ref().unwrap_or(named), arguments, checkout)
        }
        None if arguments.against.is_some() => Ok(()),
        None => Err(Error::NothingToMeasure),
    }
}

fn write_tables(checkout: &Checkout) -> Result<(), Error> {
    let records = record::all(&checkout.root().join(RECORDS))?;
    DOCUMENT.write(checkout, &tables::blocks(&records))?;
    say(&format!("{} has new tables; read its prose again", DOCUMENT.path));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_document_has_a_place_for_every_table_and_its_tables_are_those_of_the_records() {
        let root = Checkout::this().root().to_owned();
        let text = fs::read_to_string(root.join(DOCUMENT.path)).unwrap();
        let records = record::all(&root.join(RECORDS)).unwrap();
        assert_eq!(
            DOCUMENT.with(&text, &tables::blocks(&records)).unwrap(),
            text,
            "run cargo xtask bench --tables-only"
        );
    }
}
