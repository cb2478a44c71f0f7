//! The step of RMSprop.

use radiograph_protocol::{RmsProp, RmsPropForm};

use super::rule::{Piece, Rule, descend, number};
use crate::Error;

impl Rule for RmsProp {
    fn state(&self) -> &'static [&'static str] {
        &["mean_square"]
    }

    fn step(&self, piece: Piece<'_>, rate: f64, _number: u64) -> Result<(), Error> {
        let Piece { parameter, gradient, state, room, .. } = piece;
        let [mean_square] = state else { unreachable!("`state` names one tensor") };
        let mut divisor = gradient.f_mul_out(room, gradient)?;
        // v + (1 - ρ)·(g² - v)
        let _ = mean_square.f_lerp_(&divisor, 1.0 - self.rho)?;
        match self.form {
            RmsPropForm::PyTorch => {
                let _ = mean_square.f_sqrt_out(&divisor)?;
                let _ = divisor.f_add_scalar_(self.epsilon)?;
            }
            RmsPropForm::Keras => {
                let _ = mean_square.f_add_out(&divisor, &number(self.epsilon)?)?;
                let _ = divisor.f_sqrt_()?;
            }
            other => {
                return Err(Error::setting(
                    "the form of RMSprop",
                    format!("{other:?}"),
                    "choose another one",
                ));
            }
        }
        descend(parameter, gradient, &mut divisor, rate)
    }
}
