//! A hospital's archive of drawn films: patient/study/series/film, with reports by accession number.

use std::{
    fs,
    io::{self, Cursor, Write},
    path::{Path, PathBuf},
};

use radiograph_image::{Picture, Samples};
use radiograph_phantoms::{Finding, Phantom};

/// What is to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Archive {
    /// Number of patients. Every third one has no finding, every third a lobar opacity, every third ground glass.
    pub(crate) patients: u32,
    /// Side of the films in pixels.
    pub(crate) side: u32,
    /// Seed of the drawings.
    pub(crate) seed: u64,
}

/// What was written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// Number of DICOM files.
    pub(crate) films: usize,
    /// Pairs of files that show one picture under two patient numbers.
    pub(crate) copies: Vec<[PathBuf; 2]>,
}

/// Name of the workbook.
pub(crate) const REPORTS: &str = "reports.xlsx";
/// Words of the reports: of patients without a finding, with a lobar opacity, with ground glass.
const WORDS: [[&str; 2]; 3] =
    [["clear", "no acute disease"], ["bact. pneumonia", "lobar pneumonia"], ["covid pneumonia", "COVID-19"]];

/// Attributes of one file.
struct Attributes<'a> {
    patient: &'a str,
    is_female: bool,
    accession: &'a str,
    view: &'a str,
    body_part: &'a str,
    /// Last part of its SOP Instance UID.
    number: usize,
}

impl Archive {
    /// Writes the archive. Every second patient has two studies, a study has a series of a PA film, and every third one a series
    /// of a lateral film. Every tenth patient has a film of a hand as well, and every twentieth film stands in the archive twice,
    /// once under a patient number that was given by mistake.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<Written> {
        let mut written = Written { films: 0, copies: Vec::new() };
        let mut reports = vec![["Accession number", "Report", "Date"].map(str::to_owned)];
        let mut studies = 0;
        for patient in 0..self.patients {
            let finding = Finding::ALL[patient as usize % 3];
            for study in 0..1 + patient % 2 {
                studies += 1;
                let accession = format!("00{}", 1000 + studies);
                let word = match studies % 15 {
                    7 => "follow-up",
                    _ => WORDS[patient as usize % 3][studies % 2],
                };
                let day = format!("2020-{:02}-{:02}", 1 + studies % 12, 1 + studies % 28);
                reports.push([accession.clone(), word.to_owned(), day]);
                let place = folder.join(format!("{patient:04}/{accession}"));
                let drawn = Phantom { seed: self.seed, patient, film: study, finding, bedside: false };
                let film = drawn.draw(self.side).picture;
                let number = format!("{:06}", 4711 + patient);
                let of = |view, body_part| Attributes {
                    patient: &number,
                    is_female: drawn.is_female(),
                    accession: &accession,
                    view,
                    body_part,
                    number: studies * 10,
                };
                let frontal = written.add(&place.join("1/IM0001"), &film, &of("PA", "CHEST"))?;
                if studies % 3 == 0 {
                    let lateral = Attributes { number: studies * 10 + 1, ..of("LL", "CHEST") };
                    written.add(&place.join("2/IM0001"), &film, &lateral)?;
                }
                if patient % 10 == 0 && study == 0 {
                    let hand = Attributes { number: studies * 10 + 2, ..of("PA", "HAND") };
                    written.add(&place.join("3/IM0001"), &film, &hand)?;
                }
                if studies % 20 == 0 {
                    let mistaken = format!("{:06}", 9000 + patient);
                    let again =
                        Attributes { patient: &mistaken, number: studies * 10 + 3, ..of("PA", "CHEST") };
                    let copy =
                        written.add(&folder.join(format!("sent-again/{studies}/IM0001")), &film, &again)?;
                    written.copies.push([frontal, copy]);
                }
            }
        }
        fs::write(folder.join(REPORTS), workbook(&reports)?)?;
        Ok(written)
    }
}

impl Written {
    fn add(&mut self, path: &Path, film: &Picture, attributes: &Attributes<'_>) -> io::Result<PathBuf> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, dicom(film, attributes))?;
        self.films += 1;
        Ok(path.to_owned())
    }
}

