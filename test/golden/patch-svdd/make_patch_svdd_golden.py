"""Encoders and losses of PatchSVDD by PyTorch, for patch-svdd.test.ts.

Run in this folder: python make_patch_svdd_golden.py   (writes patch_svdd_golden.json beside itself)

Weights and images are too many to be stored: both sides make them from the same integer arithmetic, see `numbers`. Here
every patch is cut out and encoded on its own, as published; there the encoders slide over whole views. Everything is in
double precision. Of gradients every 997th number is stored.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
here = pathlib.Path(__file__).parent
CHANNELS, DIM, WIDTH, LAMBDA, LEARNING_RATE, STEPS, STRIDE = 2, 8, 8, 0.5, 0.02, 4, 997
CROPS, PAIRS, SIDE = 2, 3, 126
WIDTHS = [CHANNELS, WIDTH, 2 * WIDTH, 4 * WIDTH, 4 * WIDTH, 2 * WIDTH, 32, 32, DIM]
# Of each size: direction, then the places (row, column) of the first patch, the second one, and the neighbours.
PLACES = {
    "small": [
        [5, (3, 20), (16, 5), (0, 0)], [0, (40, 30), (25, 18), (47, 47)], [4, (7, 9), (7, 21), (13, 2)],
        [2, (30, 4), (17, 16), (22, 31)], [7, (11, 11), (23, 26), (5, 40)], [1, (47, 0), (35, 0), (1, 46)]],
    "large": [
        [6, (1, 8), (25, 8), (31, 0)], [3, (9, 31), (9, 0), (4, 5)], [0, (31, 30), (6, 2), (16, 16)],
        [7, (0, 0), (24, 31), (30, 12)], [4, (20, 3), (20, 28), (8, 27)], [5, (2, 29), (30, 1), (19, 19)]],
}


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


views = numbers(2 * CROPS * CHANNELS * SIDE * SIDE, 77, 1.5).float().double()
views = views.reshape(2, CROPS, CHANNELS, SIDE, SIDE)


def losses(size, p):
    side = 32 if size == "small" else 64
    encode = encode_small if size == "small" else encode_large

    def embedded(view, which):
        """Patches of every pair; places count two pixels."""
        cut = []
        for k, pair in enumerate(PLACES[size]):
            row, column = (2 * place for place in pair[which])
            cut.append(views[view, k // PAIRS, :, row : row + side, column : column + side])
        return encode(torch.stack(cut), p)[:, :, 0, 0]

    first = embedded(0, 1)
    z = first - embedded(1, 2)
    for k in range(3):
        z = z @ p[f"direction.{size}.{k}.weight"] + p[f"direction.{size}.{k}.bias"]
        z = z if k == 2 else F.leaky_relu(z, 0.1)
    position = F.cross_entropy(z, torch.tensor([pair[0] for pair in PLACES[size]]), reduction="none")
    return position, (embedded(0, 3) - embedded(1, 3)).norm(dim=1), first


def total(p):
    both = [losses(size, p) for size in ("small", "large")]
    return sum(position.mean() + LAMBDA * distance.mean() for position, distance, _ in both)


short = lambda values: [float(f"{v:.9g}") for v in values.detach().reshape(-1).tolist()]  # noqa: E731
p = start()
golden = {"channels": CHANNELS, "latentDim": DIM, "width": WIDTH, "crops": CROPS, "pairs": PAIRS, "side": SIDE}
golden |= {"lambda": LAMBDA, "learningRate": LEARNING_RATE, "stride": STRIDE, "places": PLACES, "sizes": {}}
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

# Embeddings of the patches about every fifth place of an image, of those every four pixels. Edges are mirrored.
HEIGHT, LENGTH = 78, 72
image = numbers(CHANNELS * HEIGHT * LENGTH, 79, 1.5).float().double().reshape(1, CHANNELS, HEIGHT, LENGTH)
mirrored = F.pad(image, (40, 40, 40, 40), mode="reflect")
with torch.no_grad():
    p = start()
    golden["maps"] = {}
    for size, side, encode in (("small", 32, encode_small), ("large", 64, encode_large)):
        # A place is of four pixels; as many of the patch are on one side of it as on the other.
        corner = lambda place: 40 + 4 * place - (side - 4) // 2  # noqa: B023, E731
        golden["maps"][size] = short(torch.stack([
            encode(mirrored[:, :, corner(a) : corner(a) + side, corner(b) : corner(b) + side], p)[0, :, 0, 0]
            for a in range(0, 20, 5) for b in range(0, 18, 5)]))
(here / "patch_svdd_golden.json").write_text(json.dumps(golden) + "\n")
