"""Scores of the detector auto in float64, from docs/detectors/auto.md alone, for the test beside this file.

Run in this folder: node export_inputs.js; python make_auto_golden.py   (reads auto_inputs.json, writes auto_golden.json)

The inputs say which rows train and which calibrate, which are references, and what the random encoders' weights are: all
that comes from the package's random generator. Scaling, neighbours (scikit-learn), densities, covariances, leave-one-out
standardisation, p-values and threshold are computed here.
"""
import json
import pathlib
import sys

import numpy as np
import sklearn
from sklearn.neighbors import NearestNeighbors

here = pathlib.Path(__file__).parent
FEW_ROWS, LEAST_DEVIATION, RAREST_SHARE = 32, 0.01, 0.01
SLOPE, SHRINKAGE, LEAST_EIGENVALUE, PERCENTILE = 0.3, 1e-4, 1e-6, 0.95


def features_of(table, train):
    """A function from a table to features: numbers are standardised, with the median for a missing one; every text and
    one for all others becomes a standardised indicator. A missing text is a text."""
    columns = []
    for name, values in table.items():
        if any(isinstance(value, str) for value in values):
            seen = ["" if values[row] is None else values[row] for row in train]
            # By falling frequency, then by the text; the order does not change a distance.
            levels = sorted(set(seen), key=lambda level: (-seen.count(level), level))
            shares = np.array([seen.count(level) / len(seen) for level in levels] + [0.0])
            columns.append((name, "texts", levels, shares))
        else:
            seen = np.array([values[row] for row in train if values[row] is not None], dtype=float)
            columns.append((name, "numbers", np.median(seen), (seen.mean(), seen.std())))
    # Numbers come first, so that weights of the encoders meet the features they were drawn for.
    columns.sort(key=lambda column: column[1] != "numbers")

    def apply(other):
        parts = []
        for name, kind, first, second in columns:
            if kind == "numbers":
                filled = np.array([first if value is None else value for value in other[name]], dtype=float)
                parts.append(((filled - second[0]) / second[1])[:, None])
            else:
                texts = ["" if value is None else value for value in other[name]]
                at = np.array([first.index(text) if text in first else len(first) for text in texts])
                indicator = (at[:, None] == np.arange(len(first) + 1)).astype(float)
                bounded = np.clip(second, RAREST_SHARE, 1 - RAREST_SHARE)
                parts.append((indicator - second) / np.sqrt(bounded * (1 - bounded)))
        return np.concatenate(parts, axis=1)

    return apply


def floor_of(values):
    middle = np.median(values)
    return 0.1 * (middle if middle > 1e-6 else values.mean() + 1e-6)


def standardiser(values):
    centre, spread = values.mean(), max(values.std(), LEAST_DEVIATION)
    return lambda found: (found - centre) / spread


def neighbour_views(references, k):
    search = NearestNeighbors(n_neighbors=k, metric="manhattan", algorithm="brute").fit(references)
    own, indices = search.kneighbors()  # without arguments: of each reference, itself left out
    reach = own[:, -1]
    local = reach[indices].mean(axis=1)
    nearest_floor, reach_floor, local_floor = floor_of(own[:, 0]), floor_of(reach), floor_of(local)
    nearest = lambda distances: np.log(distances[:, 0] + nearest_floor)
    relative = lambda distances, at: (np.log(distances[:, -1] + reach_floor)
                                      - np.log(reach[at].mean(axis=1) + local_floor))
    by_nearest, by_relative = standardiser(nearest(own)), standardiser(relative(own, indices))

    def views(x):
        distances, at = search.kneighbors(x)
        return by_nearest(nearest(distances)), by_relative(relative(distances, at))

    return views


def sphere_view(train, encoders, width):
    n = len(train)
    members = []
    for encoder in encoders:
        origin = np.array(encoder["origin"])
        weight = np.array(encoder["weight"]).reshape(len(origin), width)
        # Two features a unit, each moved by a half: what the documentation says of the encoders.
        # The model does not hold where a column begins that no unit looks at.
        looked = np.any(weight != 0, axis=1)
        assert set(np.abs(origin[looked])) == {0.5}
        assert (np.count_nonzero(weight, axis=0) == min(2, len(origin))).all()

        def hidden(x, origin=origin, weight=weight):
            units = (x - origin) @ weight
            return np.where(units > 0, units, SLOPE * units)

        units = hidden(train)
        centre = units.mean(axis=0)
        covariance = np.cov(units, rowvar=False)
        shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.trace(covariance) / width * np.eye(width)
        values, vectors = np.linalg.eigh(shrunk)
        raised = np.maximum(values, LEAST_EIGENVALUE * values.max())
        members.append((hidden, centre, vectors / raised @ vectors.T))
        print(f"  {(values < raised).sum()} of {width} eigenvalues raised")

    def distances(x):
        apart = [(hidden(x) - centre, inverse) for hidden, centre, inverse in members]
        return np.stack([np.einsum("ij,jk,ik->i", a, inverse, a) for a, inverse in apart])

    own = distances(train)
    left_out = (own / (1 - np.minimum((own + 1) / n, 0.999))).mean(axis=0)
    floor = floor_of(left_out)
    standardised = standardiser(np.log(left_out + floor))
    return lambda x: standardised(np.log(distances(x).mean(axis=0) + floor))


def golden(case):
    rows, train, options = case["rows"], case["train"], case["options"]
    features = features_of(rows, train)
    everything = features(rows)
    x = everything[train]
    references = x[case["references"]]
    assert len(references) == min(len(train), options.get("maxReferences", 5000))
    neighbours = neighbour_views(references, min(options["neighbours"], len(references) - 1))
    all_views = len(train) >= FEW_ROWS
    assert len(case["encoders"]) == (options["members"] if all_views else 0)
    sphere = sphere_view(x, case["encoders"], options["width"]) if all_views else None

    def score(x):
        nearest, relative = neighbours(x)
        views = [nearest, relative, sphere(x)] if all_views else [nearest]
        return np.mean([np.logaddexp(0, view) for view in views], axis=0)

    calibration = np.sort(score(everything[case["calibration"]]))
    scores = score(features(case["queries"]))
    gap = np.abs(scores[:, None] / calibration[None, :] - 1).min()
    if gap < 2e-4:  # many times what the test allows a score to be off
        raise SystemExit(f"{case['name']}: a query scores within {gap:.1e} of a calibration row; p-values may differ")
    at_least = (calibration[None, :] >= scores[:, None]).sum(axis=1)
    n = len(calibration)
    return {
        "name": case["name"], "views": 3 if all_views else 1,
        "scores": [float(f"{value:.9g}") for value in scores],
        "calibration": [float(f"{value:.9g}") for value in calibration],
        # Whole numbers, so that they can be compared exactly: p = count / (n + 1).
        "counts": [int(1 + count) for count in at_least],
        "threshold": float(f"{np.quantile(calibration, PERCENTILE):.9g}"),
        "falseAlarms": int(1 + (calibration > np.quantile(calibration, PERCENTILE)).sum()) / (n + 1),
        "anomalies": [int(value) for value in scores > np.quantile(calibration, PERCENTILE)],
    }


cases = json.loads((here / "auto_inputs.json").read_text())
out = {
    "versions": {"numpy": np.__version__, "sklearn": sklearn.__version__, "python": sys.version.split()[0]},
    "cases": [golden(case) for case in cases],
}
(here / "auto_golden.json").write_text(json.dumps(out) + "\n")
