//! Vision transformers with layer scale, with timm's tensor names: DINOv2 ViT-B/14 (Oquab et al., 2023).

use radiograph_input::{Filter, Normalisation};

use crate::{
    Lineage,
    definition::{Family, NetworkDefinition, Published},
    graph::{Builder, Map, Window},
};

pub(super) const DEFINITION: NetworkDefinition = NetworkDefinition {
    name: "vit_base_patch14_dinov2",
    title: "DINOv2 ViT-B/14",
    input_channels: 3,
    native_size: 518,
    micro_batch: 4,
    families: &[Family {
        name: "timm",
        lineage: Lineage::with_epsilon(1e-5),
        normalisation: Normalisation::Torch,
    }],
    features: |network, _| vision_transformer(network, &VisionTransformer::BASE_14),
    classifier: None,
    auxiliary: None,
    published: &[
        Published {
            trained_on: Some("LVD-142M, 142 million images from the web and public data sets"),
            source_url: Some(
                "https://huggingface.co/timm/vit_base_patch14_dinov2.lvd142m/resolve/main/model.safetensors",
            ),
            licence: Some("apache-2.0"),
            interpolation: Some(Filter::Bicubic),
            resize: Some(518),
            ..Published::new("lvd142m", "timm")
        },
        Published {
            trained_on: Some(
                "radiographs of MIMIC-CXR, CheXpert, NIH-CXR, PadChest, BRAX and a private collection",
            ),
            source_url: Some("https://huggingface.co/microsoft/rad-dino/resolve/main/model.safetensors"),
            normalisation: Some(Normalisation::RadDino),
            interpolation: Some(Filter::Bicubic),
            resize: Some(518),
            collections: Some(&["mimic-cxr-jpg", "chexpert", "nih", "padchest", "brax"]),
            ..Published::new("rad_dino", "timm")
        },
    ],
};

/// Sizes of a vision transformer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct VisionTransformer {
    /// Side of a patch in pixels.
    pub patch: i64,
    /// Channels of a token.
    pub channels: i64,
    /// Number of blocks.
    pub blocks: usize,
    /// Number of heads of each attention.
    pub heads: i64,
    /// Rows and columns of the grid for which the file holds positions.
    pub grid: [i64; 2],
}

impl VisionTransformer {
    /// ViT-B/14 with the positions of images of 518 pixels.
    pub const BASE_14: Self = Self { patch: 14, channels: 768, blocks: 12, heads: 12, grid: [37, 37] };
}

/// Summand of the variance in layer normalisation.
const EPSILON: f64 = 1e-6;

/// Writes a vision transformer: patches, a class token, positions, blocks of attention and dense layers, and a last
/// normalisation. The patches' tokens are the map; the class token is left out.
///
/// A block's map under `blocks.N` is before the last normalisation, as `forward_intermediates` of timm returns it.
pub fn vision_transformer(network: &mut Builder, sizes: &VisionTransformer) -> Map {
    let &VisionTransformer { patch, channels, blocks, heads, grid } = sizes;
    let image = network.image();
    let patches =
        network.biased_convolution(image, "patch_embed.proj", channels, Window::square(patch, patch, 0));
    let tokens = network.tokens(patches);
    let tokens = network.class_token(tokens, "cls_token");
    let mut tokens = network.position(tokens, "pos_embed", grid, patches);
    for block in 0..blocks {
        let path = format!("blocks.{block}");
        let normed = network.layer_norm(tokens, format!("{path}.norm1"), EPSILON);
        let projected = network.linear(normed, format!("{path}.attn.qkv"), 3 * channels);
        let attended = network.attention(projected, heads);
        let added = network.linear(attended, format!("{path}.attn.proj"), channels);
        let added = network.layer_scale(added, format!("{path}.ls1.gamma"));
        tokens = network.add(added, tokens);
        let normed = network.layer_norm(tokens, format!("{path}.norm2"), EPSILON);
        let hidden = network.linear(normed, format!("{path}.mlp.fc1"), 4 * channels);
        let hidden = network.gelu(hidden);
        let added = network.linear(hidden, format!("{path}.mlp.fc2"), channels);
        let added = network.layer_scale(added, format!("{path}.ls2.gamma"));
        tokens = network.add(added, tokens);
        let map = network.cells(tokens, 1, patches);
        network.layer(path, map);
    }
    let tokens = network.layer_norm(tokens, "norm", EPSILON);
    let map = network.cells(tokens, 1, patches);
    network.layer("norm", map);
    map
}
