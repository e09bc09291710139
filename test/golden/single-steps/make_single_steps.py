"""Writes single_steps.json: how much the most salient step of windows stands out, by numpy's Fourier transform.

python make_single_steps.py > single_steps.json
"""

import json

import numpy as np

STILL = 0.01
random = np.random.default_rng(0)


def relative_residual(series):
    """Ren et al. 2019, of one series: amplitudes less the average of three neighbours, phases as they were."""
    steps = len(series)
    spectrum = np.fft.fft(series - series.mean())
    logs = np.log(np.sqrt(np.abs(spectrum) ** 2 + steps * STILL**2))
    logs[0] = logs[1]
    usual = np.mean([np.roll(logs, -1), logs, np.roll(logs, 1)], axis=0)
    back = np.fft.ifft(np.exp(-usual) * np.abs(spectrum) * np.exp(1j * np.angle(spectrum)))
    residual = np.abs(back)
    return residual / (residual.mean() + STILL / np.sqrt(steps))


def saliency(window):
    steps = len(window)
    found = np.stack([relative_residual(channel) for channel in window.T], axis=1)
    edge = steps // 4
    return np.sqrt(np.mean(found[edge : steps - edge] ** 2, axis=1)).max()


def case(steps, channels, count=12):
    t = np.arange(steps)[:, None]
    windows = []
    for k in range(count):
        window = np.sin(t * 0.7 + k + np.arange(channels)) + 0.05 * random.standard_normal((steps, channels))
        if k % 3 == 1:
            window[steps // 2 - 1, k % channels] += 3
        if k % 3 == 2:
            window[:, 0] = 5
        windows.append(window.astype("float32"))
    return {
        "shape": [steps, channels],
        "windows": [[float(f"{v:.9g}") for v in window.ravel()] for window in windows],
        "saliency": [saliency(window.astype("float64")) for window in windows],
    }


print(json.dumps([case(32, 1), case(25, 2), case(8, 3), case(6, 1)]))
