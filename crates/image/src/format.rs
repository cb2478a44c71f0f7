//! Detects the format of an image by its first bytes. The extension is only compared, never believed.

use std::{fmt, path::Path};

use serde::Serialize;

use crate::bare;

/// Number of leading bytes needed to detect a format.
pub const SNIFF_BYTES: usize = 132;

/// Format of an image file.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ImageFormat {
    /// Windows bitmap.
    Bmp,
    /// DICOM part 10, or a DICOM data set by itself.
    Dicom,
    /// GIF.
    Gif,
    /// JPEG, JFIF or Exif.
    Jpeg,
    /// JPEG 2000, box file or bare codestream.
    Jpeg2000,
    /// NIfTI-1, uncompressed.
    Nifti,
    /// Portable network graphics.
    Png,
    /// Tagged image file format, classic or big, either byte order.
    Tiff,
    /// WebP.
    WebP,
}

impl ImageFormat {
    /// Detects the format by the first bytes of a file; [`SNIFF_BYTES`] are enough (NIfTI needs 348).
    ///
    /// ```
    /// use radiograph_image::ImageFormat;
    ///
    /// assert_eq!(ImageFormat::of_content(b"\x89PNG\r\n\x1a\n..."), Some(ImageFormat::Png));
    /// assert_eq!(ImageFormat::of_content(b"<html>"), None);
    /// ```
    pub fn of_content(bytes: &[u8]) -> Option<Self> {
        let at = |offset: usize, magic: &[u8]| bytes.get(offset..offset + magic.len()) == Some(magic);
        let any = |magics: &[&[u8]]| magics.iter().any(|magic| at(0, magic));
        if at(0, b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if at(0, b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if at(0, b"RIFF") && at(8, b"WEBP") {
            Some(Self::WebP)
        } else if at(128, b"DICM") {
            Some(Self::Dicom)
        } else if any(&[b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"]) {
            Some(Self::Tiff)
        } else if any(&[b"GIF87a", b"GIF89a"]) {
            Some(Self::Gif)
        } else if at(0, b"BM") && at(6, &[0; 4]) {
            Some(Self::Bmp) // bytes 6 to 9 are reserved: two letters alone would match prose
        } else if any(&[b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"]) {
            Some(Self::Jpeg2000)
        } else if at(344, b"n+1\0") || at(344, b"ni1\0") {
            Some(Self::Nifti)
        } else if bare::begins(bytes) {
            Some(Self::Dicom)
        } else {
            None
        }
    }

    /// The format that a file's extension promises, case aside.
    pub fn of_extension(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "bmp" | "dib" => Some(Self::Bmp),
            "dcm" | "dicom" => Some(Self::Dicom),
            "gif" => Some(Self::Gif),
            "jpg" | "jpeg" | "jpe" | "jfif" => Some(Self::Jpeg),
            "jp2" | "j2k" | "jpf" => Some(Self::Jpeg2000),
            "nii" => Some(Self::Nifti),
            "png" => Some(Self::Png),
            "tif" | "tiff" => Some(Self::Tiff),
            "webp" => Some(Self::WebP),
            _ => None,
        }
    }

    /// Reads a format's name, case aside: `PNG`, `JPEG`, `WEBP`, ….
    pub fn read(name: &str) -> Option<Self> {
        const ALL: [ImageFormat; 9] = [
            ImageFormat::Bmp,
            ImageFormat::Dicom,
            ImageFormat::Gif,
            ImageFormat::Jpeg,
            ImageFormat::Jpeg2000,
            ImageFormat::Nifti,
            ImageFormat::Png,
            ImageFormat::Tiff,
            ImageFormat::WebP,
        ];
        ALL.into_iter().find(|format| format.to_string().eq_ignore_ascii_case(name.trim()))
    }
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Bmp => "BMP",
            Self::Dicom => "DICOM",
            Self::Gif => "GIF",
            Self::Jpeg => "JPEG",
            Self::Jpeg2000 => "JPEG2000",
            Self::Nifti => "NIfTI",
            Self::Png => "PNG",
            Self::Tiff => "TIFF",
            Self::WebP => "WebP",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for name in ["BMP", "DICOM", "GIF", "JPEG", "JPEG2000", "NIfTI", "PNG", "TIFF", "WebP"] {
            assert_eq!(ImageFormat::read(name).unwrap().to_string(), name);
        }
        assert_eq!(ImageFormat::read("WEBP"), Some(ImageFormat::WebP));
    }

    #[test]
    fn content_wins_over_prefixes_of_prose() {
        assert_eq!(ImageFormat::of_content(b"BMI of the patient"), None);
        assert_eq!(ImageFormat::of_content(b""), None);
        assert_eq!(ImageFormat::of_content(b"RIFF\0\0\0\0WAVE"), None);
        assert_eq!(ImageFormat::of_content(b"RIFF\0\0\0\0WEBPVP8 "), Some(ImageFormat::WebP));
        let mut dicom = [0; SNIFF_BYTES];
        dicom[128..].copy_from_slice(b"DICM");
        assert_eq!(ImageFormat::of_content(&dicom), Some(ImageFormat::Dicom));
    }

    #[test]
    fn extensions_in_any_case() {
        for (name, format) in
            [("374.PNG", ImageFormat::Png), ("a.jfif", ImageFormat::Jpeg), ("b.Jpeg", ImageFormat::Jpeg)]
        {
            assert_eq!(ImageFormat::of_extension(Path::new(name)), Some(format));
        }
        assert_eq!(ImageFormat::of_extension(Path::new("a.csv")), None);
    }
}
