//! A report from plain data: one self-contained page, and its figures.
//!
//! `cargo run -p radiograph-examples --no-default-features --example report [FOLDER]`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use radiograph_metrics::{Bootstrap, Evaluation, Predictions};
use radiograph_report::{
    CurveBands, DataFlow, DataSummary, Images, Labels, NetworkReport, Report, Role, RunRecord, WeightsOrigin,
};

const PREDICTIONS: &str = "\
id,patient,label,p_covid,p_normal
1,ann,covid,0.81,0.19
2,ann,covid,0.45,0.55
3,bob,normal,0.07,0.93
4,cid,normal,0.40,0.60
5,dan,normal,0.62,0.38
6,eve,covid,0.73,0.27
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let predictions = Predictions::read_csv(PREDICTIONS.as_bytes(), None)?;
    let report = Report {
        run: RunRecord {
            name: "example".to_owned(),
            preset: "trustworthy".to_owned(),
            images: Images::Phantoms,
            labels: Labels::Given,
            cautions: vec!["these predictions are made up".to_owned()],
            seed: 7,
            command: None,
            device: "cpu".to_owned(),
            threads: None,
            started: None,
            stages: Vec::new(),
            energy: None,
            versions: Vec::new(),
            files: Vec::new(),
            configuration: None,
            settings: Vec::new(),
        },
        data: DataSummary {
            flow: DataFlow { found: 20, left_out: Vec::new(), training: 14, test: 6 },
            grouped_by: "patient and same picture".to_owned(),
            folds: 0,
            precision: None,
            certificate: None,
            counts: Vec::new(),
            sources: Vec::new(),
            unbalanced: Vec::new(),
            units: None,
            characteristics: Vec::new(),
        },
        networks: vec![NetworkReport {
            name: "example".to_owned(),
            architecture: "none".to_owned(),
            role: Role::MeanDense,
            ending: None,
            head: "none".to_owned(),
            weights: WeightsOrigin::Random { seed: 7 },
            backbone_parameters: None,
            classifier_parameters: None,
            depth: None,
            head_parameters: None,
            layers: Vec::new(),
            trainings: Vec::new(),
            evaluation: Evaluation::of(&predictions, &Bootstrap::new(200, 7)?)?,
            predictions,
            subgroups: Vec::new(),
            scaled: None,
            panels: Vec::new(),
        }],
        comparisons: Vec::new(),
        corrected_for: 0,
        not_tested: Vec::new(),
        best: None,
        audit: None,
        spreads: Vec::new(),
        bands: CurveBands { replicates: 100, seed: 7 },
    };

    let temporary = tempfile::tempdir()?;
    let folder = std::env::args_os().nth(1).map_or_else(|| temporary.path().to_owned(), Into::into);
    let rendered = report.render()?;
    let page = rendered.write(&folder)?;
    println!(
        "{}: {} bytes, {} figures",
        page.display(),
        rendered.html.len(),
        rendered.figures.iter().count()
    );
    Ok(())
}
