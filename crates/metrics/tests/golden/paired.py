"""Paired tests and the variance of the macro AUC from their definitions, pair by pair and exchange by exchange.

    python -m venv venv && venv/bin/pip install numpy scipy scikit-learn statsmodels
    venv/bin/python crates/metrics/tests/golden/paired.py > crates/metrics/tests/golden/paired.json
"""

import itertools
import json
import sys

import numpy as np
import scipy.stats as st
from sklearn.metrics import average_precision_score, roc_auc_score
from statsmodels.stats.multitest import multipletests


def shifts(positive, score):
    """AUC, and how far each image moves it: the derivative of the AUC by the weight of the image."""
    x, y = score[positive], score[~positive]
    wins = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    auc, moved = wins.mean(), np.zeros(len(score))
    moved[positive] = (wins.mean(1) - auc) / positive.sum()
    moved[~positive] = (wins.mean(0) - auc) / (~positive).sum()
    return auc, moved


def macro(truth, p):
    each = [shifts(truth == k, p[:, k]) for k in range(p.shape[1])]
    return np.mean([auc for auc, _ in each]), np.mean([moved for _, moved in each], 0)


def covariance(a, b, kind, patient):
    """Obuchowski's sum of products within patients, with the factor n / (n - 1) of each kind of image."""
    patients, kinds = np.unique(patient), np.unique(kind)
    def sums(shift, k):
        return np.array([shift[(kind == k) & (patient == who)].sum() for who in patients])
    factor = lambda n: n / (n - 1)
    total = 0.0
    for k in kinds:
        for l in kinds:
            n = len(np.unique(patient[kind == k])) if k == l else len(patients)
            total += factor(n) * (sums(a, k) * sums(b, l)).sum()
    return total


def paired(truth, first, second, patient):
    (a, da), (b, db) = macro(truth, first), macro(truth, second)
    v = [covariance(x, y, truth, patient) for x, y in [(da, da), (db, db), (da, db)]]
    z = (a - b) / np.sqrt(v[0] + v[1] - 2 * v[2])
    half = st.norm.ppf(0.975) * np.sqrt(v[0] + v[1] - 2 * v[2])
    return {
        "first": a, "second": b, "variances": v[:2], "covariance": v[2], "z": z,
        "p": 2 * st.norm.sf(abs(z)), "interval": [a - b - half, a - b + half],
    }


SCORES = {
    "macro AUC": lambda t, p: np.mean([roc_auc_score(t == k, p[:, k]) for k in range(p.shape[1])]),
    "AUC of class 0": lambda t, p: roc_auc_score(t == 0, p[:, 0]),
    "average precision of class 0": lambda t, p: average_precision_score(t == 0, p[:, 0]),
    "micro AUC": lambda t, p: roc_auc_score(np.eye(p.shape[1])[t].ravel(), p.ravel()),
    "log loss": lambda t, p: -np.log(p[np.arange(len(t)), t]).mean(),
}


def exchanged(name, truth, first, second, patient):
    """The exact p-value over all exchanges of whole patients; ranking scores are exchanged by mid-ranks."""
    if name == "micro AUC":
        rank = lambda p: st.rankdata(p).reshape(p.shape)
    elif name == "log loss":
        rank = lambda p: p
    else:
        rank = lambda p: st.rankdata(p, axis=0)
    a, b = rank(first), rank(second)
    patients = np.unique(patient)
    def difference(swap):
        swapped = np.isin(patient, patients[list(swap)])[:, None]
        return SCORES[name](truth, np.where(swapped, b, a)) - SCORES[name](truth, np.where(swapped, a, b))
    observed = abs(difference([False] * len(patients)))
    every = [abs(difference(np.array(s, bool))) for s in itertools.product([0, 1], repeat=len(patients))]
    return np.mean(np.array(every) >= observed - 1e-12)


def scores(random, truth, gap, scale, round_to=None):
    logits = random.normal(size=(len(truth), 3)) + gap * np.eye(3)[truth]
    p = np.exp(scale * logits)
    p /= p.sum(1, keepdims=True)
    if round_to is not None:
        # Ties, with rows that still sum to 1.
        p = np.floor(p * 10**round_to) / 10**round_to
        p[:, 2] = np.round(1 - p[:, 0] - p[:, 1], round_to)
    return p


def main():
    random = np.random.default_rng(8)
    delong = []
    for images, per_patient in [(90, 1), (120, 3)]:
        truth = random.integers(0, 3, images)
        patient = np.arange(images) // per_patient
        first, second = scores(random, truth, 1.6, 1.0, 2), scores(random, truth, 1.1, 1.0, 2)
        delong.append({
            "labels": truth.tolist(), "patients": patient.tolist(), "first_model": first.tolist(),
            "second_model": second.tolist(), **paired(truth, first, second, patient),
        })
    exchanges = []
    for images, per_patient, scale in [(9, 1, 1.0), (20, 2, 4.0)]:
        truth = np.arange(images) * 7 // 2 % 3
        patient = np.arange(images) // per_patient
        first, second = scores(random, truth, 1.2, 1.0), scores(random, truth, 0.4, scale)
        exchanges.append({
            "labels": truth.tolist(), "patients": patient.tolist(), "first_model": first.tolist(),
            "second_model": second.tolist(),
            "p": {name: exchanged(name, truth, first, second, patient) for name in SCORES},
        })
    family = [0.004, 0.0205, 0.3, 0.013, 0.9, 0.0017, 0.013, 1.0]
    json.dump(
        {"macro_delong": delong, "exchanges": exchanges,
         "family": {"p": family, "holm": multipletests(family, method="holm")[1].tolist()}},
        sys.stdout,
    )
    print()


if __name__ == "__main__":
    main()
