//! Records of published weights, and a safetensors file that is read without trust.
//!
//! `cargo run -p radiograph-examples --no-default-features --example weights`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use radiograph_weights::{Architecture, Expected, Group, StateFile, WeightsRecord};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for record in WeightsRecord::published() {
        println!("{:32} {} pixels, {:?}", record.name, record.input_size, record.normalisation);
    }

    // A sound file of DenseNet121's feature extractor, zeros throughout.
    let expected = Expected::of(Architecture::DENSENET121);
    let (mut header, mut end) = (Vec::new(), 0);
    for tensor in expected.iter().filter(|tensor| tensor.group == Group::Features) {
        let begin = end;
        end += 4 * tensor.shape.iter().product::<usize>();
        header.push(format!(
            r#""{}":{{"dtype":"F32","shape":{:?},"data_offsets":[{begin},{end}]}}"#,
            tensor.name, tensor.shape
        ));
    }
    let header = format!("{{{}}}", header.join(","));
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + end, 0);

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("densenet121.safetensors");
    std::fs::write(&path, &bytes)?;
    println!("SHA-256 {}", StateFile::open(&path, &expected)?.sha256());

    // The same file without its end: the error says what is wrong before any value is used.
    std::fs::write(&path, &bytes[..bytes.len() - 4])?;
    if let Err(error) = StateFile::open(&path, &expected) {
        println!("{error}");
    }
    Ok(())
}
