"""The encoders of windows as a user of PyTorch writes them: the same arithmetic, from [rows, steps, channels]."""

import math

import torch
from torch import nn
from torch.nn import functional as F

WIDTH, HEADS, LAYERS, INNER, MOST_TOKENS, KERNEL, EPSILON = 64, 4, 2, 128, 64, 3, 1e-5


class Conv1d(nn.Module):
    """The guide's CNN; padded where the window is shorter than 26 steps."""

    def __init__(self, steps, channels, latent, slope):
        super().__init__()
        self.activation = nn.LeakyReLU(slope)
        padding = [3, 2, 1] if steps < 26 else [0, 0, 0]
        self.convs = nn.ModuleList([
            nn.Conv1d(channels, 32, 7, bias=False, padding=padding[0]),
            nn.Conv1d(32, 64, 5, bias=False, padding=padding[1]),
            nn.Conv1d(64, 128, 3, bias=False, padding=padding[2]),
        ])
        self.latent = nn.Linear(128, latent, bias=False)

    def forward(self, x):
        x = x.transpose(1, 2)
        for k, conv in enumerate(self.convs):
            x = self.activation(conv(x))
            if k < 2 and x.shape[2] > 1:
                x = F.max_pool1d(x, 2)
        return self.latent(x.mean(2))


class TcnBlock(nn.Module):
    def __init__(self, channels, dilation, slope):
        super().__init__()
        self.activation = nn.LeakyReLU(slope)
        self.pad = (KERNEL - 1) * dilation
        self.first = nn.Conv1d(channels, WIDTH, KERNEL, dilation=dilation, bias=False)
        self.second = nn.Conv1d(WIDTH, WIDTH, KERNEL, dilation=dilation, bias=False)
        self.projection = nn.Conv1d(channels, WIDTH, 1, bias=False) if channels != WIDTH else nn.Identity()

    def forward(self, x):
        h = self.activation(self.first(F.pad(x, (self.pad, 0))))
        h = self.activation(self.second(F.pad(h, (self.pad, 0))))
        return self.activation(h + self.projection(x))


class Tcn(nn.Module):
    def __init__(self, steps, channels, latent, slope):
        super().__init__()
        count = 1
        while 1 + 2 * (KERNEL - 1) * (2**count - 1) < steps:
            count += 1
        self.blocks = nn.Sequential(*[TcnBlock(channels if k == 0 else WIDTH, 2**k, slope) for k in range(count)])
        self.latent = nn.Linear(WIDTH, latent, bias=False)

    def forward(self, x):
        return self.latent(self.blocks(x.transpose(1, 2))[:, :, -1])


class Lstm(nn.Module):
    def __init__(self, steps, channels, latent, slope):
        super().__init__()
        self.lstm = nn.LSTM(channels, WIDTH, bias=False, batch_first=True)
        self.latent = nn.Linear(WIDTH, latent, bias=False)

    def forward(self, x):
        return self.latent(self.lstm(x)[0][:, -1])


class TransformerLayer(nn.Module):
    def __init__(self, slope):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.output = nn.Linear(WIDTH, WIDTH, bias=False)
        self.inner = nn.Linear(WIDTH, INNER, bias=False)
        self.outer = nn.Linear(INNER, WIDTH, bias=False)
        self.activation = nn.LeakyReLU(slope)

    def forward(self, x, cosines, sines):
        rows, tokens, _ = x.shape
        qkv = self.qkv(F.rms_norm(x, (WIDTH,), eps=EPSILON))
        q, k, v = qkv.view(rows, tokens, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)

        def rotate(t):
            turned = torch.stack((-t[..., 1::2], t[..., ::2]), dim=-1).flatten(-2)
            return t * cosines + turned * sines

        read = F.scaled_dot_product_attention(rotate(q), rotate(k), v)
        x = x + self.output(read.transpose(1, 2).reshape(rows, tokens, WIDTH))
        return x + self.outer(self.activation(self.inner(F.rms_norm(x, (WIDTH,), eps=EPSILON))))


