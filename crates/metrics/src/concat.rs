//! Joins predictions of different samples, such as those of folds or batches.

use std::collections::BTreeSet;

use crate::{Error, Predictions};

impl Predictions {
    /// The samples of all parts, one part after the other, with the classes in the order of the first.
    ///
    /// Equal names of patients or clusters in two parts are one patient or cluster. A sample of a part without patients has
    /// an unknown one, and a field that a part lacks is missing there.
    ///
    /// ```
    /// use radiograph_metrics::Predictions;
    ///
    /// let fold = |text: &str| Predictions::read_csv(text.as_bytes(), None);
    /// let first = fold("id,patient,label,p_a,p_b\n1,ann,a,0.9,0.1\n2,bob,b,0.2,0.8\n")?;
    /// let second = fold("id,patient,label,p_b,p_a\n3,ann,a,0.3,0.7\n4,cid,b,0.6,0.4\n")?;
    /// let both = Predictions::concat(&[&first, &second])?;
    /// assert_eq!((both.len(), both.clusters().len()), (4, 3));
    /// assert_eq!(both.probabilities().values()[[2, 0]], 0.7); // columns are matched by name
    /// # Ok::<(), radiograph_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no part or they hold fewer than two samples together; if the parts have other classes, or the same id
    /// twice; or if only some have ids, clusters or weights ([`Error::LengthMismatch`]).
    pub fn concat(parts: &[&Self]) -> Result<Self, Error> {
        let Some((first, others)) = parts.split_first() else { return Err(Error::TooFewSamples { got: 0 }) };
        let mut probabilities = first.probabilities().clone();
        for part in others {
            probabilities = probabilities.followed_by(part.probabilities())?;
        }
        let labels: Vec<String> = parts
            .iter()
            .flat_map(|part| (0..part.len()).map(|sample| part.truth(sample).name().to_owned()))
            .collect();
        let mut joined = Self::new(first.classes(), &labels, &probabilities)?;
        if parts.iter().any(|part| part.ids().is_some()) {
            joined = joined.with_ids(&joined_names(parts, Self::ids))?;
        }
        if parts.iter().any(|part| part.patients().is_some()) {
            let of = |part: &&Self| part.patients().map_or_else(|| vec![None; part.len()], <[_]>::to_vec);
            joined = joined.with_patients_where_known(&parts.iter().flat_map(of).collect::<Vec<_>>())?;
        }
        if parts.iter().any(|part| part.cluster_names().is_some()) {
            joined = joined.with_clusters(&joined_names(parts, Self::cluster_names))?;
        }
        if parts.iter().any(|part| part.weights().is_some()) {
            let weights: Vec<f64> =
                parts.iter().filter_map(|part| part.weights()).flatten().copied().collect();
            joined = joined.with_weights(&weights)?;
        }
        let fields: BTreeSet<&str> = parts.iter().flat_map(|part| part.fields()).collect();
        for field in fields {
            let of = |part: &&Self| part.field(field).map_or_else(|_| vec![None; part.len()], <[_]>::to_vec);
            joined = joined.with_field(field, &parts.iter().flat_map(of).collect::<Vec<_>>())?;
        }
        Ok(joined)
    }
}

/// The names of all parts that have them: too few if a part has none.
fn joined_names<'a>(
    parts: &[&'a Predictions],
    of: fn(&'a Predictions) -> Option<&'a [String]>,
) -> Vec<&'a str> {
    parts.iter().filter_map(|part| of(part)).flatten().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Predictions {
        Predictions::read_csv(text.as_bytes(), None).unwrap()
    }

    #[test]
    fn what_a_part_lacks_is_unknown_or_refused() {
        let plain = read("label,p_a,p_b\na,0.9,0.1\nb,0.2,0.8\n");
        let full = read("patient,cluster,sex,label,p_a,p_b\nann,x,F,a,0.6,0.4\n,y,M,b,0.1,0.9\n");
        let known = read("patient,sex,label,p_a,p_b\nann,F,a,0.6,0.4\nbob,M,b,0.1,0.9\n");
        let joined = Predictions::concat(&[&plain, &known]).unwrap();
        assert_eq!((joined.of_unknown_patient(), joined.clusters().len()), (2, 4));
        assert_eq!(joined.field("sex").unwrap()[1..3], [None, Some("F".to_owned())]);
        let twice = Predictions::concat(&[&known, &known]).unwrap();
        assert_eq!((twice.len(), twice.clusters().len()), (4, 2));
        // Who of the first part belongs to a cluster of the second, nobody knows.
        assert!(matches!(
            Predictions::concat(&[&plain, &full]),
            Err(Error::LengthMismatch { what, expected: 4, got: 2 }) if what == "the list of clusters"
        ));
        let other = read("label,p_a,p_c\na,0.9,0.1\nc,0.2,0.8\n");
        assert!(matches!(Predictions::concat(&[&plain, &other]), Err(Error::Classes(_))));
        assert!(matches!(Predictions::concat(&[]), Err(Error::TooFewSamples { got: 0 })));
        let named = read("id,label,p_a,p_b\n1,a,0.9,0.1\n2,b,0.2,0.8\n");
        assert!(matches!(Predictions::concat(&[&named, &named]), Err(Error::DuplicateId { .. })));
    }
}
