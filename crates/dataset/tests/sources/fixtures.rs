//! Collections of which no files are at hand, as their descriptions say they are. What passes here is the description,
//! not the collection.

use std::collections::BTreeMap;

use radiograph_classes::{COVID_19, NORMAL, PNEUMONIA};
use radiograph_dataset::{
    Age, Modality, Oddity, Origin, Presence, Provenance, Record, View,
    source::{Actualmed, ClassFolders, Cohen, Collection, Folder, Kermany, MendeleyAugmented, Nih, Source},
};

fn read(source: &impl Source, files: &[(&str, &str)]) -> Collection {
    source.read_folder(Folder::in_memory(files.iter().copied())).unwrap()
}

fn of<'a>(collection: &'a Collection, name: &str) -> &'a Record {
    collection
        .records
        .iter()
        .find(|record| record.id.name() == name)
        .unwrap_or_else(|| panic!("no record {name}"))
}

fn class(collection: &Collection, name: &str) -> Option<String> {
    of(collection, name).class().map(ToString::to_string)
}

fn patient(collection: &Collection, name: &str) -> Option<String> {
    of(collection, name).patient.as_ref().map(ToString::to_string)
}

fn excluded(collection: &Collection) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for exclusion in &collection.exclusions {
        *counts.entry(exclusion.reason.code()).or_insert(0) += 1;
    }
    counts
}

#[test]
fn cohen_of_february_2020() {
    let table = "Patientid,offset,sex,age,finding,survival,view,date,location,filename,doi, url,license,notes\n\
                 2,0,M,65,COVID-19,Y,PA,2020,Vietnam,a.jpeg,,https://x,,\n\
                 3,,F,,SARS,,CT,2004,Toronto,b.png,,,CC BY,\n\
                 3,,F,,\"COVID-19, ARDS\",,,2004,Toronto,c.png,,,,\n";
    let files = [("metadata.csv", table), ("images/a.jpeg", ""), ("images/b.png", ""), ("images/c.png", "")];
    let collection = read(&Cohen::new(""), &files);
    assert_eq!((collection.records.len(), collection.exclusions.len(), collection.notes.len()), (3, 0, 0));
    assert_eq!(class(&collection, "a.jpeg").as_deref(), Some(COVID_19));
    assert_eq!(class(&collection, "b.png").as_deref(), Some(PNEUMONIA));
    assert_eq!(class(&collection, "c.png").as_deref(), Some(COVID_19));
    assert_eq!(of(&collection, "a.jpeg").url.as_deref(), Some("https://x"));
    let modalities = ["a.jpeg", "b.png", "c.png"].map(|name| of(&collection, name).modality);
    assert_eq!(modalities, [Modality::XRay, Modality::Ct, Modality::Unknown]);
}

/// Cohen's rows name a folder and a file in it, and so one file in several ways, and several files in one.
#[test]
fn a_file_spelled_in_two_ways_is_one_and_a_name_that_two_files_have_is_the_firsts() {
    let header = "patientid,offset,sex,age,finding,view,modality,folder,filename,location,url,license\n";
    let row = |folder: &str, name: &str, finding: &str| {
        format!("{name},,,,{finding},PA,X-ray,{folder},{name},,,\n")
    };
    let rows = [
        row("images", "more/a.png", "COVID-19"),
        row("images/more", "a.png", "No Finding"),
        row("images", "b.png", "COVID-19"),
        row("images/more", "b.png", "No Finding"),
        row("images", "more/b.png", "COVID-19"),
    ];
    let table = format!("{header}{}", rows.concat());
    let files = [
        ("metadata.csv", &*table),
        ("images/more/a.png", ""),
        ("images/b.png", ""),
        ("images/more/b.png", ""),
    ];
    let collection = read(&Cohen::new(""), &files);
    let records: Vec<(&str, Option<u64>)> =
        collection.records.iter().map(|record| (record.id.name(), record.row)).collect();
    assert_eq!(records, [("b.png", Some(4))]);
    let excluded: Vec<(&str, Option<u64>, &str)> = collection
        .exclusions
        .iter()
        .map(|exclusion| (exclusion.file.as_deref().unwrap(), exclusion.row, exclusion.reason.code()))
        .collect();
    assert_eq!(
        excluded,
        [
            ("a.png", Some(3), "contradictory-rows"),
            ("images/more/b.png", Some(5), "second-of-name"),
            ("images/more/b.png", Some(6), "second-row"),
            ("more/a.png", Some(2), "contradictory-rows"),
        ]
    );
    // Every row and every file is accounted for, once.
    assert_eq!((collection.described().count(), collection.other_files), (5, 1));
}

