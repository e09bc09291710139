"""The other side of bench/rivals-kernel.js: one JSON request per line in, one JSON answer per line out.

One-class SVMs of scikit-learn with scaled columns, and an autoencoder of PyTorch's; one thread, unless asked otherwise.
"""

import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import sklearn
import torch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM
from torch import nn

VARIANTS = {"default": {}, "foreach": {"foreach": True}, "fused": {"fused": True}}
models = {}


def svm(path, rows, columns, fit, score, nu):
    data = np.fromfile(path, dtype=np.float64).reshape(rows, columns)
    start = time.perf_counter()
    model = make_pipeline(StandardScaler(), OneClassSVM(nu=nu)).fit(data[fit[0] : fit[1]])
    fitted = time.perf_counter()
    decisions = model.decision_function(data[score[0] : score[1]])
    done = time.perf_counter()
    return {"fit": (fitted - start) * 1000, "score": (done - fitted) * 1000, "support": len(model[-1].support_),
            "spread": float(decisions.std())}


def open_autoencoder(rows, d, hidden, latent, batch):
    torch.manual_seed(0)
    models["data"], models["batch"] = torch.randn(rows, d), batch
    for name, options in VARIANTS.items():
        model = nn.Sequential(nn.Linear(d, hidden), nn.LeakyReLU(0.01), nn.Linear(hidden, latent),
                              nn.Linear(latent, hidden), nn.LeakyReLU(0.01), nn.Linear(hidden, d))
        models[name] = (model, torch.optim.Adam(model.parameters(), lr=1e-3, **options))
    return {"torch": torch.__version__, "sklearn": sklearn.__version__}


def epoch(variant, threads):
    torch.set_num_threads(threads)
    (model, adam), data = models[variant], models["data"]
    start = time.perf_counter()
    for rows in torch.randperm(len(data)).split(models["batch"]):
        x = data[rows]
        loss = ((model(x) - x) ** 2).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    return (time.perf_counter() - start) * 1000


KINDS = {"svm": svm, "open autoencoder": open_autoencoder, "epoch": epoch}
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(KINDS[request.pop("kind")](**request)), flush=True)
