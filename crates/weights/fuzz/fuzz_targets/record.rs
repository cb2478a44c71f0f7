//! Fuzz target: any record, name or choice is refused, or reads back as it was written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_weights::{WeightsChoice, WeightsName, WeightsRecord};

fuzz_target!(|data: &[u8]| {
    if let Ok(record) = serde_json::from_slice::<WeightsRecord>(data) {
        let text = serde_json::to_string(&record).expect("a record is plain data");
        assert_eq!(serde_json::from_str::<WeightsRecord>(&text).expect("what we write we read"), record);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(name) = text.parse::<WeightsName>() {
        assert!(!name.as_str().contains('/') && !name.as_str().starts_with('.'));
        assert_eq!(name.to_string(), text);
    }
    if let Ok(choice) = text.parse::<WeightsChoice>() {
        assert_eq!(choice.to_string().parse::<WeightsChoice>().expect("what we write we read"), choice);
    }
});
