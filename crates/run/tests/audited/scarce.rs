//! What the data cannot answer is said in the verdict: one source, a class in one source, no files, few patients.

use std::fs;

use radiograph_audit::{Probe, Verdict};

use crate::scene::{Scene, of};

#[test]
fn one_source_cannot_be_told_from_another() {
    let audit = Scene::draw(60, |film| film.west = false).audit();
    for probe in [Probe::SourcePrior, Probe::SourceInPictures] {
        let result = of(&audit, probe);
        assert_eq!(result.sentence, "Cannot tell: all images come from one source.", "{probe}");
    }
    assert_eq!(audit.notes, ["All images come from one source; what the model does elsewhere is unknown."]);
}

#[test]
fn a_class_in_one_source_is_found_and_said() {
    let audit = Scene::draw(80, |film| film.west &= !film.ill).audit();
    assert_eq!(of(&audit, Probe::SourcePrior).verdict, Verdict::Found);
    let said = |words: &str| audit.notes.iter().any(|note| note.contains(words));
    assert!(
        said("images of ill come from east.") && said("Sources with one class only: west."),
        "{:?}",
        audit.notes
    );
}

#[test]
fn a_source_with_one_class_is_said() {
    // All but a few of the ill, and no one else, are in the east.
    let audit = Scene::draw(80, |film| film.west = !film.ill || film.number % 16 == 0).audit();
    assert!(audit.notes.iter().any(|note| note == "Sources with one class only: east."), "{:?}", audit.notes);
}

#[test]
fn films_that_are_gone_leave_no_metadata_and_no_pictures() {
    let scene = Scene::draw(40, |_| ());
    let mut said = Vec::new();
    let mut watch = |progress: radiograph_run::Progress<'_>| {
        if let radiograph_run::Progress::Said { sentence } = progress {
            said.push(sentence.to_owned());
        }
        std::ops::ControlFlow::Continue(())
    };
    let audit = scene.open(scene.config(), &mut watch, |run| {
        run.assemble()?;
        for source in ["east", "west"] {
            for entry in fs::read_dir(scene.data().join(source)).unwrap() {
                fs::write(entry.unwrap().path(), "another file").unwrap();
            }
        }
        run.audit()
    });
    let audit = audit.unwrap().unwrap();
    assert_eq!(said.iter().filter(|line| line.contains("changed after the run was assembled")).count(), 40);
    assert_eq!(of(&audit, Probe::Metadata).sentence, "Cannot tell: no metadata.");
    assert_eq!(of(&audit, Probe::Border).sentence, "Cannot tell: no pictures.");
    assert_eq!(audit.verdict, Verdict::CannotTell);
    assert!(audit.sentence.contains("no all-clear"), "{}", audit.sentence);
}

#[test]
fn twelve_patients_show_nothing() {
    let audit = Scene::draw(12, |_| ()).audit();
    assert_eq!(audit.counts.training + audit.counts.test, 12);
    assert!(audit.probes.iter().all(|of| of.verdict == Verdict::CannotTell), "{audit}");
    assert!(audit.sentence.contains("no all-clear"), "{}", audit.sentence);
}
