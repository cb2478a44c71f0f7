#![doc = include_str!("../README.md")]

mod error;
mod paper;

use std::{fmt, hash, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use error::Error;
pub use paper::{COVID_19, NORMAL, PNEUMONIA};

/// Maximum number of classes in a set; the limit is explicit because sets are read from files.
pub const MAX_CLASSES: usize = 10_000;

/// An ordered set of distinct, non-empty class names; cloning it copies a pointer.
///
/// Two sets are equal if they contain the same names in the same order. The serialised form is a list of names, which
/// is checked again when read.
#[derive(Clone)]
pub struct Classes {
    names: Arc<[String]>,
}

impl Classes {
    /// A set of these names, in this order.
    ///
    /// # Errors
    ///
    /// If there is no name or more than [`MAX_CLASSES`], if a name is empty, has white space at an end or holds a control
    /// character, or if a name repeats. The error gives the position of the first offender.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Result<Self, Error> {
        let names: Vec<String> = names.into_iter().take(MAX_CLASSES + 1).map(Into::into).collect();
        if names.is_empty() {
            return Err(Error::NoClass);
        }
        if names.len() > MAX_CLASSES {
            return Err(Error::TooManyClasses { limit: MAX_CLASSES });
        }
        let mut seen = std::collections::HashMap::with_capacity(names.len());
        for (position, name) in names.iter().enumerate() {
            if name.is_empty() {
                return Err(Error::EmptyName { position });
            }
            if name.trim() != name || name.chars().any(char::is_control) {
                return Err(Error::UnprintableName { position, name: name.clone() });
            }
            if let Some(first) = seen.insert(name.as_str(), position) {
                return Err(Error::Duplicate { name: name.clone(), first, second: position });
            }
        }
        Ok(Self { names: names.into() })
    }

    /// The number of classes, at least one.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a set of classes is never empty")]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// The class of this name.
    ///
    /// # Errors
    ///
    /// If no class has exactly this name.
    pub fn class(&self, name: &str) -> Result<Class, Error> {
        match self.names.iter().position(|known| known == name) {
            Some(index) => Ok(Class { set: self.clone(), index }),
            None => Err(Error::Unknown { name: name.to_owned(), known: self.names.to_vec() }),
        }
    }

    /// The position in this set of `class`, which may belong to another set; it is found by name.
    ///
    /// # Errors
    ///
    /// If this set has no class of that name.
    pub fn position(&self, class: &Class) -> Result<usize, Error> {
        if self.is_same(&class.set) { Ok(class.index) } else { self.class(class.name()).map(|own| own.index) }
    }

    /// For each class of `self`, its position in `other`. These positions reorder the columns of `other` into the order
    /// of `self`.
    ///
    /// # Errors
    ///
    /// If the two do not contain the same names; the error lists both differences.
    pub fn columns_of(&self, other: &Self) -> Result<Vec<usize>, Error> {
        let missing = difference(self, other);
        let unexpected = difference(other, self);
        if !missing.is_empty() || !unexpected.is_empty() {
            return Err(Error::OtherSet { missing, unexpected });
        }
        self.iter().map(|class| other.position(&class)).collect()
    }

    /// The classes in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Class> + '_ {
        (0..self.len()).map(|index| Class { set: self.clone(), index })
    }

    /// The names in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.names, &other.names)
    }
}

/// One class of a set, obtained by name through [`Classes::class`] or by iterating over the set.
///
/// Two classes are equal if they have the same name, whatever their sets. Parsing a name gives a class in a new set of that one
/// name. [`Classes::position`] finds it in every set that contains the name. The serialised form is the name.
///
/// ```
/// # use radiograph_classes::{Class, Classes};
/// let classes = Classes::new(["covid", "normal"])?;
/// let normal: Class = "normal".parse()?;
/// assert_eq!(normal, classes.class("normal")?);
/// assert_eq!(classes.position(&normal), Ok(1));
/// # Ok::<(), radiograph_classes::Error>(())
/// ```
#[derive(Clone)]
pub struct Class {
    set: Classes,
    index: usize,
}

