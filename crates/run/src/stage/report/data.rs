//! The data part of the report: origin and use of the images, and leaks.

use std::collections::{BTreeMap, BTreeSet};

use radiograph_dataset::{
    certificate::{self, Crossing, Naive, Verdict},
    manifest::{Manifest, Place, Row},
    split::Kind,
};
use radiograph_files::ContentHash;
use radiograph_report::{
    Certificate, Characteristic, ClassOfSource, DataFlow, DataSummary, LeakCheck, LeakVerdict, LeftOut,
    PretrainedFilms, SourceNote, Units,
};

use crate::{Error, Run, json::read_json, stage::evaluate::known_of};

impl Run<'_> {
    pub(super) fn data(
        &self,
        manifest: &Manifest,
        pretraining: Vec<(String, PretrainedFilms)>,
    ) -> Result<DataSummary, Error> {
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
            grouped_by: match self.config().data.split {
                Kind::Grouped => "same picture, patient and augmentation parent".to_owned(),
                _ => "nothing: images were divided one by one".to_owned(),
            },
            folds: manifest.folds(),
            precision: Some(self.test_precision(manifest)?.to_string()),
            certificate: Some(self.certificate(pretraining)?),
            counts,
            sources,
            unbalanced: read_json(&self.folder().shortfalls())?,
            units: Some(units(manifest)),
            characteristics: characteristics(manifest),
        })
    }

    fn certificate(&self, pretraining: Vec<(String, PretrainedFilms)>) -> Result<Certificate, Error> {
        let path = self.folder().leakage();
        let found = certificate::Certificate::read(&path)?;
        Ok(Certificate {
            verdict: verdict(&found),
            sentence: found.sentence.clone(),
            checks: checks(&found),
            limits: vec![
                "Grouping removes leaks, not confounding: where classes come from different sources, a model may recognise the source."
                    .to_owned(),
                "Patients of different collections count as the same person only where their pictures show it.".to_owned(),
            ],
            pretraining,
            hash: Some(ContentHash::of_file(&path)?),
        })
    }
}

/// Numbers of groups and of known patients.
fn units(manifest: &Manifest) -> Units {
    let distinct = |rows: &mut dyn Iterator<Item = String>| rows.collect::<BTreeSet<_>>().len() as u64;
    let patient = |row: &Row| row.patient.as_ref().map(ToString::to_string);
    Units {
        training_groups: distinct(&mut manifest.train().map(|row| row.group.to_string())),
        test_groups: distinct(&mut manifest.test().map(|row| row.group.to_string())),
        training_patients: distinct(&mut manifest.train().filter_map(patient)),
        test_patients: distinct(&mut manifest.test().filter_map(patient)),
    }
}

/// Numbers of images by sex, age and view, unknown values last.
fn characteristics(manifest: &Manifest) -> Vec<Characteristic> {
    // By position of the field, whether the value is unknown, and the value: (training, test).
    let mut counts: BTreeMap<(usize, bool, Option<String>), (u64, u64)> = BTreeMap::new();
    let fields = ["sex", "age", "view"];
    for (rows, is_test) in [(manifest.train().collect::<Vec<_>>(), false), (manifest.test().collect(), true)]
    {
        for row in rows {
            let known = known_of(row);
            for (field, value) in [known.sex, known.age, known.view].into_iter().enumerate() {
                let count = counts.entry((field, value.is_none(), value)).or_default();
                if is_test {
                    count.1 += 1;
                } else {
                    count.0 += 1;
                }
            }
        }
    }
    counts
        .into_iter()
        .map(|((field, _, value), (training, test))| Characteristic {
            field: fields[field].to_owned(),
            value,
            training,
            test,
        })
        .collect()
}

fn verdict(certificate: &certificate::Certificate) -> LeakVerdict {
    let doubts = certificate.doubts();
    match certificate.verdict {
        Verdict::Clean => LeakVerdict::Clean,
        Verdict::Leaks => LeakVerdict::Leaks {
            to_test: certificate.leaks_to_test(),
            between_folds: certificate.leaks_between_folds(),
            doubts,
        },
        // A verdict that this version does not know certifies nothing.
        _ => LeakVerdict::Inconclusive { doubts },
    }
}

fn checks(certificate: &certificate::Certificate) -> Vec<LeakCheck> {
    let own = &certificate.train_to_test;
    let naive = match &certificate.naive {
        Naive::Split(crossing) => Some(crossing),
        _ => None,
    };
    let check = |what: &str, count: fn(&Crossing) -> usize| LeakCheck {
        what: what.to_owned(),
        found: count(own) as u64,
        among: own.to_images as u64,
        image_by_image: naive.map(|naive| count(naive) as u64),
    };
    vec![
        check("test images with a copy in training", |of| of.images_with_copies),
        check("test images whose patient is in training", |of| of.images_of_shared_patients),
        check("test images made from, or from the same image as, a training image", |of| {
            of.images_of_shared_families
        }),
        check(
            "test images linked to a training image by a chain of these, through unused images too",
            |of| of.images_of_shared_sets,
        ),
    ]
}
