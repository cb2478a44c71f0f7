//! Draws films that are flagged.

use std::{fs, path::Path};

use radiograph_image::{
    Picture, encode_png,
    flags::{Flag, Scores},
    sheet::contact_sheet,
};

use crate::Failure;

/// Films on a sheet, films in a row of it, and the side of a film in pixels.
const SHEET: (usize, u32, u32) = (12, 4, 380);

/// Writes contact sheets of the films that each flag flags, and prints the names of the films, row by row.
#[allow(clippy::print_stdout, reason = "a program")]
pub(crate) fn flagged(films: Vec<(String, Picture)>, folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)?;
    let (many, columns, tile) = SHEET;
    let scored: Vec<_> =
        films.into_iter().map(|(name, picture)| (Scores::of(&picture), name, picture)).collect();
    for flag in Flag::ALL {
        let flagged: Vec<_> =
            scored.iter().filter(|(scores, ..)| scores.score(flag) > flag.threshold()).collect();
        for (number, films) in (1..).zip(flagged.chunks(many)) {
            let pictures: Vec<_> = films.iter().map(|(.., picture)| picture.clone()).collect();
            let sheet = contact_sheet(&pictures, columns, tile).and_then(|sheet| encode_png(&sheet));
            let path = folder.join(format!("{}-{number}.png", flag.name()));
            fs::write(&path, sheet.ok_or("a sheet without films")?)?;
            println!("{}", path.display());
            for (scores, name, _) in films {
                println!("    {name} {:.3}", scores.score(flag));
            }
        }
    }
    Ok(())
}
