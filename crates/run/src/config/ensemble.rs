//! Ensembles of trained models: means of their probabilities, which are scored as models of their own.

use radiograph_protocol::Baseline;
use serde::{Deserialize, Serialize};

use super::{Config, ModelKind};

/// What an ensemble averages over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EnsembleOver {
    /// The seeds of a head.
    Seeds,
    /// The folds of a network's recurrent head, with all its seeds.
    Folds,
    /// The recurrent heads of all networks, with all their seeds.
    Networks,
}

/// A mean of the probabilities of trained models, all with the same weight.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ensemble {
    /// Name, and that of its folder.
    pub name: String,
    /// What it averages over.
    pub over: EnsembleOver,
    /// Its members; of [`EnsembleOver::Folds`], those whose folds are its members. At least one.
    pub members: Vec<ModelKind>,
}

impl Ensemble {
    /// What its members have in place of the recurrent head; `None` for recurrent heads.
    pub fn baseline(&self) -> Option<Baseline> {
        self.members.first().and_then(|member| member.baseline)
    }
}

/// A model that is scored: a trained one, or an ensemble.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a third kind must be scored on purpose")]
pub enum ScoredModel {
    /// A trained model.
    Trained(ModelKind),
    /// A mean of trained models.
    Ensemble(Ensemble),
}

impl ScoredModel {
    /// Name of the model, and of its folder.
    pub fn name(&self) -> String {
        match self {
            Self::Trained(model) => model.name(),
            Self::Ensemble(ensemble) => ensemble.name.clone(),
        }
    }

    /// The trained models that it consists of; at least one.
    pub fn members(&self) -> &[ModelKind] {
        match self {
            Self::Trained(model) => std::slice::from_ref(model),
            Self::Ensemble(ensemble) => &ensemble.members,
        }
    }

    /// The baseline that it is, or is a mean of.
    pub fn baseline(&self) -> Option<Baseline> {
        match self {
            Self::Trained(model) => model.baseline,
            Self::Ensemble(ensemble) => ensemble.baseline(),
        }
    }

    /// Whether it may be recommended, and then predict and be explained: a recurrent head, or the mean of its seeds. An
    /// ensemble over folds has no validation score of its own, and one over networks reads several feature maps.
    pub fn is_candidate(&self) -> bool {
        let over = match self {
            Self::Trained(_) => EnsembleOver::Seeds,
            Self::Ensemble(ensemble) => ensemble.over,
        };
        self.baseline().is_none() && over == EnsembleOver::Seeds
    }

    /// Whether it is compared with others and has a part of its own in the report. Further seeds of a model are not: their
    /// scores are shown as a spread.
    pub fn is_compared(&self) -> bool {
        !matches!(self, Self::Trained(model) if model.seed > 1)
    }
}

impl From<ModelKind> for ScoredModel {
    fn from(model: ModelKind) -> Self {
        Self::Trained(model)
    }
}

impl Config {
    /// Every model that is scored, in the order of tables: each model with its seeds and their ensemble, then the ensembles
    /// over folds and over networks.
    pub fn scored_models(&self) -> Vec<ScoredModel> {
        let asked = |over| self.training.ensembles.contains(&over);
        let mut scored = Vec::new();
        for kind in self.kinds() {
            let members = self.seeds_of(kind);
            scored.extend(members.iter().copied().map(ScoredModel::Trained));
            if asked(EnsembleOver::Seeds) && members.len() > 1 {
                let name = format!("{}-seed-ensemble", kind.name());
                scored.push(ScoredModel::Ensemble(Ensemble { name, over: EnsembleOver::Seeds, members }));
            }
        }
        let heads: Vec<ModelKind> = self.kinds().into_iter().filter(|kind| kind.baseline.is_none()).collect();
        if asked(EnsembleOver::Folds) {
            scored.extend(heads.iter().map(|&head| {
                let name = format!("{}-fold-ensemble", head.name());
                let members = self.seeds_of(head);
                ScoredModel::Ensemble(Ensemble { name, over: EnsembleOver::Folds, members })
            }));
        }
        if asked(EnsembleOver::Networks) && heads.len() > 1 {
            let (name, over) = ("network-ensemble".to_owned(), EnsembleOver::Networks);
            let members = heads.into_iter().flat_map(|head| self.seeds_of(head)).collect();
            scored.push(ScoredModel::Ensemble(Ensemble { name, over, members }));
        }
        scored
    }

