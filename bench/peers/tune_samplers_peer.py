"""The other side of bench/tune-samplers.js: Optuna's multivariate TPE; prints the best value of each seed as JSON."""

import json
import math
import sys

import numpy as np
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
wanted = json.load(sys.stdin)


def branin(x):
    a, b = x
    inner = b - 5.1 / (4 * math.pi**2) * a * a + 5 / math.pi * a - 6
    return inner**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10


def hartmann(x):
    squares = (np.array(wanted["hartmann"]["a"]) * (np.array(x) - np.array(wanted["hartmann"]["p"])) ** 2).sum(1)
    return -float(np.array(wanted["hartmann"]["alpha"]) @ np.exp(-squares))


functions = {"branin": branin, "hartmann6": hartmann}


def suggested(trial, name, range_):
    if range_["kind"] == "choice":
        return trial.suggest_categorical(name, range_["values"])
    suggest = trial.suggest_int if range_.get("integer") else trial.suggest_float
    return suggest(name, range_["low"], range_["high"], log=range_.get("log", False))


def nearest(axis, value):
    """Place of the value of a lattice's axis that is nearest, on the axis's scale."""
    if value in axis["values"]:
        return axis["values"].index(value)
    scale = math.log if axis["log"] else float
    distances = [abs(scale(each) - scale(value)) for each in axis["values"]]
    return distances.index(min(distances))


def value_of(name, point):
    lattice = wanted["functions"][name].get("lattice")
    if lattice is None:
        return functions[name](list(point.values()))
    place = 0
    for axis in lattice["axes"]:
        place = place * len(axis["values"]) + nearest(axis, point[axis["name"]])
    return -lattice["values"][place]


def best(name, space, seed):
    sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True)
    study = optuna.create_study(sampler=sampler)
    study.optimize(
        lambda trial: value_of(name, {option: suggested(trial, option, range_) for option, range_ in space.items()}),
        n_trials=wanted["trials"],
    )
    return study.best_value


seeds = range(wanted["first"], wanted["first"] + wanted["seeds"])
found = {name: [best(name, each["space"], seed) for seed in seeds] for name, each in wanted["functions"].items()}
print(json.dumps({"version": optuna.__version__, "best": found}))
