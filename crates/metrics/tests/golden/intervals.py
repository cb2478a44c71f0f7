"""Intervals by kind of score, from their definitions with scipy and statsmodels.

    python -m venv venv && venv/bin/pip install numpy scipy scikit-learn statsmodels
    venv/bin/python crates/metrics/tests/golden/intervals.py > crates/metrics/tests/golden/intervals.json
"""

import json
import sys

import numpy as np
import scipy.integrate
import scipy.optimize
import scipy.stats as st
from sklearn.metrics import cohen_kappa_score, f1_score, matthews_corrcoef
from statsmodels.stats.proportion import proportion_confint

from paired import covariance, macro, shifts


def share(right, patient, level=0.95):
    """Effective trials and interval of a share; statsmodels' Wilson takes counts that are not whole."""
    right, patient = np.asarray(right, float), np.asarray(patient)
    n, p = len(right), right.mean()
    groups = [right[patient == who] for who in np.unique(patient)]
    sizes = np.array([len(g) for g in groups])
    if len(groups) == n:
        effective, used = float(n), float(n)
    else:
        worst = (sizes**2).sum() / n
        telling = min(sum(g.any() for g in groups), sum((g == 0).any() for g in groups))
        if telling == 0:
            effect = worst
        else:
            residuals = np.array([g.sum() - p * len(g) for g in groups])
            between = len(groups) / (len(groups) - 1) * (residuals**2).sum() / n**2
            estimated = between / (p * (1 - p) / (n - 1))
            effect = max(1.0, (telling * estimated + 2.0 * worst) / (telling + 2.0))
        effective = n / effect
        tail = (1 + level) / 2
        used = effective * (st.t.ppf(tail, n - 1) / st.t.ppf(tail, len(groups) - 1)) ** 2
    low, high = proportion_confint(p * used, used, alpha=1 - level, method="wilson")
    return {"effective": effective, "low": float(low), "high": float(min(high, 1.0))}


def newcombe(auc, m, n, level=0.95):
    """Newcombe 2006, part 2, method 5: both roots of (auc - t)^2 = z^2 V(t)."""
    z, star = st.norm.ppf((1 + level) / 2), (m + n) / 2 - 1
    f = lambda t: (auc - t) ** 2 - z**2 * t * (1 - t) * (1 + star * ((1 - t) / (2 - t) + t / (1 + t))) / (m * n)
    root = lambda a, b: scipy.optimize.brentq(f, a, b, xtol=1e-15, rtol=1e-14)
    low = 0.0 if auc == 0 else root(1e-12, auc - 1e-12)
    high = 1.0 if auc == 1 else root(auc + 1e-12, 1 - 1e-12)
    return [low, high]


def logit(auc, variance, positive, patient, level=0.95):
    freedom = len(set(patient[positive])) + len(set(patient[~positive])) - 2
    clustered = len(set(patient)) < len(patient)
    reach = st.t.ppf((1 + level) / 2, freedom) if clustered else st.norm.ppf((1 + level) / 2)
    half = reach * np.sqrt(variance) / (auc * (1 - auc))
    middle = np.log(auc / (1 - auc))
    return [1 / (1 + np.exp(-(middle - half))), 1 / (1 + np.exp(-(middle + half)))]


def mixed_precision(auc, positives, negatives):
    """Average precision if a share of the positives is spread evenly among the negatives, by numerical integration."""
    v = min(1.0, 2 * (1 - auc))
    at = lambda t: ((1 - v) * positives + v * positives * t) / ((1 - v) * positives + (v * positives + negatives) * t)
    inside = scipy.integrate.quad(at, 0, 1, epsabs=1e-13, epsrel=1e-13, limit=500)[0]
    return 1 - v + v * inside


random = np.random.default_rng(31)
shares = []
for images, sizes in [(40, [1]), (60, [1, 3, 5]), (60, [4]), (24, [2]), (200, [1, 1, 8])]:
    patient = []
    while len(patient) < images:
        patient += [len(set(patient))] * sizes[len(set(patient)) % len(sizes)]
    patient = np.array(patient)
    for chance in [0.6, 0.95, 1.0]:
        own = random.random(len(patient)) < chance
        shared = (random.random(len(patient)) < chance)[patient]
        right = np.where(random.random(len(patient)) < 0.5, shared, own)
        shares.append({"right": right.astype(int).tolist(), "patients": patient.tolist(), "level": 0.9,
                       **share(right, patient, 0.9)})

areas = []
for images, per_patient, gap in [(80, 1, 1.5), (80, 2, 2.2)]:
    truth = np.arange(images) // per_patient % 3
    patient = np.arange(images) // per_patient
    p = np.exp(random.normal(size=(images, 3)) + gap * np.eye(3)[truth])
    p /= p.sum(1, keepdims=True)
    auc, moved = shifts(truth == 0, p[:, 0])
    mean, summed = macro(truth, p)
    areas.append({
        "labels": truth.tolist(), "probabilities": p.tolist(), "patients": patient.tolist(),
        "class_0": logit(auc, covariance(moved, moved, truth == 0, patient), truth == 0, patient),
        # The class with the fewest patients is 2, in both cases.
        "macro": logit(mean, covariance(summed, summed, truth, patient), truth == 2, patient),
    })

