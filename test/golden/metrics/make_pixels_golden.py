"""Figures of pixels from scikit-learn and scipy, and AUPRO written out, for src/metrics/pixels.test.ts.

Run in this folder: python make_pixels_golden.py   (writes pixels_golden.json beside itself)
"""
import json
import pathlib

import numpy as np
import scipy
import scipy.ndimage
import sklearn
import sklearn.metrics as sk

rng = np.random.default_rng(20261128)


def aupro(maps, masks, most=0.3):
    """Per-region overlap at every threshold, by definition; the area up to `most` false positives by trapezoids."""
    regions = []
    for index, mask in enumerate(masks):
        labels, count = scipy.ndimage.label(mask, structure=np.ones((3, 3)))
        regions += [(index, labels == label) for label in range(1, count + 1)]
    normals = np.concatenate([m[mask == 0] for m, mask in zip(maps, masks)])
    fprs, pros = [0.0], [0.0]
    for threshold in np.unique(np.concatenate([m.ravel() for m in maps]))[::-1]:
        fprs.append(np.mean(normals >= threshold))
        pros.append(np.mean([np.mean(maps[index][region] >= threshold) for index, region in regions]))
    fprs, pros = np.array(fprs), np.array(pros)
    # From the last point before the limit straight on to the first one that reaches it.
    k = np.argmax(fprs >= most)
    end = pros[k - 1] + (pros[k] - pros[k - 1]) * (most - fprs[k - 1]) / (fprs[k] - fprs[k - 1])
    x, y = np.append(fprs[:k], most), np.append(pros[:k], end)
    return float(np.trapezoid(y, x) / most), len(regions)


def case(name, shape, blobs, levels=None, signal=1.5):
    maps, masks = [], []
    for _ in range(5):
        mask = np.zeros(shape, dtype=np.uint8)
        for _ in range(rng.integers(0, blobs + 1)):
            y, x = rng.integers(0, shape[0]), rng.integers(0, shape[1])
            mask[y:y + rng.integers(1, 4), x:x + rng.integers(1, 6)] = 1
        m = rng.normal(size=shape) + signal * mask.astype(float)
        m = np.round(m * levels) / levels if levels else m
        maps.append(m.astype(np.float32))
        masks.append(mask)
    y = np.concatenate([mask.ravel() for mask in masks])
    s = np.concatenate([m.ravel() for m in maps])
    flagged = [(m > 1).astype(int) for m in maps]
    f = np.concatenate([each.ravel() for each in flagged])
    pro, regions = aupro(maps, masks)
    found = 0
    for mask, flags in zip(masks, flagged):
        labels, count = scipy.ndimage.label(mask, structure=np.ones((3, 3)))
        found += sum(bool(flags[labels == label].any()) for label in range(1, count + 1))
    return {
        "name": name, "height": shape[0], "width": shape[1],
        "maps": [[float(str(v)) for v in m.ravel()] for m in maps],
        "masks": ["".join(map(str, mask.ravel())) for mask in masks],
        "auroc": float(sk.roc_auc_score(y, s)), "averagePrecision": float(sk.average_precision_score(y, s)),
        "iou": float(sk.jaccard_score(y, f)), "aupro": pro, "regions": regions, "regionsFound": found,
    }


out = {
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "sklearn": sklearn.__version__},
    "cases": [case("continuous", (12, 17), 3), case("ties", (16, 9), 4, levels=2),
              case("few levels", (10, 10), 3, levels=0.5), case("worse than chance", (9, 14), 3, signal=-1)],
}
text = json.dumps(out, separators=(",", ":"))
pathlib.Path(__file__).with_name("pixels_golden.json").write_text(text + "\n")
for c in out["cases"]:
    print(c["name"], {k: v for k, v in c.items() if k not in ("maps", "masks")})
