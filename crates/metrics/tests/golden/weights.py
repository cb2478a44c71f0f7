"""Scores of weighted samples by scikit-learn, variances by statsmodels and by definition.

    python -m venv venv && venv/bin/pip install scikit-learn statsmodels
    venv/bin/python crates/metrics/tests/golden/weights.py

It writes weights.json beside itself.
"""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from scipy import stats
from sklearn import metrics

CLASSES = 3
Z = stats.norm.ppf(0.975)


def simulated(random, patients):
    owner = np.repeat(np.arange(patients), random.integers(1, 4, patients))
    truth = random.integers(0, CLASSES, len(owner))
    weight = np.round(random.gamma(2.0, 1.5, len(owner)) + 0.1, 3)

    def model(skill):
        logits = random.normal(0, 1, (len(owner), CLASSES)) + random.normal(0, 0.7, (patients, CLASSES))[owner]
        logits[np.arange(len(owner)), truth] += skill
        p = np.exp(logits)
        p /= p.sum(axis=1, keepdims=True)
        p = np.round(p, 2)  # makes ties
        p[:, 0] = 1 - p[:, 1:].sum(axis=1)
        return np.clip(np.round(p, 2), 0, 1)

    return owner, truth, weight, model(1.6), model(0.9)


def scores(truth, p, w):
    predicted = p.argmax(axis=1)
    onehot = np.eye(CLASSES)[truth]
    found = {
        "accuracy": metrics.accuracy_score(truth, predicted, sample_weight=w),
        "balanced accuracy": metrics.balanced_accuracy_score(truth, predicted, sample_weight=w),
        "MCC": metrics.matthews_corrcoef(truth, predicted, sample_weight=w),
        "Cohen's kappa": metrics.cohen_kappa_score(truth, predicted, sample_weight=w),
        "log loss": metrics.log_loss(truth, p, sample_weight=w),
        "Brier score": np.average(((p - onehot) ** 2).sum(axis=1), weights=w),
    }
    for average in ["macro", "weighted", "micro"]:
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(
            truth, predicted, average=average, sample_weight=w)
        found |= {f"{average} precision": precision, f"{average} recall": recall, f"{average} F1": f1}
        found[f"{average} AUC"] = metrics.roc_auc_score(onehot, p, average=average, sample_weight=w)
        found[f"{average} average precision"] = metrics.average_precision_score(
            onehot, p, average=average, sample_weight=w)
    for k in range(CLASSES):
        is_k, says_k, name = truth == k, predicted == k, f"class {k}"
        found[f"precision of {name}"] = metrics.precision_score(is_k, says_k, sample_weight=w)
        found[f"recall of {name}"] = metrics.recall_score(is_k, says_k, sample_weight=w)
        found[f"F2 of {name}"] = metrics.fbeta_score(is_k, says_k, beta=2, sample_weight=w)
        found[f"specificity of {name}"] = metrics.recall_score(~is_k, ~says_k, sample_weight=w)
        found[f"NPV of {name}"] = metrics.precision_score(~is_k, ~says_k, sample_weight=w)
        found[f"MCC (one-vs-rest) of {name}"] = metrics.matthews_corrcoef(is_k, says_k, sample_weight=w)
        found[f"AUC of {name}"] = metrics.roc_auc_score(is_k, p[:, k], sample_weight=w)
        found[f"average precision of {name}"] = metrics.average_precision_score(is_k, p[:, k], sample_weight=w)
    pairs = []
    for a, b in combinations(range(CLASSES), 2):
        of = (truth == a) | (truth == b)
        pairs.append(np.mean([metrics.roc_auc_score(truth[of] == k, p[of, k], sample_weight=w[of]) for k in (a, b)]))
    found["macro one-vs-one AUC"] = np.mean(pairs)
    confidence, right = p.max(axis=1), predicted == truth
    bins = np.clip(np.ceil(confidence * 15) - 1, 0, 14).astype(int)
    gaps = [(w[bins == b].sum() / w.sum(), abs(np.average(right[bins == b], weights=w[bins == b])
             - np.average(confidence[bins == b], weights=w[bins == b]))) for b in np.unique(bins)]
    found["ECE (15 bins of equal width)"] = sum(share * gap for share, gap in gaps)
    found["MCE (15 bins of equal width)"] = max(gap for _, gap in gaps)
    return found


def wilson(share, n):
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return [middle - half, middle + half]


