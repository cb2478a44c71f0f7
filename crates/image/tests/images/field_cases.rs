//! Public bug reports as files, with the picture that is right (`RADIOGRAPH_FIELDCASES`). The kinds are in `films.rs` as
//! well, in small; here are the files of full size.

use std::fs;

use radiograph_image::{Limits, Samples, decode_file};

#[test]
fn field_cases_are_shown_right() {
    let Some(folder) = radiograph_needs::folder("RADIOGRAPH_FIELDCASES") else { return };
    let (mut cases, mut wrong) = (0, Vec::new());
    for entry in walkdir::WalkDir::new(&folder).sort_by_file_name() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy();
        let Some(name) = name.strip_suffix(".expected8.png") else { continue };
        let expected = decode_file(entry.path(), &Limits::default()).unwrap();
        let place = entry.path().parent().unwrap();
        let candidates = [
            place.join(format!("{name}.dcm")),
            place.join(format!("{name}.jpg")),
            place.join(format!("folder-of-such/{name}.dcm")),
        ];
        let file = candidates.into_iter().find(|path| path.is_file()).unwrap();
        cases += 1;
        let shown = match decode_file(&file, &Limits::default()) {
            Ok(picture) => picture.into_gray().into_8_bit(),
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        assert_eq!((shown.width(), shown.height()), (expected.width(), expected.height()), "{name}");
        let (Samples::Gray8(shown), Samples::Gray8(expected)) = (shown.samples(), expected.samples()) else {
            panic!("{name}: not gray")
        };
        let worst = shown.iter().zip(expected).map(|(shown, expected)| shown.abs_diff(*expected)).max();
        let allowed = if file.extension().is_some_and(|extension| extension == "jpg") { 3 } else { 1 };
        if worst > Some(allowed) {
            wrong.push(format!("{}: off by {worst:?}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases >= 14, "{cases} cases");
    let short = folder.join("07-pixel-data-excess-padding/too-short.dcm");
    if fs::exists(&short).unwrap() {
        let error = decode_file(&short, &Limits::default()).unwrap_err().to_string();
        assert!(error.contains("cut off"), "{error}");
    }
}
