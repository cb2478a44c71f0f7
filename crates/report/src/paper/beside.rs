//! Sets a network's size and layers beside the paper's tables 1 and 2.

use super::{PrintedNetwork, network};
use crate::Layer;

/// A layer beside the row of the paper's Table 2 with the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayerBeside {
    /// The layer; `None` if there is none of this name.
    pub own: Option<Layer>,
    /// The printed row, without parameters, which the paper does not print; `None` if there is none of this name.
    pub printed: Option<Layer>,
}

impl LayerBeside {
    /// Whether both are there and have the same shapes.
    #[must_use]
    pub fn agrees(&self) -> bool {
        match (&self.own, &self.printed) {
            (Some(own), Some(printed)) => (&own.input, &own.output) == (&printed.input, &printed.output),
            _ => false,
        }
    }
}

/// A row of the paper's Table 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrintedSize {
    /// The network's name in the paper.
    pub network: &'static str,
    /// Depth.
    pub depth: u32,
    /// Millions of parameters, as text, so that they are not rounded again. The network's own classifier of 1,000 classes is
    /// included.
    pub parameters: &'static str,
}

/// The row of the paper's Table 1 for a network, such as `vgg19`; `None` if the paper does not have it.
#[must_use]
pub fn printed_size(architecture: &str) -> Option<PrintedSize> {
    let of = |printed: &PrintedNetwork| PrintedSize {
        network: printed.name,
        depth: printed.depth,
        parameters: printed.parameters,
    };
    network(architecture).map(of)
}

/// Layers of a network beside the rows of the paper's Table 2. They are paired by name, which is the first word, so that one layer
/// more or less moves no other. Printed rows that have no partner come last.
#[must_use]
pub fn beside_table_2(architecture: &str, layers: &[Layer]) -> Vec<LayerBeside> {
    let mut printed: Vec<Option<Layer>> = network(architecture)
        .map_or_else(Vec::new, |printed| printed.layers().into_iter().map(Some).collect());
    let mut rows = Vec::with_capacity(layers.len());
    for own in layers {
        let partner =
            printed.iter_mut().find(|row| row.as_ref().is_some_and(|row| key(&row.name) == key(&own.name)));
        rows.push(LayerBeside { own: Some(own.clone()), printed: partner.and_then(Option::take) });
    }
    rows.extend(printed.into_iter().flatten().map(|row| LayerBeside { own: None, printed: Some(row) }));
    rows
}

impl PrintedNetwork {
    /// The rows of Table 2.
    fn layers(&self) -> Vec<Layer> {
        let layer = |(name, input, output): &super::tables::PrintedLayer| Layer {
            name: (*name).to_owned(),
            input: input.to_vec(),
            output: output.to_vec(),
            parameters: None,
        };
        self.layers.iter().map(layer).collect()
    }
}

/// The name of a layer without its kind.
fn key(name: &str) -> &str {
    name.split(' ').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(name: &str, input: &[u64], output: &[u64]) -> Layer {
        Layer { name: name.to_owned(), input: input.into(), output: output.into(), parameters: None }
    }

    /// A row more, a row less and another order: every row still finds the printed one of its name.
    #[test]
    fn rows_are_paired_by_name() {
        let layers = [
            layer("pretrained (VGG19)", &[96, 96, 3], &[3, 3, 512]),
            layer("lstm (LSTM)", &[49, 512], &[49, 512]),
            layer("lstm_norm (BatchNormalization)", &[49, 512], &[49, 512]),
            layer("reshape (Reshape)", &[7, 7, 512], &[49, 512]),
            layer("output (Dense)", &[4096], &[3]),
        ];
        let rows = beside_table_2("vgg19", &layers);
        let names = |row: &LayerBeside| {
            let name = |layer: &Option<Layer>| layer.as_ref().map(|layer| layer.name.clone());
            (name(&row.own), name(&row.printed), row.agrees())
        };
        let named = |text: &str| Some(text.to_owned());
        assert_eq!(
            rows.iter().map(names).collect::<Vec<_>>(),
            [
                (named("pretrained (VGG19)"), named("pretrained (VGG19)"), false),
                (named("lstm (LSTM)"), named("lstm (LSTM)"), true),
                (named("lstm_norm (BatchNormalization)"), None, false),
                (named("reshape (Reshape)"), named("reshape (Reshape)"), true),
                (named("output (Dense)"), named("output (Dense)"), true),
                (None, named("flatten (Flatten)"), false),
                (None, named("fc_1 (Dense)"), false),
                (None, named("fc_2 (Dense)"), false),
            ]
        );
        assert!(beside_table_2("resnet50", &layers).iter().all(|row| row.printed.is_none()));
        assert_eq!(printed_size("inception_v3").unwrap().parameters, "23.6");
        assert_eq!(printed_size("resnet50"), None);
    }
}
