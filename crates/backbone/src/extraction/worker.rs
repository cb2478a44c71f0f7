//! Runs one device: takes batches from the queue, computes their features and sends them to the writing thread.

use std::sync::mpsc::SyncSender;

use radiograph_libtorch::{Device, SideBySide, is_out_of_memory};
use tch::{Kind, Tensor};

use super::{
    ExtractionError, Failure, FrozenNetwork,
    queue::{BatchQueue, DecodedBatch},
};
use crate::BackboneError;

/// Message from a device to the writing thread.
#[derive(Debug)]
pub(super) enum Message {
    Computed(ComputedBatch),
    BatchHalved { device: Device, batch: usize },
    Stopped(ExtractionError),
}

/// A batch that has passed through the network.
#[derive(Debug)]
pub(super) struct ComputedBatch {
    pub(super) number: usize,
    pub(super) shard: usize,
    /// Whether the values hold the features of each image, in the order of the plan.
    pub(super) decoded: Vec<bool>,
    /// Images without features.
    pub(super) failures: Vec<Failure>,
    /// Features `[N, C, H, W]` of the decoded images.
    pub(super) values: Vec<f32>,
}

/// One device and its network.
pub(super) struct Worker<N> {
    network: N,
    /// Number of images in a pass; halved when memory runs out.
    limit: usize,
    input: [usize; 3],
    features: [usize; 3],
    sender: SyncSender<Message>,
}

/// A batch in host memory, ready for the device.
struct Ready {
    /// The batch, still without values.
    batch: ComputedBatch,
    /// Number of decoded images.
    count: usize,
    /// Decoded images `[N, C, H, W]`.
    images: Tensor,
}

/// A batch whose kernels are under way on the device, or done.
struct Launched {
    batch: ComputedBatch,
    /// Features of the batch in order, one tensor for each pass.
    pieces: Vec<Tensor>,
}

impl<N: FrozenNetwork> Worker<N> {
    pub(super) fn new(
        network: N,
        batch: usize,
        input: [usize; 3],
        features: [usize; 3],
        sender: SyncSender<Message>,
    ) -> Self {
        Self { network, limit: batch, input, features, sender }
    }

    /// Processes batches until the queue is empty or closed. On the CPU, `side_by_side` makes this thread compute alone
    /// beside other workers. An error is sent as the last message.
    pub(super) fn work(mut self, queue: &BatchQueue<'_>, side_by_side: Option<&SideBySide>) {
        let _closing = queue.close_on_drop();
        if let Some(side_by_side) = side_by_side.filter(|_| !self.network.device().is_cuda()) {
            side_by_side.enter();
        }
        let _no_gradients = tch::no_grad_guard();
        if let Err(error) = self.all_batches(queue) {
            // The writing thread may have stopped first.
            let _ = self.sender.send(Message::Stopped(error));
        }
    }

    /// Processes all batches. A CUDA device computes one batch while the host prepares the next.
    fn all_batches(&mut self, queue: &BatchQueue<'_>) -> Result<(), ExtractionError> {
        let mut under_way = None;
        loop {
            let next = queue.take().map(|batch| self.make_ready(batch)).transpose()?;
            if let Some(launched) = under_way.take() {
                let computed = self.fetch(launched)?;
                if self.sender.send(Message::Computed(computed)).is_err() {
                    return Ok(());
                }
            }
            match next {
                Some(ready) => under_way = Some(self.launch(ready)?),
                None => return Ok(()),
            }
        }
    }

    /// Collects decoded images in one tensor. For a CUDA device it is in page-locked memory, so that the copy runs in
    /// the background.
    fn make_ready(&self, decoded: DecodedBatch) -> Result<Ready, ExtractionError> {
        let DecodedBatch { number, shard, images } = decoded;
        let (mut decoded, mut failures) = (Vec::with_capacity(images.len()), Vec::new());
        let mut readable = Vec::with_capacity(images.len());
        for image in images {
            decoded.push(image.is_ok());
            match image {
                Ok(image) => readable.push(image),
                Err(failure) => failures.push(*failure),
            }
        }
        let count = readable.len();
        let images = self.together(&readable).map_err(|error| self.failed(error.into()))?;
        let batch = ComputedBatch { number, shard, decoded, failures, values: Vec::new() };
        Ok(Ready { batch, count, images })
    }

    /// One batch in one tensor: however many images, it is one copy here and one to the device.
    fn together(&self, images: &[Vec<f32>]) -> Result<Tensor, tch::TchError> {
        let device = self.network.device();
        let [channels, height, width] = self.input.map(|side| side as i64);
        let batch = Tensor::f_from_slice(&images.concat())?;
        let batch = batch.f_view([images.len() as i64, channels, height, width])?;
        if device.is_cuda() && !images.is_empty() { batch.f_pin_memory(device.to_tch()) } else { Ok(batch) }
    }

    /// Sends a batch through the network, in as many passes as memory requires.
    fn launch(&mut self, ready: Ready) -> Result<Launched, ExtractionError> {
        let Ready { batch, count, images } = ready;
        let (mut pieces, mut done) = (Vec::new(), 0);
        while done < count {
            let size = self.limit.min(count - done);
            match self.forward(&images, done, size) {
                Ok(features) => {
                    self.check(&features, size)?;
                    pieces.push(features);
                    done += size;
                }
                Err(error) if is_out_of_memory(&error) => {
                    let device = self.network.device();
                    if size == 1 {
                        return Err(ExtractionError::Memory { device, reason: error.to_string() });
                    }
                    self.limit = size / 2;
                    // If the channel is closed, the next batch's message fails too.
                    let _ = self.sender.send(Message::BatchHalved { device, batch: self.limit });
                }
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(Launched { batch, pieces })
    }

    fn forward(&self, images: &Tensor, start: usize, size: usize) -> Result<Tensor, BackboneError> {
        let device = self.network.device().to_tch();
        let piece = images.f_narrow(0, start as i64, size as i64)?;
        // No wait is needed: the kernels that follow run in the same stream.
        let piece = piece.f_to_device_(device, Kind::Float, true, false)?;
        self.network.forward_features(&piece)
    }

    fn check(&self, features: &Tensor, size: usize) -> Result<(), ExtractionError> {
        let [channels, height, width] = self.features;
        let expected = [size, channels, height, width].map(|side| side as i64);
        let found = features.size();
        if found == expected {
            return Ok(());
        }
        let device = self.network.device();
        Err(ExtractionError::Shape { device, expected: expected.to_vec(), found })
    }

    /// Waits for a batch and brings its features to the host.
    fn fetch(&self, launched: Launched) -> Result<ComputedBatch, ExtractionError> {
        let Launched { mut batch, pieces } = launched;
        let map: usize = self.features.iter().product();
        for piece in pieces {
            let start = batch.values.len();
            let values = map * piece.size()[0] as usize;
            batch.values.resize(start + values, 0.0);
            let into = &mut batch.values[start..];
            // Row-major, whatever layout the network prefers.
            let host = piece.f_to_device_(tch::Device::Cpu, Kind::Float, false, false);
            let copied = host.and_then(|host| host.f_contiguous()?.f_copy_data(into, values));
            copied.map_err(|error| self.failed(error.into()))?;
        }
        Ok(batch)
    }

    fn failed(&self, source: BackboneError) -> ExtractionError {
        ExtractionError::Network { device: self.network.device(), source: Box::new(source) }
    }
}
