//! The transfer syntaxes of DICOM PS3.5, and what is done with each.

use std::fmt;

use super::element::Encoding;

/// A transfer syntax of PS3.5, and what becomes of files in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TransferSyntax {
    /// Unique identifier.
    pub uid: &'static str,
    /// Name in PS3.6.
    pub name: &'static str,
    /// What becomes of its films.
    pub outcome: Outcome,
    pub(super) coding: Coding,
}

/// What becomes of the films in a transfer syntax.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// Read; the values are those that every correct decoder gives. Near-lossless JPEG-LS has lost something when it was coded.
    Exact,
    /// Read; the coding may be lossy, and decoders of it differ by a level or two.
    Lossy,
    /// Refused, with this reason.
    Refused(&'static str),
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => formatter.write_str("read, exact"),
            Self::Lossy => formatter.write_str("read, lossy coding"),
            Self::Refused(why) => write!(formatter, "refused: {why}"),
        }
    }
}

/// Coding of pixels that a transfer syntax promises.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Coding {
    Uncompressed {
        explicit: bool,
        big_endian: bool,
    },
    /// The whole data set is deflated.
    DeflatedDataSet,
    /// Uncompressed frames in fragments.
    Encapsulated,
    /// Every frame is deflated by itself.
    DeflatedFrames,
    RunLength,
    /// JPEG of any process, JPEG-LS, JPEG 2000: the frame itself says which.
    Frames,
    /// Not read, with the reason.
    Refused(&'static str),
}

const VIDEO: &str = "a video, not a film";
const ELSEWHERE: &str = "a reference to pixels on a server";
const VOLUME: &str = "JPEG 2000 of several components, which describe volumes";
const ARITHMETIC: &str = "arithmetically coded samples";
const HIERARCHICAL: &str = "hierarchical frames";
const JPEG_XL: &str = "JPEG XL pixels";
const HIGH_THROUGHPUT: &str = "High-Throughput JPEG 2000";

const fn syntax(uid: &'static str, name: &'static str, outcome: Outcome, coding: Coding) -> TransferSyntax {
    TransferSyntax { uid, name, outcome, coding }
}

