//! Ids of records, patients and groups, and names of collections. Each has its own type, so they cannot be mixed up.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::IdError;

/// Name of a collection, the part of an id before the colon: lower-case ASCII letters, digits and hyphens.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SourceName(Arc<str>);

impl SourceName {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`IdError::SourceName`] if it is empty or holds anything but lower-case ASCII letters, digits and hyphens.
    ///
    /// ```
    /// use radiograph_dataset::SourceName;
    ///
    /// assert!(SourceName::new("our-clinic").is_ok());
    /// assert!(SourceName::new("our:clinic").is_err());
    /// ```
    pub fn new(name: &str) -> Result<Self, IdError> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || !name.bytes().all(fits) {
            return Err(IdError::SourceName { name: name.to_owned() });
        }
        Ok(Self(name.into()))
    }

    /// The name of an adapter of this crate; its literals are checked by the tests of [`crate::source`].
    pub(crate) fn of_adapter(name: &'static str) -> Self {
        Self(name.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `source:name`: one image of one collection.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RecordId {
    source: SourceName,
    name: String,
}

/// `source:patient`: one person as one collection numbers its people. Equal numbers of two collections differ.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PatientId {
    source: SourceName,
    name: String,
}

macro_rules! namespaced {
    ($id:ident) => {
        impl $id {
            /// The name within its collection, in the collection's own spelling.
            pub fn new(source: &SourceName, name: impl Into<String>) -> Self {
                Self { source: source.clone(), name: name.into() }
            }

            /// The collection.
            pub fn source(&self) -> &SourceName {
                &self.source
            }

            /// The part after the colon.
            pub fn name(&self) -> &str {
                &self.name
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}:{}", self.source, self.name)
            }
        }

        impl FromStr for $id {
            type Err = IdError;

            /// Reads what [`Display`](fmt::Display) writes; the name may hold further colons.
            fn from_str(text: &str) -> Result<Self, IdError> {
                let Some((source, name)) = text.split_once(':').filter(|(_, name)| !name.is_empty()) else {
                    return Err(IdError::Id { text: text.to_owned() });
                };
                Ok(Self::new(&SourceName::new(source)?, name))
            }
        }

        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

namespaced!(RecordId);
namespaced!(PatientId);

impl FromStr for SourceName {
    type Err = IdError;

    fn from_str(name: &str) -> Result<Self, IdError> {
        Self::new(name)
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for SourceName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl Serialize for SourceName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Name of a group: the id of the first of its images, by order of ids.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct GroupId(String);

impl GroupId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&RecordId> for GroupId {
    fn from(first: &RecordId) -> Self {
        Self(first.to_string())
    }
}

impl From<String> for GroupId {
    fn from(name: String) -> Self {
        Self(name)
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl Serialize for GroupId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_as_written() {
        let id: RecordId = "cohen:a:b/c.png".parse().unwrap();
        assert_eq!((id.source().as_str(), id.name()), ("cohen", "a:b/c.png"));
        assert_eq!(id.to_string(), "cohen:a:b/c.png");
        for wrong in ["cohen", "cohen:", ":1", "Cohen:1", ""] {
            assert!(wrong.parse::<PatientId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn equal_numbers_of_two_collections_are_two_people() {
        let [cohen, nih] = ["cohen", "nih"].map(|name| SourceName::new(name).unwrap());
        assert_ne!(PatientId::new(&cohen, "12"), PatientId::new(&nih, "12"));
    }
}