#[test]
fn cohen_with_findings_as_paths() {
    let header = "patientid,offset,sex,age,finding,RT_PCR_positive,survival,view,modality,date,location,folder,filename,\
                  doi,url,license,clinical_notes,other_notes,\n";
    let row = |name: &str, finding: &str, pcr: &str| {
        format!("2,-3,M,65,{finding},{pcr},Y,AP Supine,X-ray,2020,Here,images,{name},,,,,,\n")
    };
    let cases = [
        ("a.png", "Pneumonia/Viral/COVID-19", "Y", Some(COVID_19), Provenance::Pcr),
        ("b.png", "Pneumonia/Viral/COVID-19", "", Some(COVID_19), Provenance::Table),
        ("c.png", "Pneumonia/Viral/SARS", "Y", Some(PNEUMONIA), Provenance::Table),
        ("d.png", "Pneumonia", "", Some(PNEUMONIA), Provenance::Table),
        ("e.png", "Pneumonia/Lipoid", "", None, Provenance::Table),
        ("f.png", "todo", "", None, Provenance::Table),
        ("g.png", "No Finding", "", Some(NORMAL), Provenance::Table),
    ];
    let rows: String = cases.iter().map(|(name, finding, pcr, ..)| row(name, finding, pcr)).collect();
    let files = cases.map(|(name, ..)| (format!("images/{name}"), String::new()));
    let table = ("metadata.csv".to_owned(), format!("{header}{rows}"));
    let collection = Cohen::new("").read_folder(Folder::in_memory(files.into_iter().chain([table]))).unwrap();
    for (name, finding, _, expected, provenance) in cases {
        assert_eq!(class(&collection, name).as_deref(), expected, "{finding}");
        assert_eq!(of(&collection, name).label.provenance(), provenance, "{name}");
        assert_eq!(of(&collection, name).view, View::ApSupine);
    }
    assert!(collection.notes.is_empty());
}

#[test]
fn actualmed() {
    let table = "patientid,offset,sex,age,finding,survival,temperature,pO2 saturation,view,modality,imagename,\
                 artifacts/distortion,notes\r\n\
                 ANON58,,,,COVID-19,,,,AP,X-ray,CR.1.png,,\", date taken (YYYYMMDD): 20200326\"\r\n\
                 ANON58,,,,No finding,,,,PA,X-ray,CR.2.png,,\"Negative, date taken (YYYYMMDD): 20200401\"\r\n\
                 ANON8,,,,,,,,PA,X-ray,DX.3.png,,\"Inconclusive, date taken (YYYYMMDD): 20200321\"\r\n";
    let files =
        [("metadata.csv", table), ("images/CR.1.png", ""), ("images/CR.2.png", ""), ("images/DX.3.png", "")];
    let collection = read(&Actualmed::new(""), &files);
    assert_eq!(class(&collection, "CR.1.png").as_deref(), Some(COVID_19));
    assert_eq!(class(&collection, "CR.2.png").as_deref(), Some(NORMAL));
    assert_eq!(patient(&collection, "CR.1.png"), patient(&collection, "CR.2.png"));
    let inconclusive = of(&collection, "DX.3.png");
    assert_eq!((inconclusive.class(), inconclusive.label.published()), (None, "Inconclusive"));
    assert_eq!(inconclusive.row, Some(4));
}

#[test]
fn kermany() {
    let files = [
        ("chest_xray/train/NORMAL/IM-0115-0001.jpeg", ""),
        ("chest_xray/test/NORMAL/NORMAL2-IM-0115-0001.jpeg", ""),
        ("chest_xray/train/PNEUMONIA/person7_bacteria_1.jpeg", ""),
        ("chest_xray/val/PNEUMONIA/person7_virus_2.jpeg", ""),
        ("chest_xray/chest_xray/train/NORMAL/IM-0115-0001.jpeg", ""),
        ("chest_xray/__MACOSX/train/NORMAL/._IM-0115-0001.jpeg", ""),
        ("chest_xray/train/.DS_Store", ""),
        ("chest_xray/train/OTHER/a.jpeg", ""),
    ];
    let collection = read(&Kermany::new(""), &files);
    assert_eq!(collection.records.len(), 4);
    let expected = [("archive-litter", 1), ("file-without-row", 1), ("nested-copy", 1)];
    assert_eq!(excluded(&collection), expected.into());
    assert_eq!(collection.other_files, 1);
    let name = "train/PNEUMONIA/person7_bacteria_1.jpeg";
    assert_eq!(class(&collection, name).as_deref(), Some(PNEUMONIA));
    assert_eq!(patient(&collection, name).as_deref(), Some("kermany:person7"));
    assert_eq!(patient(&collection, name), patient(&collection, "val/PNEUMONIA/person7_virus_2.jpeg"));
    let normal = of(&collection, "test/NORMAL/NORMAL2-IM-0115-0001.jpeg");
    assert_eq!(normal.view, View::FrontalByCollection);
    assert_eq!(normal.age, Some(Age { from: 1, to: Some(5) }));
    assert_eq!(patient(&collection, "train/NORMAL/IM-0115-0001.jpeg").as_deref(), Some("kermany:IM-0115"));
}

