//! Lists a collection's folder once and opens files of that list only, so that no name leads out of the folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{Cursor, Read},
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

use super::SourceError;
use crate::{
    Reason, SourceName,
    table::{Cells, CellsForm, TableError},
};

/// The plain files below a folder.
///
/// Links to files inside the folder count as files. Links that lead out of it, and linked folders, are not followed and
/// are kept with the reason, as are names that are not Unicode, folders that cannot be read, and those that lie so deep that
/// what is in them is not listed; what is not in the listing does not exist for an adapter.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    files: BTreeSet<String>,
    refused: BTreeMap<String, Reason>,
    contents: Option<BTreeMap<String, Vec<u8>>>,
}

impl Folder {
    /// Files that a collection may have.
    pub const FILE_LIMIT: usize = 2_000_000;
    /// Folders within folders that are walked.
    pub const DEPTH_LIMIT: usize = 16;

    /// Lists a folder.
    ///
    /// # Errors
    ///
    /// [`SourceError::Folder`] if `root` is not a folder, [`SourceError::TooManyFiles`] if it holds more than
    /// [`Folder::FILE_LIMIT`] files.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, SourceError> {
        let root = root.into();
        let real_root = match fs::canonicalize(&root) {
            Ok(real) if real.is_dir() => real,
            _ => return Err(SourceError::Folder { path: root }),
        };
        let mut folder = Self { root, files: BTreeSet::new(), refused: BTreeMap::new(), contents: None };
        // Below a canonical root, what is no link lies inside.
        for entry in WalkDir::new(&real_root).min_depth(1).max_depth(Self::DEPTH_LIMIT) {
            let (path, kind) = match &entry {
                Ok(entry) => (entry.path(), Some(entry.file_type())),
                Err(error) => (error.path().unwrap_or(&real_root), None),
            };
            let relative = path.strip_prefix(&real_root).unwrap_or(path);
            let Some(name) = slashed(relative) else {
                // Escaped, not mended: two such names stay two, and neither is that of another file.
                let name = relative.as_os_str().as_encoded_bytes().escape_ascii().to_string();
                folder.refused.insert(name, Reason::NameNotUnicode);
                continue;
            };
            match kind {
                None => _ = folder.refused.insert(name, Reason::FolderUnreadable),
                Some(kind) if kind.is_dir() => {
                    let deepest = entry.is_ok_and(|entry| entry.depth() == Self::DEPTH_LIMIT);
                    if let Some(reason) = deepest.then(|| below(&real_root.join(&name))).flatten() {
                        folder.refused.insert(name, reason);
                    }
                }
                Some(kind) if kind.is_file() => _ = folder.files.insert(name),
                Some(kind) if kind.is_symlink() => match link(path, &real_root) {
                    None => _ = folder.files.insert(name),
                    Some(reason) => _ = folder.refused.insert(name, reason),
                },
                Some(_) => _ = folder.refused.insert(name, Reason::NotAPlainFile),
            }
            if folder.files.len() + folder.refused.len() > Self::FILE_LIMIT {
                return Err(SourceError::TooManyFiles { path: folder.root, limit: Self::FILE_LIMIT });
            }
        }
        Ok(folder)
    }

    /// A folder that exists in memory only: relative path and content of each file. For tests and fuzzing.
    pub fn in_memory<N: Into<String>, C: Into<Vec<u8>>>(files: impl IntoIterator<Item = (N, C)>) -> Self {
        let contents: BTreeMap<String, Vec<u8>> =
            files.into_iter().map(|(name, content)| (name.into(), content.into())).collect();
        Self {
            root: PathBuf::from("in-memory"),
            files: contents.keys().cloned().collect(),
            refused: BTreeMap::new(),
            contents: Some(contents),
        }
    }

    /// A folder of which these files are known to be plain files.
    pub(crate) fn of_listing(root: &Path, files: impl IntoIterator<Item = String>) -> Self {
        let files = files.into_iter().collect();
        Self { root: root.to_owned(), files, refused: BTreeMap::new(), contents: None }
    }

    /// The folder, as given.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All files, sorted: paths relative to the folder, with `/` between components.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    /// Files below a folder of this one, sorted; the empty name is this folder.
    pub fn files_below(&self, below: &str) -> impl Iterator<Item = &str> {
        let prefix = if below.is_empty() { String::new() } else { format!("{below}/") };
        self.files
            .range(prefix.clone()..)
            .map(String::as_str)
            .take_while(move |file| file.starts_with(&prefix))
    }

    /// Whether there is such a file.
    pub fn contains(&self, file: &str) -> bool {
        self.files.contains(file)
    }

    /// What lies in the folder and must not or cannot be read, with the reason.
    pub fn refused(&self) -> impl Iterator<Item = (&str, &Reason)> {
        self.refused.iter().map(|(name, reason)| (name.as_str(), reason))
    }

    /// Opens a file of the listing.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotAFile`] if it is a folder, a link that leads out, a pipe or a device;
    /// [`SourceError::NoMetadata`] if there is nothing of that name (`layout` says where it should lie);
    /// [`SourceError::Read`] if the system refuses.
    pub fn open_file(&self, file: &str, layout: &'static str) -> Result<Box<dyn Read + '_>, SourceError> {
        let path = self.root.join(file);
        if !self.contains(file) {
            let is_there =
                self.refused.contains_key(file) || self.files_below(file).next().is_some() || path.is_dir();
            return Err(if is_there {
                SourceError::NotAFile { path }
            } else {
                SourceError::NoMetadata { path, layout }
            });
        }
        match self.contents.as_ref().and_then(|contents| contents.get(file)) {
            Some(content) => Ok(Box::new(Cursor::new(content))),
            None => match File::open(&path) {
                Ok(file) => Ok(Box::new(file)),
                Err(source) => Err(SourceError::Read { path, source }),
            },
        }
    }

    /// Reads a table of the listing, whatever its form.
    ///
    /// # Errors
    ///
    /// As [`open_file`](Self::open_file) and [`Cells::read`]; [`TableError::TooLarge`] above [`Cells::SIZE_LIMIT`].
    pub fn cells(&self, file: &str, form: &CellsForm) -> Result<Cells, SourceError> {
        let path = self.root.join(file);
        let mut bytes = Vec::new();
        let read = self.open_file(file, "")?.take(Cells::SIZE_LIMIT + 1).read_to_end(&mut bytes);
        match read {
            Err(source) => Err(SourceError::Read { path, source }),
            Ok(read) if read as u64 > Cells::SIZE_LIMIT => {
                Err(TableError::TooLarge { path, limit: Cells::SIZE_LIMIT }.into())
            }
            Ok(_) => Ok(Cells::read(&bytes, &path, form)?),
        }
    }

    /// Opens a file that lies beside this folder, in the one around it: its path, its content, and what this folder is
    /// called there. `None` if there is no such file, as there never is around a folder in memory.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotAFile`] if it is a folder, a link that leads out of the folder around, a pipe or a device;
    /// [`SourceError::Read`] if the system refuses.
    pub(crate) fn open_beside(&self, file: &str) -> Result<Option<(PathBuf, File, String)>, SourceError> {
        if self.contents.is_some() {
            return Ok(None);
        }
        // The given path may be relative or end in `..`; the real one has a name and a parent.
        let Ok(real) = self.root.canonicalize() else { return Ok(None) };
        let (Some(around), Some(name)) = (real.parent(), real.file_name().and_then(|name| name.to_str()))
        else {
            return Ok(None);
        };
        let path = around.join(file);
        let Ok(found) = fs::symlink_metadata(&path) else { return Ok(None) };
        let is_file = if found.is_symlink() { link(&path, around).is_none() } else { found.is_file() };
        if !is_file {
            return Err(SourceError::NotAFile { path });
        }
        match File::open(&path) {
            Ok(file) => Ok(Some((path, file, name.to_owned()))),
            Err(source) => Err(SourceError::Read { path, source }),
        }
    }

    /// The path, relative to this folder, of a file that a table names; `below` is the folder that its names are
    /// relative to. The file need not exist.
    ///
    /// # Errors
    ///
    /// The reason to refuse the name: it is blank, or it is absolute, or climbs by `..`, or passes a link that leads
    /// out, or holds a NUL character. Backslashes count as separators here, as Windows would have it.
    pub fn resolve(&self, below: &str, name: &str) -> Result<String, Reason> {
        if name.trim().is_empty() {
            return Err(Reason::NoName);
        }
        if name.contains('\0') {
            return Err(Reason::NameLeavesFolder("NUL character"));
        }
        let drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
        if name.starts_with(['/', '\\']) || drive {
            return Err(Reason::NameLeavesFolder("absolute path"));
        }
        if name.split(['/', '\\']).any(|component| component == "..") {
            return Err(Reason::NameLeavesFolder(".."));
        }
        let components = name.split('/').filter(|component| !matches!(*component, "" | "."));
        let mut path = below.to_owned();
        for component in components {
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(component);
            if let Some(reason) = self.refused.get(&path) {
                return Err(reason.clone());
            }
        }
        Ok(path)
    }
}

