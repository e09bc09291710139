"""Writes fcdd.json: forward pass, both losses and their gradients of FCDD's map network, by PyTorch.

python make_fcdd.py > fcdd.json
"""

import json

import numpy as np
import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
WIDTHS, CHANNELS, ROWS, HEIGHT, WIDTH, SLOPE = (3, 4, 5), 2, 4, 24, 16, 0.1
POOLED = (True, False, True, False, False)
INSIDE = [CHANNELS, WIDTHS[0], WIDTHS[1], WIDTHS[1], WIDTHS[2], WIDTHS[2]]

weights = [torch.randn(b, a, 3, 3) / (9 * a) ** 0.5 for a, b in zip(INSIDE, INSIDE[1:])]
head = torch.randn(1, WIDTHS[2], 1, 1)
f32 = lambda t: t.float().double()
weights = [f32(w).requires_grad_() for w in weights]
head = f32(head).requires_grad_()
crops = f32(torch.randn(ROWS, CHANNELS, HEIGHT, WIDTH))
masks = torch.zeros(ROWS, HEIGHT, WIDTH)
masks[0, 3:9, 2:11] = 1
masks[1, 20:24, 0:3] = 1

x = crops
for weight, pooled in zip(weights, POOLED):
    x = F.batch_norm(F.conv2d(x, weight, padding=1), None, None, training=True, eps=1e-4)
    x = F.leaky_relu(x, SLOPE)
    if pooled:
        x = F.max_pool2d(x, 2)
y = F.conv2d(x, head)
maps = (torch.sqrt(y**2 + 1) - 1)

# A transposed convolution with a fixed Gaussian of 30 taps, whose middle is the middle of each square of 4 x 4 pixels.
taps = torch.exp(-0.5 * ((torch.arange(30) - 14.5) / 4) ** 2)
spread = F.conv_transpose2d(maps, (taps[:, None] * taps)[None, None], stride=4, padding=13)[:, 0]
assert spread.shape == masks.shape, spread.shape
defective = masks.amax((1, 2)) > 0
push = lambda level: -torch.log(1 - torch.exp(-level) + 1e-6)
inside = (spread * masks).sum((1, 2))[defective] / masks.sum((1, 2))[defective]
pixel = ((1 - masks) * spread).mean() + push(inside).mean()
level = maps.mean((1, 2, 3))
image = level[~defective].mean() + push(level[defective]).mean()

numbers = lambda t: [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]
gradients = {
    name: [numbers(g) for g in torch.autograd.grad(loss, [*weights, head], retain_graph=True)]
    for name, loss in (("pixel", pixel), ("image", image))
}
print(
    json.dumps(
        {
            "shape": [ROWS, CHANNELS, HEIGHT, WIDTH],
            "widths": WIDTHS,
            "slope": SLOPE,
            "weights": [numbers(w) for w in [*weights, head]],
            "crops": numbers(crops),
            "masks": [int(v) for v in masks.flatten()],
            "maps": numbers(maps),
            "spread": numbers(spread),
            "losses": {"pixel": pixel.item(), "image": image.item()},
            "gradients": gradients,
        }
    )
)
