//! The networks of the paper in a run, with the paper's names and letters.

use crate::{NetworkReport, Report, Role, paper::ALL};

/// A network with the paper's name of it and its letter.
pub(super) struct Named<'a> {
    /// Letter of its part of a figure.
    pub(super) letter: char,
    /// Name, without the suffix of the recurrent layer.
    pub(super) name: &'static str,
    /// The network.
    pub(super) network: &'a NetworkReport,
}

impl Named<'_> {
    /// Letter and name, as below the parts of a figure of the paper.
    pub(super) fn caption(&self) -> String {
        format!("({}) {}-RNN", self.letter, self.name)
    }
}

/// The paper's networks that this run has, in its order.
pub(super) fn networks(report: &Report) -> Vec<Named<'_>> {
    let letters = ALL.iter().zip('a'..);
    let found = letters.filter_map(|(printed, letter)| {
        let own = |network: &&NetworkReport| {
            network.role == Role::Recurrent && network.architecture == printed.architecture
        };
        let network = report.networks.iter().find(own)?;
        Some(Named { letter, name: printed.name, network })
    });
    found.collect()
}
