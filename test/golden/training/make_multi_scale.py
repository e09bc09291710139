"""Training trajectories of multi-scale Deep SVDD in PyTorch for multi-scale.test.ts: stored weights and batches.

Run in this folder: python make_multi_scale.py   (writes multi-scale.json beside itself)

Taps are the outputs of all blocks: after each activation, and the latent space. Everything in float32; "float64" in each case
says how far the same trajectory in double precision ends from it. Weights are stored [in, out]; PyTorch's are [out, in].
"""
import json
import pathlib

import numpy as np
import torch

torch.set_num_threads(1)
ROWS, FEATURES, BATCH, EPOCHS, SLOPE = 23, 6, 5, 10, 0.1  # 5 steps an epoch, the last of them with 3 rows
WIDTHS = [6, 8, 5, 3]
CENTER_FLOOR = 0.1

rng = np.random.default_rng(20260216)
mix = rng.normal(size=(3, FEATURES))
X = (rng.normal(size=(ROWS, 3)) @ mix + 0.3 * rng.normal(size=(ROWS, FEATURES)) + 0.4).astype(np.float32)
ORDERS = [rng.permutation(ROWS).tolist() for _ in range(EPOCHS)]
START = {
    f"encoder.{k}.weight": (rng.uniform(-1, 1, (fan_in, width)) * np.sqrt(3 / fan_in)).astype(np.float32)
    for k, (fan_in, width) in enumerate(zip(WIDTHS, WIDTHS[1:]))
}


def network(dtype):
    layers = torch.nn.ModuleList()
    for weight in START.values():
        layer = torch.nn.Linear(*weight.shape, bias=False)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.T.copy()))
        layers.append(layer)
    return layers.to(dtype)


def blocks(layers, x):
    outputs = []
    for k, layer in enumerate(layers):
        x = layer(x)
        if k < len(layers) - 1:
            x = torch.nn.functional.leaky_relu(x, SLOPE)
        outputs.append(x)
    return outputs


def distances(layers, x, centers):
    return [((block - center) ** 2).sum(1) for block, center in zip(blocks(layers, x), centers)]


def run(case, dtype):
    x = torch.from_numpy(X).to(dtype)
    layers = network(dtype)
    optimizer = torch.optim.Adam(layers.parameters(), lr=case["learningRate"], weight_decay=case["weightDecay"])
    with torch.no_grad():
        means = [block.mean(0) for block in blocks(layers, x)]
        floors = [torch.where(mean < 0, -CENTER_FLOOR, CENTER_FLOOR).to(dtype) for mean in means]
        centers = [torch.where(mean.abs() < CENTER_FLOOR, floor, mean) for mean, floor in zip(means, floors)]
        start = distances(layers, x, centers)
        scales = [own.mean() if case["combine"] == "standardised" else torch.ones((), dtype=dtype) for own in start]
    squared_radii, losses = [torch.zeros((), dtype=dtype)] * len(layers), []
    for epoch in range(EPOCHS):
        if case["objective"] == "soft-boundary" and epoch >= case["warmupEpochs"]:
            with torch.no_grad():
                squared_radii = [torch.quantile(own, 1 - case["nu"]) for own in distances(layers, x, centers)]
        for at in range(0, ROWS, BATCH):
            terms = []
            for own, square, scale in zip(distances(layers, x[ORDERS[epoch][at:at + BATCH]], centers), squared_radii, scales):
                if case["objective"] == "one-class":
                    terms.append(own.mean() / scale)
                else:
                    terms.append((square + torch.clamp(own - square, min=0).mean() / case["nu"]) / scale)
            loss = torch.stack(terms).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    with torch.no_grad():
        final = distances(layers, x, centers)
        units = [own.mean() if case["combine"] == "standardised" else torch.ones((), dtype=dtype) for own in final]
        scores = torch.stack([own / unit for own, unit in zip(final, units)]).mean(0)
    return {
        "center": torch.cat(centers).tolist(), "scale": [float(s) for s in scales], "losses": losses,
        "scores": (scores / scores.mean()).tolist(),
        "parameters": {name: layer.weight.detach().numpy().T for name, layer in zip(START, layers)},
    }


CASES = [
    {"name": "one-class, distances relative to their means", "objective": "one-class", "combine": "standardised",
     "learningRate": 2e-3, "weightDecay": 0.5e-6, "nu": 0.1, "warmupEpochs": 0},
    {"name": "one-class, the plain sum", "objective": "one-class", "combine": "sum",
     "learningRate": 1e-3, "weightDecay": 1e-3, "nu": 0.1, "warmupEpochs": 0},
    {"name": "soft boundary, a radius for every tap", "objective": "soft-boundary", "combine": "standardised",
     "learningRate": 2e-3, "weightDecay": 1e-3, "nu": 0.2, "warmupEpochs": 3},
]


def f32(array):
    """Shortest decimals that give the same float32 back."""
    return [float(str(v)) for v in np.asarray(array, dtype=np.float32).ravel()]


def deviation(found, expected):
    """Largest difference, relative to the largest entry of the same list."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    return float(np.abs(found - expected).max() / np.abs(expected).max())


cases = []
for case in CASES:
    single, double = run(case, torch.float32), run(case, torch.float64)
    worst = max(deviation(single["parameters"][n], double["parameters"][n]) for n in double["parameters"])
    cases.append({
        **case,
        **{name: f32(single[name]) for name in ("center", "scale", "losses", "scores")},
        "parameters": {name: f32(value) for name, value in single["parameters"].items()},
        "float64": {"losses": float(f"{deviation(single['losses'], double['losses']):.1e}"),
                    "parameters": float(f"{worst:.1e}")},
    })
    print(case["name"], cases[-1]["float64"], "loss", single["losses"][0], "->", single["losses"][-1])

out = {
    "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__},
    "rows": ROWS, "features": FEATURES, "batchSize": BATCH, "epochs": EPOCHS, "slope": SLOPE,
    "hiddenDims": WIDTHS[1:-1], "latentDim": WIDTHS[-1], "centerFloor": CENTER_FLOOR,
    "x": f32(X), "orders": ORDERS, "start": {name: f32(value) for name, value in START.items()}, "cases": cases,
}
pathlib.Path(__file__).with_name("multi-scale.json").write_text(json.dumps(out, indent=None, separators=(",", ":")) + "\n")
