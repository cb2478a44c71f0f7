//! The extraction key: everything except the image that determines a feature map.

use radiograph_files::{ContentHash, ContentHashing};
use serde::{Deserialize, Serialize};

use crate::{FeatureError, KeyDifference};

/// How features were extracted: everything except the image that can change their values.
///
/// One store holds features of one key. The texts come from the caller and are compared letter by letter. So the caller
/// must write the same settings in the same words every time, for example as JSON with fixed fields. The texts must
/// include everything that changes a value, such as the augmentation and its seed if variants are drawn.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ExtractionKey {
    /// Name of the network, such as `inception_v3`: lower-case letters, digits, `_`, `-` and `.`.
    pub backbone: String,
    /// SHA-256 of the weights.
    pub weights: ContentHash,
    /// How an image file becomes the network's input.
    pub preprocessing: String,
    /// Facts that the parameters leave open, such as how pooling counts padding, and the origin of the weights.
    pub lineage: String,
}

impl ExtractionKey {
    /// Maximum length of each text in bytes.
    pub const LONGEST_TEXT: usize = 1 << 16;

    /// SHA-256 of all four fields.
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

    /// Folder name for this key's store, such as `inception_v3-3f0a91c2d45e`. Under such names, the stores of many keys
    /// lie side by side without being confused.
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

    /// Refuses another stored key, and says in which fields the two differ.
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