const ALL: &[TransferSyntax] = &[
    syntax(
        "1.2.840.10008.1.2",
        "Implicit VR Little Endian",
        Outcome::Exact,
        Coding::Uncompressed { explicit: false, big_endian: false },
    ),
    syntax(
        "1.2.840.10008.1.2.1",
        "Explicit VR Little Endian",
        Outcome::Exact,
        Coding::Uncompressed { explicit: true, big_endian: false },
    ),
    syntax(
        "1.2.840.10008.1.2.1.98",
        "Encapsulated Uncompressed Explicit VR Little Endian",
        Outcome::Exact,
        Coding::Encapsulated,
    ),
    syntax(
        "1.2.840.10008.1.2.1.99",
        "Deflated Explicit VR Little Endian",
        Outcome::Exact,
        Coding::DeflatedDataSet,
    ),
    syntax(
        "1.2.840.10008.1.2.2",
        "Explicit VR Big Endian (retired)",
        Outcome::Exact,
        Coding::Uncompressed { explicit: true, big_endian: true },
    ),
    syntax("1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)", Outcome::Lossy, Coding::Frames),
    syntax(
        "1.2.840.10008.1.2.4.51",
        "JPEG Extended (Process 2 and 4), 8 and 12 bits",
        Outcome::Lossy,
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.52",
        "JPEG Extended (Process 3 and 5) (retired)",
        Outcome::Refused(ARITHMETIC),
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.53",
        "JPEG Spectral Selection (Process 6 and 8) (retired), 8 bits",
        Outcome::Lossy,
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.54",
        "JPEG Spectral Selection (Process 7 and 9) (retired)",
        Outcome::Refused(ARITHMETIC),
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.55",
        "JPEG Full Progression (Process 10 and 12) (retired), 8 bits",
        Outcome::Lossy,
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.56",
        "JPEG Full Progression (Process 11 and 13) (retired)",
        Outcome::Refused(ARITHMETIC),
        Coding::Frames,
    ),
    syntax("1.2.840.10008.1.2.4.57", "JPEG Lossless (Process 14)", Outcome::Exact, Coding::Frames),
    syntax(
        "1.2.840.10008.1.2.4.58",
        "JPEG Lossless (Process 15) (retired)",
        Outcome::Refused(ARITHMETIC),
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.59",
        "JPEG Extended, Hierarchical (Process 16 and 18) (retired)",
        Outcome::Refused(HIERARCHICAL),
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.60",
        "JPEG Extended, Hierarchical (Process 17 and 19) (retired)",
        Outcome::Refused(HIERARCHICAL),
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.61",
        "JPEG Spectral Selection, Hierarchical (Process 20 and 22) (retired)",
        Outcome::Refused(HIERARCHICAL),
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.62",
        "JPEG Spectral Selection, Hierarchical (Process 21 and 23) (retired)",
        Outcome::Refused(HIERARCHICAL),
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.63",
        "JPEG Full Progression, Hierarchical (Process 24 and 26) (retired)",
        Outcome::Refused(HIERARCHICAL),
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.64",
        "JPEG Full Progression, Hierarchical (Process 25 and 27) (retired)",
        Outcome::Refused(HIERARCHICAL),
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.65",
        "JPEG Lossless, Hierarchical (Process 28) (retired)",
        Outcome::Refused(HIERARCHICAL),
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.66",
        "JPEG Lossless, Hierarchical (Process 29) (retired)",
        Outcome::Refused(HIERARCHICAL),
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.70",
        "JPEG Lossless, First-Order Prediction (Process 14)",
        Outcome::Exact,
        Coding::Frames,
    ),
    syntax("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", Outcome::Exact, Coding::Frames),
    syntax("1.2.840.10008.1.2.4.81", "JPEG-LS Lossy (Near-Lossless)", Outcome::Exact, Coding::Frames),
    syntax("1.2.840.10008.1.2.4.90", "JPEG 2000 (Lossless Only)", Outcome::Exact, Coding::Frames),
    syntax("1.2.840.10008.1.2.4.91", "JPEG 2000", Outcome::Lossy, Coding::Frames),
    syntax(
        "1.2.840.10008.1.2.4.92",
        "JPEG 2000 Part 2 Multi-component (Lossless Only)",
        Outcome::Refused(VOLUME),
        Coding::Refused(VOLUME),
    ),
    syntax(
        "1.2.840.10008.1.2.4.93",
        "JPEG 2000 Part 2 Multi-component",
        Outcome::Refused(VOLUME),
        Coding::Refused(VOLUME),
    ),
    syntax(
        "1.2.840.10008.1.2.4.94",
        "JPIP Referenced",
        Outcome::Refused(ELSEWHERE),
        Coding::Refused(ELSEWHERE),
    ),
    syntax(
        "1.2.840.10008.1.2.4.95",
        "JPIP Referenced Deflate",
        Outcome::Refused(ELSEWHERE),
        Coding::Refused(ELSEWHERE),
    ),
    syntax("1.2.840.10008.1.2.4.110", "JPEG XL Lossless", Outcome::Refused(JPEG_XL), Coding::Frames),
    syntax(
        "1.2.840.10008.1.2.4.111",
        "JPEG XL JPEG Recompression",
        Outcome::Refused(JPEG_XL),
        Coding::Frames,
    ),
    syntax("1.2.840.10008.1.2.4.112", "JPEG XL", Outcome::Refused(JPEG_XL), Coding::Frames),
    syntax(
        "1.2.840.10008.1.2.4.201",
        "High-Throughput JPEG 2000 (Lossless Only)",
        Outcome::Refused(HIGH_THROUGHPUT),
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.202",
        "High-Throughput JPEG 2000 with RPCL (Lossless Only)",
        Outcome::Refused(HIGH_THROUGHPUT),
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.203",
        "High-Throughput JPEG 2000",
        Outcome::Refused(HIGH_THROUGHPUT),
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.204",
        "JPIP HTJ2K Referenced",
        Outcome::Refused(ELSEWHERE),
        Coding::Refused(ELSEWHERE),
    ),
    syntax(
        "1.2.840.10008.1.2.4.205",
        "JPIP HTJ2K Referenced Deflate",
        Outcome::Refused(ELSEWHERE),
        Coding::Refused(ELSEWHERE),
    ),
    syntax("1.2.840.10008.1.2.5", "RLE Lossless", Outcome::Exact, Coding::RunLength),
    syntax(
        "1.2.840.10008.1.2.8.1",
        "Deflated Image Frame Compression",
        Outcome::Exact,
        Coding::DeflatedFrames,
    ),
];

impl TransferSyntax {
    /// Every transfer syntax of PS3.5 that holds still images.
    pub fn all() -> &'static [Self] {
        ALL
    }

    pub(super) fn coding(uid: &str) -> Option<Coding> {
        if uid.starts_with("1.2.840.10008.1.2.4.10") && uid != "1.2.840.10008.1.2.4.10" {
            return Some(Coding::Refused(VIDEO)); // MPEG-2, MPEG-4 and HEVC: 100 to 108
        }
        ALL.iter().find(|syntax| syntax.uid == uid).map(|syntax| syntax.coding)
    }
}

impl Coding {
    /// Encoding of the elements that goes with it.
    pub(super) fn encoding(self) -> Encoding {
        match self {
            Self::Uncompressed { explicit, big_endian } => Encoding { explicit, big_endian },
            _ => Encoding::EXPLICIT,
        }
    }
}
