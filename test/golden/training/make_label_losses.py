"""Losses that learn from labels, by PyTorch, for label-losses.test.ts: gradients at the start and 40 Adam steps.

Run in this folder: python make_label_losses.py   (reads trajectories.json, writes label-losses.json beside itself)

Rows, encoder and batches are those of trajectories.json, but for two labelled anomalies. The first row is all zeros: an
encoder without biases maps it to zero exactly, which is the centre of HSC, and of Deep SAD where a case says so. Row 6 is
tiny, and comes very near. Everything is in double precision, where the formulas as published neither overflow nor cancel;
"float32" in each case says how far PyTorch's own losses are from it in single precision, null where they are not finite.
"""
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from golden_common import deviation, f32  # noqa: E402

torch.set_num_threads(1)
here = pathlib.Path(__file__).parent
golden = json.loads((here / "trajectories.json").read_text())
ROWS, FEATURES, BATCH, SLOPE = golden["rows"], golden["features"], golden["batchSize"], golden["slope"]
WIDTHS = [FEATURES, *golden["hiddenDims"], golden["latentDim"]]
EPOCHS, LEARNING_RATE = 8, 2e-3
X = np.array(golden["x"], dtype=np.float32).reshape(ROWS, FEATURES)
X[0] = 0
X[6] *= 1e-4
VERDICT = np.array([-1, 0, 0, 1, 0, 0, -1, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, -1, 0, 0, 0])
CENTER = [0.4, -0.3, 0.2]
HEAD = np.random.default_rng(3).uniform(-0.6, 0.6, WIDTHS[-1]).astype(np.float32)
BIAS = 0.25


def network(dtype, head):
    tensors = {}
    for k, (fan_in, width) in enumerate(zip(WIDTHS, WIDTHS[1:])):
        value = np.array(golden["start"][f"encoder.{k}.weight"], dtype=np.float32).reshape(fan_in, width)
        tensors[f"encoder.{k}.weight"] = torch.tensor(value, dtype=dtype, requires_grad=True)
    if head:
        tensors["head.weight"] = torch.tensor(HEAD[:, None], dtype=dtype, requires_grad=True)
        tensors["head.bias"] = torch.tensor([BIAS], dtype=dtype, requires_grad=True)
    return tensors


def encode(x, tensors):
    for k in range(len(WIDTHS) - 1):
        x = x @ tensors[f"encoder.{k}.weight"]
        if k < len(WIDTHS) - 2:
            x = F.leaky_relu(x, SLOPE)
    return x


def deep_sad(z, verdict, case):
    squared = ((z - torch.tensor(case["center"], dtype=z.dtype)) ** 2).sum(1) / case["unit"]
    kept = squared + case["epsilon"]
    if case["push"] == "inverse":
        labelled = kept ** verdict  # (d^2 + eps)^y
    else:
        labelled = torch.where(verdict < 0, torch.clamp(case["margin"] - kept.sqrt(), min=0) ** 2, kept)
    if case["normalizer"] == "joint":
        return torch.where(verdict == 0, squared, case["eta"] * labelled)
    # (1/n) sum over all others + (eta/m) sum over anomalies, as weights in a mean over n + m rows.
    m = int((VERDICT < 0).sum())
    n = ROWS - m
    others = torch.where(verdict == 0, squared, kept)
    return torch.where(verdict < 0, case["eta"] * (n + m) / m * labelled, (n + m) / n * others)


def hsc(z, verdict, case):
    h = {
        "pseudo-huber": lambda: torch.sqrt((z ** 2).sum(1) + 1) - 1,
        "l1": lambda: z.abs().sum(1),
        "l2": lambda: torch.linalg.vector_norm(z, dim=1),
        "l2-squared": lambda: (z ** 2).sum(1),
    }[case["radius"]]()
    return torch.where(verdict < 0, -torch.log(1 - torch.exp(-h) + 1e-9), h)


def classifier(logit, verdict, case):
    target = (verdict < 0).to(logit.dtype)
    entropy = F.binary_cross_entropy_with_logits(logit, target, reduction="none")
    return entropy if case["loss"] == "bce" else (1 - torch.exp(-entropy)) ** case["focalGamma"] * entropy


def loss(rows, tensors, case, dtype):
    z = encode(torch.tensor(X[rows], dtype=dtype), tensors)
    verdict = torch.tensor(VERDICT[rows])
    if case["loss"] == "deep-sad":
        return deep_sad(z, verdict, case).mean()
    if case["loss"] == "hsc":
        return hsc(z, verdict, case).mean()
    return classifier((z @ tensors["head.weight"])[:, 0] + tensors["head.bias"], verdict, case).mean()


def run(case, dtype):
    tensors = network(dtype, case["loss"] in ("bce", "focal"))
    optimizer = torch.optim.Adam(tensors.values(), lr=LEARNING_RATE)
    losses = []
    for epoch in range(EPOCHS):
        for at in range(0, ROWS, BATCH):
            value = loss(golden["orders"][epoch][at:at + BATCH], tensors, case, dtype)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            losses.append(value.item())
    return losses, {name: t.detach().numpy().ravel() for name, t in tensors.items()}


def gradient(case):
    tensors = network(torch.float64, case["loss"] in ("bce", "focal"))
    value = loss(list(range(ROWS)), tensors, case, torch.float64)
    value.backward()
    return value.item(), {name: t.grad.numpy().ravel() for name, t in tensors.items()}


SAD = {"loss": "deep-sad", "normalizer": "joint", "push": "inverse", "eta": 1, "epsilon": 1e-3, "margin": 3, "unit": 1, "center": CENTER}
CASES = [
    {"name": "Deep SAD", **SAD},
    {"name": "Deep SAD in units of 2.5, labelled rows weigh 4", **SAD, "unit": 2.5, "eta": 4},
    {"name": "Deep SAD with a mean of its own for anomalies", **SAD, "normalizer": "separate"},
    {"name": "Deep SAD with a hinge", **SAD, "push": "hinge", "margin": 1.5},
    {"name": "Deep SAD, an anomaly at the centre", **SAD, "center": [0, 0, 0]},
    {"name": "Deep SAD with a hinge, an anomaly at the centre", **SAD, "push": "hinge", "center": [0, 0, 0]},
    *({"name": f"HSC, {radius}", "loss": "hsc", "radius": radius} for radius in ("pseudo-huber", "l1", "l2", "l2-squared")),
    {"name": "cross entropy", "loss": "bce"},
    {"name": "focal loss", "loss": "focal", "focalGamma": 2},
]


cases = []
for case in CASES:
    value, gradients = gradient(case)
    (single, _), (losses, parameters) = run(case, torch.float32), run(case, torch.float64)
    cases.append({
        **case, "value": value, "gradient": {name: f32(g) for name, g in gradients.items()},
        "losses": f32(losses), "parameters": {name: f32(p) for name, p in parameters.items()},
        "float32": float(f"{deviation(single, losses):.1e}") if np.isfinite(single).all() else None,
    })
    print(case["name"], "loss", losses[0], "->", losses[-1], "float32 deviates by", cases[-1]["float32"],
          "largest gradient", max(np.abs(g).max() for g in gradients.values()))

out = {
    "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__},
    "epochs": EPOCHS, "learningRate": LEARNING_RATE, "verdict": VERDICT.tolist(),
    "head": f32(HEAD), "bias": BIAS, "cases": cases,
}
(here / "label-losses.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