newcombes = [{"auc": a, "positives": m, "negatives": n, "interval": newcombe(a, m, n)}
             for a, m, n in [(1.0, 15, 15), (1.0, 1, 9), (0.9, 1, 20), (0.0, 4, 30), (0.8, 40, 7), (1.0, 500, 800)]]

# Perfect predictions of three classes: 12, 9 and 15 images, two of each patient.
labels = np.repeat([0, 1, 2], [12, 10, 14])
patients = np.arange(36) // 2
low = [share(np.ones((labels == k).sum()), patients[labels == k])["low"] for k in range(3)]
matrix = np.array([[(labels == k).sum() * (low[k] if k == j else (1 - low[k]) / 2) for j in range(3)] for k in range(3)])
cells = [(k, j) for k in range(3) for j in range(3)]
truth, predicted = [k for k, _ in cells], [j for _, j in cells]
weights = [matrix[c] for c in cells]
areas_low = [newcombe(1.0, len(set(patients[labels == k])), len(set(patients[labels != k])))[0] for k in range(3)]
precisions = [mixed_precision(a, (labels == k).sum(), (labels != k).sum()) for k, a in enumerate(areas_low)]
perfect = {
    "labels": labels.tolist(), "patients": patients.tolist(),
    "macro F1": f1_score(truth, predicted, sample_weight=weights, average="macro"),
    "MCC": matthews_corrcoef(truth, predicted, sample_weight=weights),
    "Cohen's kappa": cohen_kappa_score(truth, predicted, sample_weight=weights),
    "balanced accuracy": float(np.mean(low)),
    "macro AUC": min(areas_low),
    "micro AUC": newcombe(1.0, 18, 18)[0],
    "macro one-vs-one AUC": newcombe(1.0, 5, 6)[0],
    "macro average precision": float(np.mean(precisions)),
    "weighted average precision": float(np.average(precisions, weights=np.bincount(labels))),
    "micro average precision": mixed_precision(newcombe(1.0, 18, 18)[0], 36, 72),
    "accuracy": share(np.ones(36), patients)["low"],
}

expanded = [{"level": level, "patients": n,
             "tail": float(st.norm.cdf(np.sqrt(n / (n - 1)) * st.t.ppf((1 - level) / 2, n - 1)))}
            for level, n in [(0.95, 5), (0.95, 30), (0.9, 168), (0.99, 12)]]

# Expanded BCa of a mean of skewed values, with the tails above, by many resamples.
sample = np.round(random.exponential(size=15), 3)
tail = st.norm.cdf(np.sqrt(15 / 14) * st.t.ppf(0.025, 14))
bca = st.bootstrap((sample,), np.mean, n_resamples=400_000, method="BCa", confidence_level=1 - 2 * tail,
                   rng=np.random.default_rng(1)).confidence_interval



def mover(above, below):
    """Ratios R for which the MOVER interval of above - R * below contains 0 (Donner and Zou 2012)."""
    (p1, l1, u1), (p2, l2, u2) = above, below
    low = lambda r: p1 - r * p2 - np.hypot(p1 - l1, r * (u2 - p2))
    high = lambda r: p1 - r * p2 + np.hypot(u1 - p1, r * (p2 - l2))
    root = lambda f: scipy.optimize.brentq(f, 0, 1e6, xtol=1e-14, rtol=1e-14)
    return [root(low) if p1 > 0 else 0.0, root(high) if l2 > 0 else None]


def rate(successes, trials):
    return successes / trials, *proportion_confint(successes, trials, method="wilson")


ratios = []
for hits, ill, spared, well in [(36, 40, 51, 60), (40, 40, 60, 61), (3, 30, 70, 80), (25, 50, 49, 50)]:
    sensitivity, specificity = rate(hits, ill), rate(spared, well)
    no = lambda r: (1 - r[0], 1 - r[2], 1 - r[1])
    positive, negative = mover(sensitivity, no(specificity)), mover(no(sensitivity), specificity)
    bayes = lambda likelihood, odds: odds * likelihood / (1 + odds * likelihood)
    odds = 0.1 / 0.9
    ratios.append({
        "counts": [hits, ill, spared, well], "positive": positive, "negative": negative,
        "ppv": [bayes(sensitivity[0] / (1 - specificity[0]), odds), *(bayes(r, odds) for r in positive)],
        "npv": [1 - bayes(r, odds) for r in [(1 - sensitivity[0]) / specificity[0], negative[1], negative[0]]],
    })

if __name__ == "__main__":
    json.dump({"ratios": ratios, "shares": shares, "areas": areas, "newcombe": newcombes, "perfect": perfect, "expanded": expanded,
               "bca_expanded": {"sample": sample.tolist(), "low": float(bca.low), "high": float(bca.high)}},
              sys.stdout)
    print()
