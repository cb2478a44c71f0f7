//! Compares this crate with values of scikit-learn and scipy that `metrics.json` lacks; `tests/golden/independent.py`
//! made them.

use radiograph_metrics::{
    AucVariance, Average, Beta, Bins, CalibrationNorm, ClassScore, Clusters, Metric, PairAverage,
    Temperature, log_loss,
};

use crate::reference::{all_close, close, number, numbers, predictions};

#[test]
fn independent_values_of_other_software() {
    let read = |text: &str| -> serde_json::Value { serde_json::from_str(text).unwrap() };
    let inputs = read(include_str!("../golden/metrics.json"));
    let expected = read(include_str!("../golden/independent.json"));
    let (inputs, expected) = (inputs["cases"].as_array().unwrap(), expected["cases"].as_array().unwrap());
    assert_eq!((inputs.len(), expected.len()), (4, 4));
    for (input, expected) in inputs.iter().zip(expected) {
        let predictions = predictions(input);
        let f = |beta| ClassScore::F(Beta::new(beta).unwrap());
        for (key, metric) in [
            ("f2_macro", Metric::Averaged(f(2.0), Average::Macro)),
            ("f_half_weighted", Metric::Averaged(f(0.5), Average::Weighted)),
            ("auc_weighted", Metric::AveragedAuc(Average::Weighted)),
            ("auc_one_vs_one", Metric::OneVsOneAuc(PairAverage::Macro)),
            ("auc_one_vs_one_weighted", Metric::OneVsOneAuc(PairAverage::Weighted)),
            ("average_precision_macro", Metric::AveragedPrecision(Average::Macro)),
            ("average_precision_micro", Metric::AveragedPrecision(Average::Micro)),
            ("average_precision_weighted", Metric::AveragedPrecision(Average::Weighted)),
            ("mce_15", Metric::CalibrationError(Bins::GUO, CalibrationNorm::Largest)),
            ("rms_calibration_15", Metric::CalibrationError(Bins::GUO, CalibrationNorm::RootMeanSquare)),
        ] {
            close(metric.of(&predictions).unwrap(), number(&expected[key]), key);
        }
        for (key, score) in [
            ("specificity", ClassScore::Specificity),
            ("npv", ClassScore::NegativePredictiveValue),
            ("mcc_one_vs_rest", ClassScore::MatthewsCorrelation),
        ] {
            let of = |class| Metric::Class(score, class).of(&predictions).unwrap();
            let ours: Vec<f64> = predictions.classes().iter().map(of).collect();
            all_close(&ours, &numbers(&expected[key]), key);
        }
        // Every third image belongs to the next patient, whatever its class: positives and negatives of one patient vary
        // together.
        let names: Vec<String> = (0..predictions.len()).map(|i| (i / 3).to_string()).collect();
        let scores = predictions.one_vs_rest(&predictions.class("class 0").unwrap()).unwrap();
        let clustered = AucVariance::of(&scores, &Clusters::by_name(&names)).unwrap();
        let key = "auc_variance_of_class_0_with_three_images_a_patient";
        let (ours, theirs) = (clustered.variance, number(&expected[key]));
        assert!((ours / theirs - 1.0).abs() < 1e-9, "{key}: ours {ours}, by definition {theirs}");
        let temperature = Temperature::fit(&predictions).unwrap();
        // scipy stops where the loss no longer changes, which leaves its argument half the digits.
        let (ours, theirs) = (temperature.value, number(&expected["temperature"]));
        assert!((ours / theirs - 1.0).abs() < 1e-6, "temperature: ours {ours}, scipy {theirs}");
        let loss = log_loss(&temperature.apply(&predictions)).unwrap();
        close(loss, number(&expected["temperature_log_loss"]), "loss at the temperature");
    }
}
