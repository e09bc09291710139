"""Networks of bench/series-transforms.js: one JSON request per line in, one JSON answer per line out."""

import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.covariance import oas
from torch import nn

torch.set_num_threads(1)
STEPS, BATCH, RATE, DECAY, WARM_UP = 200, 64, 0.002, 0.05, 10
WIDTHS = ((7, 32), (5, 64), (3, 32), (3, 16))
HELD = 0.15


class Network(nn.Module):
    def __init__(self, channels):
        super().__init__()
        layers, before = [], channels
        for kernel, width in WIDTHS:
            layers.append(
                nn.Sequential(
                    nn.Conv1d(before, width, kernel, padding=kernel // 2, bias=False),
                    nn.BatchNorm1d(width, affine=False),
                    nn.ReLU(),
                )
            )
            before = width
        self.layers = nn.ModuleList(layers)
        self.heads = nn.Linear(before, 2 + 3 + 2)

    def taps(self, x):
        taps = []
        for layer in self.layers:
            x = layer(x)
            taps.append(x.mean(2))
        return taps

    def forward(self, x):
        return self.heads(self.taps(x)[-1])


def viewed(x, backwards, thirds, passed):
    """One transform of windows [rows, channels, steps]."""
    x = x.roll(1, 1) if passed else x
    x = x.roll(thirds * x.shape[2] // 3, 2)
    return x.flip(2) if backwards else x


def unlikelihood(logits, targets):
    parts = logits.split((2, 3, 2), 1)
    return sum(F.cross_entropy(part, targets[:, k], reduction="none") for k, part in enumerate(parts))


def batches(windows):
    return windows.split(512)


def train(network, windows, ways):
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY, betas=(0.9, 0.99))
    network.train()
    for step in range(STEPS):
        share = min((step + 1) / WARM_UP, 0.5 * (1 + math.cos(math.pi * max(0, step - WARM_UP) / (STEPS - WARM_UP))))
        optimizer.param_groups[0]["lr"] = RATE * share
        chosen = windows[torch.randperm(len(windows))[:BATCH]]
        views, targets = [], []
        for backwards in (0, 1):
            # Windows of a transform together: the loss is the mean over all.
            drawn = torch.randint(3 * ways, (len(chosen),))
            for way in range(3 * ways):
                own = chosen[drawn == way]
                if len(own) == 0:
                    continue
                thirds, passed = way % 3, way // 3
                views.append(viewed(own, backwards, thirds, passed))
                targets += [(backwards, thirds, passed)] * len(own)
        loss = unlikelihood(network(torch.cat(views)), torch.tensor(targets)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@torch.no_grad()
def measure_statistics(network, windows):
    """Of batch normalisation, over the views of training windows."""
    for layer in network.layers:
        layer[1].reset_running_stats()
        layer[1].momentum = None
    network.train()
    network(torch.cat([viewed(windows[:1024], backwards, 0, 0) for backwards in (0, 1)]))


@torch.no_grad()
def improbable(network, windows, ways):
    network.eval()
    total = []
    for part in batches(windows):
        own = torch.zeros(len(part))
        for backwards in (0, 1):
            for thirds in range(3):
                for passed in range(ways):
                    targets = torch.tensor([(backwards, thirds, passed)] * len(part))
                    own += unlikelihood(network(viewed(part, backwards, thirds, passed)), targets)
        total.append(own)
    return torch.cat(total).numpy()


@torch.no_grad()
def features(network, windows):
    """[directions][rows, all taps], and the widths of the taps."""
    network.eval()
    found = [
        torch.cat([torch.cat(network.taps(viewed(part, backwards, 0, 0)), 1) for part in batches(windows)])
        for backwards in (0, 1)
    ]
    return [each.double().numpy() for each in found]


def distances(learned, held, looked):
    """log of the sum of squared Mahalanobis distances over their means on held-out windows."""
    total = [0, 0]
    for own, kept, seen in zip(learned, held, looked):
        at = 0
        for _, width in WIDTHS:
            part = slice(at, at + width)
            at += width
            centre = own[:, part].mean(0)
            covariance, _ = oas(own[:, part])
            inverse = np.linalg.pinv(covariance + 1e-6 * np.trace(covariance) / width * np.eye(width))
            of = lambda rows: np.einsum("ij,jk,ik->i", rows[:, part] - centre, inverse, rows[:, part] - centre)  # noqa: E731
            scale = of(kept).mean() + 1e-12
            total[0] = total[0] + of(kept) / scale
            total[1] = total[1] + of(seen) / scale
    return [np.log(each + 1e-12) for each in total]


def nearest(learned, looked):
    last = slice(-WIDTHS[-1][1], None)
    unit = lambda rows: rows[:, last] / (np.linalg.norm(rows[:, last], axis=1, keepdims=True) + 1e-12)  # noqa: E731
    return np.mean([1 - (unit(seen) @ unit(own).T).max(1) for own, seen in zip(learned, looked)], axis=0)


def standing(held, seen):
    return np.arcsinh((seen - held.mean()) / max(held.std(), 1e-6))


def scores(network, learned, held, looked, ways, with_heads):
    own, kept, seen = (features(network, windows) for windows in (learned, held, looked))
    parts = {}
    if with_heads:
        parts["likelihood"] = standing(improbable(network, held, ways), improbable(network, looked, ways))
    parts["distance"] = standing(*distances(own, kept, seen))
    parts["neighbours"] = standing(nearest(own, kept), nearest(own, seen))
    return parts


def windows_of(request, window, centre=None, deviation=None):
    values = np.fromfile(request["path"], "<f4").reshape(-1, request["channels"])
    values = np.nan_to_num(values)
    if centre is None:
        centre, deviation = values.mean(0), values.std(0)
    scaled = np.where(deviation > 0, (values - centre) / np.where(deviation > 0, deviation, 1), 0)
    starts = np.array(request["starts"])
    rows = scaled[starts[:, None] + np.arange(window)].astype("float32")
    return torch.from_numpy(rows).transpose(1, 2).contiguous(), centre, deviation


def answer(request):
    torch.manual_seed(request["seed"])
    window = request["window"]
    all_windows, centre, deviation = windows_of(request["train"], window)
    looked, _, _ = windows_of(request["test"], window, centre, deviation)
    # The last ones, less those that share steps with what is learned from.
    kept = max(8, int(HELD * len(all_windows)))
    held = all_windows[-kept:]
    first = request["train"]["starts"][-kept]
    learned = all_windows[[k for k, start in enumerate(request["train"]["starts"][:-kept]) if start + window <= first]]
    if len(learned) < 2:
        learned = all_windows[:-kept]
    channels = learned.shape[1]
    ways = 2 if channels > 1 else 1
    network = Network(channels)
    measure_statistics(network, learned)
    untrained = scores(network, learned, held, looked, ways, with_heads=False)
    for layer in network.layers:
        layer[1].momentum = 0.1
    train(network, learned, ways)
    trained = scores(network, learned, held, looked, ways, with_heads=True)
    # Scores of windows are added up, and sums of logarithms may be below zero.
    joined = {"untrained": sum(untrained.values()), "trained": sum(trained.values()), **trained}
    return {name: [float(value) for value in values] for name, values in joined.items()}


print(json.dumps({"torch": torch.__version__}), flush=True)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
