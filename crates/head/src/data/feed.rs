//! Brings batches of features to the device.
//!
//! If all features fit into the memory budget, they are kept on the device. Otherwise a second thread reads one batch
//! ahead.

use std::{
    ops::{ControlFlow, Range},
    sync::{Arc, OnceLock, mpsc},
    thread,
};

use radiograph_files::ContentHash;
use radiograph_libtorch::Device;
use tch::{Kind, Tensor};

use super::shard_order::Places;
use crate::{Error, Features};

/// Number of values read at a time when all features are brought to the device: 64 MiB.
const PIECE: usize = 1 << 24;

/// Features on their way to the device. Resident or streamed, the batches are the same, bit for bit.
pub struct Feed<'a> {
    features: &'a dyn Features,
    device: Device,
    resident: Option<Tensor>,
    digest: OnceLock<ContentHash>,
    places: OnceLock<Arc<Places>>,
}

impl<'a> Feed<'a> {
    /// Creates a feed that keeps all features on the device if they take at most `budget` bytes there. Otherwise it
    /// reads each batch when it is needed.
    ///
    /// # Errors
    ///
    /// For features that are kept on the device: [`Error::Features`] if they cannot be read, [`Error::NotFiniteFeature`] if a value
    /// is not finite, [`Error::Libtorch`] if the device has no room for them. Others are read, and checked, batch by batch.
    pub fn new(features: &'a dyn Features, device: Device, budget: u64) -> Result<Self, Error> {
        let bytes = (features.len() as u64).saturating_mul(features.shape().len() as u64 * 4);
        let resident = if bytes <= budget { Some(load(features, device)?) } else { None };
        Ok(Self { features, device, resident, digest: OnceLock::new(), places: OnceLock::new() })
    }

    /// Another feed of the same features, for another thread. Both share the features on the device.
    #[must_use]
    pub fn share(&self) -> Self {
        let resident = self.resident.as_ref().map(Tensor::shallow_clone);
        let (digest, places) = (self.digest.clone(), self.places.clone());
        Self { features: self.features, device: self.device, resident, digest, places }
    }

    /// The features themselves.
    pub fn features(&self) -> &dyn Features {
        self.features
    }

    /// Whether all features are on the device.
    pub fn is_resident(&self) -> bool {
        self.resident.is_some()
    }

    /// [`Features::digest`], computed once.
    pub(crate) fn digest(&self) -> ContentHash {
        *self.digest.get_or_init(|| self.features.digest())
    }

    /// [`Features::places`], asked for once.
    pub(crate) fn places(&self) -> Result<&Places, Error> {
        if self.places.get().is_none() {
            let samples = self.features.len();
            let places = self.features.places().map_err(|source| Error::Features { samples, source })?;
            // Another thread may have been faster, with the same places.
            let _ = self.places.set(Arc::new(Places::new(places)));
        }
        let none = || Error::MissingSample { index: 0, count: 0 };
        self.places.get().map(|places| &**places).ok_or_else(none)
    }

    pub(crate) fn device(&self) -> Device {
        self.device
    }

    /// Calls `each` with the features at `order` in batches `[batch, C, H, W]`, together with their part of `order`.
    /// The last batch may be smaller. Ends when `each` breaks.
    pub(crate) fn batches(
        &self,
        order: &[usize],
        batch: usize,
        each: impl FnMut(Tensor, Range<usize>) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        self.batches_of_windows(order, batch, 0, batch, each)
    }

