//! The methods by name, and how each turns activations into a map. Not where gradients come from (`crate::explainer`).

mod eigen;
mod gradient;
mod perturbation;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::GradcamError;

pub(crate) use eigen::eigen_cam;
pub(crate) use gradient::Gradient;
pub(crate) use perturbation::{Perturbation, channel_weights};

/// A way to turn a feature map and a score into a map of evidence.
///
/// Names in files and on command lines are those of [`Method::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Method {
    /// Channels weighted by their mean gradient (Selvaraju et al., ICCV 2017). The paper's.
    #[default]
    GradCam,
    /// Channels weighted by positive gradients, each place by its share (Chattopadhyay et al., WACV 2018).
    GradCamPlusPlus,
    /// Gradient times activation, place by place: no averaging, so faithful where the head is linear (Draelos and Carin, 2020).
    HiResCam,
    /// Channels weighted by gradients averaged where the channel is active (Fu et al., BMVC 2020).
    XGradCam,
    /// Positive gradients times activation, place by place (Jiang et al., TIP 2021).
    LayerCam,
    /// The first principal component of the activations; knows no class (Muhammad and Yeasin, IJCNN 2020).
    EigenCam,
    /// Channels weighted by the softmax over channels of the score that the features have when masked by that channel
    /// (Wang et al., CVPR workshops 2020, on features in place of the image); no gradients.
    ScoreCam,
    /// Channels weighted by the share of the score that is lost without them (Desai and Ramaswamy, WACV 2020); no gradients.
    AblationCam,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 8] = [
        Self::GradCam,
        Self::GradCamPlusPlus,
        Self::HiResCam,
        Self::XGradCam,
        Self::LayerCam,
        Self::EigenCam,
        Self::ScoreCam,
        Self::AblationCam,
    ];

    /// Its name, as in `grad-cam`.
    pub fn name(self) -> &'static str {
        match self {
            Self::GradCam => "grad-cam",
            Self::GradCamPlusPlus => "grad-cam++",
            Self::HiResCam => "hires-cam",
            Self::XGradCam => "xgrad-cam",
            Self::LayerCam => "layer-cam",
            Self::EigenCam => "eigen-cam",
            Self::ScoreCam => "score-cam",
            Self::AblationCam => "ablation-cam",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = GradcamError;

    fn from_str(name: &str) -> Result<Self, GradcamError> {
        Self::ALL
            .into_iter()
            .find(|method| method.name() == name)
            .ok_or_else(|| GradcamError::UnknownMethod { name: name.to_owned() })
    }
}

impl From<Method> for String {
    fn from(method: Method) -> Self {
        method.name().to_owned()
    }
}

impl TryFrom<String> for Method {
    type Error = GradcamError;

    fn try_from(name: String) -> Result<Self, GradcamError> {
        name.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_found_by_its_name_and_no_other() {
        for method in Method::ALL {
            assert_eq!(method.name().parse::<Method>().unwrap(), method);
        }
        let error = "gradcam".parse::<Method>().unwrap_err().to_string();
        assert!(error.contains("`gradcam`") && error.contains("grad-cam++"), "{error}");
    }
}
