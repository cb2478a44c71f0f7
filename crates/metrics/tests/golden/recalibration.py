"""Calibration intercept and slope, calibration errors, Brier parts and LOWESS, by other software and by their definitions.

    python -m venv venv && venv/bin/pip install statsmodels uncertainty-calibration
    venv/bin/python crates/metrics/tests/golden/recalibration.py > crates/metrics/tests/golden/recalibration.json
"""

import json
import sys

import calibration.utils
import numpy as np
import statsmodels
import statsmodels.api as sm
from statsmodels.nonparametric.smoothers_lowess import lowess

BINS = 10


def case(seed, patients, most, intercept, slope):
    """Patients with one to `most` images; logit(truth) = intercept + slope · logit(p) + an effect of the patient."""
    random = np.random.default_rng(seed)
    images = random.integers(1, most + 1, patients)
    patient = np.repeat(np.arange(patients), images)
    logit = random.normal(0, 1, patients)[patient] + random.normal(0, 1, len(patient))
    effect = random.normal(0, 0.5 * (most > 1), patients)[patient]
    y = random.random(len(patient)) < 1 / (1 + np.exp(-(intercept + slope * logit + effect)))
    p = np.round(1 / (1 + np.exp(-logit)), 6)
    return {"patient": patient, "p": p, "positive": y.astype(int)}


def regression(data):
    """Coefficients of logistic regressions with intervals by patient, as in Van Calster et al. 2019."""
    y, logit = data["positive"], np.log(data["p"] / (1 - data["p"]))
    how = {"cov_type": "cluster", "cov_kwds": {"groups": data["patient"]}, "use_t": True, "tol": 1e-14, "maxiter": 100}
    large = sm.GLM(y, np.ones((len(y), 1)), family=sm.families.Binomial(), offset=logit).fit(**how)
    line = sm.GLM(y, sm.add_constant(logit), family=sm.families.Binomial()).fit(**how)
    logit_model = sm.Logit(y, sm.add_constant(logit)).fit(disp=0, method="newton", maxiter=100)
    assert abs(logit_model.params[1] / line.params[1] - 1) < 1e-9
    return {
        "intercept": [large.params[0], *large.conf_int()[0]],
        "slope": [line.params[1], *line.conf_int()[1]],
    }


def brier(data):
    """Murphy 1973 and Stephenson et al. 2008, bin by bin."""
    y, p, mean = data["positive"], data["p"], data["positive"].mean()
    bins = np.clip(np.ceil(p * BINS).astype(int) - 1, 0, BINS - 1)
    parts = {"brier": ((p - y) ** 2).mean(), "uncertainty": mean * (1 - mean)}
    parts |= {"reliability": 0.0, "resolution": 0.0, "within_bins": 0.0}
    for b in np.unique(bins):
        own = bins == b
        share, forecast, outcome = own.mean(), p[own], y[own]
        parts["reliability"] += share * (forecast.mean() - outcome.mean()) ** 2
        parts["resolution"] += share * (outcome.mean() - mean) ** 2
        covariance = ((forecast - forecast.mean()) * (outcome - outcome.mean())).mean()
        parts["within_bins"] += share * (forecast.var() - 2 * covariance)
    total = parts["reliability"] - parts["resolution"] + parts["uncertainty"] + parts["within_bins"]
    assert abs(total - parts["brier"]) < 1e-12
    return parts | {"scaled": 1 - parts["brier"] / parts["uncertainty"]}


def errors(data):
    """Debiased squared errors: of Kumar et al. with their package, and with the variance between patients."""
    y, p, patient = data["positive"], data["p"], data["patient"]
    bins = np.clip(np.ceil(p * BINS).astype(int) - 1, 0, BINS - 1)
    present = np.unique(bins)
    binned = [list(zip(p[bins == b], y[bins == b])) for b in present]
    weights = np.array([(bins == b).mean() for b in present])
    gaps = np.array([y[bins == b].mean() - p[bins == b].mean() for b in present])
    # Influence of each patient on the share of positives of each bin.
    influence = np.zeros((patient.max() + 1, len(present)))
    for k, b in enumerate(present):
        own = bins == b
        groups = len(np.unique(patient[own]))
        assert groups > 1
        np.add.at(influence[:, k], patient[own], (y[own] - y[own].mean()) / own.sum() * np.sqrt(groups / (groups - 1)))
    covariance = influence.T @ influence
    omega = np.diag(weights) @ covariance
    square = weights @ (gaps**2) - np.trace(omega)
    slope = 4 * (weights * gaps) @ covariance @ (weights * gaps) / (weights @ gaps**2)
    # All squared errors T with (square - T)^2 <= z^2 (2 tr(omega omega) + slope T), by the roots of a polynomial.
    z2, estimate = 1.959963984540054**2, max(square, 0)
    constant = estimate**2 - z2 * 2 * np.trace(omega @ omega)
    low, high = sorted(np.roots([1, -2 * estimate - z2 * slope, constant]).real)
    return {
        "kumar_squared": calibration.utils.unbiased_square_ce(binned),
        "clustered": np.sqrt(max(square, 0)),
        "low": np.sqrt(max(low, 0)),
        "high": np.sqrt(high),
    }


cases = []
for settings in [(1, 200, 1, 0.0, 1.0), (2, 150, 3, -0.4, 0.6), (3, 60, 5, 0.8, 1.5)]:
    data = case(*settings)
    places = np.linspace(data["p"].min(), data["p"].max(), 7)
    smooth = lowess(data["positive"], data["p"], frac=2 / 3, it=0, xvals=places)
    cases.append(
        {key: value.tolist() for key, value in data.items()}
        | {"regression": regression(data), "brier": brier(data), "errors": errors(data)}
        | {"places": places.tolist(), "lowess": np.clip(smooth, 0, 1).tolist()}
    )
json.dump({"statsmodels": statsmodels.__version__, "cases": cases}, sys.stdout)
