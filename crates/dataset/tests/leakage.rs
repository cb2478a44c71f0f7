//! A certificate cannot be empty, and no edit of it or of its manifest goes unnoticed.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod scene;

use std::{fs, path::Path};

use radiograph_dataset::{
    certificate::{LeakKind, Verdict},
    manifest::{Manifest, Place, PrivateFiles, Row},
    prepare::Prepared,
    recipe::Recipe,
    verify::{Difference, Films, verify},
};
use radiograph_files::ContentHash;
use radiograph_image::{Limits, Picture, Samples, decode_file, encode_png};
use scene::{Scene, check, edit};
use serde_json::{Value, json};

/// Enough for every collection and class, and few enough to be verified many times.
const PATIENTS: u32 = 30;

/// Whether a verification fails or finds a difference.
fn is_noticed(out: &Path, films: Films<'_>) -> bool {
    verify(out, films, &|_| ()).map_or(true, |found| !found.differences.is_empty())
}

/// Every column of a row, changed by itself, and rows that are taken away, doubled or exchanged. No film is needed to notice it.
#[test]
fn every_single_edit_of_a_manifest_is_noticed() {
    let scene = Scene::of(PATIENTS);
    let out = scene.written(Recipe::trustworthy);
    assert!(!is_noticed(&out, Films::Recorded) && !is_noticed(&out, Films::Absent));
    let path = out.join(Prepared::MANIFEST);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len() - 1, scene.planted.images.len());
    let columns: Vec<&str> = lines[0].split(',').collect();
    let at = |part: &str| lines.iter().position(|line| line.contains(part)).unwrap();
    let (train, test, excluded) = (at(",train,"), at(",test,"), at(",excluded,"));
    let joined = |lines: &[String]| lines.join("\n") + "\n";
    let owned = || lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();

    let mut edits: Vec<(String, String)> = Vec::new();
    for (name, line) in [("train", train), ("test", test), ("excluded", excluded)] {
        let cells: Vec<&str> = lines[line].split(',').collect();
        // A quoted sentence has commas of its own, and stands last.
        for (column, title) in columns.iter().enumerate() {
            let mut changed: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
            changed[column] = match (*title, cells[column]) {
                ("part", "train") => "test".to_owned(),
                ("part", _) => "train".to_owned(),
                ("augmented" | "drawn" | "validates", "yes") => "no".to_owned(),
                ("augmented" | "drawn" | "validates", _) => "yes".to_owned(),
                ("content_hash", hash) => hash.chars().rev().collect(),
                ("class", "normal") => "pneumonia".to_owned(),
                ("class", _) => "normal".to_owned(),
                (_, "") => "1".to_owned(),
                (_, cell) => format!("{cell}1"),
            };
            let mut edited = owned();
            edited[line] = changed.join(",");
            edits.push((format!("{title} of a {name} image"), joined(&edited)));
        }
        let mut without = owned();
        without.remove(line);
        edits.push((format!("a {name} image taken away"), joined(&without)));
        let mut doubled = owned();
        doubled.insert(line, lines[line].to_owned());
        edits.push((format!("a {name} image twice"), joined(&doubled)));
    }
    let mut exchanged = owned();
    exchanged.swap(1, 2);
    edits.push(("two rows exchanged".to_owned(), joined(&exchanged)));
    edits.push(("an empty line".to_owned(), format!("{text}\n")));
    edits.push(("all train in one fold".to_owned(), text.replace(",train,2,", ",train,1,")));
    edits.push(("all tested images are excluded".to_owned(), text.replace(",test,", ",excluded,")));
    assert!(edits.len() >= 50, "{} edits", edits.len());
    for (what, edited) in edits {
        assert_ne!(edited, text, "{what}");
        fs::write(&path, edited).unwrap();
        assert!(is_noticed(&out, Films::Absent), "{what}");
    }
}

/// Places of all single values of a certificate.
fn values(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(key, value)| values(value, &format!("{place}/{key}"), found));
        }
        Value::Array(list) if !list.is_empty() => {
            list.iter().enumerate().for_each(|(at, value)| values(value, &format!("{place}/{at}"), found));
        }
        _ => found.push(place.to_owned()),
    }
}

/// Another value of the same kind.
fn other(value: &Value) -> Value {
    match value {
        Value::Null => json!("another"),
        Value::Bool(yes) => json!(!yes),
        Value::Number(number) if number.is_f64() => json!(number.as_f64().unwrap() * 0.99),
        Value::Number(number) => json!(number.as_u64().unwrap() + 1),
        Value::String(text) => json!(format!("{text} ")),
        Value::Array(_) => json!(["another"]),
        Value::Object(_) => json!({"another": 1}),
    }
}