/// A DICOM file in explicit VR little endian, 12 bits.
fn dicom(film: &Picture, attributes: &Attributes<'_>) -> Vec<u8> {
    let element = |group: u16, number: u16, kind: &str, value: &[u8]| {
        let padding = if kind == "UI" { 0 } else { b' ' };
        let value = [value, &vec![padding; value.len() % 2]].concat();
        let start = [&group.to_le_bytes()[..], &number.to_le_bytes(), kind.as_bytes()].concat();
        match kind {
            "OW" => [&start[..], &[0, 0], &(value.len() as u32).to_le_bytes(), &value].concat(),
            _ => [&start[..], &(value.len() as u16).to_le_bytes(), &value].concat(),
        }
    };
    let text = |group, number, kind, value: &str| element(group, number, kind, value.as_bytes());
    let word = |group, number, value: u32| element(group, number, "US", &(value as u16).to_le_bytes());
    let class = "1.2.840.10008.5.1.4.1.1.1.1";
    let instance = format!("2.25.{}", 440_000_000_000 + attributes.number);
    let meta =
        [text(2, 2, "UI", class), text(2, 3, "UI", &instance), text(2, 0x10, "UI", "1.2.840.10008.1.2.1")]
            .concat();
    let levels = match film.samples() {
        Samples::Gray16(samples) => samples.iter().map(|sample| sample >> 4).collect(),
        _ => Vec::new(),
    };
    let pixels: Vec<u8> = levels.iter().flat_map(|level: &u16| level.to_le_bytes()).collect();
    [
        vec![0; 128],
        b"DICM".to_vec(),
        element(2, 0, "UL", &(meta.len() as u32).to_le_bytes()),
        meta,
        text(8, 0x16, "UI", class),
        text(8, 0x18, "UI", &instance),
        text(8, 0x50, "SH", attributes.accession),
        text(8, 0x60, "CS", "DX"),
        text(0x10, 0x20, "LO", attributes.patient),
        text(0x10, 0x40, "CS", if attributes.is_female { "F" } else { "M" }),
        text(0x10, 0x1010, "AS", &format!("{:03}Y", 20 + attributes.number / 10 % 60)),
        text(0x18, 0x15, "CS", attributes.body_part),
        text(0x18, 0x5101, "CS", attributes.view),
        word(0x28, 2, 1),
        text(0x28, 4, "CS", "MONOCHROME2"),
        word(0x28, 0x10, film.height()),
        word(0x28, 0x11, film.width()),
        word(0x28, 0x100, 16),
        word(0x28, 0x101, 12),
        word(0x28, 0x102, 11),
        word(0x28, 0x103, 0),
        element(0x7fe0, 0x10, "OW", &pixels),
    ]
    .concat()
}

/// A workbook of one sheet. Accession numbers are numbers there, as spreadsheets make them, and so have lost their zeros.
fn workbook(rows: &[[String; 3]]) -> io::Result<Vec<u8>> {
    let mut sheet = String::new();
    for (row, cells) in (1..).zip(rows) {
        sheet.push_str(&format!("<row r=\"{row}\">"));
        for (column, cell) in ('A'..).zip(cells) {
            let place = format!("{column}{row}");
            sheet.push_str(&match cell.parse::<u64>() {
                Ok(number) => format!("<c r=\"{place}\"><v>{number}</v></c>"),
                Err(_) => format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>"),
            });
        }
        sheet.push_str("</row>");
    }
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let link = |kind: &str, target: &str, id: &str| {
        format!(
            "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"{id}\" Type=\"{relations}/{kind}\" \
             Target=\"{target}\"/></Relationships>"
        )
    };
    let parts = [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{package}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
            ),
        ),
        ("_rels/.rels", link("officeDocument", "xl/workbook.xml", "r")),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"Reports\" sheetId=\"1\" \
                 r:id=\"s\"/></sheets></workbook>"
            ),
        ),
        ("xl/_rels/workbook.xml.rels", link("worksheet", "worksheets/sheet1.xml", "s")),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{main}\"><sheetData>{sheet}</sheetData></worksheet>"),
        ),
    ];
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive.start_file(name, zip::write::SimpleFileOptions::default())?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}
