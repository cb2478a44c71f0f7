//! Tests of descriptions that mark films as made from others.

use super::tests::read;
use crate::Origin;

/// Augmented by a column, by its original, by a pattern of paths, and by none of them.
#[test]
fn augmented_films_are_marked_by_a_column_or_by_a_pattern() {
    let description = "class_folders = true\naugmented_patterns = ['**/aug_*', 'covid/turned/**']\n\n\
                       [[table]]\nfile = 'metadata.csv'\n\
                       columns = { file = 'image', augmented = 'augmented', parent = 'original' }\n\n\
                       [labels]\ncovid = 'COVID-19'\nnormal = 'normal'\n";
    let table = "image,augmented,original\ncovid/a.png,0,\ncovid/b.png,yes,\ncovid/c.png,,a.png\n";
    let collection = read(
        description,
        &[
            ("metadata.csv", table),
            ("covid/a.png", ""),
            ("covid/b.png", ""),
            ("covid/c.png", ""),
            ("covid/aug_a_1.png", ""),
            ("covid/turned/d.png", ""),
            ("normal/augmentable.png", ""),
        ],
    )
    .unwrap();
    let origin = |file: &str| {
        collection.records.iter().find(|record| record.id.name() == file).unwrap().origin.clone()
    };
    assert_eq!(origin("covid/a.png"), Origin::AsPublished);
    assert_eq!(origin("covid/b.png"), Origin::AugmentedFromUnknown);
    assert!(matches!(origin("covid/c.png"), Origin::AugmentedFrom(of) if of.name() == "covid/a.png"));
    assert_eq!(origin("covid/aug_a_1.png"), Origin::AugmentedFromUnknown);
    assert_eq!(origin("covid/turned/d.png"), Origin::AugmentedFromUnknown);
    assert_eq!(origin("normal/augmentable.png"), Origin::AsPublished);
}
