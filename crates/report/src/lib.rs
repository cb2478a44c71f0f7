#![doc = include_str!("../README.md")]
//!
//! # Rules
//!
//! - The crate computes only curves and the bands around them. Scores come from `radiograph-metrics`, counts from the data. If
//!   parts of the input contradict one another, the result is an [`Error`], not a page.
//! - Every text is escaped: names with `<script>`, emoji or spaces show as they are.
//! - An undefined score shows its reason, and unrecorded values show as "not recorded".
//! - Notices about random weights, phantoms and permuted labels come at the top, before any number.
//! - The page loads nothing, runs nothing and stays below [`MAX_PAGE_BYTES`]; pictures that would not fit are left out
//!   and counted.
//! - The same input gives the same bytes.

mod as_csv;
mod claim;
mod class_curves;
mod data_summary;
mod doubts;
mod drawings;
mod error;
mod figure;
mod network;
mod number;
mod page;
mod paper;
mod picture;
mod pretraining;
mod render;
mod rendered;
mod report;
mod run_record;
mod spread;

pub use data_summary::{
    Certificate, Characteristic, ClassOfSource, DataFlow, DataSummary, LeakCheck, LeakVerdict, LeftOut,
    SourceNote, Units,
};
pub use error::Error;
pub use figure::{CurveBands, Figure};
pub use network::{
    Ending, Epoch, Evidence, Layer, LossAndAccuracy, NetworkReport, Panel, Role, Scaled, Training,
    WeightsOrigin,
};
pub use page::MAX_PAGE_BYTES;
pub use paper::{LayerBeside, PrintedSize, beside_table_2, printed_size};
pub use picture::{MAX_PICTURE_BYTES, Picture};
pub use pretraining::PretrainedFilms;
pub use rendered::{Figures, NetworkFigures, PaperFigure, Rendered};
pub use report::{Best, Report};
pub use run_record::{Images, Labels, MeasuredEnergy, RunRecord, Setting, Stage};
pub use spread::{Spread, SpreadOver, SpreadScore, SpreadValue};
