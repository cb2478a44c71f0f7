//! The stage `repeat`: trains and tests the models on further splits of the same collections.

use radiograph_features::Part;
use radiograph_run::{Progress, Spread, Stage, Watcher};

use super::Pipeline;
use crate::Error;

impl Pipeline<'_> {
    /// Makes a run of each further split that [`repeats`](radiograph_run::Config::repeats) asks for, up to its scores, and
    /// returns the scores of every model over all splits, which `repeats.json` holds. The further runs share the feature
    /// stores; they have neither explanations nor audit nor report.
    ///
    /// # Errors
    ///
    /// [`Error::Run`] if an earlier stage did not run; those of the stages of a further run, and an interruption.
    pub fn repeat(&mut self) -> Result<Vec<Spread>, Error> {
        let splits = self.run.further_splits()?;
        if splits.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(summarised) = self.run.summarised(&splits)? {
            self.run.skip(Stage::Repeat, "")?;
            return Ok(summarised);
        }
        let clock = self.run.start(Stage::Repeat, "")?;
        for split in &splits {
            let sentence =
                format!("split {} of {}: {}", split.number, splits.len() + 1, split.folder.display());
            self.run.say(Stage::Repeat, &sentence)?;
            let watcher: &mut Watcher<'_> = self.run.watcher();
            let mut watch = |progress: Progress<'_>| watcher(progress);
            let mut further = Pipeline::open(split.config.clone(), &split.folder, &mut watch)?;
            further.assemble()?;
            further.extract(Part::WHOLE)?;
            further.train()?;
            further.evaluate()?;
        }
        let spreads = self.run.summarise(&splits)?;
        self.run.finish(clock)?;
        Ok(spreads)
    }
}
