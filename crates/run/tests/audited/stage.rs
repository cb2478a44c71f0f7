//! When the stage runs, what it writes, and how it is stopped.

use std::{fs, ops::ControlFlow};

use radiograph_audit::Audit;
use radiograph_run::{Error, Progress, Stage};

use crate::scene::Scene;

/// Assembles if asked, audits, and tells whether the audit was done already.
fn audited(scene: &Scene, assembles: bool) -> (Audit, bool) {
    let mut done = false;
    let mut watch = |progress: Progress<'_>| {
        done |= matches!(progress, Progress::AlreadyDone { stage: Stage::Audit, .. });
        ControlFlow::Continue(())
    };
    let audit = scene.open(scene.config(), &mut watch, |run| {
        if assembles {
            run.assemble()?;
        }
        run.audit()
    });
    (audit.unwrap().unwrap(), done)
}

#[test]
fn it_runs_once_until_something_changes() {
    let scene = Scene::draw(40, |_| ());
    let audit = || audited(&scene, true);
    let (first, done) = audit();
    assert!(!done);
    let file = scene.run().join("audit.json");
    let written = fs::read_to_string(&file).unwrap();
    let (second, done) = audit();
    assert!(done && second.to_string() == first.to_string());
    fs::write(&file, "{}").unwrap();
    assert!(!audit().1);
    assert_eq!(fs::read_to_string(&file).unwrap(), written, "the same audit has the same bytes");
    // A list of published sizes that comes later changes what metadata say.
    fs::write(scene.data().join("original_sizes.csv"), "file,format,mode,width,height,bytes\n").unwrap();
    assert!(!audit().1);
}

/// A film that is out of reach for a while must not be missing from the audit for good.
#[test]
fn an_audit_without_some_films_is_made_again() {
    let scene = Scene::draw(40, |_| ());
    let audit = || audited(&scene, false).1;
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    scene.open(scene.config(), &mut watch, |run| run.assemble().map(drop)).unwrap();
    let (film, away) = (scene.data().join("east/a0000.png"), scene.data().join("away"));
    fs::rename(&film, &away).unwrap();
    assert!(!audit(), "the first one");
    let without = fs::read(scene.run().join("audit.json")).unwrap();
    assert!(!audit(), "one film could not be read");
    fs::rename(&away, &film).unwrap();
    assert!(!audit(), "the film is there again");
    assert!(fs::read(scene.run().join("audit.json")).unwrap() != without);
    assert!(audit(), "nothing is missing");
}

/// `audit.json` can be shared: it names no file, no image and no patient.
#[test]
fn what_it_writes_names_nobody() {
    let scene = Scene::draw(40, |_| ());
    scene.audit();
    let written = fs::read_to_string(scene.run().join("audit.json")).unwrap();
    let manifest = fs::read_to_string(scene.run().join("manifest.csv")).unwrap();
    let mut checked = 0;
    for line in manifest.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        for name in [cells[0], cells[0].split_once(':').unwrap().1, cells[1]] {
            assert!(!written.contains(name), "{name}");
            checked += 1;
        }
    }
    for number in 0..40 {
        assert!(!written.contains(&format!("{number:04}.png")));
    }
    assert_eq!(checked, 120);
}

#[test]
fn it_stops_when_the_watcher_asks_and_continues() {
    let scene = Scene::draw(40, |_| ());
    scene.audit();
    fs::remove_file(scene.run().join("audit.json")).unwrap();
    for unit in ["images", "probes"] {
        let mut watch = |progress: Progress<'_>| match progress {
            Progress::Advanced { unit: of, .. } if of == unit => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let stopped = scene.open(scene.config(), &mut watch, |run| run.audit());
        assert!(matches!(stopped, Err(Error::Interrupted { stage: Stage::Audit })), "{unit}: {stopped:?}");
        assert!(!scene.run().join("audit.json").exists());
    }
    scene.audit();
}

/// Revision of the stage and what it says of these films. A change of the audit that changes it must raise the revision, and both
/// must be updated here. Two decimals, because fits differ in the last bits between machines.
#[test]
fn the_revision_of_audit_stands_for_these_verdicts() {
    let scene = Scene::draw(40, |film| {
        if film.ill {
            film.mark();
        }
    });
    let audit = scene.audit();
    let told: Vec<String> = audit
        .probes
        .iter()
        .map(|probe| {
            let auc = |row: &radiograph_audit::Row| {
                let auc = row.measurement.as_ref().and_then(|of| of.auc.score.ok());
                auc.map_or_else(|| "-".to_owned(), |auc| format!("{auc:.2}"))
            };
            let aucs = probe.rows.iter().map(auc).collect::<Vec<_>>().join(" ");
            format!("{}: {}, {aucs}", probe.probe, probe.verdict)
        })
        .collect();
    let known = [
        "metadata: cannot tell, 0.48",
        "border: found, 1.00",
        "centre blacked out: found, 1.00 1.00",
        "source alone: cannot tell, 0.44",
        "source in pictures: cannot tell, 0.75 0.67",
        "source in features: cannot tell, -",
    ]
    .map(str::to_owned);
    assert_eq!((Stage::Audit.revision(), told), (3, known.to_vec()));
}

#[test]
fn it_can_be_switched_off() {
    let scene = Scene::draw(40, |_| ());
    let mut config = scene.config();
    config.audit = None;
    let mut watch = |_: Progress<'_>| ControlFlow::Continue(());
    let audit = scene.open(config, &mut watch, |run| {
        run.assemble()?;
        run.audit()
    });
    assert!(audit.unwrap().is_none());
    assert!(!scene.run().join("audit.json").exists());
}
