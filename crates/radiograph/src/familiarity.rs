//! Measures how far an image's features lie from those of the training images.
//!
//! This does not measure disease and proves nothing: an image that looks familiar may still show something else.

use std::path::Path;

use radiograph_files::write_bytes;
use radiograph_weights::{self as weights, Header};
use safetensors::{Dtype, tensor::TensorView};
use tch::{Kind, Tensor};

use crate::Error;

/// Rank of the neighbour whose distance counts. Nearer ones may be near-copies.
const NEIGHBOUR: i64 = 5;
/// Share of the training images with smaller distances above which an image counts as strange.
pub const STRANGE: f64 = 0.99;
/// Number of training images compared at a time.
const BLOCK: i64 = 512;

/// The mean features of the training images over the grid, and the distance of each training image from the others.
///
/// A distance is Euclidean, over channels scaled to unit deviation. It is the distance to the fifth nearest training
/// image of another group, so that a second film of the same patient does not make an image look familiar.
#[derive(Debug)]
pub struct Familiarity {
    mean: Tensor,
    deviation: Tensor,
    scaled: Tensor,
    own: Vec<f32>,
}

/// How far an image lies from the training images.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Strangeness {
    /// The distance to its fifth nearest training image.
    pub distance: f64,
    /// Share of training images with a smaller distance from the other training images, 0 to 1. With n training images it is a
    /// multiple of 1 / n.
    pub stranger_than: f64,
    /// Number of training images.
    pub training_images: usize,
}

impl Strangeness {
    /// Whether the image is farther from the training images than nearly all of them are from each other.
    pub fn is_strange(self) -> bool {
        self.stranger_than > STRANGE
    }

    /// How many training images are less strange, in words: `all 43 training images`, `912 of 921 training images`.
    pub fn in_words(self) -> String {
        let all = self.training_images;
        match (self.stranger_than * all as f64).round() as usize {
            less if less >= all => format!("all {all} training images"),
            less => format!("{less} of {all} training images"),
        }
    }
}

impl Familiarity {
    /// File with the mean features of the training images, in the folder of a model.
    pub(crate) const FILE: &str = "familiarity.safetensors";

