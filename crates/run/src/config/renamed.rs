//! Former names of settings. Using one is an error that gives the present name.

use toml::{Table, Value};

use crate::Error;

/// Former and present key.
const RENAMED: [(&str, &str); 12] = [
    ("compute.resident_features", "compute.resident_bytes"),
    ("data.per_class", "data.max_per_class"),
    ("data.per_patient", "data.max_per_patient"),
    ("data.test", "data.test_share"),
    ("evaluation.level", "evaluation.confidence_level"),
    ("evaluation.significance", "evaluation.significance_level"),
    ("head.order", "head.sequence_order"),
    ("input.variants", "input.augmented_copies"),
    ("training.batch", "training.batch_size"),
    ("training.checkpoint_every", "training.checkpoint_seconds"),
    ("training.keep", "training.kept_weights"),
    ("training.tested", "training.tested_model"),
];

/// Refuses settings with a former name.
pub(super) fn refuse(settings: &Table) -> Result<(), Error> {
    for (former, present) in RENAMED {
        if holds(settings, former) {
            return Err(Error::config(former, format!("is called {present} now")));
        }
    }
    Ok(())
}

fn holds(settings: &Table, key: &str) -> bool {
    match key.split_once('.') {
        None => settings.contains_key(key),
        Some((section, rest)) => {
            matches!(settings.get(section), Some(Value::Table(inner)) if holds(inner, rest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    #[test]
    fn every_former_name_is_refused_with_the_present_one() {
        for (former, present) in RENAMED {
            let error = Config::resolve(None, &[format!("{former}=1")]).unwrap_err().to_string();
            assert!(error.contains(former) && error.contains(&format!("called {present} now")), "{error}");
        }
    }

    #[test]
    fn a_former_value_names_those_of_today() {
        let error = Config::resolve(None, &["evaluation.best_by=test_accuracy".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("`test-accuracy`"), "{error}");
    }

    #[test]
    fn no_present_setting_is_called_like_a_former_one() {
        let settings = Table::try_from(Config::of(radiograph_protocol::Preset::Paper)).unwrap();
        for (former, present) in RENAMED {
            assert!(!holds(&settings, former), "{former}");
            assert!(holds(&settings, present), "{present}");
        }
    }
}
