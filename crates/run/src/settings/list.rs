//! The list of settings. A test compares it with [`Config`](crate::Config), so that no setting is missing or left over.

/// One setting, or one table of alternatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// Key, such as `training.epochs`. `NETWORK` stands for the name of a network.
    pub key: &'static str,
    /// Description: a noun phrase.
    pub description: &'static str,
    /// Unit with range, or the values that are allowed.
    pub values: &'static str,
}

const fn setting(key: &'static str, description: &'static str, values: &'static str) -> Setting {
    Setting { key, description, values }
}

/// All settings, in the order of `config.toml`.
pub const SETTINGS: &[Setting] = &[
    setting("preset", "Preset that supplies unset values", "paper, released-code, trustworthy"),
    setting("seed", "Seed of every random draw", "0 to 2^63 - 1"),
    setting("split_seed", "Seed of the choice and the split of images", "0 to 2^63 - 1; false: `seed`"),
    setting(
        "repeats",
        "Number of splits; the first is the run's own, the others are trained and tested in its folder `repeats`",
        "splits, 1 to 100",
    ),
    setting("backbones", "Frozen networks, in the order of tables and figures", "list of names of networks"),
    setting(
        "baselines",
        "Models without recurrence, trained on the same features and folds",
        "list of linear-probe, without-recurrence, mean-dense, table-4; false: none",
    ),
    setting(
        "permute_labels",
        "Random permutation of the labels within the test part and within each fold: a negative control",
        "true, false",
    ),
    setting(
        "audit",
        "Audit for shortcuts: number of permutations of test labels per p-value, number of bootstrap resamples per interval, number \
         of refits with permuted labels, further blacked-out shares of the area (the verdict uses one half), maximum number of \
         altered test images that the trained model classifies (each costs seven feature extractions), and folder of lung masks \
         (NAME_mask.png for each image)",
        "{ permutations = 99 to 1000000, replicates = 100 to 1000000, controls = 0 to 1000, blacked_out = [list of shares, \
         0 to below 1], changed_images = 0 to 1000000, lung_masks = path or false }; false: no audit",
    ),
    setting(
        "networks",
        "Networks that are computed from ONNX files, by a name of lower-case letters, digits and _: file, tensor that is the feature \
         map, side and channels of the input, normalisation, resampling filter, and what is known of the training; needs ONNX Runtime",
        "{ NAME = { file = path, output = name of a tensor or false: the only output, size = 32 to 4096 or false: input.size, \
         channels = 1 or 3 or false: those of the normalisation, normalisation = 'zero-one' | 'tf' | 'torch' | 'caffe' | 'xrv' | \
         'rad-dino', filter = 'nearest' | 'bilinear' | 'bicubic' | 'lanczos' or false: bilinear, trained_on = text or false, \
         collections = [names] or false, licence = text or false } }",
    ),
    setting(
        "weights.NETWORK",
        "Weights of a network; one from an ONNX file has none",
        "installed name, file, or random:SEED",
    ),
    setting("data.folder", "Folder that holds the collections", "path"),
    setting("data.classes", "Classes, in the order of tables and figures", "list of at least 2 names"),
    setting("data.views", "Views that are kept", "any, frontal, pa-only"),
    setting("data.split", "Kind of split", "grouped, image-level, image-level-with-augmented"),
    setting("data.test_share", "Share of the images in the test part", "above 0 and below 1"),
    setting(
        "data.one_per_picture",
        "Removal of duplicate pictures: only one image of each picture is kept",
        "true, false",
    ),
    setting(
        "data.max_per_patient",
        "Maximum number of images per patient",
        "images, 1 to 1000000; false: no limit",
    ),
    setting(
        "data.max_per_class",
        "Maximum number of images per class, never more than the smallest class has",
        "images, 1 to 1000000; false: the size of the smallest class",
    ),
    setting(
        "data.balance_by",
        "Field by which the classes are balanced, for example equal class sizes in each age band",
        "{ field = 'age-band' | 'sex' | 'view' | 'source', unmatched = 'exclude' | 'fill' }; false: off",
    ),
    setting(
        "data.quotas",
        "Quotas: maximum or exact number of images by class, collection and origin; unmet quotas are reported",
        "list of { class = name, source = collection, origin = 'original' | 'augmented', images = 0 to 1000000, exactly = true | false }; \
         without source or origin: all",
    ),
    setting(
        "data.ages",
        "Ages that are kept",
        "{ from = 0 to 122, to = 0 to 122, unknown = true | false }, in years; false: all",
    ),
    setting(
        "data.licences",
        "Licences that are kept, in the publishers' words; images of unknown licence are left out",
        "list of texts; false: all",
    ),
    setting(
        "data.test_source",
        "Collection that is held out as the test part; it replaces the share data.test_share",
        "name of a collection; false: off",
    ),
    setting("data.search_crops", "Search for crops of other pictures", "true, false"),
    setting(
        "data.identifiers",
        "Names of images and patients in the results; private/files.csv maps pseudonyms to files and patients",
        "pseudonyms, kept",
    ),
    setting("data.key_file", "Key of pseudonyms", "path; false: the user's key, which is made once"),
    setting(
        "input.size",
        "Side of the square input of the networks",
        "pixels, 32 to 4096; for the Inceptions at least 75",
    ),
    setting("input.colour", "Colour mode of the input", "gray, rgb"),
    setting(
        "input.part",
        "Part of the film that the network sees; lungs: the box around the estimated lungs, with a margin",
        "whole, lungs",
    ),
    setting(
        "input.gray_values",
        "Gray values: stored as in the file, or even: equalised to a flat histogram (gray input only)",
        "stored, even",
    ),
    setting("input.fit", "Way in which a picture becomes square", "stretch, pad, centre-crop"),
    setting(
        "input.filter",
        "Resampling filter",
        "nearest, bilinear, bicubic, lanczos; false: as the weights' record says, else bilinear",
    ),
    setting(
        "input.normalisation",
        "Normalisation of pixel values",
        "zero-one, tf, torch, caffe, xrv, rad-dino; false: as the weights' record says",
    ),
    setting(
        "input.augmentation",
        "Ranges of the random rotation, shift and flip of augmented training images",
        "{ rotation = 0 to 180, shift = 0 to 1, flip = true | false }, in degrees and shares of the side; false: no copies",
    ),
    setting(
        "input.augmented_copies",
        "Number of augmented copies of each training image, drawn once; each epoch uses one of them",
        "copies, 0 to 64",
    ),
    setting(
        "head.reading",
        "Reduction of the feature map to the input vector of the dense layers; all-states and last-state use the recurrent layers",
        "all-states, last-state, attention, mean, flatten",
    ),
    setting(
        "head.sequence_order",
        "Order in which the cells of the feature map form the sequence",
        "horizontal, vertical, spiral",
    ),
    setting(
        "head.cell",
        "Recurrent cell",
        "lstm, lstm-relu-frozen, gru, simple, or { lstm-peephole = { output_gate = 'previous-state' | 'current-state' } }",
    ),
    setting(
        "head.recurrent_layers",
        "Number of recurrent layers; each later one reads the hidden states of the one before it",
        "layers, 1 to 16",
    ),
    setting(
        "head.bidirectional",
        "Bidirectional recurrent layers; the hidden states of both directions are concatenated",
        "true, false",
    ),
    setting(
        "head.dropout",
        "Dropout in training",
        "{ rate = 0 to below 1, place = 'after-reading' | 'after-dense' | 'everywhere' }; false: off",
    ),
    setting(
        "head.batch_norm",
        "Batch normalisation after the recurrent layer and after each hidden dense layer",
        "true, false",
    ),
    setting(
        "head.layers.NETWORK.units",
        "Number of recurrent units of each direction, or of units of the attention",
        "units, 1 to 16384",
    ),
    setting(
        "head.layers.NETWORK.dense",
        "Widths of the hidden dense layers",
        "list of at most 16 numbers of units, 1 to 2^24; may be empty",
    ),
    setting(
        "training.optimizer",
        "Optimiser; Adam with a weight decay is AdamW",
        "{ rmsprop = { form = 'keras' | 'pytorch', rho = 0 to below 1, epsilon = above 0 } }, \
         { adam = { beta_1 = 0 to below 1, beta_2 = 0 to below 1, epsilon = above 0, weight_decay = at least 0 } } or \
         { sgd = { momentum = 0 to below 1, nesterov = true | false, weight_decay = at least 0 } }",
    ),
    setting(
        "training.schedule",
        "Learning-rate schedule",
        "{ constant = { rate = above 0 } }, { exponential = { rate = above 0, factor = above 0 and at most 1 } }, \
         { plateau = { rate = above 0, factor = above 0 and at most 1, patience = 1 to 1000000 } }, \
         { cosine = { rate = above 0, last = above 0, epochs = 1 to 1000000 } }, \
         { listed = { rates = [one rate per epoch, above 0; the last one stays] } } or \
         { warm-up = { epochs = 1 to 1000000, then = one of the others } }",
    ),
    setting(
        "training.clipping",
        "Gradient clipping",
        "{ global-norm = above 0 }, { variable-norm = above 0 } or { value = above 0 }; false: off",
    ),
    setting("training.batch_size", "Number of samples per step", "samples, 1 to 1000000"),
    setting("training.epochs", "Maximum number of epochs", "epochs, 1 to 1000000"),
    setting(
        "training.patience",
        "Number of epochs without improvement of the validation loss before early stopping",
        "epochs, 1 to 1000000; false: no early stopping",
    ),
    setting("training.kept_weights", "Epoch whose weights a fold keeps", "best, last"),
    setting(
        "training.class_weights",
        "Class weights in the loss, in inverse proportion to the number of training samples",
        "true, false",
    ),
    setting(
        "training.label_smoothing",
        "Label smoothing: share of each target that is spread evenly over all classes, in the training loss only",
        "0 to below 1",
    ),
    setting(
        "training.shuffle_buffer",
        "Size of the shuffle buffer for reading features shard by shard; memory holds twice this number of samples",
        "samples, 1 to 1000000; false: all are shuffled, and read one by one",
    ),
    setting(
        "training.checkpoint_seconds",
        "Minimum time between two checkpoints; the program waits longer if twenty times the last writing time is more",
        "seconds, 0 to 1000000",
    ),
    setting("training.folds", "Number of folds of the cross-validation", "folds, 2 to 100"),
    setting("training.fold_start", "Initial weights of each fold", "independent, chained"),
    setting(
        "training.tested_model",
        "Model that is tested",
        "refit, refit-for-median-best, or { weighted-folds = [one weight per fold, at least 0] }",
    ),
    setting(
        "training.seeds",
        "Number of trainings of each head, with other first weights, order of samples and dropout, on the same split",
        "trainings, 1 to 100",
    ),
    setting(
        "training.ensembles",
        "Ensembles that are tested as models of their own: means of probabilities over the seeds of a head, over seeds and folds, \
         over seeds and networks",
        "list of seeds, folds, networks; false: none",
    ),
    setting(
        "evaluation.bootstrap_replicates",
        "Number of bootstrap resamples per interval",
        "100 to 1000000",
    ),
    setting("evaluation.permutations", "Number of permutations per paired test", "100 to 10000000"),
    setting("evaluation.confidence_level", "Confidence level of the intervals", "above 0 and below 1"),
    setting("evaluation.significance_level", "Significance level of the tests", "above 0 and below 1"),
    setting(
        "evaluation.best_by",
        "Criterion for the recommended network",
        "validation-macro-auc, test-accuracy",
    ),
    setting(
        "explanation.method",
        "Explanation method",
        "grad-cam, grad-cam++, hires-cam, xgrad-cam, layer-cam, eigen-cam, score-cam, ablation-cam",
    ),
    setting(
        "explanation.quantity",
        "Explained quantity of the predicted class",
        "logit, probability, margin",
    ),
    setting(
        "explanation.images_per_class",
        "Number of explained test images per class",
        "images, 0 to 1000000; 0: none",
    ),
    setting("compute.device", "Device that extracts and trains", "cpu, cuda, cuda:0, cuda:1, …"),
    setting(
        "compute.more_devices",
        "Further devices, such as the other half of a K80 board, for extraction and, with compute.parallel_trainings above 1, for training",
        "list of devices",
    ),
    setting("compute.threads", "Number of threads", "0 to 1024; 0: one per core"),
    setting(
        "compute.parallel_trainings",
        "Number of trainings side by side, each with one thread; 1: one after another, each with all threads",
        "1 to 1024",
    ),
    setting(
        "compute.resident_bytes",
        "Maximum device memory for features during training",
        "bytes, 0 to 2^63 - 1; 0: features are read in every epoch",
    ),
    setting(
        "compute.arithmetic",
        "Number format in which frozen networks compute; bf16 and f16 are fast where the device has instructions for them, \
         and change features by a hundredth and a thousandth of the largest value",
        "f32, bf16, f16 (on a GPU)",
    ),
    setting(
        "compute.feature_precision",
        "Number format of stored features; f16 takes half the space and rounds each value to 11 bits",
        "f32, f16",
    ),
    setting(
        "compute.feature_stores",
        "Folder of feature stores that several runs share",
        "path; false: `features` in the run folder",
    ),
];

