//! Images → what the report says of them: where they came from, where they went, what leaks.

use radiograph_dataset::manifest::{Manifest, Place};
use radiograph_files::ContentHash;
use radiograph_report::{Certificate, ClassOfSource, DataFlow, DataSummary, LeakCheck, LeftOut, SourceNote};
use serde_json::Value;

use super::super::{Pipeline, evaluate::read_json};
use crate::Error;

impl Pipeline<'_> {
    pub(super) fn data(&self, manifest: &Manifest) -> Result<DataSummary, Error> {
        let leakage: Value = read_json(&self.folder.leakage())?;
        let rows = manifest.rows();
        let mut left_out: Vec<LeftOut> = Vec::new();
        for row in rows {
            if let Place::Excluded { reason } = &row.place {
                match left_out.iter_mut().find(|known| known.reason == reason.code) {
                    Some(known) => known.images += 1,
                    None => left_out.push(LeftOut {
                        kind: "excluded".to_owned(),
                        reason: reason.code.clone(),
                        images: 1,
                    }),
                }
            }
        }
        left_out.sort_by(|a, b| b.images.cmp(&a.images).then(a.reason.cmp(&b.reason)));
        let mut counts: Vec<ClassOfSource> = Vec::new();
        let mut sources: Vec<SourceNote> = Vec::new();
        for row in rows.iter().filter(|row| !row.place.is_excluded()) {
            let class = row.class.as_ref().map(ToString::to_string).unwrap_or_default();
            let source = row.origin();
            let place = match counts.iter().position(|known| known.class == class && known.source == source) {
                Some(place) => place,
                None => {
                    counts.push(ClassOfSource { class, source: source.clone(), training: 0, test: 0 });
                    counts.len() - 1
                }
            };
            if row.place.is_train() {
                counts[place].training += 1;
            } else {
                counts[place].test += 1;
            }
            if !sources.iter().any(|known| known.source == source) {
                sources.push(SourceNote { source, licence: row.licence.clone(), origin: None });
            }
        }
        Ok(DataSummary {
            flow: DataFlow {
                found: rows.len() as u64,
                left_out,
                training: manifest.train().count() as u64,
                test: manifest.test().count() as u64,
            },
            grouped_by: match self.config.data.split {
                radiograph_dataset::split::Kind::Grouped => {
                    "same picture, patient and augmentation parent".to_owned()
                }
                _ => "nothing: images were divided one by one".to_owned(),
            },
            folds: manifest.folds(),
            certificate: Some(Certificate {
                folds_clean: leakage["folds_clean"].as_bool().filter(|_| manifest.folds() > 0),
                ..certificate(&leakage, ContentHash::of_file(&self.folder.leakage())?)
            }),
            counts,
            sources,
            unbalanced: Vec::new(),
        })
    }
}

fn certificate(leakage: &Value, hash: ContentHash) -> Certificate {
    let own = &leakage["train_to_test"];
    // A naive split is either a crossing or the reason why there is none.
    let naive = leakage["naive"].get("split");
    let count = |of: &Value, key: &str| of.get(key).and_then(Value::as_u64);
    let check = |what: &str, key: &str| LeakCheck {
        what: what.to_owned(),
        found: count(own, key).unwrap_or(0),
        among: count(own, "to_images").unwrap_or(0),
        image_by_image: naive.and_then(|naive| count(naive, key)),
    };
    let mut checks = vec![
        check("test images with a copy in training", "images_with_copies"),
        check("test images whose patient is in training", "images_of_shared_patients"),
        check(
            "test images made from, or from the same image as, a training image",
            "images_of_shared_families",
        ),
    ];
    // Certificates of version 0.1.0 have no such count.
    if own.get("images_of_shared_sets").is_some() {
        checks.push(check(
            "test images linked to a training image by all of this in turn, through unused images too",
            "images_of_shared_sets",
        ));
    }
    // Those have one verdict for folds as well.
    let clean = leakage["test_clean"].as_bool().or_else(|| leakage["clean"].as_bool()).unwrap_or(false);
    Certificate {
        clean,
        folds_clean: None,
        checks,
        limits: vec![
            "Grouping removes leaks, not confounding: where classes come from different sources, a model may tell the sources apart.".to_owned(),
            "Patients of different collections are the same person only where their pictures show it.".to_owned(),
        ],
        hash: Some(hash),
    }
}
