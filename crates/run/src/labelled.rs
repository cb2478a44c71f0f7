//! The training and test images of a manifest with their labels, in the form that training takes.

use radiograph_dataset::manifest::{Manifest, Place, Row};
use radiograph_protocol::{LabelledImage, Subset};

/// The training and test images of a manifest in the form of a [`Cohort`](radiograph_protocol::Cohort). The group of an
/// image, which unites its patient and its picture, becomes its cluster.
pub fn labelled_images(manifest: &Manifest) -> Vec<LabelledImage> {
    let image = |row: &Row| {
        let subset = match row.place {
            Place::Train { fold, validates } => Subset::Training { fold, validates },
            Place::Test => Subset::Test,
            Place::Excluded { .. } => return None,
        };
        Some(LabelledImage {
            id: row.id.to_string(),
            cluster: row.group.to_string(),
            source: row.origin(),
            class: row.class.as_ref()?.to_string(),
            image: manifest.picture(row),
            subset,
        })
    };
    manifest.rows().iter().filter_map(image).collect()
}
