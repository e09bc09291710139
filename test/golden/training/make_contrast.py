"""Writes contrast.json: embedding, losses, gradients and ten steps of AdamW of contrast's network, by PyTorch.

python make_contrast.py > contrast.json
"""

import json

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
STEPS, CHANNELS, WIDTH, BATCH, MARGIN = 11, 2, 6, 7, 0.5
LATENT = max(16, WIDTH // 2)
KERNELS, WIDTHS = (7, 5, 3, 3), (WIDTH, 2 * WIDTH, WIDTH, LATENT)
f32 = lambda t: t.float().double()

inputs = (CHANNELS, *WIDTHS[:-1])
convolutions = [f32(torch.randn(b, a, k) / (a * k) ** 0.5) for a, b, k in zip(inputs, WIDTHS, KERNELS)]
matrix = lambda a, b: f32(torch.randn(a, b) / a**0.5)
projection = [matrix(LATENT, 4 * LATENT), matrix(4 * LATENT, 4 * LATENT)]
head = [matrix(2 * LATENT, LATENT), f32(torch.randn(LATENT)), matrix(LATENT, 1), f32(torch.randn(1))]
weights = [w.requires_grad_() for w in [*convolutions, *projection, *head]]

window = lambda: f32(torch.randn(BATCH, STEPS, CHANNELS).cumsum(1))
anchors, earlier = window(), window()
positives = f32(anchors + 0.3 * torch.randn(BATCH, STEPS, CHANNELS))
known = torch.tensor([1.0, 0, 1, 1, 0, 1, 1])
order_weight = 0.6


def embed(x):
    """[rows, steps, channels] to [rows, latent], with the statistics of the batch."""
    x = x - x.mean(1, keepdim=True)
    x = (x / torch.sqrt(x.square().mean(1, keepdim=True) + 1e-4)).transpose(1, 2)
    for weight in weights[:4]:
        x = F.conv1d(x, weight, padding=weight.shape[2] // 2)
        x = F.relu(F.batch_norm(x, None, None, training=True, eps=1e-4))
    return x.mean(2)


def triplets(a, p):
    a, p = (F.normalize(F.relu(h @ weights[4]) @ weights[5], dim=1) for h in (a, p))
    apart = 1 - a @ p.T
    negatives = apart.masked_fill(torch.eye(BATCH, dtype=bool), -1).amax(1)
    return F.relu(apart.diagonal() - negatives + MARGIN).mean()


def order(a, b):
    hidden = F.relu(torch.cat([a, b], 1) @ weights[6] + weights[7])
    return (hidden @ weights[8] + weights[9])[:, 0]


def losses():
    a, p, e = embed(torch.cat([anchors, positives, earlier])).split(BATCH)
    before = F.binary_cross_entropy_with_logits(order(a, e)[known > 0], torch.ones(int(known.sum())))
    others = torch.cat([order(a, a.roll(-k, 0)) for k in range(1, 6)])
    random = F.binary_cross_entropy_with_logits(others, torch.zeros(len(others)))
    ordered = triplets(a, p) + order_weight * (before + random)
    a2, p2 = embed(torch.cat([anchors, positives])).split(BATCH)
    return {"ordered": ordered, "triplets": triplets(a2, p2)}, a2


numbers = lambda t: [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]
# Convolutions as [kernel * channels, width], step after step.
laid = lambda t: t.permute(2, 1, 0) if t.dim() == 3 else t
found, embedded = losses()
answer = {
    "shape": [STEPS, CHANNELS],
    "width": WIDTH,
    "batch": BATCH,
    "margin": MARGIN,
    "orderWeight": order_weight,
    "weights": [numbers(laid(w)) for w in weights],
    "anchors": numbers(anchors),
    "positives": numbers(positives),
    "earlier": numbers(earlier),
    "known": numbers(known),
    "embedded": numbers(embedded),
    "losses": {name: loss.item() for name, loss in found.items()},
    "gradients": {
        name: [
            numbers(laid(g))
            for g in torch.autograd.grad(loss, weights if name == "ordered" else weights[:6], retain_graph=True)
        ]
        for name, loss in found.items()
    },
}
optimiser = torch.optim.AdamW(weights, lr=0.01, weight_decay=0.1)
trajectory = []
for _ in range(10):
    loss = losses()[0]["ordered"]
    trajectory.append(loss.item())
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
answer["trajectory"] = trajectory
print(json.dumps(answer))
