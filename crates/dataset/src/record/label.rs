//! The label of an image: each class present, absent or unknown, and how that is known.

use std::{collections::BTreeMap, fmt, sync::Arc};

use radiograph_classes::{COVID_19, Class, Classes, NORMAL, PNEUMONIA};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Name of a class. Compared exactly, case included.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClassName(Arc<str>);

impl ClassName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ClassName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for ClassName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl PartialEq<str> for ClassName {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for ClassName {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

impl<'de> Deserialize<'de> for ClassName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

impl Serialize for ClassName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Whether an image shows a class.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// The image shows the class.
    Present,
    /// The image does not show the class.
    Absent,
    /// Unknown.
    #[default]
    Unknown,
}

/// How a label is known.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Provenance {
    /// A laboratory test (RT-PCR).
    Pcr,
    /// Radiologists or other physicians read the image for this label.
    Radiologist,
    /// A program read the radiology report.
    TextMined,
    /// The publishers' table says so, without saying how it was found out.
    Table,
    /// The publishers say it of the whole collection.
    Collection,
    /// The image lies in a folder of that name.
    Folder,
    /// There is no label.
    None,
}

impl Provenance {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcr => "PCR",
            Self::Radiologist => "radiologist",
            Self::TextMined => "text-mined",
            Self::Table => "table",
            Self::Collection => "whole collection",
            Self::Folder => "folder",
            Self::None => "none",
        }
    }
}

/// Label of an image, as far as its collection states it.
///
/// ```
/// use radiograph_classes::{COVID_19, NORMAL, PNEUMONIA};
/// use radiograph_dataset::{Label, Presence, Provenance};
///
/// let sick = Label::of(COVID_19, Provenance::Pcr, "COVID-19, ARDS");
/// assert_eq!(sick.class().unwrap(), &COVID_19);
/// assert_eq!(sick.presence(NORMAL), Presence::Absent);
///
/// // Ruled out is not the same as normal.
/// let ruled_out = Label::without(COVID_19, Provenance::Pcr, "admitted 20 days later");
/// assert_eq!(ruled_out.class(), None);
/// assert_eq!(ruled_out.presence(PNEUMONIA), Presence::Unknown);
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Label {
    presence: BTreeMap<ClassName, Presence>,
    provenance: Provenance,
    published: String,
}

impl Label {
    /// The image shows `class`. Of COVID-19, (other) pneumonia and normal one rules out the other two; of classes with
    /// other names nothing else follows. `published` is the label in the publishers' words.
    pub fn of(class: impl Into<ClassName>, provenance: Provenance, published: impl Into<String>) -> Self {
        let class = class.into();
        let mut presence = BTreeMap::new();
        let exclusive = [COVID_19, PNEUMONIA, NORMAL];
        if exclusive.contains(&class.as_str()) {
            presence.extend(exclusive.map(|other| (other.into(), Presence::Absent)));
        }
        presence.insert(class, Presence::Present);
        Self { presence, provenance, published: published.into() }
    }

    /// Each class with what is known of it. `published` is the label in the publishers' words.
    pub fn of_each(
        presence: impl IntoIterator<Item = (ClassName, Presence)>,
        provenance: Provenance,
        published: impl Into<String>,
    ) -> Self {
        Self { presence: presence.into_iter().collect(), provenance, published: published.into() }
    }

    /// The image does not show `class`; of the others nothing is known.
    pub fn without(
        class: impl Into<ClassName>,
        provenance: Provenance,
        published: impl Into<String>,
    ) -> Self {
        Self { presence: [(class.into(), Presence::Absent)].into(), provenance, published: published.into() }
    }

    /// Rules out a further class.
    #[must_use]
    pub fn and_without(mut self, class: impl Into<ClassName>) -> Self {
        self.presence.insert(class.into(), Presence::Absent);
        self
    }

    /// What both labels say of each class: present if one of them says so, else absent if one does. The words of both.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for (class, presence) in &other.presence {
            let own = self.presence.entry(class.clone()).or_default();
            *own = match (*own, *presence) {
                (Presence::Present, _) | (_, Presence::Present) => Presence::Present,
                (Presence::Absent, _) | (_, Presence::Absent) => Presence::Absent,
                _ => Presence::Unknown,
            };
        }
        if !other.published.is_empty() && self.published != other.published {
            self.published = match self.published.as_str() {
                "" => other.published.clone(),
                own => format!("{own}, {}", other.published),
            };
        }
        self
    }

    /// The publishers' words name no class of which anything follows.
    pub fn undecided(provenance: Provenance, published: impl Into<String>) -> Self {
        Self { presence: BTreeMap::new(), provenance, published: published.into() }
    }

    /// There is no label at all.
    pub fn unknown() -> Self {
        Self::undecided(Provenance::None, "")
    }

    /// Whether the image shows `class`.
    pub fn presence(&self, class: &str) -> Presence {
        self.presence.get(&ClassName::from(class)).copied().unwrap_or_default()
    }

    /// The class that is present, if it is the only one.
    pub fn class(&self) -> Option<&ClassName> {
        let mut present = self.presence.iter().filter(|(_, presence)| **presence == Presence::Present);
        match (present.next(), present.next()) {
            (Some((class, _)), None) => Some(class),
            _ => None,
        }
    }

    /// The class that is present, as one of a set. `None` if no single class is, or none of the set.
    ///
    /// ```
    /// use radiograph_classes::Classes;
    /// use radiograph_classes::{COVID_19, NORMAL, PNEUMONIA};
    /// use radiograph_dataset::{Label, Provenance};
    ///
    /// let classes = Classes::new([COVID_19, NORMAL, PNEUMONIA])?;
    /// let label = Label::of(NORMAL, Provenance::Folder, "No_findings");
    /// assert_eq!(label.class_of(&classes), Some(classes.class(NORMAL)?));
    /// # Ok::<(), radiograph_classes::Error>(())
    /// ```
    pub fn class_of(&self, classes: &Classes) -> Option<Class> {
        classes.class(self.class()?.as_str()).ok()
    }

    /// Each class of which something is known.
    pub fn known(&self) -> impl Iterator<Item = (ClassName, Presence)> {
        self.presence.iter().map(|(class, presence)| (class.clone(), *presence))
    }

    /// How the label is known.
    pub fn provenance(&self) -> Provenance {
        self.provenance
    }

    /// The label in the publishers' words; empty if they left it blank.
    pub fn published(&self) -> &str {
        &self.published
    }
}
