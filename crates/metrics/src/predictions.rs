//! Labels and probabilities of the same samples: the input of every score.

mod written;

use std::collections::{BTreeMap, HashMap};

use radiograph_classes::{Class, Classes};
use serde::{Deserialize, Serialize};
use written::Written;

use crate::{BinaryScores, Clusters, Error, MAX_SAMPLES, Probabilities, Undefined};

/// The true class and the predicted probabilities of N samples, checked once and bound to one set of classes.
///
/// Labels are names and columns are bound to names, so the two cannot be exchanged. Optionally each sample has an id, a
/// patient, a cluster (the samples of a cluster are resampled together), a weight, and fields such as source, sex or age band
/// for subgroup tables. Without clusters, patients are the clusters, and a sample of unknown patient is a cluster of its own.
///
/// ```
/// use radiograph_classes::Classes;
/// use radiograph_metrics::{Predictions, Probabilities};
///
/// let classes = Classes::new(["covid", "normal"])?;
/// let probabilities = Probabilities::from_columns([
///     ("normal", vec![0.1, 0.4, 0.8]), // any order: columns are brought into that of `classes` by name
///     ("covid", vec![0.9, 0.6, 0.2]),
/// ])?;
/// let predictions = Predictions::new(&classes, &["covid", "normal", "normal"], &probabilities)?
///     .with_patients(&["p1", "p2", "p2"])?;
/// assert_eq!(predictions.len(), 3);
/// assert_eq!(predictions.predicted(1).name(), "covid");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The serialised form holds the probabilities with their classes, and the labels, ids, patients, clusters and fields by
/// name.
/// They are checked again when read. [`Predictions::write_csv`] writes the same content as a table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Predictions {
    truth: Vec<u32>,
    predicted: Vec<u32>,
    probabilities: Probabilities,
    ids: Option<Vec<String>>,
    patients: Option<Vec<Option<String>>>,
    cluster_names: Option<Vec<String>>,
    clusters: Clusters,
    weights: Option<Vec<f64>>,
    fields: BTreeMap<String, Vec<Option<String>>>,
}

impl Predictions {
    /// Predictions from the true classes, by name, and the probabilities of the same samples in the same order.
    ///
    /// The predicted class is the one with the highest probability, the earlier one in `classes` among equals. Unless
    /// patients are given, each sample counts as a separate patient.
    ///
    /// # Errors
    ///
    /// If the two differ in length, if there are fewer than two samples, if `classes` does not hold the names of the
    /// columns, or at the first label that is not a class.
    pub fn new<L: AsRef<str>>(
        classes: &Classes,
        truth: &[L],
        probabilities: &Probabilities,
    ) -> Result<Self, Error> {
        let probabilities = probabilities.in_order_of(classes)?;
        let samples = probabilities.values().nrows();
        check_length("truth", samples, truth.len())?;
        if samples < 2 {
            return Err(Error::TooFewSamples { got: samples });
        }
        if samples > MAX_SAMPLES {
            return Err(Error::TooLarge { what: "samples", got: samples as u64, limit: MAX_SAMPLES as u64 });
        }
        let positions: HashMap<&str, u32> = classes.names().zip(0..).collect();
        let mut labels = Vec::with_capacity(samples);
        for (index, name) in truth.iter().enumerate() {
            match positions.get(name.as_ref()) {
                Some(&position) => labels.push(position),
                None => {
                    return Err(Error::UnknownLabel {
                        index,
                        label: name.as_ref().to_owned(),
                        classes: classes.clone(),
                    });
                }
            }
        }
        let predicted =
            probabilities.values().outer_iter().map(|row| position_of_largest(row.iter())).collect();
        Ok(Self {
            truth: labels,
            predicted,
            probabilities,
            ids: None,
            patients: None,
            cluster_names: None,
            clusters: Clusters::each_alone(samples),
            weights: None,
            fields: BTreeMap::new(),
        })
    }

    /// Gives each sample its id.
    ///
    /// # Errors
    ///
    /// If the number of ids is not the number of samples, or at the first empty or repeated id.
    pub fn with_ids<N: AsRef<str>>(mut self, ids: &[N]) -> Result<Self, Error> {
        check_length("the list of ids", self.len(), ids.len())?;
        check_names("id", ids)?;
        let mut seen = HashMap::with_capacity(ids.len());
        for (second, id) in ids.iter().map(AsRef::as_ref).enumerate() {
            if let Some(first) = seen.insert(id, second) {
                return Err(Error::DuplicateId { id: id.to_owned(), first, second });
            }
        }
        self.ids = Some(ids.iter().map(|id| id.as_ref().to_owned()).collect());
        Ok(self)
    }

