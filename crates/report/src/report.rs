//! All that a report shows. Plain data: whoever ran the run fills it in, and a JSON file can hold it.

use radiograph_metrics::Comparison;
use serde::{Deserialize, Serialize};

use crate::{DataSummary, Error, NetworkReport, Rendered, RunRecord, drawings, page};

/// All that a report shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "to be written out by whoever ran the run")]
pub struct Report {
    /// What ran.
    pub run: RunRecord,
    /// On what.
    pub data: DataSummary,
    /// The networks, in the order in which they are shown. One at least.
    pub networks: Vec<NetworkReport>,
    /// Pairs of networks compared on the same test images.
    pub comparisons: Vec<Comparison>,
    /// Which network was chosen, and how.
    pub best: Option<Best>,
    /// How the bands around curves are resampled.
    pub bands: CurveBands,
}

/// The network that was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "to be written out by whoever chose")]
pub struct Best {
    /// Its name.
    pub network: String,
    /// By what, as in `mean validation macro AUC over folds`.
    pub chosen_by: String,
    /// Whether that looks at the test images, as Algorithm 1 of the paper does: the score of the chosen one is then too good.
    pub on_test: bool,
    /// The value of each network.
    pub values: Vec<(String, f64)>,
}

/// How bands around ROC and precision-recall curves are made: patients are resampled as often as this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "to be written out by whoever reports")]
pub struct CurveBands {
    /// Resamples, from 100 to 100,000.
    pub replicates: u32,
    /// Seed of the resampling.
    pub seed: u64,
}

impl Report {
    /// Draws the figures and writes the page, all in memory.
    ///
    /// The same report gives the same bytes, whatever the number of threads.
    ///
    /// # Errors
    ///
    /// If there is no network, if two share a name, or if two parts of the input contradict one another.
    pub fn render(&self) -> Result<Rendered, Error> {
        self.check()?;
        let figures = drawings::figures(self)?;
        let html = page::page(self, &figures)?;
        Ok(Rendered { html, figures })
    }

    /// The network that was chosen; without a choice the first.
    pub(crate) fn leading(&self) -> &NetworkReport {
        let named = |name: &str| self.networks.iter().find(|network| network.name == name);
        self.best.as_ref().and_then(|best| named(&best.network)).unwrap_or(&self.networks[0]) // checked: there is one
    }

    fn check(&self) -> Result<(), Error> {
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
