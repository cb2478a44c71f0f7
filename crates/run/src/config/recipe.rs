//! Turns the data settings of a config into the recipe that assembles its data.

use radiograph_classes::Classes;
use radiograph_dataset::{
    assemble::{Ages, Views},
    balance::PerClass,
    recipe::Recipe,
    split::Split,
};
use radiograph_protocol::Preset;

use super::{Config, KeptAges, KeptViews};

/// The named recipe of a preset.
pub(super) fn of_preset(preset: Preset, classes: Classes) -> Recipe {
    match preset {
        Preset::Paper => Recipe::paper(classes),
        Preset::ReleasedCode => Recipe::released_code(classes),
        _ => Recipe::trustworthy(classes),
    }
}

impl Config {
    /// The preset's recipe with the changes of the section `data`.
    pub fn recipe(&self, classes: &Classes) -> Recipe {
        let data = &self.data;
        let mut recipe = of_preset(self.preset, classes.clone());
        recipe.filters.views = match data.views {
            KeptViews::Any => Views::Any,
            KeptViews::Frontal => Views::Frontal,
            KeptViews::PaOnly => Views::PaOnly,
        };
        recipe.filters.ages =
            data.ages.map(|KeptAges { from, to, unknown }| Ages { years: from..=to, keep_unknown: unknown });
        recipe.filters.licences = data.licences.clone();
        recipe.search.crops = data.search_crops;
        recipe.balance.by = data.balance_by;
        recipe.balance.quotas = data.quotas.clone();
        recipe.source_out = data.test_source.clone();
        recipe.balance.one_per_picture = data.one_per_picture;
        recipe.balance.per_patient = data.max_per_patient;
        recipe.balance.per_class = data.max_per_class.map_or(PerClass::Smallest, PerClass::AtMost);
        let folds = u32::try_from(self.training.folds).unwrap_or(u32::MAX);
        recipe.split = Split { kind: data.split, test: data.test_share, folds };
        recipe
    }
}
