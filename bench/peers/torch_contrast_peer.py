"""PyTorch's side of bench/training-contrast.js: one JSON request per line in, one JSON answer per line out."""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Training:
    """Steps of triplets on windows and their neighbours, as contrast takes them once the order is learned."""

    def __init__(self, steps, channels, filters, batch):
        torch.manual_seed(0)
        self.windows = torch.randn(4, batch, channels, steps).cumsum(3)
        self.neighbours = self.windows + 0.1 * torch.randn_like(self.windows)
        self.diagonal = 3 * torch.eye(batch)
        latent = max(16, filters // 2)
        widths = ((7, filters), (5, 2 * filters), (3, filters), (3, latent))
        layers, before = [], channels
        for kernel, width in widths:
            layers += [
                nn.Conv1d(before, width, kernel, padding=kernel // 2, bias=False),
                nn.BatchNorm1d(width, affine=False),
                nn.ReLU(),
            ]
            before = width
        self.encoder = nn.Sequential(*layers)
        self.projection = nn.Sequential(
            nn.Linear(latent, 4 * latent, bias=False), nn.ReLU(), nn.Linear(4 * latent, 4 * latent, bias=False)
        )
        self.parameters = [*self.encoder.parameters(), *self.projection.parameters()]
        self.adam = torch.optim.AdamW(self.parameters, lr=1e-4, weight_decay=1e-4, fused=True)

    def run(self, threads, count):
        torch.set_num_threads(threads)
        start, cpu = time.perf_counter(), time.process_time()
        for step in range(count):
            x = torch.cat([self.windows[step % 4], self.neighbours[step % 4]])
            x = x - x.mean(2, keepdim=True)
            x = x / torch.sqrt(x.square().mean(2, keepdim=True) + 1e-4)
            z = F.normalize(self.projection(self.encoder(x).mean(2)), dim=1)
            anchors, positives = z.chunk(2)
            cosines = anchors @ positives.T
            least = (cosines + self.diagonal).amin(1)
            loss = F.relu(least - cosines.diagonal() + 0.5).mean()
            self.adam.zero_grad()
            loss.backward()
            self.adam.step()
        return {"ms": (time.perf_counter() - start) * 1000, "cpu": (time.process_time() - cpu) * 1000}


def main():
    worker = None
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if request.pop("kind") == "open":
            worker = Training(**request)
            answer = {"parameters": sum(p.numel() for p in worker.parameters)}
        else:
            answer = worker.run(**request)
        print(json.dumps(answer), flush=True)


main()
