//! Modality and view (PA, AP, lateral) of an image.

use serde::Serialize;

/// How an image was made.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Modality {
    /// A radiograph: computed (CR), digital (DX) or not said which.
    XRay,
    /// A slice or volume of computed tomography.
    Ct,
    /// Something else.
    Other,
    /// Not recorded.
    #[default]
    Unknown,
}

impl Modality {
    /// Reads what collections and DICOM files write: `X-ray`, `CR`, `DX`, `CT`, …, exactly but for case.
    pub fn read(text: &str) -> Self {
        match text.trim().to_ascii_lowercase().as_str() {
            "x-ray" | "xray" | "cr" | "dx" | "rg" => Self::XRay,
            "ct" => Self::Ct,
            "" => Self::Unknown,
            _ => Self::Other,
        }
    }

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::XRay => "X-ray",
            Self::Ct => "CT",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }
}

/// Projection of an image.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum View {
    /// Posteroanterior: the patient stands, the rays enter at the back.
    Pa,
    /// Anteroposterior: the rays enter at the front; the heart looks larger.
    Ap,
    /// Anteroposterior, lying.
    ApSupine,
    /// Frontal, recorded without saying whether PA or AP.
    Frontal,
    /// Frontal, PA or AP, because the collection publishes no other films; the row itself does not say.
    FrontalByCollection,
    /// From the side.
    Lateral,
    /// Recorded, and neither frontal nor from the side: oblique, decubitus, lordotic.
    NotFrontal,
    /// A slice: not a projection at all.
    Ct,
    /// Not recorded.
    #[default]
    Unknown,
}

impl View {
    /// Reads what collections and DICOM files write: `PA`, `ap`, `AP Supine`, `LAT`, `XTABLE LATERAL`, `LLD`, `Axial`,
    /// `postero-anterior`, …, whole and without regard to case. A word that is not known is a view that is not known.
    ///
    /// ```
    /// use radiograph_dataset::View;
    ///
    /// assert_eq!(View::read("XTABLE LATERAL"), View::Lateral);
    /// assert_eq!(View::read("RAO").is_frontal(), Some(false));
    /// assert_eq!(View::read("chest").is_frontal(), None);
    /// ```
    pub fn read(text: &str) -> Self {
        let lower = text.trim().to_ascii_lowercase();
        let words: Vec<&str> = lower
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        match words.join(" ").as_str() {
            "pa" | "postero anterior" | "posteroanterior" | "posterior anterior" | "pa erect" => Self::Pa,
            "ap" | "antero posterior" | "anteroposterior" | "anterior posterior" | "ap erect"
            | "ap semi erect" | "ap upright" | "ap portable" | "portable ap" | "ap axial" => Self::Ap,
            "ap supine" | "supine ap" | "ap horizontal" | "antero posterior supine" => Self::ApSupine,
            "frontal" | "ap pa" | "pa ap" => Self::Frontal,
            "l"
            | "ll"
            | "rl"
            | "lat"
            | "llat"
            | "rlat"
            | "lateral"
            | "left lateral"
            | "right lateral"
            | "xtable lateral"
            | "cross table lateral"
            | "swimmers"
            | "mediolateral"
            | "lateromedial"
            | "ml"
            | "lm" => Self::Lateral,
            "lld"
            | "rld"
            | "decubitus"
            | "left lateral decubitus"
            | "right lateral decubitus"
            | "ap lld"
            | "ap rld"
            | "pa lld"
            | "pa rld"
            | "lao"
            | "rao"
            | "lpo"
            | "rpo"
            | "llo"
            | "rlo"
            | "oblique"
            | "left oblique"
            | "right oblique"
            | "lordotic"
            | "ap lordotic" => Self::NotFrontal,
            "axial" | "coronal" | "sagittal" | "ct" => Self::Ct,
            _ => Self::Unknown,
        }
    }

    /// Finds a view among the words of a description, such as `W033 Chest PA`. Unknown if there is none, or if words
    /// contradict one another.
    pub fn find(description: &str) -> Self {
        let words = description.split(|letter: char| !letter.is_ascii_alphanumeric());
        let mut views: Vec<Self> = words
            .filter(|word| word.len() > 1)
            .map(Self::read)
            .filter(|view| *view != Self::Unknown)
            .collect();
        views.sort_unstable();
        views.dedup();
        match views[..] {
            [view] => view,
            [Self::Pa, Self::Ap] => Self::Frontal,
            [Self::Pa | Self::Ap | Self::Lateral, Self::NotFrontal] => Self::NotFrontal,
            _ => Self::Unknown,
        }
    }

    /// Whether it is a frontal projection; `None` if the view is not known.
    pub fn is_frontal(self) -> Option<bool> {
        match self {
            Self::Pa | Self::Ap | Self::ApSupine | Self::Frontal | Self::FrontalByCollection => Some(true),
            Self::Lateral | Self::NotFrontal | Self::Ct => Some(false),
            Self::Unknown => None,
        }
    }

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pa => "PA",
            Self::Ap => "AP",
            Self::ApSupine => "AP supine",
            Self::Frontal => "frontal",
            Self::FrontalByCollection => "frontal (by collection)",
            Self::Lateral => "lateral",
            Self::NotFrontal => "not frontal",
            Self::Ct => "CT slice",
            Self::Unknown => "unknown",
        }
    }

    /// This view, or `otherwise` where it is not known.
    pub fn or(self, otherwise: Self) -> Self {
        if self == Self::Unknown { otherwise } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_views_that_are_not_frontal_are_known() {
        for word in ["LAT", "LL", "RLAT", "XTABLE LATERAL", "cross-table lateral"] {
            assert_eq!(View::read(word), View::Lateral, "{word}");
        }
        for word in ["LLD", "rld", "RAO", "LPO", "Oblique", "AP LORDOTIC"] {
            assert_eq!(View::read(word), View::NotFrontal, "{word}");
        }
        for word in ["", "chest", "PAX", "slap"] {
            assert_eq!(View::read(word), View::Unknown, "{word}");
        }
    }

    #[test]
    fn a_view_is_found_among_other_words_unless_they_contradict_one_another() {
        for (description, view) in [
            ("W033 Chest PA", View::Pa),
            ("CHEST AP_supine", View::Ap),
            ("Thorax lat.", View::Lateral),
            ("Chest PA/AP", View::Frontal),
            ("Chest PA + LAT", View::Unknown),
            ("Chest left lateral decubitus", View::NotFrontal),
            ("Chest", View::Unknown),
            ("a p", View::Unknown),
        ] {
            assert_eq!(View::find(description), view, "{description}");
        }
    }
}
