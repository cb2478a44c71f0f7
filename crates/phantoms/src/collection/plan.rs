//! Plans which films go to which collection, under which names and with which defects. Draws no pixel.

use radiograph_classes::{COVID_19, NORMAL, PNEUMONIA};
use radiograph_image::{ImageFormat, preprocess::Transform};
use radiograph_input::Augmentation;
use radiograph_random::Stream;

use super::{
    Collections, Defect, MissingFile, PlannedImage, PlantedImage,
    dicom::Header,
    recipe::{Encoding, Recipe},
};
use crate::{Finding, Phantom};

/// Folders of the collections.
pub(super) const NIH: &str = "nih-chest-xrays";
pub(super) const COHEN: &str = "covid-chestxray-dataset";
pub(super) const HANNOVER: &str = "covid-19-image-repository";
pub(super) const CXNET: &str = "COVID-CXNet";
pub(super) const AUGMENTED: &str = "augmented";
pub(super) const DICOM: &str = "dicom-films";

/// Everything that will be written.
pub(super) struct Plan {
    pub(super) images: Vec<PlannedImage>,
    pub(super) rows_without_files: Vec<MissingFile>,
}

pub(super) fn plan(collections: &Collections) -> Plan {
    let mut planner = Planner { seed: collections.seed, images: Vec::new(), counts: Counts::default() };
    for patient in 0..collections.patients {
        planner.patient(patient);
    }
    let mut images = planner.images;
    images.sort_by(|a, b| a.planted.file.cmp(&b.planted.file));
    let missing = |collection: &str, name: &str| MissingFile {
        collection: collection.to_owned(),
        name: name.to_owned(),
    };
    let rows_without_files = vec![missing(COHEN, "phantom-withdrawn.jpg"), missing(CXNET, "9999.jpg")];
    Plan { images, rows_without_files }
}

struct Planner {
    seed: u64,
    images: Vec<PlannedImage>,
    counts: Counts,
}

/// Images so far, by which every n-th gets its defect: the first of each always does.
#[derive(Default)]
struct Counts {
    cohen: usize,
    /// Of Cohen's images, those that are not cut out of Hannover's.
    cohen_own: usize,
    cohen_ground_glass: usize,
    cohen_patients: u32,
    hannover: usize,
    cxnet: usize,
    cxnet_own: usize,
    dicom: usize,
    parents: usize,
}

/// One film and who is on it.
#[derive(Clone, Copy)]
struct Source {
    phantom: Phantom,
    age: u8,
    sex: &'static str,
    view: &'static str,
}

impl Planner {
    fn patient(&mut self, patient: u32) {
        let finding = Finding::ALL[patient as usize % 3];
        // Classes and collections go together, as they do in life.
        let homes = match finding {
            Finding::None => [NIH, COHEN, NIH, DICOM, NIH],
            Finding::LobarOpacity => [NIH, COHEN, NIH, NIH, COHEN],
            Finding::GroundGlass => [HANNOVER, COHEN, HANNOVER, CXNET, COHEN],
        };
        let home = homes[patient as usize / 3 % 5];
        let mut stream = Stream::new(self.seed, &format!("patient {patient} plan"));
        let (age, films) = (19 + stream.below(70) as u8, 1 + [0, 0, 1, 2][stream.below(4)]);
        // The first Hannover patient has several images whatever was drawn.
        let films = if patient == 2 { 3 } else { films };
        let bedside = stream.chance(match home {
            HANNOVER => 0.8,
            NIH => 0.2,
            _ => 0.4,
        });
        for film in 0..films {
            let phantom = Phantom { seed: self.seed, patient, film, finding, bedside };
            let sex = if phantom.is_female() { "F" } else { "M" };
            let source = Source { phantom, age, sex, view: if bedside { "AP" } else { "PA" } };
            match home {
                NIH => self.nih(source),
                COHEN => self.cohen(source, film == 0),
                HANNOVER => self.hannover(source),
                CXNET => self.cxnet_own(source),
                _ => self.dicom(source),
            }
        }
    }

    fn nih(&mut self, source: Source) {
        let (patient, film) = (source.phantom.patient + 1, source.phantom.film);
        let name = format!("{patient:08}_{film:03}.png");
        let folder = if patient.is_multiple_of(2) { "images_001/images" } else { "images_002/images" };
        let mut image = planned(NIH, format!("{folder}/{name}"), source, png());
        image.planted.id = format!("nih:{name}");
        image.planted.patient = Some(format!("nih:{patient:08}"));
        self.images.push(image);
    }

