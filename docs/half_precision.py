#!/usr/bin/env python3
"""What rounding stored features to float16 does to a run's linear probe.

    python3 docs/half_precision.py RUN STORE

Needs numpy, scipy and safetensors. RUN is a finished run with the baseline linear-probe, STORE its feature store in f32. The probe is fitted
twice, with the penalty that the run chose: on the mean of each feature map as it is, and of the map rounded to float16. Prints the
macro AUC on the test part of both and the largest difference of a probability."""

import csv
import json
import pathlib
import sys

import numpy as np
from safetensors.numpy import load_file
from scipy.optimize import minimize
from scipy.stats import rankdata


def macro_auc(probabilities, truth):
    areas = []
    for place in range(probabilities.shape[1]):
        positive = truth == place
        count, ranks = positive.sum(), rankdata(probabilities[:, place])
        areas.append((ranks[positive].sum() - count * (count + 1) / 2) / (count * (~positive).sum()))
    return float(np.mean(areas))


def probe(features, truth, weights, c, tested):
    """Multinomial logistic regression on standardised features, class weights in the loss."""
    train = features[~tested]
    standard = (features - train.mean(0)) / (train.std(0) + 1e-12)
    train, target = standard[~tested], np.eye(truth.max() + 1)[truth[~tested]]
    classes = target.shape[1]

    def softmax(values):
        powers = np.exp(values - values.max(1, keepdims=True))
        return powers / powers.sum(1, keepdims=True)

    def loss(flat):
        slopes, intercepts = flat[:-classes].reshape(-1, classes), flat[-classes:]
        shares = softmax(train @ slopes + intercepts)
        gradient = c * weights[:, None] * (shares - target)
        value = -c * (weights[:, None] * target * np.log(shares + 1e-300)).sum() + 0.5 * (slopes**2).sum()
        return value, np.concatenate([(train.T @ gradient + slopes).ravel(), gradient.sum(0)])

    start = np.zeros((train.shape[1] + 1) * classes)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "gtol": 1e-7, "ftol": 1e-14}).x
    return softmax(standard[tested] @ found[:-classes].reshape(-1, classes) + found[-classes:])


def main():
    run, store = map(pathlib.Path, sys.argv[1:])
    single, half, largest = {}, {}, 0.0
    for listed in (store / "index").glob("*.json"):
        for name, values in load_file(store / f"{listed.stem}.safetensors").items():
            image = name.split("/")[0]
            single[image] = values.mean((1, 2), dtype=np.float64)
            half[image] = values.astype(np.float16).mean((1, 2), dtype=np.float64)
            largest = max(largest, float(np.abs(values).max()))
    with open(run / "manifest.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["part"] in ("train", "test") and row["content_hash"] in single]
    classes = sorted({row["class"] for row in rows})
    truth = np.array([classes.index(row["class"]) for row in rows])
    tested = np.array([row["part"] == "test" for row in rows])
    counts = np.bincount(truth[~tested])
    weights = (len(truth[~tested]) / (len(classes) * counts))[truth[~tested]]
    c = json.loads(next(run.glob("*-linear-probe/probe.json")).read_text())["c"]
    answers = [
        probe(np.array([features[row["content_hash"]] for row in rows]), truth, weights, c, tested)
        for features in (single, half)
    ]
    areas = [macro_auc(answer, truth[tested]) for answer in answers]
    difference = float(np.abs(answers[0] - answers[1]).max())
    print(f"{len(rows)} images, {tested.sum()} of them tested, C = {c}, largest value {largest:.2f}")
    print(f"macro AUC {areas[0]:.5f} in float32, {areas[1]:.5f} in float16; probabilities differ by up to {difference:.1e}")


if __name__ == "__main__":
    main()
