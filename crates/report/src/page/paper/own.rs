//! Finds this run's values that belong beside a printed one.

use maud::{Markup, html};
use radiograph_metrics::Class;

use crate::{
    NetworkReport, Report, Role,
    paper::{PrintedClass, PrintedNetwork},
};

/// The value of this run above the value that the paper prints.
pub(super) fn beside(run: &Markup, printed: Option<&str>) -> Markup {
    html! { (run) " " span.sub { "paper " (printed.unwrap_or("–")) } }
}

/// The network of this run with this architecture and role.
pub(super) fn of_architecture<'a>(
    report: &'a Report,
    printed: &PrintedNetwork,
    role: Role,
) -> Option<&'a NetworkReport> {
    let matching =
        |network: &&NetworkReport| network.architecture == printed.architecture && network.role == role;
    report.networks.iter().find(matching)
}

/// This network's class that the paper calls so.
pub(super) fn class(network: &NetworkReport, printed: PrintedClass) -> Option<Class> {
    let of = |class: &Class| PrintedClass::named(class.name()) == Some(printed);
    network.predictions.classes().iter().find(of)
}
