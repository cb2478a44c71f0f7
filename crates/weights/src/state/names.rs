//! Translates the names that publishers give to tensors into torchvision's names.
//!
//! | in the file | in the network | who writes it |
//! |---|---|---|
//! | `…denselayer3.norm.1.weight` | `…denselayer3.norm1.weight` | torchvision's DenseNet files of 2017 |
//! | `pre_logits.fc1.…` `[4096, 512, 7, 7]` | `classifier.0.…` `[4096, 25088]` | timm's VGG: the same numbers, as a convolution |
//! | `pre_logits.fc2.…` `[4096, 4096, 1, 1]` | `classifier.3.…` `[4096, 4096]` | timm's VGG |
//! | `head.fc.…` | `classifier.6.…` | timm's VGG |
//!
//! A rule is used only if the network has the new name and not the old one, so no file of another network is accepted.

use std::borrow::Cow;

/// The network's name for a tensor of a file, and whether its sides after the first must be flattened.
pub(super) fn canonical<'a>(name: &'a str, known: impl Fn(&str) -> bool) -> (Cow<'a, str>, bool) {
    if known(name) {
        return (Cow::Borrowed(name), false);
    }
    for (theirs, ours, flat) in [
        ("pre_logits.fc1.", "classifier.0.", true),
        ("pre_logits.fc2.", "classifier.3.", true),
        ("head.fc.", "classifier.6.", false),
    ] {
        if let Some(rest) = name.strip_prefix(theirs) {
            let renamed = format!("{ours}{rest}");
            if known(&renamed) {
                return (Cow::Owned(renamed), flat);
            }
        }
    }
    match without_point(name) {
        Some(renamed) if known(&renamed) => (Cow::Owned(renamed), false),
        _ => (Cow::Borrowed(name), false),
    }
}

/// `denselayer3.norm.1.weight` without its second point.
fn without_point(name: &str) -> Option<String> {
    let layer = name.find(".denselayer")?;
    let parts: Vec<&str> = name[layer + 1..].split('.').collect();
    match parts[..] {
        [number, kind @ ("norm" | "conv"), which @ ("1" | "2"), part] => {
            Some(format!("{}.{number}.{kind}{which}.{part}", &name[..layer]))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_of_densenet_lose_a_point() {
        let new = "features.denseblock1.denselayer3.norm1.running_var";
        let known = |name: &str| name == new;
        assert_eq!(
            canonical("features.denseblock1.denselayer3.norm.1.running_var", known),
            (new.into(), false)
        );
        assert_eq!(canonical(new, known), (new.into(), false));
        let other = "features.denseblock1.denselayer3.norm.3.running_var";
        assert_eq!(canonical(other, known), (other.into(), false));
    }

    #[test]
    fn a_rule_needs_the_new_name_in_the_network() {
        assert_eq!(
            canonical("head.fc.weight", |name| name == "classifier.6.weight").0,
            "classifier.6.weight"
        );
        assert_eq!(canonical("head.fc.weight", |_| false).0, "head.fc.weight");
        assert_eq!(canonical("head.fc.weight", |_| true).0, "head.fc.weight");
    }
}
