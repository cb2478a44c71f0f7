//! The extraction key: everything except the image that determines a feature map.

use radiograph_files::{ContentHash, ContentHashing};
use serde::{Deserialize, Serialize};

use crate::{Arithmetic, Computation, Element, FeatureError, KeyDifference};

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
    /// Number format of the stored values. Records from before this field hold f32.
    #[serde(default)]
    pub precision: Element,
    /// What computed the values; `None` if unknown, as in records from before this field.
    #[serde(default)]
    pub computation: Option<Computation>,
}

impl ExtractionKey {
    /// Maximum length of each text in bytes.
    pub const LONGEST_TEXT: usize = 1 << 16;

    /// SHA-256 of all fields.
    pub fn hash(&self) -> ContentHash {
        let mut hashing = ContentHashing::new();
        hashing.update(b"radiograph extraction key 2");
        let precision = self.precision.to_string();
        let computation = self.computation.as_ref().map(ToString::to_string).unwrap_or_default();
        let fields: [&[u8]; 6] = [
            self.backbone.as_bytes(),
            self.weights.as_bytes(),
            self.preprocessing.as_bytes(),
            self.lineage.as_bytes(),
            precision.as_bytes(),
            computation.as_bytes(),
        ];
        for field in fields {
            hashing.update(&(field.len() as u64).to_le_bytes());
            hashing.update(field);
        }
        hashing.finish()
    }

    /// The key of the same network's features when it computes in this arithmetic. An unknown computation stays unknown.
    #[must_use]
    pub fn computed_in(self, arithmetic: Arithmetic) -> Self {
        let of = |known: Computation| Computation { arithmetic: arithmetic.to_string(), ..known };
        Self { computation: self.computation.map(of), ..self }
    }

    /// Folder name for this key's store, such as `inception_v3-3f0a91c2d45e`. Under such names, the stores of many keys
    /// lie side by side without being confused.
    ///
    /// ```
    /// use radiograph_features::{Element, ExtractionKey};
    /// use radiograph_files::ContentHash;
    ///
    /// let key = ExtractionKey {
    ///     backbone: "inception_v3".to_owned(),
    ///     weights: ContentHash::of_bytes(b"the weights file"),
    ///     preprocessing: "224 pixels, bilinear, tf".to_owned(),
    ///     lineage: "keras".to_owned(),
    ///     precision: Element::F32,
    ///     computation: None,
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
        let mut texts = vec![("preprocessing", &self.preprocessing), ("lineage", &self.lineage)];
        if let Some(computation) = &self.computation {
            texts.extend(computation.texts());
        }
        for (field, text) in texts {
            if text.len() > Self::LONGEST_TEXT {
                return refuse(field, "give at most 65,536 bytes");
            }
        }
        Ok(())
    }

    /// The fields in which a stored key differs from this one, which is asked for.
    pub fn differences(&self, stored: &Self) -> Vec<KeyDifference> {
        let fields = self.fields().into_iter().zip(stored.fields());
        fields
            .filter(|((_, asked), (_, stored))| asked != stored)
            .map(|((field, asked), (_, stored))| KeyDifference { field, stored, asked })
            .collect()
    }

    /// Refuses another stored key, and says in which fields the two differ.
    ///
    /// # Errors
    ///
    /// [`FeatureError::OtherKey`].
    pub fn require(&self, stored: &Self) -> Result<(), FeatureError> {
        let differences = self.differences(stored);
        if differences.is_empty() { Ok(()) } else { Err(FeatureError::OtherKey { differences }) }
    }

    /// Whether two keys are of the same network, weights and input, so that their values differ by rounding alone.
    pub fn differs_by_rounding(&self, other: &Self) -> bool {
        let Self { precision, computation, .. } = self.clone();
        Self { precision, computation, ..other.clone() } == *self
    }

    /// Every field with its value in words.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("backbone", self.backbone.clone()),
            ("weights", self.weights.to_string()),
            ("preprocessing", self.preprocessing.clone()),
            ("lineage", self.lineage.clone()),
            ("precision", self.precision.to_string()),
        ];
        fields.extend(Computation::fields(self.computation.as_ref()));
        fields
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
            precision: Element::F32,
            computation: None,
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

    fn computed() -> Computation {
        Computation {
            arithmetic: "f32".to_owned(),
            device: "cpu".to_owned(),
            engine: "libtorch 2.13.0".to_owned(),
            revision: 1,
        }
    }

    #[test]
    fn precision_device_engine_and_revision_are_named_each_by_itself() {
        let stored = ExtractionKey { computation: Some(computed()), ..key() };
        let others = [
            ("precision", ExtractionKey { precision: Element::F16, ..stored.clone() }),
            ("arithmetic", with(Computation { arithmetic: "tf32".to_owned(), ..computed() })),
            ("device", with(Computation { device: "cuda".to_owned(), ..computed() })),
            ("engine", with(Computation { engine: "libtorch 2.0.1".to_owned(), ..computed() })),
            ("revision", with(Computation { revision: 2, ..computed() })),
        ];
        for (field, other) in others {
            let differences = other.differences(&stored);
            assert_eq!(differences.iter().map(|one| one.field).collect::<Vec<_>>(), [field]);
            assert_ne!(other.hash(), stored.hash(), "{field}");
            assert!(other.differs_by_rounding(&stored), "{field}");
        }
        let keras = ExtractionKey { lineage: "keras".to_owned(), ..stored.clone() };
        assert!(!keras.differs_by_rounding(&stored));
        let message =
            with(Computation { device: "cuda".to_owned(), ..computed() }).require(&stored).unwrap_err();
        assert!(message.to_string().contains("device is `cpu` there and `cuda` here"), "{message}");
    }

    #[test]
    fn a_key_of_an_older_record_is_of_f32_and_an_unknown_computation() {
        let mut record = serde_json::to_value(key()).unwrap();
        let fields = record.as_object_mut().unwrap();
        assert!(fields.remove("precision").is_some() && fields.remove("computation").is_some());
        assert_eq!(serde_json::from_value::<ExtractionKey>(record).unwrap(), key());
        let differences = with(computed()).differences(&key());
        let stored: Vec<_> = differences.iter().map(|one| one.stored.as_str()).collect();
        assert_eq!(stored, ["unknown"; 4]);
    }

    fn with(computation: Computation) -> ExtractionKey {
        ExtractionKey { computation: Some(computation), ..key() }
    }
}
