"""Scores, intervals and paired tests: scikit-learn, confidenceinterval, statsmodels and numpy beside radiograph-metrics.

    cargo xtask bench --peers metrics

AUC and average precision of 1,000,000 scores; the AUC with DeLong's interval; DeLong's test of two AUCs on the same samples, in numpy by
the published method of midranks (Sun and Xu 2014); McNemar's exact test; and macro F1 with a bootstrap interval of 1,000 replicates on
1,388 images. All values must agree; of DeLong's interval the deviation, because ours is the interval of the logit, and the ends of the
bootstrap's interval up to its randomness.
"""

import math

import numpy
import safetensors.numpy

import measure

REPLICATES = 1000
#: Half of a normal interval of 95 %, in deviations.
REACH = 1.959963984540054
#: confidenceinterval ranks scores in 32 bits.
ROUNDED, IN_32_BITS = {("confidenceinterval", "delong_auc"), ("confidenceinterval", "delong_deviation")}, 1e-5
IMAGES = 1388


def midranks(values):
    order = numpy.argsort(values, kind="stable")
    ascending = values[order]
    first = numpy.searchsorted(ascending, ascending, "left")
    last = numpy.searchsorted(ascending, ascending, "right")
    ranks = numpy.empty(len(values))
    ranks[order] = 0.5 * (first + last + 1)
    return ranks


def delong(positive, *all_scores):
    """AUCs and their covariances."""
    areas, of_positives, of_negatives = [], [], []
    for scores in all_scores:
        case, control = scores[positive], scores[~positive]
        together = midranks(numpy.concatenate([case, control]))
        own = (together[: len(case)] - midranks(case)) / len(control)
        other = 1 - (together[len(case) :] - midranks(control)) / len(case)
        areas.append(own.mean())
        of_positives.append(own)
        of_negatives.append(other)
    covariance = numpy.cov(of_positives) / positive.sum() + numpy.cov(of_negatives) / (~positive).sum()
    return numpy.array(areas), numpy.atleast_2d(covariance)


def delong_p(positive, first, second):
    areas, covariance = delong(positive, first, second)
    z = (areas[0] - areas[1]) / math.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    return math.erfc(abs(z) / math.sqrt(2))


def compare(comparison, samples: int):
    random = numpy.random.default_rng(1)
    positive = random.integers(0, 2, samples)
    first = random.random(samples) + 0.2 * positive
    second = random.random(samples) + 0.2 * positive
    truth = random.integers(0, 3, IMAGES)

    def model(seed):
        logits = numpy.random.default_rng(seed).random((IMAGES, 3)) * 3 + 2 * numpy.eye(3)[truth]
        return numpy.exp(logits) / numpy.exp(logits).sum(1, keepdims=True)

    models = model(2), model(3)
    predicted = [probabilities.argmax(1) for probabilities in models]
    values = {"positive": positive.astype(numpy.float64), "first": first, "second": second, "truth": truth.astype(numpy.float64)}
    values |= {"first_model": models[0], "second_model": models[1]}
    safetensors.numpy.save_file(values, comparison.path / "scores.safetensors")
    comparison.start()
    lines = (comparison.path / "results.txt").read_text().splitlines()
    own = {name: float(value) for name, value in map(str.split, lines)}

    def same(*expected):
        """A check that the peer's values are ours of these names, each within a tolerance."""

        def check(peer, value):
            found = value if isinstance(value, tuple) else (value,)
            for (name, tolerance), number in zip(expected, found, strict=True):
                allowed = max(tolerance, IN_32_BITS) if (peer, name) in ROUNDED else tolerance
                measure.agree(f"{peer}, {name}", abs(number - own[name]), allowed)

        return check

    def auc():
        from sklearn.metrics import roc_auc_score

        return lambda: roc_auc_score(positive, first)

    def average_precision():
        from sklearn.metrics import average_precision_score

        return lambda: average_precision_score(positive, first)

    def interval():
        import confidenceinterval

        def work():
            area, (low, high) = confidenceinterval.roc_auc_score(positive, first, confidence_level=0.95)
            return float(area), float(high - low) / 2 / REACH

        return work

    def interval_in_numpy():
        def work():
            (area,), covariance = delong(positive == 1, first)
            return float(area), math.sqrt(covariance[0, 0])

        return work

    def mcnemar():
        from statsmodels.stats.contingency_tables import mcnemar as test

        def work():
            right = [labels == truth for labels in predicted]
            table = [[numpy.sum(a & b) for b in (right[1], ~right[1])] for a in (right[0], ~right[0])]
            return float(test(table, exact=True).pvalue)

        return work

    def bootstrap():
        import confidenceinterval

        def work():
            score, (low, high) = confidenceinterval.f1_score(
                truth, predicted[0], average="macro", method="bootstrap_percentile", n_resamples=REPLICATES
            )
            return float(score), float(low), float(high)

        return work

    def bootstrap_of_scikit_learn():
        from sklearn.metrics import f1_score

        def work():
            draws = numpy.random.default_rng(7)
            scores = []
            for _ in range(REPLICATES):
                drawn = draws.integers(0, IMAGES, IMAGES)
                scores.append(f1_score(truth[drawn], predicted[0][drawn], average="macro"))
            low, high = numpy.quantile(scores, [0.025, 0.975])
            return float(f1_score(truth, predicted[0], average="macro")), float(low), float(high)

        return work

    many = f"{samples:,} scores"
    reading = lambda: (samples * 16 / comparison.rate("memory"), "scores and labels read once from memory")
    ends = ("delong_auc", 1e-12), ("delong_deviation", 1e-9)
    comparison.work(f"AUC of {many}", {"ours": "auc"}, {"scikit-learn": auc}, reading, same(("auc", 1e-12)))
    comparison.work(
        f"average precision of {many}",
        {"ours": "average-precision"},
        {"scikit-learn": average_precision},
        reading,
        same(("average_precision", 1e-9)),
    )
    comparison.work(
        f"AUC with its interval, {many}", {"ours": "interval"}, {"confidenceinterval": interval, "numpy": interval_in_numpy}, reading, same(*ends)
    )
    comparison.work(
        f"two AUCs tested, {many}",
        {"ours": "paired"},
        {"numpy": lambda: lambda: delong_p(positive == 1, first, second)},
        reading,
        same(("delong_p", 1e-9)),
    )
    comparison.work(f"McNemar's exact test, {IMAGES} images", {"ours": "mcnemar"}, {"statsmodels": mcnemar}, check=same(("mcnemar_p", 1e-9)))
    random_ends = ("macro_f1", 1e-9), ("macro_f1_low", 0.01), ("macro_f1_high", 0.01)
    comparison.work(
        f"macro F1 with {REPLICATES} replicates, {IMAGES} images",
        {"ours": "bootstrap"},
        {"confidenceinterval": bootstrap, "scikit-learn": bootstrap_of_scikit_learn},
        check=same(*random_ends),
        rounds=2 if comparison.settings.tiny else 3,
    )


def main():
    settings = measure.options(__doc__)
    packages = ["scikit-learn", "numpy", "confidenceinterval", "statsmodels"]
    comparison = measure.Comparison("metrics", settings, packages)
    comparison.attempt("metrics", lambda: compare(comparison, 10_000 if settings.tiny else 1_000_000))
    comparison.finish()


if __name__ == "__main__":
    main()
