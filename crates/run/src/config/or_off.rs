//! An optional setting in TOML, which has no null: `false` stands for "off".

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        self, IntoDeserializer, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

pub(super) fn serialize<T: Serialize, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => value.serialize(serializer),
        None => serializer.serialize_bool(false),
    }
}

pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(OrOff(PhantomData))
}

/// Reads `false` itself and passes every other value on, so that errors of the inner value and their place are kept. An
/// untagged enum would replace them with "did not match any variant".
struct OrOff<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OrOff<T> {
    type Value = Option<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the setting, or false to switch it off")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        if value {
            return Err(E::custom(
                "`true` has no meaning here; write the setting, or false to switch it off",
            ));
        }
        Ok(None)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, values: A) -> Result<Self::Value, A::Error> {
        T::deserialize(SeqAccessDeserializer::new(values)).map(Some)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(entries)).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Config, Error};

    #[test]
    fn errors_of_the_inner_value_and_their_place_are_kept() {
        for (change, place, words) in [
            ("input.filter=cubic", "input.filter", "`lanczos`"),
            ("input.filter=3", "input.filter", "3"),
            ("input.augmentation={ rotation = 'far' }", "input.augmentation.rotation", "\"far\""),
            ("input.augmentation={ turn = 5.0 }", "input.augmentation.turn", "`rotation`"),
            ("head.dropout={ place = 'nowhere' }", "head.dropout.place", "`after-dense`"),
            ("training.clipping={ norm = 1.0 }", "training.clipping.norm", "`global-norm`"),
            ("training.patience=-1", "training.patience", "-1"),
            ("training.patience=2.5", "training.patience", "2.5"),
            ("data.test_source=Our Clinic", "data.test_source", "Our Clinic"),
            ("data.ages={ from = 18, to = 80 }", "data.ages", "`unknown`"),
            ("data.balance_by={ field = 'weight' }", "data.balance_by.field", "`age-band`"),
            ("data.licences=['CC0', 7]", "data.licences[1]", "7"),
            ("compute.feature_stores=7", "compute.feature_stores", "7"),
        ] {
            match Config::resolve(None, &[change.to_owned()]) {
                Err(Error::Config { key, reason }) => {
                    assert_eq!(key, place, "{change}: {reason}");
                    assert!(reason.contains(words), "{change}: {reason}");
                    assert!(!reason.contains("variant of untagged"), "{change}: {reason}");
                }
                other => panic!("{change}: {other:?}"),
            }
        }
    }

    #[test]
    fn every_kind_of_inner_value_is_read_and_written() {
        let on = [
            "input.filter='lanczos'",
            "input.augmentation={ rotation = 5.0, shift = 0, flip = true }",
            "training.clipping={ value = 2 }",
            "training.patience=3",
            "data.licences=['CC0']",
            "data.test_source='cohen'",
            "data.balance_by={ field = 'age-band', unmatched = 'exclude' }",
            "compute.feature_stores='stores'",
        ];
        let config = Config::resolve(None, &on.map(str::to_owned)).unwrap();
        assert_eq!(config.input.augmentation.map(|ranges| (ranges.rotation, ranges.flip)), Some((5.0, true)));
        assert_eq!(config.training.patience, Some(3));
        assert_eq!(config.data.test_source.as_ref().map(ToString::to_string), Some("cohen".to_owned()));
        let text = config.to_toml().unwrap();
        assert_eq!(Config::resolve(Some(&text), &[]).unwrap(), config);

        let off = on.map(|setting| format!("{}=false", setting.split('=').next().unwrap()));
        let config = Config::resolve(Some(&text), &off).unwrap();
        assert_eq!(
            (config.input.filter, config.data.licences, config.compute.feature_stores),
            (None, None, None)
        );
    }
}
