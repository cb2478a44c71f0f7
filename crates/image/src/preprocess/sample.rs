//! The trait of 8-bit and 16-bit samples, for code that treats both alike.

/// A sample of 8 or 16 bits.
pub(super) trait Sample: Copy + Into<f64> + Into<usize> {
    /// The sample nearest to a whole number; what lies beyond its range becomes its least or greatest value.
    fn of_whole(value: f64) -> Self;
}

impl Sample for u8 {
    fn of_whole(value: f64) -> Self {
        value as Self // saturates
    }
}

impl Sample for u16 {
    fn of_whole(value: f64) -> Self {
        value as Self // saturates
    }
}
