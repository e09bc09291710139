"""Training trajectories of multi-scale Deep SVDD in PyTorch for multi-scale.test.ts: stored weights and batches.

Run in this folder: python make_multi_scale.py   (writes multi-scale.json beside itself)

Taps are the outputs of all blocks: after each activation, and the latent space. In cases with "whiten" a tap is the block's
output times a fixed matrix, computed by numpy in double precision before training; the latent space has none (the detector
whitens it in its weights). "gradient" is that of the loss over all rows at the start, in double precision, with the first row at
every centre. Everything else is in float32; "float64" in each case says how far the same trajectory in double precision ends from
it. Weights are stored [in, out]; PyTorch's are [out, in].
"""
import json
import pathlib

import numpy as np
import torch

torch.set_num_threads(1)
ROWS, FEATURES, BATCH, EPOCHS, SLOPE = 23, 6, 5, 10, 0.1  # 5 steps an epoch, the last of them with 3 rows
WIDTHS = [6, 8, 5, 3]
CENTER_FLOOR = 0.1
SHRINKAGE = 1e-3

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


def whitening_map(rows):
    """[d, d]: rows times it have the same variance in all directions, and d as their mean squared distance to the mean."""
    d = rows.shape[1]
    values, vectors = np.linalg.eigh(np.cov(rows, rowvar=False))
    values, vectors = values[::-1], vectors[:, ::-1]
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(0), np.arange(d)])
    shrunk = (1 - SHRINKAGE) * values + SHRINKAGE * values.mean()
    left = (1 - SHRINKAGE) * values / shrunk
    return (vectors / np.sqrt(shrunk) * np.sqrt(d / left.sum())).astype(np.float32)


def blocks(layers, x, maps=None):
    """Outputs of all blocks; those that have a map, times it."""
    outputs = []
    for k, layer in enumerate(layers):
        x = layer(x)
        if k < len(layers) - 1:
            x = torch.nn.functional.leaky_relu(x, SLOPE)
        outputs.append(x)
    return [block if mapping is None else block @ mapping for block, mapping in zip(outputs, maps or [None] * len(outputs))]


def distances(layers, x, centers, maps):
    return [((block - center) ** 2).sum(1) for block, center in zip(blocks(layers, x, maps), centers)]


def maps_of(case, dtype):
    if not case["whiten"]:
        return [None] * len(START)
    with torch.no_grad():
        *before, _ = blocks(network(torch.float64), torch.from_numpy(X).double())
    return [*(torch.from_numpy(whitening_map(block.numpy())).to(dtype) for block in before), None]


def loss_of(case, own_distances, squared_radii, scales):
    terms = []
    for own, square, scale in zip(own_distances, squared_radii, scales):
        if case["objective"] == "one-class":
            terms.append(own.mean() / scale)
        else:
            terms.append((square + torch.clamp(own - square, min=0).mean() / case["nu"]) / scale)
    return torch.stack(terms).mean()


def gradient(case):
    """At the start, of all rows at once, in units of 1 and with radii of 0. The first row is at every centre: d = 0."""
    x = torch.from_numpy(X).double()
    layers, maps = network(torch.float64), maps_of(case, torch.float64)
    centers = [block[0].detach() for block in blocks(layers, x, maps)]
    ones = [torch.ones((), dtype=torch.float64)] * len(layers)
    value = loss_of(case, distances(layers, x, centers, maps), [0 * one for one in ones], ones)
    value.backward()
    return value.item(), {name: layer.weight.grad.numpy().T for name, layer in zip(START, layers)}


