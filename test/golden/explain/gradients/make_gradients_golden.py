"""Integrated gradients of model files by PyTorch's automatic differentiation, for gradients.test.ts.

Run in the root, after make-models.js: python test/golden/explain/gradients/make_gradients_golden.py
(writes gradients_golden.json beside itself; needs numpy, onnx, onnxruntime and torch)

Each file is run node by node in PyTorch, in float64; its scores are those of ONNX Runtime. The path from the features of a
normal row to those of a row is cut into 4096 parts (see POINTS_OF for two others), whose middles are averaged.
Contributions of one column are added up. "gap" is by how much their sum misses the difference of both scores.
"""
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from onnx import numpy_helper

HERE = pathlib.Path(__file__).parent
POINTS = 4096
# The slopes of one jump where neighbours change; the recurrence of the other is slow, and smooth along the way.
POINTS_OF = {"contrast": 8192, "lstm": 128}
TYPES = {1: torch.float64, 11: torch.float64, 7: torch.int64, 9: torch.bool}


def tensor(array):
    x = torch.from_numpy(np.array(array))
    return x.double() if x.is_floating_point() else x


def ints(x):
    return [int(v) for v in x.reshape(-1)]


def reduced(f):
    return lambda n, a, x, axes: f(x, dim=ints(axes), keepdim=a.get("keepdims", 1) == 1)


def label(n, a, x):
    places = {key.decode(): place for key, place in zip(a["keys_strings"], a["values_int64s"])}
    return torch.tensor([places.get(text, a["default_int64"]) for text in x.reshape(-1)]).reshape(x.shape)


def gather(n, a, x, index):
    axis = a.get("axis", 0)
    picked = torch.index_select(x, axis, index.reshape(-1))
    return picked.reshape(x.shape[:axis] + index.shape + x.shape[axis + 1 :])


def pad(n, a, x, pads):
    numbers, axes = ints(pads), x.dim()
    return F.pad(x, [v for axis in reversed(range(axes)) for v in (numbers[axis], numbers[axes + axis])])


def conv(n, a, x, w):
    both = len(w.shape) - 2
    before, after = a["pads"][:both], a["pads"][both:]
    padded = F.pad(x, [v for axis in reversed(range(both)) for v in (before[axis], after[axis])])
    return {1: F.conv1d, 2: F.conv2d}[both](padded, w, stride=a["strides"], dilation=a["dilations"])


def gemm(n, a, x, y, more=None):
    assert a.get("alpha", 1) == 1 and a.get("beta", 1) == 1
    product = (x.T if a.get("transA") else x) @ (y.T if a.get("transB") else y)
    return product if more is None else product + more


def top_k(n, a, x, k):
    return torch.topk(x, ints(k)[0], dim=a.get("axis", -1), largest=a.get("largest", 1) == 1)


OPS = {
    "Abs": lambda n, a, x: x.abs(),
    "Add": lambda n, a, x, y: x + y,
    "Cast": lambda n, a, x: x.to(TYPES[a["to"]]),
    "Clip": lambda n, a, x, low, high: x.clamp(float(low), float(high)),
    "Concat": lambda n, a, *xs: torch.cat(xs, a["axis"]),
    "Conv": conv,
    "Div": lambda n, a, x, y: x / y if x.is_floating_point() else torch.div(x, y, rounding_mode="trunc"),
    "Exp": lambda n, a, x: x.exp(),
    "Expand": lambda n, a, x, shape: x.expand(ints(shape)),
    "Gather": gather,
    "Gemm": gemm,
    "Greater": lambda n, a, x, y: x > y,
    "GreaterOrEqual": lambda n, a, x, y: x >= y,
    "Identity": lambda n, a, x: x,
    "IsNaN": lambda n, a, x: x.isnan(),
    "LabelEncoder": label,
    "LeakyRelu": lambda n, a, x: F.leaky_relu(x, a["alpha"]),
    "Less": lambda n, a, x, y: x < y,
    "Log": lambda n, a, x: x.log(),
    "MatMul": lambda n, a, x, y: x @ y,
    "Max": lambda n, a, x, y: torch.maximum(*torch.broadcast_tensors(x, y)),
    "MaxPool": lambda n, a, x: F.max_pool2d(x, a["kernel_shape"], a["strides"]),
    "Min": lambda n, a, x, y: torch.minimum(*torch.broadcast_tensors(x, y)),
    "Mul": lambda n, a, x, y: x * y,
    "Neg": lambda n, a, x: -x,
    "Pad": pad,
    "Range": lambda n, a, start, limit, step: torch.arange(int(start), int(limit), int(step)),
    "ReduceMax": lambda n, a, x, axes: x.amax(dim=ints(axes), keepdim=a.get("keepdims", 1) == 1),
    "ReduceMean": reduced(torch.mean),
    "ReduceSum": reduced(torch.sum),
    "Relu": lambda n, a, x: x.relu(),
    "Reshape": lambda n, a, x, shape: x.reshape(ints(shape)),
    "Shape": lambda n, a, x: torch.tensor(x.shape),
    "Sigmoid": lambda n, a, x: x.sigmoid(),
    "Sqrt": lambda n, a, x: x.sqrt(),
    "Sub": lambda n, a, x, y: x - y,
    "Tanh": lambda n, a, x: x.tanh(),
    "Transpose": lambda n, a, x: x.permute(a["perm"]),
    "Where": lambda n, a, c, x, y: torch.where(c, x, y),
}


