"""Encoders and losses of PatchSVDD by PyTorch, for patch-svdd.test.ts.

Run in this folder: python make_patch_svdd_golden.py   (writes patch_svdd_golden.json beside itself)

Weights and patches are too many to be stored: both sides make them from the same integer arithmetic, see `numbers`. Patches
are the tensors of PatchSamples. Everything is in double precision. Of gradients every 997th number is stored.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
here = pathlib.Path(__file__).parent
CHANNELS, DIM, SAMPLES, LAMBDA, LEARNING_RATE, STEPS, STRIDE = 2, 8, 3, 0.5, 0.02, 4, 997
WIDTHS = [CHANNELS, 32, 64, 128, 128, 64, 32, 32, DIM]
DIRECTIONS = [5, 0, 3]


def numbers(count, salt, bound):
    """In [-bound, bound), from the bits of (k * 2654435761 + salt * 40503) xor its upper half, modulo 2^32."""
    k = torch.arange(count, dtype=torch.int64)
    bits = (k * 2654435761 + salt * 40503) % 2**32
    bits = ((bits ^ (bits >> 16)) * 73244475) % 2**32
    bits = (bits ^ (bits >> 16)) % 2**32
    return (bits.double() / 2**31 - 1) * bound


specs = []
for k in range(8):
    specs += [(f"small.{k}.weight", [WIDTHS[k + 1], WIDTHS[k], 3, 3]), (f"small.{k}.bias", [WIDTHS[k + 1]])]
specs += [("large.0.weight", [128, DIM, 2, 2]), ("large.0.bias", [128])]
specs += [("large.1.weight", [DIM, 128, 1, 1]), ("large.1.bias", [DIM])]
for size in ("small", "large"):
    for k, (fan_in, width) in enumerate([(DIM, 128), (128, 128), (128, 8)]):
        specs += [(f"direction.{size}.{k}.weight", [fan_in, width]), (f"direction.{size}.{k}.bias", [width])]


def start():
    tensors = {}
    for salt, (name, shape) in enumerate(specs):
        count = int(torch.tensor(shape).prod())
        fan_in = shape[0] if name.startswith("direction") else count // shape[0]
        bound = 0.1 if name.endswith("bias") else (6 / fan_in) ** 0.5
        # Rounded to float32, as both sides begin with.
        value = numbers(count, salt + 1, bound).float().double().reshape(shape)
        tensors[name] = value.requires_grad_(True)
    return tensors


def encode_small(x, p):
    for k in range(8):
        x = F.conv2d(x, p[f"small.{k}.weight"], p[f"small.{k}.bias"], stride=2 if k == 0 else 1)
        x = torch.tanh(x) if k == 7 else F.leaky_relu(x, 0.1)
    return x


def encode_large(x, p):
    """As published: four patches of 32 pixels, whose vectors make a map of two by two."""
    rows = [torch.cat([encode_small(x[:, :, a : a + 32, b : b + 32], p) for b in (0, 32)], 3) for a in (0, 32)]
    h = F.leaky_relu(F.conv2d(torch.cat(rows, 2), p["large.0.weight"], p["large.0.bias"]), 0.1)
    return torch.tanh(F.conv2d(h, p["large.1.weight"], p["large.1.bias"]))


def patches_of(size):
    side = 32 if size == "small" else 64
    return numbers(SAMPLES * 4 * CHANNELS * side * side, 77 if size == "small" else 78, 1.5).float().double()


def losses(size, p):
    side, tiles = (32, 1) if size == "small" else (64, 2)
    # From tiles to whole patches.
    x = patches_of(size).reshape(SAMPLES * 4, tiles, tiles, CHANNELS, 32, 32).permute(0, 3, 1, 4, 2, 5)
    x = x.reshape(SAMPLES * 4, CHANNELS, side, side)
    h = (encode_small if size == "small" else encode_large)(x, p).reshape(SAMPLES, 4, DIM)
    z = h[:, 0] - h[:, 1]
    for k in range(3):
        z = z @ p[f"direction.{size}.{k}.weight"] + p[f"direction.{size}.{k}.bias"]
        z = z if k == 2 else F.leaky_relu(z, 0.1)
    position = F.cross_entropy(z, torch.tensor(DIRECTIONS), reduction="none")
    return position, (h[:, 2] - h[:, 3]).norm(dim=1), h


def total(p):
    both = [losses(size, p) for size in ("small", "large")]
    return sum(position.mean() + LAMBDA * distance.mean() for position, distance, _ in both)


short = lambda values: [float(f"{v:.9g}") for v in values.detach().reshape(-1).tolist()]  # noqa: E731
p = start()
golden = {"channels": CHANNELS, "latentDim": DIM, "samples": SAMPLES, "lambda": LAMBDA, "directions": DIRECTIONS}
golden |= {"learningRate": LEARNING_RATE, "stride": STRIDE, "sizes": {}}
for size in ("small", "large"):
    position, distance, h = losses(size, p)
    golden["sizes"][size] = {
        "position": short(position), "distance": short(distance), "embeddings": short(h)}
total(p).backward()
golden["gradient"] = {name: short(value.grad.reshape(-1)[::STRIDE]) for name, value in p.items()}

# Plain gradient descent: Adam divides by gradients, however small, so that rounding decides where some weights go.
optimizer = torch.optim.SGD(p.values(), lr=LEARNING_RATE)
golden["losses"] = []
for _ in range(STEPS):
    optimizer.zero_grad()
    loss = total(p)
    golden["losses"].append(float(f"{loss.item():.9g}"))
    loss.backward()
    optimizer.step()

# Embeddings of all patches of an image of 80 x 72 pixels, each cut out on its own.
image = numbers(CHANNELS * 80 * 72, 79, 1.5).float().double().reshape(1, CHANNELS, 80, 72)
with torch.no_grad():
    p = start()
    cut = lambda a, b, side: image[:, :, a : a + side, b : b + side]  # noqa: E731
    small = [[encode_small(cut(a, b, 32), p)[0, :, 0, 0] for b in range(0, 41, 4)] for a in range(0, 49, 4)]
    large = [[encode_large(cut(a, b, 64), p)[0, :, 0, 0] for b in range(0, 9, 16)] for a in range(0, 17, 16)]
    golden["maps"] = {
        "small": short(torch.stack([torch.stack(row) for row in small])[::3, ::2]),
        "large": short(torch.stack([torch.stack(row) for row in large])),
    }
(here / "patch_svdd_golden.json").write_text(json.dumps(golden) + "\n")