    fn cohen(&mut self, source: Source, first_film: bool) {
        self.counts.cohen_patients += u32::from(first_film);
        let number = self.counts.cohen_own;
        self.counts.cohen_own += 1;
        let (extension, encoding, defect) = match number % 8 {
            0 => ("jpg", png(), Some(Defect::ExtensionLies)),
            3 => ("png", Encoding::GrayAsColour(ImageFormat::Png), None),
            5 => ("png", png(), None),
            2 if number == 2 => ("png", Encoding::Truncated, Some(Defect::Truncated)),
            _ => ("jpeg", Encoding::File(ImageFormat::Jpeg), None),
        };
        let mut image = self.cohen_image(source, self.counts.cohen_patients, extension, encoding);
        image.planted.defects.extend(defect);
        let parent = image.clone();
        self.images.push(image);
        if defect == Some(Defect::Truncated) {
            return;
        }
        self.counts.parents += 1;
        if source.phantom.finding == Finding::GroundGlass {
            if self.counts.cohen_ground_glass.is_multiple_of(2) {
                self.cxnet_copy(&parent);
            }
            self.counts.cohen_ground_glass += 1;
        }
        if self.counts.parents % 2 == 1 {
            self.children(&parent);
        }
    }

    fn cohen_image(
        &mut self,
        source: Source,
        patient: u32,
        extension: &str,
        encoding: Encoding,
    ) -> PlannedImage {
        self.counts.cohen += 1;
        let name = format!("phantom-{:04}-{}.{extension}", self.counts.cohen, source.view);
        let mut image = planned(COHEN, format!("images/{name}"), source, encoding);
        image.planted.id = format!("cohen:{name}");
        image.planted.patient = Some(format!("cohen:{patient}"));
        image
    }

    fn hannover(&mut self, source: Source) {
        let number = self.counts.hannover;
        self.counts.hannover += 1;
        let mut stream = Stream::new(self.seed, &format!("hannover {number}"));
        let name = format!("{:08x}.png", stream.bits() >> 32);
        let mut image = planned(HANNOVER, format!("png/{name}"), source, png());
        // A landscape format, as the hospital's plates have.
        image.recipe.cut = Some([0.0, 0.07, 1.0, 0.86]);
        image.planted.id = format!("hannover:{name}");
        image.planted.patient =
            Some(format!("hannover:{:08x}", patient_key(self.seed, source.phantom.patient)));
        image.planted.age = None;
        let parent = image.clone();
        self.images.push(image);
        match number % 3 {
            0 => self.cohen_crop(&parent, source),
            1 => self.cxnet_crop(&parent, source, &mut stream),
            _ => {}
        }
    }

    /// The centre square of a Hannover image, smaller and as JPEG, under a patient number of its own.
    fn cohen_crop(&mut self, parent: &PlannedImage, source: Source) {
        self.counts.cohen_patients += 1;
        let patient = self.counts.cohen_patients;
        let mut image = self.cohen_image(source, patient, "jpg", Encoding::File(ImageFormat::Jpeg));
        image.recipe.cut = Some([0.07, 0.07, 0.86, 0.86]);
        image.recipe.scale = 0.75;
        derived(&mut image, parent, Defect::CroppedCopy);
        self.images.push(image);
    }

    /// A piece of a Hannover image, cut by hand; the table writes its extension in lower case.
    fn cxnet_crop(&mut self, parent: &PlannedImage, source: Source, stream: &mut Stream) {
        let mut image = self.cxnet_image(source, "PNG", png());
        let (left, top) = (stream.between(0.02, 0.10), stream.between(0.08, 0.14));
        image.recipe.cut = Some([left, top, stream.between(0.80, 0.88), stream.between(0.74, 0.78)]);
        image.recipe.scale = 0.9;
        derived(&mut image, parent, Defect::CroppedCopy);
        image.planted.defects.push(Defect::NameDiffers);
        self.images.push(image);
    }

    /// The bytes of a Cohen image under another name.
    fn cxnet_copy(&mut self, parent: &PlannedImage) {
        let phantom = parent.recipe.phantom;
        let extension = parent.file.rsplit('.').next().unwrap_or("png").to_owned();
        let source = Source { phantom, age: 0, sex: "", view: "" };
        let mut image = self.cxnet_image(source, &extension, parent.recipe.encoding.clone());
        image.recipe = parent.recipe.clone();
        derived(&mut image, parent, Defect::ByteCopy);
        if parent.planted.defects.contains(&Defect::ExtensionLies) {
            image.planted.defects.push(Defect::ExtensionLies);
        }
        image.planted.defects.push(Defect::NoRow);
        (image.planted.patient, image.planted.sex, image.planted.age) = (None, None, None);
        self.images.push(image);
    }

    fn cxnet_own(&mut self, source: Source) {
        let (extension, encoding, defect) = match self.counts.cxnet_own % 4 {
            0 => ("png", Encoding::File(ImageFormat::WebP), Some(Defect::ExtensionLies)),
            1 => ("png", Encoding::File(ImageFormat::Jpeg), Some(Defect::ExtensionLies)),
            2 => ("jfif", Encoding::File(ImageFormat::Jpeg), None),
            _ => ("PNG", png(), Some(Defect::NameDiffers)),
        };
        self.counts.cxnet_own += 1;
        let mut image = self.cxnet_image(source, extension, encoding);
        image.planted.defects.extend(defect);
        self.images.push(image);
    }

