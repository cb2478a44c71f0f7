//! Assembles computed batches into shards, and writes each shard as soon as its last batch arrives.

use std::collections::BTreeMap;

use radiograph_features::{FeatureId, StoreWriter};

use super::{ExtractionError, Failure, FailureReason, worker::ComputedBatch};

/// The shards of a plan while they are assembled.
#[derive(Debug)]
pub(super) struct Shards {
    planned: Vec<PlannedShard>,
    /// Incomplete shards by position in the plan. Their number is at most the number that devices work on.
    open: BTreeMap<usize, Vec<ComputedBatch>>,
}

#[derive(Debug)]
struct PlannedShard {
    /// Feature maps of all its batches, with the names of their images.
    features: Vec<(FeatureId, String)>,
    batches: usize,
}

/// Result of writing a shard.
pub(super) struct Finished {
    /// Number of feature maps that were written.
    pub(super) stored: usize,
    /// Images whose features cannot be stored. Images that could not be decoded were reported before.
    pub(super) failures: Vec<Failure>,
}

impl Shards {
    /// Plans shards of these feature maps, each in batches of `batch` images.
    pub(super) fn new(shards: Vec<Vec<(FeatureId, String)>>, batch: usize) -> Self {
        let plan = |features: Vec<_>| PlannedShard { batches: features.len().div_ceil(batch), features };
        Self { planned: shards.into_iter().map(plan).collect(), open: BTreeMap::new() }
    }

    /// Adds a batch, and writes its shard if no other batch of it is missing.
    pub(super) fn add(
        &mut self,
        batch: ComputedBatch,
        writer: &mut StoreWriter,
    ) -> Result<Option<Finished>, ExtractionError> {
        let shard = batch.shard;
        let batches = self.open.entry(shard).or_default();
        batches.push(batch);
        if batches.len() < self.planned[shard].batches {
            return Ok(None);
        }
        let mut batches = self.open.remove(&shard).unwrap_or_default();
        batches.sort_by_key(|batch| batch.number);
        let features = std::mem::take(&mut self.planned[shard].features);
        write(features, batches, writer).map(Some)
    }
}

fn write(
    features: Vec<(FeatureId, String)>,
    batches: Vec<ComputedBatch>,
    writer: &mut StoreWriter,
) -> Result<Finished, ExtractionError> {
    let size = writer.description().values();
    let (mut ids, mut values, mut failures) =
        (Vec::new(), Vec::with_capacity(features.len() * size), Vec::new());
    let mut features = features.into_iter();
    for batch in batches {
        let mut maps = batch.values.chunks_exact(size);
        for (decoded, (feature, id)) in batch.decoded.into_iter().zip(features.by_ref()) {
            if !decoded {
                continue;
            }
            // Every decoded image has a map.
            let Some(map) = maps.next() else { break };
            match writer.check(feature, map) {
                Ok(()) => {
                    ids.push(feature);
                    values.extend_from_slice(map);
                }
                Err(error) => {
                    failures.push(Failure { id, feature, reason: FailureReason::NotStorable(error) });
                }
            }
        }
    }
    if !ids.is_empty() {
        writer.write(&ids, &values)?;
    }
    Ok(Finished { stored: ids.len(), failures })
}
