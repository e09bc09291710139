"""Distances from scikit-learn for the tests of src/detectors/knn.

Run in this folder: python make_knn_golden.py DIRECTORY   (with ADBench's npz files in it; writes knn_golden.json)

Features are standardised and rounded to float32 here, and stored as such, so that both sides search the same numbers;
scikit-learn searches them in float64. Odd rows are searched, the first even rows are asked about.
"""
import base64
import json
import pathlib
import sys

import numpy as np
import sklearn
from sklearn.neighbors import NearestNeighbors

directory = pathlib.Path(sys.argv[1])


def encoded(a):
    return base64.b64encode(np.ascontiguousarray(a, dtype="<f4").tobytes()).decode()


def case(name, features):
    features = np.asarray(features, dtype=np.float32)
    train, asked = features[1::2].astype(np.float64), features[0::2][:100].astype(np.float64)
    distances, _ = NearestNeighbors(n_neighbors=10, algorithm="brute").fit(train).kneighbors(asked)
    exact = np.sort(np.sqrt(((asked[:, None, :] - train[None, :, :]) ** 2).sum(2)), axis=1)[:, :10]
    # scikit-learn's own distances come from |x|^2 - 2xy + |y|^2: near a duplicate half of the digits are gone.
    if not np.allclose(distances, exact, rtol=1e-9, atol=1e-6):
        raise SystemExit(f"{name}: scikit-learn is off by {np.abs(distances - exact).max()}")
    return {"name": name, "columns": features.shape[1], "features": encoded(features),
            "distances": [[float(f"{v:.10g}") for v in row] for row in exact]}


def standardised(name):
    X = np.load(directory / f"{name}.npz")["X"].astype(np.float64)
    X = X[:, X.std(0) > 0]
    return (X - X.mean(0)) / X.std(0)


rng = np.random.default_rng(7)
grid = rng.integers(0, 3, (300, 4)).astype(float)
# A cluster so narrow and so far out that |x|^2 in float32 cannot tell its rows apart.
far = np.concatenate([rng.normal(size=(200, 8)), 1000 + 1e-2 * rng.normal(size=(200, 8))])[rng.permutation(400)]
out = {
    "versions": {"numpy": np.__version__, "sklearn": sklearn.__version__, "python": sys.version.split()[0]},
    "cases": [case(name, standardised(name)) for name in ("14_glass", "21_Lymphography", "40_vowels")]
    + [case("a grid, nearly all distances tied", grid), case("a narrow cluster far out", far)],
}
pathlib.Path(__file__).with_name("knn_golden.json").write_text(json.dumps(out) + "\n")