def run_nodes(nodes, known, stop=None):
    for n in nodes:
        if all(name in known for name in n.output):
            continue
        a = {each.name: onnx.helper.get_attribute_value(each) for each in n.attribute}
        inputs = [known.get(name) for name in n.input]
        if any(x is None for x in inputs):
            continue  # Not needed: it depends on what is not given.
        if n.op_type == "Loop":
            turns = ([torch.tensor(turn), inputs[1]] for turn in range(int(inputs[0])))
            made = repeated(a["body"], known, turns, inputs[2:], skipped=1, axis=0)
        elif n.op_type == "Scan":
            fed = inputs[len(inputs) - a["num_scan_inputs"] :]
            axis = (a.get("scan_input_axes") or [0])[0]
            turns = ([x.select(axis, turn) for x in fed] for turn in range(fed[0].shape[axis]))
            made = repeated(a["body"], known, turns, inputs[: len(inputs) - len(fed)], last=True, axis=0)
        elif n.op_type in ("Split", "TopK"):
            made = top_k(n, a, *inputs) if n.op_type == "TopK" else torch.split(inputs[0], ints(inputs[1]), a["axis"])
        else:
            made = [OPS[n.op_type](n, a, *inputs)]
        for name, value in zip(n.output, made):
            known.setdefault(name, value)
        if stop in n.output:
            return


def repeated(body, known, turns, carried, axis, skipped=0, last=False):
    """Runs a body turn by turn: what it carries on, and what it collects. Turns bring inputs before or after what is carried."""
    collected = []
    for given in turns:
        inner = dict(known)
        for each, value in zip(body.input, [*carried, *given] if last else [*given, *carried]):
            inner[each.name] = value
        run_nodes(body.node, inner)
        out = [inner[each.name] for each in body.output][skipped:]
        carried, kept = out[: len(carried)], out[len(carried) :]
        collected.append(kept)
    return [*carried, *(torch.stack(parts, axis) for parts in zip(*collected))]


class Model:
    def __init__(self, name):
        self.file = HERE / f"{name}.onnx"
        self.model = onnx.load(self.file)
        card = next(p.value for p in self.model.metadata_props if p.key == "hypersphere.card")
        self.card = json.loads(card)
        self.stored = {t.name: tensor(numpy_helper.to_array(t)) for t in self.model.graph.initializer}
        self.session = onnxruntime.InferenceSession(self.file, providers=["CPUExecutionProvider"])

    def features(self, feeds):
        known = dict(self.stored)
        for name, array in feeds.items():
            known[name] = array if array.dtype == object else tensor(array)
        wanted = self.card["inside"]["features"]
        run_nodes(self.model.graph.node, known, wanted)
        return known[wanted]

    def score(self, features):
        known = dict(self.stored)
        known[self.card["inside"]["features"]] = features
        run_nodes(self.model.graph.node, known, "score")
        return known["score"]


def feeds_of(kind, rows):
    if kind == "images":
        return {"image": np.array(rows, dtype=np.uint8).reshape(len(rows), 12, 12, 1)}
    if kind == "series":
        steps = np.array([rows["level"], rows["flow"]], dtype=float).T
        starts = range(0, len(steps) - 7, 4)
        return {"numeric": np.stack([steps[s : s + 8] for s in starts])}
    numbers = np.array([[np.nan if v is None else v for v in rows[c]] for c in "abc"], dtype=float).T
    return {"numeric": np.ascontiguousarray(numbers), "categorical": np.array(rows["kind"], dtype=object)[:, None]}


def parts_of(kind, count):
    """The column of each feature; of windows step and channel, of images the patch of an 8 x 8 grid."""
    if kind == "table":
        return [0, 1, 2] + [3] * (count - 3)
    if kind == "series":
        return list(range(count))
    return [((k // 12) * 8 // 12) * 8 + (k % 12) * 8 // 12 for k in range(count)]


rows = json.loads((HERE / "rows.json").read_text())
golden = HERE / "gradients_golden.json"
# Names of models make these anew, and leave the others as they are.
only = sys.argv[1:]
out = json.loads(golden.read_text()) if only else {}
for file in sorted(HERE.glob("*.onnx")):
    name = file.stem
    if only and name not in only:
        continue
    kind = rows["models"][name]
    model = Model(name)
    normal, odd = (feeds_of(kind, rows[kind][part]) for part in ("normal", "odd"))
    found = []
    ends = [model.features(feeds).double() for feeds in (normal, odd)]
    for feeds, features in zip((normal, odd), ends):
        expected = model.session.run(["score"], feeds)[0]
        assert np.allclose(model.score(features).numpy(), expected, rtol=1e-4, atol=1e-6), name
    parts = parts_of(kind, ends[0].shape[1])
    gaps = []
    points = POINTS_OF.get(name, POINTS)
    share = (torch.arange(points, dtype=torch.float64)[:, None] + 0.5) / points
    for to in ends[1]:
        for start in ends[0]:
            x = (start + share * (to - start)).requires_grad_()
            slopes = torch.autograd.grad(model.score(x).sum(), x)[0].mean(0) * (to - start)
            total = float((model.score(to[None]) - model.score(start[None]))[0])
            gaps.append(abs(float(slopes.sum()) - total) / float(slopes.abs().sum()))
            sums = np.zeros(max(parts) + 1)
            for part, value in zip(parts, slopes.tolist()):
                sums[part] += value
            found.append([float(f"{v:.5g}") for v in sums])
    print(name, len(found), "gap", max(gaps))
    out[name] = {"kind": kind, "contributions": found}
golden.write_text(json.dumps(dict(sorted(out.items()))) + "\n")