    /// The ensembles among [`scored_models`](Self::scored_models).
    pub fn ensembles(&self) -> Vec<Ensemble> {
        let ensemble = |model| match model {
            ScoredModel::Ensemble(ensemble) => Some(ensemble),
            ScoredModel::Trained(_) => None,
        };
        self.scored_models().into_iter().filter_map(ensemble).collect()
    }

    /// The scored model of this name.
    pub fn scored_model(&self, name: &str) -> Option<ScoredModel> {
        self.scored_models().into_iter().find(|model| model.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(changes: &[&str]) -> Vec<String> {
        let changes: Vec<String> = changes.iter().map(|&change| change.to_owned()).collect();
        let config = Config::resolve(None, &changes).unwrap();
        config.scored_models().iter().map(ScoredModel::name).collect()
    }

    #[test]
    fn one_seed_changes_no_name_and_more_seeds_add_some() {
        let networks = "backbones=['vgg19', 'densenet121']";
        let single = ["vgg19", "vgg19-linear-probe", "densenet121", "densenet121-linear-probe"];
        assert_eq!(names(&[networks]), single);
        let three = [
            "vgg19",
            "vgg19-seed-2",
            "vgg19-seed-3",
            "vgg19-seed-ensemble",
            "vgg19-linear-probe",
            "vgg19-mean-dense",
            "vgg19-mean-dense-seed-2",
            "vgg19-mean-dense-seed-3",
            "vgg19-mean-dense-seed-ensemble",
        ];
        let one = "backbones=['vgg19']";
        let baselines = "baselines=['linear-probe', 'mean-dense']";
        assert_eq!(names(&[one, baselines, "training.seeds=3"]), three);
        assert_eq!(
            names(&[one, "preset=paper", "training.seeds=2"])[..2],
            ["vgg19", "vgg19-seed-2"],
            "the paper has no ensemble"
        );
        let all = names(&[networks, "training.ensembles=['folds', 'networks']"]);
        assert_eq!(all[..4], single);
        assert_eq!(all[4..], ["vgg19-fold-ensemble", "densenet121-fold-ensemble", "network-ensemble"]);
        assert_eq!(
            names(&[one, "training.ensembles=['networks']"]),
            single[..2],
            "one network is no ensemble"
        );
    }

    #[test]
    fn seeds_differ_and_the_first_is_that_of_the_run() {
        let config = Config::resolve(None, &["seed=11".to_owned(), "training.seeds=3".to_owned()]).unwrap();
        let models = config.models();
        let seeds: Vec<u64> = models[..3].iter().map(|&model| config.training_of(model, None).seed).collect();
        assert_eq!(seeds[0], 11);
        assert!(seeds[1] != seeds[2] && seeds[1] != 11 && seeds[2] != 11);
    }

    #[test]
    fn only_models_with_a_validation_score_and_one_feature_map_are_recommended() {
        let changes = [
            "backbones=['vgg19', 'densenet121']",
            "training.seeds=2",
            "training.ensembles=['seeds', 'folds', 'networks']",
        ]
        .map(str::to_owned);
        let config = Config::resolve(None, &changes).unwrap();
        let compared: Vec<ScoredModel> =
            config.scored_models().into_iter().filter(ScoredModel::is_compared).collect();
        let candidates: Vec<String> =
            compared.iter().filter(|model| model.is_candidate()).map(ScoredModel::name).collect();
        assert_eq!(candidates, ["vgg19", "vgg19-seed-ensemble", "densenet121", "densenet121-seed-ensemble"]);
        assert!(compared.iter().all(|model| !model.name().ends_with("-seed-2")));
    }
}