def share_interval(right, w, owner):
    """Wilson's at Korn and Graubard's effective size; the variance is that of a weighted mean by statsmodels."""
    fit = sm.WLS(right.astype(float), np.ones(len(right)), weights=w).fit(
        cov_type="cluster", cov_kwds={"groups": owner})
    share, between, n = fit.params[0], fit.cov_params()[0, 0], len(right)
    patients = np.unique(owner)
    sums = np.array([w[owner == c].sum() for c in patients])
    worst = n * (sums**2).sum() / sums.sum() ** 2
    telling = min(sum(right[owner == c].any() for c in patients), sum((~right[owner == c]).any() for c in patients))
    effect = (telling * between / (share * (1 - share) / (n - 1)) + 2 * worst) / (telling + 2)
    t = lambda count: stats.t.ppf(0.975, count - 1)
    return wilson(share, n / max(effect, 1) * (t(n) / t(len(patients))) ** 2)


def influence(positive, score, w):
    """AUC, and by how much each sample moves it."""
    psi = (score[positive][:, None] > score[~positive]) + 0.5 * (score[positive][:, None] == score[~positive])
    a, b = w[positive], w[~positive]
    auc = a @ psi @ b / (a.sum() * b.sum())
    moved = np.empty(len(w))
    moved[positive] = a * (psi @ b / b.sum() - auc) / a.sum()
    moved[~positive] = b * (a @ psi / a.sum() - auc) / b.sum()
    return auc, moved


def covariance(first, second, kinds, owner):
    """Obuchowski's, from how much each sample moves two areas."""
    patients = np.unique(owner)
    sums = lambda moved, kind: np.array([moved[(owner == c) & (kinds == kind)].sum() for c in patients])
    total = 0.0
    for j in np.unique(kinds):
        for k in np.unique(kinds):
            n = len(np.unique(owner[kinds == j])) if j == k else len(patients)
            total += n / (n - 1) * (sums(first, j) * sums(second, k)).sum()
    return total


def logit_interval(auc, variance, freedom):
    half = stats.t.ppf(0.975, freedom) * np.sqrt(variance) / (auc * (1 - auc))
    middle = np.log(auc / (1 - auc))
    return [1 / (1 + np.exp(half - middle)), 1 / (1 + np.exp(-half - middle))]


def case(random, patients):
    owner, truth, w, first, second = simulated(random, patients)
    areas, differences = {}, {}
    moved = {model: [] for model in "ab"}
    for k in range(CLASSES):
        positive = truth == k
        (auc, a), (other, b) = (influence(positive, p[:, k], w) for p in (first, second))
        moved["a"].append((auc, a)), moved["b"].append((other, b))
        count = len(np.unique(owner[positive])) + len(np.unique(owner[~positive]))
        var = covariance(a, a, positive, owner)
        areas[f"AUC of class {k}"] = logit_interval(auc, var, count - 2)
        spread = var + covariance(b, b, positive, owner) - 2 * covariance(a, b, positive, owner)
        differences[f"AUC of class {k}"] = [auc - other, 2 * stats.norm.cdf(-abs(auc - other) / np.sqrt(spread))]
    macro = {model: (np.mean([auc for auc, _ in list_]), np.mean([m for _, m in list_], axis=0))
             for model, list_ in moved.items()}
    (auc, a), (other, b) = macro["a"], macro["b"]
    spread = covariance(a, a, truth, owner) + covariance(b, b, truth, owner) - 2 * covariance(a, b, truth, owner)
    differences["macro AUC"] = [auc - other, 2 * stats.norm.cdf(-abs(auc - other) / np.sqrt(spread))]
    predicted = first.argmax(axis=1)
    of = truth == 1
    return {
        "labels": truth.tolist(), "patients": owner.tolist(), "weights": w.tolist(),
        "probabilities": first.tolist(), "second": second.tolist(),
        "scores": scores(truth, first, w),
        "intervals": areas | {
            "accuracy": share_interval(predicted == truth, w, owner),
            "recall of class 1": share_interval(predicted[of] == 1, w[of], owner[of]),
        },
        "differences": differences,
    }


if __name__ == "__main__":
    random = np.random.default_rng(23)
    cases = [case(random, patients) for patients in (60, 90)]
    Path(__file__).with_name("weights.json").write_text(json.dumps({"cases": cases}) + "\n")
