//! Maps the images of a manifest to their files and to the names that their collections give them. Not to be shared.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs,
    io::Read,
    path::{Component, Path, PathBuf},
};

use radiograph_files::{FileError, create_folder, make_private, write_whole};
use serde::{Deserialize, Serialize};

use super::ManifestError;
use crate::{
    Day, PatientId, RecordId,
    table::{TableError, TableFormat, each_row},
};

/// The files of a manifest's images: a table with one row an image.
///
/// | column | holds |
/// |---|---|
/// | `id` | the image's id in the manifest |
/// | `image`, `patient` | `source:name` and `source:patient`, as the collection calls them |
/// | `folder`, `path` | where the data lies, and the file below it |
/// | `date` | day of the examination; only where a collection tells days |
///
/// Only extraction, prediction, drawing and verification read it. It is written for its owner alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PrivateFiles {
    path: PathBuf,
    files: BTreeMap<RecordId, PrivateFile>,
}

/// One image: its file and its names.
#[derive(Clone, Debug, PartialEq)]
pub struct PrivateFile {
    /// `source:name`, as the collection calls it.
    pub image: RecordId,
    /// `source:patient`, as the collection calls them.
    pub patient: Option<PatientId>,
    /// Day of the examination.
    pub date: Option<Day>,
    /// Absolute path of the folder that holds the data.
    pub folder: PathBuf,
    /// The file below [`folder`](Self::folder); never leads out of it.
    pub path: PathBuf,
}

impl PrivateFile {
    /// The file.
    pub fn file(&self) -> PathBuf {
        self.folder.join(&self.path)
    }
}

impl PrivateFiles {
    /// Folder of the table, and of all else that is not to be shared, beside the manifest.
    pub const FOLDER: &'static str = "private";
    /// Path of the table from the manifest's folder.
    pub const NAME: &'static str = "private/files.csv";

    /// The files of the images with these ids.
    pub fn new(files: impl IntoIterator<Item = (RecordId, PrivateFile)>) -> Self {
        Self { path: Self::NAME.into(), files: files.into_iter().collect() }
    }

    /// Reads the table beside the manifest in `folder`.
    ///
    /// # Errors
    ///
    /// [`ManifestError::Table`] if there is no such table; [`ManifestError::PrivateRow`] with what is wrong with a row.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let path = folder.join(Self::NAME);
        let file = fs::File::open(&path).map_err(|source| TableError::Read { path: path.clone(), source })?;
        Self::read_from(file, &path)
    }

    /// Reads the table from anywhere; `path` is for messages only.
    ///
    /// # Errors
    ///
    /// As [`PrivateFiles::read`].
    pub fn read_from(table: impl Read, path: &Path) -> Result<Self, ManifestError> {
        let wrong = |row: u64, fault: String| ManifestError::PrivateRow { path: path.to_owned(), row, fault };
        let mut files = BTreeMap::new();
        each_row(table, path, &TableFormat::utf8(&Cells::COLUMNS), |line, cells: Result<Cells, _>| {
            let cells = cells.map_err(|reason| wrong(line, reason.to_string()))?;
            let (id, file) = cells.into_file().map_err(|fault| wrong(line, fault))?;
            match files.entry(id) {
                Entry::Vacant(free) => drop(free.insert(file)),
                Entry::Occupied(taken) => {
                    return Err(wrong(line, format!("{} stands in an earlier line already", taken.key())));
                }
            }
            Ok::<_, ManifestError>(())
        })?;
        Ok(Self { path: path.to_owned(), files })
    }

    /// Writes the table below `folder`, whole or not at all, in a folder that only its owner may open.
    ///
    /// # Errors
    ///
    /// [`ManifestError::Write`].
    pub fn write(&self, folder: &Path) -> Result<(), ManifestError> {
        private_folder(folder)?;
        write_whole(&folder.join(Self::NAME), |file| {
            let mut table = csv::WriterBuilder::new().has_headers(false).from_writer(file);
            let date = self.files.values().any(|file| file.date.is_some()).then_some(Cells::DATE);
            table.write_record(Cells::COLUMNS.into_iter().chain(date)).map_err(std::io::Error::other)?;
            for (id, file) in &self.files {
                let cells = Cells::of(id, file);
                match date {
                    Some(_) => table.serialize((cells, file.date.map(|date| date.to_string()))),
                    None => table.serialize(cells),
                }
                .map_err(std::io::Error::other)?;
            }
            table.flush()
        })?;
        Ok(())
    }

    /// The file of an image.
    ///
    /// # Errors
    ///
    /// [`ManifestError::NoFile`] if the table has no row for it.
    pub fn get(&self, id: &RecordId) -> Result<&PrivateFile, ManifestError> {
        self.files.get(id).ok_or_else(|| ManifestError::NoFile { id: id.clone(), path: self.path.clone() })
    }

    /// The ids of the manifest with their files, by order of ids.
    pub fn iter(&self) -> impl Iterator<Item = (&RecordId, &PrivateFile)> {
        self.files.iter()
    }
}

