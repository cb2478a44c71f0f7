//! Translates the names that publishers give to tensors into torchvision's names.
//!
//! | in the file | in the network | who writes it |
//! |---|---|---|
//! | `…denselayer3.norm.1.weight` | `…denselayer3.norm1.weight` | torchvision's DenseNet files of 2017 |
//! | `pre_logits.fc1.…` `[4096, 512, 7, 7]` | `classifier.0.…` `[4096, 25088]` | timm's VGG: the same numbers, as a convolution |
//! | `pre_logits.fc2.…` `[4096, 4096, 1, 1]` | `classifier.3.…` `[4096, 4096]` | timm's VGG |
//! | `head.fc.…` | `classifier.6.…` | timm's VGG |
//! | `encoder.layer.3.norm1.…` and so on | `blocks.3.norm1.…` and so on | RAD-DINO, as Hugging Face's `Dinov2Model` |
//! | `encoder.layer.3.attention.attention.query.…`, `.key.…`, `.value.…` | `blocks.3.attn.qkv.…`, one after the other | RAD-DINO |
//! | `embeddings.mask_token` | nothing: it is for training only | RAD-DINO |
//!
//! A rule is used only if the network has the new name and not the old one, so no file of another network is accepted.

use std::borrow::Cow;

/// What a tensor of a file is in the network.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Canonical<'a> {
    /// Name in the network.
    pub(super) name: Cow<'a, str>,
    /// Whether its sides after the first must be flattened.
    pub(super) flat: bool,
    /// Its place among the [`PARTS`] tensors that the network has as one; `None` if it is whole.
    pub(super) part: Option<usize>,
}

/// Number of tensors that are one in the network: queries, keys and values.
pub(super) const PARTS: usize = 3;

impl<'a> Canonical<'a> {
    fn whole(name: impl Into<Cow<'a, str>>) -> Self {
        Self { name: name.into(), flat: false, part: None }
    }
}

/// Whether a network with these names ignores a tensor.
pub(super) fn is_ignored(name: &str, known: impl Fn(&str) -> bool) -> bool {
    name == "embeddings.mask_token" && !known(name) && known("cls_token")
}

/// What a tensor of a file is in the network.
pub(super) fn canonical<'a>(name: &'a str, known: impl Fn(&str) -> bool) -> Canonical<'a> {
    if known(name) {
        return Canonical::whole(name);
    }
    if let Some(found) = of_dinov2_model(name).filter(|found| known(&found.name)) {
        return found;
    }
    for (theirs, ours, flat) in [
        ("pre_logits.fc1.", "classifier.0.", true),
        ("pre_logits.fc2.", "classifier.3.", true),
        ("head.fc.", "classifier.6.", false),
    ] {
        if let Some(rest) = name.strip_prefix(theirs) {
            let renamed = format!("{ours}{rest}");
            if known(&renamed) {
                return Canonical { flat, ..Canonical::whole(renamed) };
            }
        }
    }
    match without_point(name) {
        Some(renamed) if known(&renamed) => Canonical::whole(renamed),
        _ => Canonical::whole(name),
    }
}

/// timm's name for a tensor of Hugging Face's `Dinov2Model`.
fn of_dinov2_model(name: &str) -> Option<Canonical<'static>> {
    let whole = |name: &str| Some(Canonical::whole(name.to_owned()));
    match name {
        "embeddings.cls_token" => return whole("cls_token"),
        "embeddings.position_embeddings" => return whole("pos_embed"),
        _ => {}
    }
    if let Some(part) = name.strip_prefix("embeddings.patch_embeddings.projection.") {
        return whole(&format!("patch_embed.proj.{part}"));
    }
    if let Some(part) = name.strip_prefix("layernorm.") {
        return whole(&format!("norm.{part}"));
    }
    let (block, layer) = name.strip_prefix("encoder.layer.")?.split_once('.')?;
    let (stem, part) = layer.rsplit_once('.')?;
    let (stem, part, place) = match (stem, part) {
        ("attention.attention.query", part) => ("attn.qkv", part, Some(0)),
        ("attention.attention.key", part) => ("attn.qkv", part, Some(1)),
        ("attention.attention.value", part) => ("attn.qkv", part, Some(2)),
        ("attention.output.dense", part) => ("attn.proj", part, None),
        ("layer_scale1", "lambda1") => ("ls1", "gamma", None),
        ("layer_scale2", "lambda1") => ("ls2", "gamma", None),
        ("norm1" | "norm2" | "mlp.fc1" | "mlp.fc2", part) => (stem, part, None),
        _ => return None,
    };
    Some(Canonical { part: place, ..Canonical::whole(format!("blocks.{block}.{stem}.{part}")) })
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
            Canonical::whole(new)
        );
        assert_eq!(canonical(new, known), Canonical::whole(new));
        let other = "features.denseblock1.denselayer3.norm.3.running_var";
        assert_eq!(canonical(other, known), Canonical::whole(other));
    }

    #[test]
    fn a_rule_needs_the_new_name_in_the_network() {
        assert_eq!(
            canonical("head.fc.weight", |name| name == "classifier.6.weight").name,
            "classifier.6.weight"
        );
        assert_eq!(canonical("head.fc.weight", |_| false).name, "head.fc.weight");
        assert_eq!(canonical("head.fc.weight", |_| true).name, "head.fc.weight");
    }
}
