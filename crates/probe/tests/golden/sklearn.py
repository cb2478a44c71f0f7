"""Coefficients, intercepts and log losses of logistic regressions, from scikit-learn.

    python -m venv venv && venv/bin/pip install scikit-learn
    venv/bin/python crates/probe/tests/golden/sklearn.py > crates/probe/tests/golden/sklearn.json
"""

import json

# The folder of this script has its name, which would hide the package.
import sys

sys.path.pop(0)

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def fitted(c, x, y, weights=None):
    """With two classes scikit-learn has one row of coefficients, penalised as two rows with half of C are."""
    c = 2 * c if len(np.unique(y)) == 2 else c
    solver = LogisticRegression(C=c, tol=1e-12, max_iter=1_000_000)
    return make_pipeline(StandardScaler(), solver).fit(x, y, logisticregression__sample_weight=weights)


def both(model):
    """Coefficients and intercepts with a row for each of two classes, too; intercepts with mean 0."""
    coefficients, intercepts = model[-1].coef_, model[-1].intercept_
    if len(coefficients) == 1:
        coefficients, intercepts = np.vstack([-coefficients, coefficients]) / 2, np.r_[-intercepts, intercepts] / 2
    return coefficients.tolist(), (intercepts - intercepts.mean()).tolist()


rng = np.random.default_rng(7)
cases = []
for name, rows, columns, classes, c, weighted in [
    ("three classes of unlike scales", 90, 6, 3, 1.0, False),
    ("more features than rows", 30, 40, 4, 0.01, False),
    ("two classes, nearly without penalty", 60, 4, 2, 100.0, False),
    ("weighted rows", 60, 5, 3, 0.3, True),
]:
    y = np.arange(rows) % classes
    centres = rng.normal(size=(classes, columns))
    x = rng.normal(size=(rows, columns)) * 1.5 + centres[y]
    x = x * 10.0 ** rng.integers(-2, 3, columns) + 10.0 ** rng.integers(-1, 4, columns)
    x[:, 1] = x[:, 0] * 0.5 + x[:, 1] * 0.01  # nearly the same feature twice
    x[:, -1] = 4.25  # constant
    x = np.array([[float(f"{value:.6g}") for value in row] for row in x])
    weights = np.round(rng.uniform(0.2, 3.0, rows), 2) if weighted else None
    coefficients, intercepts = both(fitted(c, x, y, weights))
    folds = (np.arange(rows) // classes) % 3
    grid = [0.001, 0.1, 10.0]
    losses = []
    for tried in grid:
        p = np.zeros((rows, classes))
        for fold in range(3):
            train = folds != fold
            model = fitted(tried, x[train], y[train], None if weights is None else weights[train])
            p[~train] = model.predict_proba(x[~train])
        losses.append(log_loss(y, p, sample_weight=weights))
    cases.append(
        {
            "name": name,
            "c": c,
            "features": x.tolist(),
            "labels": y.tolist(),
            "weights": None if weights is None else weights.tolist(),
            "coefficients": coefficients,
            "intercepts": intercepts,
            "probabilities_of_first_rows": fitted(c, x, y, weights).predict_proba(x[:5]).tolist(),
            "folds": folds.tolist(),
            "grid": grid,
            "log_losses": losses,
        }
    )
print(json.dumps({"made_by": f"crates/probe/tests/golden/sklearn.py with scikit-learn {sklearn.__version__}", "cases": cases}))
