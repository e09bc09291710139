"""PyTorch's side of bench/training-images.js: one JSON request per line in, one JSON answer per line out.

The papers' networks as their authors' code has them, trained for compactness or as autoencoders by Adam with weight
decay, on random images.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Encoder(nn.Module):
    def __init__(self, widths, flat, latent):
        super().__init__()
        self.convolutions = nn.ModuleList(
            [nn.Conv2d(a, b, 5, padding=2, bias=False) for a, b in zip(widths, widths[1:])]
        )
        self.norms = nn.ModuleList([nn.BatchNorm2d(b, eps=1e-4, affine=False) for b in widths[1:]])
        self.head = nn.Linear(flat, latent, bias=False)

    def forward(self, x):
        for convolution, norm in zip(self.convolutions, self.norms):
            x = F.max_pool2d(F.leaky_relu(norm(convolution(x))), 2)
        return self.head(x.flatten(1))


class Decoder(nn.Module):
    """Transposed convolutions of 5 x 5, cropped by each number of `crops`; pixels repeated before all but the first few."""

    def __init__(self, widths, crops, normalized):
        super().__init__()
        self.code = nn.BatchNorm1d(16 * widths[0], eps=1e-4, affine=False) if normalized else nn.Identity()
        self.layers = nn.ModuleList(
            [nn.ConvTranspose2d(a, b, 5, padding=c, bias=False) for a, b, c in zip(widths, widths[1:], crops)]
        )
        self.norms = nn.ModuleList([nn.BatchNorm2d(b, eps=1e-4, affine=False) for b in widths[1:-1]])
        self.first_enlarged = not normalized

    def forward(self, z):
        x = F.leaky_relu(self.code(z).view(len(z), -1, 4, 4))
        for k, layer in enumerate(self.layers):
            if k > 0 or self.first_enlarged:
                x = F.interpolate(x, scale_factor=2)
            x = layer(x)
            if k < len(self.norms):
                x = F.leaky_relu(self.norms[k](x))
        return torch.sigmoid(x)


NETWORKS = {
    "mnist-lenet": lambda: (Encoder([1, 8, 4], 196, 32), Decoder([2, 4, 8, 1], [2, 3, 2], False), (1, 28, 28)),
    "cifar10-lenet": lambda: (
        Encoder([3, 32, 64, 128], 2048, 128),
        Decoder([8, 128, 64, 32, 3], [2, 2, 2, 2], True),
        (3, 32, 32),
    ),
}


class Block(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.first = nn.Conv2d(a, b, 3, stride=2, padding=1, bias=False)
        self.second = nn.Conv2d(b, b, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(a, b, 1, stride=2, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(b, eps=1e-4, affine=False) for _ in range(3)])

    def forward(self, x):
        h = self.norms[1](self.second(F.leaky_relu(self.norms[0](self.first(x)), 0.1)))
        return F.leaky_relu(h + self.norms[2](self.shortcut(x)), 0.1)


class ResNetSmall(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.stem = nn.Conv2d(channels, 16, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(16, eps=1e-4, affine=False)
        self.blocks = nn.Sequential(Block(16, 32), Block(32, 64), Block(64, 128))
        self.heads = nn.Linear(128, 10)

    def forward(self, x):
        return self.heads(self.blocks(F.leaky_relu(self.norm(self.stem(x)), 0.1)).mean((2, 3)))


class Transforms:
    """Rotation and translation told apart: each image in four rotations, each moved by a fifth of the side or not."""

    def __init__(self, rows, batch, tuned, channels=1, side=28, jitter=2):
        torch.manual_seed(0)
        self.batch, self.side, self.shift, self.jitter, self.tuned = batch, side, round(side / 5), jitter, tuned
        self.network = ResNetSmall(channels)
        self.data = torch.rand(rows, channels, side, side)
        if tuned:
            self.network.to(memory_format=torch.channels_last)
        self.adam = torch.optim.AdamW(
            self.network.parameters(), lr=1e-4, weight_decay=0.05, betas=(0.9, 0.99), fused=tuned or None
        )

    def views(self, x):
        """One look-up of all pixels: padded images, and where each of their views begins."""
        n, channels, side = len(x), x.shape[1], self.side
        margin = self.shift + self.jitter
        moved = torch.randint(-self.jitter, self.jitter + 1, (n, 2)).repeat(4, 1)
        classes = torch.randint(0, 3, (4 * n, 2))
        shift = self.shift * torch.tensor([0, 1, -1])[classes]
        padded = F.pad((x - 0.5) / 0.3, (margin,) * 4, value=-0.5 / 0.3)
        turned = torch.cat([torch.rot90(padded, k, (2, 3)) for k in range(4)])
        start = margin - shift + moved
        along = torch.arange(side)
        rows = (start[:, :1] + along)[:, None, :, None]
        columns = (start[:, 1:] + along)[:, None, None, :]
        which = torch.arange(4 * n)[:, None, None, None]
        made = turned[which, torch.arange(channels)[:, None, None], rows, columns]
        return made, torch.cat([torch.arange(4).repeat_interleave(n)[:, None], classes], 1)

    def epoch(self, threads):
        torch.set_num_threads(threads)
        start = time.perf_counter()
        for rows in torch.randperm(len(self.data)).split(self.batch):
            x, targets = self.views(self.data[rows])
            if self.tuned:
                x = x.contiguous(memory_format=torch.channels_last)
            logits = self.network(x).split((4, 3, 3), dim=1)
            loss = sum(F.cross_entropy(own, targets[:, k]) for k, own in enumerate(logits))
            self.adam.zero_grad()
            loss.backward()
            self.adam.step()
        return (time.perf_counter() - start) * 1000


class Training:
    def __init__(self, encoder, stage, rows, batch, weight_decay, tuned):
        torch.manual_seed(0)
        self.encoder, self.decoder, shape = NETWORKS[encoder]()
        self.stage, self.batch = stage, batch
        self.data = torch.rand(rows, *shape)
        nets = [self.encoder, self.decoder] if stage == "autoencoder" else [self.encoder]
        if tuned:
            for net in nets:
                net.to(memory_format=torch.channels_last)
            self.data = self.data.contiguous(memory_format=torch.channels_last)
        weights = [p for net in nets for p in net.parameters()]
        self.adam = torch.optim.Adam(weights, lr=1e-4, weight_decay=weight_decay, fused=tuned or None)
        self.center = torch.full((self.encoder.head.out_features,), 0.1)

    def epoch(self, threads):
        torch.set_num_threads(threads)
        start = time.perf_counter()
        for rows in torch.randperm(len(self.data)).split(self.batch):
            x = self.data[rows]
            z = self.encoder(x)
            if self.stage == "autoencoder":
                loss = ((self.decoder(z) - x) ** 2).mean()
            else:
                loss = ((z - self.center) ** 2).sum(dim=1).mean()
            self.adam.zero_grad()
            loss.backward()
            self.adam.step()
        return (time.perf_counter() - start) * 1000


def main():
    trainings = {}
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        key = (request["encoder"], request["stage"], request["tuned"])
        if request.pop("kind") == "open":
            if request["stage"] == "transforms":
                trainings[key] = Transforms(request["rows"], request["batch"], request["tuned"])
            else:
                trainings[key] = Training(**request)
            answer = None
        else:
            answer = trainings[key].epoch(request["threads"])
        print(json.dumps(answer), flush=True)


main()
