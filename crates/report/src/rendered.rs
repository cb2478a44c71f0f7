//! A rendered report: the page and its figures, in memory, which can be written to a folder.

use std::path::{Path, PathBuf};

use radiograph_files::{create_folder, write_bytes};

use crate::{Error, Figure};

/// A page and its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rendered {
    /// The whole page, including figures and pictures.
    pub html: String,
    /// The figures, separately.
    pub figures: Figures,
    /// The CLAIM checklist as Markdown.
    pub claim: String,
}

/// The figures of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figures {
    /// Accuracy of all networks.
    pub overview: Figure,
    /// AUC of every probe of the audit, if one was made.
    pub audit: Option<Figure>,
    /// ROC curves of all networks together, one figure a class; empty with one network.
    pub all_roc: Vec<Figure>,
    /// Precision-recall curves of all networks together, one figure a class; empty with one network.
    pub all_precision_recall: Vec<Figure>,
    /// Calibration curve of each class of the leading network.
    pub calibration: Vec<Figure>,
    /// Decision curve of each class of the leading network that has one.
    pub decision: Vec<Figure>,
    /// AUC of the model on changed test images, if they went through it.
    pub ablations: Option<Figure>,
    /// Figures of each network, in the order of the report.
    pub networks: Vec<NetworkFigures>,
    /// Figures 5 to 9 of the paper as it prints them, from this run. [`Figures::iter`] leaves them out: they repeat the others on
    /// sheets that are wider than a phone.
    pub paper: Vec<PaperFigure>,
}

/// A figure of the paper, drawn from a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaperFigure {
    /// The figure, named `figure-5` to `figure-9`.
    pub figure: Figure,
    /// The values that it shows, as CSV with headings.
    pub csv: String,
}

/// The figures of one network.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetworkFigures {
    /// Accuracy over the epochs, if there is any.
    pub accuracy: Option<Figure>,
    /// Loss over the epochs, if there is any.
    pub loss: Option<Figure>,
    /// The confusion matrix.
    pub confusion: Figure,
    /// ROC curves; `None` if no class has one.
    pub roc: Option<Figure>,
    /// Precision-recall curves; `None` if no class has one.
    pub precision_recall: Option<Figure>,
    /// Calibration.
    pub reliability: Figure,
    /// Calibration after temperature scaling.
    pub scaled: Option<Figure>,
}

impl Figures {
    /// All figures in the order of the page, but those of the paper.
    pub fn iter(&self) -> impl Iterator<Item = &Figure> {
        let together = self.all_roc.iter().chain(&self.all_precision_recall);
        let of_classes = self.calibration.iter().chain(&self.decision);
        let of_networks = self.networks.iter().flat_map(|network| {
            let training = [network.accuracy.as_ref(), network.loss.as_ref()];
            let curves = [network.roc.as_ref(), network.precision_recall.as_ref()];
            let calibration = [Some(&network.reliability), network.scaled.as_ref()];
            training.into_iter().chain([Some(&network.confusion)]).chain(curves).chain(calibration).flatten()
        });
        std::iter::once(&self.overview)
            .chain(&self.audit)
            .chain(&self.ablations)
            .chain(together)
            .chain(of_classes)
            .chain(of_networks)
    }
}

impl Rendered {
    /// Writes `report.html`, `claim.md`, and every figure as SVG and PNG below `figures/`; those of the paper lie in `figures/paper/`,
    /// with the values that they show as CSV. Missing folders are created. Returns the path of the page.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the system refuses.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, Error> {
        let figures = folder.join("figures");
        create_folder(&figures)?;
        let write = |folder: &Path, figure: &Figure| {
            write_bytes(&folder.join(format!("{}.svg", figure.name)), figure.svg.as_bytes())?;
            write_bytes(&folder.join(format!("{}.png", figure.name)), &figure.png)
        };
        for figure in self.figures.iter() {
            write(&figures, figure)?;
        }
        let paper = figures.join("paper");
        if !self.figures.paper.is_empty() {
            create_folder(&paper)?;
        }
        for PaperFigure { figure, csv } in &self.figures.paper {
            write(&paper, figure)?;
            write_bytes(&paper.join(format!("{}.csv", figure.name)), csv.as_bytes())?;
        }
        write_bytes(&folder.join("claim.md"), self.claim.as_bytes())?;
        let page = folder.join("report.html");
        write_bytes(&page, self.html.as_bytes())?;
        Ok(page)
    }
}
