//! Finds the film that a row names, as exactly as the name allows.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use super::film::Film;
use crate::{
    Reason,
    source::{Folder, is_image},
};

/// The films of a collection by name.
pub(super) struct Names<'a> {
    films: &'a [Film],
    /// Folders that names are relative to.
    below: [&'a str; 3],
    exact: HashMap<&'a str, usize>,
    /// By path without regard to case, Unicode form and extension.
    loose: HashMap<String, Vec<usize>>,
    /// By name without its folder, as loosely.
    last: HashMap<String, Vec<usize>>,
}

impl<'a> Names<'a> {
    /// `below`: folders that names are relative to, the likeliest one first.
    pub(super) fn new(films: &'a [Film], below: [&'a str; 3]) -> Self {
        let (mut loose, mut last): (HashMap<String, Vec<usize>>, HashMap<String, Vec<usize>>) =
            Default::default();
        for (at, film) in films.iter().enumerate() {
            let plain = plain(&film.file);
            last.entry(last_part(&plain).to_owned()).or_default().push(at);
            loose.entry(plain).or_default().push(at);
        }
        let exact = films.iter().enumerate().map(|(at, film)| (film.file.as_str(), at)).collect();
        Self { films, below, exact, loose, last }
    }

    /// The path of a film.
    pub(super) fn file(&self, at: usize) -> &str {
        &self.films[at].file
    }

    /// The film of this name.
    ///
    /// # Errors
    ///
    /// The reason to refuse the name (see [`Folder::resolve`]), [`Reason::AmbiguousName`] if it fits several films and none
    /// exactly, [`Reason::RowWithoutFile`] if it fits none.
    pub(super) fn find(&self, name: &str, folder: &Folder) -> Result<usize, Reason> {
        let name = name.trim();
        let slashed = name.replace('\\', "/");
        let mut paths = Vec::new();
        for below in self.below {
            paths.push(folder.resolve(below, name)?);
            if slashed != name {
                paths.push(folder.resolve(below, &slashed)?);
            }
        }
        if let Some(at) = paths.iter().find_map(|path| self.exact.get(path.as_str())) {
            return Ok(*at);
        }
        // Tables name films from folders above this one, too.
        let mut inner = slashed.as_str();
        while let Some((_, below)) = inner.split_once('/') {
            if let Some(at) = self.exact.get(below).filter(|_| below.contains('/')) {
                return Ok(*at);
            }
            inner = below;
        }
        let by_path = paths.iter().filter_map(|path| self.loose.get(&plain(path)));
        let by_name = self.last.get(last_part(&plain(&slashed)));
        match by_path.chain(by_name).next().map(Vec::as_slice) {
            None => Err(Reason::RowWithoutFile { similar: None }),
            Some([at]) => Ok(*at),
            Some(several) => {
                let files = several.iter().take(3).map(|at| self.films[*at].file.clone()).collect();
                Err(Reason::AmbiguousName { files })
            }
        }
    }
}

/// A path without the extension of an image, in lower case, composed as Unicode recommends.
fn plain(path: &str) -> String {
    let end = if is_image(path) { path.rfind('.').unwrap_or(path.len()) } else { path.len() };
    path[..end].nfc().flat_map(char::to_lowercase).collect()
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
