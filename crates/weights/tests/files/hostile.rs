//! Tests of malicious files: each is refused with the right fault, without using much memory or time.

use radiograph_weights::{Expected, Fault, HeaderFault, LONGEST_HEADER, StateFile, WeightsError};

use crate::scene;

/// A name, the file, and whether one of its faults is the expected one.
type Case = (&'static str, Vec<u8>, fn(&HeaderFault) -> bool);

/// A tensor of four bytes, with the given texts as its shape and offsets.
fn tensor(shape: &str, offsets: &str) -> Vec<u8> {
    scene::raw(&format!(r#"{{"a":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}}}"#), 4)
}

fn two(first: &str, second: &str, data: usize) -> Vec<u8> {
    let one = |name: &str, offsets: &str| {
        format!(r#""{name}":{{"dtype":"U8","shape":[2],"data_offsets":{offsets}}}"#)
    };
    scene::raw(&format!("{{{},{}}}", one("a", first), one("b", second)), data)
}

fn with_length(length: u64, bytes: &[u8]) -> Vec<u8> {
    [&length.to_le_bytes()[..], bytes].concat()
}

fn cases() -> Vec<Case> {
    let json = |fault: &HeaderFault| matches!(fault, HeaderFault::Json { .. });
    let overflow = |fault: &HeaderFault| matches!(fault, HeaderFault::Overflow { .. });
    let overlap = |fault: &HeaderFault| matches!(fault, HeaderFault::Overlap { .. });
    let truncated = |fault: &HeaderFault| matches!(fault, HeaderFault::Truncated { .. });
    let size = |fault: &HeaderFault| matches!(fault, HeaderFault::Size { .. });
    let hole = |fault: &HeaderFault| matches!(fault, HeaderFault::Hole { .. });
    let too_long = |fault: &HeaderFault| matches!(fault, HeaderFault::TooLong { .. });
    let other_kind = |fault: &HeaderFault| matches!(fault, HeaderFault::OtherKind { .. });
    let no_header = |fault: &HeaderFault| matches!(fault, HeaderFault::NoHeader { .. });
    let many = (0..400_000).map(|_| "0,").collect::<String>();
    vec![
        ("nothing", Vec::new(), no_header),
        ("seven bytes", vec![2; 7], no_header),
        ("only a length", with_length(2, b""), truncated),
        ("a header of 16 EiB", with_length(u64::MAX, b"{}"), too_long),
        ("a header of 100 MB", with_length(100_000_000, b"{}"), too_long),
        ("one byte more than is read", with_length(LONGEST_HEADER + 1, b"{}"), too_long),
        ("a header beyond the end", with_length(3, b"{}"), truncated),
        ("a header of nothing", with_length(0, b""), json),
        ("a web page", b"<!DOCTYPE html><html><body>Not found</body></html>".to_vec(), other_kind),
        (
            "a Git LFS pointer",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\n".to_vec(),
            other_kind,
        ),
        ("a file of Keras", b"\x89HDF\r\n\x1a\n\0\0\0\0".to_vec(), other_kind),
        ("a pickle", b"\x80\x02ccollections\nOrderedDict\n".to_vec(), other_kind),
        (
            "a pickle of PyTorch, zipped",
            b"PK\x03\x04\x00\x00\x08\x08\x00\x00archive/data.pkl".to_vec(),
            other_kind,
        ),
        ("a list", scene::raw("[]", 0), json),
        ("a space before the header", scene::raw(" {}", 0), json),
        ("no UTF-8", with_length(4, b"{\"\xff\""), json),
        ("brackets without end", scene::raw(&format!("{{\"a\":{}", "[".repeat(100_000)), 0), json),
        (
            "an unknown key",
            scene::raw(r#"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"code":"x"}}"#, 4),
            json,
        ),
        ("a missing key", scene::raw(r#"{"a":{"dtype":"F32","shape":[]}}"#, 4), json),
        (
            "one key twice in a tensor",
            scene::raw(r#"{"a":{"dtype":"F32","shape":[],"shape":[1],"data_offsets":[0,4]}}"#, 4),
            json,
        ),
        ("metadata that is not text", scene::raw(r#"{"__metadata__":{"a":1}}"#, 0), json),
        ("a negative side", tensor("[-1]", "[0,4]"), json),
        ("a broken side", tensor("[1.5]", "[0,4]"), json),
        ("a side beyond 64 bits", tensor("[18446744073709551616]", "[0,4]"), json),
        ("three offsets", tensor("[1]", "[0,4,8]"), json),
        ("sides whose product overflows", tensor("[4294967296,4294967296]", "[0,4]"), overflow),
        ("a product that is 0 after it overflowed", tensor("[4294967296,4294967296,0]", "[0,0]"), overflow),
        ("a product whose bytes overflow", tensor("[9223372036854775807]", "[0,4]"), overflow),
        ("400,000 sides", tensor(&format!("[{}0]", many), "[0,0]"), |fault| {
            matches!(fault, HeaderFault::Sides { .. })
        }),
        ("fewer bytes than the shape", tensor("[2]", "[0,4]"), size),
        ("more bytes than the shape", tensor("[]", "[0,8]"), size),
        ("offsets backwards", tensor("[1]", "[4,0]"), |fault| matches!(fault, HeaderFault::Backwards { .. })),
        (
            "an unknown number format",
            scene::raw(r#"{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}"#, 4),
            |fault| matches!(fault, HeaderFault::Dtype { .. }),
        ),
        ("data cut short", two("[0,2]", "[2,4]", 3), truncated),
        (
            "data at the end of the address space",
            tensor("[1]", "[18446744073709551611,18446744073709551615]"),
            truncated,
        ),
        ("the same bytes twice", two("[0,2]", "[0,2]", 2), overlap),
        ("bytes shared in part", two("[0,2]", "[1,3]", 3), overlap),
        ("a hole between tensors", two("[0,2]", "[3,5]", 5), hole),
        ("a hole before the first", two("[1,3]", "[3,5]", 5), hole),
        ("bytes after the last", two("[0,2]", "[2,4]", 5), hole),
        (
            "one name twice",
            scene::raw(
                r#"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[],"data_offsets":[1,2]}}"#,
                2,
            ),
            |fault| matches!(fault, HeaderFault::Twice { .. }),
        ),
    ]
}

#[test]
fn every_hostile_file_is_refused_with_its_fault() {
    let cases = cases();
    assert_eq!(cases.len(), 41);
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes, expected) in cases {
        let path = scene::file(folder.path(), &bytes);
        match StateFile::open(&path, &scene::network()) {
            Err(error @ WeightsError::Header { .. }) => {
                let message = error.to_string();
                assert!(message.len() < 2000, "{name}: {} letters", message.len());
                let WeightsError::Header { faults, .. } = error else { unreachable!() };
                assert!(faults.iter().any(expected), "{name}: {faults:?}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

/// An empty tensor whose other sides overflow, under timm's name of a layer that is flattened.
#[test]
fn a_first_side_of_zero_hides_no_overflow() {
    let header =
        r#"{"pre_logits.fc1.weight":{"dtype":"F32","shape":[0,9223372036854775808,2],"data_offsets":[0,0]}}"#;
    let folder = tempfile::tempdir().unwrap();
    let network =
        [Expected::new("classifier.0.weight", [2, 8]), Expected::new("classifier.6.weight", [2, 2])];
    match StateFile::open(&scene::file(folder.path(), &scene::raw(header, 0)), &network) {
        Err(WeightsError::State { faults, .. }) => {
            let found = vec![0, 1 << 63, 2];
            let misshapen =
                Fault::Misshapen { name: "classifier.0.weight".to_owned(), expected: vec![2, 8], found };
            assert!(faults.contains(&misshapen), "{faults:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn faults_of_several_tensors_come_together() {
    let header = r#"{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,4]},
        "c":{"dtype":"F32","shape":[2],"data_offsets":[0,4]},"d":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}"#;
    let folder = tempfile::tempdir().unwrap();
    match StateFile::open(&scene::file(folder.path(), &scene::raw(header, 4)), &scene::network()) {
        Err(WeightsError::Header { faults, .. }) => assert_eq!(faults.len(), 4, "{faults:?}"),
        other => panic!("{other:?}"),
    }
}

/// Hugging Face's reader accepts them too: padding, empty tensors, any order of names.
#[test]
fn odd_but_valid_files_are_no_safetensors_fault() {
    let valid = [
        scene::raw("{}", 0),
        scene::raw("{}      ", 0),
        scene::raw(r#"{"a":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}}"#, 0),
        scene::raw(
            r#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},"b":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#,
            4,
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    for bytes in valid {
        assert!(safetensors::SafeTensors::deserialize(&bytes).is_ok());
        let opened = StateFile::open(&scene::file(folder.path(), &bytes), &scene::network());
        assert!(matches!(opened, Err(WeightsError::State { .. })), "{opened:?}");
    }
}

/// The public reports behind the field case: people get "HeaderTooLarge" for these.
#[test]
fn field_cases_are_refused_in_one_line_that_names_the_cause() {
    let Some(folder) = radiograph_needs::folder("RADIOGRAPH_FIELDCASES") else { return };
    let path = folder.join("18-weights-prefix-counts-pointer/lfs-pointer.safetensors");
    let error = StateFile::open(&path, &scene::network()).unwrap_err().to_string();
    assert!(error.contains("Git LFS pointer") && !error.contains('\n'), "{error}");
}