    /// Builds the reference from pooled features `[N, C]` and the group of each of the N training images.
    ///
    /// # Errors
    ///
    /// [`radiograph_run::Error::NoImage`] unless each image has more than five images of other groups, or if the numbers of rows
    /// differ.
    pub fn new(pooled: &Tensor, groups: &[i64]) -> Result<Self, Error> {
        let _guard = tch::no_grad_guard();
        let rows = pooled.size().first().copied().unwrap_or(0);
        if pooled.dim() != 2 || rows as usize != groups.len() || rows <= NEIGHBOUR {
            return Err(too_few(rows));
        }
        let work = || -> Result<_, tch::TchError> {
            let pooled = pooled.f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Float)?;
            let mean = pooled.f_mean_dim([0_i64].as_slice(), true, Kind::Float)?;
            let spread = pooled.f_std_dim([0_i64].as_slice(), true, true)?;
            // A channel that never changes says nothing about likeness; its difference counts as it is.
            let deviation = spread.f_where_self(&spread.f_gt(1e-6)?, &spread.f_ones_like()?)?;
            let scaled = pooled.f_sub(&mean)?.f_div(&deviation)?;
            let group = Tensor::f_from_slice(groups)?;
            let mut own = Vec::with_capacity(groups.len());
            for start in (0..rows).step_by(BLOCK as usize) {
                let length = BLOCK.min(rows - start);
                let same =
                    group.f_narrow(0, start, length)?.f_unsqueeze(1)?.f_eq_tensor(&group.f_unsqueeze(0)?)?;
                let distances = distances(&scaled.f_narrow(0, start, length)?, &scaled)?
                    .f_masked_fill(&same, f64::INFINITY)?;
                own.extend(Vec::<f32>::try_from(fifth(&distances)?)?);
            }
            Ok((mean, deviation, scaled, own))
        };
        let (mean, deviation, scaled, mut own) = work().map_err(|error| Error::libtorch(&error))?;
        if own.iter().any(|distance| !distance.is_finite()) {
            return Err(too_few(rows));
        }
        own.sort_unstable_by(f32::total_cmp);
        Ok(Self { mean, deviation, scaled, own })
    }

    /// Writes `pooled` `[N, C]` and `groups` to a file for [`Familiarity::read`].
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn write(path: &Path, pooled: &Tensor, groups: &[i64]) -> Result<(), Error> {
        let values = Vec::<f32>::try_from(pooled.reshape([-1])).map_err(|error| Error::libtorch(&error))?;
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let numbers: Vec<u8> = groups.iter().flat_map(|group| group.to_le_bytes()).collect();
        let shape = pooled.size().iter().map(|side| *side as usize).collect();
        let view = |dtype, shape, data| {
            TensorView::new(dtype, shape, data).map_err(|error| Error::damaged(path, error))
        };
        let tensors = [
            ("pooled", view(Dtype::F32, shape, &bytes)?),
            ("groups", view(Dtype::I64, vec![groups.len()], &numbers)?),
        ];
        let file = safetensors::serialize(tensors, None).map_err(|error| Error::damaged(path, error))?;
        Ok(write_bytes(path, &file)?)
    }

    /// Reads a file of [`Familiarity::write`].
    ///
    /// # Errors
    ///
    /// [`Error::File`] or [`Error::Damaged`].
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        if !path.is_file() {
            let path = path.to_owned();
            return Err(radiograph_run::Error::Missing { path, stage: radiograph_run::Stage::Train }.into());
        }
        let bytes = std::fs::read(path)
            .map_err(|source| radiograph_files::FileError::Read { path: path.to_owned(), source })?;
        let damaged = |reason: &str| Error::damaged(path, reason);
        let header = Header::read(&bytes[..], bytes.len() as u64)
            .map_err(|error| Error::damaged(path, error))?
            .map_err(|faults| {
                Error::damaged(path, faults.first().map_or_else(String::new, ToString::to_string))
            })?;
        let of = |name: &str, dtype| {
            let tensor = header.tensors.iter().find(|tensor| tensor.name == name && tensor.dtype == dtype);
            // A checked header: its tensors lie inside the file.
            let data = |tensor: &weights::Tensor| {
                &bytes[(header.data_begin + tensor.begin) as usize..][..tensor.bytes as usize]
            };
            tensor
                .map(|tensor| (&tensor.shape[..], data(tensor)))
                .ok_or_else(|| damaged(&format!("it has no tensor `{name}` of its type")))
        };
        let ((shape, pooled), (_, groups)) =
            (of("pooled", weights::Dtype::F32)?, of("groups", weights::Dtype::I64)?);
        let &[rows, channels] = shape else { return Err(damaged("its features are no table")) };
        let values: Vec<f32> = pooled.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
        let numbers: Vec<i64> = groups.as_chunks().0.iter().map(|eight| i64::from_le_bytes(*eight)).collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(damaged("a feature is not finite"));
        }
        let table = Tensor::from_slice(&values)
            .f_reshape([rows as i64, channels as i64])
            .map_err(|error| Error::libtorch(&error))?;
        Self::new(&table, &numbers)
    }

    /// The strangeness of each image of `pooled [N, C]`.
    ///
    /// # Errors
    ///
    /// If the number of channels differs from training.
    pub fn of(&self, pooled: &Tensor) -> Result<Vec<Strangeness>, Error> {
        let _guard = tch::no_grad_guard();
        let work = || -> Result<Vec<f32>, tch::TchError> {
            let pooled = pooled.f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Float)?;
            let scaled = pooled.f_sub(&self.mean)?.f_div(&self.deviation)?;
            Vec::try_from(fifth(&distances(&scaled, &self.scaled)?)?)
        };
        let found = work().map_err(|error| Error::libtorch(&error))?;
        Ok(found
            .into_iter()
            .map(|distance| {
                let nearer = self.own.partition_point(|own| *own < distance);
                Strangeness {
                    distance: f64::from(distance),
                    stranger_than: nearer as f64 / self.own.len() as f64,
                    training_images: self.own.len(),
                }
            })
            .collect())
    }
}

/// Euclidean distances, `[N, M]`.
fn distances(from: &Tensor, to: &Tensor) -> Result<Tensor, tch::TchError> {
    let square = |rows: &Tensor| rows.f_mul(rows)?.f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float);
    let products = from.f_matmul(&to.f_transpose(0, 1)?)?;
    let squares = square(from)?.f_unsqueeze(1)?.f_add(&square(to)?.f_unsqueeze(0)?)?;
    // Rounding may leave a copy's square a little below 0.
    squares.f_sub(&products.f_mul_scalar(2.0)?)?.f_clamp_min(0.0)?.f_sqrt()
}

