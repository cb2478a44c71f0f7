"""A training step in Keras beside one of radiograph-head on stored features: Keras on features, and with the frozen CNN in its graph.

    cargo xtask bench --peers head_keras

VGG19 (random weights: time does not depend on them), LSTM 512, dropout 0.5, dense 4096, 4096, 3, RMSprop, batch 32. With the CNN in the
graph every image passes it in every epoch, as in the paper's released program. An epoch has as many steps on both sides, so the ratio
of steps is that of epochs; an epoch of 44 steps (1,388 images) is measured too. Keras runs on PyTorch. The values of a step are compared with PyTorch's in `head.py`;
here the numbers of parameters must agree.
"""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy
import safetensors.torch
import torch

import measure

BATCH = 32
STEPS = 44


def model(with_network: bool):
    if with_network:
        cnn = keras.applications.VGG19(include_top=False, weights=None, input_shape=(224, 224, 3))
        cnn.trainable = False
        given, maps = cnn.input, cnn.output
    else:
        given = maps = keras.Input((7, 7, 512))
    values = keras.layers.Reshape((49, 512))(maps)
    values = keras.layers.LSTM(512, return_sequences=True)(values)
    values = keras.layers.Dropout(0.5)(keras.layers.Flatten()(values))
    for width in (4096, 4096):
        values = keras.layers.Dense(width, activation="relu")(values)
    whole = keras.Model(given, keras.layers.Dense(3, activation="softmax")(values))
    optimizer = keras.optimizers.RMSprop(1e-5, global_clipnorm=1.0)
    whole.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    return whole


def compare(comparison, tiny: bool):
    comparison.start("vgg19")
    written = safetensors.torch.load_file(comparison.path / "head.safetensors")
    # Keras has one bias a gate; the second one of libtorch's layout stays 0.
    expected = sum(value.numel() for name, value in written.items() if name != "lstm.bias_hh_l0")
    random = numpy.random.default_rng(1)
    labels = numpy.eye(3, dtype=numpy.float32)[numpy.arange(BATCH) % 3]
    inputs = {
        True: random.random((BATCH, 224, 224, 3), dtype=numpy.float32),
        False: random.random((BATCH, 7, 7, 512), dtype=numpy.float32),
    }

    def prepared(with_network: bool, steps: int = 1):
        whole = model(with_network)
        trained = sum(int(numpy.prod(weight.shape)) for weight in whole.trainable_weights)
        measure.agree("the number of trained parameters", abs(trained - expected), 0)

        def work():
            for _ in range(steps):
                whole.train_on_batch(inputs[with_network], labels)

        return work

    peers = {"Keras, the CNN in the graph": lambda: prepared(True), "Keras on features": lambda: prepared(False)}
    comparison.work("a step of the head of vgg19, batch 32", {"step": "step"}, peers, unit=(1, "steps"))
    if not tiny:
        peers = {"Keras on features": lambda: prepared(False, STEPS)}
        what = f"an epoch of the head of vgg19, {STEPS} batches of 32"
        comparison.work(what, {"epoch": "epoch"}, peers, rounds=3, unit=(STEPS, "steps"))


def main():
    settings = measure.options(__doc__)
    torch.set_num_threads(measure.CORES)
    comparison = measure.Comparison("head", settings, ["keras", "torch"])
    comparison.attempt("vgg19", lambda: compare(comparison, settings.tiny))
    comparison.finish()


if __name__ == "__main__":
    main()