#[test]
fn mendeley_augmented() {
    let files =
        [("COVID-19/a_rot.png", ""), ("Non-COVID-19/b.png", ""), ("readme.txt", ""), ("sample.png", "")];
    let collection = read(&MendeleyAugmented::new(""), &files);
    assert_eq!(class(&collection, "COVID-19/a_rot.png").as_deref(), Some(COVID_19));
    let other = of(&collection, "Non-COVID-19/b.png");
    assert_eq!(other.class(), None);
    assert_eq!(other.label.presence(COVID_19), Presence::Absent);
    assert_eq!(other.label.presence(NORMAL), Presence::Unknown);
    assert!(collection.records.iter().all(|record| record.origin == Origin::AugmentedFromUnknown));
    assert_eq!(excluded(&collection), [("outside-class-folders", 1)].into());

    let named = MendeleyAugmented::new("").covid_folder("x/positive");
    let collection = read(&named, &[("x/positive/a.png", ""), ("x/positives/b.png", "")]);
    assert_eq!(class(&collection, "x/positive/a.png").as_deref(), Some(COVID_19));
    assert_eq!(class(&collection, "x/positives/b.png"), None);
}

#[test]
fn merged_set_of_the_authors() {
    let files = [
        ("covid/0C7E78DA-66A2-4C5B-8A0B-0F7E6D5C4B3A-1068x817.jpeg", ""),
        ("covid/a.png", ""),
        ("normal/00000002_000.png", ""),
        ("pneumonia/person12_bacteria_4.jpeg", ""),
        ("Pneumonia/00000165_001.png", ""),
        ("covidish/a.png", ""),
    ];
    let collection = read(&ClassFolders::new("merged".parse().unwrap(), ""), &files);
    let of_cohen = "covid/0C7E78DA-66A2-4C5B-8A0B-0F7E6D5C4B3A-1068x817.jpeg";
    assert_eq!(class(&collection, of_cohen).as_deref(), Some(COVID_19));
    assert_eq!(patient(&collection, of_cohen), None);
    assert_eq!(of(&collection, of_cohen).taken_from.as_ref().unwrap().as_str(), "cohen");
    assert_eq!(of(&collection, "covid/a.png").taken_from, None);
    assert_eq!(class(&collection, "Pneumonia/00000165_001.png").as_deref(), Some(PNEUMONIA));
    let taken = of(&collection, "normal/00000002_000.png");
    assert_eq!(taken.taken_from.as_ref().unwrap().as_str(), "nih");
    assert_eq!(excluded(&collection), [("outside-class-folders", 1)].into());

    // The same person as in NIH's own folder.
    let table = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position\n\
                 00000002_000.png,No Finding,0,2,81,M,PA\n";
    let nih =
        read(&Nih::new(""), &[("Data_Entry_2017.csv", table), ("images_003/images/00000002_000.png", "")]);
    assert_eq!(nih.records[0].patient, taken.patient);
    assert_eq!(nih.records[0].id.to_string(), "nih:00000002_000.png");
}

#[test]
fn nih_in_several_folders_with_trailing_commas() {
    let table = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,\
                 OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n\
                 00000001_000.png,Cardiomegaly,0,1,58,M,PA,2682,2749,0.143,0.143,\n\
                 00000001_001.png,Cardiomegaly|Pneumonia,1,1,058Y,M,PA,2894,2729,0.143,0.143,,\n\
                 00000003_000.png,No Finding,0,3,411,F,PA,2500,2048,0.168,0.168,\n\
                 00000004_000.png,No Finding,0,4,30,F,AP,2500,2048,0.168,0.168,\n";
    let files = [
        ("Data_Entry_2017.csv", table),
        ("images_001/images/00000001_000.png", ""),
        ("images_002/images/00000001_001.png", ""),
        ("images_012/images/00000003_000.png", ""),
        ("images_012/images/00000001_000.png", ""),
        ("BBox_List_2017.csv", "x"),
    ];
    let collection = read(&Nih::new(""), &files);
    assert_eq!(collection.records.len(), 3);
    assert_eq!(excluded(&collection), [("nested-copy", 1), ("row-without-file", 1)].into());
    assert_eq!(collection.other_files, 2);
    let other = of(&collection, "00000001_000.png");
    assert_eq!((other.class(), other.label.presence(NORMAL)), (None, Presence::Absent));
    assert_eq!(class(&collection, "00000001_001.png").as_deref(), Some(PNEUMONIA));
    assert_eq!(of(&collection, "00000001_001.png").age, Some(Age::years(58)));
    assert_eq!(of(&collection, "00000003_000.png").age, None);
    let impossible = Oddity::Impossible { column: "age", value: "411".into() };
    assert_eq!(collection.notes[0].oddity, impossible);
}
