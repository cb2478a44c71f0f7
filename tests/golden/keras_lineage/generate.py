"""Feature maps of the four networks of keras.applications, weights by formula: what Keras computes, whatever we convert.

    python3 generate.py [NETWORK…]     with keras, jax (or another backend), h5py, safetensors, numpy

For each network: its weights are filled by the formula of ../../fill.rs under the names that the converter gives them, the
model is saved as .h5 in both of Keras' old formats, docs/convert_weights.py turns each into safetensors, and every tensor of
the result must equal the formula to the last bit (so the converter's names and axes are right). Then Keras computes the
feature map of the input image `input`, and a summary of it goes to keras_lineage.json. The dense layers of the models with
top are converted and compared by what they compute.

Keras' Inceptions have no gamma: the weights of their batch normalisations are 1. Input and output are in the order
[N, C, H, W] in the file. The input is fed as it is, without any normalisation."""

import json
import os
import pathlib
import sys
import tempfile

os.environ.setdefault("KERAS_BACKEND", "jax")

import h5py
import keras
import numpy as np
import safetensors.numpy
from keras.src.legacy.saving import legacy_h5_format

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "docs"))
import convert_weights

SALT = "keras."
MAKERS = {
    "vgg19": keras.applications.VGG19,
    "densenet121": keras.applications.DenseNet121,
    "inception_v3": keras.applications.InceptionV3,
    "inception_resnet_v2": keras.applications.InceptionResNetV2,
}


def fill(name, shape):
    """Values of -1 up to below 1, exact in float32."""
    mask = (1 << 64) - 1
    state = 0xCBF29CE484222325
    for byte in (SALT + name).encode():
        state = ((state ^ byte) * 0x100000001B3) & mask
    count = int(np.prod(shape))
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    unit = (z >> np.uint64(40)).astype(np.float32) / np.float32(1 << 24)
    return (2 * unit - 1).reshape(shape)


def value(name, shape, has_gamma):
    """One tensor by its name in torchvision."""
    v = fill(name, shape)
    if name.endswith("running_var"):
        return 1 + np.float32(0.5) * (v + 1) / 2
    if len(shape) > 1:
        fan_in = int(np.prod(shape[1:]))
        return v * np.float32(np.sqrt(6 / fan_in))
    if name.endswith(".weight"):
        return 1 + np.float32(0.1) * v if has_gamma else np.ones(shape, np.float32)
    return np.float32(0.1) * v


def set_weights(model, architecture, values):
    """Puts tensors under our names into a Keras model."""
    stored = {layer.name: layer for layer in model.layers if layer.weights}
    layers = convert_weights.keras_layers(architecture, stored)
    for name, layer in stored.items():
        ours = layers[name]
        for variable in layer.weights:
            kind = variable.name
            part = {"kernel": "weight", "gamma": "weight", "beta": "bias", "bias": "bias"}.get(kind)
            part = part or {"moving_mean": "running_mean", "moving_variance": "running_var"}[kind]
            tensor = values[f"{ours}.{part}"]
            if tensor.ndim == 4:
                tensor = tensor.transpose(2, 3, 1, 0)
            variable.assign(tensor)


def check_converter(model, architecture, values):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        model.save(folder / "whole.h5")
        with h5py.File(folder / "weights.h5", "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, model)
        for name in ("whole", "weights"):
            out = folder / f"{name}.safetensors"
            convert_weights.convert(folder / f"{name}.h5", out, architecture)
            tensors = safetensors.numpy.load_file(out)
            assert sorted(tensors) == sorted(values), architecture
            for key in values:
                assert np.array_equal(tensors[key], values[key]), key
    return len(values)


def check_head(architecture):
    """The dense layers, with Keras' own initial values: the same answers from the same feature map."""
    keras.backend.clear_session()
    model = MAKERS[architecture](include_top=True, weights=None)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        model.save(folder / "top.h5")
        convert_weights.convert(folder / "top.h5", folder / "top.safetensors", architecture)
        tensors = safetensors.numpy.load_file(folder / "top.safetensors")
    assert any(convert_weights.is_head(name) for name in tensors)
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    names = sorted({name.rpartition(".")[0] for name in tensors if convert_weights.is_head(name)})
    assert len(dense) == len(names), names
    if architecture == "vgg19":
        # Keras flattens [height, width, channel], torchvision [channel, height, width].
        feature_map = fill("head", (1, 512, 7, 7))
        theirs = feature_map.transpose(0, 2, 3, 1).reshape(1, -1)
        ours = feature_map.reshape(1, -1)
    else:
        theirs = ours = fill("head", (1, dense[0].kernel.shape[0]))
    for layer, name in zip(dense, names):
        layer.activation = keras.activations.linear
        theirs = np.asarray(layer(theirs))
        ours = ours @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]
        assert np.abs(ours - theirs).max() < 1e-5 * np.abs(theirs).max(), name
    print(architecture, f"{len(dense)} dense layers converted", flush=True)


def summary(feature_map):
    """Shape, moments and 64 values of a feature map in the order [N, C, H, W]."""
    flat = feature_map.reshape(-1).astype(np.float64)
    index = [int(i) for i in np.linspace(0, flat.size - 1, 64).astype(int)]
    return {
        "shape": list(feature_map.shape),
        "mean": float(flat.mean()),
        "std": float(flat.std()),
        "l2": float(np.sqrt((flat**2).sum())),
        "index": index,
        "value": [float(flat[i]) for i in index],
    }


def case(architecture, size):
    keras.backend.clear_session()
    model = MAKERS[architecture](include_top=False, weights=None, input_shape=(size, size, 3))
    has_gamma = architecture == "densenet121"
    shapes = convert_weights.expected_shapes(architecture)
    values = {
        name: value(name, shape, has_gamma)
        for name, shape in shapes.items()
        if not convert_weights.is_head(name)
    }
    set_weights(model, architecture, values)
    tensors = check_converter(model, architecture, values)
    image = fill("input", (1, 3, size, size)).transpose(0, 2, 3, 1)
    feature_map = np.asarray(model(image, training=False)).transpose(0, 3, 1, 2)
    print(architecture, size, feature_map.shape, f"{tensors} tensors converted exactly", flush=True)
    lineage = convert_weights.describe(architecture, "keras", "", {})
    options = {
        "avg_pool_count_include_pad": lineage["avg_pool"].endswith("true"),
        "bn_eps": float(lineage["bn_eps"]),
        "batch_norm_weights": "formula" if has_gamma else "ones",
    }
    return {"backbone": architecture, "options": options, "input": [1, 3, size, size], "output": summary(feature_map)}


def main():
    path = HERE / "keras_lineage.json"
    names = sys.argv[1:] or list(MAKERS)
    for name in names:
        check_head(name)
    cases = json.loads(path.read_text())["cases"] if path.exists() else []
    cases = [case for case in cases if case["backbone"] not in names]
    # 139 is no multiple of a stride, so every border counts.
    cases += [case(name, size) for name in names for size in (224, 139)]
    order = list(MAKERS)
    cases.sort(key=lambda case: (order.index(case["backbone"]), -case["input"][2]))
    versions = {"keras": keras.__version__, "backend": keras.backend.backend()}
    path.write_text(json.dumps({"versions": versions, "salt": SALT, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
