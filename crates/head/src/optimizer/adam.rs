//! The step of Adam and AdamW.

use radiograph_protocol::Adam;

use super::rule::{Piece, Rule, descend};
use crate::Error;

impl Rule for Adam {
    fn state(&self) -> &'static [&'static str] {
        &["mean", "mean_square"]
    }

    fn step(&self, piece: Piece<'_>, rate: f64, number: u64) -> Result<(), Error> {
        let Piece { parameter, gradient, state, room, .. } = piece;
        let [mean, mean_square] = state else { unreachable!("`state` names two tensors") };
        if self.weight_decay != 0.0 {
            let _ = parameter.f_mul_scalar_(1.0 - rate * self.weight_decay)?;
        }
        let _ = mean.f_lerp_(gradient, 1.0 - self.beta_1)?;
        let mut divisor = gradient.f_mul_out(room, gradient)?;
        let _ = mean_square.f_lerp_(&divisor, 1.0 - self.beta_2)?;
        // Both means began at zero and are too small by these factors.
        let [first, second] = [self.beta_1, self.beta_2].map(|beta| 1.0 - beta.powf(number as f64));
        let _ = mean_square.f_sqrt_out(&divisor)?;
        let _ = divisor.f_mul_scalar_(1.0 / second.sqrt())?;
        let _ = divisor.f_add_scalar_(self.epsilon)?;
        descend(parameter, mean, &mut divisor, rate / first)
    }
}
