"""Probabilities of a calibrated model, using numpy and onnxruntime and nothing of this package.

    python score_with_python.py model.onnx rows.json     (prints JSON: score, probability)

rows.json is a list of rows of numbers, in the order of the columns in the model's card.
"""
import json
import sys

import numpy as np
import onnxruntime as ort

session = ort.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
rows = np.array(json.load(open(sys.argv[2], encoding="utf-8")), dtype=np.float64)
score, probability = session.run(["score", "probability"], {"numeric": rows})
print(json.dumps({"score": score.tolist(), "probability": probability.tolist()}))
