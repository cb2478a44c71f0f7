//! Groups samples by patient, or by whatever else makes them depend on each other.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use serde::{Deserialize, Serialize};

/// A partition of samples `0..N` into patients. Resampling and clustered variances work on patients, never on images.
///
/// Patients are numbered in the order in which they first appear. The serialised form is the list of these numbers, one
/// per sample. When it is read, any numbers are accepted; equal numbers mean one patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<u32>", into = "Vec<u32>")]
pub struct Clusters {
    of_sample: Vec<u32>,
    starts: Vec<u32>,
    members: Vec<u32>,
}

impl Clusters {
    /// Clusters in which samples with equal names belong to one patient.
    #[must_use]
    pub fn by_name<N: AsRef<str>>(names: &[N]) -> Self {
        Self::by_key(names.iter().map(AsRef::as_ref))
    }

    /// Clusters in which samples with equal names belong to one patient, and samples without a name are alone.
    #[must_use]
    pub fn where_known<N: AsRef<str>>(names: &[Option<N>]) -> Self {
        // A number that no name has: the sample's own.
        let key = |(sample, name): (usize, &'_ Option<N>)| match name {
            Some(name) => (Some(name.as_ref().to_owned()), 0),
            None => (None, sample),
        };
        Self::by_key(names.iter().enumerate().map(key))
    }

    /// Clusters in which each of `samples` samples is a separate patient.
    #[must_use]
    pub fn each_alone(samples: usize) -> Self {
        Self::numbered((0..samples as u32).collect(), samples)
    }

    /// The number of samples.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.of_sample.len()
    }

    /// The number of patients.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "is_empty would say nothing that samples() does not")]
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether any patient has several samples, so that samples are not independent.
    #[must_use]
    pub fn repeat(&self) -> bool {
        self.len() < self.samples()
    }

    /// The patient of a sample, as a number in `0..len`.
    #[must_use]
    pub fn of(&self, sample: usize) -> usize {
        self.of_sample[sample] as usize
    }

    /// The samples of a patient, ascending.
    pub fn members(&self, patient: usize) -> impl ExactSizeIterator<Item = usize> + '_ {
        let (start, end) = (self.starts[patient] as usize, self.starts[patient + 1] as usize);
        self.members[start..end].iter().map(|&sample| sample as usize)
    }

    /// The clusters of the samples at these positions, in this order.
    pub(crate) fn select(&self, samples: &[usize]) -> Self {
        Self::by_key(samples.iter().map(|&sample| self.of_sample[sample]))
    }

    /// Draws one resample and writes how often each sample counts into `weights`. As many patients as there are in
    /// total are drawn with replacement, and all samples of a patient count as often as the patient was drawn. The
    /// previous content of `weights` is ignored, so a thread can reuse it for many resamples.
    ///
    /// The resample depends only on the seed and the replicate number (stream `replicate` of ChaCha8 seeded with
    /// `seed`). A [`Bootstrap`](crate::Bootstrap) with that seed sees the same resample in its replicate of that
    /// number, counted from 0.
    ///
    /// ```
    /// let clusters = radiograph_metrics::Clusters::by_name(&["ann", "bob", "ann", "cid"]);
    /// let mut weights = Vec::new();
    /// clusters.resample(7, 0, &mut weights);
    /// assert_eq!(weights[0], weights[2]);
    /// assert_eq!(weights[0] + weights[1] + weights[3], 3);
    /// ```
    pub fn resample(&self, seed: u64, replicate: u64, weights: &mut Vec<u32>) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(replicate);
        weights.clear();
        weights.resize(self.samples(), 0);
        let patients = self.len() as u64;
        for _ in 0..patients {
            // High half of a 64-bit product: the bias is below patients / 2^32, far under what replicates can show.
            let pick = (u64::from(random.next_u32()) * patients) >> 32;
            self.members(pick as usize).for_each(|sample| weights[sample] += 1);
        }
    }

    /// As [`Clusters::resample`], but draws within each stratum as many of its patients as it has, so that every resample
    /// has samples of every stratum. `strata` are lists of patients.
    pub(crate) fn resample_within(
        &self,
        strata: &[Vec<usize>],
        seed: u64,
        replicate: u64,
        weights: &mut Vec<u32>,
    ) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(replicate);
        weights.clear();
        weights.resize(self.samples(), 0);
        for stratum in strata {
            for _ in 0..stratum.len() {
                let pick = (u64::from(random.next_u32()) * stratum.len() as u64) >> 32;
                self.members(stratum[pick as usize]).for_each(|sample| weights[sample] += 1);
            }
        }
    }

    /// The patients by the set of classes that their samples have.
    pub(crate) fn strata(&self, class: &[u32]) -> Vec<Vec<usize>> {
        let mut strata: BTreeMap<BTreeSet<u32>, Vec<usize>> = BTreeMap::new();
        for patient in 0..self.len() {
            let classes = self.members(patient).map(|sample| class[sample]).collect();
            strata.entry(classes).or_default().push(patient);
        }
        strata.into_values().collect()
    }

    fn by_key<K: Eq + Hash>(keys: impl Iterator<Item = K>) -> Self {
        let mut numbers: HashMap<K, u32> = HashMap::new();
        let of_sample = keys
            .map(|key| {
                let next = numbers.len() as u32;
                *numbers.entry(key).or_insert(next)
            })
            .collect();
        Self::numbered(of_sample, numbers.len())
    }

    fn numbered(of_sample: Vec<u32>, patients: usize) -> Self {
        let mut starts = vec![0_u32; patients + 1];
        for &patient in &of_sample {
            starts[patient as usize + 1] += 1;
        }
        for patient in 0..patients {
            starts[patient + 1] += starts[patient];
        }
        let mut next = starts.clone();
        let mut members = vec![0; of_sample.len()];
        for (sample, &patient) in of_sample.iter().enumerate() {
            let slot = &mut next[patient as usize];
            members[*slot as usize] = sample as u32;
            *slot += 1;
        }
        Self { of_sample, starts, members }
    }
}

