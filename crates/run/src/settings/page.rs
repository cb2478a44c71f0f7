//! Writes the list of settings as an annotated `config.toml` and as a Markdown page.

use radiograph_protocol::Preset;
use toml::{Table, Value};

use super::{SETTINGS, Setting};
use crate::{Config, Error};

/// Every setting of a preset as TOML, each with a comment that gives its description, unit and range. The text is a
/// valid config file.
///
/// # Errors
///
/// [`Error::Config`] if the settings cannot be written as TOML.
pub fn annotated_toml(preset: Preset) -> Result<String, Error> {
    let mut text = format!("# All settings of the preset {preset}.\n\n");
    let mut section = String::new();
    let mut described: Option<&Setting> = None;
    for line in Config::of(preset).to_toml()?.lines() {
        let key = match line.strip_prefix('[') {
            Some(header) => {
                section = header.trim_end_matches(']').to_owned();
                section.clone()
            }
            None => match line.split_once(" = ") {
                Some((key, _)) if section.is_empty() => key.to_owned(),
                Some((key, _)) => format!("{section}.{key}"),
                None => String::new(),
            },
        };
        // A table of alternatives is described once, above its header.
        let setting = Setting::of(&key).filter(|setting| described != Some(*setting));
        if let Some(setting) = setting {
            text += &format!("# {} ({})\n", setting.description, setting.values);
            described = Some(setting);
        }
        text += line;
        text.push('\n');
    }
    Ok(text)
}

/// `docs/config.md`: every setting with its description, range and value in each preset.
///
/// # Errors
///
/// [`Error::Config`] if the settings cannot be written as TOML.
pub fn markdown() -> Result<String, Error> {
    let presets = Preset::ALL.map(|preset| {
        let table = Table::try_from(Config::of(preset));
        table.map(Value::Table).map_err(|error| Error::config("the settings", error.to_string()))
    });
    let presets = presets.into_iter().collect::<Result<Vec<_>, Error>>()?;
    let mut text = "# Settings\n\n\
        After this page you can change any setting of a run, in a file (`--config run.toml`) or on the command line\n\
        (`--set training.epochs=10`). `radiograph config --preset NAME` prints the same list as a config file.\n\n\
        A preset supplies every value; a file changes some; `--set` comes last. `false` switches an optional setting off.\n\
        A relative path starts from the working directory of the command that begins the run.\n\
        `NETWORK` stands for the name of a network, which `radiograph backbones` lists; its values are shown for `vgg19`.\n\
        Networks from ONNX files have the names that they get in `networks` ([weights.md](weights.md#an-onnx-file-as-a-network)).\n"
        .to_owned();
    let mut section = "";
    for setting in SETTINGS {
        let of = setting.key.split_once('.').map_or("", |(section, _)| section);
        if section != of || setting.key == "preset" {
            section = of;
            let title = if of.is_empty() { "run" } else { of };
            text +=
                &format!("\n## {title}\n\n| setting | description | values | {} |\n", names().join(" | "));
            text += "|---|---|---|---|---|---|\n";
        }
        let values: Vec<String> = presets.iter().map(|preset| value(preset, setting.key)).collect();
        text += &format!(
            "| `{}` | {} | {} | {} |\n",
            setting.key,
            cell(setting.description),
            cell(setting.values),
            values.join(" | ")
        );
    }
    Ok(text)
}

fn names() -> [&'static str; 3] {
    Preset::ALL.map(Preset::name)
}

fn value(settings: &Value, key: &str) -> String {
    let mut found = Some(settings);
    for part in key.split('.') {
        let part = if part == "NETWORK" { "vgg19" } else { part };
        found = found.and_then(|value| value.get(part));
    }
    found.map_or_else(String::new, |value| format!("`{}`", cell(&value.to_string().replace('\n', " "))))
}

/// Text inside a table cell, where a bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn the_annotated_settings_are_a_config_file_of_the_preset() {
        for preset in Preset::ALL {
            let text = annotated_toml(preset).unwrap();
            assert_eq!(Config::resolve(Some(&text), &[]).unwrap(), Config::of(preset), "{preset}");
            for setting in SETTINGS {
                assert!(text.contains(&format!("# {} (", setting.description)), "{preset}: {}", setting.key);
            }
        }
    }

    /// `cargo radiograph config --markdown >docs/config.md` updates the page.
    #[test]
    fn the_page_in_docs_is_the_generated_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/config.md");
        let kept = fs::read_to_string(&path).unwrap();
        assert!(
            kept == markdown().unwrap(),
            "docs/config.md is not what `radiograph config --markdown` prints"
        );
    }
}
