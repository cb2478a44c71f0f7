//! Tests of descriptions: what is read, what is refused, what is drafted.

use std::path::Path;

use super::*;
use crate::source::Folder;

fn parse(text: &str) -> Result<Description, DescriptionError> {
    Description::parse(text, Path::new("radiograph-source.toml"))
}

#[test]
fn unknown_keys_are_told_with_their_line() {
    let error = parse("name = 'clinic'\n\n[[table]]\nfile = 'a.csv'\nspalten = {}\n").unwrap_err();
    let DescriptionError::Syntax { line, reason, .. } = &error else { panic!("{error}") };
    assert_eq!(*line, 5);
    assert!(reason.contains("spalten"), "{error}");
    for text in [
        "[[table]]\nfile = 'a.csv'\ncolumns = { fil = 'x' }\n",
        "name = 'Our Clinic'\n",
        "uncertain = 'maybe'\n",
        "headers = 'yes'\n",
    ] {
        assert!(matches!(parse(text), Err(DescriptionError::Syntax { .. })), "{text}");
    }
}

#[test]
fn a_table_must_tell_its_films() {
    let error = parse("[[table]]\nfile = 'a.csv'\ncolumns = { class = 'x' }\n").unwrap_err();
    let text = error.to_string();
    assert!(text.contains("`columns.file`, `columns.instance_uid`"), "{text}");
    assert!(matches!(parse("exclude = ['a**']"), Err(DescriptionError::Pattern { .. })));
}

#[test]
fn a_description_reads_back_as_written() {
    let description = parse(
        "name = 'clinic'\nlicence = 'CC0'\nexclude = ['**/old/*']\nuncertain = 'absent'\n\n[[table]]\nfile = 'a.xlsx'\n\
         sheet = 'Films'\nseparator = 'semicolon'\nencoding = 'utf-16'\nclass_separator = '|'\n\
         columns = { file = 'x', patient = 'y' }\nclass_columns = { 'Pleural Other' = 'effusion' }\n\n\
         [labels]\n'a b' = 'c'\n",
    )
    .unwrap();
    assert_eq!(parse(&description.to_toml()).unwrap(), description);
}

#[test]
fn components_and_views_of_paths_are_checked() {
    let description = parse(
        "patient_from_path = '{patient}/*/*'\nstudy_from_path = '{study}/*'\n[view_patterns]\n'*_ll.png' = 'LL'\n",
    )
    .unwrap();
    assert_eq!(parse(&description.to_toml()).unwrap(), description);
    for (text, said) in [
        ("study_from_path = '{study}/{study}'", "write {study} once"),
        ("study_from_path = 's-{study}/*'", "write {study} once"),
        ("patient_from_path = '{study}/*'", "write {patient} once"),
        ("[view_patterns]\n'*' = 'from the side'", "\"from the side\" is no view; write PA"),
        ("[view_patterns]\n'a**' = 'PA'", "cannot be used"),
    ] {
        let message = parse(text).unwrap_err().to_string();
        assert!(message.contains(said), "{text}: {message}");
    }
}

fn draft(files: &[(&str, &str)], has_dicom: bool) -> Option<Draft> {
    Draft::of_folder(&Folder::in_memory(files.iter().map(|(name, text)| (*name, *text))), || has_dicom)
}

#[test]
fn a_plain_table_is_drafted_with_its_words() {
    let table =
        "Image;Patient ID;weight;Diagnosis\na.png;1;70;Normal\nb.png;1;71;TB\nc.png;2;50;TB\nd.png;3;;\n";
    let draft = draft(&[("cases.csv", table), ("a.png", "")], false).unwrap();
    assert!(draft.is_complete() && draft.near_misses.is_empty());
    let columns = &draft.description.tables[0].columns;
    assert_eq!(columns.len(), 3);
    assert_eq!((columns[&Role::File].as_str(), columns[&Role::Class].as_str()), ("Image", "Diagnosis"));
    let words: Vec<_> =
        draft.words.iter().map(|word| (word.word.as_str(), word.rows, word.class.as_deref())).collect();
    assert_eq!(words, [("TB", 2, Some("TB")), ("Normal", 1, Some("normal"))]);
    let text = draft.to_toml();
    assert!(text.contains("\"TB\" = \"TB\"") && text.contains("# 2 rows"), "{text}");
    let edited = parse(&text.replace("\"TB\" = \"TB\"", "\"TB\" = \"tuberculosis\"")).unwrap();
    assert_eq!(edited.labels["TB"], "tuberculosis");
}

#[test]
fn near_misses_say_what_they_lack() {
    let missed = |table: &str, has_dicom| {
        let draft = draft(&[("cases.csv", table)], has_dicom).unwrap();
        assert!(!draft.is_complete());
        draft.near_misses[0].to_string()
    };
    let text = missed("A,diagnosis\n1,2\n", false);
    assert!(text.ends_with(
        "cases.csv looks like a table with the columns A, diagnosis; no column tells the films: rename one to file, or name \
         the column in radiograph-source.toml"
    ), "{text}");
    assert!(missed("file,weight\n1,2\n", false).contains("no column tells the classes"));
    assert!(missed("a,b\n1,2\n", false).contains("none of them tells films or classes"));
    assert!(missed("", false).contains("cannot be read"));
    // An accession number tells films only if there are headers.
    assert!(missed("accession,diagnosis\n1,2\n", false).contains("no column tells the films"));
    assert!(draft(&[("cases.csv", "accession,diagnosis\n1,2\n")], true).unwrap().is_complete());
    assert!(draft(&[("readme.txt", "file,class\n")], false).is_none());
    // What is known already stands in the text to be edited.
    let text = draft(&[("cases.csv", "file,weight\n1,2\n")], false).unwrap().to_toml();
    assert!(text.contains("# in-memory/cases.csv looks like") && text.contains("file = \"file\""), "{text}");
    assert!(parse(&text).is_ok(), "{text}");
    // A column of few words that repeat could be the classes; one of dates or of remarks could not.
    let rows =
        "1,2020-01-01,was late,clear\n2,2020-01-01,had to sit,TB\n3,2020-01-01,,clear\n4,2020-01-01,x,TB\n";
    let draft = draft(&[("cases.csv", &format!("file,date,remark,report\n{rows}"))], false).unwrap();
    assert!(!draft.is_complete());
    assert_eq!(draft.description.tables[0].columns[&Role::Class], "report");
    assert_eq!(draft.words.iter().map(|word| word.rows).collect::<Vec<_>>(), [2, 2]);
}

/// Cells of workbooks have line breaks and quotation marks. Found by fuzzing.
#[test]
fn a_draft_of_words_with_quotes_and_line_breaks_is_a_description() {
    let words = ["say \"\"clear\"\"", "two\nlines", "'''", "\u{7F}bell\u{1}", "plain", "C:\\films"];
    let rows: String = words
        .iter()
        .enumerate()
        .map(|(at, word)| format!("{at}.png,\"{}\"\n", word.replace('"', "\"\"")))
        .collect();
    let told =
        draft(&[("cases.csv", &format!("file,class\n{rows}")), ("odd.csv", "\"a\nb\",c\n1,2\n")], false)
            .unwrap();
    let text = told.to_toml();
    let read = Description::parse(&text, "draft".as_ref()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let listed: Vec<&str> = read.labels.keys().map(String::as_str).collect();
    assert_eq!(listed.len(), words.len(), "{text}");
    for word in words {
        assert_eq!(read.labels.get(word).map(String::as_str), Some(word), "{text}");
    }
}
