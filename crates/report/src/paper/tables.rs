//! The numbers in the paper's tables, as text.

/// Scores of one row, in percent.
pub(crate) struct PrintedScores {
    pub(crate) accuracy: &'static str,
    pub(crate) precision: &'static str,
    pub(crate) recall: &'static str,
    pub(crate) f1: &'static str,
}

/// Accuracy in percent and loss of section 4.1, at epoch 100.
pub(crate) struct LastEpoch {
    pub(crate) training_accuracy: &'static str,
    pub(crate) validation_accuracy: &'static str,
    pub(crate) training_loss: &'static str,
    pub(crate) validation_loss: &'static str,
}

/// A row of Table 2: name, shapes of input and output.
pub(crate) type PrintedLayer = (&'static str, &'static [u64], &'static [u64]);

/// The paper's numbers for one network.
pub(crate) struct PrintedNetwork {
    /// Its name in this project.
    pub(crate) architecture: &'static str,
    /// Its name in the paper.
    pub(crate) name: &'static str,
    /// Table 1: depth.
    pub(crate) depth: u32,
    /// Table 1: millions of parameters, its own classifier of 1000 classes included.
    pub(crate) parameters: &'static str,
    /// Table 2.
    pub(crate) layers: [PrintedLayer; 7],
    /// Table 3: AUC.
    pub(crate) auc: &'static str,
    /// Table 3: accuracy, the same in all three rows.
    pub(crate) accuracy: &'static str,
    /// Table 3: COVID-19, pneumonia, normal.
    pub(crate) classes: [PrintedScores; 3],
    /// Number of misclassified test images in total, and of COVID-19, as stated in section 4.1.
    pub(crate) errors: (u64, u64),
    /// Table 4: COVID-19, without the recurrent layer.
    pub(crate) plain: PrintedScores,
    /// Section 4.1, for two networks.
    pub(crate) last_epoch: Option<LastEpoch>,
}

const fn row(accuracy: &'static str, [precision, recall, f1]: [&'static str; 3]) -> PrintedScores {
    PrintedScores { accuracy, precision, recall, f1 }
}

/// Table 2 for a map of `side` × `side` × `channels`, which an LSTM of `units` reads.
macro_rules! layers {
    ($network:literal, $side:literal, $channels:literal, $steps:literal, $units:literal, $flat:literal) => {
        [
            ($network, &[224, 224, 3], &[$side, $side, $channels]),
            ("reshape (Reshape)", &[$side, $side, $channels], &[$steps, $channels]),
            ("lstm (LSTM)", &[$steps, $channels], &[$steps, $units]),
            ("flatten (Flatten)", &[$steps, $units], &[$flat]),
            ("fc_1 (Dense)", &[$flat], &[4096]),
            ("fc_2 (Dense)", &[4096], &[4096]),
            ("output (Dense)", &[4096], &[3]),
        ]
    };
}

/// The four networks, in the order of Table 3.
pub(crate) const ALL: [PrintedNetwork; 4] = [
    PrintedNetwork {
        architecture: "vgg19",
        name: "VGG19",
        depth: 19,
        parameters: "144.0",
        layers: layers!("pretrained (VGG19)", 7, 512, 49, 512, 25088),
        auc: "99.99",
        accuracy: "99.86",
        classes: [
            row("99.86", ["99.78", "99.78", "99.78"]),
            row("99.86", ["99.78", "99.78", "99.78"]),
            row("99.86", ["100.0", "100.0", "100.0"]),
        ],
        errors: (2, 1),
        plain: row("99.63", ["99.51", "99.65", "99.58"]),
        last_epoch: Some(LastEpoch {
            training_accuracy: "99.01",
            validation_accuracy: "97.74",
            training_loss: "0.02",
            validation_loss: "0.09",
        }),
    },
    PrintedNetwork {
        architecture: "densenet121",
        name: "DenseNet121",
        depth: 121,
        parameters: "8.0",
        layers: layers!("pretrained (DenseNet121)", 7, 1024, 49, 1024, 50176),
        auc: "99.99",
        accuracy: "99.78",
        classes: [
            row("99.78", ["99.57", "100.0", "99.78"]),
            row("99.78", ["100.0", "99.57", "99.78"]),
            row("99.78", ["99.78", "99.78", "99.78"]),
        ],
        errors: (3, 2),
        plain: row("99.26", ["99.45", "99.38", "99.41"]),
        last_epoch: None,
    },
    PrintedNetwork {
        architecture: "inception_v3",
        name: "InceptionV3",
        depth: 48,
        parameters: "23.6",
        layers: layers!("pretrained (InceptionV3)", 5, 2048, 25, 512, 12800),
        auc: "99.95",
        accuracy: "98.56",
        classes: [
            row("98.56", ["99.35", "96.44", "97.87"]),
            row("98.56", ["96.32", "99.55", "97.91"]),
            row("98.56", ["100.0", "99.78", "99.89"]),
        ],
        errors: (20, 3),
        plain: row("99.13", ["98.71", "98.92", "98.81"]),
        last_epoch: Some(LastEpoch {
            training_accuracy: "98.03",
            validation_accuracy: "94.91",
            training_loss: "0.05",
            validation_loss: "0.26",
        }),
    },
    PrintedNetwork {
        architecture: "inception_resnet_v2",
        name: "Inception-ResNetV2",
        depth: 164,
        parameters: "56.0",
        layers: layers!("pretrained (Inception-ResNetV2)", 5, 1536, 25, 512, 12800),
        auc: "99.99",
        accuracy: "99.50",
        classes: [
            row("99.50", ["98.49", "100.0", "99.24"]),
            row("99.50", ["100.0", "99.72", "99.86"]),
            row("99.50", ["100.0", "99.78", "99.89"]),
        ],
        errors: (7, 7),
        plain: row("99.28", ["99.38", "98.06", "98.72"]),
        last_epoch: None,
    },
];
