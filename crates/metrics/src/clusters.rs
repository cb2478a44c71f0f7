//! Which samples belong together: all images of one patient.

use std::{collections::HashMap, hash::Hash};

use serde::{Deserialize, Serialize};

/// A partition of samples `0..N` into patients. Resampling and clustered variances work on patients, never on images.
///
/// Patients are numbered in the order in which they first appear. In files it is the list of these numbers, one a sample;
/// read back, any numbers do: equal ones are one patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<u32>", into = "Vec<u32>")]
pub struct Clusters {
    of_sample: Vec<u32>,
    starts: Vec<u32>,
    members: Vec<u32>,
}

impl Clusters {
    /// Samples with equal names belong to one patient.
    #[must_use]
    pub fn by_name<N: AsRef<str>>(names: &[N]) -> Self {
        Self::by_key(names.iter().map(AsRef::as_ref))
    }

    /// Each of `samples` samples is a patient of its own.
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

    /// Whether some patient has several samples, so that samples are not independent.
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

    /// Fills `weights` (one a sample) from `drawn` (how often each patient was drawn).
    pub(crate) fn spread(&self, drawn: &[u32], weights: &mut [u32]) {
        for (weight, &patient) in weights.iter_mut().zip(&self.of_sample) {
            *weight = drawn[patient as usize];
        }
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
        let mut weights = [9; 6];
        clusters.spread(&[2, 0, 1], &mut weights);
        assert_eq!(weights, [2, 0, 2, 1, 0, 2]);
        let text = serde_json::to_string(&clusters).unwrap();
        assert_eq!(text, "[0,1,0,2,1,0]");
        assert_eq!(serde_json::from_str::<Clusters>("[7,4000000000,7,0,4000000000,7]").unwrap(), clusters);
    }

    #[test]
    fn alone_is_alone() {
        let clusters = Clusters::each_alone(3);
        assert!(!clusters.repeat());
        assert_eq!(clusters.len(), 3);
        assert_eq!(Clusters::each_alone(0).len(), 0);
    }
}
