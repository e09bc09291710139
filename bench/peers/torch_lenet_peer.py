"""Deep SVDD on CIFAR-10 in PyTorch, as in its authors' code: one JSON request per line in, one JSON answer per line out.

Network, preprocessing, autoencoder, centre and compactness training of bench/cifar10.js, written from the authors'
repository (github.com/lukasruff/Deep-SVDD-PyTorch) and not from ours: ConvTranspose2d where we convolve, modules in
training mode where we weigh rows. Only the rows to train on, the numbers of the settings and, where asked for, the
weights to start from come from the request.
"""

import copy
import gzip
import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SLOPE = 0.01
FLOOR = 0.1


def read_binary(path):
    """Images in [0, 1], (n, 3, 32, 32), and classes."""
    with gzip.open(path, "rb") as file:
        records = np.frombuffer(file.read(), dtype=np.uint8).reshape(-1, 3073)
    return torch.from_numpy(records[:, 1:].astype(np.float32) / 255).reshape(-1, 3, 32, 32), records[:, 0]


def contrast_normalized(images):
    """Global contrast normalisation with the L1 scale."""
    images = images - images.mean(dim=(1, 2, 3), keepdim=True)
    return images / images.abs().mean(dim=(1, 2, 3), keepdim=True).clamp_min(1e-8)


def norm2d(channels):
    return nn.BatchNorm2d(channels, eps=1e-4, affine=False)


class Encoder(nn.Module):
    def __init__(self, latent):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, 5, bias=False, padding=2) for before, after in ((3, 32), (32, 64), (64, 128))
        )
        self.norms = nn.ModuleList(norm2d(conv.out_channels) for conv in self.convs)
        self.fc = nn.Linear(128 * 4 * 4, latent, bias=False)
        for conv in self.convs:
            nn.init.xavier_uniform_(conv.weight, gain=nn.init.calculate_gain("leaky_relu"))

    def forward(self, x):
        for conv, norm in zip(self.convs, self.norms):
            x = F.max_pool2d(F.leaky_relu(norm(conv(x)), SLOPE), 2)
        return self.fc(x.flatten(1))


class Decoder(nn.Module):
    def __init__(self, latent):
        super().__init__()
        self.channels = latent // 16
        self.code = nn.BatchNorm1d(latent, eps=1e-4, affine=False)
        self.deconvs = nn.ModuleList(
            nn.ConvTranspose2d(before, after, 5, bias=False, padding=2)
            for before, after in ((self.channels, 128), (128, 64), (64, 32), (32, 3))
        )
        self.norms = nn.ModuleList(norm2d(deconv.out_channels) for deconv in self.deconvs[:-1])
        for deconv in self.deconvs:
            nn.init.xavier_uniform_(deconv.weight, gain=nn.init.calculate_gain("leaky_relu"))

    def forward(self, z):
        x = F.leaky_relu(self.code(z).reshape(-1, self.channels, 4, 4), SLOPE)
        for deconv, norm in zip(self.deconvs, self.norms):
            x = F.interpolate(F.leaky_relu(norm(deconv(x)), SLOPE), scale_factor=2)
        return torch.sigmoid(self.deconvs[-1](x))


@torch.inference_mode()
def in_pieces(compute, rows):
    return torch.cat([compute(part) for part in rows.split(500)])


def train(modules, rows, batch, epochs, milestone, weight_decay, loss_of, after_epoch):
    parameters = [parameter for module in modules for parameter in module.parameters()]
    adam = torch.optim.Adam(parameters, lr=1e-4, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.MultiStepLR(adam, [milestone], gamma=0.1)
    for epoch in range(1, epochs + 1):
        for module in modules:
            module.train()
        total = 0.0
        for part in torch.randperm(len(rows)).split(batch):
            loss = loss_of(rows[part])
            adam.zero_grad()
            loss.backward()
            adam.step()
            total += loss.item() * len(part)
        schedule.step()
        for module in modules:
            module.eval()
        after_epoch(epoch, total / len(rows))


@torch.no_grad()
def take_over(encoder, decoder, path, specs):
    """Starts from weights stored one after the other, convolutions [out, in, k, k] and dense ones [in, out]."""
    stored = torch.from_numpy(np.fromfile(path, dtype=np.float32))
    parts = stored.split([math.prod(spec["shape"]) for spec in specs])
    weights = [
        part.reshape(spec["shape"]) for spec, part in zip(specs, parts) if spec["name"].endswith(".weight")
    ]
    *kernels, dense = weights[:4]
    for conv, weight in zip(encoder.convs, kernels, strict=True):
        conv.weight.copy_(weight)
    encoder.fc.weight.copy_(dense.T)
    # A transposed convolution of stride 1 is one with the kernel turned round.
    for deconv, weight in zip(decoder.deconvs, weights[4:], strict=True):
        deconv.weight.copy_(weight.flip(2, 3).transpose(0, 1))


def run(train_path, test_path, train_rows, held_rows, seed, latent, batch, pretraining, training, threads, start=None):
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    images = contrast_normalized(read_binary(train_path)[0])
    used = images[train_rows]
    low, high = used.min(), used.max()
    used, held, test = [
        (each - low) / (high - low) for each in (used, images[held_rows], contrast_normalized(read_binary(test_path)[0]))
    ]
    encoder, decoder = Encoder(latent), Decoder(latent)
    if start is not None:
        take_over(encoder, decoder, **start)
    encoder.eval(), decoder.eval()
    curves = {"pretraining": [], "training": []}

    def center_of():
        center = in_pieces(encoder, used).mean(dim=0)
        sign = torch.where(center < 0, -1.0, 1.0)
        return torch.where(center.abs() < FLOOR, sign * FLOOR, center)

    def distances(rows, center):
        return in_pieces(lambda part: ((encoder(part) - center) ** 2).sum(dim=1), rows)

    def errors(rows):
        return in_pieces(lambda part: ((decoder(encoder(part)) - part) ** 2).mean(dim=(1, 2, 3)), rows)

    scores = {"untrained": distances(test, center_of())}

    # Our stage keeps the best state on held-out rows, the first one included.
    best = {"error": errors(held).mean().item(), "state": copy.deepcopy([encoder.state_dict(), decoder.state_dict()])}

    def keep_best(epoch, loss):
        error = errors(held).mean().item()
        curves["pretraining"].append({"epoch": epoch, "loss": loss, "validation": error})
        if error < best["error"]:
            best.update(error=error, state=copy.deepcopy([encoder.state_dict(), decoder.state_dict()]))

    train(
        [encoder, decoder], used, batch, **pretraining,
        loss_of=lambda x: ((decoder(encoder(x)) - x) ** 2).mean(), after_epoch=keep_best,
    )
    encoder.load_state_dict(best["state"][0])
    decoder.load_state_dict(best["state"][1])
    center = center_of()
    scores["pretrained"] = distances(test, center)

    def note(epoch, loss):
        held_loss = distances(held, center).mean().item()
        curves["training"].append({"epoch": epoch, "loss": loss, "validation": held_loss})

    train(
        [encoder], used, batch, **training,
        loss_of=lambda x: ((encoder(x) - center) ** 2).sum(dim=1).mean(), after_epoch=note,
    )
    scores["deepSvdd"] = distances(test, center)
    return {"scores": {name: values.tolist() for name, values in scores.items()}, **curves, "range": [low.item(), high.item()]}


def main():
    print(json.dumps({"torch": torch.__version__, "numpy": np.__version__}), flush=True)
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)


main()
