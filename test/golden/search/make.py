"""Densities by Optuna's Parzen estimator, multivariate. Run with numpy and optuna 5.0:

    python test/golden/search/make.py
"""

import json
from pathlib import Path

import numpy as np
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.sampler import default_weights

SPACE = {
    "x": FloatDistribution(-5, 10),
    "rate": FloatDistribution(1e-5, 1e-1, log=True),
    "k": IntDistribution(1, 50),
    "width": IntDistribution(4, 256, log=True),
    "kind": CategoricalDistribution(["a", "b", "c"]),
}
random = np.random.RandomState(7)


def draw(count):
    return {
        "x": random.uniform(-5, 10, count),
        "rate": np.exp(random.uniform(np.log(1e-5), np.log(1e-1), count)),
        # Each number once: which of two equal ones is the left neighbour of the other is left to NumPy's sorting.
        "k": random.permutation(np.arange(1, 51))[:count].astype(float),
        "width": random.permutation(np.arange(4, 257))[:count].astype(float),
        "kind": random.randint(0, 3, count).astype(float),
    }


def rows(values):
    return [[float(values[name][row]) for name in SPACE] for row in range(len(values["x"]))]


cases = []
for count in (0, 1, 2, 6, 40):
    seen, asked = draw(count), draw(10)
    parameters = _ParzenEstimatorParameters(1.0, True, False, default_weights, True)
    estimator = _ParzenEstimator(seen, SPACE, parameters)
    cases.append({"seen": rows(seen), "asked": rows(asked), "log": estimator.log_pdf(asked).tolist()})
Path(__file__).with_name("densities.json").write_text(json.dumps({"names": list(SPACE), "cases": cases}) + "\n")
