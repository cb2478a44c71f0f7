"""Net benefits by the package dcurves, and variances of planned AUCs by the definition of Hanley and McNeil 1982.

    python -m venv venv && venv/bin/pip install dcurves
    venv/bin/python crates/metrics/tests/golden/decisions.py > crates/metrics/tests/golden/decisions.json
"""

import json
import pathlib
import sys

import dcurves
import pandas as pd

THRESHOLDS = [0.05, 0.1, 0.25, 0.5, 0.75]

cases = []
here = pathlib.Path(__file__).parent
for at, case in enumerate(json.loads((here / "recalibration.json").read_text())["cases"]):
    table = pd.DataFrame({"outcome": case["positive"], "model": case["p"]})
    of_case = []
    for prevalence in [None, 0.1]:
        curve = dcurves.dca(table, "outcome", ["model"], thresholds=THRESHOLDS, prevalence=prevalence)
        by_name = {name: rows.sort_values("threshold")["net_benefit"].tolist() for name, rows in curve.groupby("model")}
        of_case.append({"prevalence": prevalence, "model": by_name["model"], "all": by_name["all"]})
    cases.append(of_case)

planned = []
for auc, positives, negatives in [(0.7, 50, 50), (0.85, 84, 84), (0.95, 20, 200), (0.3, 7, 5)]:
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    planned.append([auc, positives, negatives, variance / (positives * negatives)])

json.dump({"thresholds": THRESHOLDS, "net_benefits": cases, "planned": planned}, sys.stdout)
