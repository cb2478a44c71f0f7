//! Makes the table of an audit from the files of a run: what was published, small pictures, features, and labels.

mod film;
mod lists;

use std::collections::BTreeMap;

use radiograph_audit::{Image, Part, Table};
use radiograph_dataset::{Sex, View, manifest::Row};
use radiograph_features::{FeatureId, FeatureStore};
use radiograph_files::ContentHash;
use radiograph_protocol::{Cohort, Subset};

pub(crate) use film::{Film, Seen, small_pictures};
pub(crate) use lists::PublishedLists;

use crate::Error;

/// The images of a cohort with what the manifest knows of each and what was seen of its file, in the order of the cohort.
pub(crate) fn table(
    cohort: &Cohort,
    rows: &[&Row],
    seen: Vec<Seen>,
    store: Option<&FeatureStore>,
) -> Result<Table, Error> {
    let mut images = Vec::with_capacity(seen.len());
    for (((position, image), row), seen) in cohort.images().iter().enumerate().zip(rows).zip(seen) {
        images.push(Image {
            class: cohort.label(position).map(|class| class.name().to_owned()).unwrap_or_default(),
            cluster: image.cluster.clone(),
            source: image.source.clone(),
            fields: fields(row, &seen),
            part: if image.subset == Subset::Test { Part::Test } else { Part::Training },
            published: seen.published,
            picture: seen.picture,
            features: store.map(|store| mean(store, image.image)).transpose()?,
        });
    }
    Ok(Table::new(cohort.classes(), images)?)
}

/// The images of a cohort with class, cluster, source and part, in its order. Their features count as known.
pub(crate) fn bare_table(cohort: &Cohort) -> Result<Table, Error> {
    let images = cohort.images().iter().enumerate().map(|(position, image)| Image {
        class: cohort.label(position).map(|class| class.name().to_owned()).unwrap_or_default(),
        cluster: image.cluster.clone(),
        source: image.source.clone(),
        fields: BTreeMap::new(),
        part: if image.subset == Subset::Test { Part::Test } else { Part::Training },
        published: radiograph_audit::Published::default(),
        picture: None,
        features: Some(Vec::new()),
    });
    Ok(Table::new(cohort.classes(), images.collect())?)
}

/// What is known of an image and its patient, by which the model is scored in subgroups.
fn fields(row: &Row, seen: &Seen) -> BTreeMap<String, String> {
    let sex = row.sex.map(|sex| if sex == Sex::Female { "female" } else { "male" }.to_owned());
    let view = (row.view != View::Unknown).then(|| row.view.name().to_owned());
    let tags = &seen.published.tags;
    let scanner = tags.get("manufacturer").map(|maker| match tags.get("model") {
        Some(model) => format!("{maker} {model}"),
        None => maker.clone(),
    });
    let fields = [
        ("sex", sex),
        ("age", row.age.and_then(|age| age.band_name())),
        ("view", view),
        ("scanner", scanner),
    ];
    fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect()
}

/// The mean over the grid of an image's own feature map.
fn mean(store: &FeatureStore, image: ContentHash) -> Result<Vec<f32>, Error> {
    let [channels, height, width] = store.shape();
    let cells = height * width;
    let mut map = vec![0.0_f32; channels * cells];
    store.read(&[FeatureId::plain(image)], &mut map)?;
    let of =
        |channel: &[f32]| (channel.iter().map(|value| f64::from(*value)).sum::<f64>() / cells as f64) as f32;
    Ok(map.chunks_exact(cells).map(of).collect())
}