fn fifth(distances: &Tensor) -> Result<Tensor, tch::TchError> {
    distances.f_topk(NEIGHBOUR, 1, false, true)?.0.f_select(1, NEIGHBOUR - 1)
}

fn too_few(rows: i64) -> Error {
    let reason = format!(
        "{rows} training images are too few; each needs more than {NEIGHBOUR} images of other patients beside it"
    );
    radiograph_run::Error::NoImage { reason }.into()
}

#[cfg(test)]
mod tests {
    use radiograph_run::Error as RunError;

    use super::*;

    /// Twenty images along a line in three channels, one unit apart; the third channel never changes.
    fn line() -> Tensor {
        let values: Vec<f32> = (0..20).flat_map(|place| [place as f32, -2.0 * place as f32, 7.0]).collect();
        Tensor::from_slice(&values).view([20, 3])
    }

    #[test]
    fn distances_are_to_the_fifth_nearest_of_another_group() {
        let alone: Vec<i64> = (0..20).collect();
        let familiarity = Familiarity::new(&line(), &alone).unwrap();
        // Population deviation of 0..20 is sqrt(33.25), unbiased sqrt(35); both moving channels scale alike, so one step is sqrt(2) / sqrt(35).
        let step = (2.0_f64 / 35.0).sqrt();
        // In the middle the fifth nearest is three steps away, at an end five.
        assert!((f64::from(familiarity.own[0]) - 3.0 * step).abs() < 1e-5, "{}", familiarity.own[0]);
        assert!((f64::from(familiarity.own[19]) - 5.0 * step).abs() < 1e-5);
        // With neighbours in one group of three, the nearest do not count.
        let groups: Vec<i64> = (0..20).map(|place| place / 3).collect();
        let grouped = Familiarity::new(&line(), &groups).unwrap();
        assert!(grouped.own[0] > familiarity.own[0]);
    }

    #[test]
    fn what_lies_apart_is_strange() {
        let alone: Vec<i64> = (0..20).collect();
        let familiarity = Familiarity::new(&line(), &alone).unwrap();
        let asked =
            Tensor::from_slice(&[9.5_f32, -19.0, 7.0, 200.0, 400.0, 7.0, 9.5, -19.0, 90.0]).view([3, 3]);
        let strange: Vec<bool> =
            familiarity.of(&asked).unwrap().into_iter().map(Strangeness::is_strange).collect();
        assert_eq!(strange, [false, true, true]);
        assert!(familiarity.of(&Tensor::zeros([1, 4], tch::kind::FLOAT_CPU)).is_err());
    }

    #[test]
    fn words_count_the_training_images() {
        let strangeness = |less: f64, training_images| Strangeness {
            distance: 1.0,
            stranger_than: less / training_images as f64,
            training_images,
        };
        assert_eq!(strangeness(43.0, 43).in_words(), "all 43 training images");
        assert_eq!(strangeness(912.0, 921).in_words(), "912 of 921 training images");
        assert_eq!(strangeness(0.0, 7).in_words(), "0 of 7 training images");
    }

    #[test]
    fn what_is_written_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("familiarity.safetensors");
        let groups: Vec<i64> = (0..20).map(|place| place / 2).collect();
        Familiarity::write(&path, &line(), &groups).unwrap();
        let (read, made) = (Familiarity::read(&path).unwrap(), Familiarity::new(&line(), &groups).unwrap());
        assert_eq!(read.own, made.own);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        assert!(matches!(Familiarity::read(&path), Err(Error::Run(RunError::Damaged { .. }))));
    }

    #[test]
    fn too_few_images_say_nothing() {
        let five = Tensor::zeros([5, 3], tch::kind::FLOAT_CPU);
        assert!(matches!(
            Familiarity::new(&five, &[0, 1, 2, 3, 4]),
            Err(Error::Run(RunError::NoImage { .. }))
        ));
        // All of one group: there is nobody else.
        assert!(matches!(Familiarity::new(&line(), &[0; 20]), Err(Error::Run(RunError::NoImage { .. }))));
    }
}
