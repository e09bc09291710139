"""Writes series_trajectories.json: fifteen steps of one-class training of every encoder of windows, by PyTorch.

The networks are those of bench/peers/series_networks.py. Data and starting weights come from a generator that the test
repeats, so that they need not be stored; the results are. Needs numpy and torch: python3 make_series_trajectories.py
"""

import json
import pathlib
import sys

import numpy as np
import torch

sys.path += [str(pathlib.Path(__file__).parents[3] / "bench/peers"), str(pathlib.Path(__file__).parents[1])]
from golden_common import deviation, f32  # noqa: E402
from series_networks import ENCODERS, exchange  # noqa: E402

torch.set_num_threads(1)
ROWS, BATCH, EPOCHS, LATENT, CHANNELS, SLOPE = 48, 16, 5, 4, 2, 0.1
LEARNING_RATE, WEIGHT_DECAY, CENTER_FLOOR, PICKED = 1e-3, 1e-3, 0.1, 12
CASES = [("conv1d", 41), ("conv1d", 12), ("tcn", 51), ("tcn", 6), ("lstm", 20), ("transformer", 67), ("transformer", 9)]


class Uniform:
    """Numerical Recipes' linear congruential generator: numbers between -1 and 1."""

    def __init__(self, seed):
        self.state = seed

    def draw(self, count):
        found = np.empty(count)
        for k in range(count):
            self.state = (1664525 * self.state + 1013904223) % 2**32
            found[k] = self.state / 2**31 - 1
        return found


def run(encoder, steps, dtype):
    uniform = Uniform(1)
    x = torch.from_numpy(1.5 * uniform.draw(ROWS * steps * CHANNELS)).float().to(dtype).view(ROWS, steps, CHANNELS)
    model = ENCODERS[encoder](steps, CHANNELS, LATENT, SLOPE).to(dtype)
    parameters = exchange(model, encoder)
    with torch.no_grad():
        for read, write in parameters.values():
            shape = read().shape
            bound = 1 / np.sqrt(shape[0])
            write(torch.from_numpy(bound * uniform.draw(read().numel())).float().to(dtype).view(shape))
        mean = model(x).mean(0)
        floor = torch.where(mean < 0, -CENTER_FLOOR, CENTER_FLOOR).to(dtype)
        center = torch.where(mean.abs() < CENTER_FLOOR, floor, mean).float().to(dtype)
    adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    losses = []
    for _ in range(EPOCHS):
        for at in range(0, ROWS, BATCH):
            loss = ((model(x[at:at + BATCH]) - center) ** 2).sum(1).mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
            losses.append(loss.item())
    picked = {}
    for name, (read, _) in parameters.items():
        values = read().reshape(-1)
        picked[name] = values[torch.arange(PICKED) * len(values) // PICKED].tolist()
    with torch.no_grad():
        latent = model(x).flatten().tolist()
    return {"center": center.tolist(), "losses": losses, "latent": latent, "parameters": picked}


cases = []
for encoder, steps in CASES:
    single, double = run(encoder, steps, torch.float32), run(encoder, steps, torch.float64)
    cases.append({
        "encoder": encoder, "steps": steps,
        "center": f32(single["center"]), "losses": f32(single["losses"]), "latent": f32(single["latent"]),
        "parameters": {name: f32(values) for name, values in single["parameters"].items()},
        "float64": {
            "losses": float(f"{deviation(single['losses'], double['losses']):.1e}"),
            "latent": float(f"{deviation(single['latent'], double['latent']):.1e}"),
            "parameters": float(f"{max(deviation(single['parameters'][n], double['parameters'][n]) for n in double['parameters']):.1e}"),
        },
    })
    print(encoder, steps, cases[-1]["float64"], "loss", single["losses"][0], "->", single["losses"][-1])

out = {
    "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__},
    "rows": ROWS, "batchSize": BATCH, "epochs": EPOCHS, "latentDim": LATENT, "channels": CHANNELS, "slope": SLOPE,
    "learningRate": LEARNING_RATE, "weightDecay": WEIGHT_DECAY, "cases": cases,
}
path = pathlib.Path(__file__).with_name("series_trajectories.json")
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
