"""PyTorch's side of bench/fcdd-training.js: one JSON request per line in, one JSON answer per line out.

The map network of FCDD with the pixel-level loss, trained by Adam with clipped gradients.
"""

import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

POOLED = (True, False, True, False, False)


def floats(path, *shape):
    return torch.from_numpy(np.fromfile(path, "<f4").reshape(shape))


class Network(nn.Module):
    def __init__(self, weights, slope):
        super().__init__()
        self.slope = slope
        self.convolutions = nn.ModuleList()
        for weight in weights:
            outputs, inputs, taps, _ = weight["shape"]
            layer = nn.Conv2d(inputs, outputs, taps, padding=taps // 2, bias=False)
            layer.weight.data = floats(weight["path"], *weight["shape"])
            self.convolutions.append(layer)
        self.norms = nn.ModuleList(
            [nn.BatchNorm2d(layer.out_channels, eps=1e-4, affine=False) for layer in self.convolutions[:-1]]
        )

    def forward(self, x):
        for layer, norm, pooled in zip(self.convolutions, self.norms, POOLED):
            x = F.leaky_relu(norm(layer(x)), self.slope)
            x = F.max_pool2d(x, 2) if pooled else x
        return self.convolutions[-1](x)[:, 0]


class Training:
    def __init__(
        self, tuned, batch, channels, side, slope, weight_decay, clip, learning_rate, weights, crops, masks
    ):
        self.batch, self.clip = batch, clip
        self.network = Network(weights, slope)
        self.crops = floats(crops, -1, channels, side, side)
        self.masks = floats(masks, -1, side, side)
        if tuned:
            self.network.to(memory_format=torch.channels_last)
            self.crops = self.crops.contiguous(memory_format=torch.channels_last)
        self.adam = torch.optim.Adam(
            self.network.parameters(), lr=learning_rate, weight_decay=weight_decay, fused=tuned or None
        )
        # Every number of the map spreads over its field of 30 pixels: the transposed convolution as two products.
        distance = torch.arange(side)[:, None] - (torch.arange(side // 4)[None] * 4 + 1.5)
        self.field = torch.exp(-0.5 * (distance / 4) ** 2) * (distance.abs() <= 15)

    def loss(self, crops, masks):
        maps = torch.sqrt(self.network(crops) ** 2 + 1) - 1
        spread = self.field @ maps @ self.field.T
        area = masks.sum((1, 2))
        defective = area.clamp(max=1)
        inside = (spread * masks).sum((1, 2)) / area.clamp(min=1)
        push = -torch.log(1 - torch.exp(-inside) + 1e-6)
        return (spread * (1 - masks)).mean() + (push * defective).sum() / defective.sum()

    def steps(self, threads):
        torch.set_num_threads(threads)
        losses = []
        start = time.perf_counter()
        for crops, masks in zip(self.crops.split(self.batch), self.masks.split(self.batch)):
            loss = self.loss(crops, masks)
            self.adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
            self.adam.step()
            losses.append(loss.item())
        return {"ms": (time.perf_counter() - start) * 1000, "losses": losses}


def main():
    trainings = {}
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if request.pop("kind") == "open":
            trainings[request["tuned"]] = Training(**request)
            answer = None
        else:
            answer = trainings[request["tuned"]].steps(request["threads"])
        print(json.dumps(answer), flush=True)


main()
