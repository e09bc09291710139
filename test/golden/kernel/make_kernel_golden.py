"""One-class SVMs of scikit-learn (LIBSVM) on real tables, for src/detectors/kernel/solutions.test.ts.

Run in this folder: python make_kernel_golden.py DATA   (writes kernel_golden.json beside itself; DATA is the folder of
the shared data sets, with tabular/adbench in it)

Each table is cut to 400 training and 60 further rows, chosen at random and stored by number, standardised by the 400
rows (population deviation) and rounded to float32.
"""
import json
import pathlib
import sys

import numpy as np
import sklearn
from sklearn.svm import OneClassSVM

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from golden_common import short, standardised_sample  # noqa: E402

DATA = pathlib.Path(sys.argv[1]) / "tabular" / "adbench"
TABLES = ["6_cardio", "30_satellite", "40_vowels"]
KERNELS = [
    {"kernel": "rbf", "gamma": "scale"},
    {"kernel": "rbf", "gamma": "auto"},
    {"kernel": "rbf", "gamma": 0.5},
    {"kernel": "poly", "gamma": "scale", "degree": 3, "coef0": 1.0},
    {"kernel": "poly", "gamma": 0.1, "degree": 2, "coef0": 0.5},
    {"kernel": "sigmoid", "gamma": "scale", "coef0": 0.0},
    # Standardised rows surround the origin, from which no plane separates them: moved away from it.
    {"kernel": "linear", "shift": 2.0},
]
NUS = [0.05, 0.5]
TOLERANCE = 1e-7

rng = np.random.default_rng(20260301)
out = {"versions": {"sklearn": sklearn.__version__, "numpy": np.__version__, "python": sys.version.split()[0]},
       "tables": []}


def objective(model):
    """1/2 a' K a: weights are not unique where kernel matrices are singular, their objective is."""
    at_support = model.decision_function(model.support_vectors_) + model.offset_[0]
    return float(0.5 * model.dual_coef_[0] @ at_support)


for name in TABLES:
    train, other, scaled = standardised_sample(DATA / f"{name}.npz", rng)
    fits = []
    for settings in KERNELS:
        for nu in NUS:
            shift = settings.get("shift", 0.0)
            own = {key: value for key, value in settings.items() if key != "shift"}
            model = OneClassSVM(nu=nu, tol=TOLERANCE, max_iter=2_000_000, **own).fit(scaled[train] + shift)
            fits.append({
                **settings, "nu": nu, "gammaValue": float(model._gamma),
                "support": model.support_.tolist(), "weights": short(model.dual_coef_, 7),
                "rho": float(model.offset_[0]), "decisions": short(model.decision_function(scaled[other] + shift), 7),
                "objective": objective(model),
            })
    out["tables"].append({"name": name, "train": train.tolist(), "other": other.tolist(), "fits": fits})

# The data of the reference sheet, A15: (sin i, cos 2i) for i = 0..11, and (3, 3).
G13 = np.array([[np.sin(i), np.cos(2 * i)] for i in range(12)] + [[3.0, 3.0]])
at = np.array([[0, 0], [1, 1], [2, -2], [3, 3]], dtype=float)
model = OneClassSVM(nu=0.25, gamma=0.5, tol=1e-12).fit(G13)
out["g13"] = {"support": model.support_.tolist(), "weights": model.dual_coef_[0].tolist(),
              "rho": float(model.offset_[0]), "decisions": model.decision_function(at).tolist(),
              "scale": float(OneClassSVM().fit(G13)._gamma)}

pathlib.Path("kernel_golden.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
