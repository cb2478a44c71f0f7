//! A planted shortcut is found by the probe that can see it.

use std::fs;

use radiograph_audit::{Probe, Verdict};

use crate::scene::{Film, Scene, of};

/// Four of five ill films are changed, and one of five others.
fn mostly_ill(film: &Film) -> bool {
    film.ill != (film.number / 4).is_multiple_of(5)
}

#[test]
fn a_mark_in_the_corner_is_found_outside_the_lungs() {
    let audit = Scene::draw(200, |film| {
        if mostly_ill(film) {
            film.mark();
        }
    })
    .audit();
    assert_eq!(audit.verdict, Verdict::Found);
    for probe in [Probe::Border, Probe::CentreOut] {
        assert_eq!(of(&audit, probe).verdict, Verdict::Found, "{}", of(&audit, probe).sentence);
    }
    for probe in [Probe::SourcePrior, Probe::SourceInPictures] {
        assert_ne!(of(&audit, probe).verdict, Verdict::Found, "{}", of(&audit, probe).sentence);
    }
    assert!(
        audit.sentence.starts_with("The class can be told without looking at lungs"),
        "{}",
        audit.sentence
    );
    // One share beside the half that decides.
    assert_eq!(of(&audit, Probe::CentreOut).rows.len(), 2);
}

#[test]
fn a_size_of_files_is_found_in_metadata() {
    let audit = Scene::draw(200, |film| {
        if mostly_ill(film) {
            film.lengthen(2);
        }
    })
    .audit();
    assert_eq!(of(&audit, Probe::Metadata).verdict, Verdict::Found);
}

#[test]
fn sizes_of_a_published_list_count_for_more_than_those_of_smaller_copies() {
    let scene = Scene::draw(200, |_| ());
    let mut list = "file,format,mode,width,height,bytes\n".to_owned();
    for source in ["east", "west"] {
        for entry in fs::read_dir(scene.data().join(source)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let number: u32 = name[1..5].parse().unwrap();
            let side =
                if name.starts_with('a') != (number / 4).is_multiple_of(5) { 1024 } else { 1000 + number };
            list += &format!("{source}/{name},PNG,L,{side},{side},100000\n");
        }
    }
    fs::write(scene.data().join("original_sizes.csv"), list).unwrap();
    let audit = scene.audit();
    assert_eq!(of(&audit, Probe::Metadata).verdict, Verdict::Found);
    assert_ne!(of(&audit, Probe::Border).verdict, Verdict::Found);
}