    /// Numbers from 260 on have rows, those of copies have none.
    fn cxnet_image(&mut self, source: Source, extension: &str, encoding: Encoding) -> PlannedImage {
        self.counts.cxnet += 1;
        let name = format!("{}.{extension}", 259 + self.counts.cxnet);
        let mut image = planned(CXNET, format!("chest_xray_images/covid19/{name}"), source, encoding);
        image.planted.id = format!("covid-cxnet:{name}");
        image.planted.patient = Some(format!("covid-cxnet:{}", source.phantom.patient));
        image.planted.view = Some("frontal (by collection)".to_owned());
        image
    }

    /// Two children of an image, mirrored half of the time; their parents are not named.
    fn children(&mut self, parent: &PlannedImage) {
        let covid = parent.recipe.phantom.finding == Finding::GroundGlass;
        for child in 0..2 {
            let stem =
                parent.file.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
            let name = format!("{}/aug_{stem}_{child}.png", if covid { "COVID-19" } else { "non-COVID" });
            let augmentation = Augmentation { rotation: 12.0, shift: 0.06, flip: true };
            let source = Source { phantom: parent.recipe.phantom, age: 0, sex: "", view: "" };
            let mut image = planned(AUGMENTED, name.clone(), source, png());
            image.recipe = Recipe {
                moved: Transform::draw(&augmentation, self.seed, &parent.planted.id, child).ok(),
                encoding: png(),
                ..parent.recipe.clone()
            };
            derived(&mut image, parent, Defect::Augmented);
            image.planted.id = format!("mendeley-augmented:{name}");
            image.planted.class = covid.then(|| COVID_19.to_string());
            (image.planted.patient, image.planted.view) = (None, None);
            (image.planted.sex, image.planted.age) = (None, None);
            self.images.push(image);
        }
    }

    fn dicom(&mut self, source: Source) {
        self.counts.dicom += 1;
        let number = self.counts.dicom as u64;
        let patient = format!("PHANTOM{:05}", source.phantom.patient);
        let header = Header {
            patient: patient.clone(),
            number,
            sex: source.sex,
            age: source.age,
            view: source.view,
            inverted: number.is_multiple_of(2),
        };
        // Archives often export without an extension.
        let name = if number % 3 == 2 { format!("IM{number:05}") } else { format!("IM{number:05}.dcm") };
        let mut image = planned(DICOM, name.clone(), source, Encoding::Dicom(header));
        image.planted.id = format!("{DICOM}:{name}");
        image.planted.patient = Some(format!("{DICOM}:{patient}"));
        image.planted.class = None;
        self.images.push(image);
    }
}

fn png() -> Encoding {
    Encoding::File(ImageFormat::Png)
}

/// A whole film in a collection, its id and patient still to be set.
fn planned(collection: &'static str, file: String, source: Source, encoding: Encoding) -> PlannedImage {
    let Source { phantom, age, sex, view } = source;
    let class = match phantom.finding {
        Finding::None => NORMAL.to_string(),
        Finding::LobarOpacity => PNEUMONIA.to_string(),
        Finding::GroundGlass => COVID_19.to_string(),
    };
    let format = match &encoding {
        Encoding::File(format) | Encoding::GrayAsColour(format) => *format,
        Encoding::Truncated => ImageFormat::Png,
        Encoding::Dicom(_) => ImageFormat::Dicom,
    };
    let path = format!("{collection}/{file}");
    let mask =
        (phantom.finding != Finding::None).then(|| format!("masks/{}.png", path.replace(['/', '.'], "_")));
    let planted = PlantedImage {
        file: path,
        id: String::new(),
        patient: None,
        class: Some(class),
        view: Some(view.to_owned()),
        sex: Some(sex.to_owned()),
        age: Some(age),
        phantom_patient: phantom.patient,
        phantom_film: phantom.film,
        finding: phantom.finding,
        mask,
        format: format.to_string(),
        derived_from: None,
        defects: Vec::new(),
    };
    let recipe = Recipe { phantom, cut: None, moved: None, scale: 1.0, encoding };
    PlannedImage { collection, file, recipe, planted }
}

fn derived(image: &mut PlannedImage, parent: &PlannedImage, how: Defect) {
    image.planted.derived_from = Some(parent.planted.id.clone());
    image.planted.mask = None;
    image.planted.defects.push(how);
}

/// Patients of the Hannover layout have hexadecimal names.
fn patient_key(seed: u64, patient: u32) -> u64 {
    Stream::new(seed, &format!("hannover patient {patient}")).bits() >> 32
}
