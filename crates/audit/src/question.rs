//! A question to a probe: which label, on which training and test images.

use std::collections::{BTreeMap, BTreeSet};

use radiograph_classes::Classes;

use crate::{Error, Part, Reason, Table};

/// Least number of clusters of each label in each part: fewer cannot be held out, resampled or permuted.
const CLUSTERS: usize = 2;

/// Labels of training and test images. The label is the class, or the source within one class.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) classes: Classes,
    /// Positions of the training images in the table.
    pub(crate) training: Vec<usize>,
    pub(crate) training_labels: Vec<usize>,
    pub(crate) test: Vec<usize>,
    pub(crate) test_labels: Vec<usize>,
    /// Images whose input is unknown, and images of sources that occur too rarely.
    pub(crate) left_out: usize,
}

impl Question {
    /// Asks for the class of all images whose input is `usable`.
    pub(crate) fn of_class(table: &Table, usable: &dyn Fn(usize) -> bool) -> Result<Self, Reason> {
        let rows = |part| -> Vec<usize> { table.rows(part).into_iter().filter(|&row| usable(row)).collect() };
        let (training, test) = (rows(Part::Training), rows(Part::Test));
        let labels = |rows: &[usize]| rows.iter().map(|&row| table.label(row)).collect();
        let question = Self {
            classes: table.classes().clone(),
            training_labels: labels(&training),
            test_labels: labels(&test),
            left_out: table.images().len() - training.len() - test.len(),
            training,
            test,
        };
        question.require_clusters(table)?;
        Ok(question)
    }

    /// Asks for the source of the images of one class whose input is `usable`. Sources with too few clusters in a part
    /// are left out.
    pub(crate) fn of_source(
        table: &Table,
        class: usize,
        usable: &dyn Fn(usize) -> bool,
    ) -> Result<Result<Self, Reason>, Error> {
        let of_class = |part| -> Vec<usize> {
            table.rows(part).into_iter().filter(|&row| table.label(row) == class && usable(row)).collect()
        };
        let (mut training, mut test) = (of_class(Part::Training), of_class(Part::Test));
        let all = training.len() + test.len();
        let clusters = |rows: &[usize]| {
            let mut clusters: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
            for &row in rows {
                let image = &table.images()[row];
                clusters.entry(&image.source).or_default().insert(&image.cluster);
            }
            clusters
        };
        let (in_training, in_test) = (clusters(&training), clusters(&test));
        let enough = |clusters: &BTreeMap<&str, BTreeSet<&str>>, source: &str| {
            clusters.get(source).is_some_and(|clusters| clusters.len() >= CLUSTERS)
        };
        let sources: Vec<&str> = in_training
            .keys()
            .copied()
            .filter(|source| enough(&in_training, source) && enough(&in_test, source))
            .collect();
        if sources.len() < 2 {
            return Ok(Err(Reason::OneSource {
                class: table.classes().names().nth(class).map(str::to_owned),
            }));
        }
        let place = |row: usize| sources.binary_search(&table.images()[row].source.as_str()).ok();
        training.retain(|&row| place(row).is_some());
        test.retain(|&row| place(row).is_some());
        let labels = |rows: &[usize]| rows.iter().filter_map(|&row| place(row)).collect();
        Ok(Ok(Self {
            classes: Classes::new(sources.iter().copied())?,
            training_labels: labels(&training),
            test_labels: labels(&test),
            left_out: all - training.len() - test.len(),
            training,
            test,
        }))
    }

    /// Names of the labels of the test images.
    pub(crate) fn truth(&self) -> Vec<&str> {
        let names: Vec<&str> = self.classes.names().collect();
        self.test_labels.iter().map(|&label| names[label]).collect()
    }

    /// Clusters of these rows.
    pub(crate) fn clusters<'t>(table: &'t Table, rows: &[usize]) -> Vec<&'t str> {
        rows.iter().map(|&row| table.images()[row].cluster.as_str()).collect()
    }

    fn require_clusters(&self, table: &Table) -> Result<(), Reason> {
        for (part, rows, labels) in [
            (Part::Training, &self.training, &self.training_labels),
            (Part::Test, &self.test, &self.test_labels),
        ] {
            for (label, class) in self.classes.names().enumerate() {
                let of_label = rows.iter().zip(labels).filter(|(_, of)| **of == label);
                let clusters =
                    of_label.map(|(&row, _)| &table.images()[row].cluster).collect::<BTreeSet<_>>().len();
                if clusters < CLUSTERS {
                    return Err(Reason::TooFewClusters { class: class.to_owned(), part, clusters });
                }
            }
        }
        Ok(())
    }
}
