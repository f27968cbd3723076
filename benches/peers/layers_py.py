"""usage: layers_py.py THREADS [PART_OF_A_NAME]

Times PyTorch's layers one by one: a prediction, and forward and backward with the derivatives
with respect to the input and the parameters. The layers and shapes are those of
`rust/downhill/src/bin/layers.rs`: keep the two alike.
"""
import sys

import torch
import torch.nn as nn

from rates import rate

threads, only = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
TOKENS = 1000
torch.set_num_threads(threads)
torch.manual_seed(0)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.MultiheadAttention(64, 4, batch_first=True)

    def forward(self, x):
        return self.inner(x, x, x, need_weights=False)[0]


class First(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)[0]


LAYERS = {
    "linear": ([64, 256], lambda: nn.Linear(256, 256)),
    "linear, sequence": ([16, 64, 64], lambda: nn.Linear(64, 256)),
    "conv 3×3": ([16, 16, 28, 28], lambda: nn.Conv2d(16, 32, 3, padding=1)),
    "conv 3×3, deep": ([16, 64, 14, 14], lambda: nn.Conv2d(64, 64, 3, padding=1)),
    "conv 3×3 of 8×8": ([16, 64, 8, 8], lambda: nn.Conv2d(64, 64, 3, padding=1)),
    "conv 3×3 of 7×7": ([16, 128, 7, 7], lambda: nn.Conv2d(128, 128, 3, padding=1)),
    "conv 3×3 of 4×4": ([16, 64, 4, 4], lambda: nn.Conv2d(64, 64, 3, padding=1)),
    "conv 3×3, stride 2": ([16, 32, 28, 28], lambda: nn.Conv2d(32, 64, 3, stride=2, padding=1)),
    "conv 3×3, 4 groups": ([16, 32, 14, 14], lambda: nn.Conv2d(32, 64, 3, groups=4, padding=1)),
    "conv 3×3, depthwise": ([16, 32, 28, 28], lambda: nn.Conv2d(32, 32, 3, groups=32, padding=1)),
    "conv 1×1": ([16, 64, 14, 14], lambda: nn.Conv2d(64, 128, 1)),
    "conv 5×5, 1 channel": ([64, 1, 28, 28], lambda: nn.Conv2d(1, 6, 5, padding=2)),
    "conv 5, sequence": ([32, 32, 128], lambda: nn.Conv1d(32, 64, 5, padding=2)),
    "transposed conv 4×4, stride 2": ([16, 32, 14, 14], lambda: nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1)),
    "max pool 2×2": ([16, 32, 28, 28], lambda: nn.MaxPool2d(2)),
    "average pool 2×2": ([16, 32, 28, 28], lambda: nn.AvgPool2d(2)),
    "batch norm": ([16, 32, 28, 28], lambda: nn.BatchNorm2d(32)),
    "group norm": ([16, 32, 28, 28], lambda: nn.GroupNorm(8, 32)),
    "layer norm": ([16, 64, 128], lambda: nn.LayerNorm(128)),
    "RMS norm": ([16, 64, 128], lambda: nn.RMSNorm(128)),
    "nearest ×2": ([16, 32, 14, 14], lambda: nn.Upsample(scale_factor=2)),
    "bilinear ×2": ([16, 32, 14, 14], lambda: nn.Upsample(scale_factor=2, mode="bilinear")),
    "RNN": ([32, 32, 64], lambda: First(nn.RNN(64, 128, batch_first=True))),
    "LSTM": ([32, 32, 64], lambda: First(nn.LSTM(64, 128, batch_first=True))),
    "GRU": ([32, 32, 64], lambda: First(nn.GRU(64, 128, batch_first=True))),
    "attention": ([16, 64, 64], Attention),
    "encoder layer": ([16, 64, 64], lambda: nn.TransformerEncoderLayer(64, 4, 256, 0.0, batch_first=True)),
    "embedding": ([32, 64], lambda: nn.Embedding(TOKENS, 64)),
    "softmax": ([64, 1000], lambda: nn.Softmax(1)),
    "gelu": ([64, 4096], nn.GELU),
    "dropout": ([64, 4096], lambda: nn.Dropout(0.5)),
}


def microseconds(f):
    return 1e6 / rate(1e9, f)


for name, (shape, make) in LAYERS.items():
    if only not in name:
        continue
    layer = make()
    count = torch.Size(shape).numel()
    if name == "embedding":
        x = (torch.arange(count) * 7919 % TOKENS).reshape(shape)
    else:
        x = torch.sin(torch.arange(count) * 0.7).reshape(shape)
    layer.eval()
    with torch.no_grad():
        y = layer(x)
        predict = microseconds(lambda: layer(x))
    cotangent = torch.cos(torch.arange(y.numel()) * 0.3).reshape(y.shape)
    layer.train()
    wanted = list(layer.parameters())
    if name != "embedding":
        wanted.insert(0, x.requires_grad_())
    train = microseconds(lambda: torch.autograd.grad(layer(x), wanted, cotangent))
    for what, us in (("predict", predict), ("train", train)):
        print(f"layer\t{name}\t{what}\ttorch\t{threads}\t{us:.2f}", flush=True)
