"""Scores rows over HTTP as a small service would: FastAPI, pydantic, numpy and onnxruntime, one uvicorn worker. Stores nothing."""

import sys

import numpy as np
import onnxruntime as ort
import uvicorn
from fastapi import FastAPI

port, path, *columns = sys.argv[1:]
session = ort.InferenceSession(path)
wanted = ["score", "p_value", "is_anomaly"]
app = FastAPI()


@app.post("/score")
def score(rows: list[dict[str, float]]):
    x = np.array([[row[name] for name in columns] for row in rows], dtype=np.float64)
    found = zip(*(part.tolist() for part in session.run(wanted, {"numeric": x})))
    return [{"row": k, "score": s, "p_value": p, "is_anomaly": bool(f)} for k, (s, p, f) in enumerate(found)]


uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error")
