"""The whole job as a Python script: read a table, pretrain, train, score, save. Arguments: data.csv model.pt."""

import sys

import numpy as np
import torch
from torch import nn

data = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1, dtype=np.float32)
torch.manual_seed(0)
order = torch.randperm(len(data))
held = len(data) // 5
x = torch.from_numpy(data)[order]
calibration, train = x[:held], x[held:]
mean, scale = train.mean(dim=0), train.std(dim=0)
train, calibration = (train - mean) / scale, (calibration - mean) / scale
encoder = nn.Sequential(
    nn.Linear(30, 128, bias=False), nn.LeakyReLU(0.1), nn.Linear(128, 64, bias=False), nn.LeakyReLU(0.1),
    nn.Linear(64, 16, bias=False),
)  # fmt: skip
decoder = nn.Sequential(
    nn.Linear(16, 64), nn.LeakyReLU(0.1), nn.Linear(64, 128), nn.LeakyReLU(0.1), nn.Linear(128, 30)
)


def fit(parameters, loss_of, epochs, rate):
    adam = torch.optim.Adam(parameters, lr=rate, weight_decay=1e-6)
    for _ in range(epochs):
        for rows in torch.randperm(len(train)).split(128):
            loss = loss_of(train[rows])
            adam.zero_grad()
            loss.backward()
            adam.step()


both = [*encoder.parameters(), *decoder.parameters()]
fit(both, lambda batch: ((decoder(encoder(batch)) - batch) ** 2).mean(), 50, 1e-3)
with torch.inference_mode():
    center = encoder(train).mean(dim=0)
    center = torch.where(center.abs() < 0.1, torch.where(center < 0, -0.1, 0.1), center)
center = center.clone()
fit(encoder.parameters(), lambda batch: ((encoder(batch) - center) ** 2).sum(dim=1).mean(), 50, 1e-4)
with torch.inference_mode():
    threshold = ((encoder(calibration) - center) ** 2).sum(dim=1).quantile(0.95)
torch.save({"encoder": encoder.state_dict(), "center": center, "mean": mean, "scale": scale, "t": threshold}, sys.argv[2])
