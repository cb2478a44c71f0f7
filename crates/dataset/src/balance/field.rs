//! Balances classes within each value of a recorded field, such as age or sex.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use super::BalanceError;
use crate::{Age, ClassName, Reason, Record, Sex, apportion::apportion};

/// A recorded field that classes can be balanced by.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// Age: 0-17, 18-39, 40-59, 60-79, 80 and more, between bands, unknown.
    AgeBand,
    /// Sex, or unknown.
    Sex,
    /// View, or unknown.
    View,
    /// Collection.
    Source,
}

/// Field to balance by, and the rule for images without a match.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BalancedBy {
    /// The field.
    pub field: Field,
    /// Rule for images without a match.
    #[serde(default)]
    pub unmatched: Unmatched,
}

/// Rule for images with a value that another class has fewer of.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unmatched {
    /// They are left out: the classes are equal at every value, and may be small.
    #[default]
    Exclude,
    /// They fill the classes up to equal size: classes are equal as a whole, and what is unequal is reported.
    Fill,
}

pub(super) struct Matched {
    pub(super) unmatched: Vec<(usize, Reason)>,
    pub(super) unequal: Vec<Unequal>,
}

/// A value at which the classes could not be made equal without loss.
pub(super) struct Unequal {
    pub(super) value: String,
    /// Images of each class that there were.
    pub(super) available: BTreeMap<ClassName, usize>,
    /// Images of each class that are kept.
    pub(super) kept: BTreeMap<ClassName, usize>,
}

impl Field {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AgeBand => "age band",
            Self::Sex => "sex",
            Self::View => "view",
            Self::Source => "source",
        }
    }

    /// A record's value.
    pub fn value(self, record: &Record) -> String {
        match self {
            Self::AgeBand => Age::band(record.age).1,
            Self::Sex => match record.sex {
                Some(Sex::Female) => "female",
                Some(Sex::Male) => "male",
                None => "unknown",
            }
            .to_owned(),
            Self::View => record.view.name().to_owned(),
            Self::Source => record.source().to_string(),
        }
    }
}

impl FromStr for Field {
    type Err = BalanceError;

    /// Reads `age-band`, `sex`, `view` or `source`.
    fn from_str(name: &str) -> Result<Self, BalanceError> {
        match name {
            "age-band" => Ok(Self::AgeBand),
            "sex" => Ok(Self::Sex),
            "view" => Ok(Self::View),
            "source" => Ok(Self::Source),
            _ => Err(BalanceError::Setting {
                field: "balanced by",
                remedy: "give age-band, sex, view or source",
            }),
        }
    }
}

impl BalancedBy {
    /// Keeps equally many images of each class at every value, at most `limit` of a class in all. `by_class` holds the
    /// images of each class in the order in which they are taken, and `fill` the same images in the order in which they
    /// fill a class up. Both are drawn independently: where nearly all images of a value are kept, those left over have
    /// the highest numbers, and one draw for both would never take them.
    pub(super) fn choose(
        &self,
        records: &[&Record],
        by_class: &BTreeMap<ClassName, Vec<usize>>,
        fill: &BTreeMap<ClassName, Vec<usize>>,
        limit: Option<usize>,
    ) -> Matched {
        let mut cells: BTreeMap<String, BTreeMap<&ClassName, Vec<usize>>> = BTreeMap::new();
        for (class, images) in by_class {
            for &image in images {
                let value = self.field.value(records[image]);
                cells.entry(value).or_default().entry(class).or_default().push(image);
            }
        }
        // A class without images of a value has no cell there.
        let least: Vec<usize> = cells
            .values()
            .map(|cell| if cell.len() == by_class.len() { cell.values().map(Vec::len).min() } else { None })
            .map(|least| least.unwrap_or(0))
            .collect();
        let matched: usize = least.iter().sum();
        let quotas = match limit {
            Some(limit) if limit < matched => apportion(&least, limit),
            _ => least.clone(),
        };
        let mut kept: BTreeSet<usize> = BTreeSet::new();
        for (cell, &quota) in cells.values().zip(&quotas) {
            kept.extend(cell.values().flat_map(|images| &images[..quota]));
        }
        if self.unmatched == Unmatched::Fill {
            let smallest = by_class.values().map(Vec::len).min().unwrap_or(0);
            let size = limit.unwrap_or(smallest).min(smallest);
            for images in fill.values() {
                let already = images.iter().filter(|image| kept.contains(image)).count();
                let rest: Vec<usize> = images.iter().copied().filter(|image| !kept.contains(image)).collect();
                kept.extend(rest.into_iter().take(size.saturating_sub(already)));
            }
        }
        let mut result = Matched { unmatched: Vec::new(), unequal: Vec::new() };
        for ((value, cell), (&quota, &least)) in cells.iter().zip(quotas.iter().zip(&least)) {
            let count = |of: &dyn Fn(&[usize]) -> usize| -> BTreeMap<ClassName, usize> {
                by_class
                    .keys()
                    .map(|class| (class.clone(), cell.get(class).map_or(0, |images| of(images))))
                    .collect()
            };
            let available = count(&|images| images.len());
            let kept_here = count(&|images| images.iter().filter(|image| kept.contains(image)).count());
            for (class, images) in cell {
                let class_kept = by_class[*class].iter().filter(|image| kept.contains(image)).count();
                for &image in images.iter().filter(|image| !kept.contains(image)) {
                    let reason = if quota < least {
                        Reason::Surplus { class: (*class).clone(), kept: class_kept }
                    } else {
                        Reason::Unmatched { field: self.field.name(), value: value.clone() }
                    };
                    result.unmatched.push((image, reason));
                }
            }
            if available.values().any(|count| *count != least) {
                result.unequal.push(Unequal { value: value.clone(), available, kept: kept_here });
            }
        }
        result
    }
}
