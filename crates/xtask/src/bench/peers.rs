//! Runs the scripts in `benches/peers` and keeps what they measure.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use clap::ValueEnum;
use serde_json::Value;

use super::{
    Arguments, RECORDS,
    computer::Computer,
    environment,
    record::{Area, Record},
    write_tables,
};
use crate::{
    cache::Cache, checkout::Checkout, error::Error, examples::programs, lane::Lane, run, say, setup,
};

/// A script in `benches/peers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum Peer {
    /// Networks: PyTorch, ONNX Runtime, OpenVINO
    Backbone,
    /// From files to stored features: torchvision, timm
    Extract,
    /// Training steps: PyTorch
    Head,
    /// Training steps: Keras
    HeadKeras,
    /// Grad-CAM: grad-cam, captum
    Gradcam,
    /// Pictures: Pillow, OpenCV
    Image,
    /// DICOM: pydicom, MONAI
    Films,
    /// Scores, intervals, tests: scikit-learn, confidenceinterval, statsmodels
    Metrics,
    /// Copies of films: imagededup, cleanvision
    Duplicates,
    /// From folders to a confusion matrix: a script with Keras
    Job,
    /// Share of a run that fingerprints, certificate and intervals take; nobody beside it
    Honest,
}

/// Time that a script has for its end after its budget, before it is killed.
const LAST_WORDS: Duration = Duration::from_secs(300);

impl Peer {
    pub(super) fn all() -> Vec<Self> {
        Self::value_variants().to_vec()
    }

    /// Name of the script without its ending, and of the block in the document.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Backbone => "backbone",
            Self::Extract => "extract",
            Self::Head => "head",
            Self::HeadKeras => "head_keras",
            Self::Gradcam => "gradcam",
            Self::Image => "image",
            Self::Films => "films",
            Self::Metrics => "metrics",
            Self::Duplicates => "duplicates",
            Self::Job => "job",
            Self::Honest => "honest",
        }
    }
}

/// Programs and places that the scripts need.
struct Bench {
    python: PathBuf,
    beside: PathBuf,
    radiograph: PathBuf,
    results: PathBuf,
}

/// Runs each script. One that fails is told, and the rest goes on.
pub(super) fn measure(
    lane: Option<Lane>,
    peers: &[Peer],
    arguments: &Arguments,
    checkout: &Checkout,
) -> Result<(), Error> {
    let python = environment::python(checkout, &Cache::of_user()?)?;
    let ready = setup::prepare(lane, checkout)?;
    let build = |words: [&str; 4], kind: &str| -> Result<PathBuf, Error> {
        let mut cargo = ready.cargo("build")?;
        cargo.args(["--release", "--message-format=json-render-diagnostics"]).args(words);
        let messages = run::output(&mut cargo)?;
        let found = programs(&String::from_utf8_lossy(&messages), kind);
        let named = found.into_iter().find(|path| path.file_stem().is_some_and(|name| name == words[3]));
        named.ok_or_else(|| Error::NotBuilt { what: words[3].to_owned(), folder: checkout.root().to_owned() })
    };
    let results = checkout.root().join("target/peers");
    fs::create_dir_all(&results).map_err(Error::io(&results))?;
    let bench = Bench {
        python,
        beside: build(["--package", "radiograph-benches", "--example", "beside"], "example")?,
        radiograph: build(["--package", "radiograph-cli", "--bin", "radiograph"], "bin")?,
        results,
    };
    let computer = Computer::this();
    let path = checkout.root().join(RECORDS).join(format!("{}.json", computer.file_stem()));
    let mut failed = Vec::new();
    for &peer in peers {
        let (outcome, result) = bench.run(peer, arguments, checkout)?;
        if let Err(error) = outcome {
            say(&format!("{} failed: {error}", peer.name()));
            failed.push(peer.name());
        }
        if let Some(result) = result
            && !arguments.tiny
        {
            // Each script is kept at once: the next one may take the machine down.
            let mut record = Record::read_or_new(&path, &computer)?;
            record.areas.insert(peer.name().to_owned(), Area { libtorch: ready.libtorch_version(), result });
            record.write(&path)?;
        }
    }
    if !arguments.tiny {
        write_tables(checkout)?;
    }
    if failed.is_empty() { Ok(()) } else { Err(Error::PeersFailed { peers: failed }) }
}

impl Bench {
    /// How a script ended, and what it had measured by then.
    fn run(
        &self,
        peer: Peer,
        arguments: &Arguments,
        checkout: &Checkout,
    ) -> Result<(Result<(), Error>, Option<Value>), Error> {
        let out = self.results.join(format!("{}.json", peer.name()));
        crate::cache::remove(&out)?;
        let mut script = Command::new(&self.python);
        script.current_dir(checkout.root());
        script.arg(checkout.root().join("benches/peers").join(format!("{}.py", peer.name())));
        script
            .arg("--out")
            .arg(&out)
            .arg("--beside")
            .arg(&self.beside)
            .arg("--radiograph")
            .arg(&self.radiograph);
        script.args(["--rounds", &arguments.rounds.to_string(), "--budget", &arguments.budget.to_string()]);
        script.args(arguments.beside_load.then_some("--beside-load"));
        script.args(arguments.tiny.then_some("--tiny"));
        say(&format!("{}: at most {} s", peer.name(), arguments.budget));
        let outcome = run::within(&mut script, Duration::from_secs(arguments.budget) + LAST_WORDS);
        let result = match fs::read(&out) {
            Ok(text) => Some(serde_json::from_slice(&text).map_err(|error| Error::io(&out)(error.into()))?),
            Err(_) => None,
        };
        Ok((outcome, result))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_script() {
        let folder = Checkout::this().root().join("benches/peers");
        assert_eq!(Peer::all().len(), 11);
        for peer in Peer::all() {
            assert!(folder.join(format!("{}.py", peer.name())).is_file(), "{}", peer.name());
            let name = peer.to_possible_value().unwrap();
            assert_eq!(name.get_name(), peer.name());
        }
    }
}
