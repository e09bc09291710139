"""PyTorch's side of bench/training-series.js: one JSON request per line in, one JSON answer per line out."""

import json
import sys
import time

import torch
from series_networks import ENCODERS


class Training:
    """One-class training as Deep SVDD runs it: mini-batches in a random order of the rows, Adam with weight decay."""

    def __init__(self, encoder, rows, steps, channels, latent, slope, batch, weight_decay):
        torch.manual_seed(0)
        self.data = torch.randn(rows, steps, channels)
        self.batch = batch
        self.center = torch.full((latent,), 0.1)
        self.model = ENCODERS[encoder](steps, channels, latent, slope)
        self.adam = torch.optim.Adam(self.model.parameters(), lr=1e-4, weight_decay=weight_decay, fused=True)

    def epoch(self, threads):
        torch.set_num_threads(threads)
        start, cpu = time.perf_counter(), time.process_time()
        for rows in torch.randperm(len(self.data)).split(self.batch):
            loss = ((self.model(self.data[rows]) - self.center) ** 2).sum(dim=1).mean()
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
            answer = {"parameters": sum(p.numel() for p in worker.model.parameters())}
        else:
            answer = worker.epoch(**request)
        print(json.dumps(answer), flush=True)


main()
