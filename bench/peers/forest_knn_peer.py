"""The other side of bench/rivals-forest-knn.js: one JSON request per line in, one JSON answer per line out.

Isolation Forest and nearest neighbours of scikit-learn, one thread.
"""

import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import sklearn
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

tables = {}


def read(name, path, rows, columns):
    tables[name] = np.fromfile(path, dtype=np.float64).reshape(rows, columns)
    return {"sklearn": sklearn.__version__, "numpy": np.__version__, "python": sys.version.split()[0]}


def timed(fit, score):
    start, cpu = time.perf_counter(), time.process_time()
    model = fit()
    fitted, fitted_cpu = time.perf_counter(), time.process_time()
    scores = score(model)
    done = time.perf_counter()
    return {"fit": (fitted - start) * 1000, "score": (done - fitted) * 1000,
            "total": (done - start) * 1000, "cpu": (time.process_time() - cpu) * 1000,
            "scoreCpu": (time.process_time() - fitted_cpu) * 1000, "mean": float(scores.mean())}


def forest(table, contamination, seed):
    data = tables[table]
    return timed(lambda: IsolationForest(contamination=contamination, random_state=seed, n_jobs=1).fit(data),
                 lambda model: -model.score_samples(data))


def neighbours(train, asked, k):
    def fit():
        scaler = StandardScaler().fit(tables[train])
        return scaler, NearestNeighbors(n_neighbors=k, n_jobs=1).fit(scaler.transform(tables[train]))

    return timed(fit, lambda model: model[1].kneighbors(model[0].transform(tables[asked]))[0][:, -1])


KINDS = {"read": read, "forest": forest, "neighbours": neighbours}
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(KINDS[request.pop("kind")](**request)), flush=True)
