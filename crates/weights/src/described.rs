//! Reads what a file of weights says about itself: the texts of its `__metadata__`.
//!
//! `docs/convert_weights.py` writes these texts:
//!
//! | key | value |
//! |---|---|
//! | `lineage` | `keras`, `torchvision`, `timm` or `torchxrayvision`; without it, a file says nothing that can be relied on |
//! | `architecture` | the network, if it is given |
//! | `avg_pool` | `count_include_pad=false` or `count_include_pad=true` |
//! | `bn_eps` | a number |
//! | `transform_input` | `true` or `false` |
//! | `normalisation` | `zero-one`, `tf`, `torch`, `caffe`, `xrv` or `rad-dino` |
//! | `input_size` | pixels a side |
//! | `source`, `source_url`, `trained_on`, `licence` | words |
//! | `collections` | names of the collections of radiographs that it was trained on, with commas between them, or `none` |
//! | `films` | SHA-256 of the files of radiographs that it was trained on, with spaces or line breaks between them |
//!
//! Missing values are those of the lineage's family.

use std::{collections::BTreeMap, path::Path, str::FromStr};

use radiograph_files::ContentHash;
use radiograph_input::Normalisation;

use crate::{Architecture, Lineage, WeightsError, WeightsName, WeightsRecord, fault::short};

impl WeightsRecord {
    /// The record of a file from its own texts; `None` if they name no lineage.
    pub(crate) fn described(
        path: &Path,
        name: &WeightsName,
        texts: &BTreeMap<String, String>,
    ) -> Result<Option<Self>, WeightsError> {
        let architecture = name.architecture();
        let said = Said { path, texts };
        if let Some(found) =
            said.parse::<Architecture>("architecture")?.filter(|found| *found != architecture)
        {
            return Err(WeightsError::OtherArchitecture {
                path: path.to_owned(),
                asked: architecture,
                found,
            });
        }
        let Some(family) = texts.get("lineage") else { return Ok(None) };
        let (Some(family), Some(definition)) = (architecture.family(family), architecture.definition())
        else {
            return Err(said.refuse("lineage"));
        };
        let (family, normalisation) = (family.lineage, family.normalisation);
        let pooling = match texts.get("avg_pool").map(String::as_str) {
            None => family.pooling_counts_padding,
            Some("count_include_pad=true") => true,
            Some("count_include_pad=false") => false,
            Some(_) => return Err(said.refuse("avg_pool")),
        };
        let epsilon = said.parse("bn_eps")?.unwrap_or(family.batch_norm_epsilon);
        if !(epsilon > 0.0 && epsilon < 1.0) {
            return Err(said.refuse("bn_eps"));
        }
        let normalisation = match texts.get("normalisation") {
            None => normalisation,
            Some(text) => Normalisation::of(text).ok_or_else(|| said.refuse("normalisation"))?,
        };
        let input_size = said.parse("input_size")?.unwrap_or(definition.native_size);
        if !(32..=4096).contains(&input_size) {
            return Err(said.refuse("input_size"));
        }
        Ok(Some(Self {
            name: name.to_string(),
            architecture,
            trained_on: said.words("trained_on"),
            source_url: said.words("source_url"),
            origin: said.words("source"),
            revision: said.words("revision"),
            sha256: None,
            licence: said.words("licence"),
            lineage: Lineage {
                pooling_counts_padding: pooling,
                batch_norm_epsilon: epsilon,
                transforms_input: said.parse("transform_input")?.unwrap_or(family.transforms_input),
            },
            input_size,
            normalisation,
            interpolation: None,
            resize: None,
            collections: said.collections()?,
            films: said.films()?,
        }))
    }
}

/// Metadata texts of one file.
struct Said<'a> {
    path: &'a Path,
    texts: &'a BTreeMap<String, String>,
}