    /// Gives each sample its patient; equal names are one patient.
    ///
    /// # Errors
    ///
    /// If the number of patients is not the number of samples, or at the first empty name.
    pub fn with_patients<N: AsRef<str>>(self, patients: &[N]) -> Result<Self, Error> {
        self.with_patients_where_known(&patients.iter().map(Some).collect::<Vec<_>>())
    }

    /// Gives each sample its patient, `None` where it is unknown; equal names are one patient.
    ///
    /// # Errors
    ///
    /// As [`Predictions::with_patients`].
    pub fn with_patients_where_known<N: AsRef<str>>(mut self, patients: &[Option<N>]) -> Result<Self, Error> {
        check_length("the list of patients", self.len(), patients.len())?;
        if let Some(index) =
            patients.iter().position(|name| name.as_ref().is_some_and(|name| name.as_ref().is_empty()))
        {
            return Err(Error::EmptyName { what: "patient".to_owned(), index });
        }
        self.patients =
            Some(patients.iter().map(|name| name.as_ref().map(|name| name.as_ref().to_owned())).collect());
        self.clusters = self.partition();
        Ok(self)
    }

    /// Gives each sample its cluster: samples with equal names depend on each other, whether they are of one patient, show
    /// one picture, or were made from one another. Clusters are resampled, permuted and counted in place of patients.
    ///
    /// # Errors
    ///
    /// If the number of clusters is not the number of samples, or at the first empty name.
    pub fn with_clusters<N: AsRef<str>>(mut self, clusters: &[N]) -> Result<Self, Error> {
        check_length("the list of clusters", self.len(), clusters.len())?;
        check_names("cluster", clusters)?;
        self.cluster_names = Some(clusters.iter().map(|name| name.as_ref().to_owned()).collect());
        self.clusters = self.partition();
        Ok(self)
    }

    /// The clusters by their names, else the patients, where a sample of unknown patient is alone.
    fn partition(&self) -> Clusters {
        match (&self.cluster_names, &self.patients) {
            (Some(names), _) => Clusters::by_name(names),
            (None, Some(patients)) => Clusters::where_known(patients),
            (None, None) => Clusters::each_alone(self.len()),
        }
    }

    /// Gives each sample a weight, such as the number of people that it stands for. Scores, their intervals and tests then
    /// weigh the samples; only ratios of weights matter. Confusion matrices and cross tables count samples all the same, and
    /// what has no weighted form is [`Undefined::NoWeightedForm`](crate::Undefined::NoWeightedForm): curves, thresholds and
    /// calibration of single classes, which [`BinaryScores`] make, and limits of perfect areas.
    ///
    /// A weight says how much a sample counts, not how often it was seen: intervals come from the variation between
    /// patients, so doubling all weights changes nothing.
    ///
    /// ```
    /// use radiograph_metrics::{Metric, Predictions};
    ///
    /// let file = "label,sample_weight,p_a,p_b\na,3,0.9,0.1\nb,1,0.7,0.3\n";
    /// let predictions = Predictions::read_csv(file.as_bytes(), None)?;
    /// assert_eq!(Metric::Accuracy.of(&predictions)?, 0.75);
    /// # Ok::<(), radiograph_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the number of weights is not the number of samples, or at the first weight that is not above 0 and finite. A
    /// sample that shall not count is left out by [`Predictions::select`].
    pub fn with_weights(mut self, weights: &[f64]) -> Result<Self, Error> {
        check_length("the list of weights", self.len(), weights.len())?;
        if let Some(index) = weights.iter().position(|weight| !(*weight > 0.0 && weight.is_finite())) {
            return Err(Error::InvalidWeight { index, value: weights[index] });
        }
        self.weights = Some(weights.to_vec());
        Ok(self)
    }

    /// Gives each sample a value of a field (source, sex, age band, …) for subgroup tables; `None` is missing.
    ///
    /// # Errors
    ///
    /// If the number of values is not the number of samples, or at the first empty value.
    pub fn with_field<N: AsRef<str>>(mut self, field: &str, values: &[Option<N>]) -> Result<Self, Error> {
        check_length(&format!("field {field:?}"), self.len(), values.len())?;
        if let Some(index) = values.iter().position(|v| v.as_ref().is_some_and(|v| v.as_ref().is_empty())) {
            return Err(Error::EmptyName { what: field.to_owned(), index });
        }
        let values = values.iter().map(|value| value.as_ref().map(|v| v.as_ref().to_owned())).collect();
        self.fields.insert(field.to_owned(), values);
        Ok(self)
    }

