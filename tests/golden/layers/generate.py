"""Writes layers.json: a convolution and a batch norm in evaluation mode, from their definitions.

NumPy only, in f64 and with plain loops, so that nothing of libtorch is in the numbers.
Run: python3 generate.py (NumPy 1.24 or newer)
"""

import json
from pathlib import Path

import numpy as np

MASK = (1 << 64) - 1


def fill(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """v of the fill formula in tests/fill.rs, in [-1, 1)."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    values = []
    for i in range(int(np.prod(shape))):
        z = (state + (i + 1) * 0x9E3779B97F4A7C15) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        z ^= z >> 31
        values.append(2.0 * ((z >> 40) / (1 << 24)) - 1.0)
    return np.array(values).reshape(shape)


def convolution(x, weight, bias, stride, padding):
    n, c, h, w = x.shape
    k, _, kh, kw = weight.shape
    padded = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    padded[:, :, padding : padding + h, padding : padding + w] = x
    oh, ow = (h + 2 * padding - kh) // stride + 1, (w + 2 * padding - kw) // stride + 1
    y = np.zeros((n, k, oh, ow))
    for i in range(oh):
        for j in range(ow):
            window = padded[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
            y[:, :, i, j] = np.einsum("nchw,kchw->nk", window, weight) + bias
    return y


def batch_norm(x, weight, bias, mean, variance, epsilon):
    at = (None, slice(None), None, None)
    return (x - mean[at]) / np.sqrt(variance[at] + epsilon) * weight[at] + bias[at]


x = fill("input", (2, 3, 7, 6))
convolved = convolution(x, fill("conv.weight", (4, 3, 3, 3)), fill("conv.bias", (4,)), stride=2, padding=1)
normalised = batch_norm(
    convolved,
    weight=1 + 0.1 * fill("bn.weight", (4,)),
    bias=0.1 * fill("bn.bias", (4,)),
    mean=0.1 * fill("bn.running_mean", (4,)),
    variance=1 + 0.5 * (fill("bn.running_var", (4,)) + 1) / 2,
    epsilon=1e-3,
)
cases = {
    name: {"shape": list(y.shape), "value": [float(f"{v:.12g}") for v in y.ravel()]}
    for name, y in [("convolution", convolved), ("batch_norm", normalised)]
}
Path(__file__).with_name("layers.json").write_text(json.dumps(cases, indent=1) + "\n")
