//! Attention of tokens to each other (Vaswani et al., 2017, equation 1).

use tch::{Kind, TchError, Tensor};

/// `softmax(Q Kᵀ / √d) V` for each head. `[N, T, 3 · C]` holds queries, keys and values side by side; the result is
/// `[N, T, C]`. Images are computed one after the other, because the shares of one take `heads · T²` numbers.
pub(crate) fn attention(input: &Tensor, heads: i64) -> Result<Tensor, TchError> {
    let (count, length, width) = input.size3()?;
    let channels = width / 3;
    let size = channels / heads;
    let mut attended = Vec::new();
    for image in 0..count {
        let parts = input.f_get(image)?.f_reshape([length, 3, heads, size])?.f_permute([1, 2, 0, 3])?;
        let (queries, keys, values) = (parts.f_get(0)?, parts.f_get(1)?, parts.f_get(2)?);
        let queries = queries.f_mul_scalar((size as f64).powf(-0.5))?;
        // Shares are added up in f32 in every arithmetic.
        let shares = queries.f_matmul(&keys.f_transpose(-2, -1)?)?.f_softmax(-1, Kind::Float)?;
        let shares = shares.f_to_kind(values.kind())?;
        attended.push(shares.f_matmul(&values)?.f_transpose(0, 1)?.f_reshape([length, channels])?);
    }
    Tensor::f_stack(&attended, 0)
}
