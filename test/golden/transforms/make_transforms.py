"""Views, encoder, loss, gradients and a short training of `transforms` by PyTorch, for transforms.test.ts.

Run in this folder: python make_transforms.py   (writes transforms.json beside itself; needs torch and scikit-learn)

Weights and images are too many to be stored: both sides make them from the same integer arithmetic, see `numbers`.
Everything is in double precision. Of gradients every 97th number is stored.
"""
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.covariance import oas

torch.set_num_threads(1)
here = pathlib.Path(__file__).parent
CHANNELS, SIDE, WIDTH, SLOPE, SHIFT, JITTER, STRIDE = 2, 12, 4, 0.1, 2, 1, 97
BLACK, MEAN, DEVIATION = -0.25, [0.1, -0.2], [0.5, 0.7]
BATCH, IMAGES, BANK, RATE, DECAY, STEPS = 3, 5, 3, 0.002, 0.05, 5
TRANSLATIONS = [0, 1, -1]
# For each image of a step: which, (dy, dx), mirrored, then the classes of the translation down and across in each rotation.
DRAWN = [
    [4, (1, -1), True, [(0, 0), (1, 2), (2, 0), (1, 1)]],
    [0, (0, 1), False, [(2, 2), (0, 1), (1, 0), (2, 1)]],
    [2, (-1, 0), True, [(1, 1), (2, 0), (0, 2), (0, 0)]],
]


def numbers(count, salt, bound):
    """In [-bound, bound), from the bits of (k * 2654435761 + salt * 40503) xor its upper half, modulo 2^32."""
    k = torch.arange(count, dtype=torch.int64)
    bits = (k * 2654435761 + salt * 40503) % 2**32
    bits = ((bits ^ (bits >> 16)) * 73244475) % 2**32
    bits = (bits ^ (bits >> 16)) % 2**32
    # Rounded to float32, as both sides begin with.
    return ((bits.double() / 2**31 - 1) * bound).float().double()


layers = [("stem", CHANNELS, WIDTH, 3)]
for k in (1, 2, 3):
    a, b = WIDTH * 2 ** (k - 1), WIDTH * 2**k
    layers += [(f"{k}.first", a, b, 3), (f"{k}.second", b, b, 3), (f"{k}.shortcut", a, b, 1)]


def start():
    tensors = {}
    for salt, (name, a, b, taps) in enumerate(layers):
        bound = (6 / (a * taps * taps)) ** 0.5
        tensors[name] = numbers(a * b * taps * taps, salt + 1, bound).reshape(b, a, taps, taps)
    tensors["heads.weight"] = numbers(10 * 8 * WIDTH, 31, 0.3).reshape(10, 8 * WIDTH)
    tensors["heads.bias"] = numbers(10, 32, 0.3)
    return {name: value.requires_grad_(True) for name, value in tensors.items()}


def statistics():
    return {name: (torch.zeros(b).double(), torch.ones(b).double()) for name, _, b, _ in layers}


def norm(x, name, running, training):
    return F.batch_norm(x, *running[name], training=training, momentum=0.1, eps=1e-4)


def encode(x, p, running, training):
    maps = [F.leaky_relu(norm(F.conv2d(x, p["stem"], padding=1), "stem", running, training), SLOPE)]
    for k in (1, 2, 3):
        first, second, shortcut = (f"{k}.{part}" for part in ("first", "second", "shortcut"))
        h = F.leaky_relu(norm(F.conv2d(maps[-1], p[first], padding=1, stride=2), first, running, training), SLOPE)
        h = norm(F.conv2d(h, p[second], padding=1), second, running, training)
        h = h + norm(F.conv2d(maps[-1], p[shortcut], stride=2), shortcut, running, training)
        maps.append(F.leaky_relu(h, SLOPE))
    return maps


images = numbers(IMAGES * CHANNELS * SIDE * SIDE, 77, 1.0).reshape(IMAGES, CHANNELS, SIDE, SIDE)


def padded(image, margin, padding):
    if padding == "zero":
        return F.pad(image, (margin,) * 4, value=BLACK)
    return F.pad(image[None], (margin,) * 4, mode="reflect")[0]


