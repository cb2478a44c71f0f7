//! Tables 1 and 2: sizes and layers of the networks.

use maud::{Markup, html};

use super::{
    super::table::{Sheet, text},
    own::of_architecture,
};
use crate::{
    Layer, LayerBeside, NetworkReport, Report, Role, beside_table_2,
    number::count,
    paper::{ALL, PrintedNetwork},
};

pub(super) fn table_1(report: &Report) -> Markup {
    let note = "Depth: convolutions and dense layers on the longest path. Parameters in millions, learned ones, with the network's own \
                classifier of 1,000 classes, as the paper counts; the head takes the place of that classifier.";
    let mut sheet = Sheet::new("Table 1: the convolutional networks", note)
        .words("network")
        .numbers("depth here")
        .numbers("depth, paper")
        .numbers("parameters here")
        .numbers("parameters, paper")
        .numbers("without classifier")
        .numbers("trained head here");
    let millions = |number: Option<u64>| {
        text(number.map_or_else(|| "not recorded".to_owned(), |number| format!("{:.1}", number as f64 / 1e6)))
    };
    for printed in &ALL {
        let row = |[depth, whole, frozen, head]: [Markup; 4]| {
            let (of_paper, parameters) = (text(printed.depth.to_string()), text(printed.parameters));
            vec![text(printed.name), depth, of_paper, whole, parameters, frozen, head]
        };
        sheet.push(row(match any(report, printed) {
            None => [text("not in this run"), text("–"), text("–"), text("–")],
            Some(own) => {
                let depth = own.depth.map_or_else(|| "not recorded".to_owned(), |depth| depth.to_string());
                let whole = own.backbone_parameters.zip(own.classifier_parameters);
                [
                    text(depth),
                    millions(whole.map(|(frozen, classifier)| frozen + classifier)),
                    millions(own.backbone_parameters),
                    millions(own.head_parameters),
                ]
            }
        }));
    }
    html! { (sheet) }
}

/// The network of this run with this architecture: with its recurrent layer, else plain.
fn any<'a>(report: &'a Report, printed: &PrintedNetwork) -> Option<&'a NetworkReport> {
    of_architecture(report, printed, Role::Recurrent)
        .or_else(|| of_architecture(report, printed, Role::Table4))
}

pub(super) fn table_2(report: &Report) -> Markup {
    let with_layers: Vec<&NetworkReport> =
        report.networks.iter().filter(|network| !network.layers.is_empty()).collect();
    let sheets = with_layers.iter().map(|network| layers(network));
    html! {
        @if with_layers.is_empty() { p { "Table 2: the layers of this run were not recorded." } }
        @else {
            details {
                summary { "Table 2: layers and their sizes, beside the paper's" }
                @for sheet in sheets { (sheet) }
            }
        }
    }
}

/// The layers of one network; those with a recurrent layer stand beside the paper's.
fn layers(network: &NetworkReport) -> Sheet {
    // The paper has no table of the networks without a recurrent layer.
    let architecture = if network.role == Role::Recurrent { network.architecture.as_str() } else { "" };
    let note = "Rows and columns before channels, as the paper prints them. Layers are paired by name.";
    let mut sheet = Sheet::new(&format!("Table 2: layers of {}", network.name), note)
        .words("layer")
        .numbers("input")
        .numbers("output")
        .numbers("parameters")
        .words("paper");
    for row in beside_table_2(architecture, &network.layers) {
        let said = said(&row);
        let LayerBeside { own, printed } = row;
        let name = own.as_ref().or(printed.as_ref()).map_or("", |layer| layer.name.as_str());
        let cell = |of: &dyn Fn(&Layer) -> String| {
            own.as_ref().map_or_else(|| text("not here"), |own| text(of(own)))
        };
        sheet.push(vec![
            text(name),
            cell(&|layer| extents(&layer.input)),
            cell(&|layer| extents(&layer.output)),
            cell(&|layer| layer.parameters.map_or_else(|| "not recorded".to_owned(), count)),
            text(said),
        ]);
    }
    sheet
}

/// The printed row: that it is the same, or what it says.
fn said(row: &LayerBeside) -> String {
    match &row.printed {
        None => "–".to_owned(),
        Some(_) if row.agrees() => "the same".to_owned(),
        Some(printed) => {
            format!("{}: {} to {}", printed.name, extents(&printed.input), extents(&printed.output))
        }
    }
}

fn extents(extents: &[u64]) -> String {
    extents.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × ")
}
