"""Numbers from numpy, scipy and scikit-learn for the tests of src/math, src/metrics and src/scoring.

Run in this folder: python make_metrics_golden.py   (writes metrics_golden.json beside itself)
"""
import json
import pathlib
import sys

import numpy as np
import scipy
import scipy.linalg
import scipy.stats as st
import sklearn
import sklearn.metrics as sk

rng = np.random.default_rng(20260101)
out = {"versions": {"numpy": np.__version__, "scipy": scipy.__version__, "sklearn": sklearn.__version__,
                    "python": sys.version.split()[0]}}


def lst(a):
    return np.asarray(a, dtype=float).ravel().tolist()


# --- quantiles, moments, ranks -------------------------------------------------------------------------------
QS = [0.0, 0.001, 0.05, 0.25, 1 / 3, 0.5, 0.9, 0.95, 0.99, 1.0]
lists = {
    "percentile": np.array([1, 2, 3, 4, 10.0]),
    "one": np.array([2.5]),
    "two": np.array([3.0, -1.0]),
    "normal": rng.normal(size=101),
    "ties": np.round(rng.normal(size=200), 1),
    "large offset": 1e9 + rng.normal(size=50),
    "constant": np.full(7, 0.1),
    # Neighbours of very different size: here the end from which numpy interpolates shows in the last bits.
    "skewed": np.exp(4 * np.random.default_rng(1).normal(size=64)),
}
out["lists"] = []
for name, v in lists.items():
    qs = QS if name != "skewed" else np.linspace(0, 1, 98).tolist()
    out["lists"].append({
        "name": name, "values": lst(v), "qs": qs,
        "linear": lst(np.quantile(v, qs)),
        "lower": lst(np.quantile(v, qs, method="lower")),
        "higher": lst(np.quantile(v, qs, method="higher")),
        "mean": float(v.mean()), "std0": float(v.std()), "std1": float(v.std(ddof=1)) if len(v) > 1 else None,
        "median": float(np.median(v)), "mad": float(st.median_abs_deviation(v)), "iqr": float(st.iqr(v)),
        "ranks": lst(st.rankdata(v)),
    })
x = np.round(rng.normal(size=80), 1)
y = np.round(0.5 * x + rng.normal(size=80), 1)
out["correlation"] = {"x": lst(x), "y": lst(y), "pearson": float(st.pearsonr(x, y)[0]),
                      "spearman": float(st.spearmanr(x, y)[0])}
p = np.array([1e-300, 1e-16, 1e-10, 1e-4, 0.01, 0.07, 0.075, 0.3, 0.5, 0.7, 0.93, 0.975, 1 - 1e-10])
z = np.array([-30.0, -12, -6, -3.1, -3, -2.9, -1, -0.1, 0, 0.3, 1.96, 2.99, 3.01, 5, 8])
out["normal"] = {"p": lst(p), "ppf": lst(st.norm.ppf(p)), "z": lst(z), "cdf": lst(st.norm.cdf(z))}


# --- linear algebra ------------------------------------------------------------------------------------------
def signed_eigh(a):
    w, v = np.linalg.eigh(a)
    w, v = w[::-1], v[:, ::-1].T
    v = v * np.sign(v[np.arange(len(v)), np.argmax(np.abs(v), axis=1)])[:, None]
    return w, v


def whiten(a, kind, shrinkage, floor):
    d = len(a)
    a = (1 - shrinkage) * a + shrinkage * np.trace(a) / d * np.eye(d)
    w, v = signed_eigh(a)
    s = 1 / np.sqrt(np.maximum(w, floor * w[0]))
    m = s[:, None] * v
    return m if kind == "pca" else v.T @ m


d = 9
base = rng.normal(size=(60, d)).astype(np.float32)
base = (base @ np.diag(np.linspace(3, 0.2, d)).astype(np.float32) + np.float32(100)).astype(np.float32)
cov = np.cov(base.astype(float), rowvar=False)
w, v = signed_eigh(cov)
rng.normal(size=d + d * d)  # drawn by cases that are gone: the others keep their numbers
low = rng.normal(size=(d, 3))
out["linalg"] = {
    "n": 60, "d": d, "data": lst(base), "mean": lst(base.astype(float).mean(0)), "covariance": lst(cov),
    "covariance0": lst(np.cov(base.astype(float), rowvar=False, ddof=0)),
    "eigenvalues": lst(w), "eigenvectors": lst(v),
    "whitening": [{"kind": k, "shrinkage": s, "floor": 1e-6, "matrix": lst(whiten(cov, k, s, 1e-6))}
                  for k in ("pca", "zca") for s in (0.0, 0.1)],
    "lowRank": lst(low @ low.T), "lowRankEigenvalues": lst(signed_eigh(low @ low.T)[0][:3]),
    "lowRankZca": lst(whiten(low @ low.T, "zca", 0.0, 1e-3)),
}


# --- ranking metrics -----------------------------------------------------------------------------------------
def delong(labels, *scores):
    """The O(mn) definition (DeLong et al. 1988), independent of the mid-rank algorithm under test."""
    pos, neg = labels == 1, labels == 0
    aucs, v10, v01 = [], [], []
    for s in scores:
        psi = (s[pos][:, None] > s[neg][None]) + 0.5 * (s[pos][:, None] == s[neg][None])
        aucs.append(psi.mean())
        v10.append(psi.mean(1))
        v01.append(psi.mean(0))
    c = np.atleast_2d(np.cov(v10)) / pos.sum() + np.atleast_2d(np.cov(v01)) / neg.sum()
    return aucs, c


