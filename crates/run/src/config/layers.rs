//! Resolves a config from its layers: preset or another config, then file, then overrides. `super::check` checks the values.

use radiograph_protocol::Preset;
use toml::{Table, Value};

use super::{Config, network, preset, range, renamed};
use crate::Error;

/// The preset that the file or an override names, changed by both.
pub(super) fn resolve(file: Option<&str>, overrides: &[String]) -> Result<Config, Error> {
    let changes = changes(file, overrides)?;
    let named = match changes.get("preset") {
        None => Preset::Trustworthy,
        Some(Value::String(name)) => name.parse().map_err(|error: radiograph_protocol::ProtocolError| {
            Error::config("preset", error.to_string())
        })?,
        Some(other) => return Err(Error::config("preset", format!("{other} is not the name of a preset"))),
    };
    changed(&preset::settings(named), changes)
}

/// A config, changed by a file and overrides.
pub(super) fn lay_over_config(
    config: &Config,
    file: Option<&str>,
    overrides: &[String],
) -> Result<Config, Error> {
    changed(config, changes(file, overrides)?)
}

/// The settings in a file and in overrides, which win.
fn changes(file: Option<&str>, overrides: &[String]) -> Result<Table, Error> {
    let mut changes: Table = match file {
        Some(text) => text.parse().map_err(|error: toml::de::Error| unreadable(text, &error))?,
        None => Table::new(),
    };
    for text in overrides {
        let (key, value) = split(text)?;
        insert(&mut changes, key, value)?;
    }
    renamed::refuse(&changes)?;
    Ok(changes)
}

fn changed(config: &Config, changes: Table) -> Result<Config, Error> {
    let mut settings =
        Table::try_from(config).map_err(|error| Error::config("the settings", error.to_string()))?;
    lay_over(&mut settings, changes, "");
    // Names of networks are read by the settings below.
    network::register(&mut settings)?;
    serde_path_to_error::deserialize(Value::Table(settings)).map_err(|error| {
        let (key, error) = (error.path().to_string(), error.into_inner());
        match range::allowed_for(&key) {
            // "expected u64" says nothing to someone who does not program.
            Some(allowed) => Error::config(&key, format!("{}; {allowed}", message(&error))),
            None => Error::config(if key == "." { "the settings" } else { &key }, message(&error)),
        }
    })
}

/// Splits `key=value`. A value that is not TOML is treated as text, so that names and paths need no extra quotes.
fn split(text: &str) -> Result<(&str, Value), Error> {
    let (key, value) = text
        .split_once('=')
        .map(|(key, value)| (key.trim(), value.trim()))
        .filter(|(key, _)| !key.is_empty())
        .ok_or_else(|| Error::config(text, "write an override as key=value, such as training.epochs=10"))?;
    let parsed = format!("value = {value}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    Ok((key, parsed.unwrap_or_else(|| Value::String(value.to_owned()))))
}

fn insert(table: &mut Table, key: &str, value: Value) -> Result<(), Error> {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
            Ok(())
        }
        Some((head, rest)) => {
            let inner = table.entry(head).or_insert_with(|| Value::Table(Table::new()));
            // A setting that was switched off, or an alternative, is replaced by the requested table.
            if !inner.is_table() {
                *inner = Value::Table(Table::new());
            }
            match inner {
                Value::Table(inner) => insert(inner, rest, value),
                _ => Err(Error::config(key, "it has no settings below it")),
            }
        }
    }
}

/// Settings with alternatives: choosing another alternative replaces the whole setting.
const ALTERNATIVES: [&str; 6] = [
    "training.optimizer",
    "training.schedule",
    "training.clipping",
    "training.tested_model",
    "head.cell",
    "input.normalisation",
];

