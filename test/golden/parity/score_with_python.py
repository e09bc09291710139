"""Scores rows with a model file, using numpy and onnxruntime and nothing of this package.

    python score_with_python.py jobs.json

jobs.json lists {"model", "data", "first", "rows", "out"}: `rows` rows of a table (.npz, .csv or .csv.gz) from the
row `first` on are scored all together, and the first hundred of them once more one by one. The names and the order of
the columns come from the card in the model's own metadata. Results are written to `out` as JSON.
"""
import csv
import gzip
import json
import sys

import numpy as np
import onnxruntime as ort


def columns_of(path):
    """Columns by name: arrays of numbers, or lists of texts as they stand in the file."""
    if path.endswith(".npz"):
        x = np.load(path)["X"]
        return {f"x{k}": x[:, k].astype(np.float64) for k in range(x.shape[1])}
    opened = gzip.open(path, "rt", encoding="utf-8", newline="") if path.endswith(".gz") else open(path, encoding="utf-8", newline="")
    with opened as file:
        header, *records = csv.reader(file)
    return {name: [record[k] for record in records] for k, name in enumerate(header)}


def number(cell):
    return float("nan") if cell == "" else float(cell)


def score(session, feeds):
    score, p_value, is_anomaly = session.run(["score", "p_value", "is_anomaly"], feeds)
    return {"score": score.tolist(), "p_value": p_value.tolist(), "is_anomaly": is_anomaly.astype(int).tolist()}


for job in json.load(open(sys.argv[1], encoding="utf-8")):
    session = ort.InferenceSession(job["model"], providers=["CPUExecutionProvider"])
    schema = json.loads(session.get_modelmeta().custom_metadata_map["hypersphere.card"])["schema"]
    table = columns_of(job["data"])
    chosen = slice(job["first"], job["first"] + job["rows"])
    feeds = {}
    # Behind the features stand the columns that did not vary in training, where the model watches them.
    watched = schema.get("constant", []) if schema.get("watched") else []
    names = {kind: [column["name"] for column in schema[kind]] for kind in ("numeric", "categorical")}
    for column in watched:
        names["numeric" if isinstance(column["value"], (int, float)) else "categorical"].append(column["name"])
    if names["numeric"]:
        numbers = [[number(cell) for cell in table[name][chosen]] for name in names["numeric"]]
        feeds["numeric"] = np.array(numbers, dtype=np.float64).T.copy()
    if names["categorical"]:
        texts = [list(table[name][chosen]) for name in names["categorical"]]
        feeds["categorical"] = np.array(texts, dtype=object).T.copy()
    singles = [score(session, {name: value[k:k + 1] for name, value in feeds.items()}) for k in range(min(100, job["rows"]))]
    result = {
        "together": score(session, feeds),
        "single": {name: [one[name][0] for one in singles] for name in ("score", "p_value", "is_anomaly")},
        "onnxruntime": ort.__version__,
    }
    json.dump(result, open(job["out"], "w", encoding="utf-8"))