/// A text as the program seals it: a careful forger's.
fn seal(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap();
    let body = text.strip_suffix("\n}").unwrap();
    format!("{body},\n  \"seal\": \"{}\"\n}}\n", ContentHash::of_bytes(body.as_bytes()))
}

/// A value of a certificate is noticed by its seal, and a forger who seals anew is noticed by what is computed again: only
/// settings that change no result can be forged.
#[test]
fn every_single_edit_of_a_certificate_is_noticed_even_if_it_is_sealed_anew() {
    let scene = Scene::of(PATIENTS);
    let out = scene.written(Recipe::trustworthy);
    let path = out.join(Prepared::CERTIFICATE);
    let text = fs::read_to_string(&path).unwrap();
    let mut whole: Value = serde_json::from_str(&text).unwrap();
    let sealed = whole.as_object_mut().unwrap().remove("seal").unwrap();
    // The order of keys is another one here; the seal is of the text.
    fs::write(&path, seal(&whole)).unwrap();
    assert!(sealed.is_string() && !is_noticed(&out, Films::Recorded));

    let mut places = Vec::new();
    values(&whole, "", &mut places);
    assert!(places.len() >= 100, "{} values", places.len());
    // Twelve of the many counts of crossings stand for all.
    let (crossings, singles): (Vec<_>, Vec<_>) = places
        .into_iter()
        .partition(|place| place.starts_with("/folds/") || place.starts_with("/class_by_source"));
    let tried: Vec<&String> = singles.iter().chain(crossings.iter().step_by(crossings.len() / 12)).collect();
    assert!(tried.len() >= 50, "{} edits", tried.len());
    let mut told_by_films = Vec::new();
    for place in tried {
        let edited = forged(&whole, &[place]);
        let plain = text.replace(
            &serde_json::to_string_pretty(&whole).unwrap(),
            &serde_json::to_string_pretty(&edited).unwrap(),
        );
        fs::write(&path, if plain == text { edited.to_string() } else { plain }).unwrap();
        assert!(is_noticed(&out, Films::Absent), "{place}, not sealed");
        fs::write(&path, seal(&edited)).unwrap();
        // What the manifest alone tells is noticed at once; the films tell the rest.
        if !is_noticed(&out, Films::Absent) {
            told_by_films.push(place.as_str());
        }
    }
    // A search that claims to find more is made by the check, and finds nothing more here.
    told_by_films.retain(|place| !place.starts_with("/terms/search/"));
    let (terms, results): (Vec<&str>, Vec<&str>) =
        told_by_films.into_iter().partition(|place| place.starts_with("/terms/"));
    // Terms decide what is computed, so each is forged by itself. Results are compared one by one and forged together.
    let unnoticed = terms.into_iter().filter(|place| {
        fs::write(&path, seal(&forged(&whole, &[place]))).unwrap();
        !is_noticed(&out, Films::Recorded)
    });
    assert_eq!(unnoticed.collect::<Vec<_>>(), ["/terms/recipe", "/terms/source_out", "/terms/split/test"]);
    assert!(results.len() >= 10, "{results:?}");
    fs::write(&path, seal(&forged(&whole, &results))).unwrap();
    let found = check(&out).differences;
    for result in results {
        let is_named = |difference: &Difference| matches!(difference, Difference::Certificate { field, .. } if field == result);
        assert!(found.iter().any(is_named), "{result}");
    }
}

/// The certificate with other values at these places.
fn forged(whole: &Value, places: &[&str]) -> Value {
    let mut forged = whole.clone();
    for place in places {
        let value = forged.pointer_mut(place).unwrap();
        *value = other(value);
    }
    forged
}

/// A weaker search in a certificate hides nothing: the check searches as well as the default does.
#[test]
fn a_forged_search_hides_no_copy() {
    let scene = Scene::of(PATIENTS);
    let out = scene.written(Recipe::trustworthy);
    plant(&out, "mirrored", |film| film_of(film, |row, column, width| (row, width - 1 - column)));
    let path = out.join(Prepared::CERTIFICATE);
    let mut forged: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    forged.as_object_mut().unwrap().remove("seal");
    forged["terms"]["search"] = json!({"turned": false, "hash_distance": 0, "detail": 1.0, "crops": false});
    fs::write(&path, seal(&forged)).unwrap();
    let leaks = pictures_leaked(&out);
    assert!(leaks > 0);
}