def case(name, labels, scores, curves=False):
    labels, scores = np.asarray(labels), np.asarray(scores, dtype=float)
    thr = float(np.quantile(scores, 0.8))
    dec = (scores > thr).astype(int)
    c = {
        "name": name, "labels": labels.tolist(), "scores": scores.tolist(),
        "auroc": sk.roc_auc_score(labels, scores), "ap": sk.average_precision_score(labels, scores),
        "threshold": thr,
        "confusion": sk.confusion_matrix(labels, dec, labels=[0, 1]).ravel().tolist(),  # tn fp fn tp
        "precision": sk.precision_score(labels, dec, zero_division=0), "recall": sk.recall_score(labels, dec),
        "f1": sk.f1_score(labels, dec), "mcc": sk.matthews_corrcoef(labels, dec),
        "balanced": sk.balanced_accuracy_score(labels, dec),
    }
    pr, rc, _ = sk.precision_recall_curve(labels, scores)
    with np.errstate(invalid="ignore"):
        c["bestF1"] = float(np.nanmax(2 * pr * rc / (pr + rc)))
    fpr, tpr, _ = sk.roc_curve(labels, scores, drop_intermediate=False)
    c["recallAt"] = [[a, float(tpr[fpr <= a + 1e-12].max())] for a in (0.0, 0.01, 0.05, 0.2, 1.0)]
    if min(labels.sum(), (1 - labels).sum()) >= 2:
        c["delongVariance"] = float(delong(labels, scores)[1][0, 0])
    if curves:
        fpr, tpr, t = sk.roc_curve(labels, scores, drop_intermediate=False)
        c["roc"] = {"fpr": lst(fpr), "tpr": lst(tpr), "thresholds": lst(t[1:])}
        pr, rc, t = sk.precision_recall_curve(labels, scores)
        c["pr"] = {"precision": lst(pr[:-1]), "recall": lst(rc[:-1]), "thresholds": lst(t)}
    return c


def labelled(n, k):
    y = np.zeros(n, dtype=int)
    y[rng.choice(n, k, replace=False)] = 1
    return y


ya = np.array([0, 0, 1, 0, 1, 1, 0, 0, 1, 0])
sa = np.array([.1, .4, .35, .4, .8, .4, .2, .7, .9, .05])
yt = labelled(300, 60)
yi = labelled(4000, 3)
yc = labelled(200, 50)
yo = labelled(50, 1)
out["ranking"] = [
    case("sheet", ya, sa, curves=True),
    case("heavy ties", yt, np.round(rng.normal(size=300) + yt), curves=True),
    case("three in four thousand", yi, np.round(rng.normal(size=4000) + 2 * yi, 2)),
    case("continuous", yc, rng.normal(size=200) + yc, curves=True),
    case("worse than chance", yc, rng.normal(size=200) - yc),
    case("one anomaly", yo, rng.normal(size=50)),
    case("all equal", yc, np.full(200, 0.25)),
    case("two values", yc, (rng.random(200) < 0.3 + 0.3 * yc).astype(float)),
]
sb = np.round(rng.normal(size=200) + 0.6 * yc, 1)
sc = np.round(sb * 0.5 + rng.normal(size=200) + 0.8 * yc, 1)
aucs, c = delong(yc, sb, sc)
zz = (aucs[0] - aucs[1]) / np.sqrt(c[0, 0] + c[1, 1] - 2 * c[0, 1])
out["delongPaired"] = {"labels": yc.tolist(), "a": lst(sb), "b": lst(sc), "aurocs": lst(aucs), "covariance": lst(c),
                       "z": float(zz), "p": float(2 * st.norm.sf(abs(zz)))}

# --- thresholds and conformal p-values -----------------------------------------------------------------------
tail = rng.gamma(2.0, size=2000)
t = float(np.quantile(tail, 0.95))
ex = np.sort(tail[tail > t] - t)
nt = len(ex)
# Probability-weighted moments (Hosking and Wallis 1987) with plotting positions (i - 0.35) / n.
pp = (np.arange(1, nt + 1) - 0.35) / nt
a0, a1 = ex.mean(), ((1 - pp) * ex).mean()
shape, scale = 2 - a0 / (a0 - 2 * a1), 2 * a0 * a1 / (a0 - 2 * a1)
risk = 1e-4
out["pot"] = {"scores": np.round(tail, 6).tolist(), "level": 0.95, "risk": risk}
tail = np.round(tail, 6)
t = float(np.quantile(tail, 0.95))
ex = np.sort(tail[tail > t] - t)
a0, a1 = ex.mean(), ((1 - pp) * ex).mean()
shape, scale = 2 - a0 / (a0 - 2 * a1), 2 * a0 * a1 / (a0 - 2 * a1)
out["pot"].update({"t": t, "exceedances": nt, "shape": shape, "scale": scale,
                   "threshold": t + float(st.genpareto.ppf(1 - risk * len(tail) / nt, shape, scale=scale))})
pv = np.concatenate([rng.random(40), rng.random(10) ** 6, [0.01, 0.01, 0.02, 0.02]])
out["fdr"] = {"p": lst(pv), "adjusted": lst(st.false_discovery_control(pv))}
alphas = [0.01, 0.05, 0.1, 0.3]
out["tolerance"] = [
    {"n": n, "alpha": a, "confidence": 0.9,
     # smallest k with P(false alarm rate of the k-th order statistic > alpha) = P(Beta(n-k+1, k) > alpha) <= 0.1
     "k": next((k for k in range(1, n + 1) if st.beta.sf(a, n - k + 1, k) <= 0.1), None)}
    for n in (20, 100, 1000, 5000) for a in alphas]

path = pathlib.Path(__file__).with_name("metrics_golden.json")
path.write_text(json.dumps(out, allow_nan=False) + "\n")
print(path.name, path.stat().st_size, "bytes")
