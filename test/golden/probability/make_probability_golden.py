"""Isotonic regression, Platt scaling and scores of probabilities by scikit-learn, for src/scoring/probability/*.test.ts.

Run in this folder: python make_probability_golden.py   (writes probability_golden.json beside itself)

Inputs are rounded to a few digits, so that they are the same numbers in JSON, and so that some cases have ties.
"""
import json
import pathlib
import sys

import numpy as np
import scipy
import sklearn
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, log_loss

rng = np.random.default_rng(20261125)
out = {"versions": {"sklearn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__,
                    "python": sys.version.split()[0]},
       "isotonic": [], "platt": [], "reliability": []}


def labelled(n, share, shift, digits):
    labels = (rng.random(n) < share).astype(int)
    labels[:2] = [0, 1]
    return np.round(rng.normal(size=n) + shift * labels, digits), labels


for n, digits, weighted in [(5, 3, False), (60, 4, False), (60, 1, False), (60, 1, True), (200, 3, True)]:
    scores, labels = labelled(n, 0.3, 1.2, digits)
    weights = np.round(rng.uniform(0.1, 3, n), 2) if weighted else None
    model = IsotonicRegression(out_of_bounds="clip").fit(scores, labels, sample_weight=weights)
    at = np.round(np.concatenate([np.linspace(scores.min() - 1, scores.max() + 1, 40), scores[:10]]), 4)
    out["isotonic"].append({"scores": scores.tolist(), "labels": labels.tolist(),
                            "weights": None if weights is None else weights.tolist(),
                            "x": model.X_thresholds_.tolist(), "y": model.y_thresholds_.tolist(),
                            "at": at.tolist(), "wanted": model.predict(at).tolist()})

for n, share, shift, stretch in [(30, 0.5, 1.5, 1), (300, 0.05, 2, 1), (200, 0.3, 1, 1000), (40, 0.4, 20, 1)]:
    scores, labels = labelled(n, share, shift, 4)
    scores = np.round(scores * stretch, 4)
    model = _SigmoidCalibration().fit(scores, labels)
    at = np.round(np.linspace(scores.min(), scores.max(), 30), 4)
    out["platt"].append({"scores": scores.tolist(), "labels": labels.tolist(), "a": model.a_, "b": model.b_,
                         "at": at.tolist(), "wanted": model.predict(at).tolist()})

for n, prevalence in [(50, None), (200, 0.01), (200, 0.6)]:
    scores, labels = labelled(n, 0.3, 1.5, 2)
    probabilities = np.round(1 / (1 + np.exp(1 - scores)), 3)
    anomalies = labels.sum()
    share = anomalies / n if prevalence is None else prevalence
    weights = np.where(labels == 1, share / anomalies, (1 - share) / (n - anomalies))
    out["reliability"].append({"probabilities": probabilities.tolist(), "labels": labels.tolist(),
                               "prevalence": prevalence,
                               "brier": brier_score_loss(labels, probabilities, sample_weight=weights),
                               "logLoss": log_loss(labels, probabilities, sample_weight=weights)})

path = pathlib.Path(__file__).with_name("probability_golden.json")
path.write_text(json.dumps(out) + "\n", encoding="utf-8")
