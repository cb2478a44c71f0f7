//! The step of stochastic gradient descent.

use radiograph_protocol::Sgd;

use super::rule::{Piece, Rule, number};
use crate::Error;

impl Rule for Sgd {
    fn state(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["direction"] }
    }

    fn step(&self, piece: Piece<'_>, rate: f64, _number: u64) -> Result<(), Error> {
        let Piece { parameter, gradient, state, room, other_room } = piece;
        // g + decay·w
        let mut step = parameter.f_mul_out(room, &number(self.weight_decay)?)?;
        let _ = step.f_add_(gradient)?;
        if let [direction] = state {
            let _ = direction.f_mul_scalar_(self.momentum)?;
            let _ = direction.f_add_(&step)?;
            if self.nesterov {
                let _ = step.f_add_(&direction.f_mul_out(other_room, &number(self.momentum)?)?)?;
            } else {
                step.f_copy_(direction)?;
            }
        }
        let _ = step.f_mul_scalar_(-rate)?;
        let _ = parameter.f_add_(&step)?;
        Ok(())
    }
}
