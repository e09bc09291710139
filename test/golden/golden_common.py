"""What the scripts in the folders beside this file share."""
import numpy as np


def f32(values):
    """Shortest decimals that give the same float32 back."""
    return [float(str(v)) for v in np.asarray(values, dtype=np.float32).ravel()]


def short(values, digits):
    return [float(f"{v:.{digits}g}") for v in np.asarray(values, dtype=float).ravel()]


def deviation(found, expected):
    """Largest difference, relative to the largest entry of the same list."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def standardised_sample(path, rng):
    """Numbers of 400 training and of 60 further rows of a table, chosen at random, and all of its rows, standardised by
    the 400 (population deviation) and rounded to float32."""
    X = np.asarray(np.load(path)["X"], dtype=np.float64)
    chosen = rng.permutation(len(X))[:460]
    train, other = np.sort(chosen[:400]), np.sort(chosen[400:])
    mean, deviations = X[train].mean(axis=0), X[train].std(axis=0)
    return train, other, ((X - mean) / deviations).astype(np.float32).astype(np.float64)
