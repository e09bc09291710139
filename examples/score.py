"""Scores a CSV file with a model and nothing but onnxruntime and numpy: python score.py model.onnx data.csv"""

import csv
import json
import sys

import numpy as np
import onnxruntime as ort

model_path, data_path = sys.argv[1:3]
session = ort.InferenceSession(model_path)
card = json.loads(session.get_modelmeta().custom_metadata_map["hypersphere.card"])
numeric = [column["name"] for column in card["schema"]["numeric"]]
categorical = [column["name"] for column in card["schema"]["categorical"]]

with open(data_path, newline="", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))

# Missing numbers are NaN, missing texts are empty. Everything else (filling, scaling, encoding) is in the model.
feeds = {}
if numeric:
    feeds["numeric"] = np.array([[float(row[name] or "nan") for name in numeric] for row in rows], np.float64)
if categorical:
    feeds["categorical"] = np.array([[row[name] for name in categorical] for row in rows], np.str_)
score, p_value, is_anomaly = session.run(["score", "p_value", "is_anomaly"], feeds)

print("row,score,p_value,is_anomaly")
for k in range(len(rows)):
    print(f"{k + 1},{score[k]:.9g},{p_value[k]:.9g},{int(is_anomaly[k])}")
