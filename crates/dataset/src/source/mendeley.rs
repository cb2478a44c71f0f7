//! Reads the augmented COVID-19 X-rays of Alqudah and Qazan, Mendeley `2fxz4px6d8`.

use std::path::Path;

use radiograph_classes::COVID_19;
use walkdir::WalkDir;

use super::{CollectionReader, PHANTOM_MARK, Source, SourceError, adapter, is_image};
use crate::{Label, Modality, Origin, Provenance, Reason};

adapter! {
    /// Augmented images of earlier public collections: 912 COVID-19, 912 other.
    ///
    /// **Where from**: Mendeley `2fxz4px6d8` version 4.
    /// **Licence**: CC BY 4.0 by the repository; the images were taken from other collections.
    /// **Layout**: images below one folder whose name begins with `covid` and one that begins with `non`, in any case;
    /// other names can be [given](Self::covid_folder), with `*` for what varies.
    /// **Fingerprint**: the two folders, no others, and exactly 912 images in each. Names of folders alone give neither this
    /// licence nor this origin: other collections have such folders, and so have incomplete copies.
    /// **Unverified**: built from descriptions; no file of the collection was at hand.
    ///
    /// The publishers do not say which image was turned or mirrored into which, so every record is
    /// [augmented from an unknown parent](Origin::AugmentedFromUnknown) and must stay out of test sets until a search for
    /// the same picture has found its parent. "Non-COVID" rules COVID-19 out and says nothing else.
    MendeleyAugmented, "mendeley-augmented"; covid_folders: Vec<String>
}

impl MendeleyAugmented {
    /// Names a folder, relative to the collection's, whose images show COVID-19; then only the named folders do. A `*`
    /// stands for any characters but `/`.
    ///
    /// ```
    /// use radiograph_dataset::source::{Folder, MendeleyAugmented, Source};
    ///
    /// let folder = Folder::in_memory([("part 1/positive/a.png", ""), ("part 1/negative/b.png", "")]);
    /// let collection = MendeleyAugmented::new("").covid_folder("part */positive").read_folder(folder)?;
    /// assert_eq!(collection.records.iter().filter(|record| record.class().is_some()).count(), 1);
    /// # Ok::<(), radiograph_dataset::source::SourceError>(())
    /// ```
    #[must_use]
    pub fn covid_folder(mut self, folder: impl Into<String>) -> Self {
        self.covid_folders.push(folder.into());
        self
    }

    /// Whether a file shows COVID-19, by its innermost folder that says so.
    fn shows_covid(&self, file: &str) -> Option<bool> {
        let (folders, _) = file.rsplit_once('/')?;
        if !self.covid_folders.is_empty() {
            return Some(self.covid_folders.iter().any(|pattern| is_below(folders, pattern)));
        }
        folders.rsplit('/').find_map(is_covid_folder)
    }
}

/// Images in each folder of the published collection.
const IMAGES: usize = 912;

/// Whether a folder has the fingerprint of this collection. A drawn one ([`PHANTOM_MARK`]) may have fewer images.
pub(super) fn has_fingerprint(folder: &Path) -> bool {
    let (mut folders, mut is_drawn) = (Vec::new(), false);
    let entries = WalkDir::new(folder).min_depth(1).max_depth(1).into_iter().filter_map(Result::ok);
    for entry in entries {
        let name = entry.file_name().to_string_lossy();
        is_drawn |= name == PHANTOM_MARK;
        if entry.file_type().is_dir() && !name.starts_with('.') && name != "__MACOSX" {
            folders.push((is_covid_folder(&name), entry.path().to_owned()));
        }
    }
    folders.sort();
    let [(Some(false), other), (Some(true), covid)] = &folders[..] else { return false };
    is_drawn || [other, covid].iter().all(|folder| has_images(folder))
}

fn has_images(folder: &Path) -> bool {
    let files =
        WalkDir::new(folder).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    let images = files.filter(|entry| entry.file_name().to_str().is_some_and(is_image));
    images.take(IMAGES + 1).count() == IMAGES
}

/// Whether a folder is, or lies below, one of these names; each may hold `*`.
fn is_below(folder: &str, pattern: &str) -> bool {
    let mut names = folder.split('/');
    pattern.split('/').all(|pattern| names.next().is_some_and(|name| fits(name, pattern)))
}

/// Whether a name is as the pattern says, `*` standing for any characters.
fn fits(name: &str, pattern: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return name == pattern };
    let Some(mut left) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        // The earliest place leaves the most for the parts that follow.
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

/// Whether a folder's name says COVID-19 (`Some(true)`), something else (`Some(false)`), or nothing.
pub(super) fn is_covid_folder(folder: &str) -> Option<bool> {
    let folder = folder.to_lowercase();
    if folder.starts_with("non") {
        Some(false)
    } else if folder.starts_with("covid") {
        Some(true)
    } else {
        None
    }
}

impl Source for MendeleyAugmented {
    adapter!(place);

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        let images: Vec<String> =
            reader.folder().files().filter(|file| is_image(file)).map(str::to_owned).collect();
        for file in images {
            let published = file.rsplit('/').nth(1).unwrap_or_default();
            let label = match self.shows_covid(&file) {
                Some(true) => Label::of(COVID_19, Provenance::Folder, published),
                Some(false) => Label::without(COVID_19, Provenance::Folder, published),
                None => {
                    reader.exclude(None, Some(&file), Reason::OutsideClassFolders);
                    continue;
                }
            };
            let mut record = reader.record_of_file("", &file);
            record.label = label;
            record.modality = Modality::XRay;
            record.origin = Origin::AugmentedFromUnknown;
            record.licence = Some("CC BY 4.0".to_owned());
            reader.add(record);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn stars_stand_for_any_characters_of_one_name() {
        for (folder, pattern, expected) in [
            ("x/positive", "x/positive", true),
            ("x/positive/more", "x/positive", true),
            ("x/positives", "x/positive", false),
            ("x", "x/positive", false),
            ("part 12/COVID aug", "part */COVID*", true),
            ("part 12/deep/COVID aug", "part */COVID*", false),
            ("abcbc", "a*bc", true),
            ("abcb", "a*bc", false),
            ("ab", "a*b*b", false),
            ("axbyb", "a*b*b", true),
            ("anything", "*", true),
            ("", "*", true),
        ] {
            assert_eq!(super::is_below(folder, pattern), expected, "{folder} {pattern}");
        }
    }
}
