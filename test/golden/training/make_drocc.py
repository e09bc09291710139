"""Training trajectories of DROCC in PyTorch for drocc.test.ts: stored weights, batches and noise, ascent included.

Run in this folder: python make_drocc.py   (writes drocc.json beside itself)

The ascent follows the gradient of the cross-entropy with respect to the negative, as published (Goyal et al. 2020,
algorithm 1); the package climbs the logit itself, which points the same way. Negatives far away are the package's own.
With "norm" gradient lengths are weighed as in DROCC-LF, by the gradient of the cross-entropy at the normal row over its
mean, of which the package leaves each feature a hundredth at least; the nearest point is found by bisection in float64.
"float64" in each case says how far the same trajectory in double precision ends from the stored one in float32.
Weights are stored [in, out]; PyTorch's are [out, in].
"""
import json
import pathlib

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce

torch.set_num_threads(1)
ROWS, FEATURES, BATCH, EPOCHS, SLOPE = 23, 6, 5, 8, 0.1  # 5 steps an epoch, the last of them with 3 rows
WIDTHS = [6, 9, 7]  # and one logit

rng = np.random.default_rng(20260215)
mix = rng.normal(size=(3, FEATURES))
X = (rng.normal(size=(ROWS, 3)) @ mix + 0.3 * rng.normal(size=(ROWS, FEATURES)) + 0.2).astype(np.float32)
ORDERS = [rng.permutation(ROWS).tolist() for _ in range(EPOCHS)]
NOISE = rng.normal(size=(EPOCHS, ROWS, FEATURES)).astype(np.float32)

START = {}
for k, (fan_in, width) in enumerate(zip(WIDTHS, WIDTHS[1:])):
    START[f"encoder.{k}.weight"] = rng.uniform(-1, 1, (fan_in, width)).astype(np.float32) * np.float32(np.sqrt(6 / fan_in))
    START[f"encoder.{k}.bias"] = rng.uniform(-0.3, 0.3, width).astype(np.float32)
START["logit.weight"] = rng.uniform(-0.4, 0.4, (WIDTHS[-1], 1)).astype(np.float32)
START["logit.bias"] = rng.uniform(-0.3, 0.3, 1).astype(np.float32)
ANOMALIES = rng.normal(scale=2, size=(4, FEATURES)).astype(np.float32)
NAMES = [f"encoder.{k}" for k in range(len(WIDTHS) - 1)] + ["logit"]
ACTIVATIONS = {"leaky-relu": torch.nn.LeakyReLU(SLOPE), "elu": torch.nn.ELU()}


def network(activation, dtype):
    layers = []
    for name in NAMES:
        weight = START[f"{name}.weight"]
        layer = torch.nn.Linear(*weight.shape)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.T.copy()))
            layer.bias.copy_(torch.from_numpy(START[f"{name}.bias"]))
        layers += [layer, ACTIVATIONS[activation]]
    return torch.nn.Sequential(*layers[:-1]).to(dtype)


def column_weights(net, x, case):
    if case["norm"] == "euclidean":
        return None
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(bce(net(x), torch.ones(len(x), 1, dtype=x.dtype)), x)
    size = gradient.abs()
    return (size / size.mean(dim=1, keepdim=True) + 0.01) / 1.01


def length_of(h, weights):
    return h.norm(dim=1, keepdim=True) if weights is None else (weights * h ** 2).sum(dim=1, keepdim=True).sqrt()


def project(h, radius, outer_ratio, weights):
    length = length_of(h, weights)
    target = length.clamp(radius, outer_ratio * radius)
    if weights is None:
        return h * target / length
    wide, heavy = h.double(), weights.double()
    # Lengths fall as the multiplier grows: from those of all but the largest weights to nothing.
    low = (-1 / heavy.amax(dim=1, keepdim=True)) * (1 - 1e-12)
    high = (length / target).double() / heavy.amin(dim=1, keepdim=True) + 1
    for _ in range(200):
        middle = (low + high) / 2
        longer = length_of(wide / (1 + middle * heavy), heavy) > target.double()
        low, high = torch.where(longer, middle, low), torch.where(longer, high, middle)
    return torch.where(length == target, h, (wide / (1 + low * heavy)).to(h.dtype))


def negatives(net, x, noise, case):
    radius, outer_ratio, steps = case["radius"], case["outerRatio"], case["ascentSteps"]
    weights = column_weights(net, x, case)
    h = project(noise * (radius * (1 + outer_ratio) / 2 / np.sqrt(FEATURES)), radius, outer_ratio, weights)
    for step in range(steps):
        h = h.detach().requires_grad_()
        cost = bce(net(x + h), torch.zeros(len(x), 1, dtype=x.dtype))
        (gradient,) = torch.autograd.grad(cost, h)
        h = h.detach() + case["ascentStep"] * radius * gradient / gradient.norm(dim=1, keepdim=True)
        if (step + 1) % 10 == 0 or step + 1 == steps:
            h = project(h, radius, outer_ratio, weights)
    return (x + h).detach()


