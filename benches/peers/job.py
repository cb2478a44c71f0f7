"""A whole job, from folders of films to a confusion matrix: a Python script (`job_in_keras.py`) beside `radiograph run`.

    cargo xtask bench --peers job

The same drawn films in folders of classes, InceptionV3 with random weights, the paper's head, the same number of epochs. The script trains
once. `radiograph run` trains two folds and once more on both, and further looks for copies, writes its leakage certificate, computes
intervals, explains films and writes a report; its audit for shortcuts is switched off. Scores are not compared: the splits differ. Both must
have tested a fifth of the films.
"""

import csv
import re
import shutil
import subprocess
import sys
import time

import measure


def compare(comparison, films: int, epochs: int):
    drawn, run = comparison.path / "data" / "films", comparison.path / "run"
    comparison.draw(drawn, films, 512)
    program = comparison.settings.radiograph or measure.built(["-p", "radiograph-cli"], "bin", "radiograph")
    settings = [
        "backbones=['inception_v3']",
        "weights.inception_v3=random:1",
        "data.views=any",
        "baselines=false",
        "audit=false",
        "training.folds=2",
        "training.patience=false",
        f"training.epochs={epochs}",
    ]

    def ours() -> float:
        shutil.rmtree(run, ignore_errors=True)
        words = [word for setting in settings for word in ("--set", setting)]
        command = [program, "run", run, "--data", drawn.parent, "--preset", "trustworthy", *words]
        start = time.perf_counter()
        ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        took = time.perf_counter() - start
        if ended.returncode:
            raise RuntimeError(f"radiograph run ended with {ended.returncode}: {ended.stderr.strip().splitlines()[-1]}")
        with (run / "manifest.csv").open(newline="") as file:
            rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
        tested = sum(row["part"] == "test" for row in rows)
        measure.agree("our share of tested films", abs(tested / films - 0.2), 0.02)
        return took

    def in_keras(*words):
        def work():
            script = measure.ROOT / "benches/peers/job_in_keras.py"
            command = [sys.executable, script, drawn, str(epochs), *words]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout

        return work

    def same(peer, printed):
        matrix = printed.split("precision")[0].splitlines()[1:]
        tested = sum(int(count) for line in matrix for count in re.findall(r"\b\d+\b", line))
        measure.agree(f"{peer}: share of tested films", abs(tested / films - 0.2), 0.02)

    peers = {
        "Keras, the CNN in the graph": lambda: in_keras(),
        "Keras, features computed once": lambda: in_keras("--features-once"),
    }
    what = f"{films} films of 512 pixels in folders to a confusion matrix, {epochs} epochs"
    comparison.work(what, {"radiograph run": ours}, peers, check=same, rounds=2, unit=(1, "runs"))


def main():
    settings = measure.options(__doc__)
    comparison = measure.Comparison("floors", settings, ["keras", "torch", "pandas", "pillow", "scikit-learn"])
    size = (100, 2) if settings.tiny else (300, 10)
    comparison.attempt("job", lambda: compare(comparison, *size))
    comparison.finish()


if __name__ == "__main__":
    main()
