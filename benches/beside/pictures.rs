//! Decoding, and decoding with resizing, of one file of each format on one thread.

use std::{collections::BTreeMap, fs, path::Path};

use radiograph_image::{Limits, Picture, Samples, decode, decode_gray, preprocess::resize};
use radiograph_input::Filter;
use tch::Tensor;

use crate::{Outcome, Work, timed, unknown};

const SIDE: u32 = 224;

pub(crate) struct Pictures(BTreeMap<String, Case>);

struct Case {
    bytes: Vec<u8>,
    what: What,
}

/// What is made of a file.
#[derive(Clone, Copy)]
enum What {
    /// Gray at 224 pixels.
    Gray,
    /// In colour at 224 pixels.
    Colour,
    /// What a viewer shows, at its own size.
    Shown,
}

impl Pictures {
    /// Reads `cases.txt`, whose lines are a name, a path, and `gray`, `colour` or `shown`, with tabs between; and writes
    /// the values of each case to `pictures.safetensors`.
    pub(crate) fn prepare(folder: &Path) -> Outcome<Self> {
        let mut cases = BTreeMap::new();
        for line in fs::read_to_string(folder.join("cases.txt"))?.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let &[name, path, what] = &fields[..] else { return Err(format!("not a case: {line}").into()) };
            let what = match what {
                "gray" => What::Gray,
                "colour" => What::Colour,
                "shown" => What::Shown,
                _ => return Err(format!("neither gray, colour nor shown: {what}").into()),
            };
            cases.insert(name.to_owned(), Case { bytes: fs::read(path)?, what });
        }
        let mut values = Vec::new();
        for (name, case) in &cases {
            values.push((name.as_str(), tensor(&case.read()?)));
        }
        Tensor::write_safetensors(&values, folder.join("pictures.safetensors"))?;
        Ok(Self(cases))
    }
}

impl Case {
    fn read(&self) -> Outcome<Picture> {
        let limits = Limits::default();
        let picture = match self.what {
            What::Gray => decode_gray(&self.bytes, &limits)?,
            What::Colour => decode(&self.bytes, &limits)?,
            What::Shown => return Ok(decode(&self.bytes, &limits)?),
        };
        Ok(resize(&picture, SIDE, SIDE, Filter::Bilinear).ok_or("an empty picture")?)
    }
}

impl Work for Pictures {
    fn perform(&mut self, piece: &str) -> Outcome<f64> {
        match self.0.get(piece) {
            Some(case) => timed(|| case.read()),
            None => unknown(piece),
        }
    }
}

/// Values from 0 to 1, in a row.
fn tensor(picture: &Picture) -> Tensor {
    let values: Vec<f32> = match picture.samples() {
        Samples::Gray8(values) | Samples::Rgb8(values) => {
            values.iter().map(|&value| f32::from(value) / 255.0).collect()
        }
        Samples::Gray16(values) | Samples::Rgb16(values) => {
            values.iter().map(|&value| f32::from(value) / 65535.0).collect()
        }
    };
    Tensor::from_slice(&values)
}