/// A folder's name as the name of a collection: `No Findings (2)` becomes `no-findings-2`.
pub(super) fn name_of(folder: &Path) -> Option<SourceName> {
    let real = folder.canonicalize().ok()?;
    let words: String = real
        .file_name()?
        .to_str()?
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { ' ' })
        .collect();
    SourceName::new(&words.split_whitespace().collect::<Vec<_>>().join("-")).ok()
}

/// Why what lies in a folder at the limit is not listed, if anything does.
fn below(deepest: &Path) -> Option<Reason> {
    match fs::read_dir(deepest) {
        Ok(mut entries) => entries.next().map(|_| Reason::TooDeep(Folder::DEPTH_LIMIT)),
        Err(_) => Some(Reason::FolderUnreadable),
    }
}

/// A relative path with `/` between its components, if it is Unicode.
fn slashed(path: &Path) -> Option<String> {
    let components: Option<Vec<&str>> =
        path.components().map(|component| component.as_os_str().to_str()).collect();
    Some(components?.join("/"))
}

/// Why a link must not be followed, if it must not.
fn link(path: &Path, real_root: &Path) -> Option<Reason> {
    match fs::canonicalize(path) {
        Ok(target) if !target.starts_with(real_root) => Some(Reason::LinkLeavesFolder),
        Ok(target) if target.is_dir() => Some(Reason::LinkedFolder),
        Ok(target) if target.is_file() => None,
        Ok(_) => Some(Reason::NotAPlainFile),
        Err(_) => Some(Reason::LinkLeavesFolder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_are_refused() {
        let folder = Folder::in_memory([("images/a.png", "")]);
        assert_eq!(folder.resolve("images", "a.png").unwrap(), "images/a.png");
        assert_eq!(folder.resolve("images", "./sub//a.png").unwrap(), "images/sub/a.png");
        assert_eq!(folder.resolve("", "..a..png").unwrap(), "..a..png");
        for name in [
            "../a.png",
            "x/../../a",
            "..",
            "..\\a",
            "/etc/passwd",
            "\\\\host\\share",
            "C:\\a",
            "c:a",
            "a\0.png",
        ] {
            assert!(matches!(folder.resolve("images", name), Err(Reason::NameLeavesFolder(_))), "{name:?}");
        }
        assert_eq!(folder.resolve("images", " "), Err(Reason::NoName));
    }

    #[test]
    #[cfg(unix)]
    fn links_that_lead_out_are_not_followed() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.png"), "").unwrap();
        let inside = tempfile::tempdir().unwrap();
        fs::write(inside.path().join("a.png"), "").unwrap();
        for (target, name) in [
            (outside.path().join("secret.png"), "file-out.png"),
            (outside.path().to_owned(), "folder-out"),
            (inside.path().join("nowhere"), "nowhere.png"),
            (inside.path().join("a.png"), "b.png"),
            (inside.path().to_owned(), "loop"),
        ] {
            std::os::unix::fs::symlink(target, inside.path().join(name)).unwrap();
        }
        let folder = Folder::open(inside.path()).unwrap();
        assert_eq!(folder.files().collect::<Vec<_>>(), ["a.png", "b.png"]);
        assert_eq!(folder.resolve("", "folder-out/secret.png"), Err(Reason::LinkLeavesFolder));
        assert_eq!(folder.resolve("", "file-out.png"), Err(Reason::LinkLeavesFolder));
        assert_eq!(folder.resolve("", "loop/a.png"), Err(Reason::LinkedFolder));
        assert!(matches!(folder.open_file("file-out.png", ""), Err(SourceError::NotAFile { .. })));
        assert_eq!(folder.refused().count(), 4);
    }

    #[test]
    fn what_lies_too_deep_is_named() {
        let root = tempfile::tempdir().unwrap();
        let deepest = vec!["f"; Folder::DEPTH_LIMIT].join("/");
        fs::create_dir_all(root.path().join(&deepest)).unwrap();
        let refused = || {
            let folder = Folder::open(root.path()).unwrap();
            folder.refused().map(|(name, reason)| (name.to_owned(), reason.clone())).collect::<Vec<_>>()
        };
        assert_eq!(refused(), []);
        fs::write(root.path().join(&deepest).join("a.png"), "").unwrap();
        assert_eq!(refused(), [(deepest, Reason::TooDeep(Folder::DEPTH_LIMIT))]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn names_that_are_not_unicode_stay_apart() {
        use std::os::unix::ffi::OsStrExt;

        let root = tempfile::tempdir().unwrap();
        for name in [&b"a\xfe.png"[..], b"a\xff.png", "a\u{fffd}.png".as_bytes()] {
            fs::write(root.path().join(std::ffi::OsStr::from_bytes(name)), "").unwrap();
        }
        let folder = Folder::open(root.path()).unwrap();
        let refused: Vec<_> = folder.refused().collect();
        let reason = Reason::NameNotUnicode;
        assert_eq!(refused, [("a\\xfe.png", &reason), ("a\\xff.png", &reason)]);
        assert_eq!(folder.files().collect::<Vec<_>>(), ["a\u{fffd}.png"]);
    }

    #[test]
    fn files_below_are_those_of_one_folder() {
        let folder = Folder::in_memory([("a/1", ""), ("a/2", ""), ("a-b/3", ""), ("b/4", "")]);
        assert_eq!(folder.files_below("a").collect::<Vec<_>>(), ["a/1", "a/2"]);
        assert_eq!(folder.files_below("").count(), 4);
    }
}
