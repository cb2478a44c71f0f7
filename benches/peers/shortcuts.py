"""Scores of cleanlab and deepchecks on the table that the audit's metadata probe sees, with brightness and contrast beside it.

    radiograph assemble runs/real --data ~/collections --preset trustworthy
    python -m venv A && A/bin/pip install "cleanlab[image]" pillow
    A/bin/python benches/peers/shortcuts.py cleanlab runs/real
    python -m venv B && B/bin/pip install deepchecks pillow "scikit-learn<1.5" "numpy<2" "pandas<2.2" "setuptools<70"
    B/bin/python benches/peers/shortcuts.py deepchecks runs/real

deepchecks 0.19.1 does not start with today's scikit-learn, hence the second environment. Both look at training images only and
score one property at a time. cleanlab: 1 is no relation, a warning below 0.3. deepchecks: the predictive power score, 0 is no
relation, a warning above 0.3 if a property is to be told from the label.
"""

import csv
import pathlib
import sys

import numpy
import pandas
from PIL import Image, ImageStat


def published(folder):
    """Sizes that the publishers offer, by file; smaller copies are listed in `original_sizes.csv`."""
    path = folder / "original_sizes.csv"
    if not path.is_file():
        return {}
    with path.open(newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def table(run):
    """A row for each training image."""
    with (run / "manifest.csv").open(newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    manifest = list(csv.DictReader(lines))
    with (run / "private" / "files.csv").open(newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    files = {row["id"]: pathlib.Path(row["folder"]) / row["path"] for row in csv.DictReader(lines)}
    lists = {}
    rows = []
    for row in manifest:
        if row["part"] != "train":
            continue
        path = files[row["id"]]
        image = Image.open(path)
        gray = ImageStat.Stat(image.convert("L"))
        own = {"width": image.width, "height": image.height, "bytes": path.stat().st_size}
        for parent in path.parents:
            listed = lists.setdefault(parent, published(parent)).get(str(path.relative_to(parent)))
            if listed:
                own = {name: int(listed[name]) for name in own}
        rows.append(
            {
                "class": row["class"],
                "area": own["width"] * own["height"],
                "aspect ratio": own["width"] / own["height"],
                "bytes": own["bytes"],
                "brightness": gray.mean[0],
                "contrast": gray.stddev[0],
                **{name: own[name] for name in ("width", "height")},
            }
        )
    return pandas.DataFrame(rows)


def cleanlab(data):
    from cleanlab.datalab.internal.spurious_correlation import SpuriousCorrelations

    properties = data.drop(columns="class")
    labels = pandas.factorize(data["class"], sort=True)[0]
    # Bayes needs numbers of one size.
    properties = (properties - properties.mean()) / properties.std()
    return SpuriousCorrelations(properties, labels).calculate_correlations().set_index("property")["score"]


def deepchecks(data):
    from deepchecks.tabular import Dataset
    from deepchecks.tabular.checks import FeatureLabelCorrelation

    dataset = Dataset(data, label="class", cat_features=[], label_type="multiclass")
    check = FeatureLabelCorrelation(n_top_features=data.shape[1], random_state=7)
    return pandas.Series(check.run(dataset).value)


def main():
    tool, run = sys.argv[1:]
    data = table(pathlib.Path(run))
    print(f"{len(data)} training images, classes {dict(data['class'].value_counts())}")
    scores = {"cleanlab": cleanlab, "deepchecks": deepchecks}[tool](data)
    print(scores.sort_values().round(3).to_string())
    permuted = data.assign(**{"class": numpy.random.default_rng(7).permutation(data["class"].to_numpy())})
    scores = {"cleanlab": cleanlab, "deepchecks": deepchecks}[tool](permuted)
    print("labels permuted:", scores.sort_values().round(3).to_dict())


if __name__ == "__main__":
    main()
