"""AUC and average precision of 1,000,000 scores: scikit-learn beside radiograph-metrics, as a ratio.

    python -m venv venv && venv/bin/pip install scikit-learn
    venv/bin/python benches/peers/metrics.py

Runs `cargo bench` for our side, then scikit-learn on scores of the same making, in turns, on the same machine. Ratios
above 1 say how many times faster we are.
"""

import json
import pathlib
import subprocess
import time

import numpy
import sklearn
from sklearn.metrics import average_precision_score, roc_auc_score

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = 1_000_000
ROUNDS = 3


def ours(name: str) -> float:
    """Seconds, the median that criterion found."""
    bench = ["cargo", "bench", "-q", "-p", "radiograph-benches", "--no-default-features", "--bench", "metrics"]
    options = ["--measurement-time", "5", "--sample-size", "20", f"^areas/{name}/{SAMPLES}$"]
    subprocess.run([*bench, "--", *options], cwd=ROOT, check=True, capture_output=True)
    target = json.loads(
        subprocess.run(
            ["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True
        ).stdout
    )["target_directory"]
    estimates = pathlib.Path(target) / "criterion" / "areas" / name / str(SAMPLES) / "new" / "estimates.json"
    return json.loads(estimates.read_text())["median"]["point_estimate"] / 1e9


def theirs(score, positive, scores) -> float:
    """Seconds, the median of seven runs."""
    seconds = []
    for _ in range(7):
        start = time.perf_counter()
        score(positive, scores)
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[3]


random = numpy.random.default_rng(1)
positive = random.integers(0, 2, SAMPLES)
scores = random.random(SAMPLES) + 0.2 * positive

print(f"scikit-learn {sklearn.__version__}, numpy {numpy.__version__}, {SAMPLES:,} scores")
for name, score in [("auc", roc_auc_score), ("average_precision", average_precision_score)]:
    for _ in range(ROUNDS):
        peer, own = theirs(score, positive, scores), ours(name)
        print(f"{name:<18} scikit-learn {1e3 * peer:7.1f} ms   radiograph {1e3 * own:6.1f} ms   ratio {peer / own:.1f}")
