//! Property tests: files that Hugging Face's reader reads give the same values here; damaged files give an error, no
//! panic.

use proptest::prelude::*;
use radiograph_weights::{Expected, Header, StateFile, WeightsError};
use safetensors::SafeTensors;

use crate::scene::{self, Given};

fn tensors() -> impl Strategy<Value = Vec<Given>> {
    let tensor = (prop::collection::vec(0_usize..4, 0..4), any::<u32>());
    prop::collection::vec(tensor, 0..6).prop_map(|all| {
        let one = |(place, (shape, seed)): (usize, (Vec<usize>, u32))| {
            let count = shape.iter().product::<usize>() as u32;
            let values: Vec<f32> = (0..count).map(|k| (seed.wrapping_mul(k + 1) >> 8) as f32 - 8e6).collect();
            Given::f32(&format!("layer{place}.weight"), &shape, &values)
        };
        all.into_iter().enumerate().map(one).collect()
    })
}

fn expected(tensors: &[Given]) -> Vec<Expected> {
    tensors.iter().map(|one| Expected::new(&one.name, one.shape.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_was_written_is_read(tensors in tensors()) {
        let folder = tempfile::tempdir().unwrap();
        let path = scene::file(folder.path(), &scene::bytes(&tensors, &[("key", "value")]));
        let state = StateFile::open(&path, &expected(&tensors)).unwrap();
        for tensor in &tensors {
            let values = state.take(&tensor.name).unwrap();
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            prop_assert_eq!(&bytes, &tensor.bytes);
        }
    }

    /// Hugging Face's reader accepts every header that this crate accepts, which is stricter.
    #[test]
    fn damaged_files_are_refused_or_read_alike(
        tensors in tensors(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
        cuts: bool,
    ) {
        let mut bytes = scene::bytes(&tensors, &[]);
        for (place, value) in damage {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        if let Ok(header) = Header::read(&*bytes, bytes.len() as u64).unwrap() {
            let theirs = SafeTensors::deserialize(&bytes);
            prop_assert!(theirs.is_ok(), "{:?}", theirs.err());
            let theirs = theirs.unwrap();
            prop_assert_eq!(theirs.len(), header.tensors.len());
            for tensor in &header.tensors {
                let same = theirs.tensor(&tensor.name).unwrap();
                prop_assert_eq!(same.shape(), &tensor.shape[..]);
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let path = scene::file(folder.path(), &bytes);
        match StateFile::open(&path, &expected(&tensors)) {
            Ok(state) => for tensor in &tensors {
                prop_assert!(state.take(&tensor.name).unwrap().iter().all(|value| value.is_finite()));
            },
            Err(error) => {
                prop_assert!(matches!(error, WeightsError::Header { .. } | WeightsError::State { .. }), "{}", error);
                prop_assert!(error.to_string().len() < 4000);
            }
        }
    }
}
