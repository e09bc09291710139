"""PyTorch's side of bench/drocc-training.js: one JSON request per line in, one JSON answer per line out.

DROCC as published (Goyal et al. 2020): cross-entropy on normal rows and on negatives climbed for by gradient steps of
equal length, with a projection onto the shell after every tenth, and the package's negatives far away; Adam, mini-batches of a random order of the rows.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce


class Training:
    def __init__(self, rows, widths, slope, batch, radius, gamma, steps, step, far):
        torch.manual_seed(0)
        layers = []
        for fan_in, fan_out in zip(widths, widths[1:]):
            layers += [nn.Linear(fan_in, fan_out), nn.LeakyReLU(slope)]
        self.model = nn.Sequential(*layers[:-1])
        self.adam = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.data = torch.randn(rows, widths[0])
        self.batch, self.radius, self.gamma, self.steps, self.step, self.far = batch, radius, gamma, steps, step, far

    def project(self, h):
        length = h.norm(dim=1, keepdim=True)
        return h * length.clamp(self.radius, self.gamma * self.radius) / length

    def negatives(self, x, noise):
        scale = self.radius * (1 + self.gamma) / 2 / x.shape[1] ** 0.5
        h, zeros = self.project(scale * noise), torch.zeros(len(x), 1)
        for k in range(self.steps):
            h.requires_grad_()
            (gradient,) = torch.autograd.grad(bce(self.model(x + h), zeros), h)
            h = h.detach() + self.step * self.radius * gradient / gradient.norm(dim=1, keepdim=True)
            if (k + 1) % 10 == 0:
                h = self.project(h)
        return (x + h).detach()

    def epoch(self, threads):
        torch.set_num_threads(threads)
        start = time.perf_counter()
        for rows in torch.randperm(len(self.data)).split(self.batch):
            x = self.data[rows]
            noise = torch.randn_like(x)
            bad = self.negatives(x, noise)
            ones = torch.ones(len(x), 1)
            loss = bce(self.model(x), ones) + bce(self.model(bad), 0 * ones)
            if self.far > 0:
                wild = self.far * noise ** 3
                length = wild.norm(dim=1, keepdim=True)
                distant = wild * length.clamp(min=self.gamma * self.radius) / length
                loss = loss + bce(self.model(x + distant), 0 * ones)
            self.adam.zero_grad()
            loss.backward()
            self.adam.step()
        return (time.perf_counter() - start) * 1000


def main():
    worker = None
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        kind = request.pop("kind")
        if kind == "open":
            worker = Training(**request)
            answer = None
        else:
            answer = worker.epoch(**request)
        print(json.dumps(answer), flush=True)


main()
