//! Reads text and numbers from the value of a DICOM element, whatever type its writer gave it.

use std::borrow::Cow;

use encoding_rs::Encoding;

use super::{
    damaged,
    data_set::{DataSet, Element, Value},
    tags::{self, Tag},
};
use crate::{Note, Undecodable};

impl<'b> Element<'b> {
    /// The bytes of the value; none for sequences and fragments.
    pub(super) fn bytes(&self) -> &'b [u8] {
        match self.value {
            Value::Bytes(bytes) => bytes,
            _ => &[],
        }
    }

    /// The value as words of 16 bits.
    pub(super) fn words(&self) -> Vec<u16> {
        let word = |&pair: &[u8; 2]| {
            if self.big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        };
        self.bytes().as_chunks().0.iter().map(word).collect()
    }

    /// The numbers of the value; text that is no number is `Err` with the text.
    fn numbers(&self) -> Vec<Result<f64, String>> {
        let bytes = self.bytes();
        let kind = if self.kind == *b"UN" { self.tag.kind() } else { self.kind };
        fn each<const N: usize>(
            element: &Element<'_>,
            read: impl Fn([u8; N]) -> f64,
        ) -> Vec<Result<f64, String>> {
            let ordered = |chunk: &[u8; N]| {
                let mut chunk = *chunk;
                if element.big_endian {
                    chunk.reverse();
                }
                Ok(read(chunk))
            };
            element.bytes().as_chunks().0.iter().map(ordered).collect()
        }
        match &kind {
            b"US" | b"xs" | b"OW" | b"AT" => each(self, |bytes| u16::from_le_bytes(bytes).into()),
            b"SS" => each(self, |bytes| i16::from_le_bytes(bytes).into()),
            b"UL" | b"OL" => each(self, |bytes| u32::from_le_bytes(bytes).into()),
            b"SL" => each(self, |bytes| i32::from_le_bytes(bytes).into()),
            b"FL" | b"OF" => each(self, |bytes| f32::from_le_bytes(bytes).into()),
            b"FD" | b"OD" => each(self, f64::from_le_bytes),
            b"UV" | b"OV" => each(self, |bytes| u64::from_le_bytes(bytes) as f64),
            b"SV" => each(self, |bytes| i64::from_le_bytes(bytes) as f64),
            _ => {
                let text = String::from_utf8_lossy(bytes);
                values(&text).map(|part| number(part).ok_or_else(|| part.to_owned())).collect()
            }
        }
    }
}

impl DataSet<'_> {
    /// The text of an attribute in ASCII, without padding; empty if it is absent.
    pub(super) fn code(&self, tag: Tag) -> String {
        let bytes = self.get(tag).map_or(&[][..], Element::bytes);
        trimmed(&String::from_utf8_lossy(bytes)).to_owned()
    }

    /// The text of an attribute in the file's character set; `None` if it is absent or blank.
    pub(super) fn text(&self, tag: Tag) -> Option<String> {
        let bytes = self.get(tag)?.bytes();
        let text = match character_set(&self.code(tags::CHARACTER_SET)) {
            Some(set) => set.decode_without_bom_handling(bytes).0,
            None => bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into(),
        };
        let text = trimmed(&text);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The whole number of an attribute that decides how pixels are laid out; `None` if it is absent or blank.
    pub(super) fn whole_number(&self, tag: Tag) -> Result<Option<i64>, Undecodable> {
        let Some(first) = self.get(tag).and_then(|element| element.numbers().into_iter().next()) else {
            return Ok(None);
        };
        match first {
            Ok(number) if number.fract() == 0.0 && number.abs() < 1e15 => Ok(Some(number as i64)),
            Ok(number) => Err(damaged(format!("{tag} is {number}"))),
            Err(text) => {
                let shown: String = text.chars().take(20).collect();
                Err(damaged(format!("{tag} is {shown:?}, which is no number")))
            }
        }
    }

    /// The numbers of an optional attribute. One that is no number is left out, and noted.
    pub(super) fn decimals(&self, tag: Tag, notes: &mut Vec<Note>) -> Vec<Option<f64>> {
        let numbers = self.get(tag).map(Element::numbers).unwrap_or_default();
        let usable = |number: Result<f64, String>| match number {
            Ok(number) if number.is_finite() => Some(number),
            Ok(number) => {
                notes.push(Note::unusable(tag, &number.to_string()));
                None
            }
            Err(text) => {
                notes.push(Note::unusable(tag, &text));
                None
            }
        };
        numbers.into_iter().map(usable).collect()
    }
}

