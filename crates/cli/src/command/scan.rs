//! `radiograph scan`: lists the content and the faults of collections before training.

use std::path::{Path, PathBuf};

use radiograph_dataset::{
    prepare::with_threads,
    scan::{Scan, ScanReport},
    source::{Recognised, description::Description, draft, recognise},
};
use radiograph_files::{FileError, create_folder, write_bytes, write_whole};

use crate::{exit::Exit, failure::Failure, output, progress::Progress};

/// List the contents and the defects of collections of chest X-rays
///
/// Recognises public collections (Cohen, Figure1, Actualmed, COVID-CXNet, Hannover, NIH ChestX-ray14, PadChest, CheXpert, RSNA
/// Pneumonia, SIIM-ACR Pneumothorax, VinBigData, MIMIC-CXR-JPG, BRAX, COVIDx, BrixIA, BIMCV-COVID19+ and -, Montgomery, Shenzhen,
/// Kermany, Mendeley augmented). Also reads one folder per class, a radiograph-source.toml, a table (CSV, TSV, Excel, ODS) with
/// a column of files and a column of classes, or a tree of DICOM files. Counts images by class, view, age and more. Lists
/// possible defects: rows without files, files without rows, wrong extensions, doubtful images (dark, sideways, inverted, with
/// borders or text, …), and classes that come from one collection only. Also counts files that were unusual but readable. The
/// collections are not changed.
///
/// Exit code 1: a folder could not be searched, or a collection could not be read.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph scan phantoms/collections --out scan")]
pub(crate) struct Arguments {
    /// Folders of collections, or folders of such folders
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// Folder for scan.json, scan.csv (all findings) and scan-counts.csv
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Draft a radiograph-source.toml in each given folder, from the tables in it
    #[arg(long)]
    write_source: bool,

    /// Detect formats only, decode no image
    #[arg(long)]
    no_pixels: bool,

    /// Number of threads [default: number of cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let progress = Progress::new();
    let drafted = if arguments.write_source { draft_each(&arguments.folders)? } else { Vec::new() };
    for path in &drafted {
        progress.say(&format!("written: {}; look at it, and scan again", path.display()));
    }
    let (recognised, all_searched) = search(&arguments.folders, &progress);
    if recognised.sources.is_empty() {
        return Err(no_collection(&arguments.folders));
    }
    let scan = Scan { pixels: !arguments.no_pixels, ..Scan::default() };
    let report = with_threads(arguments.threads, || scan.run(&recognised.sources, &progress.of_scan()))??;
    progress.end();
    let written = arguments.out.as_deref().map(|out| write(&report, out)).transpose()?;
    if arguments.json {
        output::json(&report)?;
    } else {
        output::line(&report)?;
        if let Some(written) = written {
            output::line(format!("written: {}", written.map(|path| path.display().to_string()).join(", ")))?;
        }
    }
    Ok(Exit::complete(all_searched && report.unread.is_empty()))
}

/// Writes the drafted description of each folder.
fn draft_each(folders: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut written = Vec::new();
    for folder in folders {
        let path = folder.join(Description::FILE);
        if path.exists() {
            return Err(Failure::input(format!("{} exists; edit it, or move it away", path.display())));
        }
        let Some(draft) = draft(folder)? else {
            return Err(Failure::input(format!(
                "{} holds no table (.csv, .tsv, .xlsx, .xls, .ods) from which a description could be drafted; give the folder \
                 in which the table lies",
                folder.display()
            )));
        };
        write_bytes(&path, draft.to_toml().as_bytes())?;
        written.push(path);
    }
    Ok(written)
}

/// The collections below the folders, and whether every folder could be searched.
fn search(folders: &[PathBuf], progress: &Progress) -> (Recognised, bool) {
    let mut recognised = Recognised::default();
    let mut all_searched = true;
    for folder in folders {
        match recognise(folder) {
            Ok(found) => recognised.extend(found),
            Err(error) => {
                all_searched = false;
                progress.say(&error.to_string());
            }
        }
    }
    for sentence in recognised.left_out() {
        progress.say(&format!("left out: {sentence}"));
    }
    let all_searched = all_searched && recognised.refused.is_empty();
    (recognised, all_searched)
}

/// The error that no layout was recognised below these folders.
fn no_collection(folders: &[PathBuf]) -> Failure {
    let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
    Failure::input(format!(
        "no collection is recognised in {}; `radiograph scan --help` lists the layouts",
        folders.join(", ")
    ))
}

fn write(report: &ScanReport, folder: &Path) -> Result<[PathBuf; 3], FileError> {
    create_folder(folder)?;
    let [json, findings, counts] = ["scan.json", "scan.csv", "scan-counts.csv"].map(|name| folder.join(name));
    write_whole(&json, |file| report.write_json(file))?;
    write_whole(&findings, |file| report.write_findings_csv(file))?;
    write_whole(&counts, |file| report.write_counts_csv(file))?;
    Ok([json, findings, counts])
}
