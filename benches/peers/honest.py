"""The share of a run's time that its honest parts take: fingerprints and the search for copies, the certificate, intervals and tests.

    cargo xtask bench --peers honest

A run of `examples/demo.toml` on drawn phantoms, whose networks are two of the paper's four and whose heads are small: with the paper's heads the share is
smaller. The stages `assemble` (which also reads the tables and splits), `evaluate` and `compare` are counted whole, so the true share is
smaller still. The audit has its own limit and is left out. The limit of the others is a quarter.
"""

import json
import shutil
import statistics
import subprocess

import measure

LIMIT = 0.25
COUNTED = {
    "assemble": "tables read, fingerprints, search for copies, split, certificate",
    "evaluate": "scores with intervals, calibration",
    "compare": "paired tests",
}
OTHERS = ("extract", "train", "explain", "report")


def compare(comparison, patients: int, rounds: int):
    program = comparison.settings.radiograph or measure.built(["-p", "radiograph-cli"], "bin", "radiograph")
    phantoms, run = comparison.path / "phantoms", comparison.path / "run"
    draw = [program, "phantoms", "--out", phantoms, "--patients", str(patients), "--side", "320", "--seed", "7"]
    subprocess.run(draw, check=True, stdout=subprocess.DEVNULL)
    settings = ["--set", "audit=false"]
    if comparison.settings.tiny:
        settings += ["--set", "training.epochs=2", "--set", "backbones=['densenet121']"]
    command = [program, "run", run, "--config", measure.ROOT / "examples/demo.toml", "--data", phantoms / "collections", *settings]
    stages = {stage: [] for stage in (*COUNTED, *OTHERS)}
    for _ in range(rounds):
        shutil.rmtree(run, ignore_errors=True)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        costs = json.loads((run / "costs.json").read_text())["stages"]
        for stage, took in stages.items():
            took.append(sum(cost["seconds"] for cost in costs if cost["stage"] == stage))
    totals = [sum(took) for took in zip(*stages.values())]
    shares = [sum(stages[stage][round] for stage in COUNTED) / total for round, total in enumerate(totals)]
    for stage, took in stages.items():
        what = f"{stage}: {COUNTED[stage]}" if stage in COUNTED else stage
        row = {"work": what, "amount": 1, "unit": "", "ours": {"stage": took}, "peers": {}, "beside_load": {}, "failed": {}}
        comparison.rows.append(row)
    share = statistics.median(shares)
    sentence = f"Honest parts: at most {100 * share:.1f} % of the {statistics.median(totals):.0f} s of a run without its audit; the limit is 25 %."
    print(sentence)
    comparison.rows[-1]["sentences"] = [sentence]
    if share > LIMIT:
        comparison.rows[-1]["failed"]["the limit"] = f"{100 * share:.1f} % are more than 25 %"
    comparison.write()


def main():
    settings = measure.options(__doc__)
    comparison = measure.Comparison("floors", settings, [])
    size = (60, 1) if settings.tiny else (480, 3)
    comparison.attempt("honest parts", lambda: compare(comparison, *size))
    comparison.finish()


if __name__ == "__main__":
    main()
