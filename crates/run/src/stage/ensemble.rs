//! The last part of the stage `train`: averages the probabilities of an ensemble's members.

use std::path::{Path, PathBuf};

use ndarray::Array2;
use radiograph_files::{ContentHash, create_folder, write_bytes};
use radiograph_metrics::{Predictions, Probabilities};
use radiograph_report::WeightsOrigin;

use crate::{
    Ensemble, EnsembleOver, EnsembleRecord, Error, FrozenRecord, Inputs, Run, ScoredModel, Stage, Stamp,
    TrainedFold, TrainingRecord,
    json::{read_json, write_json},
    read_predictions,
};

/// Predictions of a fold's model for the test images, which only an ensemble over folds needs.
pub const TEST_PREDICTIONS: &str = "test-predictions.csv";

impl Run<'_> {
    /// Averages the probabilities of an ensemble's members, and stores them as those of a model. An ensemble over folds reads
    /// [`TEST_PREDICTIONS`] in the folders of its members' folds.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if a member is not trained, [`Error::Edited`] if its predictions were changed, [`Error::Damaged`]
    /// if members do not predict the same images; [`Error::File`], and an interruption.
    pub fn average(&mut self, ensemble: &Ensemble) -> Result<EnsembleRecord, Error> {
        let name = &ensemble.name;
        let folder = self.folder().model(name);
        let mut members = Vec::with_capacity(ensemble.members.len());
        for &member in &ensemble.members {
            let member = ScoredModel::Trained(member);
            self.require_predictions(&member)?;
            members.push((member.name(), self.training(&member)?));
        }
        let folds = members[0].1.folds(); // an ensemble has members
        let tables = self.tables(ensemble, &members);
        let mut inputs = Inputs::of(Stage::Train).add_value("over", &ensemble.over);
        for (member, record) in &members {
            inputs = inputs.add_value(member, record);
        }
        for table in tables.iter().flat_map(|(_, tables)| tables) {
            inputs = inputs.add_file(table)?;
        }
        let stamp = format!("train-{name}");
        let hash = match Stamp::is_valid(self.folder().path(), &stamp, inputs)? {
            Ok(()) => {
                self.skip(Stage::Train, name)?;
                return EnsembleRecord::read(&folder)?
                    .ok_or(Error::Missing { path: folder.join(EnsembleRecord::FILE), stage: Stage::Train });
            }
            Err(hash) => hash,
        };
        let clock = self.start(Stage::Train, name)?;
        let (mut outputs, mut hashes) = (Vec::new(), Vec::new());
        for (place, tables) in &tables {
            let into = folder.join(place);
            create_folder(&into)?;
            let path = into.join("predictions.csv");
            let text = self.mean(tables)?;
            write_bytes(&path, &text)?;
            hashes.push(ContentHash::of_bytes(&text));
            outputs.push(path);
        }
        let predictions = hashes.remove(0); // the first table is that of the test images
        let folds = folds.iter().zip(hashes).map(|(fold, predictions)| TrainedFold { predictions, ..*fold });
        let record = EnsembleRecord::new(ensemble.over, &members, folds.collect(), predictions)?;
        let frozen = folder.join("frozen.json");
        write_json(&frozen, &self.frozen_of(ensemble)?)?;
        record.write(&folder)?;
        outputs.extend([frozen, folder.join(EnsembleRecord::FILE)]);
        Stamp::write(self.folder().path(), &stamp, hash, &outputs)?;
        self.finish(clock)?;
        Ok(record)
    }

    /// The tables that are averaged: for the test images, then for each fold's validation images, with the folder of the mean
    /// in that of the ensemble.
    fn tables(
        &self,
        ensemble: &Ensemble,
        members: &[(String, TrainingRecord)],
    ) -> Vec<(String, Vec<PathBuf>)> {
        let folds: Vec<String> =
            members[0].1.folds().iter().map(|fold| format!("fold-{}", fold.number)).collect();
        let of_all = |place: &str, file: &str| -> Vec<PathBuf> {
            members.iter().map(|(name, _)| self.folder().model(name).join(place).join(file)).collect()
        };
        let test = match ensemble.over {
            EnsembleOver::Folds => folds.iter().flat_map(|fold| of_all(fold, TEST_PREDICTIONS)).collect(),
            EnsembleOver::Seeds | EnsembleOver::Networks => of_all("", "predictions.csv"),
        };
        let validation = folds.iter().map(|fold| (fold.clone(), of_all(fold, "predictions.csv")));
        std::iter::once((String::new(), test)).chain(validation).collect()
    }

    /// The mean of tables of the same images, as CSV.
    fn mean(&self, tables: &[PathBuf]) -> Result<Vec<u8>, Error> {
        let first = self.predictions_of(&tables[0])?; // an ensemble has members
        let mut mean = Array2::zeros(first.probabilities().values().dim());
        for path in tables {
            let table = self.predictions_of(path)?;
            if table.ids() != first.ids() {
                let other = tables[0].display();
                return Err(Error::damaged(path, format!("its images are not those of {other}")));
            }
            // As `ClassProbabilities::weighted_mean` computes it, so that a prediction has the same bits.
            mean.zip_mut_with(&table.probabilities().values(), |sum: &mut f64, value| {
                *sum += value / tables.len() as f64;
            });
        }
        // A sum of shares of 1 may exceed it by a rounding.
        mean.mapv_inplace(|value| value.min(1.0));
        let truth: Vec<String> = (0..first.len()).map(|place| first.truth(place).name().to_owned()).collect();
        let probabilities = Probabilities::new(first.classes(), mean)?;
        let mut averaged = Predictions::new(first.classes(), &truth, &probabilities)?;
        if let Some(ids) = first.ids() {
            averaged = averaged.with_ids(ids)?;
        }
        if let Some(clusters) = first.cluster_names() {
            averaged = averaged.with_clusters(clusters)?;
        }
        for field in first.fields() {
            averaged = averaged.with_field(field, first.field(field)?)?;
        }
        let mut text = Vec::new();
        averaged.write_csv(&mut text)?;
        Ok(text)
    }

    fn predictions_of(&self, path: &Path) -> Result<Predictions, Error> {
        if !path.is_file() {
            return Err(Error::Missing { path: path.to_owned(), stage: Stage::Train });
        }
        read_predictions(path, self.classes())
    }

    /// The record of the frozen networks behind an ensemble.
    fn frozen_of(&self, ensemble: &Ensemble) -> Result<FrozenRecord, Error> {
        let mut origins: Vec<WeightsOrigin> = Vec::new();
        for member in &ensemble.members {
            let FrozenRecord { weights, .. } =
                read_json(&self.folder().model(&member.name()).join("frozen.json"))?;
            if !origins.contains(&weights) {
                origins.push(weights);
            }
        }
        let weights = if origins.len() == 1 { origins.remove(0) } else { WeightsOrigin::Several(origins) };
        Ok(FrozenRecord { weights, pretraining: None })
    }
}
