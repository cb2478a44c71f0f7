//! Finds the film that a row names, as exactly as the name allows.

use std::{borrow::Cow, cell::OnceCell, collections::HashMap};

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
    below: Vec<&'a str>,
    exact: HashMap<&'a str, usize>,
    /// Made for the first name that fits no film exactly: most tables have none.
    loose: OnceCell<Loose>,
}

/// Films by name without regard to case, Unicode form and extension.
#[derive(Default)]
struct Loose {
    /// By path.
    paths: HashMap<String, Vec<usize>>,
    /// By name without its folder.
    last: HashMap<String, Vec<usize>>,
}

impl<'a> Names<'a> {
    /// `below`: folders that names are relative to, the likeliest one first.
    pub(super) fn new(films: &'a [Film], below: [&'a str; 3]) -> Self {
        let exact = films.iter().enumerate().map(|(at, film)| (film.file.as_str(), at)).collect();
        let mut different: Vec<&str> = Vec::new();
        for folder in below {
            if !different.contains(&folder) {
                different.push(folder);
            }
        }
        Self { films, below: different, exact, loose: OnceCell::new() }
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
        let slashed = if name.contains('\\') { Cow::Owned(name.replace('\\', "/")) } else { name.into() };
        let mut paths = Vec::new();
        for below in &self.below {
            for spelling in std::iter::once(name).chain((slashed != name).then_some(&*slashed)) {
                let path = folder.resolve(below, spelling)?;
                if let Some(at) = self.exact.get(path.as_str()) {
                    return Ok(*at);
                }
                paths.push(path);
            }
        }
        // Tables name films from folders above this one, too.
        let mut inner = &*slashed;
        while let Some((_, below)) = inner.split_once('/') {
            if let Some(at) = self.exact.get(below).filter(|_| below.contains('/')) {
                return Ok(*at);
            }
            inner = below;
        }
        let loose = self.loose.get_or_init(|| Loose::of(self.films));
        let by_path = paths.iter().filter_map(|path| loose.paths.get(&plain(path)));
        let by_name = loose.last.get(last_part(&plain(&slashed)));
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

impl Loose {
    fn of(films: &[Film]) -> Self {
        let mut loose = Self::default();
        for (at, film) in films.iter().enumerate() {
            let plain = plain(&film.file);
            loose.last.entry(last_part(&plain).to_owned()).or_default().push(at);
            loose.paths.entry(plain).or_default().push(at);
        }
        loose
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
