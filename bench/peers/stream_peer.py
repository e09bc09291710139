"""Scores JSON lines as they come, as a small service would: json, numpy and onnxruntime, lines that arrived together at once."""

import json
import sys

import numpy as np
import onnxruntime as ort

BATCH = 1024

path, *columns = sys.argv[1:]
options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(path, options)
wanted = ["score", "p_value", "is_anomaly"]
done = 0


def answer(lines):
    global done
    rows = [json.loads(line) for line in lines]
    x = np.array([[row[name] for name in columns] for row in rows], dtype=np.float64)
    for score, p, flag in zip(*session.run(wanted, {"numeric": x})):
        done += 1
        print(json.dumps({"row": done, "score": float(score), "p_value": float(p), "is_anomaly": int(flag)}))


lines = []
for line in sys.stdin:
    lines.append(line)
    if len(lines) == BATCH:
        answer(lines)
        lines = []
if lines:
    answer(lines)
