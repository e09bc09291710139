"""PyTorch's side of the benchmarks: one JSON request per line in, one JSON answer per line out.

The same work as bench/training.js and bench/scoring.js give to hypersphere: a bias-free MLP, LeakyReLU, the one-class
loss of Deep SVDD, Adam with weight decay, mini-batches of a random order of the rows.
"""

import json
import sys
import time

import numpy as np
import torch
from torch import nn

VARIANTS = {"default": {}, "foreach": {"foreach": True}, "fused": {"fused": True}}


def network(widths, slope):
    layers = []
    for k, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
        layers.append(nn.Linear(fan_in, fan_out, bias=False))
        if k < len(widths) - 2:
            layers.append(nn.LeakyReLU(slope))
    return nn.Sequential(*layers)


class Training:
    """One network per Adam variant, trained further at every request."""

    def __init__(self, rows, widths, slope, batch, weight_decay):
        torch.manual_seed(0)
        self.data = torch.randn(rows, widths[0])
        self.batch = batch
        self.center = torch.full((widths[-1],), 0.1)
        self.models = {}
        for name, options in VARIANTS.items():
            model = network(widths, slope)
            adam = torch.optim.Adam(model.parameters(), lr=1e-4, weight_decay=weight_decay, **options)
            self.models[name] = (model, adam)

    def epoch(self, variant, threads):
        torch.set_num_threads(threads)
        model, adam = self.models[variant]
        start, cpu = time.perf_counter(), time.process_time()
        order = torch.randperm(len(self.data))
        for rows in order.split(self.batch):
            distance = ((model(self.data[rows]) - self.center) ** 2).sum(dim=1)
            loss = distance.mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
        return {"ms": (time.perf_counter() - start) * 1000, "cpu": (time.process_time() - cpu) * 1000}


class Scoring:
    """Rows to scores: the network alone, and with everything that a stored model does to a row."""

    def __init__(self, rows, widths, slope, chunk):
        torch.manual_seed(0)
        self.model = network(widths, slope).eval()
        self.raw = torch.randn(rows, widths[0], dtype=torch.float64)
        self.features = self.raw.float()
        self.mean, self.scale = self.raw.mean(dim=0), self.raw.std(dim=0)
        self.center = torch.full((widths[-1],), 0.1)
        self.calibration = torch.rand(1000).sort().values
        self.chunk = chunk

    def scores(self, features):
        return ((self.model(features) - self.center) ** 2).sum(dim=1)

    @torch.inference_mode()
    def run(self, what, threads):
        torch.set_num_threads(threads)
        start = time.perf_counter()
        source = self.features if what == "network" else self.raw
        for part in source.split(self.chunk):
            if what == "network":
                self.scores(part)
                continue
            filled = torch.where(torch.isnan(part), self.mean, part)
            scores = self.scores(((filled - self.mean) / self.scale).float().clamp(-1e6, 1e6))
            if what == "model":
                below = torch.searchsorted(self.calibration, scores)
                _ = (len(self.calibration) + 1 - below) / (len(self.calibration) + 1)
                _ = scores > 0.95
        return (time.perf_counter() - start) * 1000


def main():
    worker = None
    print(json.dumps({"torch": torch.__version__, "numpy": np.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        kind = request.pop("kind")
        if kind == "open training":
            worker = Training(**request)
            answer = None
        elif kind == "open scoring":
            worker = Scoring(**request)
            answer = None
        elif kind == "epoch":
            answer = worker.epoch(**request)
        else:
            answer = worker.run(**request)
        print(json.dumps(answer), flush=True)


main()
