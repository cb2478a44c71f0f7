//! Fuzzes the CSV reader: any file is refused, or it is read, written and read back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_metrics::Predictions;

fuzz_target!(|data: &[u8]| {
    let Ok(predictions) = Predictions::read_csv(data, None) else { return };
    let mut written = Vec::new();
    predictions.write_csv(&mut written).expect("memory takes everything");
    let again = Predictions::read_csv(&*written, None).expect("what we write we read");
    assert_eq!(again.probabilities(), predictions.probabilities());
    assert_eq!(again.patients(), predictions.patients());
    assert_eq!(again.cluster_names(), predictions.cluster_names());
});
