//! Draws and measures maps of the chosen images by the chosen methods.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use image::RgbImage;
use radiograph::{Shown, file_name};
use radiograph_dataset::manifest::{Manifest, PrivateFiles, Row};
use radiograph_files::{create_folder, write_bytes};
use radiograph_gradcam::{
    ClassChoice, Explainer, Explanation, HeatMap, Method, Quantity, Target,
    draw::{Caption, Panel, stack},
    measure::{Assessment, agreement},
};
use radiograph_head::{ConfiguredHead, Head};
use radiograph_libtorch::DeviceName;
use tch::Tensor;

use super::{
    Arguments,
    masks::{Masks, regions},
    model::Trained,
    table::{self, Explained, Tables},
};
use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress};

/// Panels by method and true class.
type Sheets = BTreeMap<&'static str, BTreeMap<String, Vec<RgbImage>>>;

pub(super) fn explain(arguments: &Arguments, out: &Path, progress: &Progress) -> Result<Exit, Failure> {
    let mut watch = progress.of_run();
    let run = arguments.run.open(&mut watch)?;
    let (manifest, files) = (run.manifest()?, run.files()?);
    let device = arguments.device.map(DeviceName::device).transpose()?;
    let trained = Trained::load(&run, arguments.model.as_deref(), device)?;
    drop(run);
    let masks = Masks { lungs: arguments.lung_masks.clone(), lesions: arguments.lesion_masks.clone() };
    let rows = chosen(arguments, &manifest, &files, &masks)?;
    create_folder(out)?;
    let random = ConfiguredHead::new(trained.head().config().clone(), arguments.seed, trained.device())?;
    let (mut tables, mut sheets, mut failed) = (Tables::default(), Sheets::new(), 0);
    progress.begin(&format!("explaining {}", trained.name));
    let all = rows.len();
    for (done, (row, file)) in (1..).zip(rows) {
        if interrupt::asked() {
            return Err(Failure { exit: interrupt::exit(), message: "interrupted".to_owned() });
        }
        match explain_one(arguments, &trained, &random, &masks, &manifest, row, &file) {
            Ok(explained) => {
                keep_panels(&explained, out, &mut sheets)?;
                tables.push(&explained)?;
            }
            Err(failure) if failure.exit == Exit::Machine => return Err(failure),
            Err(failure) => {
                failed += 1;
                progress.say(&failure.at(&row.id).message);
            }
        }
        progress.advance(done, all as u64, "images");
    }
    progress.end();
    if failed == all {
        return Err(Failure::input("none of the images can be explained"));
    }
    for (method, groups) in &sheets {
        let groups = groups.iter().map(|(class, panels)| (class.as_str(), panels.clone()));
        if let Some(sheet) = stack(groups) {
            save(&out.join(format!("{method}.png")), &sheet)?;
        }
    }
    tables.write(out)?;
    if arguments.json {
        output::json(&tables.means())?;
    } else {
        output::line(&trained.name)?;
        tables.means().iter().try_for_each(output::line)?;
        output::line(format!("look at  {}", out.display()))?;
    }
    Ok(Exit::complete(failed == 0))
}

/// Writes the panels of an image.
fn keep_panels(explained: &Explained, out: &Path, sheets: &mut Sheets) -> Result<(), Failure> {
    for one in &explained.rows {
        let folder = out.join(one.method.name());
        create_folder(&folder)?;
        let name = format!("{}.png", file_name(&format!("{} {}", explained.truth, explained.id)));
        save(&folder.join(name), &one.panel)?;
        let of_class = sheets.entry(one.method.name()).or_default();
        of_class.entry(explained.truth.clone()).or_default().push(one.panel.clone());
    }
    Ok(())
}

