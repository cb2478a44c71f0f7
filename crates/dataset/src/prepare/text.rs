//! Prints for people how many images came in, were excluded, and went to each part.

use std::fmt;

use super::Prepared;

impl fmt::Display for Prepared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: usize = self.images.values().sum();
        writeln!(formatter, "{total} images came in:")?;
        for (source, images) in &self.images {
            writeln!(formatter, "  {:<60} {images:>7}", source.as_str())?;
        }
        writeln!(formatter, "excluded, or no image at all:")?;
        for (reason, count) in self.excluded_by_reason() {
            writeln!(formatter, "  {reason:<60} {count:>7}")?;
        }
        write!(formatter, "{}", self.groups)?;
        for shortfall in &self.shortfalls {
            writeln!(formatter, "  {shortfall}")?;
        }
        write!(formatter, "{}", self.certificate)?;
        writeln!(formatter, "each collection held out and tested on alone:")?;
        for (source, outcome) in &self.sources_out {
            match outcome {
                Ok(()) => writeln!(formatter, "  {source}: possible")?,
                Err(abstention) => writeln!(formatter, "  {source}: no, {abstention}")?,
            }
        }
        Ok(())
    }
}
