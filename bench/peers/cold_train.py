"""The work of `hypersphere train` as a plain PyTorch script: read, standardise, pretrain, train, threshold, save.

Arguments: rows.npz, model.pt, epochs of each stage. As users write it: default threads, default Adam, mini-batches of
a DataLoader-free shuffle, the encoder of Deep SVDD without biases.
"""

import sys

import numpy as np
import torch
from torch import nn

path, out, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
TRAIN, BATCH = 5000, 128

rows = np.load(path)["X"].astype(np.float64)
train, held_out = rows[:TRAIN], rows[TRAIN:]
mean, scale = train.mean(axis=0), train.std(axis=0)
features = torch.from_numpy((train - mean) / scale).float()
held_out = torch.from_numpy((held_out - mean) / scale).float()
width = features.shape[1]
torch.manual_seed(0)
if len(sys.argv) > 4:
    torch.set_num_threads(int(sys.argv[4]))


def layers(widths, bias):
    parts = []
    for k, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
        parts.append(nn.Linear(fan_in, fan_out, bias=bias))
        if k < len(widths) - 2:
            parts.append(nn.LeakyReLU(0.1))
    return nn.Sequential(*parts)


encoder = layers([width, 128, 64, 16], bias=False)
decoder = layers([16, 64, 128, width], bias=True)


def fit(parameters, loss_of, learning_rate):
    adam = torch.optim.Adam(parameters, lr=learning_rate, weight_decay=1e-6)
    for _ in range(epochs):
        for batch in torch.randperm(TRAIN).split(BATCH):
            adam.zero_grad()
            loss_of(features[batch]).backward()
            adam.step()


fit(
    [*encoder.parameters(), *decoder.parameters()],
    lambda x: ((decoder(encoder(x)) - x) ** 2).mean(),
    1e-3,
)
with torch.no_grad():
    center = encoder(features).mean(dim=0)
    center[(center.abs() < 0.1) & (center < 0)] = -0.1
    center[(center.abs() < 0.1) & (center >= 0)] = 0.1
fit(encoder.parameters(), lambda x: ((encoder(x) - center) ** 2).sum(dim=1).mean(), 1e-6)
with torch.no_grad():
    scores = ((encoder(held_out) - center) ** 2).sum(dim=1)
torch.save(
    {
        "encoder": encoder.state_dict(),
        "center": center,
        "mean": mean,
        "scale": scale,
        "threshold": float(torch.quantile(scores, 0.95)),
    },
    out,
)