impl From<Vec<u32>> for Clusters {
    fn from(patients: Vec<u32>) -> Self {
        Self::by_key(patients.into_iter())
    }
}

impl From<Clusters> for Vec<u32> {
    fn from(clusters: Clusters) -> Self {
        clusters.of_sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_a_patient_are_found_wherever_they_stand() {
        let clusters = Clusters::by_name(&["b", "a", "b", "c", "a", "b"]);
        assert_eq!((clusters.samples(), clusters.len(), clusters.repeat()), (6, 3, true));
        assert_eq!(clusters.members(0).collect::<Vec<_>>(), [0, 2, 5]);
        assert_eq!(clusters.members(1).collect::<Vec<_>>(), [1, 4]);
        assert_eq!(clusters.of(3), 2);
        let text = serde_json::to_string(&clusters).unwrap();
        assert_eq!(text, "[0,1,0,2,1,0]");
        assert_eq!(serde_json::from_str::<Clusters>("[7,4000000000,7,0,4000000000,7]").unwrap(), clusters);
    }

    #[test]
    fn a_resample_counts_patients_and_every_image_of_them() {
        let clusters = Clusters::by_name(&["b", "a", "b", "c", "a", "b"]);
        let mut sums = [0; 3];
        let mut weights = vec![9; 2];
        for replicate in 0..3_000 {
            clusters.resample(5, replicate, &mut weights);
            assert_eq!((weights[0], weights[1], weights.len()), (weights[2], weights[4], 6));
            assert_eq!((weights[5], weights[0] + weights[1] + weights[3]), (weights[0], 3));
            sums = [sums[0] + weights[0], sums[1] + weights[1], sums[2] + weights[3]];
        }
        // Each patient is drawn once a resample on average, with variance 3 · 1/3 · 2/3: 3,000 ± 45.
        assert!(sums.iter().all(|sum| sum.abs_diff(3_000) < 180), "{sums:?}");
        let (mut again, mut other) = (Vec::new(), Vec::new());
        clusters.resample(5, 2_999, &mut again);
        assert_eq!(again, weights);
        let differs = |seed| {
            clusters.resample(seed, 2_999, &mut other);
            other != weights
        };
        assert!((6..16).any(differs));
    }

    #[test]
    fn a_stratified_resample_has_the_patients_of_every_stratum() {
        let clusters = Clusters::by_name(&["a", "a", "b", "c", "d", "e"]);
        let strata = clusters.strata(&[0, 1, 0, 0, 1, 1]);
        assert_eq!(strata, [vec![1, 2], vec![0], vec![3, 4]]); // {0}, {0, 1} and {1}
        let mut weights = Vec::new();
        for replicate in 0..200 {
            clusters.resample_within(&strata, 3, replicate, &mut weights);
            assert_eq!((weights[0], weights[1]), (1, 1));
            assert_eq!((weights[2] + weights[3], weights[4] + weights[5]), (2, 2));
        }
    }

    #[test]
    fn an_unknown_patient_is_nobody_else() {
        let clusters = Clusters::where_known(&[None, Some("a"), None, Some("a"), Some("0")]);
        let of: Vec<usize> = (0..5).map(|sample| clusters.of(sample)).collect();
        assert_eq!((of, clusters.len()), (vec![0, 1, 2, 1, 3], 4));
    }

    #[test]
    fn alone_is_alone() {
        let clusters = Clusters::each_alone(3);
        assert!(!clusters.repeat());
        assert_eq!(clusters.len(), 3);
        assert_eq!(Clusters::each_alone(0).len(), 0);
    }
}
