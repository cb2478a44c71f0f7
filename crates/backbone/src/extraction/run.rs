//! Runs an extraction: plans it, passes the images through the networks, writes the shards and reports.

use std::{
    collections::HashMap,
    panic::resume_unwind,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, sync_channel},
    },
    thread,
    time::Instant,
};

use radiograph_features::{FeatureError, FeatureId, Part, StoreDescription, StoreWriter};
use radiograph_libtorch::Device;

use super::{
    Event, ExtractionError, ExtractionReport, ExtractionSettings, Failure, FrozenNetwork, Input,
    placement::Placement,
    queue::{BatchQueue, PlannedBatch},
    shards::{Finished, Shards},
    worker::{Message, Worker},
};
use crate::BackboneError;

/// A feature store opened for extraction. The value reserves this process's [`Part`] of the store until it is dropped.
#[derive(Debug)]
pub struct Extraction {
    writer: StoreWriter,
    stop: Arc<AtomicBool>,
}

impl Extraction {
    /// Opens the store in `folder`, or creates it.
    ///
    /// # Errors
    ///
    /// Those of [`StoreWriter::open`]: other features than described, another process with this part, a damaged store.
    pub fn open(folder: &Path, description: &StoreDescription, part: Part) -> Result<Self, FeatureError> {
        Ok(Self { writer: StoreWriter::open(folder, description, part)?, stop: Arc::default() })
    }

    /// The store.
    pub fn store(&self) -> &StoreWriter {
        &self.writer
    }

    /// Switch that stops a run. Once the observer or another thread sets it to `true`, the run ends after the batches
    /// that are under way, and [`ExtractionReport::stopped`] is `true`. Shards that are complete by then are stored, and
    /// the next run continues from them. The end of a run resets the switch.
    pub fn stop_switch(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Computes the features that are missing in this process's part. `inputs` is the whole list, the same in every
    /// process and every run. `networks` returns the same network once for each device; it is called only if there is
    /// something to do. `observe` receives progress events, all but the first on the writing thread.
    ///
    /// A CUDA device computes one batch after the other. On the CPU, several batches are computed at once, by default
    /// as many as libtorch has threads. One thread computes each batch, so features do not depend on the number of
    /// threads. During the call, new threads of the process compute with one libtorch thread. The first network
    /// computes on the caller's thread.
    ///
    /// An image that cannot be read, has changed or makes features that cannot be stored is left out and reported.
    ///
    /// # Errors
    ///
    /// [`Features`](ExtractionError::Features) if the store refuses, because the disk is full for example;
    /// [`Memory`](ExtractionError::Memory) if a device has no room for one image;
    /// [`Network`](ExtractionError::Network), [`Load`](ExtractionError::Load) or [`Shape`](ExtractionError::Shape) if a
    /// network fails or does not match the store; [`Setting`](ExtractionError::Setting). Shards that were complete by
    /// then are stored.
    pub fn run<'i, N: FrozenNetwork>(
        &mut self,
        inputs: impl IntoIterator<Item = Input<'i>>,
        networks: impl FnOnce() -> Result<Vec<N>, BackboneError>,
        settings: &ExtractionSettings,
        observe: impl FnMut(&Event<'_>) + Send,
    ) -> Result<ExtractionReport, ExtractionError> {
        let report = self.run_until_stopped(inputs, networks, settings, observe);
        self.stop.store(false, Ordering::Relaxed);
        report
    }

    fn run_until_stopped<'i, N: FrozenNetwork>(
        &mut self,
        inputs: impl IntoIterator<Item = Input<'i>>,
        networks: impl FnOnce() -> Result<Vec<N>, BackboneError>,
        settings: &ExtractionSettings,
        mut observe: impl FnMut(&Event<'_>) + Send,
    ) -> Result<ExtractionReport, ExtractionError> {
        settings.check()?;
        let mut work = Work::plan(&self.writer, inputs);
        if work.shards.is_empty() {
            return Ok(work.report);
        }
        let networks = networks().map_err(|error| ExtractionError::Load(Box::new(error)))?;
        let devices: Vec<Device> = networks.iter().map(FrozenNetwork::device).collect();
        if devices.is_empty() {
            let remedy = "give at least one, on the processor if there is no other device";
            return Err(ExtractionError::Setting { setting: "networks", remedy });
        }
        let batch = settings.batch_size(&networks, self.writer.description().features_per_shard());
        let features = work.shards.iter().map(Vec::len).sum();
        observe(&Event::Started { features, present: work.report.present, batch });
        work.report.batch = batch;
        work.report.devices = devices.into_iter().map(|device| (device, batch)).collect();

        let placement = Placement::of(networks, settings);
        let started = Instant::now();
        let mut report = pass(&mut self.writer, work, placement, settings, &self.stop, &mut observe)?;
        report.duration = started.elapsed();
        Ok(report)
    }
}

/// Work of a run.
struct Work<'i> {
    shards: Vec<Vec<Input<'i>>>,
    report: ExtractionReport,
}

