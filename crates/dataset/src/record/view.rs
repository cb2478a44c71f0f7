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
    /// Frontal, PA or AP, because the collection publishes no other films; the row itself does not say.
    FrontalByCollection,
    /// From the side.
    Lateral,
    /// A slice: not a projection at all.
    Ct,
    /// Not recorded.
    #[default]
    Unknown,
}

impl View {
    /// Reads what collections and DICOM files write (`PA`, `ap`, `AP Supine`, `AP erect`, `L`, `LL`, `Axial`, …), exactly
    /// but for case. A word that is not known is a view that is not known.
    pub fn read(text: &str) -> Self {
        match text.trim().to_ascii_lowercase().as_str() {
            "pa" => Self::Pa,
            "ap" | "ap erect" | "ap semi erect" => Self::Ap,
            "ap supine" => Self::ApSupine,
            "l" | "ll" | "rl" | "lateral" => Self::Lateral,
            "axial" | "coronal" | "sagittal" | "ct" => Self::Ct,
            _ => Self::Unknown,
        }
    }

    /// Whether it is a frontal projection; `None` if the view is not known.
    pub fn is_frontal(self) -> Option<bool> {
        match self {
            Self::Pa | Self::Ap | Self::ApSupine | Self::FrontalByCollection => Some(true),
            Self::Lateral | Self::Ct => Some(false),
            Self::Unknown => None,
        }
    }

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pa => "PA",
            Self::Ap => "AP",
            Self::ApSupine => "AP supine",
            Self::FrontalByCollection => "frontal (by collection)",
            Self::Lateral => "lateral",
            Self::Ct => "CT slice",
            Self::Unknown => "unknown",
        }
    }

    /// This view, or `otherwise` where it is not known.
    pub fn or(self, otherwise: Self) -> Self {
        if self == Self::Unknown { otherwise } else { self }
    }
}
