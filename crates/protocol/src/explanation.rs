//! Names of explanation methods and of the quantities that they explain. `radiograph-gradcam` computes them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ProtocolError;

/// A way to turn a feature map and a score into a map of evidence.
///
/// Files and command lines use the names of [`Method::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Method {
    /// Channels weighted by their mean gradient (Selvaraju et al., ICCV 2017). The paper uses this method.
    #[default]
    GradCam,
    /// Channels weighted by positive gradients, each place by its share (Chattopadhyay et al., WACV 2018).
    GradCamPlusPlus,
    /// Gradient times activation, place by place. It does not average, so it is faithful if the head is linear (Draelos
    /// and Carin, 2020).
    HiResCam,
    /// Channels weighted by gradients averaged where the channel is active (Fu et al., BMVC 2020).
    XGradCam,
    /// Positive gradients times activation, place by place (Jiang et al., TIP 2021).
    LayerCam,
    /// The first principal component of the activations; independent of the class (Muhammad and Yeasin, IJCNN 2020).
    EigenCam,
    /// Channels weighted by the softmax over channels of the score of the features masked by that channel (Wang et al.,
    /// CVPR workshops 2020, on features in place of the image); no gradients.
    ScoreCam,
    /// Channels weighted by the share of the score that is lost without them (Desai and Ramaswamy, WACV 2020); no gradients.
    AblationCam,
}

impl Method {
    /// All methods.
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

    /// Its name, such as `grad-cam`.
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
    type Err = ProtocolError;

    fn from_str(name: &str) -> Result<Self, ProtocolError> {
        let unknown = || ProtocolError::unknown("explanation method", name, &Self::ALL.map(Self::name));
        Self::ALL.into_iter().find(|method| method.name() == name).ok_or_else(unknown)
    }
}

impl From<Method> for String {
    fn from(method: Method) -> Self {
        method.name().to_owned()
    }
}

impl TryFrom<String> for Method {
    type Error = ProtocolError;

    fn try_from(name: String) -> Result<Self, ProtocolError> {
        name.parse()
    }
}

/// The quantity of a class that is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Quantity {
    /// The logit, before softmax. Its gradient does not vanish when the model is certain.
    #[default]
    Logit,
    /// The probability, after softmax. It includes evidence against the other classes, and it is flat near 0 and 1.
    Probability,
    /// The logit minus the highest logit of another class.
    Margin,
}

impl Quantity {
    /// Its name, such as `logit`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Logit => "logit",
            Self::Probability => "probability",
            Self::Margin => "margin",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_found_by_its_name_and_no_other() {
        for method in Method::ALL {
            assert_eq!(method.name().parse::<Method>().unwrap(), method);
            assert_eq!(serde_json::to_value(method).unwrap(), method.name());
        }
        let error = "gradcam".parse::<Method>().unwrap_err().to_string();
        assert!(error.contains("`gradcam`") && error.contains("grad-cam++"), "{error}");
    }
}
