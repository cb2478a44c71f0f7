//! The section that compares this run's values with the paper's tables and figures, and shows errors in the printed ones.

mod cited;
mod errors;
mod figures;
mod networks;
mod own;
mod plain;
mod released;
mod scores;
mod verdicts;

use maud::{Markup, html};

use crate::{Error, Figures, Report, paper};

pub(super) fn section(report: &Report, drawn: &Figures) -> Result<Markup, Error> {
    let (third, fourth) = (paper::table_3()?, paper::table_4()?);
    Ok(html! {
        p {
            "Al-Rakhami, Islam, Islam, Asraf, Sodhro and Ding, " cite { "Diagnosis of COVID-19 from X-rays Using Combined CNN-RNN \
            Architecture with Transfer Learning" } ", medRxiv 2020.08.24.20181339, version of 9 August 2021. It offers its \
            data on request and does not list its training and test images, so its numbers and these are set side by side, not ranked."
        }
        (networks::table_1(report))
        (networks::table_2(report))
        (scores::table_3(report, &third))
        (released::table(report))
        (scores::last_epochs(report))
        (errors::printed_errors()?)
        (plain::table_4(report, &fourth))
        (cited::table_5())
        (figures::figures(drawn))
        (verdicts::verdicts(&third, &fourth))
    })
}
