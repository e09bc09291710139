"""Promised and realised false alarms from a model file, with numpy and onnxruntime and nothing of this package.

    python decisions_check.py jobs.json

jobs.json lists {"name", "model", "data", "normals", "alphas"}: a model file, a table (.npz with X, .csv or .csv.gz),
the numbers of rows that are normal and that the fit has not seen. For each job one line of JSON: the rate at which
p_value falls to alpha or below, the rate of is_anomaly, how both are recomputed from `score` alone, and whether the
answers for single rows are those for all rows together. What was promised is read from the file's own card.
"""

import csv
import gzip
import json
import sys
from functools import cache

import numpy as np
import onnxruntime as ort


@cache
def columns_of(path):
    """Columns by name: arrays of numbers, or lists of texts as they stand in the file."""
    if path.endswith(".npz"):
        x = np.load(path)["X"]
        return {f"x{k}": x[:, k].astype(np.float64) for k in range(x.shape[1])}
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        header, *records = csv.reader(file)
    return {name: [record[k] for record in records] for k, name in enumerate(header)}


def number(cell):
    return float("nan") if cell == "" else float(cell)


def feeds_of(schema, table, rows):
    # The model looks at columns that did not vary in training as well, behind the others.
    watched = schema.get("constant", []) if schema.get("watched") else []
    constant = {"numeric": [], "categorical": []}
    for column in watched:
        constant["numeric" if isinstance(column["value"], (int, float)) else "categorical"].append(column)
    feeds = {}
    for kind, read, dtype in (("numeric", number, np.float64), ("categorical", str, object)):
        names = [column["name"] for column in [*schema[kind], *constant[kind]]]
        if names:
            feeds[kind] = np.array([[read(table[name][row]) for row in rows] for name in names], dtype=dtype).T.copy()
    return feeds


for job in json.load(open(sys.argv[1], encoding="utf-8")):
    session = ort.InferenceSession(job["model"], providers=["CPUExecutionProvider"])
    card = json.loads(session.get_modelmeta().custom_metadata_map["hypersphere.card"])
    feeds = feeds_of(card["schema"], columns_of(job["data"]), job["normals"])
    names = ["score", "p_value", "is_anomaly"]
    score, p_value, is_anomaly = session.run(names, feeds)
    threshold = np.float32(card["threshold"]["threshold"])
    singles = []
    for k in range(min(50, len(score))):
        one = session.run(names, {name: value[k : k + 1] for name, value in feeds.items()})
        singles.append(all(a[0] == b[k] for a, b in zip(one[1:], [p_value, is_anomaly])))
    n = card["data"]["calibration"]
    # (n + 1) p is the rank of a row among itself and the calibration rows: whole, from 1 to n + 1.
    ranks = p_value.astype(np.float64) * (n + 1)
    order = np.argsort(score, kind="stable")
    result = {
        "name": job["name"],
        "onnxruntime": ort.__version__,
        "rows": len(score),
        "calibration": n,
        "p_value": [
            {"alpha": alpha, "realised": float(np.mean(p_value <= np.float32(alpha)))} for alpha in job["alphas"]
        ],
        "is_anomaly": {
            "promised": card["threshold"].get("expectedFalseAlarmRate"),
            "method": card["threshold"]["method"],
            "realised": float(np.mean(is_anomaly)),
        },
        "decisions_differ_from_score": int(np.sum((score > threshold) != is_anomaly.astype(bool))),
        "ranks_not_whole": int(np.sum(np.abs(ranks - np.round(ranks)) > 1e-3)),
        "p_values_out_of_order": int(np.sum(np.diff(p_value[order]) > 0)),
        "single_rows_differ": singles.count(False),
    }
    print(json.dumps(result), flush=True)
