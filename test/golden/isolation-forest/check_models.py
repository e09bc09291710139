"""Checks model files and scores rows with them, with nothing but onnx, numpy and onnxruntime.

Usage: python check_models.py JOBS.json   where JOBS is [{"model": path, "rows": [[...], ...], "out": path}, ...]
"""
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

for job in json.loads(pathlib.Path(sys.argv[1]).read_text()):
    onnx.checker.check_model(onnx.load(job["model"]), full_check=True)
    session = onnxruntime.InferenceSession(job["model"], providers=["CPUExecutionProvider"])
    rows = np.array(job["rows"], dtype=np.float64)
    score, p_value, is_anomaly = session.run(["score", "p_value", "is_anomaly"], {"numeric": rows})
    alone = [float(session.run(["score"], {"numeric": rows[k:k + 1]})[0][0]) for k in range(min(20, len(rows)))]
    pathlib.Path(job["out"]).write_text(json.dumps({
        "score": score.tolist(), "p_value": p_value.tolist(), "is_anomaly": is_anomaly.tolist(), "alone": alone}))
