//! The result of a scan, and its form as JSON and CSV.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
};

use serde::Serialize;

use super::{
    ClassBySource, CountTable, DecodingNote, Finding, FindingKind, Inspection, ScannedImage, Thresholds,
    counts,
};
use crate::{ClassName, PatientId, SourceName, source::Collection};

/// Result of a scan. [`Display`](std::fmt::Display) prints it for people.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct ScanReport {
    /// The collections that were read.
    pub collections: Vec<CollectionSummary>,
    /// The collections that could not be read.
    pub unread: Vec<UnreadCollection>,
    /// Which class comes from which collection.
    pub class_by_source: ClassBySource,
    /// Counts by class, view, age and so on.
    pub counts: Vec<CountTable>,
    /// What was unusual about files that were decoded all the same.
    pub decoding: Vec<DecodingNote>,
    /// Everything that deserves a look: rows and files that were left out, oddities, doubtful images and patients.
    pub findings: Vec<Finding>,
}

/// One collection in numbers.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct CollectionSummary {
    /// The collection.
    pub source: SourceName,
    /// Its folder.
    pub root: PathBuf,
    /// Rows of its metadata.
    pub rows: usize,
    /// Images with a record.
    pub images: usize,
    /// Patients with a number.
    pub patients: usize,
    /// Rows and files that were left out.
    pub excluded: usize,
    /// Files that are no images of the collection.
    pub other_files: usize,
    /// Whether the images are drawings (phantoms).
    pub drawn: bool,
    /// Size of all images together, in bytes.
    pub bytes: u64,
}

/// A collection that could not be read.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct UnreadCollection {
    /// The collection.
    pub source: SourceName,
    /// Its folder.
    pub root: PathBuf,
    /// Why.
    pub error: String,
}

impl ScanReport {
    pub(crate) fn new(
        collections: &[Collection],
        unread: Vec<UnreadCollection>,
        images: &[ScannedImage<'_>],
        inspections: &[Inspection],
        thresholds: &Thresholds,
    ) -> Self {
        let mut findings: Vec<Finding> = collections.iter().flat_map(findings_of_metadata).collect();
        findings.extend(thresholds.findings(images, inspections));
        findings.extend(collections.iter().flat_map(patients_with_several_classes));
        Self {
            collections: collections
                .iter()
                .map(|collection| summary(collection, images, inspections))
                .collect(),
            unread,
            class_by_source: ClassBySource::of(collections.iter().flat_map(|collection| &collection.records)),
            counts: counts::tables(images, inspections),
            decoding: DecodingNote::count(images, inspections),
            findings,
        }
    }

    /// Findings of one sort.
    pub fn findings_of(&self, code: &str) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.code == code)
    }

    /// The counts of a field; none has that name if there are none.
    pub fn counts_of(&self, field: &str) -> Option<&CountTable> {
        self.counts.iter().find(|table| table.field == field)
    }

    /// Writes the whole report as JSON.
    ///
    /// # Errors
    ///
    /// Whatever `file` says.
    pub fn write_json(&self, mut file: impl io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")
    }

    /// Writes the findings as CSV: `source,table,row,file,kind,code,text`.
    ///
    /// # Errors
    ///
    /// Whatever `file` says.
    pub fn write_findings_csv(&self, file: impl io::Write) -> io::Result<()> {
        let mut table = csv::Writer::from_writer(file);
        table.write_record(["source", "table", "row", "file", "kind", "code", "text"])?;
        for finding in &self.findings {
            table.serialize((
                &finding.source,
                finding.table.as_deref().unwrap_or_default(),
                finding.row,
                finding.file.as_deref().unwrap_or_default(),
                finding.kind,
                finding.code,
                &finding.text,
            ))?;
        }
        table.flush()
    }

    /// Writes the counts as CSV: `field,value,source,count`; the field `class by source` splits merged collections.
    ///
    /// # Errors
    ///
    /// Whatever `file` says.
    pub fn write_counts_csv(&self, file: impl io::Write) -> io::Result<()> {
        let mut table = csv::Writer::from_writer(file);
        table.write_record(["field", "value", "source", "count"])?;
        for (class, sources) in &self.class_by_source.counts {
            for (source, count) in sources {
                table.serialize(("class by source", class, source, count))?;
            }
        }
        for counts in &self.counts {
            for (value, sources) in &counts.rows {
                for (source, count) in sources {
                    table.serialize((counts.field, value, source, count))?;
                }
            }
        }
        table.flush()
    }
}

fn summary(
    collection: &Collection,
    images: &[ScannedImage<'_>],
    inspections: &[Inspection],
) -> CollectionSummary {
    let own = images.iter().zip(inspections).filter(|(image, _)| *image.source == collection.source);
    let patients: BTreeSet<&PatientId> =
        collection.records.iter().filter_map(|record| record.patient.as_ref()).collect();
    CollectionSummary {
        source: collection.source.clone(),
        root: collection.root.clone(),
        rows: collection.rows,
        images: collection.records.len(),
        patients: patients.len(),
        excluded: collection.exclusions.len(),
        other_files: collection.other_files,
        drawn: collection.drawn,
        bytes: own.map(|(_, inspection)| inspection.bytes).sum(),
    }
}

fn findings_of_metadata(collection: &Collection) -> impl Iterator<Item = Finding> {
    let excluded = collection.exclusions.iter().map(|exclusion| Finding {
        source: exclusion.source.clone(),
        file: exclusion.file.clone(),
        table: exclusion.table.clone(),
        row: exclusion.row,
        kind: FindingKind::Excluded,
        code: exclusion.reason.code(),
        text: exclusion.reason.to_string(),
    });
    let odd = collection.notes.iter().map(|note| Finding {
        source: note.source.clone(),
        file: note.file.clone(),
        table: note.table.clone(),
        row: note.row,
        kind: FindingKind::Odd,
        code: note.oddity.code(),
        text: note.oddity.to_string(),
    });
    excluded.chain(odd)
}

fn patients_with_several_classes(collection: &Collection) -> Vec<Finding> {
    let mut classes: BTreeMap<&PatientId, BTreeSet<&ClassName>> = BTreeMap::new();
    for record in &collection.records {
        if let (Some(patient), Some(class)) = (&record.patient, record.class()) {
            classes.entry(patient).or_default().insert(class);
        }
    }
    let several = classes.into_iter().filter(|(_, classes)| classes.len() > 1);
    several
        .map(|(patient, classes)| Finding {
            source: collection.source.clone(),
            file: Some(patient.to_string()),
            table: None,
            row: None,
            kind: FindingKind::Patient,
            code: "patient-with-several-classes",
            text: classes.into_iter().map(ClassName::as_str).collect::<Vec<_>>().join(" and "),
        })
        .collect()
}
