"""Writes a network of keras.applications with seeded weights as .h5, and what docs/convert_weights.py makes of it.

    python3 write.py DOCS NETWORK LAYOUT OUT

Needs keras with jax, h5py, safetensors and numpy. LAYOUT is `whole` (model.save), `weights` (as the files of keras.applications) or `first` (as
Keras 1 named the variables of VGG19's published files). OUT.h5 and OUT.safetensors are written."""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")

import h5py
import keras
import numpy as np
from keras.src.legacy.saving import legacy_h5_format

docs, network, layout, out = sys.argv[1:]
sys.path.insert(0, docs)
import convert_weights

MAKERS = {
    "vgg19": keras.applications.VGG19,
    "densenet121": keras.applications.DenseNet121,
    "inception_v3": keras.applications.InceptionV3,
    "inception_resnet_v2": keras.applications.InceptionResNetV2,
}

# A model before it, so that numbers of layers do not begin at 0.
keras.layers.Conv2D(1, 1)(keras.Input((4, 4, 3)))
keras.layers.BatchNormalization()(keras.Input((4, 4, 3)))
model = MAKERS[network](include_top=False, weights=None, input_shape=(96, 96, 3))
draws = np.random.default_rng(7)
for variable in model.weights:
    variable.assign(draws.standard_normal(variable.shape, dtype="float32"))

if layout == "whole":
    model.save(f"{out}.h5")
else:
    with h5py.File(f"{out}.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
        if layout == "first":
            for layer in model.layers:
                group = file[layer.name]
                kinds = {"kernel": "W_1:0", "bias": "b_1:0"}
                names = [f"{layer.name}_{kinds[variable.name]}" for variable in layer.weights]
                for name, variable in zip(names, layer.weights):
                    group[name] = np.asarray(variable.value)
                group.attrs["weight_names"] = [name.encode() for name in names]
convert_weights.convert(f"{out}.h5", f"{out}.safetensors", network)
