//! Grad-CAM from stored features.

use std::path::Path;

use radiograph_classes::Classes;
use radiograph_gradcam::{Explainer, Explanation, Method, Target};
use radiograph_head::{ConfiguredHead, Head};
use tch::Tensor;

use crate::{Outcome, Work, head::paper_head, timed, unknown};

/// Images of the second piece.
const MANY: i64 = 1000;

pub(crate) struct Explanations {
    head: ConfiguredHead,
    classes: Classes,
    features: Tensor,
}

impl Explanations {
    /// Writes the head of the network that the first word names to `head.safetensors`, the maps of a batch of images to
    /// `batch.safetensors`, and their Grad-CAM maps, before any cut at zero, to `maps.safetensors`.
    pub(crate) fn prepare(folder: &Path, words: &[&str]) -> Outcome<Self> {
        let (head, features) = paper_head(folder, words)?;
        Tensor::write_safetensors(&[("features", &features)], folder.join("batch.safetensors"))?;
        let work = Self { head, classes: Classes::of_the_paper(), features };
        let explained = work.explain(&work.features)?;
        let values: Vec<f64> = explained.iter().flat_map(|one| one.map.raw().iter().copied()).collect();
        let (rows, columns) = explained.first().ok_or("an empty batch")?.map.size();
        let shape = [explained.len() as i64, rows as i64, columns as i64];
        let maps = Tensor::from_slice(&values).view(shape);
        Tensor::write_safetensors(&[("maps", maps)], folder.join("maps.safetensors"))?;
        Ok(work)
    }

    fn explain(&self, features: &Tensor) -> Outcome<Vec<Explanation>> {
        let explainer = Explainer::new(&self.classes, |features: &Tensor| self.head.explained(features));
        Ok(explainer.explain(features, Method::GradCam, &Target::default())?)
    }
}

impl Work for Explanations {
    fn perform(&mut self, piece: &str) -> Outcome<f64> {
        match piece {
            "batch" => timed(|| self.explain(&self.features)),
            "thousand" => timed(|| {
                let batch = self.features.size()[0];
                let mut left = MANY;
                while left > 0 {
                    let images = left.min(batch);
                    self.explain(&self.features.narrow(0, 0, images))?;
                    left -= images;
                }
                Ok(())
            }),
            _ => unknown(piece),
        }
    }
}