    /// The number of samples, at least two unless this is a [selection](Predictions::select).
    #[must_use]
    pub fn len(&self) -> usize {
        self.truth.len()
    }

    /// Whether there is no sample: only a selection can be empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.truth.is_empty()
    }

    /// The classes, in the order of the probability columns.
    #[must_use]
    pub fn classes(&self) -> &Classes {
        self.probabilities.classes()
    }

    /// The class of this name.
    ///
    /// # Errors
    ///
    /// If no class has this name.
    pub fn class(&self, name: &str) -> Result<Class, Error> {
        Ok(self.classes().class(name)?)
    }

    /// The true class of a sample.
    ///
    /// # Panics
    ///
    /// If `sample` is not below [`Predictions::len`], like a slice.
    #[must_use]
    pub fn truth(&self, sample: usize) -> Class {
        self.at(self.truth[sample])
    }

    /// The predicted class of a sample.
    ///
    /// # Panics
    ///
    /// If `sample` is not below [`Predictions::len`], like a slice.
    #[must_use]
    pub fn predicted(&self, sample: usize) -> Class {
        self.at(self.predicted[sample])
    }

    /// The probabilities, columns in the order of [`Predictions::classes`].
    #[must_use]
    pub fn probabilities(&self) -> &Probabilities {
        &self.probabilities
    }

    /// The ids, if they were given.
    #[must_use]
    pub fn ids(&self) -> Option<&[String]> {
        self.ids.as_deref()
    }

    /// The patient of each sample, `None` where unknown, if they were given.
    #[must_use]
    pub fn patients(&self) -> Option<&[Option<String>]> {
        self.patients.as_deref()
    }

    /// The name of each sample's cluster, if they were given.
    #[must_use]
    pub fn cluster_names(&self) -> Option<&[String]> {
        self.cluster_names.as_deref()
    }

    /// The weight of each sample, if they were given.
    #[must_use]
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// The number of samples of unknown patient; all of them if no patients were given.
    #[must_use]
    pub fn of_unknown_patient(&self) -> usize {
        self.patients.as_ref().map_or(self.len(), |list| list.iter().filter(|name| name.is_none()).count())
    }

    /// The partition of the samples into clusters: by cluster if they were given, else by patient, else each alone.
    #[must_use]
    pub fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// The names of the fields, sorted.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// The values of one field, `None` where missing.
    ///
    /// # Errors
    ///
    /// If the field was never given.
    pub fn field(&self, field: &str) -> Result<&[Option<String>], Error> {
        self.fields.get(field).map(Vec::as_slice).ok_or_else(|| Error::UnknownField {
            field: field.to_owned(),
            known: self.fields.keys().cloned().collect(),
        })
    }

    /// Scores of one class against all others: for each sample, whether it is of the class, and the probability of the
    /// class.
    ///
    /// # Errors
    ///
    /// If the class is not one of these predictions; [`Undefined::NoWeightedForm`] if the samples have weights.
    pub fn one_vs_rest(&self, class: &Class) -> Result<BinaryScores, Error> {
        let column = self.classes().position(class)?;
        match self.weights {
            Some(_) => Err(Undefined::NoWeightedForm.into()),
            None => Ok(self.against_rest(column)),
        }
    }

    /// The scores of the class in this column against all others, without the weights.
    pub(crate) fn against_rest(&self, column: usize) -> BinaryScores {
        let positive = self.truth.iter().map(|&label| label as usize == column).collect();
        BinaryScores::checked(positive, self.probabilities.values().column(column).to_vec())
    }

    /// The samples at these positions, in this order, with their ids, patients, clusters and fields.
    ///
    /// A selection may be empty or hold one sample; scores of it are then undefined, with their reason.
    ///
    /// # Panics
    ///
    /// If a position is not below [`Predictions::len`], like a slice.
    #[must_use]
    pub fn select(&self, samples: &[usize]) -> Self {
        fn pick<T: Clone>(list: &[T], samples: &[usize]) -> Vec<T> {
            samples.iter().map(|&i| list[i].clone()).collect()
        }
        let mut selected = Self {
            truth: samples.iter().map(|&i| self.truth[i]).collect(),
            predicted: samples.iter().map(|&i| self.predicted[i]).collect(),
            probabilities: self.probabilities.rows(samples),
            ids: self.ids.as_ref().map(|list| pick(list, samples)),
            patients: self.patients.as_ref().map(|list| pick(list, samples)),
            cluster_names: self.cluster_names.as_ref().map(|list| pick(list, samples)),
            clusters: Clusters::each_alone(samples.len()),
            weights: self.weights.as_ref().map(|list| pick(list, samples)),
            fields: self
                .fields
                .iter()
                .map(|(field, values)| (field.clone(), pick(values, samples)))
                .collect(),
        };
        selected.clusters = selected.partition();
        selected
    }

    /// True class of each sample as a column position.
    pub(crate) fn truth_positions(&self) -> &[u32] {
        &self.truth
    }

    /// Predicted class of each sample as a column position.
    pub(crate) fn predicted_positions(&self) -> &[u32] {
        &self.predicted
    }

    /// The numbers of patients with a sample of the class in this column, and with a sample of another class.
    pub(crate) fn patients_with(&self, column: usize) -> [u64; 2] {
        let has = |patient: usize, of_class: bool| {
            self.clusters.members(patient).any(|sample| (self.truth[sample] as usize == column) == of_class)
        };
        let count = |of_class| (0..self.clusters.len()).filter(|&patient| has(patient, of_class)).count();
        [true, false].map(|of_class| count(of_class) as u64)
    }

    /// The smallest number of patients with a sample of one class.
    pub(crate) fn fewest_patients_of_a_class(&self) -> u64 {
        (0..self.classes().len()).map(|column| self.patients_with(column)[0]).min().unwrap_or(0)
    }

    /// The same samples with other probabilities of the same classes.
    pub(crate) fn with_probabilities(&self, probabilities: Probabilities) -> Self {
        let predicted =
            probabilities.values().outer_iter().map(|row| position_of_largest(row.iter())).collect();
        Self { predicted, probabilities, ..self.clone() }
    }

    /// These samples, then the same samples again with the probabilities `second`, whose columns are in our order.
    pub(crate) fn followed_by(&self, second: &Probabilities) -> Result<Self, Error> {
        let joined = self.probabilities.followed_by(second)?;
        let twice: Vec<usize> = (0..self.len()).chain(0..self.len()).collect();
        Ok(self.select(&twice).with_probabilities(joined))
    }

    fn at(&self, position: u32) -> Class {
        match self.classes().iter().nth(position as usize) {
            Some(class) => class,
            None => unreachable!("positions were looked up in this set"),
        }
    }
}

