"""Values that metrics.json does not hold, from scikit-learn, scipy and a published formula, on the cases of metrics.json.

    python -m venv venv && venv/bin/pip install scikit-learn
    venv/bin/python crates/metrics/tests/golden/independent.py > crates/metrics/tests/golden/independent.json
"""

import itertools
import json
import pathlib
import sys

import numpy as np
import scipy.optimize
import sklearn
import sklearn.metrics as m



def obuchowski(positive, score, patient):
    """Variance of the AUC by the formulas of Obuchowski 1997, pair by pair."""
    x, y = score[positive], score[~positive]
    wins = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    auc, patients = wins.mean(), np.unique(patient)
    v10 = np.array([(wins.mean(1) - auc)[patient[positive] == who].sum() for who in patients])
    v01 = np.array([(wins.mean(0) - auc)[patient[~positive] == who].sum() for who in patients])
    m, n, i = positive.sum(), (~positive).sum(), len(patients)
    i10, i01 = len(np.unique(patient[positive])), len(np.unique(patient[~positive]))
    s10 = i10 / ((i10 - 1) * m) * (v10**2).sum()
    s01 = i01 / ((i01 - 1) * n) * (v01**2).sum()
    s11 = i / (i - 1) * (v10 * v01).sum()
    return s10 / m + s01 / n + 2 * s11 / (m * n)


here = pathlib.Path(__file__).parent
cases = []
for case in json.loads((here / "metrics.json").read_text())["cases"]:
    y, p = np.array(case["labels"]), np.array(case["probabilities"])
    predicted, hot = p.argmax(1), np.eye(p.shape[1])[y]

    def loss(inverse_temperature):
        scaled = p**inverse_temperature
        scaled /= scaled.sum(1, keepdims=True)
        return -np.log(scaled[np.arange(len(y)), y]).mean()

    best = scipy.optimize.minimize_scalar(loss, bounds=(0.01, 50), method="bounded", options={"xatol": 1e-12})
    top, right = p.max(1), predicted == y
    bins = np.clip(np.ceil(top * 15).astype(int) - 1, 0, 14)
    gaps = [abs(right[bins == b].mean() - top[bins == b].mean()) for b in np.unique(bins)]
    shares = [(bins == b).mean() for b in np.unique(bins)]
    # scikit-learn's own one-vs-one insists on sums of exactly 1, and rescaling rows would part ties.
    pairs, pair_sizes = [], []
    for a, b in itertools.combinations(range(p.shape[1]), 2):
        rows = (y == a) | (y == b)
        aucs = [m.roc_auc_score(y[rows] == k, p[rows, k]) for k in (a, b)]
        pairs.append(np.mean(aucs))
        pair_sizes.append(rows.sum())
    cases.append(
        {
            "n": len(y),
            "f2_macro": m.fbeta_score(y, predicted, beta=2, average="macro"),
            "f_half_weighted": m.fbeta_score(y, predicted, beta=0.5, average="weighted"),
            "auc_weighted": m.roc_auc_score(hot, p, average="weighted"),
            "auc_one_vs_one": float(np.mean(pairs)),
            "auc_one_vs_one_weighted": float(np.average(pairs, weights=pair_sizes)),
            "average_precision_macro": m.average_precision_score(hot, p, average="macro"),
            "average_precision_micro": m.average_precision_score(hot, p, average="micro"),
            "average_precision_weighted": m.average_precision_score(hot, p, average="weighted"),
            "mce_15": max(gaps),
            "rms_calibration_15": float(np.sqrt(np.dot(shares, np.square(gaps)))),
            "temperature": 1 / best.x,
            "temperature_log_loss": best.fun,
            "auc_variance_of_class_0_with_three_images_a_patient": obuchowski(y == 0, p[:, 0], np.arange(len(y)) // 3),
            "specificity": [
                float(m.recall_score(y != k, predicted != k)) for k in range(p.shape[1])
            ],
            "npv": [float(m.precision_score(y != k, predicted != k)) for k in range(p.shape[1])],
            "mcc_one_vs_rest": [float(m.matthews_corrcoef(y == k, predicted == k)) for k in range(p.shape[1])],
        }
    )
json.dump({"sklearn": sklearn.__version__, "cases": cases}, sys.stdout, indent=1)
print()