/// Makes the folder of what is not to be shared, for its owner alone.
pub(crate) fn private_folder(folder: &Path) -> Result<PathBuf, FileError> {
    let private = folder.join(PrivateFiles::FOLDER);
    create_folder(&private)?;
    make_private(&private).map_err(|source| FileError::Write { path: private.clone(), source })?;
    Ok(private)
}

#[derive(Deserialize, Serialize)]
struct Cells {
    id: String,
    image: String,
    patient: String,
    folder: String,
    path: String,
    /// A column of its own, which not every table has.
    #[serde(default, skip_serializing)]
    date: String,
}

impl Cells {
    /// The column that is written only if a film has a date.
    const DATE: &str = "date";
    const COLUMNS: [&str; 5] = ["id", "image", "patient", "folder", "path"];

    fn of(id: &RecordId, file: &PrivateFile) -> Self {
        Self {
            id: id.to_string(),
            image: file.image.to_string(),
            patient: file.patient.as_ref().map(ToString::to_string).unwrap_or_default(),
            folder: file.folder.to_string_lossy().into_owned(),
            path: file.path.to_string_lossy().into_owned(),
            date: String::new(),
        }
    }

    fn into_file(self) -> Result<(RecordId, PrivateFile), String> {
        let named = |text: &str| text.parse::<RecordId>().map_err(|error| error.to_string());
        let patient = match self.patient.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|error: crate::IdError| error.to_string())?),
        };
        let path = PathBuf::from(&self.path);
        let stays = |component: Component<'_>| matches!(component, Component::Normal(_));
        if self.path.is_empty() || self.path.contains('\0') || !path.components().all(stays) {
            let shown: String = self.path.chars().take(80).collect();
            return Err(format!(
                "{shown:?} in column path; must be a relative path that stays in the folder"
            ));
        }
        let date = match self.date.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|error: crate::NoDay| error.to_string())?),
        };
        let file =
            PrivateFile { image: named(&self.image)?, patient, date, folder: self.folder.into(), path };
        Ok((named(&self.id)?, file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> PrivateFiles {
        let file = |path: &str, patient: Option<&str>| PrivateFile {
            image: "clinic:Doe, J.png".parse().unwrap(),
            patient: patient.map(|patient| patient.parse().unwrap()),
            date: None,
            folder: "/data".into(),
            path: path.into(),
        };
        PrivateFiles::new([
            ("clinic:2".parse().unwrap(), file("a/b, c.png", None)),
            ("clinic:1".parse().unwrap(), file("d.png", Some("clinic:17"))),
        ])
    }

    #[test]
    fn the_table_reads_back_and_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        files().write(folder.path()).unwrap();
        let read = PrivateFiles::read(folder.path()).unwrap();
        assert!(read.iter().eq(files().iter()));
        assert_eq!(read.get(&"clinic:2".parse().unwrap()).unwrap().file(), Path::new("/data/a/b, c.png"));
        let message = read.get(&"clinic:3".parse().unwrap()).unwrap_err().to_string();
        assert!(message.contains("clinic:3") && message.contains("private/files.csv"), "{message}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;

            let mode = fs::metadata(folder.path().join("private")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }

    #[test]
    fn days_stand_in_a_column_that_is_there_only_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let header = || {
            let text = fs::read_to_string(folder.path().join(PrivateFiles::NAME)).unwrap();
            text.lines().next().unwrap().to_owned()
        };
        files().write(folder.path()).unwrap();
        assert_eq!(header(), "id,image,patient,folder,path");
        let mut dated = files();
        dated.files.values_mut().next().unwrap().date = Day::read("2020-03-31");
        dated.write(folder.path()).unwrap();
        assert_eq!(header(), "id,image,patient,folder,path,date");
        assert!(PrivateFiles::read(folder.path()).unwrap().iter().eq(dated.iter()));
    }

    #[test]
    fn what_an_editor_can_break_is_named() {
        let folder = tempfile::tempdir().unwrap();
        files().write(folder.path()).unwrap();
        let path = folder.path().join(PrivateFiles::NAME);
        let text = fs::read_to_string(&path).unwrap();
        for (from, to, expected) in [
            ("d.png", "../../etc/passwd", "line 2: \"../../etc/passwd\" in column path"),
            ("d.png", "/etc/passwd", "stays in the folder"),
            ("d.png", "", "stays in the folder"),
            ("clinic:17", "17", "\"17\" is not an id"),
            ("clinic:2,", "clinic:1,", "clinic:1 stands in an earlier line already"),
            ("path\n", "pfad\n", "no column path"),
        ] {
            assert!(text.contains(from), "{from}");
            fs::write(&path, text.replacen(from, to, 1)).unwrap();
            let message = PrivateFiles::read(folder.path()).unwrap_err().to_string();
            assert!(message.contains(expected) && message.contains("files.csv"), "{expected}: {message}");
        }
    }
}