/// A used image whose file cannot be decoded any more was compared with nothing.
#[test]
fn a_used_image_that_cannot_be_decoded_is_a_difference() {
    let scene = Scene::of(PATIENTS);
    let out = scene.written(Recipe::trustworthy);
    let film = film(&out);
    let files = PrivateFiles::read(&out).unwrap();
    let bytes = b"no picture".to_vec();
    fs::write(files.get(&film.id).unwrap().file(), &bytes).unwrap();
    edit(&out, |rows| {
        let row = rows.iter_mut().find(|row| row.id == film.id).unwrap();
        row.content_hash = ContentHash::of_bytes(&bytes);
    });
    let found = check(&out);
    let undecodable =
        |difference: &Difference| matches!(difference, Difference::Undecodable { id, .. } if *id == film.id);
    assert!(found.differences.iter().any(undecodable), "{:?}", found.differences);
    assert_eq!((found.certificate.verdict, found.certificate.coverage.unseen), (Verdict::Inconclusive, 1));
}

/// Copies of a film that is trained on, planted among the test images as somebody else's.
#[test]
fn copies_of_every_kind_are_found_among_test_images() {
    type Change = fn(&Picture) -> Vec<u8>;
    let kinds: [(&str, Change); 6] = [
        ("another format", |film| film_of(film, |row, column, _| (row, column))),
        ("mirrored", |film| film_of(film, |row, column, width| (row, width - 1 - column))),
        ("upside down", |film| film_of(film, |row, column, width| (width - 1 - row, column))),
        ("turned", |film| film_of(film, |row, column, width| (width - 1 - column, row))),
        ("cropped", |film| encode_png(&film.crop(4, 4, 54, 54).unwrap()).unwrap()),
        ("doubled in size", |film| film_of_size(film, 128, |row, column| (row / 2, column / 2))),
    ];
    let scene = Scene::of(PATIENTS);
    let out = scene.written(Recipe::trustworthy);
    assert_eq!(pictures_leaked(&out), 0);
    let manifest = fs::read(out.join(Prepared::MANIFEST)).unwrap();
    for (kind, change) in kinds {
        fs::write(out.join(Prepared::MANIFEST), &manifest).unwrap();
        plant(&out, kind, change);
        assert!(pictures_leaked(&out) > 0, "{kind}");
    }
}

/// The first square training image.
fn film(out: &Path) -> Row {
    let manifest = Manifest::read(&out.join(Prepared::MANIFEST)).unwrap();
    let files = PrivateFiles::read(out).unwrap();
    let is_square = |row: &&Row| {
        let picture = decode_file(&files.get(&row.id).unwrap().file(), &Limits::default()).unwrap();
        (picture.width(), picture.height()) == (64, 64)
    };
    manifest.train().find(is_square).unwrap().clone()
}

/// Puts a changed copy of a training film in the place of a test image.
fn plant(out: &Path, kind: &str, change: impl Fn(&Picture) -> Vec<u8>) {
    let files = PrivateFiles::read(out).unwrap();
    let file = files.get(&film(out).id).unwrap().file();
    let bytes = change(&decode_file(&file, &Limits::default()).unwrap().into_8_bit().into_gray());
    edit(out, |rows| {
        let tested = rows.iter_mut().find(|row| row.place == Place::Test).unwrap();
        fs::write(files.get(&tested.id).unwrap().file(), &bytes).unwrap();
        tested.content_hash = ContentHash::of_bytes(&bytes);
        tested.patient = Some(format!("{}:{}", tested.source(), kind.replace(' ', "-")).parse().unwrap());
        tested.group = format!("{}-alone", tested.id).into();
    });
}

fn film_of(film: &Picture, from: impl Fn(u32, u32, u32) -> (u32, u32)) -> Vec<u8> {
    let width = film.width();
    film_of_size(film, width, |row, column| from(row, column, width))
}

/// A square film whose pixels come from these rows and columns.
fn film_of_size(film: &Picture, side: u32, from: impl Fn(u32, u32) -> (u32, u32)) -> Vec<u8> {
    let Samples::Gray8(old) = film.samples() else { panic!("gray, 8 bits") };
    let places = (0..side).flat_map(|row| (0..side).map(move |column| (row, column)));
    let values = places.map(|(row, column)| {
        let (row, column) = from(row, column);
        old[(row * film.width() + column) as usize]
    });
    encode_png(&Picture::new(side, side, Samples::Gray8(values.collect())).unwrap()).unwrap()
}

/// Number of leaks by pictures from training to test.
fn pictures_leaked(out: &Path) -> usize {
    let leaked = |difference: &&Difference| matches!(difference, Difference::Leak { from, shared: LeakKind::Picture, .. } if from == "train");
    check(out).differences.iter().filter(leaked).count()
}
