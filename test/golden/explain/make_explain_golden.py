"""Shapley values of a model file by enumeration of all coalitions, and by shap's KernelExplainer where it is installed,
for explain.test.ts.

Run in this folder: python make_explain_golden.py   (writes explain_golden.json beside itself; needs numpy and onnxruntime)

The model is test/fixtures/models-0.1.0/deep-svdd.onnx, which is fed as any other ONNX model; rows are those that its
fixture kept. The value of a coalition is the mean score over background rows with the columns of the coalition replaced.
"""
import base64
import itertools
import json
import math
import pathlib
import sys

import numpy as np
import onnxruntime

HERE = pathlib.Path(__file__).parent
MODELS = HERE.parents[1] / "fixtures" / "models-0.1.0"
kept = json.loads((MODELS / "deep-svdd.json").read_text())
feed = kept["feeds"]["numeric"]
numbers = np.frombuffer(base64.b64decode(feed["data"]), dtype="<f8").reshape(feed["shape"])
# The category as a number, its place among the texts, so that a row is one of a matrix.
texts = sorted(set(kept["feeds"]["categorical"]["data"]))
places = np.array([texts.index(text) for text in kept["feeds"]["categorical"]["data"]])
rows = np.column_stack([numbers, places])
session = onnxruntime.InferenceSession(MODELS / "deep-svdd.onnx", providers=["CPUExecutionProvider"])


def score(x):
    category = np.array([[texts[int(place)]] for place in x[:, -1]], dtype=object)
    feeds = {"numeric": np.ascontiguousarray(x[:, :-1]), "categorical": category}
    return session.run(["score"], feeds)[0].astype(float).reshape(-1)


scores = score(rows)
# Rows with missing values and with 1e30 are of other tests.
whole = (np.abs(np.nan_to_num(rows, nan=1e30)) < 1e6).all(axis=1)
normal = np.flatnonzero(whole & (np.array(kept["isAnomaly"]) == 0))[:12]
explained = np.flatnonzero(whole & (np.array(kept["isAnomaly"]) == 1))[:3].tolist() + [int(np.flatnonzero(whole)[-1])]
background = rows[normal]
columns = rows.shape[1]


def value(x, coalition):
    mixed = background.copy()
    mixed[:, list(coalition)] = x[list(coalition)]
    return score(mixed).mean()


def exact(x):
    values = {c: value(x, c) for size in range(columns + 1) for c in itertools.combinations(range(columns), size)}
    result = []
    for k in range(columns):
        total = 0.0
        for coalition in values:
            if k in coalition:
                continue
            weight = math.factorial(len(coalition)) * math.factorial(columns - len(coalition) - 1) / math.factorial(columns)
            total += weight * (values[tuple(sorted(coalition + (k,)))] - values[coalition])
        result.append(total)
    return result


out = {
    "versions": {"numpy": np.__version__, "onnxruntime": onnxruntime.__version__, "python": sys.version.split()[0]},
    "texts": texts,
    "background": background.tolist(),
    "baseline": float(score(background).mean()),
    "rows": [{"values": rows[r].tolist(), "score": float(scores[r]), "shapley": exact(rows[r])} for r in explained],
}
try:
    import shap

    explainer = shap.KernelExplainer(score, background)
    for row in out["rows"]:
        row["kernelShap"] = np.asarray(explainer.shap_values(np.array(row["values"]), nsamples=2**columns, l1_reg=False)).reshape(-1).tolist()
        assert np.allclose(row["kernelShap"], row["shapley"], atol=1e-5), row
    out["versions"]["shap"] = shap.__version__
except ImportError:
    print("shap is not installed: only values by enumeration are kept", file=sys.stderr)

(HERE / "explain_golden.json").write_text(json.dumps(out, indent=1) + "\n")
