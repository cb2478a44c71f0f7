//! Lists the published weights that this project knows by name, and turns them into records.
//!
//! Each network's file lists its own. Entries of timm follow `timm.get_pretrained_cfg` of timm 1.0.31: input size,
//! mean, deviation, interpolation, crop and licence. `resize` is `floor(input size / crop share)`, as timm computes it.
//! The address comes from the entry's `hf_hub_id` on huggingface.co. Entries of Keras follow `keras.applications` of
//! Keras 3.15.1. `docs/weights.md` cites the source of each checksum.

use radiograph_files::ContentHash;

use crate::{
    Architecture, Lineage, WeightsName, WeightsRecord,
    definition::{Family, Published},
};

impl WeightsRecord {
    /// All known published weights: network by network, each network's default first.
    pub fn published() -> Vec<Self> {
        Architecture::all().into_iter().flat_map(Self::published_of).collect()
    }

    /// The known published weights of a network, the default first.
    pub fn published_of(architecture: Architecture) -> Vec<Self> {
        let Some(definition) = architecture.definition() else { return Vec::new() };
        let of = |published| Self::of(architecture, definition.native_size, published);
        definition.published.iter().map(of).collect()
    }

    /// The published weights of this name; a bare architecture means its default.
    pub fn named(name: &WeightsName) -> Option<Self> {
        let mut all = Self::published_of(name.architecture()).into_iter();
        if name.as_str() == name.architecture().name() {
            return all.next();
        }
        all.find(|record| record.name == name.as_str())
    }

    /// The known weights with this content hash.
    pub fn of_content(sha256: ContentHash) -> Option<Self> {
        Self::published().into_iter().find(|record| record.sha256 == Some(sha256))
    }

    fn of(architecture: Architecture, native_size: u32, published: &Published) -> Self {
        let family = architecture.family(published.family);
        let default = |read: fn(&Family) -> Lineage| family.map_or_else(|| architecture.lineage(), read);
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            name: format!("{architecture}.{}", published.tag),
            architecture,
            trained_on: owned(published.trained_on),
            source_url: owned(published.source_url),
            origin: owned(published.origin),
            revision: owned(published.revision),
            // A test parses all checksums of this project.
            sha256: published.sha256.and_then(|digits| digits.parse().ok()),
            licence: owned(published.licence),
            lineage: published.lineage.unwrap_or_else(|| default(|family| family.lineage)),
            input_size: published.input_size.unwrap_or(native_size),
            normalisation: published
                .normalisation
                .or(family.map(|family| family.normalisation))
                .unwrap_or_default(),
            interpolation: published.interpolation,
            resize: published.resize,
            collections: published
                .collections
                .map(|names| names.iter().map(|&name| name.to_owned()).collect()),
            films: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_has_a_default_and_those_of_the_paper_a_keras_twin() {
        for architecture in Architecture::all() {
            let default = WeightsRecord::named(&architecture.into()).unwrap();
            assert_eq!(default.architecture, architecture);
        }
        for architecture in Architecture::PAPER {
            assert!(WeightsRecord::named(&architecture.into()).unwrap().is_fetchable());
            let twin = WeightsRecord::named(&format!("{architecture}.keras").parse().unwrap()).unwrap();
            assert!(!twin.is_fetchable() && twin.lineage == Lineage::keras(architecture));
        }
    }

    #[test]
    fn names_are_unique_valid_and_begin_with_the_architecture() {
        let all = WeightsRecord::published();
        assert_eq!(all.len(), 15);
        for record in &all {
            let name: WeightsName = record.name.parse().unwrap();
            assert_eq!(name.architecture(), record.architecture);
            assert_eq!(WeightsRecord::named(&name).as_ref(), Some(record));
            let json = serde_json::to_string(record).unwrap();
            assert_eq!(&serde_json::from_str::<WeightsRecord>(&json).unwrap(), record);
        }
    }

    /// Checksums as their publishers state them (`docs/weights.md` cites the pages).
    #[test]
    fn published_checksums_are_pinned() {
        let pinned = [
            ("vgg19.tv_in1k", "11aea017b543ff59233749d8f1cf544cda749378f5790d2fedab841fb86b7669"),
            ("densenet121.tv_in1k", "c894c6d9caa317a8ca1942986dee7a16a86c77734a4d691d2abe05389cfef358"),
            ("inception_v3.tv_in1k", "9c452c63a67fd03a38a78c401ba12d4be0e926df63c93403de3a29f6df20fefb"),
            ("inception_v3.nsfwjs", "5d13500d810ff8520333d0d5a80107a556354d7eac3ac033614cd5f4e7ce5ace"),
            (
                "inception_resnet_v2.tf_in1k",
                "dbea26b13a5fc8351919fed6a94222c0577ce324b2765fd081a798f837ca9d72",
            ),
        ];
        let known: Vec<(String, String)> = WeightsRecord::published()
            .into_iter()
            .filter_map(|record| Some((record.name, record.sha256?.to_string())))
            .collect();
        assert_eq!(known, pinned.map(|(name, digits)| (name.to_owned(), digits.to_owned())));
        for (name, digits) in pinned {
            assert_eq!(WeightsRecord::of_content(digits.parse().unwrap()).unwrap().name, name);
        }
    }
}