impl<'i> Work<'i> {
    fn plan(writer: &StoreWriter, inputs: impl IntoIterator<Item = Input<'i>>) -> Self {
        let mut by_feature: HashMap<FeatureId, Input<'i>> = HashMap::new();
        let mut list = Vec::new();
        for input in inputs {
            list.push(input.feature());
            by_feature.entry(input.feature()).or_insert(input);
        }
        let plan = writer.plan(list);
        let report = ExtractionReport {
            present: plan.present,
            elsewhere: plan.elsewhere,
            repeated: plan.repeated,
            ..ExtractionReport::default()
        };
        let inputs_of = |shard: Vec<FeatureId>| shard.iter().filter_map(|id| by_feature.remove(id)).collect();
        Self { shards: plan.shards.into_iter().map(inputs_of).collect(), report }
    }

    /// Cuts every shard into batches.
    fn batches(&self, batch: usize) -> Vec<PlannedBatch> {
        let cut = |(shard, inputs): (usize, &Vec<Input<'i>>)| {
            let batches =
                inputs.chunks(batch).map(move |images| PlannedBatch { shard, images: images.len() });
            batches.collect::<Vec<_>>()
        };
        self.shards.iter().enumerate().flat_map(cut).collect()
    }
}

/// Passes all planned images through the networks and writes their features.
fn pass<N: FrozenNetwork>(
    writer: &mut StoreWriter,
    work: Work<'_>,
    placement: Placement<N>,
    settings: &ExtractionSettings,
    stop: &AtomicBool,
    observe: &mut (impl FnMut(&Event<'_>) + Send),
) -> Result<ExtractionReport, ExtractionError> {
    let Placement { networks, side_by_side } = placement;
    let side_by_side = side_by_side.as_ref();
    let (batch, planned) = (work.report.batch, work.batches(work.report.batch));
    let (input, features) = (settings.input, writer.description().shape());
    let named = |shard: &Vec<Input<'_>>| shard.iter().map(Input::named).collect();
    let shards = Shards::new(work.shards.iter().map(named).collect(), batch);
    let decoders = settings.decoder_threads();
    // One batch ready for each network, one being filled, and work for every decoder.
    let capacity = networks.len() + 1 + decoders.div_ceil(batch);
    let queue = BatchQueue::new(planned, work.shards.into_iter().flatten().collect(), capacity);
    let mut writing = Writing { writer, shards, report: work.report, observe };

    thread::scope(|scope| {
        let _closing = queue.close_on_drop();
        let (sender, receiver) = sync_channel(networks.len());
        for _ in 0..decoders {
            scope.spawn(|| {
                while let Some((slot, image)) = queue.claim() {
                    queue.fill(slot, image.decode(input));
                }
            });
        }
        let mut workers =
            networks.into_iter().map(|network| Worker::new(network, batch, input, features, sender.clone()));
        let own = workers.next();
        for worker in workers {
            scope.spawn(|| worker.work(&queue, side_by_side));
        }
        drop(sender);
        let (queue, writing) = (&queue, &mut writing);
        let written = scope.spawn(move || {
            let _closing = queue.close_on_drop();
            writing.receive(receiver, queue, stop)
        });
        if let Some(worker) = own {
            worker.work(queue, side_by_side);
        }
        written.join().unwrap_or_else(|panic| resume_unwind(panic))
    })?;
    Ok(writing.report)
}

/// The last stage, on a separate thread.
struct Writing<'w, O> {
    writer: &'w mut StoreWriter,
    shards: Shards,
    report: ExtractionReport,
    observe: &'w mut O,
}

impl<O: FnMut(&Event<'_>)> Writing<'_, O> {
    /// Writes what the networks send, until all of them have ended. After a stop, these are the batches that were under
    /// way.
    fn receive(
        &mut self,
        receiver: Receiver<Message>,
        queue: &BatchQueue<'_>,
        stop: &AtomicBool,
    ) -> Result<(), ExtractionError> {
        let mut stopped = None;
        for message in receiver {
            if !self.report.stopped && stop.load(Ordering::Relaxed) {
                self.report.stopped = queue.close();
            }
            match message {
                Message::Computed(mut batch) => {
                    self.fail(batch.failures.drain(..));
                    (self.observe)(&Event::Computed {
                        features: batch.decoded.iter().filter(|&&is| is).count(),
                    });
                    if let Some(Finished { stored, failures }) = self.shards.add(batch, self.writer)? {
                        self.fail(failures);
                        self.report.extracted += stored;
                        (self.observe)(&Event::Stored { features: stored });
                    }
                }
                Message::BatchHalved { device, batch } => {
                    (self.observe)(&Event::BatchHalved { device, batch });
                    for (_, size) in self.report.devices.iter_mut().filter(|(of, _)| *of == device) {
                        *size = batch.min(*size);
                    }
                }
                // The other networks finish the batches that they have begun.
                Message::Stopped(error) => drop(stopped.get_or_insert(error)),
            }
        }
        stopped.map_or(Ok(()), Err)
    }

    fn fail(&mut self, failures: impl IntoIterator<Item = Failure>) {
        for failure in failures {
            (self.observe)(&Event::Failed(&failure));
            self.report.failures.push(failure);
        }
    }
}