/// Without the padding of PS3.5: blanks and zero bytes.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|letter: char| letter == '\0' || letter.is_whitespace())
}

/// The values of an element of text. A blank one keeps the places of those behind it; blanks at the end are no values.
fn values(text: &str) -> impl Iterator<Item = &str> {
    let is_blank = |letter: char| letter == '\\' || letter == '\0' || letter.is_whitespace();
    let text = text.trim_end_matches(is_blank);
    text.split('\\').map(trimmed).filter(|_| !text.is_empty())
}

/// A decimal number. Devices with another locale write a comma for the point; `1.024,5` has both and stays unread.
fn number(text: &str) -> Option<f64> {
    if text.contains(',') {
        let (whole, fraction) = text.split_once(',')?;
        return if whole.contains('.') { None } else { format!("{whole}.{fraction}").parse().ok() };
    }
    text.parse().ok()
}

/// The encoding of PS3.3 C.12.1.1.2's defined term; `None` for ASCII and for terms that are unknown.
fn character_set(term: &str) -> Option<&'static Encoding> {
    let label: Cow<'_, str> = match term.split('\\').map(str::trim).find(|term| !term.is_empty())? {
        "ISO_IR 192" => "utf-8".into(),
        "GB18030" | "GBK" => "gb18030".into(),
        "ISO_IR 13" | "ISO 2022 IR 13" => "shift_jis".into(),
        "ISO_IR 166" | "ISO 2022 IR 166" => "windows-874".into(),
        "ISO 2022 IR 87" | "ISO 2022 IR 159" => "iso-2022-jp".into(),
        "ISO 2022 IR 149" => "euc-kr".into(),
        "ISO 2022 IR 58" => "gb18030".into(),
        other => {
            let part = match other.trim_start_matches("ISO_IR ").trim_start_matches("ISO 2022 IR ") {
                "101" => 2,
                "109" => 3,
                "110" => 4,
                "144" => 5,
                "127" => 6,
                "126" => 7,
                "148" => 9,
                "138" => 8,
                "203" => 15,
                _ => return None, // 6 and 100: ASCII and Latin-1, whose bytes are Unicode's first 256 letters
            };
            format!("iso-8859-{part}").into()
        }
    };
    Encoding::for_label(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_of_any_locale() {
        assert_eq!(number("2047,5"), Some(2047.5));
        assert_eq!(number("00400"), Some(400.0));
        assert_eq!(number("-1.5E+3"), Some(-1500.0));
        assert_eq!(number("1.024,5"), None);
        assert_eq!(number("1,024,5"), None);
        assert_eq!(number("wide"), None);
        assert!(number("NaN").unwrap().is_nan(), "NaN is checked where finite numbers are needed");
    }

    #[test]
    fn a_blank_value_keeps_the_places_of_those_behind_it() {
        let of = |text| values(text).collect::<Vec<_>>();
        assert_eq!(of("400\\4000 "), ["400", "4000"]);
        assert_eq!(of("\\2000"), ["", "2000"]);
        assert_eq!(of("512\\ \\\0"), ["512"]);
        assert!(of(" \\ ").is_empty() && of("").is_empty());
    }

    #[test]
    fn terms_of_the_standard_name_encodings() {
        let name = |term| character_set(term).map(Encoding::name);
        assert_eq!(name("ISO_IR 192"), Some("UTF-8"));
        assert_eq!(name("ISO_IR 144"), Some("ISO-8859-5"));
        assert_eq!(
            name("ISO_IR 148"),
            Some("windows-1254"),
            "Latin alphabet No. 5, which WHATWG reads as its superset"
        );
        assert_eq!(name("\\ISO 2022 IR 87"), Some("ISO-2022-JP"));
        assert_eq!(name("ISO_IR 100"), None);
        assert_eq!(name(""), None);
    }
}
