//! Figure 9: for each class an image, its heat map, and both superimposed.

use image::{RgbImage, imageops};

use super::values::Values;
use crate::{
    Error, Figure, NetworkReport, Panel, PaperFigure, Report,
    figure::{PictureRow, PicturesFigure},
    number::listed,
    paper::PrintedClass,
};

/// Maximum number of classes that are shown.
const MOST: usize = 12;

/// The first explained image of each class, whether it was classified rightly or not: explained images are drawn by chance, and
/// a choice among them would show what one hopes for. The network is the recommended one; if it has no maps, the first that has.
/// `None` without maps.
pub(super) fn figure(report: &Report) -> Result<Option<PaperFigure>, Error> {
    let usable = |network: &&NetworkReport| network.panels.iter().any(|panel| panel.tiles.len() == 3);
    let leading = Some(report.leading()).filter(usable);
    let Some(network) = leading.or_else(|| report.networks.iter().find(usable)) else { return Ok(None) };
    let mut classes: Vec<String> = network.predictions.classes().names().map(str::to_owned).collect();
    // The paper's order; other classes follow in that of the run.
    classes.sort_by_key(|name| PrintedClass::named(name).map_or(PrintedClass::ALL.len(), PrintedClass::row));
    let (mut rows, mut words) = (Vec::new(), Vec::new());
    let mut values = Values::new(&["network", "class", "image", "predicted", "probability"]);
    for class in classes.iter().take(MOST) {
        let of_class = |panel: &&Panel| panel.truth == *class && panel.tiles.len() == 3;
        let Some(panel) = network.panels.iter().find(of_class) else { continue };
        let probability = panel.probability.to_string();
        values.push(&[&network.name, class, &panel.image, &panel.predicted, &probability]);
        words.push(format!("{class}: {}.", panel.alt));
        let said = format!("predicted {} {:.0} %", panel.predicted, 100.0 * panel.probability);
        rows.push(PictureRow { name: class.clone(), said, pictures: tiles(panel)? });
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let drawing = PicturesFigure { headings: ["original", "heat map", "superimposed"], rows };
    let methods: Vec<&str> = network.panels.first().map(|panel| panel.method.as_str()).into_iter().collect();
    let title = format!("Figure 9: {}, {}", network.name, listed(methods));
    let pictures: Vec<_> = drawing.placed().collect();
    let name = "figure-9".to_owned();
    let figure = Figure::with_pictures(name, title, words.join(" "), &drawing, &pictures)?;
    Ok(Some(PaperFigure { figure, csv: values.csv }))
}

/// Original, heat map and overlay of a panel.
fn tiles(panel: &Panel) -> Result<Vec<RgbImage>, Error> {
    let decoded = panel.picture.decoded(&panel.image)?;
    let cut = |&[left, top, width, height]: &[u32; 4]| {
        imageops::crop_imm(&decoded, left, top, width, height).to_image()
    };
    Ok(panel.tiles.iter().map(cut).collect())
}
