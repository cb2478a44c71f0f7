//! The 44 items of the CLAIM update of 2024, each with what no run of a program can know.

use super::Item;

const fn item(number: u8, part: &'static str, subject: &'static str, authors: &'static str) -> Item {
    Item { number, part, subject, authors }
}

const DATA: &str = "Methods, data";
const STANDARD: &str = "Methods, reference standard";
const PARTITIONS: &str = "Methods, data partitions";
const MODEL: &str = "Methods, model";
const TRAINING: &str = "Methods, training";
const EVALUATION: &str = "Methods, evaluation";
const PERFORMANCE: &str = "Results, model performance";

/// All items in order.
pub(super) const ITEMS: [Item; 44] = [
    item(1, "Title", "names AI and its kind", "That title or abstract name the kind of AI."),
    item(
        2,
        "Abstract",
        "design, methods, results, conclusions",
        "The abstract: population, partitions and their level, prospective or retrospective, statistics, outcome, and what is available \
         where.",
    ),
    item(
        3,
        "Introduction",
        "background, intended use and role",
        "Current practice, the gap, and the use and role that the model is meant for.",
    ),
    item(
        4,
        "Introduction",
        "aims and hypotheses",
        "The question, and the hypothesis as it was before the data were seen.",
    ),
    item(
        5,
        "Methods, study design",
        "prospective or retrospective",
        "Whether images were gathered for this study or before it, and what bias that brings.",
    ),
    item(
        6,
        "Methods, study design",
        "study goal",
        "The kind of study (model creation, feasibility, non-inferiority, …), and what a prediction is for: triage, diagnosis, screening, …",
    ),
    item(
        7,
        DATA,
        "sources",
        "Links to the sources, and how far their patients are those whom the model is meant for.",
    ),
    item(
        8,
        DATA,
        "inclusion and exclusion",
        "Where, when and from whom the sources took their images, and whether as a consecutive, a random or a convenience series.",
    ),
    item(9, DATA, "preprocessing", "What publishers did to the images before they published them."),
    item(10, DATA, "selection of parts of the data", ""),
    item(
        11,
        DATA,
        "de-identification",
        "How the publishers removed what identifies a person, burned-in text included, and under which law.",
    ),
    item(12, DATA, "missing data", "Why values are missing, and which bias that brings."),
    item(
        13,
        DATA,
        "image acquisition",
        "Devices, projection, exposure and resolution, or their range over the sites.",
    ),
    item(
        14,
        STANDARD,
        "its definition",
        "How the class of an image was established (laboratory test, report, reading), precisely enough to repeat it.",
    ),
    item(15, STANDARD, "why this one", "Why this standard was chosen, and its errors and limits."),
    item(16, STANDARD, "who annotated", "Number, qualification and instruction of the annotators."),
    item(
        17,
        STANDARD,
        "annotation of the test set",
        "How the test images were annotated, with which software, and whether labels were taken from reports.",
    ),
    item(
        18,
        STANDARD,
        "variability between and within readers",
        "Agreement of the readers, and how disagreement was resolved.",
    ),
    item(19, PARTITIONS, "assignment", "Why the parts have these sizes."),
    item(20, PARTITIONS, "level at which parts are disjoint", ""),
    item(
        21,
        "Methods, testing data",
        "intended sample size",
        "The precision that was asked for before testing, and the number of patients that follows from it.",
    ),
    item(
        22,
        MODEL,
        "description",
        "A reference for each network, and every change that was made to it elsewhere.",
    ),
    item(23, MODEL, "software", ""),
    item(
        24,
        MODEL,
        "first parameters",
        "What the weights were trained on, where their record does not say it.",
    ),
    item(
        25,
        TRAINING,
        "details",
        "Which settings were varied before this run, and how the values were found.",
    ),
    item(
        26,
        TRAINING,
        "choice of the final model",
        "Whether models were tried on these test images before this run.",
    ),
    item(27, TRAINING, "ensembles", ""),
    item(
        28,
        EVALUATION,
        "metrics",
        "Which of them matters for the intended use, and how published models do on such images.",
    ),
    item(29, EVALUATION, "significance and uncertainty", ""),
    item(
        30,
        EVALUATION,
        "robustness",
        "How the model bears what changes in use: devices, exposure, positioning, image quality.",
    ),
    item(31, EVALUATION, "explanation", "Whether anybody judged the maps against findings."),
    item(32, EVALUATION, "internal data", "Differences in annotation between training and test images."),
    item(33, EVALUATION, "external data", "The external test with its population, or why there is none."),
    item(34, EVALUATION, "trial registration", "The registration, if this is a clinical trial."),
    item(
        35,
        "Results, data",
        "numbers included and excluded",
        "Numbers before the sources made their own selection.",
    ),
    item(
        36,
        "Results, data",
        "demographic and clinical characteristics",
        "Characteristics that the sources do not state: severity, comorbidity, ethnicity, treatment.",
    ),
    item(
        37,
        PERFORMANCE,
        "metrics with uncertainty",
        "How readers do on the same images, where the standard is not their reading.",
    ),
    item(38, PERFORMANCE, "diagnostic performance and its precision", ""),
    item(39, PERFORMANCE, "analysis of errors", "What the errors would mean for patients, with examples."),
    item(
        40,
        "Discussion",
        "limitations",
        "The limitations in words of the authors, with what follows from them.",
    ),
    item(
        41,
        "Discussion",
        "implications for practice",
        "Intended use, next steps, and what stands in the way. This page is no basis for use.",
    ),
    item(42, "Other information", "protocol", "Where the protocol and the run folder are deposited."),
    item(
        43,
        "Other information",
        "availability",
        "Where software, model and data can be had, and under which conditions.",
    ),
    item(44, "Other information", "funding", "Sources of support, and the role of those who gave it."),
];
