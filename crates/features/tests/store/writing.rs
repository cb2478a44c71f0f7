//! Tests of writing: plans, parts, refused values and folders that cannot hold a store.

use std::{fs, path::Path, thread};

use radiograph_features::{
    Element, FeatureError, FeatureId, FeatureStore, NotStorable, Part, Plan, StoreDescription, StoreWriter,
};

use crate::scene::{SHAPE, VALUES, description, files, fill, image, images, key, map, maps, store};

fn part(index: u32, count: u32) -> Part {
    Part::new(index, count).unwrap()
}

fn open(folder: &Path, part: Part) -> Result<StoreWriter, FeatureError> {
    StoreWriter::open(folder, &description(Element::F32), part)
}

#[test]
fn several_writers_at_once_make_the_files_of_one() {
    let (one, three) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    store(one.path(), 500);
    thread::scope(|scope| {
        for index in 1..=3 {
            let folder = three.path();
            scope.spawn(move || fill(&mut open(folder, part(index, 3)).unwrap(), &images(500)).unwrap());
        }
    });
    assert_eq!(files(three.path()), files(one.path()));
    assert_eq!(files(one.path()).len(), 1 + 2 * 500_usize.div_ceil(64));
}

#[test]
fn readers_see_whole_shards_while_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path(), Part::WHOLE).unwrap();
    let mut before = 0;
    for shard in writer.plan(images(300)).shards {
        writer.write(&shard, &maps(&shard)).unwrap();
        let seen = FeatureStore::open(folder.path()).unwrap();
        assert_eq!(seen.len(), before + shard.len());
        before = seen.len();
        let ids = seen.ids().unwrap();
        let mut read = vec![0.0; ids.len() * VALUES];
        seen.read(&ids, &mut read).unwrap();
        assert_eq!(read, maps(&ids));
    }
    assert_eq!(before, 300);
}

#[test]
fn a_second_run_has_nothing_to_do() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 100);
    let before = files(folder.path());
    let mut writer = open(folder.path(), Part::WHOLE).unwrap();
    assert_eq!(writer.plan(images(100)), Plan { present: 100, ..Plan::default() });
    assert_eq!(fill(&mut writer, &images(100)).unwrap(), 0);
    assert_eq!(files(folder.path()), before);
}

#[test]
fn an_edited_image_is_made_again_alone() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 200);
    let mut edited = images(200);
    edited[70] = image(1_000);
    let writer = open(folder.path(), Part::WHOLE).unwrap();
    let plan = writer.plan(edited);
    assert_eq!((plan.shards, plan.present), (vec![vec![image(1_000)]], 199));
}

#[test]
fn an_image_that_stands_twice_in_the_list_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let writer = open(folder.path(), Part::WHOLE).unwrap();
    let plan = writer.plan([image(0), image(1), image(0), FeatureId::variant(image(0).image, 1), image(1)]);
    assert_eq!(plan.repeated, 2);
    assert_eq!(plan.shards, [[image(0), image(1), FeatureId::variant(image(0).image, 1)]]);
}

#[test]
fn the_shares_of_a_plan_hold_every_feature_once_whatever_is_present() {
    let folder = tempfile::tempdir().unwrap();
    fill(&mut open(folder.path(), part(2, 3)).unwrap(), &images(400)).unwrap();
    let mut planned = Vec::new();
    let mut present = 0;
    for index in 1..=3 {
        let plan = open(folder.path(), part(index, 3)).unwrap().plan(images(400));
        assert_eq!(plan.len() + plan.present + plan.elsewhere, 400);
        present += plan.present;
        planned.extend(plan.features());
    }
    assert_eq!(planned.len() + present, 400);
    planned.sort();
    planned.dedup();
    assert_eq!(planned.len() + present, 400);
}

#[test]
fn a_share_has_one_writer_and_shares_are_counted_alike() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path(), part(1, 2)).unwrap();
    let taken = open(folder.path(), part(1, 2)).unwrap_err();
    assert!(matches!(taken, FeatureError::PartTaken { .. }), "{taken}");
    let differently = open(folder.path(), Part::WHOLE).unwrap_err();
    assert!(matches!(differently, FeatureError::OtherParts { theirs: 2, .. }), "{differently}");
    let second = open(folder.path(), part(2, 2)).unwrap();
    drop((first, second));
    open(folder.path(), Part::WHOLE).unwrap();
}

#[test]
fn what_another_process_left_is_cleared_away_only_when_nobody_writes() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 10);
    let left = folder.path().join(".radiograph-abc123.partial");
    let first = open(folder.path(), part(1, 2)).unwrap();
    fs::write(&left, "half a shard").unwrap();
    let second = open(folder.path(), part(2, 2)).unwrap();
    assert!(left.exists(), "it may be a file that the first writer is writing");
    drop((first, second));
    open(folder.path(), Part::WHOLE).unwrap();
    assert!(!left.exists());
}

#[test]
fn folders_that_hold_something_else_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "").unwrap();
    let error = open(folder.path(), Part::WHOLE).unwrap_err();
    assert!(matches!(&error, FeatureError::Occupied { found, .. } if found == "thesis.tex"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn folders_that_cannot_be_written_are_an_error() {
    // No user can create folders there.
    for folder in ["/proc/radiograph", "/dev/null/radiograph"] {
        let error = open(Path::new(folder), Part::WHOLE).unwrap_err();
        assert!(matches!(error, FeatureError::File(_) | FeatureError::Read { .. }), "{error}");
        assert!(error.to_string().contains(folder), "{error}");
    }
}

#[test]
fn another_shape_or_number_format_is_not_mixed_in() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 3);
    let taller = StoreDescription::new(key(), [8, 9, 1]).unwrap();
    let error = StoreWriter::open(folder.path(), &taller, Part::WHOLE).unwrap_err();
    assert!(matches!(error, FeatureError::OtherShape { stored: SHAPE, asked: [8, 9, 1] }), "{error}");
    let error = StoreWriter::open(folder.path(), &description(Element::F16), Part::WHOLE).unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, FeatureError::OtherKey { .. }), "{message}");
    assert!(message.contains("precision is `f32` there and `f16` here"), "{message}");
}

#[test]
fn shards_that_were_not_planned_are_refused_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 3);
    let before = files(folder.path());
    let mut writer = open(folder.path(), Part::WHOLE).unwrap();
    let mut infinite = map(image(9));
    infinite[5] = f32::INFINITY;
    let refusals = [
        writer.write(&[], &[]).unwrap_err(),
        writer.write(&[image(8), image(8)], &maps(&[image(8), image(8)])).unwrap_err(),
        writer.write(&[image(8), image(1)], &maps(&[image(8), image(1)])).unwrap_err(),
        writer.write(&[image(8)], &map(image(8))[1..]).unwrap_err(),
        writer.write(&[image(8), image(9)], &[map(image(8)), infinite].concat()).unwrap_err(),
    ];
    assert!(matches!(
        refusals,
        [
            FeatureError::ShardContent { features: 0, .. },
            FeatureError::ShardContent { features: 2, .. },
            FeatureError::AlreadyStored { .. },
            FeatureError::Buffer { expected: 72, found: 71, .. },
            FeatureError::NotStorable(NotStorable { place: 5, .. }),
        ]
    ));
    assert_eq!(files(folder.path()), before);
}
