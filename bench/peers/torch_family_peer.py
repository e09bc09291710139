"""PyTorch's side of bench/training-family.js: one JSON request per line in, one JSON answer per line out.

Deep SAD, HSC and multi-scale Deep SVDD on a bias-free MLP or on the network of Deep SAD's code for Fashion-MNIST, as a careful
user writes them: rows in one tensor, picked by a random order; Adam fused or not, convolutions with channels first or last. Rows, weights to start
from and the constants of the losses come in files and requests, so that both sides compute the same.
"""

import json
import math
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn



class Mlp(nn.Module):
    """All blocks' outputs, the last of them the latent space."""

    def __init__(self, widths, slope):
        super().__init__()
        self.slope = slope
        self.layers = nn.ModuleList(nn.Linear(a, b, bias=False) for a, b in zip(widths, widths[1:]))

    def forward(self, x):
        outputs = []
        for layer in self.layers[:-1]:
            x = F.leaky_relu(layer(x), self.slope)
            outputs.append(x)
        return [*outputs, self.layers[-1](x)]


class FashionMnistLenet(nn.Module):
    """The same. Maps are averaged over their positions where a tap is asked for."""

    def __init__(self, latent, slope, taps):
        super().__init__()
        self.slope, self.taps = slope, taps
        self.layers = nn.ModuleList([
            nn.Conv2d(1, 16, 5, padding=2, bias=False), nn.Conv2d(16, 32, 5, padding=2, bias=False),
            nn.Linear(32 * 7 * 7, 128, bias=False), nn.Linear(128, latent, bias=False),
        ])
        self.norms = nn.ModuleList([
            nn.BatchNorm2d(16, eps=1e-4, affine=False), nn.BatchNorm2d(32, eps=1e-4, affine=False),
            nn.BatchNorm1d(128, eps=1e-4, affine=False),
        ])

    def forward(self, x):
        outputs = []
        for layer, norm in zip(self.layers[:2], self.norms):
            x = F.max_pool2d(F.leaky_relu(norm(layer(x)), self.slope), 2)
            if self.taps:
                outputs.append(x.mean(dim=(2, 3)))
        x = F.leaky_relu(self.norms[2](self.layers[2](x.flatten(1))), self.slope)
        return [*outputs, x, self.layers[3](x)]


def floats(path):
    return torch.from_numpy(np.fromfile(path, dtype=np.float32))


class Training:
    def __init__(self, network, loss, shape, slope, rows, normals, batch, rate, weight_decay, paths, start, constants, variants):
        self.loss_name, self.batch = loss, batch
        self.data = floats(paths["data"]).reshape(rows, *shape)
        # Training rows come first, negatives behind them.
        self.normals = normals
        self.negative = torch.arange(rows) >= normals
        self.constants = {
            name: [torch.tensor(each) for each in value] if name == "centers" else torch.tensor(value)
            for name, value in constants.items()
        }
        self.network, self.slope = network, slope
        parts = floats(paths["start"]).split([math.prod(each["shape"]) for each in start])
        stored = [(each["name"], part.reshape(each["shape"])) for each, part in zip(start, parts)]
        self.start = [part for name, part in stored if name.endswith(".weight")]
        # Of multi-scale: fixed, one for every block but the last.
        self.maps = [part for name, part in stored if name.endswith(".map")]
        self.settings = {"lr": rate, "weight_decay": weight_decay}
        self.ready = {name: self.started(**variant) for name, variant in variants.items()}
        self.variants = variants

    def started(self, fused, channels_last):
        """A network at its starting weights, and an optimiser for it."""
        if self.network["name"] == "mlp":
            model = Mlp(self.network["widths"], self.slope)
        else:
            model = FashionMnistLenet(self.network["latent"], self.slope, self.loss_name == "multi-scale")
        with torch.no_grad():
            # Dense weights are stored [in, out].
            for layer, weight in zip(model.layers, self.start, strict=True):
                layer.weight.copy_(weight.T if weight.dim() == 2 else weight)
        if channels_last:
            model = model.to(memory_format=torch.channels_last)
        return model, torch.optim.Adam(model.parameters(), fused=fused or None, **self.settings)

    def order(self):
        """Every row once; or, for HSC, a training row, a negative, a training row, ..., negatives again and again."""
        if self.loss_name != "hsc":
            return torch.randperm(len(self.data))
        first, others = torch.randperm(self.normals), len(self.data) - self.normals
        passes = [torch.randperm(others) for _ in range(math.ceil(self.normals / others))]
        return torch.stack([first, self.normals + torch.cat(passes)[: self.normals]], dim=1).flatten()

    def loss(self, model, rows):
        outputs = model(self.data[rows])
        return getattr(self, self.loss_name.replace("-", "_"))(outputs, rows)

    def deep_sad(self, outputs, rows):
        squared = ((outputs[-1] - self.constants["center"]) ** 2).sum(dim=1) / self.constants["unit"]
        return torch.where(self.negative[rows], 1 / (squared + self.constants["epsilon"]), squared).mean()

    def hsc(self, outputs, rows):
        h = torch.sqrt((outputs[-1] ** 2).sum(dim=1) + 1) - 1
        return torch.where(self.negative[rows], -torch.log(1 - torch.exp(-h) + 1e-9), h).mean()

    def multi_scale(self, outputs, rows):
        taps = [*(block @ each for block, each in zip(outputs, self.maps)), outputs[-1]]
        terms = [
            ((block - center) ** 2).sum(dim=1).mean() / scale
            for block, center, scale in zip(taps, self.constants["centers"], self.constants["scale"])
        ]
        return sum(terms) / len(terms)

    def check(self, rows, steps):
        """Losses of the same batch before each of some steps."""
        rows, losses = torch.tensor(rows), {}
        for name, variant in self.variants.items():
            model, adam = self.started(**variant)
            losses[name] = [self.step(model, adam, rows).item() for _ in range(steps)]
        return losses

    def step(self, model, adam, rows):
        loss = self.loss(model, rows)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        return loss

    def epoch(self, variant, threads):
        torch.set_num_threads(threads)
        model, adam = self.ready[variant]
        start = time.perf_counter()
        for rows in self.order().split(self.batch):
            self.step(model, adam, rows)
        return (time.perf_counter() - start) * 1000


def main():
    training = None
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        kind = request.pop("kind")
        if kind == "open":
            torch.manual_seed(0)
            training, answer = Training(**request), None
        elif kind == "check":
            answer = training.check(**request)
        else:
            answer = training.epoch(**request)
        print(json.dumps(answer), flush=True)


main()
