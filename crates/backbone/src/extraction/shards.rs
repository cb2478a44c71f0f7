//! Computed batches put together to shards, each written as soon as its last batch is there.

use std::collections::BTreeMap;

use radiograph_features::{FeatureId, StoreWriter};

use super::{ExtractionError, Failure, FailureReason, worker::ComputedBatch};

/// The shards of a plan that are being put together.
#[derive(Debug)]
pub(super) struct Shards {
    planned: Vec<PlannedShard>,
    /// By their places in the plan. As many are open at most as devices work on.
    open: BTreeMap<usize, Vec<ComputedBatch>>,
}

#[derive(Debug)]
struct PlannedShard {
    /// The feature maps of all its batches, and what people call their images.
    features: Vec<(FeatureId, String)>,
    batches: usize,
}

/// What came of a shard.
pub(super) struct Finished {
    /// Feature maps written.
    pub(super) stored: usize,
    /// Images whose features cannot be stored; those that could not be decoded were told before.
    pub(super) failures: Vec<Failure>,
}

impl Shards {
    /// Shards of these feature maps, each made in batches of `batch` images.
    pub(super) fn new(shards: Vec<Vec<(FeatureId, String)>>, batch: usize) -> Self {
        let plan = |features: Vec<_>| PlannedShard { batches: features.len().div_ceil(batch), features };
        Self { planned: shards.into_iter().map(plan).collect(), open: BTreeMap::new() }
    }

    /// Takes a batch in; writes its shard if that was the last one missing.
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
            // There is a map for every image that was decoded.
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
