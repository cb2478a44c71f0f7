//! Drawn collections, assembled by a recipe, for the tests of whole data sets.

use std::path::{Path, PathBuf};

use radiograph_classes::Classes;
use radiograph_dataset::{
    identifiers::Identifiers,
    manifest::{Manifest, Row},
    prepare::{Prepared, prepare, with_threads},
    recipe::Recipe,
    source::recognise,
    verify::{Films, Verification, verify},
};
use radiograph_phantoms::collection::{Collections, Planted};

pub(crate) type Named = fn(Classes) -> Recipe;

pub(crate) struct Scene {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) planted: Planted,
}

impl Scene {
    pub(crate) fn of(patients: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let phantoms = Collections { seed: 5, patients, side: 64 };
        let planted = phantoms.write(&folder.path().join("phantoms"), |_, _| ()).unwrap();
        Self { folder, planted }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("phantoms/collections")
    }

    pub(crate) fn prepare(&self, named: Named, threads: usize, reversed: bool) -> Prepared {
        self.prepare_as(&Identifiers::Kept, named, threads, reversed)
    }

    pub(crate) fn prepare_as(
        &self,
        identifiers: &Identifiers,
        named: Named,
        threads: usize,
        reversed: bool,
    ) -> Prepared {
        let mut sources = recognise(&self.data()).unwrap().sources;
        if reversed {
            sources.reverse();
        }
        let recipe = named(Classes::of_the_paper());
        let work = || prepare(&self.data(), &sources, &recipe, identifiers, 7, &|_| ());
        with_threads(Some(threads), work).unwrap().unwrap()
    }

    /// The folder that a recipe's files are written to.
    pub(crate) fn written(&self, named: Named) -> PathBuf {
        let out = self.folder.path().join(named(Classes::of_the_paper()).name);
        self.prepare(named, 2, false).write(&out).unwrap();
        out
    }
}

pub(crate) fn check(out: &Path) -> Verification {
    verify(out, Films::Recorded, &|_| ()).unwrap()
}

pub(crate) fn edit(out: &Path, change: impl FnOnce(&mut Vec<Row>)) {
    let path = out.join(Prepared::MANIFEST);
    let mut rows = Manifest::read(&path).unwrap().rows().to_vec();
    change(&mut rows);
    Manifest::new(rows).unwrap().write(&path).unwrap();
}