impl Setting {
    /// The setting that describes a key of `config.toml`: the setting of this key, or the table of alternatives that
    /// contains it.
    pub fn of(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.covers(key))
    }

    fn covers(&self, key: &str) -> bool {
        let mut parts = key.split('.');
        self.key.split('.').all(|of| parts.next().is_some_and(|part| of == part || of == "NETWORK"))
    }
}

#[cfg(test)]
mod tests {
    use radiograph_protocol::Preset;
    use toml::{Table, Value};

    use super::*;
    use crate::Config;

    /// The keys of all values that are not tables with values.
    fn keys(table: &Table, path: &str, found: &mut Vec<String>) {
        for (key, value) in table {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match value {
                // An empty table is a setting of which nothing is set.
                Value::Table(inner) if !inner.is_empty() => keys(inner, &path, found),
                _ => found.push(path),
            }
        }
    }

    #[test]
    fn every_setting_is_described_and_every_description_is_of_a_setting() {
        let mut found = Vec::new();
        for preset in Preset::ALL {
            keys(&Table::try_from(Config::of(preset)).unwrap(), "", &mut found);
        }
        assert!(found.len() > 150, "{}", found.len());
        for key in &found {
            assert!(Setting::of(key).is_some(), "{key} is not described");
        }
        for setting in SETTINGS {
            assert!(found.iter().any(|key| setting.covers(key)), "{} describes nothing", setting.key);
        }
    }

