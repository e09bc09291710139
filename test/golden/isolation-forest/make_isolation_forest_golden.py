"""Scores from scikit-learn for the tests of src/detectors/isolation-forest.

Run in this folder: python make_isolation_forest_golden.py DIRECTORY   (with ADBench's npz files in it)
Writes isolation_forest_golden.json: for three real tables the features as float32, and for some of their rows the mean
and the standard deviation of the score over seeds.
"""
import base64
import json
import pathlib
import sys

import numpy as np
import sklearn
from sklearn.ensemble import IsolationForest

directory = pathlib.Path(sys.argv[1])
SEEDS = 100
VARIANTS = {
    "defaults": {},
    "few features, 64 rows": {"max_samples": 64, "max_features": 0.5},
    "bootstrap, 128 rows": {"max_samples": 128, "bootstrap": True},
}


def case(name):
    X = np.load(directory / f"{name}.npz")["X"].astype(np.float64)
    X = X[:, X.std(0) > 0]
    X = ((X - X.mean(0)) / X.std(0)).astype(np.float32)
    asked = np.linspace(0, len(X) - 1, 40).astype(int)
    variants = {}
    for variant, options in VARIANTS.items():
        scores = np.array([-IsolationForest(random_state=seed, **options).fit(X).score_samples(X[asked])
                           for seed in range(SEEDS)])
        variants[variant] = {"mean": [float(f"{v:.8g}") for v in scores.mean(0)],
                             "deviation": [float(f"{v:.6g}") for v in scores.std(0, ddof=1)]}
    return {"name": name, "columns": X.shape[1], "asked": asked.tolist(), "seeds": SEEDS, "variants": variants,
            "features": base64.b64encode(X.astype("<f4").tobytes()).decode()}


out = {
    "versions": {"numpy": np.__version__, "sklearn": sklearn.__version__, "python": sys.version.split()[0]},
    "cases": [case(name) for name in ("14_glass", "21_Lymphography", "40_vowels")],
}
pathlib.Path(__file__).with_name("isolation_forest_golden.json").write_text(json.dumps(out) + "\n")
