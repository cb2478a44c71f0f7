"""From folders of films to a confusion matrix, as it is usually written in Python: pandas, Pillow, Keras, scikit-learn.

    python job_in_keras.py FOLDER EPOCHS [--features-once]

InceptionV3 with random weights, frozen, and the paper's LSTM head; a fifth of the films are tested, a fifth of the others validate.
With the CNN in the graph every film passes it in every epoch, as in the paper's released program; with `--features-once` a careful
author computes the features once. `job.py` runs this beside `radiograph run`.
"""

import os
import pathlib
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy
import pandas
from PIL import Image
from sklearn.metrics import classification_report, confusion_matrix
from sklearn.model_selection import train_test_split

SIDE, BATCH = 224, 32


def pixels(path):
    return numpy.asarray(Image.open(path).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR), numpy.float32) / 255


def main(folder: pathlib.Path, epochs: int, features_once: bool):
    keras.utils.set_random_seed(7)
    films = pandas.DataFrame({"path": sorted(folder.rglob("*.png"))})
    films["class"] = films["path"].map(lambda path: path.parent.name)
    classes = sorted(films["class"].unique())
    films["label"] = films["class"].map(classes.index)
    train, test = train_test_split(films, test_size=0.2, stratify=films["label"], random_state=7)
    train, validation = train_test_split(train, test_size=0.2, stratify=train["label"], random_state=7)

    cnn = keras.applications.InceptionV3(include_top=False, weights=None, input_shape=(SIDE, SIDE, 3))
    cnn.trainable = False
    given = keras.Input(cnn.output.shape[1:]) if features_once else cnn.input
    values = keras.layers.Reshape((25, 2048))(given if features_once else cnn.output)
    values = keras.layers.LSTM(512, return_sequences=True)(values)
    values = keras.layers.Dropout(0.5)(keras.layers.Flatten()(values))
    for width in (4096, 4096):
        values = keras.layers.Dense(width, activation="relu")(values)
    model = keras.Model(given, keras.layers.Dense(len(classes), activation="softmax")(values))
    optimizer = keras.optimizers.RMSprop(1e-4, global_clipnorm=1.0)
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    parts = {}
    for name, part in (("train", train), ("validation", validation), ("test", test)):
        images = numpy.stack([pixels(path) for path in part["path"]])
        parts[name] = cnn.predict(images, batch_size=BATCH, verbose=0) if features_once else images
    model.fit(
        parts["train"],
        train["label"],
        validation_data=(parts["validation"], validation["label"]),
        batch_size=BATCH,
        epochs=epochs,
        verbose=0,
    )
    predicted = model.predict(parts["test"], batch_size=BATCH, verbose=0).argmax(1)
    print(pandas.DataFrame(confusion_matrix(test["label"], predicted, labels=range(len(classes))), classes, classes))
    print(classification_report(test["label"], predicted, target_names=classes, zero_division=0))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]), "--features-once" in sys.argv)
