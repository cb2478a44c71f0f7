//! A run of drawn films in which a shortcut can be planted.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use radiograph_audit::{Audit, Probe, ProbeResult};
use radiograph_dataset::{
    Label, Provenance, SourceName, View,
    source::{CollectionReader, Source, SourceError},
};
use radiograph_image::{Picture, Samples, encode_png};
use radiograph_phantoms::{Finding, Phantom};
use radiograph_run::{Config, Error, Progress, Run};

/// Side of a film.
pub(crate) const SIDE: u32 = 64;

/// One drawn film before it is written.
pub(crate) struct Film {
    pub(crate) number: u32,
    pub(crate) ill: bool,
    /// Which of two collections it goes into.
    pub(crate) west: bool,
    pub(crate) pixels: Vec<u8>,
    /// Width and height; the pixels are `width × height`.
    pub(crate) size: (u32, u32),
}

impl Film {
    /// Paints a bright mark into the upper left corner.
    pub(crate) fn mark(&mut self) {
        let (width, height) = self.size;
        for row in 0..height / 9 {
            for column in 0..width / 6 {
                self.pixels[(row * width + column) as usize] = 230;
            }
        }
    }

    /// Adds black rows below.
    pub(crate) fn lengthen(&mut self, rows: u32) {
        self.size.1 += rows;
        self.pixels.resize((self.size.0 * self.size.1) as usize, 0);
    }
}

/// Collections of films in a temporary folder.
pub(crate) struct Scene {
    place: tempfile::TempDir,
    sources: Vec<&'static str>,
}

impl Scene {
    /// Draws films of as many patients, half of them ill, changed by `change`.
    pub(crate) fn draw(patients: u32, change: impl Fn(&mut Film)) -> Self {
        let place = tempfile::tempdir().unwrap();
        let mut sources = Vec::new();
        for number in 0..patients {
            let (ill, west) = (number % 2 == 0, number % 4 >= 2);
            let finding = if ill { Finding::GroundGlass } else { Finding::None };
            let phantom = Phantom { seed: 4, patient: number, film: 0, finding, bedside: false };
            let Samples::Gray8(pixels) = phantom.draw(SIDE).picture.into_8_bit().into_gray().into_samples()
            else {
                panic!("a gray film")
            };
            let mut film = Film { number, ill, west, pixels, size: (SIDE, SIDE) };
            change(&mut film);
            let source = if film.west { "west" } else { "east" };
            if !sources.contains(&source) {
                sources.push(source);
            }
            let folder = place.path().join("data").join(source);
            fs::create_dir_all(&folder).unwrap();
            let picture = Picture::new(film.size.0, film.size.1, Samples::Gray8(film.pixels)).unwrap();
            let name = format!("{}{number:04}.png", if film.ill { "a" } else { "b" });
            fs::write(folder.join(name), encode_png(&picture).unwrap()).unwrap();
        }
        sources.sort_unstable();
        Self { place, sources }
    }

    /// The folder of the collections.
    pub(crate) fn data(&self) -> PathBuf {
        self.place.path().join("data")
    }

    /// The run's folder.
    pub(crate) fn run(&self) -> PathBuf {
        self.place.path().join("run")
    }

    /// Settings of an audit that is quick.
    pub(crate) fn config(&self) -> Config {
        let text = "
            backbones = ['vgg19']
            audit = { permutations = 499, replicates = 200, controls = 0, blacked_out = [0.25] }
            [data]
            classes = ['ill', 'well']
            test_share = 0.4
            search_crops = false
            [training]
            folds = 2
        ";
        let mut config = Config::resolve(Some(text), &[]).unwrap();
        config.data.folder = self.data();
        let key = self.place.path().join("key");
        fs::write(&key, "1".repeat(64)).unwrap();
        config.data.key_file = Some(key);
        config
    }

    /// Opens the run, and hands it over with its films.
    pub(crate) fn open<T>(
        &self,
        config: Config,
        watch: &mut (dyn FnMut(Progress<'_>) -> ControlFlow<()> + Send),
        work: impl FnOnce(&mut Run<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let sources = self.sources.iter().map(|source| {
            let named = Letters { name: source, root: self.data().join(source) };
            Box::new(named) as Box<dyn Source>
        });
        let mut watch = |progress: Progress<'_>| watch(progress);
        let mut run = Run::open(config, &self.run(), &mut watch)?.with_sources(sources.collect());
        work(&mut run)
    }

    /// Assembles and audits.
    pub(crate) fn audit(&self) -> Audit {
        let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
        let audit = self.open(self.config(), &mut watch, |run| {
            run.assemble()?;
            run.audit()
        });
        audit.unwrap().unwrap()
    }
}

/// The result of one probe.
pub(crate) fn of(audit: &Audit, probe: Probe) -> &ProbeResult {
    audit.probes.iter().find(|of| of.probe == probe).unwrap()
}

/// A layout that no description knows: the class is the first letter of the file's name, the patient the rest.
struct Letters {
    name: &'static str,
    root: PathBuf,
}

impl Source for Letters {
    fn name(&self) -> SourceName {
        SourceName::new(self.name).unwrap()
    }

    fn root(&self) -> &Path {
        &self.root
    }

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        let files: Vec<String> = reader.folder().files().map(str::to_owned).collect();
        for file in files.iter().filter(|file| file.ends_with(".png")) {
            let mut record = reader.record_of_file("", file);
            let class = if file.starts_with('a') { "ill" } else { "well" };
            record.label = Label::of(class, Provenance::Folder, class);
            record.patient = reader.patient(&file[1..file.len() - 4]);
            record.view = View::Pa;
            reader.add(record);
        }
        Ok(())
    }
}