fn lay_over(below: &mut Table, above: Table, path: &str) {
    for (key, value) in above {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (below.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(over)) if !ALTERNATIVES.contains(&path.as_str()) => {
                lay_over(inner, over, &path);
            }
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// A file that is not TOML, with the line.
fn unreadable(file: &str, error: &toml::de::Error) -> Error {
    let before = error.span().and_then(|place| file.get(..place.start)).unwrap_or_default();
    let number = before.matches('\n').count();
    let line = file.lines().nth(number).unwrap_or_default().trim();
    Error::config("the file", format!("line {}, `{line}`: {}", number + 1, message(error)))
}

/// The message only; the full TOML error shows the place in several lines of text.
fn message(error: &toml::de::Error) -> String {
    error.message().trim().replace('\n', "; ")
}

#[cfg(test)]
mod tests {
    use radiograph_protocol::{Clipping, Schedule};
    use radiograph_weights::Architecture;

    use super::*;

    fn of(file: &str, overrides: &[&str]) -> Result<Config, Error> {
        resolve(Some(file), &overrides.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn later_layers_win_and_leave_the_rest() {
        let config = of(
            "preset = 'paper'\n[training]\nepochs = 3\n[head.layers.vgg19]\nunits = 64",
            &["training.epochs=4", "seed = 9"],
        )
        .unwrap();
        let plain = Config::of(Preset::Paper);
        assert_eq!((config.training.epochs, config.seed, config.preset), (4, 9, Preset::Paper));
        assert_eq!(config.training.batch_size, plain.training.batch_size);
        assert_eq!(config.head.layers[&Architecture::VGG19].units, 64);
        assert_eq!(config.head.layers[&Architecture::VGG19].dense, [4096, 4096]);
        assert_eq!(config.head.layers[&Architecture::DENSENET121].units, 1024);
    }

    #[test]
    fn alternatives_are_replaced_whole_and_false_switches_off() {
        let config = of(
            "",
            &[
                "training.schedule={ constant = { rate = 0.01 } }",
                "training.clipping=false",
                "training.patience=false",
            ],
        )
        .unwrap();
        assert_eq!(config.training.schedule, Schedule::Constant { rate: 0.01 });
        assert_eq!((config.training.clipping, config.training.patience), (None, None));
        let config = of("[training]\nclipping = { value = 100.0 }", &[]).unwrap();
        assert_eq!(config.training.clipping, Some(Clipping::Value(100.0)));
        let error = of("", &["training.patience=true"]).unwrap_err();
        assert!(error.to_string().contains("false to switch it off"), "{error}");
    }

    #[test]
    fn a_config_is_changed_only_where_it_is_told_to() {
        let own =
            of("preset = 'paper'", &["training.epochs=4", "training.clipping={ value = 100.0 }"]).unwrap();
        let changed = |file, overrides: &[&str]| {
            let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
            lay_over_config(&own, file, &overrides)
        };
        assert_eq!(changed(None, &[]).unwrap(), own);
        assert_eq!(changed(Some("preset = 'paper'"), &["training.epochs=4"]).unwrap(), own);
        let other = changed(Some("seed = 8"), &["training.clipping=false"]).unwrap();
        assert_eq!((other.seed, other.training.clipping, other.training.epochs), (8, None, 4));
        assert!(changed(None, &["training.epoch=4"]).is_err());
    }

    #[test]
    fn text_needs_no_quotes() {
        let config = of("", &["compute.device=cuda:0", "weights.vgg19=random:7"]).unwrap();
        assert_eq!(config.compute.device, "cuda:0");
        assert_eq!(config.weights[&Architecture::VGG19], "random:7");
    }

    #[test]
    fn mistakes_are_named() {
        for (file, overrides, named) in [
            ("sed = 3", &[][..], "sed"),
            ("[training]\nepoch = 3", &[], "epoch"),
            ("seed = 'three'", &[], "three"),
            ("seed = -1", &[], "`-1`, expected u64; allowed: 0 to 2^63 - 1"),
            ("", &["seed=9223372036854775808"], "9223372036854775808"),
            ("", &["seed=9223372036854775808"], "allowed: 0 to 2^63 - 1"),
            ("preset = 'paper'\nseed = 9223372036854775808", &[], "line 2, `seed = 9223372036854775808`: "),
            ("", &["training.epochs=ten"], "allowed: 1 to 1000000"),
            ("", &["head.layers.vgg19.dense=[4.5]"], "allowed: 1 to 2^24"),
            ("", &["training.patience=often"], "allowed: 1 to 1000000, or false"),
            ("preset = 'best'", &[], "best"),
            ("preset = 3", &[], "3"),
            ("seed = ", &[], "the file"),
            ("", &["epochs"], "key=value"),
            ("", &["=3"], "key=value"),
            ("", &["training.epochs.x=3"], "epochs"),
            ("", &["backbones=['vgg16']"], "vgg16"),
        ] {
            let error = of(file, overrides).unwrap_err();
            assert!(matches!(error, Error::Config { .. }), "{error:?}");
            assert!(error.to_string().contains(named), "{file:?} {overrides:?}: {error}");
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
        }
    }
}
