"""VUS-ROC and VUS-PR of small series, straight from the definition, for volume.test.ts.

Run in this folder: python make_volume_golden.py   (writes volume_golden.json beside itself)

Every threshold is tried with masks over the whole series: slow, but nothing to get wrong. Paparrizos et al., "Volume
Under the Surface", VLDB 2022. The numbers agree with the authors' package to 1e-12 for these series, which have fewer
points than its 250 thresholds.
"""
import json
import pathlib

import numpy as np


def runs(y):
    padded = np.diff(np.concatenate([[0], y, [0]]))
    return list(zip(np.flatnonzero(padded == 1), np.flatnonzero(padded == -1) - 1))


def areas(y, scores, buffer):
    half, n, segments = buffer // 2, len(y), runs(y)
    soft, points = y.astype(float), np.arange(n)
    for start, end in segments:
        distance = np.maximum(start - points, points - end)
        near = (distance >= 1) & (distance <= half)
        soft[near] += np.sqrt(1 - distance[near] / max(buffer, 1))
    soft = np.minimum(soft, 1)
    ranges = []
    for start, end in segments:
        if ranges and ranges[-1][1] >= start - half:
            ranges[-1][1] = end + half
        else:
            ranges.append([start - half, end + half])
    positives = (y.sum() + soft.sum()) / 2
    curve = [(0.0, 0.0, 1.0)]
    for threshold in np.unique(scores)[::-1]:
        flagged = scores >= threshold
        found = soft[flagged].sum()
        seen = np.mean([flagged[max(a, 0):b + 1].any() for a, b in ranges])
        curve.append((min(found / positives, 1) * seen, (flagged.sum() - found) / (n - positives), found / flagged.sum()))
    tpr, fpr, precision = np.array(curve).T
    roc = np.trapezoid(np.append(tpr, 1), np.append(fpr, 1))
    return roc, np.trapezoid(precision, tpr)


rng = np.random.default_rng(20260607)
cases = []
for n, spans, buffer, rounding in [
    (120, [(30, 41), (80, 80)], 0, None),
    (120, [(30, 41), (80, 80)], 12, None),
    (200, [(0, 9), (20, 25), (190, 199)], 21, None),
    (200, [(50, 53), (58, 60), (140, 160)], 30, 1),
    (90, [(40, 44)], 90, 0),
]:
    y = np.zeros(n, int)
    for start, end in spans:
        y[start:end + 1] = 1
    scores = rng.normal(size=n) + 1.5 * np.convolve(y, np.ones(5) / 5, mode="same")
    if rounding is not None:
        scores = np.round(scores, rounding)
    roc, pr = np.mean([areas(y, scores, buffer) for buffer in range(buffer + 1)], axis=0)
    cases.append({"labels": y.tolist(), "scores": scores.tolist(), "maxBuffer": buffer, "roc": roc, "pr": pr})
out = pathlib.Path(__file__).with_name("volume_golden.json")
out.write_text(json.dumps({"numpy": np.__version__, "cases": cases}) + "\n")