fn position_of_largest<'a>(row: impl Iterator<Item = &'a f64>) -> u32 {
    let mut best = (0, f64::NEG_INFINITY);
    for (position, &value) in (0..).zip(row) {
        if value > best.1 {
            best = (position, value);
        }
    }
    best.0
}

fn check_length(what: &str, expected: usize, got: usize) -> Result<(), Error> {
    if got == expected { Ok(()) } else { Err(Error::LengthMismatch { what: what.to_owned(), expected, got }) }
}

fn check_names<N: AsRef<str>>(what: &str, names: &[N]) -> Result<(), Error> {
    match names.iter().position(|name| name.as_ref().is_empty()) {
        Some(index) => Err(Error::EmptyName { what: what.to_owned(), index }),
        None => Ok(()),
    }
}

/// Refuses two models that were not scored on the same samples; the error names the first difference.
pub(crate) fn check_paired(first: &Predictions, second: &Predictions) -> Result<(), Error> {
    if first.len() != second.len() {
        let what = "the second model".to_owned();
        return Err(Error::LengthMismatch { what, expected: first.len(), got: second.len() });
    }
    first.classes().columns_of(second.classes())?;
    let differing = |what, differs: &dyn Fn(usize) -> bool| match (0..first.len()).find(|&i| differs(i)) {
        Some(index) => Err(Error::NotPaired { what, index }),
        None => Ok(()),
    };
    if let (Some(a), Some(b)) = (first.ids(), second.ids()) {
        differing("id", &|i| a[i] != b[i])?;
    }
    differing("label", &|i| first.truth(i).name() != second.truth(i).name())?;
    // A model without patients would be resampled as if each image were its own patient.
    match (first.patients(), second.patients()) {
        (Some(a), Some(b)) => differing("patient", &|i| a[i] != b[i])?,
        (None, None) => {}
        _ => return Err(Error::NotPaired { what: "patient (only one model has them)", index: 0 }),
    }
    match (first.cluster_names(), second.cluster_names()) {
        (Some(a), Some(b)) => differing("cluster", &|i| a[i] != b[i])?,
        (None, None) => {}
        _ => return Err(Error::NotPaired { what: "cluster (only one model has them)", index: 0 }),
    }
    match (first.weights(), second.weights()) {
        (Some(a), Some(b)) => differing("weight", &|i| a[i] != b[i]),
        (None, None) => Ok(()),
        _ => Err(Error::NotPaired { what: "weight (only one model has them)", index: 0 }),
    }
}
