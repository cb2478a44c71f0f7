//! The settings that a reader needs to repeat the run, one by one, for the checklist of the report.

use radiograph_report::Setting;
use toml::{Table, Value};

use crate::{Config, Error, settings::SETTINGS};

/// Sections whose settings change results. Those of the rest are on the page elsewhere, or change none.
const SECTIONS: [&str; 4] = ["data.", "input.", "head.", "training."];
/// Settings that say where files are.
const PLACES: [&str; 3] = ["data.folder", "data.key_file", "training.checkpoint_seconds"];

/// Every setting of the data, the input, the head and the training, in the order of `config.toml`.
///
/// # Errors
///
/// [`Error::Damaged`] if the config is no TOML.
pub(super) fn settings(config: &Config) -> Result<Vec<Setting>, Error> {
    let table = config.to_toml()?.parse::<Table>().map_err(|error| Error::damaged("config.toml", error))?;
    let table = Value::Table(table);
    let wanted = SETTINGS.iter().filter(|setting| {
        SECTIONS.iter().any(|section| setting.key.starts_with(section)) && !PLACES.contains(&setting.key)
    });
    let mut settings = Vec::new();
    for setting in wanted {
        let keys: Vec<String> = if setting.key.contains("NETWORK") {
            config.backbones.iter().map(|network| setting.key.replace("NETWORK", network.name())).collect()
        } else {
            vec![setting.key.to_owned()]
        };
        for key in keys {
            let found = key.split('.').try_fold(&table, |inside, part| inside.get(part));
            if let Some(value) = found {
                let value = match value {
                    Value::String(text) => text.clone(),
                    Value::Boolean(true) => "yes".to_owned(),
                    Value::Boolean(false) => meaning_of_false(setting.values).to_owned(),
                    other => other.to_string(),
                };
                settings.push(Setting { key, description: setting.description.to_owned(), value });
            }
        }
    }
    Ok(settings)
}

/// What `false` means for a setting with these values, such as `all` in `list of texts; false: all`.
fn meaning_of_false(values: &str) -> &str {
    values.split_once("false: ").map_or("no", |(_, meaning)| meaning.split(';').next().unwrap_or(meaning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_those_of_the_config_without_places() {
        let changes =
            ["training.epochs=12", "backbones=['vgg19']", "data.folder=somewhere"].map(str::to_owned);
        let settings = settings(&Config::resolve(None, &changes).unwrap()).unwrap();
        let value = |key: &str| settings.iter().find(|of| of.key == key).map(|of| of.value.as_str());
        assert_eq!(value("training.epochs"), Some("12"));
        assert_eq!(value("data.one_per_picture"), Some("yes"));
        assert_eq!(
            (value("data.ages"), value("data.max_per_class")),
            (Some("all"), Some("the size of the smallest class"))
        );
        assert_eq!(meaning_of_false("true, false"), "no");
        assert_eq!(value("head.layers.vgg19.units"), Some("512"));
        assert_eq!(value("head.layers.densenet121.units"), None);
        assert!(settings.iter().all(|of| !of.value.contains("somewhere") && !of.description.is_empty()));
        let listed = |section: &&str| settings.iter().any(|of| of.key.starts_with(section));
        assert!(SECTIONS.iter().all(listed));
    }
}
