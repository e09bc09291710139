"""The other side of bench/tune-samplers.js: Optuna's multivariate TPE; prints the best value of each seed as JSON."""

import json
import math
import sys

import numpy as np
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
wanted = json.loads(sys.argv[1])


def branin(x):
    a, b = x
    inner = b - 5.1 / (4 * math.pi**2) * a * a + 5 / math.pi * a - 6
    return inner**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10


def hartmann(x):
    squares = (np.array(wanted["hartmann"]["a"]) * (np.array(x) - np.array(wanted["hartmann"]["p"])) ** 2).sum(1)
    return -float(np.array(wanted["hartmann"]["alpha"]) @ np.exp(-squares))


functions = {"branin": branin, "hartmann6": hartmann}


def best(name, ranges, seed):
    sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True)
    study = optuna.create_study(sampler=sampler)
    study.optimize(
        lambda trial: functions[name]([trial.suggest_float(f"x{k}", *r) for k, r in enumerate(ranges)]),
        n_trials=wanted["trials"],
    )
    return study.best_value


print(
    json.dumps(
        {
            "version": optuna.__version__,
            "best": {
                name: [best(name, ranges, seed) for seed in range(wanted["first"], wanted["first"] + wanted["seeds"])]
                for name, ranges in wanted["ranges"].items()
            },
        }
    )
)
