//! Statistics by which JPEG-LS predicts and codes (T.87, A.6).

use super::parameters::Parameters;
use crate::codec::Fault;

/// Statistics of one context.
#[derive(Clone, Copy)]
pub(super) struct Context {
    /// Sum of error sizes.
    pub(super) a: i32,
    /// Sum of errors.
    pub(super) b: i32,
    /// Correction of the prediction.
    pub(super) c: i32,
    /// Number of samples.
    pub(super) n: i32,
}

/// Statistics of the two contexts in which runs end.
#[derive(Clone, Copy)]
pub(super) struct RunContext {
    pub(super) a: i32,
    pub(super) n: i32,
    pub(super) negative: i32,
}

impl Context {
    /// The statistics after one more error (A.6).
    pub(super) fn updated(self, error: i32, parameters: &Parameters) -> Self {
        let Self { mut a, mut b, mut c, mut n } = self;
        a = a.saturating_add(error.abs());
        b = b.saturating_add(error * (2 * parameters.near + 1));
        if n == parameters.reset {
            a >>= 1;
            b >>= 1;
            n >>= 1;
        }
        n += 1;
        if b <= -n {
            b = (b + n).max(1 - n);
            c = (c - 1).max(-128);
        } else if b > 0 {
            b = (b - n).min(0);
            c = (c + 1).min(127);
        }
        Self { a, b, c, n }
    }
}

/// Parameter of the Golomb code: the least k with n · 2^k at least a.
pub(super) fn golomb(n: i32, a: i32) -> Result<u32, Fault> {
    let k = (0..24).find(|k| i64::from(n) << k >= i64::from(a));
    k.ok_or_else(|| Fault::Damaged("errors beyond all measure".to_owned()))
}
