//! The section with the record of the run: settings, machine and files.

use maud::{Markup, html};

use super::table::{Sheet, text};
use crate::{Images, Labels, Report, WeightsOrigin, number::duration};

pub(super) fn section(report: &Report) -> Markup {
    let run = &report.run;
    let or = |value: Option<String>| value.unwrap_or_else(|| "not recorded".to_owned());
    let total: f64 = run.stages.iter().map(|stage| stage.seconds).sum();
    html! {
        dl.record {
            dt { "Run" } dd { (run.name) }
            dt { "Preset" } dd { (run.preset) }
            dt { "Images" } dd { @match run.images { Images::Radiographs => "radiographs", Images::Phantoms => "phantoms" } }
            dt { "Labels" } dd { @match run.labels { Labels::Given => "as the sources give them", Labels::Permuted => "permuted at random" } }
            dt { "Seed" } dd { (run.seed) }
            dt { "Resampling of curves" } dd { (report.bands.replicates) " resamples, seed " (report.bands.seed) }
            dt { "Command" } dd { @match &run.command { Some(command) => code { (command) }, None => "not recorded" } }
            dt { "Device" } dd { (run.device) }
            dt { "Threads" } dd { (or(run.threads.map(|threads| threads.to_string()))) }
            dt { "Started" } dd { (or(run.started.clone())) }
            dt { "Time" } dd { @if run.stages.is_empty() { "not recorded" } @else { (duration(total)) " in all" } }
            dt { "Energy" } dd {
                @match &run.energy {
                    Some(energy) => { (format!("{:.3} kWh, ", energy.kilowatt_hours)) (energy.instrument) },
                    None => "not measured",
                }
            }
        }
        @if !run.stages.is_empty() { (stages(report)) }
        (weights(report))
        @if !run.versions.is_empty() { (pairs("Software", "version", &run.versions)) }
        @if !run.files.is_empty() { (files(report)) }
        @if let Some(configuration) = &run.configuration {
            details { summary { "Configuration" } pre tabindex="0" { (configuration) } }
        }
    }
}

fn stages(report: &Report) -> Markup {
    let mut sheet = Sheet::new("Time of each stage", "").words("stage").numbers("time");
    for stage in &report.run.stages {
        sheet.push(vec![text(&stage.name), text(duration(stage.seconds))]);
    }
    html! { (sheet) }
}

fn weights(report: &Report) -> Markup {
    let mut sheet = Sheet::new("Convolutional weights", "")
        .words("network")
        .words("weights")
        .words("note")
        .words("SHA-256");
    for network in &report.networks {
        let row = match &network.weights {
            WeightsOrigin::Installed { name, note, hash } => {
                [text(name), text(note), html! { span.hash { (hash.to_string()) } }]
            }
            WeightsOrigin::Random { seed } => {
                [html! { strong { "random" } }, text(format!("drawn from seed {seed}")), text("–")]
            }
            WeightsOrigin::Several(_) => [text("those of its members"), text("–"), text("–")],
        };
        sheet.push(std::iter::once(text(&network.name)).chain(row).collect());
    }
    html! { (sheet) }
}

fn pairs(label: &str, value: &str, pairs: &[(String, String)]) -> Markup {
    let mut sheet = Sheet::new(label, "").words("name").words(value);
    for (name, value) in pairs {
        sheet.push(vec![text(name), text(value)]);
    }
    html! { (sheet) }
}

fn files(report: &Report) -> Markup {
    let mut sheet = Sheet::new("Files and what they hold", "").words("file").words("SHA-256");
    for (name, hash) in &report.run.files {
        sheet.push(vec![text(name), html! { span.hash { (hash.to_string()) } }]);
    }
    html! { (sheet) }
}
