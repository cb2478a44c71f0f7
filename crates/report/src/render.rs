//! Renders a report: its page and figures, in memory.

use crate::{Error, Rendered, Report, class_curves::ClassCurves, drawings, page};

impl Report {
    /// Draws the figures and writes the page, all in memory.
    ///
    /// The same report gives the same bytes, whatever the number of threads.
    ///
    /// # Errors
    ///
    /// If there is no network, if two networks have the same name, or if two parts of the input contradict each other.
    pub fn render(&self) -> Result<Rendered, Error> {
        self.check()?;
        let curves = ClassCurves::of(self)?;
        let figures = drawings::figures(self, &curves)?;
        let claim = self.claim();
        let html = page::page(self, &figures, &curves, &claim)?;
        Ok(Rendered { html, figures, claim: claim.to_markdown() })
    }
}