    #[test]
    fn descriptions_are_noun_phrases_without_a_full_stop() {
        for setting in SETTINGS {
            let first = setting.description.chars().next().unwrap();
            assert!(first.is_uppercase() && !setting.description.ends_with('.'), "{}", setting.description);
            assert!(!setting.values.is_empty(), "{}", setting.key);
        }
    }

    /// The listed alternatives are exactly those that the config accepts.
    #[test]
    fn the_values_of_plain_alternatives_are_accepted_and_no_others() {
        let mut tried = 0;
        for setting in SETTINGS {
            let names: Vec<&str> = setting.values.split(';').next().unwrap().split(", ").collect();
            let is_name =
                |name: &&str| name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
            if setting.key == "compute.device" || names.len() < 2 || !names.iter().all(is_name) {
                continue;
            }
            for name in &names {
                let change = format!("{}={name}", setting.key);
                let set = Config::resolve(None, std::slice::from_ref(&change));
                // Augmented images in the test part need no more settings; a refit for the median needs folds, which are there.
                assert!(set.is_ok(), "{change}: {set:?}");
                tried += 1;
            }
            if names != ["true", "false"] {
                let wrong = format!("{}=nothing-of-the-kind", setting.key);
                let error = Config::resolve(None, &[wrong]).unwrap_err().to_string();
                for name in names.iter().filter(|_| error.contains("expected one of")) {
                    assert!(error.contains(name), "{error}");
                }
            }
        }
        assert!(tried > 25, "{tried}");
    }
}
