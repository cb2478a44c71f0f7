//! AUC and average precision for several classes: one-vs-rest, one-vs-one, and their averages.

use radiograph_classes::{Class, Classes};
use serde::{Deserialize, Serialize};

use crate::{
    Average, Averaged, Error, Predictions, Score, WhenUndefined,
    average::{listed, mean},
    ranking::Ranking,
    weight::{Weighable, Weight, of_samples},
};

/// Rule that combines the one-vs-one AUCs of class pairs into one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PairAverage {
    /// Mean over pairs, as in Hand and Till 2001.
    Macro,
    /// Mean over pairs, each weighted by the samples of its two classes.
    Weighted,
}

/// Quantity that is measured on each ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RankingScore {
    /// Area under the ROC curve.
    Auc,
    /// Average precision.
    AveragePrecision,
}

impl RankingScore {
    fn of<W: Weight>(self, ranking: &Ranking, weight: impl Fn(usize) -> W) -> Score {
        match self {
            Self::Auc => ranking.auc(weight),
            Self::AveragePrecision => ranking.average_precision(weight),
        }
    }
}

impl Predictions {
    /// AUC or average precision of one class against the rest, averaged over the classes.
    ///
    /// The micro average pools all N·K decisions into one ranking.
    #[must_use]
    pub fn average_ranking(
        &self,
        score: RankingScore,
        average: Average,
        when_undefined: WhenUndefined,
    ) -> Averaged {
        let prepared = OneVsRest::of(self, average);
        let members = match self.weights() {
            None => prepared.members(score, &|_| 1_u64),
            Some(weights) => prepared.members(score, &|sample| weights[sample]),
        };
        let undefined = if average == Average::Micro { Vec::new() } else { listed(self.classes(), &members) };
        Averaged { score: mean_or_only(average, members, when_undefined), when_undefined, undefined }
    }

    /// Separation of the classes `first` and `second`: the mean of the AUC of `first`'s probability and the AUC of
    /// `second`'s probability, over the samples of these two classes only.
    ///
    /// # Errors
    ///
    /// If one of them is not a class of these predictions; [`Error::Undefined`] if either has no sample.
    pub fn one_vs_one_auc(&self, first: &Class, second: &Class) -> Result<f64, Error> {
        let (first, second) = (self.classes().position(first)?, self.classes().position(second)?);
        Ok(of_samples(&Pair::of(self, first, second), self.weights())?)
    }

    /// One-vs-one AUC averaged over all pairs of classes.
    ///
    /// # Errors
    ///
    /// Undefined if a class has no sample.
    pub fn average_one_vs_one_auc(&self, average: PairAverage) -> Score {
        of_samples(&(OneVsOne::of(self), average), self.weights())
    }
}

/// The rankings of an average over classes, sorted once.
pub(crate) struct OneVsRest {
    average: Average,
    truth: Vec<u32>,
    classes: usize,
    rankings: Vec<Ranking>,
}

impl OneVsRest {
    pub(crate) fn of(predictions: &Predictions, average: Average) -> Self {
        let values = predictions.probabilities().values();
        let truth = predictions.truth_positions();
        let column = |class: usize| {
            (0..).zip(truth).zip(values.column(class)).map(move |((i, &t), &p)| (i, t as usize == class, p))
        };
        let classes = predictions.classes().len();
        let rankings = match average {
            Average::Micro => vec![Ranking::new((0..classes).flat_map(column))],
            Average::Macro | Average::Weighted => {
                (0..classes).map(|class| Ranking::new(column(class))).collect()
            }
        };
        Self { average, truth: truth.to_vec(), classes, rankings }
    }

    fn members<W: Weight>(&self, score: RankingScore, weight: &impl Fn(usize) -> W) -> Vec<(f64, Score)> {
        let weights = match self.average {
            Average::Weighted => supports(&self.truth, self.classes, weight),
            Average::Macro | Average::Micro => vec![1.0; self.rankings.len()],
        };
        let scores = self.rankings.iter().map(|ranking| score.of(ranking, weight));
        weights.into_iter().zip(scores).collect()
    }
}

impl Weighable for (OneVsRest, RankingScore) {
    fn score<W: Weight>(&self, weight: &impl Fn(usize) -> W) -> Score {
        mean_or_only(self.0.average, self.0.members(self.1, weight), WhenUndefined::Refuse)
    }
}

impl Weighable for (Ranking, RankingScore) {
    fn score<W: Weight>(&self, weight: &impl Fn(usize) -> W) -> Score {
        self.1.of(&self.0, weight)
    }
}

/// The mean of several members, or the one member of a micro average with its own reason.
fn mean_or_only(average: Average, members: Vec<(f64, Score)>, when_undefined: WhenUndefined) -> Score {
    match (average, members.first()) {
        (Average::Micro, Some(&(_, only))) => only,
        _ => mean(members.into_iter(), when_undefined),
    }
}

/// The two rankings of a pair of classes, over their samples only.
pub(crate) struct Pair {
    classes: [usize; 2],
    rankings: [Ranking; 2],
}

impl Pair {
    fn of(predictions: &Predictions, first: usize, second: usize) -> Self {
        let values = predictions.probabilities().values();
        let ranking = |class: usize| {
            let samples = (0..).zip(predictions.truth_positions()).zip(values.column(class));
            let of_the_two = samples.filter(|((_, t), _)| [first, second].contains(&(**t as usize)));
            Ranking::new(of_the_two.map(|((i, &t), &p)| (i, t as usize == class, p)))
        };
        Self { classes: [first, second], rankings: [ranking(first), ranking(second)] }
    }
}

impl Weighable for Pair {
    fn score<W: Weight>(&self, weight: &impl Fn(usize) -> W) -> Score {
        Ok(f64::midpoint(self.rankings[0].auc(weight)?, self.rankings[1].auc(weight)?))
    }
}

/// All pairs of classes, sorted once.
pub(crate) struct OneVsOne {
    truth: Vec<u32>,
    classes: usize,
    pairs: Vec<Pair>,
}

impl OneVsOne {
    pub(crate) fn of(predictions: &Predictions) -> Self {
        let classes: &Classes = predictions.classes();
        let pairs = (0..classes.len()).flat_map(|first| (0..first).map(move |second| (first, second)));
        Self {
            truth: predictions.truth_positions().to_vec(),
            classes: classes.len(),
            pairs: pairs.map(|(first, second)| Pair::of(predictions, first, second)).collect(),
        }
    }
}

impl Weighable for (OneVsOne, PairAverage) {
    fn score<W: Weight>(&self, weight: &impl Fn(usize) -> W) -> Score {
        let (all, average) = self;
        let supports = supports(&all.truth, all.classes, weight);
        let members = all.pairs.iter().map(|pair| {
            let share = match average {
                PairAverage::Macro => 1.0,
                PairAverage::Weighted => supports[pair.classes[0]] + supports[pair.classes[1]],
            };
            (share, pair.score(weight))
        });
        mean(members, WhenUndefined::Refuse)
    }
}

fn supports<W: Weight>(truth: &[u32], classes: usize, weight: &impl Fn(usize) -> W) -> Vec<f64> {
    let mut supports = vec![W::default(); classes];
    for (index, &class) in truth.iter().enumerate() {
        supports[class as usize] += weight(index);
    }
    supports.into_iter().map(W::get).collect()
}
