"""VUS-ROC, VUS-PR and range-based F1 of small series by the authors' own code, for volume.test.ts.

Run in this folder: python make_tsb_ad_golden.py PATH   (writes tsb_ad_golden.json beside itself)

PATH is a checkout of github.com/TheDatumOrg/TSB-AD (Apache License 2.0; commit 8763009 made the numbers); numpy and
scikit-learn are needed. Nothing of it is copied: TSB_AD/evaluation/basic_metrics.py is run as it is. Paparrizos et al.,
"Volume Under the Surface", VLDB 2022; Tatbul et al., "Precision and Recall for Time Series", NeurIPS 2018.
"""
import importlib.util
import json
import pathlib
import sys

import numpy as np

path = pathlib.Path(sys.argv[1]) / "TSB_AD" / "evaluation" / "basic_metrics.py"
spec = importlib.util.spec_from_file_location("basic_metrics", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
grader = module.basic_metricor()

rng = np.random.default_rng(20260607)
cases = []
for n, spans, buffer, rounding, thresholds in [
    (120, [(30, 41), (80, 80)], 0, None, None),
    (120, [(30, 41), (80, 80)], 12, None, None),
    (200, [(0, 9), (20, 25), (190, 199)], 21, None, None),
    (200, [(50, 53), (58, 60), (140, 160)], 30, 1, None),
    (90, [(40, 44)], 90, 0, None),
    (1500, [(200, 260), (700, 700), (1490, 1499)], 25, 3, 250),
]:
    y = np.zeros(n, int)
    for start, end in spans:
        y[start:end + 1] = 1
    scores = rng.normal(size=n) + 1.5 * np.convolve(y, np.ones(5) / 5, mode="same")
    if rounding is not None:
        scores = np.round(scores, rounding)
    # As many thresholds as points are every threshold there is.
    *_, roc, pr = grader.RangeAUC_volume_opt(y, scores, buffer, thre=thresholds or n)
    flags = (scores > 1).astype(int)
    cases.append({
        "labels": y.tolist(), "scores": scores.tolist(), "maxBuffer": buffer, "thresholds": thresholds,
        "roc": roc, "pr": pr, "flagAbove": 1, "rangeF1": grader.metric_RF1(y, scores, flags),
    })
out = pathlib.Path(__file__).with_name("tsb_ad_golden.json")
out.write_text(json.dumps({"numpy": np.__version__, "cases": cases}) + "\n")
