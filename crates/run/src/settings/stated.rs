//! Compares the ranges that the list of settings states with those that a config accepts.

use std::collections::BTreeSet;

use radiograph_protocol::Preset;
use toml::{Table, Value};

use super::Setting;
use crate::Config;

/// Configs that together hold every number a config can hold, the most permissive first.
fn bases() -> [Config; 4] {
    // With the smallest heads, no number is refused because the head would become too large.
    let small = "
        backbones = ['vgg19', 'densenet121']
        baselines = false
        split_seed = 9
        input = { size = 32, augmentation = { rotation = 1.0, shift = 0.0, flip = false } }
        head.layers.vgg19 = { units = 1, dense = [1] }
        head.layers.densenet121 = { units = 1, dense = [1] }
        data.ages = { from = 0, to = 122, unknown = true }
        data.max_per_class = 9
        data.quotas = [{ class = 'normal', images = 9 }]
        training.clipping = { variable-norm = 1.0 }
    ";
    let [paper, released, trustworthy] = Preset::ALL.map(Config::of);
    [Config::resolve(Some(small), &[]).unwrap(), trustworthy, released, paper]
}

/// The path of every number below a value, with the indices of lists.
fn numbers(value: &Value, path: &[String], found: &mut Vec<Vec<String>>) {
    let mut below = |name: String, value: &Value| numbers(value, &[path, &[name]].concat(), found);
    match value {
        Value::Table(inner) => inner.iter().for_each(|(name, value)| below(name.clone(), value)),
        Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(index, value)| below(index.to_string(), value));
        }
        Value::Integer(_) | Value::Float(_) => found.push(path.to_vec()),
        _ => {}
    }
}

/// Whether the config is accepted with another number at this place, and the message if it is not.
fn with(base: &Config, path: &[String], number: Value) -> Result<(), String> {
    let mut settings = Value::Table(Table::try_from(base).unwrap());
    let mut place = &mut settings;
    for name in path {
        place = match place {
            Value::Array(entries) => &mut entries[name.parse::<usize>().unwrap()],
            other => other.get_mut(name).unwrap(),
        };
    }
    *place = number;
    let text = toml::to_string(&settings).unwrap();
    Config::resolve(Some(&text), &[]).map(drop).map_err(|error| error.to_string())
}

/// The range that a text states at its start: `0 to 1`, `0 to below 1`, `at least 0`, `above 0`, or
/// `above 0 and at most 1`; and the numbers just inside and just outside it.
fn stated(text: &str, whole: bool) -> Option<(Vec<Value>, Vec<Value>)> {
    let number = |text: &str| match text {
        "2^63 - 1" => Some(i64::MAX as f64),
        _ => match text.strip_prefix("2^") {
            Some(power) => power.parse().ok().map(f64::exp2),
            None => text.parse::<f64>().ok(),
        },
    };
    let (least, most) = if let Some(least) = text.strip_prefix("at least ") {
        ((number(least)?, true), (f64::MAX, true))
    } else if let Some(rest) = text.strip_prefix("above ") {
        let (least, most) = rest.split_once(" and ").unwrap_or((rest, ""));
        let most = match most.split_once(' ') {
            Some(("below", most)) => (number(most)?, false),
            Some(("at", most)) => (number(most.strip_prefix("most ")?)?, true),
            _ if most.is_empty() => (f64::MAX, true),
            _ => return None,
        };
        ((number(least)?, false), most)
    } else {
        let (least, most) = text.split_once(" to ")?;
        let below = most.strip_prefix("below ");
        ((number(least)?, true), (number(below.unwrap_or(most))?, below.is_none()))
    };
    if whole {
        let (least, most) = (least.0 as i64, most.0 as i64); // 2^63 as f64 becomes i64::MAX
        let above = most.checked_add(1).map(Value::Integer);
        let outside = [Some(Value::Integer(least - 1)), above].into_iter().flatten().collect();
        return Some((vec![Value::Integer(least), Value::Integer(most)], outside));
    }
    let (mut inside, mut outside) = (Vec::new(), vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    for ((end, belongs), outwards) in [(least, f64::next_down as fn(f64) -> f64), (most, f64::next_up)] {
        let inwards = if end == least.0 { end.next_up() } else { end.next_down() };
        inside.push(if belongs { end } else { inwards });
        outside.push(if belongs { outwards(end) } else { end });
    }
    let values = |numbers: Vec<f64>| numbers.into_iter().map(Value::Float).collect();
    Some((values(inside), values(outside)))
}

/// What a setting's text says about one number of it: after `name = ` in a table, else after the unit.
fn about<'t>(setting: &'t Setting, path: &[String]) -> Vec<&'t str> {
    let depth = setting.key.split('.').count();
    let is_index = |name: &&String| name.chars().all(|letter| letter.is_ascii_digit());
    let inner: Vec<&String> = path[depth..].iter().filter(|name| !is_index(name)).collect();
    let mut text = setting.values;
    for name in &inner {
        text = text.split_once(&format!("{name} = ")).map_or("", |(_, after)| after);
    }
    if inner.is_empty() {
        text = text.split(';').next().unwrap();
    }
    text.split([',', '}', ']', ';']).map(str::trim).take(if inner.is_empty() { 9 } else { 2 }).collect()
}

/// The stated ranges are exactly what the config accepts: the numbers at both ends are accepted, and those just
/// outside are refused with the setting's key and the range as it is stated.
#[test]
fn every_number_has_a_stated_range_which_is_what_the_config_accepts() {
    let mut tried = BTreeSet::new();
    for base in bases() {
        let mut found = Vec::new();
        numbers(&Value::Table(Table::try_from(&base).unwrap()), &[], &mut found);
        for path in found {
            let key: Vec<&str> =
                path.iter().map(String::as_str).filter(|name| name.parse::<u8>().is_err()).collect();
            let key = key.join(".");
            // Heads of networks that are not used are not built, and those of the presets are large.
            if !tried.insert(key.clone()) {
                continue;
            }
            let setting = Setting::of(&key).unwrap();
            let mut value = &Value::Table(Table::try_from(&base).unwrap());
            for name in &path {
                value = match value {
                    Value::Array(entries) => &entries[name.parse::<usize>().unwrap()],
                    other => &other[name.as_str()],
                };
            }
            let texts = about(setting, &path);
            let (text, (inside, outside)) = texts
                .iter()
                .find_map(|text| Some((text, stated(text, value.is_integer())?)))
                .unwrap_or_else(|| panic!("{key}: no range in {texts:?}"));
            for number in inside {
                let set = with(&base, &path, number.clone());
                assert!(set.is_ok(), "{key} = {number} is in `{text}`: {set:?}");
            }
            for number in outside {
                let error =
                    with(&base, &path, number.clone()).expect_err(&format!("{key} = {number}, `{text}`"));
                let named = error.replace("[0]", "");
                assert!(named.starts_with(&format!("setting {key}")), "{key} = {number}: {error}");
                assert!(error.contains(&format!("; allowed: {text}")), "{key} = {number}: {error}");
            }
        }
    }
    assert!(tried.len() >= 40, "{}: {tried:?}", tried.len());
}
