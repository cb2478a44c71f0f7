//! Tables 1 and 2 of the paper from the networks themselves, beside what the paper prints; and the cost of its trainings.

use radiograph_classes::Classes;
use radiograph_protocol::{FeatureShape, LayerRow, Preset};
use radiograph_report::{Layer, LayerBeside, PrintedSize, beside_table_2, printed_size};
use radiograph_weights::{Architecture, Facts};
use serde::Serialize;

use super::cost::{MACHINES, NetworkCost};
use crate::{exit::Exit, failure::Failure, output};

/// Side of the paper's images in pixels.
const SIDE: i64 = 224;

/// Output of `--json` for each network.
#[derive(Serialize)]
struct Network {
    network: &'static str,
    depth: i64,
    printed_depth: u32,
    parameters: i64,
    printed_millions_of_parameters: &'static str,
    layers: Vec<Row>,
    cost: NetworkCost,
}

/// A layer, and whether the paper prints the same shapes under its name.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    layer: Layer,
    printed: Option<Layer>,
    agrees: bool,
}

pub(super) fn show(json: bool) -> Result<Exit, Failure> {
    let networks = Architecture::PAPER.into_iter().map(network).collect::<Result<Vec<_>, _>>()?;
    if json {
        output::json(&networks)?;
    } else {
        table_1(&networks)?;
        PARTS.into_iter().try_for_each(|(part, at)| table_2(&networks[at], part))?;
        costs(&networks)?;
    }
    Ok(Exit::Done)
}

/// Parts of Table 2, each with the place of its network: the order is not that of the other tables.
const PARTS: [(char, usize); 4] = [('a', 0), ('b', 1), ('c', 3), ('d', 2)];

fn network(architecture: Architecture) -> Result<Network, Failure> {
    let facts = Facts::of(architecture);
    let refused = |error: radiograph_weights::ImageSizeError| Failure::input(error.to_string());
    let [channels, height, width] = facts.feature_shape(SIDE, SIDE).map_err(refused)?;
    let shape = FeatureShape { channels, height, width };
    let head = Preset::Paper.head(architecture, shape, &Classes::of_the_paper());
    let rows =
        LayerRow::of_model(architecture, SIDE, &head).map_err(|error| Failure::input(error.to_string()))?;
    let cost = NetworkCost::of(facts.cost(SIDE, SIDE).map_err(refused)?.products, &rows);
    let layers: Vec<Layer> = rows.iter().map(layer).collect();
    let beside = beside_table_2(architecture.name(), &layers).into_iter().filter_map(|beside| {
        let agrees = beside.agrees();
        let LayerBeside { own, printed, .. } = beside;
        Some(Row { layer: own?, printed, agrees })
    });
    let printed = printed_size(architecture.name());
    let PrintedSize { depth: printed_depth, parameters, .. } =
        printed.ok_or_else(|| Failure::input(format!("the paper has no {architecture}")))?;
    Ok(Network {
        network: facts.title,
        depth: facts.depth,
        printed_depth,
        parameters: facts.parameters + facts.classifier_parameters,
        printed_millions_of_parameters: parameters,
        layers: beside.collect(),
        cost,
    })
}

fn layer(row: &LayerRow) -> Layer {
    let extents = |shape: &[i64]| shape.iter().map(|side| u64::try_from(*side).unwrap_or(0)).collect();
    Layer {
        name: row.name.clone(),
        input: extents(&row.input),
        output: extents(&row.output),
        parameters: u64::try_from(row.parameters).ok(),
    }
}

fn table_1(networks: &[Network]) -> Result<(), Failure> {
    output::line(
        "Table 1. Depth: convolutions and dense layers on the longest path; parameters with the classifier of 1,000 classes",
    )?;
    output::line(format!(
        "{:<20} {:>6} {:>8} {:>12} {:>9}",
        "network", "depth", "printed", "parameters", "printed"
    ))?;
    for of in networks {
        output::line(format!(
            "{:<20} {:>6} {:>8} {:>12} {:>7} M",
            of.network,
            of.depth,
            of.printed_depth,
            grouped(of.parameters),
            of.printed_millions_of_parameters
        ))?;
    }
    Ok(())
}

fn table_2(of: &Network, part: char) -> Result<(), Failure> {
    output::line(format!("\nTable 2 ({part}). {}-RNN: rows, columns, channels", of.network))?;
    output::line(format!(
        "{:<34} {:<15} {:<13} {:>12}  {}",
        "layer", "input", "output", "parameters", "printed"
    ))?;
    for Row { layer, printed, agrees } in &of.layers {
        let said = match printed {
            None => "no such row".to_owned(),
            Some(_) if *agrees => "the same".to_owned(),
            Some(printed) => format!("{} to {}", extents(&printed.input), extents(&printed.output)),
        };
        output::line(format!(
            "{:<34} {:<15} {:<13} {:>12}  {said}",
            layer.name,
            extents(&layer.input),
            extents(&layer.output),
            layer.parameters.map_or_else(String::new, |number| grouped(number as i64)),
        ))?;
    }
    let trained: u64 = of.layers.iter().skip(1).filter_map(|row| row.layer.parameters).sum();
    output::line(format!("{:<34} {:<15} {:<13} {:>12}", "trained", "", "", grouped(trained as i64)))
}

fn costs(networks: &[Network]) -> Result<(), Failure> {
    output::line(
        "\nCost of the paper's protocol, computed: extraction of 6,939 images, and training of five folds and the refit of 100 epochs each",
    )?;
    let mut heading = format!("{:<20} {:>9} {:>9}", "network", "CNN", "head");
    for machine in &MACHINES {
        heading += &format!(" {:>18}", machine.name);
    }
    output::line(heading)?;
    for of in networks {
        let billions = |products: f64| format!("{:.2} G", products / 1e9);
        let mut line = format!(
            "{:<20} {:>9} {:>9}",
            of.network,
            billions(of.cost.cnn_products),
            billions(of.cost.head_products)
        );
        for [extraction, training] in &of.cost.hours {
            line += &format!(" {:>18}", format!("{:.1} min + {training:.2} h", 60.0 * extraction));
        }
        output::line(line)?;
    }
    output::line(
        "CNN, head: multiplications for one image. Two cores: at the rates that docs/speed.md measured. GPUs: at half of their peak.",
    )
}

fn extents(extents: &[u64]) -> String {
    extents.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A number with commas between thousands.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All 28 rows of the paper's Table 2, with the damaged last rows of (d) restored, and the parameters that `keras.applications` states for its networks with their
    /// classifiers: 143,667,240, 8,062,504, 23,851,784 and 55,873,736. Keras counts the two statistics of batch normalisation, and has no
    /// factor in the Inceptions.
    #[test]
    fn the_networks_are_those_of_the_paper_and_of_keras() {
        let keras = [
            (143_667_240, 0, 0),
            (8_062_504, 83_648, 0),
            (23_851_784, 34_432, 17_216),
            (55_873_736, 60_544, 30_272),
        ];
        for (architecture, (counted, statistics, factors)) in Architecture::PAPER.into_iter().zip(keras) {
            let of = network(architecture).unwrap();
            assert_eq!(of.parameters + statistics - factors, counted, "{architecture}");
            assert_eq!(of.layers.len(), 7, "{architecture}");
            for row in &of.layers {
                assert!(row.agrees, "{architecture}: {}", row.layer.name);
            }
        }
    }
}