    /// Like [`Self::batches`], from position `done` on, a number of whole batches. A source that is not resident reads
    /// `window` features at a time, a number of whole batches too, and at most two windows are in memory. The windows do
    /// not depend on `done`.
    pub(crate) fn batches_of_windows(
        &self,
        order: &[usize],
        batch: usize,
        done: usize,
        window: usize,
        mut each: impl FnMut(Tensor, Range<usize>) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        let count = self.features.len();
        if let Some(&index) = order.iter().find(|index| **index >= count) {
            return Err(Error::MissingSample { index, count });
        }
        let Some(resident) = &self.resident else {
            let windows = pieces(done - done % window..order.len(), window);
            let rest = windows.map(|piece| piece.start.max(done)..piece.end);
            return self.stream(order, rest, batch, &mut each);
        };
        for part in pieces(done..order.len(), batch) {
            let indices: Vec<i64> = order[part.clone()].iter().map(|index| *index as i64).collect();
            let indices = Tensor::f_from_slice(&indices)?.f_to_device(self.device.to_tch())?;
            if each(resident.f_index_select(0, &indices)?, part)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Streams batches: while one window is in use, a second thread reads the next one into the other of two buffers.
    fn stream(
        &self,
        order: &[usize],
        windows: impl Iterator<Item = Range<usize>> + Send,
        batch: usize,
        each: &mut impl FnMut(Tensor, Range<usize>) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        let features = self.features;
        let (send_full, full) = mpsc::sync_channel(1);
        let (send_empty, empty) = mpsc::channel();
        for _ in 0..2 {
            // The receiver is in this scope, so nothing is refused.
            let _ = send_empty.send(Vec::new());
        }
        thread::scope(|scope| {
            scope.spawn(move || {
                for window in windows {
                    // A closed channel means that the other side has ended.
                    let Ok(mut buffer) = empty.recv() else { return };
                    let read = read(features, &order[window.clone()], &mut buffer).map(|()| (buffer, window));
                    let failed = read.is_err();
                    if send_full.send(read).is_err() || failed {
                        return;
                    }
                }
            });
            let length = features.shape().len();
            'windows: for read in &full {
                let (buffer, window) = read?;
                let mut buffer = Some(buffer);
                for part in pieces(window.clone(), batch) {
                    let Some(values) = &buffer else { break };
                    let values = &values[(part.start - window.start) * length..][..part.len() * length];
                    let tensor = tensor(values, part.len(), features)?.f_to_device(self.device.to_tch())?;
                    if part.end == window.end {
                        // The reader goes on while the last batch is in use.
                        let _ = buffer.take().map(|buffer| send_empty.send(buffer));
                    }
                    if each(tensor, part)?.is_break() {
                        break 'windows;
                    }
                }
            }
            // Close the channels before the scope waits for the reader, which may itself wait for one of them.
            drop((send_empty, full));
            Ok(())
        })
    }
}

/// A range cut into pieces; the last one may be shorter.
fn pieces(range: Range<usize>, length: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(length).map(move |start| start..end.min(start + length))
}

fn load(features: &dyn Features, device: Device) -> Result<Tensor, Error> {
    let shape = features.shape();
    let size = [features.len() as i64, shape.channels, shape.height, shape.width];
    let all = Tensor::f_empty(size, (Kind::Float, device.to_tch()))?;
    let order: Vec<usize> = (0..features.len()).collect();
    let mut buffer = Vec::new();
    let piece = (PIECE / shape.len().max(1)).max(1);
    for part in order.chunks(piece) {
        read(features, part, &mut buffer)?;
        let place = all.f_narrow(0, part[0] as i64, part.len() as i64)?;
        place.shallow_clone().f_copy_(&tensor(&buffer, part.len(), features)?)?;
    }
    Ok(all)
}

fn tensor(values: &[f32], count: usize, features: &dyn Features) -> Result<Tensor, Error> {
    let shape = features.shape();
    Ok(Tensor::f_from_slice(values)?.f_view([count as i64, shape.channels, shape.height, shape.width])?)
}

/// Reads and checks: one NaN would reach every weight.
fn read(features: &dyn Features, indices: &[usize], buffer: &mut Vec<f32>) -> Result<(), Error> {
    let length = features.shape().len();
    buffer.resize(indices.len() * length, 0.0);
    features.read(indices, buffer).map_err(|source| Error::Features { samples: indices.len(), source })?;
    // Anything times zero is zero, unless it is not finite; this form runs in vector registers.
    if buffer.iter().map(|value| value * 0.0).sum::<f32>() == 0.0 {
        return Ok(());
    }
    match buffer.iter().position(|value| !value.is_finite()) {
        Some(place) => Err(Error::NotFiniteFeature {
            sample: features.name(indices[place / length]),
            position: place % length,
            value: buffer[place],
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{FeatureShape, InMemory, ReadError};

    const SHAPE: FeatureShape = FeatureShape { channels: 2, height: 1, width: 3 };

    fn features(count: usize) -> InMemory {
        InMemory::new(SHAPE, (0..count * 6).map(|value| value as f32).collect()).unwrap()
    }

    fn all(feed: &Feed<'_>, order: &[usize], batch: usize) -> Vec<(Vec<f32>, Range<usize>)> {
        let mut got = Vec::new();
        let mut keep = |batch: Tensor, part| {
            got.push((Vec::try_from(batch.view([-1])).unwrap(), part));
            Ok(ControlFlow::Continue(()))
        };
        feed.batches(order, batch, &mut keep).unwrap();
        got
    }

    #[test]
    fn resident_and_streamed_batches_are_the_same() {
        let features = features(11);
        let order = [3, 0, 10, 7, 7, 1, 9];
        let resident = Feed::new(&features, Device::CPU, 11 * 6 * 4).unwrap();
        let streamed = Feed::new(&features, Device::CPU, 11 * 6 * 4 - 1).unwrap();
        assert!(resident.is_resident() && !streamed.is_resident());
        let got = all(&streamed, &order, 3);
        assert_eq!(got, all(&resident, &order, 3));
        assert_eq!(got.iter().map(|(_, part)| part.clone()).collect::<Vec<_>>(), [0..3, 3..6, 6..7]);
        assert_eq!(got[1].0[..6], [42.0, 43.0, 44.0, 45.0, 46.0, 47.0]);
    }

    #[test]
    fn breaking_off_or_failing_ends_the_reader() {
        let features = features(50);
        let streamed = Feed::new(&features, Device::CPU, 0).unwrap();
        let order: Vec<usize> = (0..50).collect();
        let mut seen = 0;
        let stop = |_, _| {
            seen += 1;
            Ok(if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        };
        streamed.batches(&order, 4, stop).unwrap();
        assert_eq!(seen, 2);
        let fail = |_, _| Err(Error::setting("nothing", 0, "nothing"));
        assert!(streamed.batches(&order, 4, fail).is_err());
        assert!(matches!(
            streamed.batches(&[50], 4, |_, _| Ok(ControlFlow::Continue(()))),
            Err(Error::MissingSample { index: 50, count: 50 })
        ));
    }

    /// Counts its reads, and refuses one that is larger than a window.
    struct Counted {
        features: InMemory,
        window: usize,
        begun: AtomicUsize,
    }

    impl Features for Counted {
        fn shape(&self) -> FeatureShape {
            self.features.shape()
        }

        fn len(&self) -> usize {
            self.features.len()
        }

        fn name(&self, index: usize) -> String {
            self.features.name(index)
        }

        fn read(&self, indices: &[usize], into: &mut [f32]) -> Result<(), ReadError> {
            assert!(indices.len() <= self.window);
            self.begun.fetch_add(1, Ordering::SeqCst);
            self.features.read(indices, into)
        }

        fn digest(&self) -> ContentHash {
            self.features.digest()
        }
    }

    #[test]
    fn windows_give_the_same_batches_and_two_are_read_at_most() {
        let order: Vec<usize> = (0..47).map(|step| step * 13 % 47).collect();
        let plain = features(47);
        let expected = all(&Feed::new(&plain, Device::CPU, 0).unwrap(), &order, 3);
        for (window, done, budget) in
            [(3, 0, 0), (12, 0, 0), (12, 18, 0), (12, 45, 0), (60, 3, 0), (12, 18, u64::MAX)]
        {
            // A resident source is read as a whole.
            let largest = if budget == 0 { window } else { 47 };
            let counted = Counted { features: features(47), window: largest, begun: AtomicUsize::new(0) };
            let feed = Feed::new(&counted, Device::CPU, budget).unwrap();
            let mut got: Vec<(Vec<f32>, Range<usize>)> = Vec::new();
            let keep = |batch: Tensor, part: Range<usize>| {
                // The window in use, the one behind it, and the one that a reader without a buffer waits for.
                let used = part.start / window - done / window + 1;
                assert!(
                    counted.begun.load(Ordering::SeqCst)
                        <= used + 1 + usize::from(part.end.is_multiple_of(window))
                );
                got.push((Vec::try_from(batch.view([-1])).unwrap(), part));
                Ok(ControlFlow::Continue(()))
            };
            feed.batches_of_windows(&order, 3, done, window, keep).unwrap();
            assert_eq!(got, expected[done / 3..], "windows of {window} from {done}");
        }
    }

    struct Broken;

    impl Features for Broken {
        fn shape(&self) -> FeatureShape {
            SHAPE
        }

        fn len(&self) -> usize {
            20
        }

        fn name(&self, index: usize) -> String {
            format!("cohen:{index}")
        }

        fn read(&self, indices: &[usize], into: &mut [f32]) -> Result<(), ReadError> {
            into.fill(1.0);
            if let Some(place) = indices.iter().position(|index| *index == 8) {
                into[place * 6 + 4] = f32::NAN;
            }
            if indices.contains(&15) { Err("the shard is gone".into()) } else { Ok(()) }
        }

        fn digest(&self) -> ContentHash {
            ContentHash::of_bytes(b"broken")
        }
    }

    #[test]
    fn features_that_are_no_numbers_or_not_there_are_errors_that_name_them() {
        let streamed = Feed::new(&Broken, Device::CPU, 0).unwrap();
        let mut batches = 0;
        let mut run = |order: &[usize]| {
            let count = |_, _| {
                batches += 1;
                Ok(ControlFlow::Continue(()))
            };
            streamed.batches(order, 2, count).unwrap_err().to_string()
        };
        let error = run(&[0, 1, 2, 8, 3]);
        assert!(error.contains("cohen:8") && error.contains("position 4"), "{error}");
        let error = run(&[0, 15]);
        assert!(error.contains("the shard is gone"), "{error}");
        assert_eq!(batches, 1);
        assert!(Feed::new(&Broken, Device::CPU, u64::MAX).is_err());
    }
}
