//! The transfer syntaxes of DICOM PS3.5, and what is done with each.

use super::element::Encoding;

/// A transfer syntax of PS3.5, and what becomes of files in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TransferSyntax {
    /// Unique identifier.
    pub uid: &'static str,
    /// Name in PS3.6.
    pub name: &'static str,
    pub(super) coding: Coding,
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

const VIDEO: Coding = Coding::Refused("a video, not a film");
const ELSEWHERE: Coding = Coding::Refused("a reference to pixels on a server");

const fn syntax(uid: &'static str, name: &'static str, coding: Coding) -> TransferSyntax {
    TransferSyntax { uid, name, coding }
}

const ALL: &[TransferSyntax] = &[
    syntax(
        "1.2.840.10008.1.2",
        "Implicit VR Little Endian",
        Coding::Uncompressed { explicit: false, big_endian: false },
    ),
    syntax(
        "1.2.840.10008.1.2.1",
        "Explicit VR Little Endian",
        Coding::Uncompressed { explicit: true, big_endian: false },
    ),
    syntax(
        "1.2.840.10008.1.2.1.98",
        "Encapsulated Uncompressed Explicit VR Little Endian",
        Coding::Encapsulated,
    ),
    syntax("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", Coding::DeflatedDataSet),
    syntax(
        "1.2.840.10008.1.2.2",
        "Explicit VR Big Endian (retired)",
        Coding::Uncompressed { explicit: true, big_endian: true },
    ),
    syntax("1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 and 4)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.52", "JPEG Extended (Process 3 and 5) (retired)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.53", "JPEG Spectral Selection (Process 6 and 8) (retired)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.54", "JPEG Spectral Selection (Process 7 and 9) (retired)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.55", "JPEG Full Progression (Process 10 and 12) (retired)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.56", "JPEG Full Progression (Process 11 and 13) (retired)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.57", "JPEG Lossless (Process 14)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.58", "JPEG Lossless (Process 15) (retired)", Coding::Frames),
    syntax(
        "1.2.840.10008.1.2.4.59",
        "JPEG Extended, Hierarchical (Process 16 and 18) (retired)",
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.60",
        "JPEG Extended, Hierarchical (Process 17 and 19) (retired)",
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.61",
        "JPEG Spectral Selection, Hierarchical (Process 20 and 22) (retired)",
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.62",
        "JPEG Spectral Selection, Hierarchical (Process 21 and 23) (retired)",
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.63",
        "JPEG Full Progression, Hierarchical (Process 24 and 26) (retired)",
        Coding::Frames,
    ),
    syntax(
        "1.2.840.10008.1.2.4.64",
        "JPEG Full Progression, Hierarchical (Process 25 and 27) (retired)",
        Coding::Frames,
    ),
    syntax("1.2.840.10008.1.2.4.65", "JPEG Lossless, Hierarchical (Process 28) (retired)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.66", "JPEG Lossless, Hierarchical (Process 29) (retired)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.70", "JPEG Lossless, First-Order Prediction (Process 14)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.81", "JPEG-LS Lossy (Near-Lossless)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.90", "JPEG 2000 (Lossless Only)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.91", "JPEG 2000", Coding::Frames),
    syntax(
        "1.2.840.10008.1.2.4.92",
        "JPEG 2000 Part 2 Multi-component (Lossless Only)",
        Coding::Refused("JPEG 2000 of several components, which describe volumes"),
    ),
    syntax(
        "1.2.840.10008.1.2.4.93",
        "JPEG 2000 Part 2 Multi-component",
        Coding::Refused("JPEG 2000 of several components, which describe volumes"),
    ),
    syntax("1.2.840.10008.1.2.4.94", "JPIP Referenced", ELSEWHERE),
    syntax("1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate", ELSEWHERE),
    syntax("1.2.840.10008.1.2.4.110", "JPEG XL Lossless", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.112", "JPEG XL", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 (Lossless Only)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 with RPCL (Lossless Only)", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000", Coding::Frames),
    syntax("1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced", ELSEWHERE),
    syntax("1.2.840.10008.1.2.4.205", "JPIP HTJ2K Referenced Deflate", ELSEWHERE),
    syntax("1.2.840.10008.1.2.5", "RLE Lossless", Coding::RunLength),
    syntax("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression", Coding::DeflatedFrames),
];

impl TransferSyntax {
    /// Every transfer syntax of PS3.5 that holds still images.
    pub fn all() -> &'static [Self] {
        ALL
    }

    pub(super) fn coding(uid: &str) -> Option<Coding> {
        if uid.starts_with("1.2.840.10008.1.2.4.10") && uid != "1.2.840.10008.1.2.4.10" {
            return Some(VIDEO); // MPEG-2, MPEG-4 and HEVC: 100 to 108
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
