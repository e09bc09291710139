"""Small convolutional networks as ONNX files, and what PyTorch finds inside of them.

    pip install torch onnx
    python test/golden/backbones/make.py

Writes residual-9.onnx and residual-20.onnx (one network with random weights, written for operator sets 9 and 20, with
open numbers of rows, height and width) and residual.json: the maps of an image after the second and the third block.
"""

import json
import pathlib

import onnx
import torch
from torch import nn

HERE = pathlib.Path(__file__).parent
torch.manual_seed(0)


class Block(nn.Module):
    def __init__(self, channels, stride):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.short = nn.Conv2d(channels, channels, 1, stride, bias=False)

    def forward(self, x):
        inner = nn.functional.relu6(self.norm1(self.first(x)))
        return torch.relu(self.norm2(self.second(inner)) + self.short(x))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU6(), nn.MaxPool2d(2))
        self.blocks = nn.ModuleList([Block(8, 1), Block(8, 2), Block(8, 2)])
        self.classes = nn.Linear(8, 5)

    def forward(self, x):
        x = self.stem(x)
        maps = []
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        return self.classes(nn.functional.dropout(x.mean((2, 3)), 0.1, self.training)), maps


class Classifier(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x)[0]


network = Network()
for module in network.modules():
    if isinstance(module, nn.BatchNorm2d):
        module.running_mean.uniform_(-0.5, 0.5)
        module.running_var.uniform_(0.5, 2)
network.eval()
for opset in (9, 20):
    torch.onnx.export(
        Classifier(network),
        torch.zeros(1, 3, 64, 64),
        HERE / f"residual-{opset}.onnx",
        opset_version=opset,
        dynamo=False,
        do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE,
        input_names=["pixels"],
        output_names=["classes"],
        dynamic_axes={"pixels": {0: "n", 2: "h", 3: "w"}, "classes": {0: "n"}},
    )
count = 2 * 3 * 48 * 64
# Numbers that the test makes itself.
image = (((torch.arange(count) * 37) % 101).double() / 101).float().reshape(2, 3, 48, 64)
with torch.no_grad():
    _, maps = network(image)
numbers = lambda tensor: [float(f"{value:.7g}") for value in tensor.flatten().tolist()]
(HERE / "residual.json").write_text(
    json.dumps(
        {
            "torch": torch.__version__,
            "maps": [{"shape": list(each.shape), "data": numbers(each)} for each in maps[1:]],
        }
    )
)
for opset in (9, 20):
    print(opset, [node.op_type for node in onnx.load(HERE / f"residual-{opset}.onnx").graph.node])
