//! What, besides the image, a feature map depends on. Not the image, and not where a map lies.

use radiograph_files::{ContentHash, ContentHashing};
use serde::{Deserialize, Serialize};

use crate::{FeatureError, KeyDifference};

/// How features were extracted: everything but the image that could change one of their values.
///
/// One store holds features of one key. The texts are the caller's, and they are compared letter by letter: whoever
/// extracts writes the same settings in the same words every time (for example as JSON with fixed fields), and puts in
/// whatever changes a value, the augmentation and its seed included where variants are drawn.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ExtractionKey {
    /// The network's name, such as `inception_v3`: lower-case letters, digits, `_`, `-` and `.`.
    pub backbone: String,
    /// The SHA-256 of the weights.
    pub weights: ContentHash,
    /// How an image file becomes the network's input.
    pub preprocessing: String,
    /// What the network's parameters alone leave open, such as how its pooling counts padding, and where its weights
    /// come from.
    pub lineage: String,
}

impl ExtractionKey {
    /// The most bytes that each of the texts may have.
    pub const LONGEST_TEXT: usize = 1 << 16;

    /// The SHA-256 of all four fields.
    pub fn hash(&self) -> ContentHash {
        let mut hashing = ContentHashing::new();
        hashing.update(b"radiograph extraction key 1");
        let fields: [&[u8]; 4] = [
            self.backbone.as_bytes(),
            self.weights.as_bytes(),
            self.preprocessing.as_bytes(),
            self.lineage.as_bytes(),
        ];
        for field in fields {
            hashing.update(&(field.len() as u64).to_le_bytes());
            hashing.update(field);
        }
        hashing.finish()
    }

    /// A name for the folder of this key's store, such as `inception_v3-3f0a91c2d45e`: keep the stores of many keys
    /// side by side under such names, and no setting can be read for another.
    ///
    /// ```
    /// use radiograph_features::ExtractionKey;
    /// use radiograph_files::ContentHash;
    ///
    /// let key = ExtractionKey {
    ///     backbone: "inception_v3".to_owned(),
    ///     weights: ContentHash::of_bytes(b"the weights file"),
    ///     preprocessing: "224 pixels, bilinear, tf".to_owned(),
    ///     lineage: "keras".to_owned(),
    /// };
    /// assert!(key.folder_name().starts_with("inception_v3-"));
    /// assert_ne!(key.folder_name(), ExtractionKey { lineage: "torchvision".to_owned(), ..key }.folder_name());
    /// ```
    pub fn folder_name(&self) -> String {
        format!("{}-{}", self.backbone, self.hash().short())
    }

    pub(crate) fn check(&self) -> Result<(), FeatureError> {
        let refuse = |field, remedy| Err(FeatureError::Key { field, remedy });
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.');
        if self.backbone.is_empty() || self.backbone.len() > 64 || self.backbone.starts_with('.') {
            return refuse("backbone", "give a name of 1 to 64 letters that does not begin with a dot");
        }
        if !self.backbone.bytes().all(plain) {
            return refuse("backbone", "use lower-case letters, digits, `_`, `-` and `.`");
        }
        for (field, text) in [("preprocessing", &self.preprocessing), ("lineage", &self.lineage)] {
            if text.len() > Self::LONGEST_TEXT {
                return refuse(field, "give at most 65,536 bytes");
            }
        }
        Ok(())
    }

    /// Refuses a store of another key, and says in which fields they differ.
    pub(crate) fn require(&self, stored: &Self) -> Result<(), FeatureError> {
        let (asked_weights, stored_weights) = (self.weights.to_string(), stored.weights.to_string());
        let fields = [
            ("backbone", &stored.backbone, &self.backbone),
            ("weights", &stored_weights, &asked_weights),
            ("preprocessing", &stored.preprocessing, &self.preprocessing),
            ("lineage", &stored.lineage, &self.lineage),
        ];
        let differences: Vec<KeyDifference> = fields
            .into_iter()
            .filter(|(_, stored, asked)| stored != asked)
            .map(|(field, stored, asked)| KeyDifference {
                field,
                stored: stored.clone(),
                asked: asked.clone(),
            })
            .collect();
        if differences.is_empty() { Ok(()) } else { Err(FeatureError::OtherKey { differences }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ExtractionKey {
        ExtractionKey {
            backbone: "vgg19".to_owned(),
            weights: ContentHash::of_bytes(b"weights"),
            preprocessing: "ab".to_owned(),
            lineage: "c".to_owned(),
        }
    }

    #[test]
    fn text_that_moves_from_one_field_to_the_next_is_another_key() {
        let moved = ExtractionKey { preprocessing: "a".to_owned(), lineage: "bc".to_owned(), ..key() };
        assert_ne!(moved.hash(), key().hash());
    }

    #[test]
    fn names_that_would_lead_out_of_a_folder_are_refused() {
        for name in ["", "..", "../x", "a/b", "VGG19", "a b", "é"] {
            let named = ExtractionKey { backbone: name.to_owned(), ..key() };
            assert!(matches!(named.check(), Err(FeatureError::Key { field: "backbone", .. })), "{name:?}");
        }
        assert!(key().check().is_ok());
        let long = ExtractionKey { lineage: "x".repeat(65_537), ..key() };
        assert!(matches!(long.check(), Err(FeatureError::Key { field: "lineage", .. })));
    }

    #[test]
    fn every_field_that_differs_is_named() {
        let other =
            ExtractionKey { weights: ContentHash::of_bytes(b"others"), lineage: "keras".to_owned(), ..key() };
        let Err(FeatureError::OtherKey { differences }) = other.require(&key()) else { panic!() };
        let fields: Vec<_> = differences.iter().map(|difference| difference.field).collect();
        assert_eq!(fields, ["weights", "lineage"]);
        assert_eq!((differences[1].stored.as_str(), differences[1].asked.as_str()), ("c", "keras"));
    }
}
