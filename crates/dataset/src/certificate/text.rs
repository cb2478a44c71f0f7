//! Prints a certificate for people.

use std::fmt;

use super::{Certificate, Crossing, Naive};

impl fmt::Display for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{} (recipe {}, seed {})", self.sentence, self.terms.recipe, self.terms.seed)?;
        for part in &self.parts {
            let classes = part.classes.iter().map(|(class, images)| format!("{images} {class}"));
            write!(
                formatter,
                "  {:<8} {:>6} images: {}; {} groups, {} known patients",
                part.part,
                part.images,
                classes.collect::<Vec<_>>().join(", "),
                part.groups,
                part.patients
            )?;
            if part.augmented > 0 {
                write!(formatter, "; {} augmented", part.augmented)?;
            }
            if part.drawn > 0 {
                write!(formatter, "; {} DRAWN (phantoms, no patients)", part.drawn)?;
            }
            writeln!(formatter)?;
        }
        writeln!(formatter, "{}", self.train_to_test)?;
        for crossing in self.folds.iter().filter(|crossing| !crossing.is_empty()) {
            writeln!(formatter, "{crossing}")?;
        }
        match &self.naive {
            Naive::Split(crossing) => writeln!(
                formatter,
                "for contrast, the same data split image by image: {} of {} test images have a copy in training, {} \
                 share a patient with it, {} share an augmentation family with it",
                crossing.images_with_copies,
                crossing.to_images,
                crossing.images_of_shared_patients,
                crossing.images_of_shared_families
            )?,
            Naive::Impossible { reason } => writeln!(formatter, "no contrast: {reason}")?,
        }
        writeln!(formatter, "images of each class, by collection:")?;
        for (class, sources) in &self.class_by_source.counts {
            let sources = sources.iter().map(|(source, images)| format!("{source} {images}"));
            writeln!(formatter, "  {class}: {}", sources.collect::<Vec<_>>().join(", "))?;
        }
        for warning in &self.class_by_source.warnings {
            writeln!(formatter, "  WARNING: {warning}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Crossing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "  {} ({} images) and {} ({}): {} shared patients, {} shared pictures, {} shared groups, {} images of shared \
             families, {} connected sets on both sides",
            self.from,
            self.from_images,
            self.to,
            self.to_images,
            self.shared_patients,
            self.shared_pictures,
            self.shared_groups,
            self.images_of_shared_families,
            self.shared_sets
        )?;
        for example in &self.examples {
            write!(formatter, "\n    one {}: {} and {}", example.shared, example.from, example.to)?;
        }
        Ok(())
    }
}
