"""Nearest points of shells that are measured by a weighted norm, for drocc-projection.test.ts.

Run in this folder: python make_drocc_projection.py   (writes drocc-projection.json beside itself)

Each point is found twice, and has to be the same: by a solver for constrained problems that knows nothing of the
solution's form (SLSQP, from several starts), and from the multiplier at which h / (1 + multiplier * weights) has the
length that it should have (Brent's method). Where h has no component along the largest weight there may be no such
multiplier, and no one nearest point: then the distance alone is kept. "searched" is how far the authors of DROCC-LF go:
the best of 40 multipliers drawn evenly.
"""
import json
import pathlib

import numpy as np
import scipy
from scipy.optimize import brentq, minimize

rng = np.random.default_rng(20261125)
LIMIT = 1e-5


def length(h, weights):
    return float(np.sqrt((weights * h * h).sum()))


def constrained(h, weights, target):
    """The least distance from h to the ellipsoid, by a general solver."""
    best = None
    for start in [h, *rng.normal(size=(12, len(h)))]:
        start = start + 1e-3 * rng.normal(size=len(h))
        start = start * target / length(start, weights)
        found = minimize(
            lambda p: ((p - h) ** 2).sum(), start, jac=lambda p: 2 * (p - h), method="SLSQP",
            constraints={"type": "eq", "fun": lambda p: (weights * p * p).sum() - target ** 2,
                         "jac": lambda p: 2 * weights * p},
            options={"ftol": 1e-15, "maxiter": 1000})
        if abs(length(found.x, weights) / target - 1) < 1e-8 and (best is None or found.fun < best):
            best = found.fun
    return float(np.sqrt(best))


def multiplied(h, weights, target):
    """The nearest point from its multiplier, or None where there is none."""
    def excess(multiplier):
        return length(h / (1 + multiplier * weights), weights) - target
    if length(h, weights) > target:
        low, high = 0.0, 1.0
        while excess(high) > 0:
            high *= 2
    else:
        low, high = -1 / weights.max() * (1 - 1e-9), 0.0
        if excess(low) < 0:
            return None
    return h / (1 + brentq(excess, low, high, xtol=1e-15, rtol=1e-14) * weights)


def searched(h, weights, target):
    """Distance of the best of 40 random multipliers that reach the shell, as in the authors' code; inf where none does."""
    reach, best = length(h, weights), np.inf
    for _ in range(40):
        if reach < target:
            multiplier = rng.uniform(-1 / weights.max() + 1e-4 * weights.min(), 0)
        else:
            share = target / reach
            multiplier = 1 / rng.uniform(0, share / (1 - share) * weights.max())
        point = h / (1 + multiplier * weights)
        if (length(point, weights) > target) == (reach < target):
            best = min(best, float(np.linalg.norm(point - h)))
    return best


cases = []


def case(name, h, weights, radius, outer_ratio):
    h, weights = np.asarray(h, float), np.asarray(weights, float)
    h, weights = h.astype(np.float32).astype(float), (weights / weights.mean()).astype(np.float32).astype(float)
    reach = length(h, weights)
    target = min(max(reach, radius), outer_ratio * radius)
    if target == reach:
        point, distance, drawn = h, 0.0, 0.0
    else:
        point, distance, drawn = multiplied(h, weights, target), constrained(h, weights, target), searched(h, weights, target)
        if point is not None:
            assert abs(np.linalg.norm(point - h) - distance) < LIMIT * distance, (name, np.linalg.norm(point - h), distance)
        assert drawn > distance * (1 - LIMIT)
    cases.append({"name": name, "h": h.tolist(), "weights": weights.tolist(), "radius": radius, "outerRatio": outer_ratio,
                  "distance": distance, "searched": drawn if np.isfinite(drawn) else None,
                  "point": None if point is None else point.tolist()})
    print(f"{name}: {reach:.4f} -> {target:.4f}, distance {distance:.6f}, searched {drawn:.6f}")


case("inside, like weights", [0.1, 0.2, -0.1], [1, 1.1, 0.9], 1, 2)
case("inside, one weight far above the others", [0.3, -0.2, 0.1, 0.05], [5, 0.1, 0.05, 0.02], 1, 2)
case("inside, little along the largest weight", [0.9, 0.01, -0.5], [1, 3, 0.2], 2, 2)
case("outside, like weights", [3, -2, 1], [1, 1.1, 0.9], 1, 2)
case("outside, one weight far above the others", [3, 4, -5, 6], [5, 0.1, 0.05, 0.02], 1, 1.5)
case("outside, far away", [300, -400, 1], [0.02, 0.5, 4], 0.5, 2)
case("within the shell", [1, 0.5, -0.5], [2, 1, 0.5], 1, 2)
case("a shell without thickness, from within", [0.2, 0.3], [1.9, 0.1], 1, 1)
case("a shell without thickness, from outside", [2, 3], [1.9, 0.1], 1, 1)
case("nothing along the largest weight, others reach", [0, 0.9, -0.5], [1.2, 1, 0.9], 1.1, 2)
case("nothing along the largest weight, others do not reach", [0, 0.3, -0.2], [4, 1, 0.5], 1, 2)
for k in range(12):
    size = int(rng.integers(2, 9))
    case(f"random {k}", rng.normal(size=size) * 10 ** rng.uniform(-1.5, 1.5), np.abs(rng.normal(size=size)) ** 2 + 0.01,
         float(np.round(rng.uniform(0.2, 2), 3)), float(np.round(rng.uniform(1, 3), 3)))

out = {"versions": {"scipy": scipy.__version__, "numpy": np.__version__}, "cases": cases}
pathlib.Path(__file__).with_name("drocc-projection.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