class Transformer(nn.Module):
    def __init__(self, steps, channels, latent, slope):
        super().__init__()
        self.length = math.ceil(steps / MOST_TOKENS)
        self.count = math.ceil(steps / self.length)
        self.embedding = nn.Linear(self.length * channels, WIDTH, bias=False)
        self.layers = nn.ModuleList([TransformerLayer(slope) for _ in range(LAYERS)])
        self.latent = nn.Linear(WIDTH, latent, bias=False)
        head = WIDTH // HEADS
        frequency = 10_000.0 ** (-torch.arange(0, head, 2, dtype=torch.float64) / head)
        angles = torch.outer(torch.arange(self.count, dtype=torch.float64), frequency).repeat_interleave(2, dim=1)
        self.register_buffer("cosines", angles.cos().float())
        self.register_buffer("sines", angles.sin().float())

    def forward(self, x):
        rows, steps, channels = x.shape
        x = F.pad(x, (0, 0, self.count * self.length - steps, 0))
        x = self.embedding(x.reshape(rows, self.count, self.length * channels))
        for layer in self.layers:
            x = layer(x, self.cosines, self.sines)
        return self.latent(x.mean(1))


ENCODERS = {"conv1d": Conv1d, "tcn": Tcn, "lstm": Lstm, "transformer": Transformer}


def exchange(encoder, name):
    """Our parameters by name, each with the slice of PyTorch's and the functions between the two layouts.

    Ours are [in, out]; a convolution's rows go step by step, the gates of an LSTM are i, f, o, g,
    and of the pairs that rotary positions turn, the first numbers stand before the second ones.
    """

    def matrix(weight):
        return lambda: weight.detach().T, lambda value: weight.copy_(value.T)

    def kernel(weight):
        to, of, steps = weight.shape
        return (lambda: weight.detach().permute(2, 1, 0).reshape(steps * of, to),
                lambda value: weight.copy_(value.reshape(steps, of, to).permute(2, 1, 0)))

    def gates(weight):
        w = WIDTH
        order = torch.cat([torch.arange(0, 2 * w), torch.arange(3 * w, 4 * w), torch.arange(2 * w, 3 * w)])
        back = torch.argsort(order)
        return lambda: weight.detach()[order].T, lambda value: weight.copy_(value.T[back])

    def attention_inputs(weight):
        places = torch.arange(3 * WIDTH).view(3, -1)
        queries_and_keys = places[:2].view(2, WIDTH // 2, 2)
        order = torch.cat([queries_and_keys[..., 0].flatten(), queries_and_keys[..., 1].flatten(), places[2]])
        back = torch.argsort(order)
        return lambda: weight.detach()[order].T, lambda value: weight.copy_(value.T[back])

    found = {}
    if name == "conv1d":
        for k, conv in enumerate(encoder.convs):
            found[f"encoder.{k}.weight"] = kernel(conv.weight)
    elif name == "tcn":
        for k, block in enumerate(encoder.blocks):
            found[f"encoder.{k}.0.weight"] = kernel(block.first.weight)
            found[f"encoder.{k}.1.weight"] = kernel(block.second.weight)
            if not isinstance(block.projection, nn.Identity):
                found[f"encoder.{k}.projection.weight"] = kernel(block.projection.weight)
    elif name == "lstm":
        found["encoder.inputs"] = gates(encoder.lstm.weight_ih_l0)
        found["encoder.states"] = gates(encoder.lstm.weight_hh_l0)
    else:
        found["encoder.embedding.weight"] = matrix(encoder.embedding.weight)
        for k, layer in enumerate(encoder.layers):
            found[f"encoder.{k}.attention.inputs"] = attention_inputs(layer.qkv.weight)
            found[f"encoder.{k}.attention.output.weight"] = matrix(layer.output.weight)
            found[f"encoder.{k}.feed-forward.0.weight"] = matrix(layer.inner.weight)
            found[f"encoder.{k}.feed-forward.1.weight"] = matrix(layer.outer.weight)
    found["encoder.latent.weight"] = matrix(encoder.latent.weight)
    return found
