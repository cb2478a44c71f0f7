//! Finds what was published of images whose files are smaller copies.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs::{self, File},
    path::{Path, PathBuf},
};

use radiograph_dataset::{
    PublishedImage,
    manifest::{PrivateFile, PrivateFiles},
    source::PublishedImages,
};

use crate::Error;

/// The lists of published formats and sizes that lie above the files of a run.
#[derive(Debug, Default)]
pub(crate) struct PublishedLists {
    /// The list in each folder that was looked into.
    folders: BTreeMap<PathBuf, Option<PublishedImages>>,
}

impl PublishedLists {
    /// Looks for lists in the folders around the files, up to the folder around the data, as assembling does.
    ///
    /// # Errors
    ///
    /// [`Error::Dataset`] if a list cannot be read.
    pub(crate) fn around(files: &PrivateFiles) -> Result<Self, Error> {
        let mut lists = Self::default();
        for (_, file) in files.iter() {
            for folder in around(file) {
                if let Entry::Vacant(vacant) = lists.folders.entry(folder) {
                    let list = read(vacant.key())?;
                    vacant.insert(list);
                }
            }
        }
        Ok(lists)
    }

    /// Files of the lists, sorted.
    pub(crate) fn files(&self) -> impl Iterator<Item = PathBuf> {
        let found = self.folders.iter().filter(|(_, list)| list.is_some());
        found.map(|(folder, _)| folder.join(PublishedImages::FILE))
    }

    /// What was published of the image in a file, by the nearest list that has it.
    pub(crate) fn of(&self, file: &PrivateFile) -> Option<&PublishedImage> {
        let whole = file.file();
        around(file).into_iter().find_map(|folder| {
            let list = self.folders.get(&folder)?.as_ref()?;
            list.get(whole.strip_prefix(&folder).ok()?.to_str()?)
        })
    }
}

/// The folders around a file, the nearest first, up to the one around the data.
fn around(file: &PrivateFile) -> Vec<PathBuf> {
    let whole = file.file();
    let stop = file.folder.parent().unwrap_or(&file.folder);
    whole.ancestors().skip(1).take_while(|folder| folder.starts_with(stop)).map(Path::to_owned).collect()
}

/// The list in a folder. A link is none: it may lead anywhere.
fn read(folder: &Path) -> Result<Option<PublishedImages>, Error> {
    let path = folder.join(PublishedImages::FILE);
    if !fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
        return Ok(None);
    }
    let file = File::open(&path)
        .map_err(|source| radiograph_files::FileError::Read { path: path.clone(), source })?;
    Ok(Some(PublishedImages::of_list(file, &path, "")?))
}
