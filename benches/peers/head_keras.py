"""A training step with the frozen CNN in Keras's graph beside one on cached features, as a ratio: what an epoch costs.

    python -m venv venv && venv/bin/pip install torch==2.13.0 keras
    KERAS_BACKEND=torch venv/bin/python benches/peers/head_keras.py

VGG19 (random weights: time does not depend on them), LSTM 512, dropout 0.5, dense 4096, 4096, 3, RMSprop, batch 32 of
224 x 224 x 3, as the paper's released program trains it: every image passes the CNN in every epoch. An epoch has as many steps on
both sides, so the ratio of steps is that of epochs. Our number is the step of `benches/benches/head.rs`; reading the features of
a batch from the store, which a second thread does meanwhile, is not in it.
Ratios above 1 say how many times faster we are.
"""

import json
import os
import pathlib
import subprocess
import time

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras  # noqa: E402
import numpy  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BATCH = 32
STEPS = 3


def model():
    cnn = keras.applications.VGG19(include_top=False, weights=None, input_shape=(224, 224, 3))
    cnn.trainable = False
    values = keras.layers.Reshape((49, 512))(cnn.output)
    values = keras.layers.LSTM(512, return_sequences=True, dropout=0.0)(values)
    values = keras.layers.Dropout(0.5)(keras.layers.Flatten()(values))
    for width in (4096, 4096):
        values = keras.layers.Dense(width, activation="relu")(values)
    whole = keras.Model(cnn.input, keras.layers.Dense(3, activation="softmax")(values))
    optimizer = keras.optimizers.RMSprop(1e-5, global_clipnorm=1.0)
    whole.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    return whole


def ours() -> float:
    """Seconds a step, the median that criterion found."""
    bench = ["cargo", "bench", "-q", "-p", "radiograph-benches", "--bench", "head", "--", "/step", "--sample-size", "10"]
    subprocess.run(bench, cwd=ROOT, check=True, capture_output=True)
    command = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
    target = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)["target_directory"]
    path = pathlib.Path(target) / "criterion" / "head_vgg19_batch-32" / "step" / "new" / "estimates.json"
    return json.loads(path.read_text())["median"]["point_estimate"] / 1e9


def main():
    whole = model()
    images = numpy.random.default_rng(1).random((BATCH, 224, 224, 3), dtype=numpy.float32)
    labels = numpy.eye(3, dtype=numpy.float32)[numpy.arange(BATCH) % 3]
    whole.train_on_batch(images, labels)
    print(f"Keras {keras.__version__} on {keras.backend.backend()}, {len(os.sched_getaffinity(0))} processors")
    for _ in range(STEPS):
        start = time.perf_counter()
        whole.train_on_batch(images, labels)
        peer, own = time.perf_counter() - start, ours()
        print(f"step  Keras {peer:6.2f} s   radiograph {own:6.3f} s   ratio {peer / own:.1f}", flush=True)


if __name__ == "__main__":
    main()
