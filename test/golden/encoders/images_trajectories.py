"""Training trajectories of PyTorch for images.test.ts: the image encoders, as their authors' code has them.

Run in this folder: python images_trajectories.py   (writes images.json beside itself)

Images, weights and the order of rows come from formulas that both sides compute, so that only results are stored: losses
of every step, running statistics, and of the other parameters the norm and some entries. The last batch of an epoch is
short. "float64" says how far the same trajectory in double precision ends from the one in float32, which is what
agreement between two float32 engines can be held to.

Decoders are written as their authors' code has them, with ConvTranspose2d; the weights that they start from are those of
the package's convolutions, flipped.
"""
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from golden_common import deviation, short  # noqa: E402

torch.set_num_threads(1)
EPS, SLOPE = 1e-4, 0.01


class Stream:
    """Numerical Recipes' linear congruential generator: the same 24-bit fractions in every language."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self, count):
        drawn = np.empty(count)
        for k in range(count):
            self.state = (self.state * 1664525 + 1013904223) % 2**32
            drawn[k] = (self.state >> 8) / 2**24
        return drawn


def images(rows, shape, seed):
    """Noise with a brighter diagonal band, and a quarter of background at exactly zero."""
    channels, height, width = shape
    x = Stream(seed).uniform(rows * channels * height * width).reshape(rows, channels, height, width) * 0.5
    y, z = np.mgrid[0:height, 0:width]
    for row in range(rows):
        x[row][:, (y + z + row) % 7 < 3] += 0.4
    x[:, :, :, : width // 4] = 0
    return x.reshape(rows, -1).astype(np.float32)


def order(rows, epoch):
    return [(5 * k + epoch) % rows for k in range(rows)]


def norm2d(channels):
    return nn.BatchNorm2d(channels, eps=EPS, affine=False)


def norm1d(channels):
    return nn.BatchNorm1d(channels, eps=EPS, affine=False)


def leaky(x):
    return F.leaky_relu(x, SLOPE)


def up(x):
    return F.interpolate(x, scale_factor=2)


class Lenet(nn.Module):
    """Encoders of three papers' networks. Layers are listed in the package's order."""

    def __init__(self, channels, hidden, flat, latent):
        super().__init__()
        self.convolutions = nn.ModuleList(
            [nn.Conv2d(a, b, 5, padding=2, bias=False) for a, b in zip(channels, channels[1:])]
        )
        self.norms = nn.ModuleList([norm2d(width) for width in channels[1:]])
        self.hidden = nn.Linear(flat, hidden, bias=False) if hidden else None
        self.norm = norm1d(hidden) if hidden else None
        self.head = nn.Linear(hidden or flat, latent, bias=False)

    def forward(self, x):
        for convolution, norm in zip(self.convolutions, self.norms):
            x = F.max_pool2d(leaky(norm(convolution(x))), 2)
        x = x.flatten(1)
        if self.hidden is not None:
            x = leaky(self.norm(self.hidden(x)))
        return self.head(x)

    def layers(self):
        found = list(zip(self.convolutions, self.norms))
        return [*found, *([(self.hidden, self.norm)] if self.hidden else []), (self.head, None)]


class MnistDecoder(nn.Module):
    def __init__(self, latent):
        super().__init__()
        self.d1 = nn.ConvTranspose2d(latent // 16, 4, 5, padding=2, bias=False)
        self.d2 = nn.ConvTranspose2d(4, 8, 5, padding=3, bias=False)
        self.d3 = nn.ConvTranspose2d(8, 1, 5, padding=2, bias=False)
        self.n1, self.n2 = norm2d(4), norm2d(8)

    def forward(self, z):
        x = up(leaky(z.view(len(z), -1, 4, 4)))
        x = up(leaky(self.n1(self.d1(x))))
        x = up(leaky(self.n2(self.d2(x))))
        return torch.sigmoid(self.d3(x))

    def layers(self):
        return [(None, None), (self.d1, self.n1), (self.d2, self.n2), (self.d3, None)]


class FashionDecoder(nn.Module):
    def __init__(self, latent):
        super().__init__()
        self.hidden, self.n0 = nn.Linear(latent, 128, bias=False), norm1d(128)
        self.d1 = nn.ConvTranspose2d(8, 32, 5, padding=2, bias=False)
        self.d2 = nn.ConvTranspose2d(32, 16, 5, padding=3, bias=False)
        self.d3 = nn.ConvTranspose2d(16, 1, 5, padding=2, bias=False)
        self.n1, self.n2 = norm2d(32), norm2d(16)

    def forward(self, z):
        x = self.n0(self.hidden(z))
        x = up(leaky(x.view(len(x), 8, 4, 4)))
        x = up(leaky(self.n1(self.d1(x))))
        x = up(leaky(self.n2(self.d2(x))))
        return torch.sigmoid(self.d3(x))

    def layers(self):
        return [(self.hidden, self.n0), (None, None), (self.d1, self.n1), (self.d2, self.n2), (self.d3, None)]


class CifarDecoder(nn.Module):
    def __init__(self, latent):
        super().__init__()
        self.n0 = norm1d(latent)
        widths = [latent // 16, 128, 64, 32, 3]
        self.deconvolutions = nn.ModuleList(
            [nn.ConvTranspose2d(a, b, 5, padding=2, bias=False) for a, b in zip(widths, widths[1:])]
        )
        self.norms = nn.ModuleList([norm2d(width) for width in widths[1:-1]])

    def forward(self, z):
        x = leaky(self.n0(z).view(len(z), -1, 4, 4))
        for deconvolution, norm in zip(self.deconvolutions, self.norms):
            x = up(leaky(norm(deconvolution(x))))
        return torch.sigmoid(self.deconvolutions[-1](x))

    def layers(self):
        return [(None, self.n0), (None, None), *zip(self.deconvolutions, [*self.norms, None])]


class Cnn(nn.Module):
    """The package's general encoder, for comparison only: it is nobody else's."""

    def __init__(self, channels, flat, latent):
        super().__init__()
        self.convolutions = nn.ModuleList(
            [nn.Conv2d(a, b, 3, padding=1, bias=False) for a, b in zip(channels, channels[1:])]
        )
        self.norms = nn.ModuleList([norm2d(width) for width in channels[1:]])
        self.head = nn.Linear(flat, latent, bias=False)

    def forward(self, x):
        for convolution, norm in zip(self.convolutions, self.norms):
            x = F.max_pool2d(leaky(norm(convolution(x))), 2)
        return self.head(x.flatten(1))

    def layers(self):
        return [*zip(self.convolutions, self.norms), (self.head, None)]


class CnnDecoder(nn.Module):
    """Of maps of odd size: where halving lost a line, one of zeros is added at the end."""

    def __init__(self, shapes, latent):
        super().__init__()
        self.shapes = shapes
        channels, height, width = shapes[-1]
        self.hidden, self.n0 = nn.Linear(latent, channels * height * width, bias=False), norm2d(channels)
        pairs = list(zip(shapes[::-1], shapes[-2::-1]))
        self.convolutions = nn.ModuleList([nn.Conv2d(a[0], b[0], 3, bias=False) for a, b in pairs])
        self.norms = nn.ModuleList([norm2d(b[0]) for _, b in pairs[:-1]])

    def forward(self, z):
        x = leaky(self.n0(self.hidden(z).view(len(z), *self.shapes[-1])))
        for k, convolution in enumerate(self.convolutions):
            _, height, width = self.shapes[-2 - k]
            x = up(x)
            down, across = height - x.shape[2] + 2, width - x.shape[3] + 2
            x = convolution(F.pad(x, (across // 2, across - across // 2, down // 2, down - down // 2)))
            if k < len(self.norms):
                x = leaky(self.norms[k](x))
        return torch.sigmoid(x)

    def layers(self):
        return [(self.hidden, None), (None, self.n0), *zip(self.convolutions, [*self.norms, None])]


def stored(layer):
    """A weight as the package has it: dense [in, out]; a transposed convolution as the convolution that it is."""
    weight = layer.weight.detach()
    if isinstance(layer, nn.Linear):
        return weight.T
    if isinstance(layer, nn.ConvTranspose2d):
        return weight.flip(2, 3).transpose(0, 1)
    return weight


def start(name, net, stream, dtype):
    for k, (layer, _) in enumerate(net.layers()):
        if layer is None:
            continue
        shape = stored(layer).shape
        values = stream.uniform(int(np.prod(shape))) * 2 - 1
        values = torch.from_numpy((values * np.sqrt(3 / np.prod(shape[1:] if len(shape) == 4 else shape[:1]))).astype(np.float32))
        values = values.reshape(shape).to(dtype)
        if isinstance(layer, nn.Linear):
            values = values.T
        elif isinstance(layer, nn.ConvTranspose2d):
            values = values.transpose(0, 1).flip(2, 3)
        layer.weight.data = values.contiguous()
    return net.to(dtype)


def run(case, stage, dtype):
    shape = case["shape"]
    x = torch.from_numpy(images(case["rows"], shape, 7)).to(dtype)
    stream = Stream(11)
    make_encoder, make_decoder = NETWORKS[case["encoder"]]
    latent = case["latentDim"]
    encoder = start("encoder", make_encoder(latent), stream, dtype)
    decoder = start("decoder", make_decoder(latent), stream, dtype)
    nets = {"encoder": encoder, "decoder": decoder} if stage == "autoencoder" else {"encoder": encoder}
    for net in nets.values():
        net.train()
    weights = [p for net in nets.values() for p in net.parameters()]
    rate, decay = case["learningRates"][stage], case["weightDecay"]
    if case["optimizer"] == "adam":
        optimizer = torch.optim.Adam(weights, lr=rate, weight_decay=decay)
    else:
        optimizer = torch.optim.SGD(weights, lr=rate, weight_decay=decay, momentum=0.9)
    center = torch.tensor([0.5 if k % 2 else -0.5 for k in range(latent)], dtype=dtype)
    losses = []
    for epoch in range(case["epochs"]):
        rows = order(case["rows"], epoch)
        for at in range(0, len(rows), case["batchSize"]):
            batch = x[rows[at:at + case["batchSize"]]]
            z = encoder(batch.view(len(batch), *shape))
            if stage == "autoencoder":
                loss = ((decoder(z).flatten(1) - batch) ** 2).mean()
            else:
                loss = ((z - center) ** 2).sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    for net in nets.values():
        net.eval()
    with torch.no_grad():
        z = encoder(x.view(len(x), *shape))
        result = decoder(z).flatten(1) if stage == "autoencoder" else z
    parameters = {}
    for name, net in nets.items():
        for k, (layer, norm) in enumerate(net.layers()):
            if norm is not None:
                parameters[f"{name}.{k}.mean"] = norm.running_mean.numpy().ravel()
                parameters[f"{name}.{k}.variance"] = norm.running_var.numpy().ravel()
            if layer is not None:
                parameters[f"{name}.{k}.weight"] = stored(layer).contiguous().numpy().ravel()
    return {"losses": np.array(losses), "result": result.numpy().ravel(), **parameters}


NETWORKS = {
    "mnist-lenet": (lambda latent: Lenet([1, 8, 4], 0, 196, latent), MnistDecoder),
    "fashion-mnist-lenet": (lambda latent: Lenet([1, 16, 32], 128, 1568, latent), FashionDecoder),
    "cifar10-lenet": (lambda latent: Lenet([3, 32, 64, 128], 0, 2048, latent), CifarDecoder),
    "cnn": (
        lambda latent: Cnn([3, 32, 64], 64 * 4 * 5, latent),
        lambda latent: CnnDecoder([(3, 18, 21), (32, 9, 10), (64, 4, 5)], latent),
    ),
}
# Adam divides by the size of gradients, which makes noise of those that are nothing but rounding: the larger networks,
# where single precision ends far from double precision with it, go down the slope with momentum.
CASES = [
    {"encoder": "mnist-lenet", "shape": [1, 28, 28], "latentDim": 32, "rows": 22, "batchSize": 8, "epochs": 5,
     "optimizer": "adam", "learningRates": {"autoencoder": 1e-3, "one-class": 1e-3}, "weightDecay": 0.5e-3},
    {"encoder": "fashion-mnist-lenet", "shape": [1, 28, 28], "latentDim": 64, "rows": 44, "batchSize": 16, "epochs": 4,
     "optimizer": "sgd", "learningRates": {"autoencoder": 0.005, "one-class": 1e-3}, "weightDecay": 0.5e-3},
    {"encoder": "cifar10-lenet", "shape": [3, 32, 32], "latentDim": 128, "rows": 11, "batchSize": 4, "epochs": 2,
     "optimizer": "sgd", "learningRates": {"autoencoder": 0.02, "one-class": 1e-4}, "weightDecay": 0.5e-6},
    {"encoder": "cnn", "shape": [3, 18, 21], "latentDim": 24, "rows": 22, "batchSize": 8, "epochs": 4,
     "optimizer": "adam", "learningRates": {"autoencoder": 1e-3, "one-class": 1e-3}, "weightDecay": 1e-4},
]
ENTRIES = 24


def entries(values):
    """Evenly spaced entries, all of them where there are few."""
    step = max(1, len(values) // ENTRIES)
    return values[::step]


cases = []
for case in CASES:
    for stage in ("autoencoder", "one-class"):
        single, double = run(case, stage, torch.float32), run(case, stage, torch.float64)
        worst = {name: deviation(single[name], double[name]) for name in double}
        cases.append({
            **case, "stage": stage,
            "losses": short(single["losses"], 8),
            "values": {
                name: {"norm": float(f"{np.linalg.norm(value.astype(float)):.8g}"), "largest": float(f"{np.abs(value).max():.8g}"), "entries": short(entries(value), 8)}
                for name, value in single.items() if name != "losses"
            },
            "float64": {"losses": float(f"{worst.pop('losses'):.1e}"), "values": float(f"{max(worst.values()):.1e}")},
        })
        print(case["encoder"], stage, cases[-1]["float64"], single["losses"][0], "->", single["losses"][-1], flush=True)

out = {"versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__}, "entries": ENTRIES, "cases": cases}
pathlib.Path(__file__).with_name("images.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
