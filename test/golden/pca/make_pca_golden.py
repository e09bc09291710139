"""Reconstruction errors and Mahalanobis distances of scikit-learn on real tables, for src/detectors/pca/pca.test.ts.

Run in this folder: python make_pca_golden.py DATA   (writes pca_golden.json beside itself; DATA is the folder of the
shared data sets, with tabular/adbench in it)

Rows are chosen and prepared as by ../golden_common.py.
"""
import json
import pathlib
import sys

import numpy as np
import sklearn
from sklearn.covariance import EmpiricalCovariance, LedoitWolf, ShrunkCovariance
from sklearn.decomposition import PCA

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from golden_common import short, standardised_sample  # noqa: E402

DATA = pathlib.Path(sys.argv[1]) / "tabular" / "adbench"
TABLES = ["6_cardio", "30_satellite", "40_vowels"]

rng = np.random.default_rng(20260302)
out = {"versions": {"sklearn": sklearn.__version__, "numpy": np.__version__, "python": sys.version.split()[0]},
       "tables": []}


for name in TABLES:
    train, other, scaled = standardised_sample(DATA / f"{name}.npz", rng)
    a, b = scaled[train], scaled[other]
    reconstructions = []
    for components in [0.5, 0.8, 0.95, 0.999, 1, 5]:
        model = PCA(n_components=components, svd_solver="full").fit(a)
        error = ((b - model.inverse_transform(model.transform(b))) ** 2).mean(axis=1)
        reconstructions.append({"components": components, "count": int(model.n_components_), "errors": short(error, 10),
                                "shares": short(model.explained_variance_ratio_, 10)})
    wolf = LedoitWolf().fit(a)
    out["tables"].append({
        "name": name, "train": train.tolist(), "other": other.tolist(), "reconstructions": reconstructions,
        "ledoitWolf": {"shrinkage": float(wolf.shrinkage_), "distances": short(wolf.mahalanobis(b), 10)},
        "shrunk": {"shrinkage": 0.1, "distances": short(ShrunkCovariance(shrinkage=0.1).fit(a).mahalanobis(b), 10)},
        "empirical": {"shrinkage": 0.0, "distances": short(EmpiricalCovariance().fit(a).mahalanobis(b), 10)},
    })

pathlib.Path("pca_golden.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
