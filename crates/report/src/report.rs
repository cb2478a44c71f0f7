//! The content of a report as plain data. The program that ran the training fills it in; a JSON file can hold it.

use radiograph_audit::Audit;
use radiograph_metrics::Comparison;
use serde::{Deserialize, Serialize};

use crate::{CurveBands, DataSummary, Error, NetworkReport, Role, RunRecord, Spread};

/// The content of a report.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Report {
    /// Run: settings, time, software.
    pub run: RunRecord,
    /// Data.
    pub data: DataSummary,
    /// Networks in the order of the page, at least one.
    pub networks: Vec<NetworkReport>,
    /// Comparisons of pairs of networks on the same test images.
    pub comparisons: Vec<Comparison>,
    /// Number of tests that their p-values are corrected for; 0 if they are not.
    #[serde(default)]
    pub corrected_for: usize,
    /// Pairs of networks that were not compared.
    #[serde(default)]
    pub not_tested: Vec<(String, String)>,
    /// Audit for shortcuts, if one was made.
    #[serde(default)]
    pub audit: Option<Audit>,
    /// Scores of models over repeated trainings or splits.
    #[serde(default)]
    pub spreads: Vec<Spread>,
    /// Best network, if one was chosen.
    pub best: Option<Best>,
    /// Resampling of the bands around curves.
    pub bands: CurveBands,
}

/// The best network and the criterion that chose it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Best {
    /// Name.
    pub network: String,
    /// Criterion, such as `mean validation macro AUC over folds`.
    pub chosen_by: String,
    /// Whether the criterion uses the test images, as Algorithm 1 of the paper does. The score of the best network is then
    /// optimistic.
    pub on_test: bool,
    /// Value of the criterion for each network.
    pub values: Vec<(String, f64)>,
}

impl Report {
    /// The best network; the first if none was chosen.
    pub(crate) fn leading(&self) -> &NetworkReport {
        let named = |name: &str| self.networks.iter().find(|network| network.name == name);
        self.best.as_ref().and_then(|best| named(&best.network)).unwrap_or(&self.networks[0]) // checked: there is one
    }

    /// The value of a setting, by its key.
    pub(crate) fn setting(&self, key: &str) -> Option<&str> {
        self.run.settings.iter().find(|setting| setting.key == key).map(|setting| setting.value.as_str())
    }

    /// The linear probe on the features of this network.
    pub(crate) fn linear_probe_of(&self, network: &NetworkReport) -> Option<&NetworkReport> {
        let same = |other: &&NetworkReport| {
            other.role == Role::LinearProbe && other.architecture == network.architecture
        };
        self.networks.iter().find(same).filter(|probe| probe.name != network.name)
    }

    /// The outcome of a comparison in words, without a verdict on a model that has not converged.
    pub(crate) fn statement(&self, comparison: &Comparison) -> String {
        let unconverged = self.networks.iter().filter(|network| network.is_unconverged());
        comparison.statement_unless(&unconverged.map(|network| network.name.as_str()).collect::<Vec<_>>())
    }

    /// Whether the two models differ; `None` if that cannot be told or one of them has not converged.
    pub(crate) fn verdict(&self, comparison: &Comparison) -> Option<bool> {
        let compared = [&comparison.first, &comparison.second];
        let unconverged =
            self.networks.iter().any(|network| network.is_unconverged() && compared.contains(&&network.name));
        comparison.differs().filter(|_| !unconverged)
    }

    /// Refuses a report whose parts contradict each other.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.networks.is_empty() {
            return Err(Error::NoNetwork);
        }
        if !(100..=100_000).contains(&self.bands.replicates) {
            let (value, range) = (u64::from(self.bands.replicates), "from 100 to 100,000");
            return Err(Error::Setting { name: "the number of resamples of curves", value, range });
        }
        for (at, network) in self.networks.iter().enumerate() {
            if self.networks[..at].iter().any(|other| other.name == network.name) {
                return Err(Error::SameName { name: network.name.clone() });
            }
            network.check()?;
            let tested = network.predictions.len() as u64;
            if tested != self.data.flow.test {
                return Err(Error::Contradiction {
                    part: network.name.clone(),
                    first: format!("it predicted {tested} test images"),
                    second: format!("the data flow has {}", self.data.flow.test),
                });
            }
        }
        if let Some(best) = &self.best
            && self.networks.iter().all(|network| network.name != best.network)
        {
            return Err(Error::Contradiction {
                part: "the choice of a network".to_owned(),
                first: format!("{} was chosen", best.network),
                second: "no network has that name".to_owned(),
            });
        }
        self.data.check()
    }
}
