//! `radiograph config`: prints every setting of a preset with its description.

use radiograph_run::settings;

use crate::{exit::Exit, failure::Failure, output, settings::preset_names};

/// Print every setting of a preset in TOML, with description, unit and range
///
/// The text is a config file: change what should differ and give it to `run` with --config.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph config --preset paper > run.toml")]
pub(crate) struct Arguments {
    /// Preset
    #[arg(long, value_name = "NAME", default_value = "trustworthy", value_parser = preset_names())]
    preset: String,

    /// Description of all settings in Markdown, with the values of every preset
    #[arg(long, conflicts_with = "preset")]
    markdown: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let text = if arguments.markdown {
        settings::markdown()?
    } else {
        settings::annotated_toml(arguments.preset.parse()?)?
    };
    output::write(text.as_bytes())?;
    Ok(Exit::Done)
}
