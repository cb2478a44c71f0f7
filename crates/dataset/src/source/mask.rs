//! Tells masks (drawings of where lungs or lesions are) from films by the names of files and folders.
//!
//! A row of a table that describes a file says more than its name; what its pixels say, [`PixelStatistics`] finds out.
//!
//! [`PixelStatistics`]: crate::scan::PixelStatistics

/// How a file's name says that it is a mask: a folder called `masks`, `lung masks`, `infection_mask`, … or a file called
/// `12_mask.png`, `12-mask.png` or `mask_12.png`. Words are compared whole and without regard to case.
pub(super) fn is_mask_by_name(file: &str) -> Option<&'static str> {
    let (folders, name) = file.rsplit_once('/').unwrap_or(("", file));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if folders.split('/').any(|folder| words(folder).any(is_mask)) {
        Some("its folder is called so")
    } else if words(stem).next().is_some_and(is_mask) || words(stem).last().is_some_and(is_mask) {
        Some("the file is called so")
    } else {
        None
    }
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn is_mask(word: &str) -> bool {
    word.eq_ignore_ascii_case("mask") || word.eq_ignore_ascii_case("masks")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_masks() {
        for file in [
            "COVID/masks/COVID-1.png",
            "Train/COVID-19/lung masks/covid_1.png",
            "Infection_Masks/a/1.png",
            "a/12_mask.png",
            "12-MASK.PNG",
            "mask_12.png",
        ] {
            assert!(is_mask_by_name(file).is_some(), "{file}");
        }
        for file in
            ["COVID/images/COVID-1.png", "masked/1.png", "unmasked_12.png", "o2 mask on.png", "1.png", ""]
        {
            assert_eq!(is_mask_by_name(file), None, "{file}");
        }
    }
}
