//! The caution of a run by one of the paper's presets whose networks do not have the paper's weights.

use std::collections::BTreeMap;

use radiograph_protocol::Preset;
use radiograph_report::{NetworkReport, WeightsOrigin};

/// A sentence that names the networks with other weights than the paper's, which are those of `keras.applications`, installed as
/// `NETWORK.keras`. `None` if there are none, or if the preset does not follow the paper.
pub(super) fn caution(preset: Preset, networks: &[NetworkReport]) -> Option<String> {
    let networks = networks.iter().map(|network| (network.architecture.as_str(), &network.weights));
    sentence(preset, networks)
}

fn sentence<'a>(
    preset: Preset,
    networks: impl Iterator<Item = (&'a str, &'a WeightsOrigin)>,
) -> Option<String> {
    if preset == Preset::Trustworthy {
        return None;
    }
    let mut others: BTreeMap<&str, String> = BTreeMap::new();
    for (network, origin) in networks {
        match origin {
            WeightsOrigin::Installed { name, .. } if *name == format!("{network}.keras") => {}
            WeightsOrigin::Installed { name, .. } => drop(others.insert(network, name.clone())),
            WeightsOrigin::Random { .. } => drop(others.insert(network, "random weights".to_owned())),
            WeightsOrigin::Several(_) => {} // those of its members, which are listed themselves
        }
    }
    if others.is_empty() {
        return None;
    }
    let named: Vec<String> = others.iter().map(|(network, name)| format!("{network} has {name}")).collect();
    Some(format!(
        "Not the paper's weights: it used Keras's ImageNet weights (NETWORK.keras); here {}.",
        named.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use radiograph_files::ContentHash;

    use super::*;

    #[test]
    fn weights_of_another_lineage_and_random_ones_are_named() {
        let installed = |name: &str| WeightsOrigin::Installed {
            name: name.to_owned(),
            note: String::new(),
            hash: ContentHash::of_bytes(b"weights"),
        };
        let (keras, timm) = (installed("vgg19.keras"), installed("densenet121.tv_in1k"));
        let random = WeightsOrigin::Random { seed: 1 };
        let all =
            [("vgg19", &keras), ("densenet121", &timm), ("densenet121", &timm), ("inception_v3", &random)];
        let said = sentence(Preset::Paper, all.into_iter()).unwrap();
        assert!(
            said.ends_with("here densenet121 has densenet121.tv_in1k, inception_v3 has random weights."),
            "{said}"
        );
        assert_eq!(sentence(Preset::Paper, all[..1].iter().copied()), None);
        assert!(sentence(Preset::ReleasedCode, all.into_iter()).is_some());
        assert_eq!(sentence(Preset::Trustworthy, all.into_iter()), None);
        // Weights of one network under the name of another's are not the paper's either.
        assert!(sentence(Preset::Paper, [("inception_v3", &keras)].into_iter()).is_some());
    }
}