def distant(net, x, noise, case):
    """Cubes of the noise, outside of the shell."""
    wild = case["far"] * noise ** 3
    length = length_of(wild, column_weights(net, x, case))
    return wild * length.clamp(min=case["outerRatio"] * case["radius"]) / length


def run(case, dtype):
    net = network(case["activation"], dtype)
    x, noise = torch.from_numpy(X).to(dtype), torch.from_numpy(NOISE).to(dtype)
    lr, decay = case["learningRate"], case["weightDecay"]
    optimizer = {
        "adam": lambda: torch.optim.Adam(net.parameters(), lr=lr, weight_decay=decay),
        "sgd": lambda: torch.optim.SGD(net.parameters(), lr=lr, weight_decay=decay),
    }[case["optimizer"]]()
    first = negatives(net, x, noise[0], case)
    losses = []
    for epoch in range(EPOCHS):
        for at in range(0, ROWS, BATCH):
            rows = ORDERS[epoch][at:at + BATCH]
            bad = negatives(net, x[rows], noise[epoch][rows], case)
            ones = torch.ones(len(rows), 1, dtype=dtype)
            loss = bce(net(x[rows]), ones) + case["mu"] * bce(net(bad), 0 * ones)
            if case["far"] > 0:
                loss = loss + case["mu"] * bce(net(x[rows] + distant(net, x[rows], noise[epoch][rows], case)), 0 * ones)
            if case["labelled"]:
                known = net(torch.from_numpy(ANOMALIES).to(dtype))
                loss = loss + case["mu"] * bce(known, torch.zeros_like(known))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    layers = [layer for layer in net if isinstance(layer, torch.nn.Linear)]
    found = {}
    for name, layer in zip(NAMES, layers):
        found[f"{name}.weight"] = layer.weight.detach().numpy().T
        found[f"{name}.bias"] = layer.bias.detach().numpy()
    return {"negatives": first.numpy(), "losses": losses, "parameters": found}


CASES = [
    {"name": "Adam, twenty steps up", "optimizer": "adam", "learningRate": 5e-3, "weightDecay": 0, "activation": "elu",
     "norm": "euclidean", "radius": 0.8, "outerRatio": 2, "mu": 1, "ascentSteps": 20, "ascentStep": 0.1,
     "far": 1, "labelled": False},
    {"name": "SGD, steps that are no multiple of ten, a shell without thickness", "optimizer": "sgd",
     "learningRate": 2e-2, "weightDecay": 1e-3, "activation": "leaky-relu",
     "norm": "euclidean", "radius": 1.5, "outerRatio": 1, "mu": 0.5, "ascentSteps": 13, "ascentStep": 0.05, "far": 0,
     "labelled": False},
    {"name": "Adam, no step up: noise alone, and labelled anomalies", "optimizer": "adam", "learningRate": 5e-3, "weightDecay": 0,
     "activation": "leaky-relu", "norm": "euclidean", "radius": 1, "outerRatio": 1.5, "mu": 2, "ascentSteps": 0, "ascentStep": 0.1,
     "far": 0.1, "labelled": True},
    {"name": "Adam, the norm of DROCC-LF, and labelled anomalies", "optimizer": "adam", "learningRate": 5e-3, "weightDecay": 0,
     "activation": "elu", "norm": "gradient", "radius": 0.8, "outerRatio": 1.2, "mu": 1, "ascentSteps": 12, "ascentStep": 0.1,
     "far": 0.1, "labelled": True},
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
        "negatives": f32(single["negatives"]), "losses": f32(single["losses"]),
        "parameters": {name: f32(value) for name, value in single["parameters"].items()},
        "float64": {"losses": float(f"{deviation(single['losses'], double['losses']):.1e}"),
                    "parameters": float(f"{worst:.1e}")},
    })
    print(case["name"], cases[-1]["float64"], "loss", single["losses"][0], "->", single["losses"][-1])

out = {
    "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__},
    "rows": ROWS, "features": FEATURES, "batchSize": BATCH, "epochs": EPOCHS, "slope": SLOPE,
    "hiddenDims": WIDTHS[1:-1], "latentDim": WIDTHS[-1], "x": f32(X), "orders": ORDERS,
    "anomalies": f32(ANOMALIES),
    "noise": [f32(noise) for noise in NOISE], "start": {name: f32(value) for name, value in START.items()}, "cases": cases,
}
pathlib.Path(__file__).with_name("drocc.json").write_text(json.dumps(out, indent=None, separators=(",", ":")) + "\n")