impl Class {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.set.names[self.index]
    }

    /// Its position in its own set; [`Classes::position`] gives the position in another set.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The set it belongs to.
    #[must_use]
    pub fn set(&self) -> &Classes {
        &self.set
    }
}

/// The names of `of` that `from` lacks.
fn difference(of: &Classes, from: &Classes) -> Vec<String> {
    if of.is_same(from) {
        return Vec::new();
    }
    let known: std::collections::HashSet<&str> = from.names().collect();
    of.names().filter(|name| !known.contains(name)).map(str::to_owned).collect()
}

impl PartialEq for Classes {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.names == other.names
    }
}

impl Eq for Classes {}

impl hash::Hash for Classes {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.names.hash(state);
    }
}

impl PartialEq for Class {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Class {}

impl hash::Hash for Class {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl FromStr for Class {
    type Err = Error;

    /// The class of this name in a set of its own.
    fn from_str(name: &str) -> Result<Self, Error> {
        Ok(Self { set: Classes::new([name])?, index: 0 })
    }
}

impl fmt::Debug for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names.iter()).finish()
    }
}

impl fmt::Display for Classes {
    /// The names, separated by commas.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names.join(", "))
    }
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Class({:?} of {:?})", self.name(), self.set)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl AsRef<str> for Class {
    fn as_ref(&self) -> &str {
        self.name()
    }
}

impl Serialize for Classes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names.iter())
    }
}

impl<'de> Deserialize<'de> for Classes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Self::new(names).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Class {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_checked_and_the_offender_is_named() {
        let none: [&str; 0] = [];
        assert_eq!(Classes::new(none), Err(Error::NoClass));
        assert_eq!(Classes::new(["a", ""]), Err(Error::EmptyName { position: 1 }));
        assert_eq!(
            Classes::new(["a", "b", "a"]),
            Err(Error::Duplicate { name: "a".into(), first: 0, second: 2 })
        );
        for bad in [" normal", "normal ", "nor\nmal", " "] {
            let error = Classes::new(["covid", bad]).unwrap_err();
            assert_eq!(error, Error::UnprintableName { position: 1, name: bad.into() });
        }
        let many = (0..=MAX_CLASSES).map(|i| i.to_string());
        assert_eq!(Classes::new(many), Err(Error::TooManyClasses { limit: MAX_CLASSES }));
    }

    #[test]
    fn sets_that_differ_say_how() {
        let ours = Classes::new(["covid", "normal"]).unwrap();
        let theirs = Classes::new(["normal", "pneumonia"]).unwrap();
        assert_eq!(
            ours.columns_of(&theirs),
            Err(Error::OtherSet { missing: vec!["covid".into()], unexpected: vec!["pneumonia".into()] })
        );
        assert!(ours.position(&theirs.class("pneumonia").unwrap()).is_err());
    }

    #[test]
    fn a_file_holds_names_and_is_checked_when_read() {
        let classes = Classes::new(["covid", "normal"]).unwrap();
        let text = serde_json::to_string(&classes).unwrap();
        assert_eq!(text, r#"["covid","normal"]"#);
        assert_eq!(serde_json::from_str::<Classes>(&text).unwrap(), classes);
        assert!(serde_json::from_str::<Classes>(r#"["covid","covid"]"#).is_err());
        assert_eq!(serde_json::to_string(&classes.class("normal").unwrap()).unwrap(), r#""normal""#);
    }

    proptest! {
        #[test]
        fn any_order_is_brought_back_by_name(names in prop::collection::hash_set("[a-z]{1,8}", 1..12), seed in any::<u64>()) {
            let names: Vec<String> = names.into_iter().collect();
            let mut shuffled = names.clone();
            shuffled.sort_by_key(|name| name.bytes().fold(seed, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)));
            let (ours, theirs) = (Classes::new(names).unwrap(), Classes::new(shuffled.clone()).unwrap());
            let restored: Vec<&str> = ours.columns_of(&theirs).unwrap().into_iter().map(|i| shuffled[i].as_str()).collect();
            prop_assert_eq!(restored, ours.names().collect::<Vec<_>>());
        }
    }
}
