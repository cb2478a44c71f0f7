//! The rows of the paper's Table 5: work of other groups, in the order of the paper's list of references.

/// A row of Table 5.
pub(crate) struct Cited {
    /// Authors.
    pub(crate) authors: &'static str,
    /// Number in the paper's list of references.
    pub(crate) reference: u8,
    /// Network, as printed.
    pub(crate) network: &'static str,
    /// Images, as the paper's section 2 states them; `None` if it does not.
    pub(crate) images: Option<&'static str>,
    /// Accuracy in percent, as printed.
    pub(crate) accuracy: &'static str,
    /// Accuracy of COVID-19 in percent, as printed.
    pub(crate) covid: Option<&'static str>,
    /// What the table and the text say differently; may be empty.
    pub(crate) remark: &'static str,
}

const fn row(
    authors: &'static str,
    reference: u8,
    network: &'static str,
    images: Option<&'static str>,
    accuracy: &'static str,
    covid: Option<&'static str>,
    remark: &'static str,
) -> Cited {
    Cited { authors, reference, network, images, accuracy, covid, remark }
}

/// All rows but the paper's own.
pub(crate) const CITED: [Cited; 17] = [
    row("Luz et al.", 17, "EfficientNet", Some("183 of COVID-19"), "93.9", None, ""),
    row(
        "Rahimzadeh and Attar",
        18,
        "Xception - ResNet50V2",
        Some("633 in each of 8 phases, 180 of them of COVID-19"),
        "91.4",
        Some("99.6"),
        "section 2 gives 99.56 as the accuracy",
    ),
    row("Punn and Agarwal", 20, "NASNetLarge", Some("108 of COVID-19"), "97.0", None, ""),
    row("Khan et al.", 21, "CoroNet (Xception)", Some("284 of COVID-19"), "89.5", Some("96.6"), ""),
    row(
        "Wang and Wong",
        22,
        "Tailored CNN",
        Some("76 of COVID-19"),
        "92.3",
        Some("80.0"),
        "section 2 gives 92.4",
    ),
    row("Narin et al.", 23, "ResNet50", Some("50 of COVID-19 and normal"), "98.6", None, ""),
    row("Hemdan et al.", 24, "VGG19", Some("25 of COVID-19, 25 normal"), "90.0", None, ""),
    row("Apostolopoulos and Mpesiana", 25, "VGG19", None, "93.5", None, ""),
    row(
        "Loey et al.",
        27,
        "GoogleNet",
        Some("69 of COVID-19, 79 each of three other classes"),
        "80.6",
        Some("100.0"),
        "",
    ),
    row("Kumar and Kumari", 28, "ResNet50-SVM", None, "95.4", None, ""),
    row("Bukhari et al.", 29, "ResNet50", Some("89 of COVID-19"), "98.2", None, ""),
    row("Abbas et al.", 30, "DeTrac", Some("105 of COVID-19"), "95.1", None, ""),
    row("Islam et al.", 31, "CNN-LSTM", Some("421, 141 of them of COVID-19"), "97.0", None, ""),
    row("Ucar and Korkmaz", 55, "COVIDiagnosis-Net", None, "98.3", Some("100.0"), ""),
    row("Asnaoui et al.", 56, "Inception-ResNetV2", None, "92.2", None, ""),
    row(
        "Li et al.",
        57,
        "DenseNet",
        None,
        "88.9",
        Some("79.2"),
        "printed as [54], which is the optimiser Adam",
    ),
    row(
        "Chowdhury et al.",
        58,
        "Sgdm-SqueezeNet",
        None,
        "98.3",
        Some("96.7"),
        "printed as [55], which is Ucar and Korkmaz",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of section 4.2 says 80.6 to 98.3 %; the greatest printed value is 98.6.
    #[test]
    fn rows_are_in_the_order_of_references_and_not_of_accuracy() {
        assert!(CITED.windows(2).all(|pair| pair[0].reference < pair[1].reference));
        let accuracies: Vec<f64> = CITED.iter().map(|row| row.accuracy.parse().unwrap()).collect();
        assert_eq!(accuracies.iter().copied().fold(f64::INFINITY, f64::min), 80.6);
        assert_eq!(accuracies.iter().copied().fold(0.0, f64::max), 98.6);
    }
}
