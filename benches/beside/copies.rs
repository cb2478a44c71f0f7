//! The search for films that show the same picture, from files to pairs.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use radiograph_image::Limits;
use radiograph_same_picture::{SamePicture, Search, find, fingerprints};

use crate::{Outcome, Work, features::paths, timed, unknown};

pub(crate) struct Copies {
    files: Vec<PathBuf>,
}

impl Copies {
    /// Reads the paths in `files.txt`, and writes the pairs of places to `pairs.txt`.
    pub(crate) fn prepare(folder: &Path) -> Outcome<Self> {
        let work = Self { files: paths(folder)? };
        let mut text = String::new();
        for SamePicture { first, second, .. } in work.search(&equal_or_near())? {
            writeln!(text, "{first} {second}")?;
        }
        fs::write(folder.join("pairs.txt"), text)?;
        Ok(work)
    }

    fn search(&self, settings: &Search) -> Outcome<Vec<SamePicture>> {
        let prints: Result<Vec<_>, _> = fingerprints(&self.files, &Limits::default()).into_iter().collect();
        Ok(find(&prints?, settings)?)
    }
}

/// What peers look for: no crops, no negatives, no changed gray values.
fn equal_or_near() -> Search {
    Search { crops: false, altered: false, turned: false, ..Search::default() }
}

impl Work for Copies {
    fn perform(&mut self, piece: &str) -> Outcome<f64> {
        match piece {
            "equal-or-near" => timed(|| self.search(&equal_or_near())),
            "whole-search" => timed(|| self.search(&Search::default())),
            _ => unknown(piece),
        }
    }
}