/// The images to explain.
fn chosen<'m>(
    arguments: &Arguments,
    manifest: &'m Manifest,
    files: &PrivateFiles,
    masks: &Masks,
) -> Result<Vec<(&'m Row, PathBuf)>, Failure> {
    let with_file = |row: &'m Row| Ok((row, files.get(&row.id)?.file()));
    if !arguments.images.is_empty() {
        let find = |id: &String| {
            let named = |row: &&Row| {
                let published = files.get(&row.id).ok().map(|file| file.image.to_string());
                row.id.to_string() == *id || published.as_ref() == Some(id)
            };
            with_file(manifest.rows().iter().find(named).ok_or_else(|| {
                Failure::input(format!(
                    "the manifest has no image {id}; give an id or an image of private/files.csv"
                ))
            })?)
        };
        return arguments.images.iter().map(find).collect();
    }
    let mut by_class: BTreeMap<String, Vec<(&Row, PathBuf)>> = BTreeMap::new();
    for row in manifest.test() {
        let class = row.class.as_ref().map(ToString::to_string).unwrap_or_default();
        by_class.entry(class).or_default().push(with_file(row)?);
    }
    let mut rows = Vec::new();
    for mut of_class in by_class.into_values() {
        // Stable: those with a mask first, else as the manifest has them.
        of_class.sort_by_key(|(_, file)| masks.lung_file(file).is_none());
        rows.extend(of_class.into_iter().take(arguments.per_class));
    }
    Ok(rows)
}

/// Explains one image by every method.
fn explain_one(
    arguments: &Arguments,
    trained: &Trained,
    random: &ConfiguredHead,
    masks: &Masks,
    manifest: &Manifest,
    row: &Row,
    file: &Path,
) -> Result<Explained, Failure> {
    let shown = Shown::read(file, row.content_hash, manifest.stated(&row.id), Some(trained.steps()))?;
    let regions = regions(&shown, file, masks)?;
    let features = trained.features(manifest.picture(row))?;
    let classes = &trained.head().config().classes;
    let truth = row.class.as_ref().map(ToString::to_string);
    let class = match (arguments.class.as_str(), &truth) {
        ("predicted", _) => ClassChoice::Predicted,
        ("true", Some(truth)) => ClassChoice::One(classes.class(truth)?),
        ("true", None) => return Err(Failure::input("the true class is unknown; use --class predicted")),
        (name, _) => ClassChoice::One(classes.class(name)?),
    };
    let quantity = if arguments.margin { Quantity::Margin } else { Quantity::Logit };
    let head = trained.head();
    let own = Explainer::new(classes, |features: &Tensor| head.explained(features));
    let other = Explainer::new(classes, |features: &Tensor| random.explained(features));
    let (mut rows, mut maps): (Vec<table::Row>, Vec<(Method, HeatMap)>) = (Vec::new(), Vec::new());
    for &method in &arguments.methods {
        let target = Target { quantity, class: class.clone() };
        let explanation = one(own.explain(&features, method, &target)?)?;
        let same_class = Target { quantity, class: ClassChoice::One(explanation.class.clone()) };
        let unlearned = one(other.explain(&features, method, &same_class)?)?;
        let map = features.f_squeeze_dim(0)?;
        let assessment = Assessment::new(&own, &map, &explanation, &regions, Some(&unlearned.map))?;
        let panel = Panel {
            picture: shown.picture(),
            explanation: &explanation,
            caption: Caption {
                image: row.id.name(),
                source: row.source().as_str(),
                truth: truth.as_deref(),
                method: &caption(method, quantity, &assessment),
            },
            colours: arguments.colours,
            opacity: 0.4,
            tile: 320,
        }
        .draw();
        maps.push((method, explanation.map.clone()));
        rows.push(table::Row { method, explanation, assessment, panel });
    }
    let pairs: Vec<(Method, &HeatMap)> = maps.iter().map(|(method, map)| (*method, map)).collect();
    Ok(Explained {
        id: row.id.to_string(),
        source: row.source().to_string(),
        truth: truth.unwrap_or_else(|| "unknown".to_owned()),
        rows,
        agreement: agreement(&pairs)?,
    })
}

/// The explanation of a batch with one image.
fn one(explanations: Vec<Explanation>) -> Result<Explanation, Failure> {
    explanations.into_iter().next().ok_or_else(|| Failure::input("the method gave no explanation"))
}

fn caption(method: Method, quantity: Quantity, assessment: &Assessment) -> String {
    let of = if quantity == Quantity::Margin { "margin" } else { "logit" };
    match assessment.lungs {
        Some(lungs) => format!(
            "{method} of the {of}; {:.0} % in the lungs, {:.0} % of the picture",
            100.0 * lungs.mass,
            100.0 * lungs.area
        ),
        None => format!("{method} of the {of}"),
    }
}

fn save(path: &Path, picture: &RgbImage) -> Result<(), Failure> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png)?;
    Ok(write_bytes(path, bytes.get_ref())?)
}
