"""What numpy and zlib read from the shared images, as checksums of their bytes in [height, width, channels].

Usage: python make_images.py ../../../../shared/data/images > images.json
"""

import gzip
import json
import struct
import sys
import zlib

import numpy as np


def idx(path):
    data = gzip.open(path).read()
    dims = data[3]
    shape = struct.unpack(f">{dims}I", data[4 : 4 + 4 * dims])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dims).reshape(shape)


def cifar(path):
    records = np.frombuffer(gzip.open(path).read(), np.uint8).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0]


def png(path):
    """PNG specification, sections 5 and 9: 8 bits per channel, without interlacing."""
    data = open(path, "rb").read()
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", body)
        if kind == b"IDAT":
            packed += body
        at += 12 + length
    assert depth == 8 and interlace == 0 and colour in (0, 2)
    bpp = 3 if colour == 2 else 1
    raw = zlib.decompress(packed)
    stride = width * bpp
    out = np.zeros((height, stride), np.int64)
    for y in range(height):
        kind, *line = raw[y * (stride + 1) : (y + 1) * (stride + 1)]
        for x in range(stride):
            a = int(out[y, x - bpp]) if x >= bpp else 0
            b = int(out[y - 1, x]) if y else 0
            c = int(out[y - 1, x - bpp]) if y and x >= bpp else 0
            p = a + b - c
            near = min(((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c)))[2]
            out[y, x] = (line[x] + (0, a, b, (a + b) // 2, near)[kind]) & 255
    return out.astype(np.uint8).reshape(height, width, bpp)


def crc(array):
    return zlib.crc32(np.ascontiguousarray(array).tobytes())


def main(root):
    clothes = idx(f"{root}/fashion-mnist/t10k-images-idx3-ubyte.gz")
    clothes_labels = idx(f"{root}/fashion-mnist/t10k-labels-idx1-ubyte.gz")
    cifar_images, cifar_labels = cifar(f"{root}/cifar10/jpeg_test_4000.bin.gz")
    lungs = np.load(f"{root}/pneumoniamnist/pneumoniamnist.npz")
    parts = f"{root}/bsdata-pitting"
    images = ["test/good/000.png", "test/pitting/007.png", "train/good/259.png"]
    masks = ["000", "007", "166"]
    print(
        json.dumps(
            {
                "fashionTest": {
                    "all": crc(clothes),
                    "row1234": crc(clothes[1234]),
                    "labels": crc(clothes_labels),
                },
                "cifarTest": {
                    "all": crc(cifar_images),
                    "row17": crc(cifar_images[17]),
                    "labels": crc(cifar_labels),
                },
                "pneumoniaTest": {
                    "all": crc(lungs["test_images"]),
                    "labels": crc(lungs["test_labels"].astype(np.uint8)),
                },
                "parts": {name: crc(png(f"{parts}/{name}")) for name in images},
                "masks": {
                    name: crc((png(f"{parts}/ground_truth/pitting/{name}_mask.png")[:, :, 0] != 0).astype(np.uint8))
                    for name in masks
                },
            },
            indent=2,
        )
    )


main(sys.argv[1])
