"""Training trajectories of PyTorch for trajectories.test.ts: 50 optimiser steps from stored weights over stored batches.

Run in this folder: python make_trajectories.py   (writes trajectories.json beside itself)

Everything is computed in float32, as the training programs do; "float64" in each case says how far the same
trajectory in double precision ends from it, which is what agreement between two float32 engines can be held to.
Weights are stored as the package has them, [in, out]; PyTorch's are [out, in].
"""
import json
import pathlib

import numpy as np
import torch

torch.set_num_threads(1)
ROWS, FEATURES, BATCH, EPOCHS, SLOPE = 23, 6, 5, 10, 0.1  # 5 steps an epoch, the last of them with 3 rows
ENCODER, DECODER = [6, 8, 5, 3], [3, 5, 8, 6]
CENTER_FLOOR = 0.1

rng = np.random.default_rng(20260214)
mix = rng.normal(size=(3, FEATURES))
X = (rng.normal(size=(ROWS, 3)) @ mix + 0.3 * rng.normal(size=(ROWS, FEATURES)) + 0.4).astype(np.float32)
ORDERS = [rng.permutation(ROWS).tolist() for _ in range(EPOCHS)]


def start():
    """Names, shapes and values in the order of the package's parameter layout."""
    values = {}
    for name, widths, bias in (("encoder", ENCODER, False), ("decoder", DECODER, True)):
        for k, (fan_in, width) in enumerate(zip(widths, widths[1:])):
            bound = np.sqrt(3 / fan_in)
            values[f"{name}.{k}.weight"] = rng.uniform(-bound, bound, (fan_in, width)).astype(np.float32)
            if bias:
                values[f"{name}.{k}.bias"] = rng.uniform(-0.3, 0.3, width).astype(np.float32)
    return values


START = start()


def stack(name, widths, bias, dtype):
    layers = []
    for k, (fan_in, width) in enumerate(zip(widths, widths[1:])):
        layer = torch.nn.Linear(fan_in, width, bias=bias)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(START[f"{name}.{k}.weight"].T.copy()))
            if bias:
                layer.bias.copy_(torch.from_numpy(START[f"{name}.{k}.bias"]))
        layers += [layer, torch.nn.LeakyReLU(SLOPE)]
    return torch.nn.Sequential(*layers[:-1]).to(dtype)


def parameters(**stacks):
    found = {}
    for name, net in stacks.items():
        for k, layer in enumerate(layer for layer in net if isinstance(layer, torch.nn.Linear)):
            found[f"{name}.{k}.weight"] = layer.weight.detach().numpy().T
            if layer.bias is not None:
                found[f"{name}.{k}.bias"] = layer.bias.detach().numpy()
    return found


def run(case, dtype):
    torch.set_default_dtype(torch.float32)
    x = torch.from_numpy(X).to(dtype)
    encoder = stack("encoder", ENCODER, False, dtype)
    nets = {"encoder": encoder}
    if case["objective"] == "reconstruction":
        nets["decoder"] = stack("decoder", DECODER, True, dtype)
    weights = [p for net in nets.values() for p in net.parameters()]
    lr, decay = case["learningRate"], case["weightDecay"]
    optimizer = {
        "adam": lambda: torch.optim.Adam(weights, lr=lr, weight_decay=decay),
        "adamw": lambda: torch.optim.AdamW(weights, lr=lr, weight_decay=decay),
        "sgd": lambda: torch.optim.SGD(weights, lr=lr, weight_decay=decay, momentum=case.get("momentum", 0)),
    }[case["optimizer"]]()
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, case["milestones"], gamma=0.1)

    with torch.no_grad():
        mean = encoder(x).mean(0)
        floor = torch.where(mean < 0, -CENTER_FLOOR, CENTER_FLOOR).to(dtype)
        center = torch.where(mean.abs() < CENTER_FLOOR, floor, mean)
    radius, radii, losses = torch.zeros((), dtype=dtype), [], []

    for epoch in range(EPOCHS):
        if case["objective"] == "soft-boundary":
            if epoch >= case["warmupEpochs"]:
                with torch.no_grad():
                    squared = ((encoder(x) - center) ** 2).sum(1)
                    radius = torch.quantile(squared, 1 - case["nu"]).sqrt()
            radii.append(float(radius))
        for at in range(0, ROWS, BATCH):
            batch = x[ORDERS[epoch][at:at + BATCH]]
            if case["objective"] == "reconstruction":
                loss = ((nets["decoder"](encoder(batch)) - batch) ** 2).mean()
            else:
                squared = ((encoder(batch) - center) ** 2).sum(1)
                if case["objective"] == "one-class":
                    loss = squared.mean()
                else:
                    loss = radius ** 2 + torch.clamp(squared - radius ** 2, min=0).mean() / case["nu"]
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
    return {"center": center.tolist(), "radii": radii, "losses": losses, "parameters": parameters(**nets)}


CASES = [
    {"name": "autoencoder pretraining, Adam with coupled weight decay and a milestone", "objective": "reconstruction",
     "optimizer": "adam", "learningRate": 1e-2, "milestones": [6], "weightDecay": 1e-2},
    {"name": "one-class compactness, Adam", "objective": "one-class",
     "optimizer": "adam", "learningRate": 1e-3, "milestones": [7], "weightDecay": 0.5e-6},
    {"name": "soft boundary, its radius set once an epoch after the warm-up", "objective": "soft-boundary",
     "optimizer": "adam", "learningRate": 2e-3, "milestones": [], "weightDecay": 1e-3, "nu": 0.2, "warmupEpochs": 3},
    {"name": "one-class compactness, AdamW", "objective": "one-class",
     "optimizer": "adamw", "learningRate": 5e-3, "milestones": [4, 8], "weightDecay": 0.5},
    {"name": "one-class compactness, SGD with momentum and weight decay", "objective": "one-class",
     "optimizer": "sgd", "learningRate": 5e-3, "milestones": [5], "weightDecay": 1e-2, "momentum": 0.9},
    {"name": "autoencoder pretraining, plain SGD", "objective": "reconstruction",
     "optimizer": "sgd", "learningRate": 5e-2, "milestones": [], "weightDecay": 0},
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
    cases.append({
        **case,
        "center": f32(single["center"]), "radii": f32(single["radii"]), "losses": f32(single["losses"]),
        "parameters": {name: f32(value) for name, value in single["parameters"].items()},
        "float64": {
            "losses": float(f"{deviation(single['losses'], double['losses']):.1e}"),
            "parameters": float(f"{max(deviation(single['parameters'][n], double['parameters'][n]) for n in double['parameters']):.1e}"),
        },
    })
    print(case["name"], cases[-1]["float64"], "loss", single["losses"][0], "->", single["losses"][-1])

out = {
    "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__},
    "rows": ROWS, "features": FEATURES, "batchSize": BATCH, "epochs": EPOCHS, "slope": SLOPE,
    "hiddenDims": ENCODER[1:-1], "latentDim": ENCODER[-1], "centerFloor": CENTER_FLOOR,
    "x": f32(X), "orders": ORDERS, "start": {name: f32(value) for name, value in START.items()}, "cases": cases,
}
pathlib.Path(__file__).with_name("trajectories.json").write_text(json.dumps(out, indent=None, separators=(",", ":")) + "\n")
