//! An optional setting in TOML, which has no null: `false` stands for "off".

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

#[derive(Deserialize)]
#[serde(untagged)]
enum Read<T> {
    Off(bool),
    On(T),
}

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
    match Read::deserialize(deserializer)? {
        Read::On(value) => Ok(Some(value)),
        Read::Off(false) => Ok(None),
        Read::Off(true) => {
            Err(de::Error::custom("`true` says nothing here; write the setting, or false to switch it off"))
        }
    }
}
