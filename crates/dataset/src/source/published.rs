//! Reads the list of published formats and sizes beside a collection whose images were made smaller.

use std::{collections::HashMap, io::Read, path::Path};

use radiograph_image::ImageFormat;
use serde::Deserialize;

use super::{Folder, SourceError};
use crate::{
    PublishedImage,
    table::{TableFormat, read_table},
};

/// The list `original_sizes.csv` (`file,format,mode,width,height,bytes`) of a copy whose images were made smaller.
///
/// Whatever asks for the size, format or colour mode of an image as a property of its collection must ask here first: the
/// copy's own sizes say nothing about the publishers.
#[derive(Clone, Debug, Default)]
pub struct PublishedImages {
    images: HashMap<String, PublishedImage>,
}

#[derive(Deserialize)]
struct Line {
    file: String,
    format: String,
    mode: String,
    width: String,
    height: String,
    bytes: String,
}

impl PublishedImages {
    /// Name of the list.
    pub const FILE: &str = "original_sizes.csv";

    /// The published images of a collection, from the list in its folder or in the folder around it; `None` if there is
    /// no list: then the collection's own files are what was published.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotAFile`] if something else than a file is called so, or a link that leads out of the folder that it
    /// lies in; as [`read_table`]. Lines that make no sense are as if they were not there.
    pub fn of_folder(folder: &Folder) -> Result<Option<Self>, SourceError> {
        match folder.open_file(Self::FILE, "") {
            Ok(list) => return Self::of_list(list, &folder.root().join(Self::FILE), "").map(Some),
            Err(SourceError::NoMetadata { .. }) => {}
            Err(error) => return Err(error),
        }
        let Some((path, list, name)) = folder.open_beside(Self::FILE)? else { return Ok(None) };
        Self::of_list(list, &path, &name).map(Some)
    }

    /// The image at a path relative to the collection's folder.
    pub fn get(&self, file: &str) -> Option<&PublishedImage> {
        self.images.get(file)
    }

    /// The published images of the collection in `folder`, from a list whose paths begin with that folder's name; the
    /// empty folder is the one that the list lies in. `path` is for messages.
    ///
    /// # Errors
    ///
    /// As [`read_table`].
    pub fn of_list(list: impl Read, path: &Path, folder: &str) -> Result<Self, SourceError> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let format = TableFormat::utf8(&["file", "format", "mode", "width", "height", "bytes"]);
        let lines = read_table::<Line>(list, path, &format)?.read.into_iter().map(|row| row.columns);
        let images =
            lines.filter_map(|line| Some((line.file.strip_prefix(&prefix)?.to_owned(), line.image()?)));
        Ok(Self { images: images.collect() })
    }
}

impl Line {
    fn image(&self) -> Option<PublishedImage> {
        Some(PublishedImage {
            format: ImageFormat::read(&self.format)?,
            mode: self.mode.clone(),
            width: self.width.parse().ok()?,
            height: self.height.parse().ok()?,
            bytes: self.bytes.parse().ok()?,
        })
    }
}
