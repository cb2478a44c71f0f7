//! Compares the test part with the films that a frozen network was trained on before, as the record of its weights lists them.

use std::collections::BTreeSet;

use radiograph_dataset::{
    SourceName,
    manifest::{Manifest, Row},
};
use radiograph_files::ContentHash;
use radiograph_report::PretrainedFilms;
use radiograph_weights::WeightsRecord;

/// Collections whose films were taken from another one.
const TAKEN_FROM: [(&str, &str); 2] = [("rsna-pneumonia", "nih"), ("siim-acr-pneumothorax", "nih")];

/// Test images that the network of a record was trained on: those whose content is listed, and those of listed
/// collections. `None` stands for random weights, which were trained on nothing.
///
/// A copy of a listed film with other bytes is not found by its content.
pub fn pretrained_films(record: Option<&WeightsRecord>, manifest: &Manifest) -> PretrainedFilms {
    let Some(record) = record else {
        let lists = "its weights are random".to_owned();
        return PretrainedFilms { seen: Some(0), test: manifest.test().count() as u64, lists };
    };
    listed_films(record.films.as_deref(), record.collections.as_deref(), manifest)
}

/// The same for a network of which these lists alone are known: the contents of films, and names of collections.
pub fn listed_films(
    films: Option<&[ContentHash]>,
    collections: Option<&[String]>,
    manifest: &Manifest,
) -> PretrainedFilms {
    let test: Vec<(ContentHash, Vec<&str>)> = manifest.test().map(of_row).collect();
    compare(films, collections, &test)
}

/// Content of an image, and the collections that it is from.
fn of_row(row: &Row) -> (ContentHash, Vec<&str>) {
    let named = [Some(row.source()), row.taken_from.as_ref()].into_iter().flatten().map(SourceName::as_str);
    let named: Vec<&str> = named.collect();
    let further = TAKEN_FROM.into_iter().filter(|(taken, _)| named.contains(taken)).map(|(_, from)| from);
    (row.content_hash, named.iter().copied().chain(further).collect())
}

fn compare(
    films: Option<&[ContentHash]>,
    collections: Option<&[String]>,
    test: &[(ContentHash, Vec<&str>)],
) -> PretrainedFilms {
    let listed: BTreeSet<&ContentHash> = films.unwrap_or_default().iter().collect();
    let is_seen = |(content, names): &&(ContentHash, Vec<&str>)| {
        let of_collection = |name: &String| names.contains(&name.as_str());
        listed.contains(content) || collections.is_some_and(|listed| listed.iter().any(of_collection))
    };
    let seen = (films.is_some() || collections.is_some()).then(|| test.iter().filter(is_seen).count() as u64);
    let of_films = films.map(|films| format!("a list of {} films, compared byte for byte", films.len()));
    let of_collections = collections.map(|names| match names {
        [] => "no collection of films".to_owned(),
        names => format!("the collections {}", names.join(", ")),
    });
    let lists: Vec<String> = of_collections.into_iter().chain(of_films).collect();
    PretrainedFilms { seen, test: test.len() as u64, lists: lists.join(" and ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_films_are_seen_by_content_or_by_collection_or_it_is_unknown() {
        let film = |name: &str| ContentHash::of_bytes(name.as_bytes());
        let test = [
            (film("1"), vec!["nih"]),
            (film("2"), vec!["merged", "nih"]),
            (film("3"), vec!["rsna-pneumonia", "nih"]),
            (film("4"), vec!["hospital"]),
        ];
        let said = |films: Option<&[ContentHash]>, collections: Option<&[&str]>| {
            let collections =
                collections.map(|names| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
            compare(films, collections.as_deref(), &test).to_string()
        };
        let films = [film("4"), film("5")];
        assert_eq!(said(None, None), "unknown: the record of its weights lists no films");
        assert_eq!(said(None, Some(&[])), "no: none of 4 test images (no collection of films)");
        assert_eq!(said(None, Some(&["brax"])), "no: none of 4 test images (the collections brax)");
        assert_eq!(said(None, Some(&["nih"])), "yes: 3 of 4 test images (the collections nih)");
        assert_eq!(
            said(Some(&films), None),
            "yes: 1 of 4 test images (a list of 2 films, compared byte for byte)"
        );
        assert_eq!(
            said(Some(&films), Some(&["rsna-pneumonia", "chexpert"])),
            "yes: 2 of 4 test images (the collections rsna-pneumonia, chexpert and a list of 2 films, compared byte for byte)"
        );
    }
}
