"""usage: pytorch.py FOLDER

Loads what the example `pytorch` wrote into PyTorch's layers, and compares the answers.
Needs torch, numpy and safetensors.
"""
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn


class Lstm(nn.LSTM):
    """PyTorch's answers with the states too, which a Sequential cannot pass on."""

    def forward(self, x):
        return super().forward(x)[0]


NETWORKS = {
    "mlp": nn.Sequential(nn.Linear(64, 64), nn.LayerNorm(64), nn.GELU(), nn.Linear(64, 10)),
    "cnn": nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 4 * 4, 10),
    ),
    "lstm": nn.Sequential(
        Lstm(8, 32, num_layers=2, bidirectional=True, batch_first=True), nn.Flatten(), nn.Linear(8 * 64, 10),
    ),
}

folder, failed = Path(sys.argv[1]), False
for name, network in NETWORKS.items():
    network.load_state_dict(load_file(folder / f"{name}.safetensors"), strict=True)
    network.eval()
    io = np.load(folder / f"{name}.npz")
    with torch.no_grad():
        answers = network(torch.from_numpy(io["inputs"])).numpy()
    apart = np.abs(answers - io["outputs"]).max() / np.abs(io["outputs"]).max()
    print(f"{name}: loaded, answers at most {apart:.1e} of the largest apart")
    failed |= not apart < 1e-5
sys.exit(failed)
