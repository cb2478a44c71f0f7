//! Loads many images: decodes and preprocesses on all cores, in bounded memory, in order.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, sync_channel},
    },
};

use ndarray::Array3;
use radiograph_input::Colour;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{ImageError, Limits, Undecodable, decode, decode_gray, preprocess::Preprocessor, read_file};

/// Loads images with its own pool of threads.
///
/// ```
/// use radiograph_image::{loader::Loader, preprocess::Preprocess};
///
/// let loader = Loader::new(Preprocess::default().check()?, 2)?;
/// let files = [("nih:00000001_000", "no/such/file.png".into())];
/// for image in loader.load(files) {
///     match image.input {
///         Ok(input) => println!("{}: {:?}", image.key, input.dim()),
///         Err(error) => println!("{} left out: {error}", image.key),
///     }
/// }
/// # Ok::<(), radiograph_image::ImageError>(())
/// ```
#[derive(Debug)]
pub struct Loader {
    pool: ThreadPool,
    preprocessor: Arc<Preprocessor>,
    limits: Limits,
    window: usize,
}

/// One loaded image, or the reason why it was not loaded.
#[derive(Debug)]
pub struct LoadedImage<K> {
    /// The caller's name for it.
    pub key: K,
    /// `[3, size, size]`, or an error that names the file.
    pub input: Result<Array3<f32>, ImageError>,
}

impl Loader {
    /// A loader with `threads` threads, default limits, and twice as many images in flight as threads.
    ///
    /// # Errors
    ///
    /// [`ImageError::Threads`] if there are none or the system does not give them.
    pub fn new(preprocessor: Preprocessor, threads: usize) -> Result<Self, ImageError> {
        let refused = |reason: String| ImageError::Threads { threads, reason };
        if threads == 0 {
            return Err(refused("give at least one".to_owned()));
        }
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("image-{index}"))
            .build()
            .map_err(|error| refused(error.to_string()))?;
        let preprocessor = Arc::new(preprocessor);
        Ok(Self { pool, preprocessor, limits: Limits::default(), window: 2 * threads })
    }

    /// The loader with other limits on each image.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The loader with another number of images in flight, at least one: being decoded, or ready and not yet taken.
    #[must_use]
    pub fn with_window(self, images: usize) -> Self {
        Self { window: images.max(1), ..self }
    }

    /// Loads images in the order given. A file that cannot be read is an error in its place, not the end.
    ///
    /// Memory does not depend on the number of images: no more files are taken from `images` than the window holds.
    pub fn load<K, I>(&self, images: I) -> impl Iterator<Item = LoadedImage<K>>
    where
        I: IntoIterator<Item = (K, PathBuf)>,
    {
        Loading { loader: self, images: images.into_iter(), in_flight: VecDeque::with_capacity(self.window) }
    }

    fn start<K>(&self, key: K, path: PathBuf) -> InFlight<K> {
        let (sender, input) = sync_channel(1);
        let (preprocessor, limits) = (Arc::clone(&self.preprocessor), self.limits);
        let name = path.clone();
        self.pool.spawn(move || {
            let input = load_one(path, &limits, &preprocessor);
            // The receiver may be gone; then the image is dropped.
            let _ = sender.send(input);
        });
        InFlight { key, path: name, input }
    }
}

fn load_one(path: PathBuf, limits: &Limits, preprocessor: &Preprocessor) -> Result<Array3<f32>, ImageError> {
    let bytes = read_file(&path, limits)?;
    let picture = match preprocessor.steps().colour {
        Colour::Gray => decode_gray(&bytes, limits),
        Colour::Rgb => decode(&bytes, limits),
    };
    drop(bytes);
    Ok(preprocessor.apply(picture.map_err(|reason| ImageError::Undecodable { path, reason })?))
}

struct InFlight<K> {
    key: K,
    path: PathBuf,
    input: Receiver<Result<Array3<f32>, ImageError>>,
}

struct Loading<'l, K, I> {
    loader: &'l Loader,
    images: I,
    in_flight: VecDeque<InFlight<K>>,
}

impl<K, I: Iterator<Item = (K, PathBuf)>> Iterator for Loading<'_, K, I> {
    type Item = LoadedImage<K>;

    fn next(&mut self) -> Option<LoadedImage<K>> {
        while self.in_flight.len() < self.loader.window {
            let Some((key, path)) = self.images.next() else { break };
            self.in_flight.push_back(self.loader.start(key, path));
        }
        let InFlight { key, path, input } = self.in_flight.pop_front()?;
        // The sender is only lost unused if its thread was.
        let input = input.recv().unwrap_or_else(|_| {
            let reason = Undecodable::DecoderPanicked { reason: "its thread ended".to_owned() };
            Err(ImageError::Undecodable { path, reason })
        });
        Some(LoadedImage { key, input })
    }
}