def run(case, dtype):
    x = torch.from_numpy(X).to(dtype)
    layers, maps = network(dtype), maps_of(case, dtype)
    optimizer = torch.optim.Adam(layers.parameters(), lr=case["learningRate"], weight_decay=case["weightDecay"])
    with torch.no_grad():
        means = [block.mean(0) for block in blocks(layers, x, maps)]
        floors = [torch.where(mean < 0, -CENTER_FLOOR, CENTER_FLOOR).to(dtype) for mean in means]
        centers = [torch.where(mean.abs() < CENTER_FLOOR, floor, mean) for mean, floor in zip(means, floors)]
        start = distances(layers, x, centers, maps)
        scales = [own.mean() if case["combine"] == "standardised" else torch.ones((), dtype=dtype) for own in start]
    squared_radii, losses = [torch.zeros((), dtype=dtype)] * len(layers), []
    for epoch in range(EPOCHS):
        if case["objective"] == "soft-boundary" and epoch >= case["warmupEpochs"]:
            with torch.no_grad():
                squared_radii = [torch.quantile(own, 1 - case["nu"]) for own in distances(layers, x, centers, maps)]
        for at in range(0, ROWS, BATCH):
            batch = x[ORDERS[epoch][at:at + BATCH]]
            loss = loss_of(case, distances(layers, batch, centers, maps), squared_radii, scales)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    with torch.no_grad():
        final = distances(layers, x, centers, maps)
        units = [own.mean() if case["combine"] == "standardised" else torch.ones((), dtype=dtype) for own in final]
        scores = torch.stack([own / unit for own, unit in zip(final, units)]).mean(0)
    return {
        "center": torch.cat(centers).tolist(), "scale": [float(s) for s in scales], "losses": losses,
        "scores": (scores / scores.mean()).tolist(),
        "parameters": {name: layer.weight.detach().numpy().T for name, layer in zip(START, layers)},
    }


CASES = [
    {"name": "one-class, distances relative to their means", "objective": "one-class", "combine": "standardised",
     "learningRate": 2e-3, "weightDecay": 0.5e-6, "nu": 0.1, "warmupEpochs": 0, "whiten": False},
    {"name": "one-class, the plain sum", "objective": "one-class", "combine": "sum",
     "learningRate": 1e-3, "weightDecay": 1e-3, "nu": 0.1, "warmupEpochs": 0, "whiten": False},
    {"name": "soft boundary, a radius for every tap", "objective": "soft-boundary", "combine": "standardised",
     "learningRate": 2e-3, "weightDecay": 1e-3, "nu": 0.2, "warmupEpochs": 3, "whiten": False},
    {"name": "one-class, every tap whitened", "objective": "one-class", "combine": "standardised",
     "learningRate": 2e-3, "weightDecay": 1e-2, "nu": 0.1, "warmupEpochs": 0, "whiten": True},
    {"name": "soft boundary, every tap whitened", "objective": "soft-boundary", "combine": "standardised",
     "learningRate": 2e-3, "weightDecay": 1e-3, "nu": 0.2, "warmupEpochs": 3, "whiten": True},
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
    value, gradients = gradient(case)
    cases.append({
        **case, "value": value, "gradient": {name: f32(g) for name, g in gradients.items()},
        "maps": [f32(mapping) for mapping in maps_of(case, torch.float32) if mapping is not None],
        **{name: f32(single[name]) for name in ("center", "scale", "losses", "scores")},
        "parameters": {name: f32(value) for name, value in single["parameters"].items()},
        "float64": {"losses": float(f"{deviation(single['losses'], double['losses']):.1e}"),
                    "parameters": float(f"{worst:.1e}")},
    })
    print(case["name"], cases[-1]["float64"], "loss", single["losses"][0], "->", single["losses"][-1])

out = {
    "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__},
    "rows": ROWS, "features": FEATURES, "batchSize": BATCH, "epochs": EPOCHS, "slope": SLOPE,
    "hiddenDims": WIDTHS[1:-1], "latentDim": WIDTHS[-1], "centerFloor": CENTER_FLOOR, "shrinkage": SHRINKAGE,
    "x": f32(X), "orders": ORDERS, "start": {name: f32(value) for name, value in START.items()}, "cases": cases,
}
pathlib.Path(__file__).with_name("multi-scale.json").write_text(json.dumps(out, indent=None, separators=(",", ":")) + "\n")
