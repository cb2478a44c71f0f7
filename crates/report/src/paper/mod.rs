//! The numbers printed in the paper (Al-Rakhami, Islam, Islam, Asraf, Sodhro and Ding 2021, medRxiv
//! 2020.08.24.20181339): tables 1 to 5, and the last epochs of section 4.1.
//!
//! Numbers are stored as text, so that they are not rounded again.

mod beside;
mod cited;
mod tables;
mod verdicts;

use crate::{NetworkReport, Role};

pub use beside::{LayerBeside, PrintedSize, beside_table_2, printed_size};
pub(crate) use cited::{CITED, Cited};
pub(crate) use tables::{ALL, PrintedNetwork, PrintedScores};
pub(crate) use verdicts::{Examined, TEST_IMAGES, table_3, table_4};

/// A class of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrintedClass {
    Covid,
    Pneumonia,
    Normal,
}

impl PrintedClass {
    /// All classes, in the order of the paper.
    pub(crate) const ALL: [Self; 3] = [Self::Covid, Self::Pneumonia, Self::Normal];

    /// The class of the paper with this name, in any of the usual spellings.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let letters: String =
            name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        match letters.as_str() {
            "covid" | "covid19" => Some(Self::Covid),
            "pneumonia" => Some(Self::Pneumonia),
            "normal" => Some(Self::Normal),
            _ => None,
        }
    }

    /// The name in the paper's spelling.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Covid => "COVID-19",
            Self::Pneumonia => "Pneumonia",
            Self::Normal => "Normal",
        }
    }

    /// Its row in a table of the paper.
    pub(crate) fn row(self) -> usize {
        self as usize
    }
}

/// The paper's numbers for a network of this architecture.
pub(crate) fn network(architecture: &str) -> Option<&'static PrintedNetwork> {
    ALL.iter().find(|printed| printed.architecture == architecture)
}

/// The test accuracy, in percent, that the paper prints for this network, with or without its recurrent layer.
pub(crate) fn accuracy(of: &NetworkReport) -> Option<f64> {
    let printed = network(&of.architecture)?;
    match of.role {
        Role::Recurrent => printed.accuracy.parse().ok(),
        Role::Table4 => printed.plain.accuracy.parse().ok(),
        Role::NotRecurrent
        | Role::LinearProbe
        | Role::WithoutRecurrence
        | Role::MeanDense
        | Role::Ensemble => None,
    }
}

/// The scores, in percent, that the paper prints for a class of this network. Table 4 has COVID-19 alone.
pub(crate) fn scores(of: &NetworkReport, class: &str) -> Option<&'static PrintedScores> {
    let (printed, class) = (network(&of.architecture)?, PrintedClass::named(class)?);
    match (of.role, class) {
        (Role::Recurrent, class) => Some(&printed.classes[class.row()]),
        (Role::Table4, PrintedClass::Covid) => Some(&printed.plain),
        _ => None,
    }
}
