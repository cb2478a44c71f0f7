//! A frozen network from an ONNX file: one of its tensors is the feature map.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use radiograph_files::ContentHash;
use radiograph_onnx::NetworkFile;
use tch::{Kind, Tensor};

#[cfg(feature = "onnx")]
use super::engine::{Engine, Session};
#[cfg(not(feature = "onnx"))]
use super::no_engine::{Engine, Session};
use crate::{BackboneError, OnnxNetworkError};

/// A frozen network that ONNX Runtime computes from a file, on the processor.
///
/// The file is read once: what is hashed is what is computed. Images pass through it one at a time and each on one thread, so
/// the features of an image depend neither on its batch nor on the number of threads, bit for bit.
///
/// A clone is the same network for another thread.
#[derive(Clone)]
pub struct OnnxNetwork {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    sha256: ContentHash,
    tensor: String,
    image: [i64; 3],
    /// The part of the file that computes the tensor.
    file: Vec<u8>,
    engine: &'static Engine,
    /// Prepared networks that no thread uses now.
    idle: Mutex<Vec<Session>>,
    map: OnceLock<[i64; 3]>,
}

impl OnnxNetwork {
    /// The network in the file at `path`, for images of `[C, H, W]`. Its feature map is the tensor of this name, else the only
    /// output. The file is read and checked; nothing is computed yet.
    ///
    /// # Errors
    ///
    /// [`OnnxNetworkError::File`] if the file is no such network, [`OnnxNetworkError::NotBuilt`],
    /// [`OnnxNetworkError::NoLibrary`] and [`OnnxNetworkError::Library`] without ONNX Runtime.
    pub fn open(path: &Path, tensor: Option<&str>, image: [i64; 3]) -> Result<Self, OnnxNetworkError> {
        let file = NetworkFile::read(path)?;
        file.require_image(image)?;
        let tensor = file.feature_map(tensor)?.to_owned();
        let shared = Shared {
            path: path.to_owned(),
            sha256: file.sha256(),
            image,
            file: file.up_to(&tensor)?,
            tensor,
            engine: Engine::load()?,
            idle: Mutex::default(),
            map: OnceLock::new(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// SHA-256 of the file.
    pub fn sha256(&self) -> ContentHash {
        self.shared.sha256
    }

    /// Name of the tensor that is the feature map.
    pub fn tensor(&self) -> &str {
        &self.shared.tensor
    }

    /// ONNX Runtime with its version, such as `ONNX Runtime 1.32.0 (fab30a4)`.
    pub fn engine(&self) -> &'static str {
        self.shared.engine.name()
    }

    /// `[C, h, w]` of the feature map. A vector `[C]` is a map of one place. The first call computes one image.
    ///
    /// # Errors
    ///
    /// [`OnnxNetworkError::Refused`] if ONNX Runtime does not compute the network, [`OnnxNetworkError::Map`] if the tensor is no
    /// map.
    pub fn map_shape(&self) -> Result<[i64; 3], OnnxNetworkError> {
        if let Some(shape) = self.shared.map.get() {
            return Ok(*shape);
        }
        let (found, _) = self.compute(&vec![0.0; count(self.shared.image)])?;
        let shape = map_of(&found).ok_or_else(|| self.no_map(found))?;
        Ok(*self.shared.map.get_or_init(|| shape))
    }

    /// Computes the feature maps `[N, C, h, w]` of normalised images `[N, c, H, W]`. Both are f32; maps are on the processor. Of
    /// images with more channels than the network, the first ones are read: those of a gray film are alike.
    ///
    /// # Errors
    ///
    /// [`BackboneError::Shape`] if the images are not those that the network was opened for, and the errors of
    /// [`map_shape`](Self::map_shape).
    pub fn forward_features(&self, images: &Tensor) -> Result<Tensor, BackboneError> {
        let size = images.size();
        let [channels, height, width] = self.shared.image;
        let fits = matches!(size[..], [_, given, h, w] if given >= channels && [h, w] == [height, width]);
        let read = count(self.shared.image);
        if !fits || images.numel() == 0 || read == 0 || images.kind() != Kind::Float {
            return Err(BackboneError::Shape {
                what: "the image batch",
                expected: format!("[N, {channels}, {height}, {width}] with N of at least 1, in f32"),
                found: size,
            });
        }
        let map = self.map_shape()?;
        let images = images.f_to_device(tch::Device::Cpu)?.f_contiguous()?;
        let mut values = vec![0.0_f32; images.numel()];
        images.f_copy_data(&mut values, images.numel())?;
        let mut maps = Vec::new();
        for image in values.chunks_exact(count([size[1], height, width])) {
            // Channels lie one behind the other.
            let (found, computed) = self.compute(&image[..read])?;
            // The shape may depend on the values, for example in a network that selects places.
            if map_of(&found) != Some(map) {
                return Err(self.no_map(found).into());
            }
            maps.extend_from_slice(&computed);
        }
        Ok(Tensor::f_from_slice(&maps)?.f_view([size[0], map[0], map[1], map[2]])?)
    }

    /// Shape and values of the tensor for one image, by a prepared network that no other thread uses.
    fn compute(&self, image: &[f32]) -> Result<(Vec<i64>, Vec<f32>), OnnxNetworkError> {
        let Shared { path, tensor, image: [channels, rows, columns], file, engine, idle, .. } = &*self.shared;
        let refuse = |reason| OnnxNetworkError::Refused {
            path: path.clone(),
            engine: engine.name().to_owned(),
            reason,
        };
        let prepared = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut session = match prepared {
            Some(session) => session,
            None => {
                let session = Session::new(engine, file).map_err(refuse)?;
                let found = session.value_type();
                if found != "f32" {
                    return Err(OnnxNetworkError::Type { path: path.clone(), tensor: tensor.clone(), found });
                }
                session
            }
        };
        let computed = session.run([1, *channels, *rows, *columns], image).map_err(refuse)?;
        idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        Ok(computed)
    }

    fn no_map(&self, found: Vec<i64>) -> OnnxNetworkError {
        let Shared { path, tensor, .. } = &*self.shared;
        OnnxNetworkError::Map { path: path.clone(), tensor: tensor.clone(), found }
    }
}

impl fmt::Debug for OnnxNetwork {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { path, tensor, .. } = &*self.shared;
        formatter
            .debug_struct("OnnxNetwork")
            .field("path", path)
            .field("tensor", tensor)
            .finish_non_exhaustive()
    }
}

/// `[C, h, w]` of a tensor of this shape for one image; `None` if it is no map.
fn map_of(shape: &[i64]) -> Option<[i64; 3]> {
    match *shape {
        [1, channels, rows, columns] if channels > 0 && rows > 0 && columns > 0 => {
            Some([channels, rows, columns])
        }
        [1, channels] if channels > 0 => Some([channels, 1, 1]),
        _ => None,
    }
}

/// Number of values of these sides; 0 if a side is negative.
fn count(sides: [i64; 3]) -> usize {
    usize::try_from(sides.iter().product::<i64>()).unwrap_or_default()
}