impl Said<'_> {
    fn parse<T: FromStr>(&self, key: &'static str) -> Result<Option<T>, WeightsError> {
        self.texts.get(key).map(|text| text.parse().map_err(|_| self.refuse(key))).transpose()
    }

    fn refuse(&self, key: &'static str) -> WeightsError {
        let value = short(self.texts.get(key).map(String::as_str).unwrap_or_default());
        WeightsError::Metadata { path: self.path.to_owned(), key, value }
    }

    fn collections(&self) -> Result<Option<Vec<String>>, WeightsError> {
        let Some(text) = self.texts.get("collections") else { return Ok(None) };
        if text == "none" {
            return Ok(Some(Vec::new()));
        }
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        let allowed = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '_' | '-' | '.');
        let is_name = |name: &String| (1..=64).contains(&name.len()) && name.chars().all(allowed);
        if names.iter().all(is_name) { Ok(Some(names)) } else { Err(self.refuse("collections")) }
    }

    fn films(&self) -> Result<Option<Vec<ContentHash>>, WeightsError> {
        let Some(text) = self.texts.get("films") else { return Ok(None) };
        let hash = |digits: &str| {
            digits.parse().map_err(|_| WeightsError::Metadata {
                path: self.path.to_owned(),
                key: "films",
                value: short(digits),
            })
        };
        text.split_whitespace().map(hash).collect::<Result<_, _>>().map(Some)
    }

    /// A text of at most 500 letters, without control characters.
    fn words(&self, key: &str) -> Option<String> {
        let text = self.texts.get(key)?;
        Some(text.chars().take(500).map(|letter| if letter.is_control() { ' ' } else { letter }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(name: &str, texts: &[(&str, &str)]) -> Result<Option<WeightsRecord>, WeightsError> {
        let texts = texts.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        WeightsRecord::described(Path::new("w.safetensors"), &name.parse().unwrap(), &texts)
    }

    #[test]
    fn what_is_said_wins_over_the_family() {
        let texts =
            [("lineage", "torchvision"), ("avg_pool", "count_include_pad=false"), ("bn_eps", "0.002")];
        let record = described("inception_v3", &texts).unwrap().unwrap();
        let expected =
            Lineage { pooling_counts_padding: false, batch_norm_epsilon: 0.002, transforms_input: true };
        assert_eq!((record.lineage, record.normalisation), (expected, Normalisation::Torch));
        let keras = described("vgg19.mine", &[("lineage", "keras")]).unwrap().unwrap();
        assert_eq!(
            (keras.lineage, keras.normalisation),
            (Lineage::keras(Architecture::VGG19), Normalisation::Caffe)
        );
        assert_eq!(keras.name, "vgg19.mine");
    }

    #[test]
    fn films_of_the_training_are_listed_by_collection_or_by_content() {
        let lists = |texts: &[(&str, &str)]| {
            let record =
                described("vgg19.mine", &[&[("lineage", "keras")], texts].concat()).unwrap().unwrap();
            (record.collections, record.films)
        };
        assert_eq!(lists(&[]), (None, None));
        assert_eq!(lists(&[("collections", "none")]), (Some(Vec::new()), None));
        let [one, two] = [b"one", b"two"].map(|film| ContentHash::of_bytes(film));
        let films = format!("{one}\n{two} ");
        assert_eq!(
            lists(&[("collections", "nih, brax"), ("films", &films)]),
            (Some(vec!["nih".to_owned(), "brax".to_owned()]), Some(vec![one, two]))
        );
    }

    #[test]
    fn a_file_without_a_lineage_says_nothing() {
        assert_eq!(described("vgg19", &[("format", "pt"), ("source", "somewhere")]).unwrap(), None);
    }

    #[test]
    fn words_that_are_none_of_ours_are_errors_that_name_the_key() {
        let wrong = [
            ("lineage", "caffe2"),
            ("avg_pool", "true"),
            ("bn_eps", "nan"),
            ("bn_eps", "-1e-3"),
            ("bn_eps", ""),
            ("normalisation", "imagenet"),
            ("input_size", "0"),
            ("input_size", "99999999999"),
            ("transform_input", "yes"),
            ("architecture", "resnet18"),
            ("collections", ""),
            ("collections", "nih,,brax"),
            ("collections", "NIH ChestX-ray14"),
            ("films", "abc"),
        ];
        for (key, value) in wrong {
            let texts = [("lineage", "keras"), (key, value)];
            match described("inception_v3", if key == "lineage" { &texts[1..] } else { &texts }) {
                Err(WeightsError::Metadata { key: named, .. }) => assert_eq!(named, key),
                other => panic!("{key} {value}: {other:?}"),
            }
        }
        let other = described("inception_v3", &[("architecture", "vgg19")]);
        assert!(matches!(other, Err(WeightsError::OtherArchitecture { .. })), "{other:?}");
    }
}