def view(image, padding, rotation, down, across, dy=0, dx=0, mirrored=False):
    big = padded(image, SHIFT + JITTER, padding)
    big = big[:, JITTER + dy : JITTER + dy + SIDE + 2 * SHIFT, JITTER + dx : JITTER + dx + SIDE + 2 * SHIFT]
    big = torch.rot90(big.flip(2) if mirrored else big, rotation, (1, 2))
    top, left = SHIFT - SHIFT * TRANSLATIONS[down], SHIFT - SHIFT * TRANSLATIONS[across]
    cut = big[:, top : top + SIDE, left : left + SIDE]
    return (cut - torch.tensor(MEAN)[:, None, None]) / torch.tensor(DEVIATION)[:, None, None]


def step_views(padding):
    views, targets = [], []
    for rotation in range(4):
        for which, (dy, dx), mirrored, moves in DRAWN:
            views.append(view(images[which], padding, rotation, *moves[rotation], dy, dx, mirrored))
            targets.append((rotation, *moves[rotation]))
    return torch.stack(views).double(), torch.tensor(targets)


def cross_entropies(pooled, p, targets):
    logits = (pooled @ p["heads.weight"].T + p["heads.bias"]).split((4, 3, 3), dim=1)
    return sum(F.cross_entropy(own, targets[:, k], reduction="none") for k, own in enumerate(logits))


short = lambda values: [float(f"{v:.9g}") for v in torch.as_tensor(values).detach().reshape(-1).tolist()]  # noqa: E731
golden = {
    "channels": CHANNELS, "side": SIDE, "width": WIDTH, "slope": SLOPE, "shift": SHIFT, "jitter": JITTER,
    "stride": STRIDE, "black": BLACK, "mean": MEAN, "deviation": DEVIATION, "batch": BATCH, "images": IMAGES, "bank": BANK,
    "rate": RATE, "decay": DECAY, "drawn": DRAWN, "paddings": {},
}
for padding in ("zero", "reflection"):
    p, running = start(), statistics()
    x, targets = step_views(padding)
    loss = cross_entropies(encode(x, p, running, True)[-1].mean((2, 3)), p, targets).mean()
    loss.backward()
    golden["paddings"][padding] = {
        "views": short(x), "loss": short(loss)[0],
        "gradient": {name: short(value.grad.reshape(-1)[::STRIDE]) for name, value in p.items()}}

# AdamW, on the same batch again and again.
p, running = start(), statistics()
x, targets = step_views("zero")
optimizer = torch.optim.AdamW(p.values(), lr=RATE, weight_decay=DECAY, betas=(0.9, 0.99))
golden["losses"] = []
for _ in range(STEPS):
    optimizer.zero_grad()
    loss = cross_entropies(encode(x, p, running, True)[-1].mean((2, 3)), p, targets).mean()
    golden["losses"].append(short(loss)[0])
    loss.backward()
    optimizer.step()
golden["statistics"] = {name: [short(mean), short(variance)] for name, (mean, variance) in running.items()}

# As it scores, with the start's weights and the statistics of the training: what is said of the transforms of each image, and
# what is taken of the first one.
with torch.no_grad():
    p = start()
    unlikely = torch.zeros(IMAGES).double()
    vectors, pooled = [], []
    for rotation in range(4):
        for down, across in ((0, 0), (0, 1), (1, 0), (0, 2), (2, 0)):
            x = torch.stack([view(image, "zero", rotation, down, across) for image in images]).double()
            maps = encode(x, p, running, False)
            targets = torch.tensor([[rotation, down, across]] * IMAGES)
            unlikely += cross_entropies(maps[-1].mean((2, 3)), p, targets)
            if down == across == 0:
                pooled.append(maps[-1].mean((2, 3)))
                vectors.append(torch.cat(
                    [m.mean((2, 3)) for m in maps] + [F.adaptive_avg_pool2d(m, 2).flatten(1) for m in maps[-2:]], 1)[0])
    golden["unlikelihood"] = short(unlikely)
    golden["vectors"] = short(torch.stack(vectors))
    # One less the cosine to the nearest of the first images in the same rotation, mean over the rotations.
    cosines = [F.cosine_similarity(own[:, None], own[None, :BANK], dim=2).max(1).values for own in pooled]
    golden["nearest"] = short(1 - torch.stack(cosines).mean(0))

# OAS by scikit-learn, of rows that both sides make.
rows = numbers(40 * 6, 91, 1.0).reshape(40, 6).numpy() * np.array([1, 2, 0.5, 1, 3, 1])
golden["oas"] = {"covariance": short(np.cov(rows.T, bias=True)), "rows": 40, "shrinkage": float(oas(rows)[1])}
(here / "transforms.json").write_text(json.dumps(golden) + "\n")
