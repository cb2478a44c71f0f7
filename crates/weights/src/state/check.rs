//! Compares the tensors that a header lists with those of a network. Values are checked in `state`.

use std::collections::{BTreeMap, HashMap};

use super::names::{Canonical, PARTS, canonical, is_ignored};
use crate::{
    Architecture, Dtype, Expected, Fault, Group, Hint,
    header::{Header, Tensor},
};

/// Position in the header of each of the network's tensors, and all faults.
pub(super) struct Fit {
    /// Positions in the header by the name in the network: one, or those of the parts in their order.
    pub(super) places: BTreeMap<String, Vec<usize>>,
    pub(super) faults: Vec<Fault>,
}

pub(super) fn fit(header: &Header, expected: &[Expected]) -> Fit {
    let known: HashMap<&str, &Expected> = expected.iter().map(|one| (one.name.as_str(), one)).collect();
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut parts: BTreeMap<String, [Option<usize>; PARTS]> = BTreeMap::new();
    let mut faults = Vec::new();
    for (place, tensor) in header.tensors.iter().enumerate() {
        if is_ignored(&tensor.name, |name| known.contains_key(name)) {
            continue;
        }
        let Canonical { name, flat, part } = canonical(&tensor.name, |name| known.contains_key(name));
        let shape = if flat { flattened(&tensor.shape) } else { tensor.shape.clone() };
        let Some(one) = known.get(name.as_ref()) else {
            match batch_count(tensor, &known) {
                Some(fault) => faults.extend(fault),
                None => faults.push(Fault::Extra { name: tensor.name.clone(), shape }),
            }
            continue;
        };
        let already = match part {
            Some(part) => parts.get(name.as_ref()).is_some_and(|parts| parts[part].is_some()),
            None => parts.contains_key(name.as_ref()),
        };
        if already || places.contains_key(name.as_ref()) {
            faults.push(Fault::Twice { name: name.into_owned(), other: tensor.name.clone() });
            continue;
        }
        let expected = part.map_or_else(|| one.shape.clone(), |_| part_of(&one.shape));
        if shape != expected {
            faults.push(Fault::Misshapen { name: one.name.clone(), expected, found: shape });
        }
        let dtype = if one.group == Group::BatchCount { Dtype::I64 } else { Dtype::F32 };
        if tensor.dtype != dtype {
            faults.push(Fault::WrongDtype { name: one.name.clone(), expected: dtype, found: tensor.dtype });
        }
        match part {
            Some(part) => parts.entry(name.into_owned()).or_default()[part] = Some(place),
            None => {
                places.insert(name.into_owned(), vec![place]);
            }
        }
    }
    for (name, parts) in parts {
        let found: Vec<usize> = parts.into_iter().flatten().collect();
        if found.len() == PARTS {
            places.insert(name, found);
        }
    }
    let begun = |group| expected.iter().any(|one| one.group == group && places.contains_key(&one.name));
    let (classifier, auxiliary) = (begun(Group::Classifier), begun(Group::Auxiliary));
    let needed = |one: &&Expected| match one.group {
        Group::Features => true,
        Group::Classifier => classifier,
        Group::Auxiliary => auxiliary,
        Group::BatchCount => false,
    };
    let missing = expected.iter().filter(needed).filter(|one| !places.contains_key(&one.name));
    faults.extend(missing.cloned().map(Fault::Missing));
    Fit { places, faults }
}

/// Shape of one of the parts of which a tensor is made, one after the other along the first side.
fn part_of(shape: &[usize]) -> Vec<usize> {
    match shape {
        [first, rest @ ..] => [&[first / PARTS], rest].concat(),
        [] => Vec::new(),
    }
}

/// `[4096, 512, 7, 7]` as `[4096, 25088]`. Unchanged if the product overflows, which is possible after a first side of
/// 0.
fn flattened(shape: &[usize]) -> Vec<usize> {
    let product = |sides: &[usize]| sides.iter().try_fold(1_usize, |all, side| all.checked_mul(*side));
    match shape {
        [first, rest @ ..] if !rest.is_empty() => {
            product(rest).map_or_else(|| shape.to_vec(), |rest| vec![*first, rest])
        }
        _ => shape.to_vec(),
    }
}

/// Faults of the counter of one of the network's batch normalisations; `None` if the tensor is not such a counter.
fn batch_count(tensor: &Tensor, known: &HashMap<&str, &Expected>) -> Option<Vec<Fault>> {
    let mean = format!("{}.running_mean", tensor.name.strip_suffix(".num_batches_tracked")?);
    let mean = canonical(&mean, |name| known.contains_key(name)).name;
    known.get(mean.as_ref())?;
    let name = tensor.name.clone();
    let mut faults = Vec::new();
    if !tensor.shape.is_empty() {
        faults.push(Fault::Misshapen {
            name: name.clone(),
            expected: Vec::new(),
            found: tensor.shape.clone(),
        });
    }
    if tensor.dtype != Dtype::I64 {
        faults.push(Fault::WrongDtype { name, expected: Dtype::I64, found: tensor.dtype });
    }
    Some(faults)
}

/// The cause that explains most faults at once, if there is one.
pub(super) fn hint(header: &Header, expected: &[Expected], faults: &[Fault]) -> Option<Hint> {
    let foreign = faults.iter().any(|fault| matches!(fault, Fault::Extra { .. }));
    if !foreign {
        return None;
    }
    let names = || header.tensors.iter().map(|tensor| tensor.name.as_str());
    let ours = Architecture::recognise(expected.iter().map(|one| one.name.as_str()));
    if let Some(theirs) = Architecture::recognise(names()).filter(|theirs| ours != Some(*theirs)) {
        return Some(Hint::OtherNetwork(theirs));
    }
    let missing = faults.iter().find_map(|fault| match fault {
        Fault::Missing(one) => Some(&one.name),
        _ => None,
    })?;
    let prefix = names().find_map(|name| name.strip_suffix(missing.as_str()))?;
    let prefixed = names().filter(|name| name.starts_with(prefix)).count();
    (prefix.ends_with('.') && 2 * prefixed > header.tensors.len()).then(|| Hint::Prefixed(prefix.to_owned()))
}
