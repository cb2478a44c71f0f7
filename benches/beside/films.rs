//! Draws films into folders of classes, for scripts that need image files.

use std::{fs, path::Path};

use radiograph_image::encode_png;
use radiograph_phantoms::{Finding, Phantom};
use rayon::prelude::*;

use crate::Outcome;

/// The classes of the folders, in the order of [`Finding::ALL`].
const CLASSES: [&str; 3] = ["normal", "pneumonia", "covid"];

/// Draws as many films as the first word says, with the side that the second word says. Each is of another patient.
pub(crate) fn draw(folder: &Path, words: &[&str]) -> Outcome<()> {
    let &[count, side] = words else { return Err("give a number of films and their side".into()) };
    let (count, side): (u32, u32) = (count.parse()?, side.parse()?);
    for class in CLASSES {
        fs::create_dir_all(folder.join(class))?;
    }
    (0..count).into_par_iter().try_for_each(|patient| -> Outcome<()> {
        let class = patient as usize % CLASSES.len();
        let finding = Finding::ALL[class];
        let phantom = Phantom { seed: 5, patient, film: 0, finding, bedside: patient.is_multiple_of(2) };
        let bytes = encode_png(&phantom.draw(side).picture.into_8_bit()).ok_or("no memory")?;
        fs::write(folder.join(CLASSES[class]).join(format!("film-{patient:05}.png")), bytes)?;
        Ok(())
    })
}
