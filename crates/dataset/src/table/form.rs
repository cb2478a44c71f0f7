//! Forms of tables: the character between two cells, the encoding, the sheet of a workbook.

use serde::{Deserialize, Serialize};

/// Form of a table; what is `None` is found out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CellsForm {
    /// Character between two cells.
    pub separator: Option<Separator>,
    /// Encoding of the characters.
    pub encoding: Option<Encoding>,
    /// Sheet of a workbook; the first one if not given.
    pub sheet: Option<String>,
    /// Names of the columns of a table without a header; empty if its first row names them.
    pub header: Vec<String>,
}

/// Character between two cells of a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Separator {
    /// `,`
    Comma,
    /// `;`, as spreadsheets of countries with decimal commas write it.
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Bar,
    /// A space. Never found out, only given.
    Space,
}

/// Encoding of a table's characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16; the byte order mark says which, and little-endian without one.
    #[serde(rename = "utf-16")]
    Utf16,
    /// Windows-1252, of which Latin-1 is a part.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl Separator {
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
            Self::Space => b' ',
        }
    }
}
