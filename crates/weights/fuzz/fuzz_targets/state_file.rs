//! Fuzz target: any file is refused, or gives finite values of the right shape. Hugging Face's reader accepts every
//! file that this crate accepts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_weights::{Expected, Header, StateFile};
use safetensors::SafeTensors;

fuzz_target!(|data: &[u8]| {
    let read = Header::read(data, data.len() as u64).expect("memory can be read");
    let Ok(header) = read else { return };
    let theirs = SafeTensors::deserialize(data).expect("the official reader is the more lenient one");
    assert_eq!(theirs.len(), header.tensors.len());

    // Half of the file's own tensors, so that there are extra ones too when the file has many.
    let names: Vec<Expected> =
        header.tensors.iter().step_by(1 + header.tensors.len() / 8).map(|one| Expected::new(&one.name, one.shape.clone())).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("state.safetensors");
    std::fs::write(&path, data).expect("room for a small file");
    match StateFile::open(&path, &names) {
        Ok(state) => {
            for one in &names {
                let Ok(values) = state.take(&one.name) else { continue };
                assert_eq!(values.len(), one.shape.iter().product::<usize>());
                assert!(values.iter().all(|value| value.is_finite()));
            }
        }
        Err(error) => assert!(error.to_string().len() < 8000),
    }
});
