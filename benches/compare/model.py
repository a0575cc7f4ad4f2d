"""The released S2SNet in plain PyTorch, from its description: five pre-norm transformer layers, Set2Set, four layers.

Needs `torch==2.11.0` beside the pinned libraries (several GB with its CUDA libraries): put it into `target/peers`, or name an
interpreter that has it in S2S_PEERS_PYTHON.

As the authors' code: batches of eight in random order padded to the longest, attention over all slots with a mask,
Gaussians from the host, ten Set2Set steps with an LSTM cell, two logits, Adam. Batches and Gaussians are made before
the clock starts; where S2S_COMPARE_DEVICE names a GPU, they are sent there one by one, as in the authors' code.
S2S_COMPARE_PRECISION is `single`, `tf32` (matrix products only) or `bf16` (autocast).
"""

import json
import math
import os

import numpy as np
import protocol
import torch
from torch import nn

WIDTH, LAYERS, HEADS, INNER, STEPS = 512, 5, 16, 2048, 10


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.output = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.expand, self.contract = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.attention_norm, self.feed_forward_norm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.dropout, self.attention_dropout = nn.Dropout(0.3), nn.Dropout(0.1)

    def attend(self, x, mask):
        crystals, slots, _ = x.shape
        q, k, v = (f(x).view(crystals, slots, HEADS, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
        scores = scores.masked_fill(mask[:, None, None, :] == 0, -1e9)
        mixed = self.attention_dropout(scores.softmax(-1)) @ v
        return self.output(mixed.transpose(1, 2).reshape(crystals, slots, WIDTH))

    def forward(self, x, mask):
        x = x + self.dropout(self.attend(self.attention_norm(x), mask))
        inner = self.dropout(torch.relu(self.expand(self.feed_forward_norm(x))))
        return x + self.dropout(self.contract(inner))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(96, WIDTH)
        self.position, self.position_norm, self.dropout = nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH), nn.Dropout(0.3)
        self.layers, self.norm = nn.ModuleList(Layer() for _ in range(LAYERS)), nn.LayerNorm(WIDTH)
        self.cell = nn.LSTMCell(2 * WIDTH, WIDTH)
        sizes = [2 * WIDTH, 3 * WIDTH, int(1.6 * WIDTH), int(0.8 * WIDTH), 2]
        self.head = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))

    def forward(self, tokens, gaussians, mask):
        position = self.dropout(nn.functional.gelu(self.position(gaussians)))
        x = self.position_norm(self.embedding(tokens) * math.sqrt(WIDTH) + position)
        for layer in self.layers:
            x = layer(x, mask)
        x = self.norm(x)
        read = x.new_zeros(len(x), 2 * WIDTH)
        h = c = x.new_zeros(len(x), WIDTH)
        for _ in range(STEPS):
            h, c = self.cell(read, (h, c))
            scores = (x * h[:, None]).sum(-1).masked_fill(mask == 0, -1e9).softmax(-1)
            read = torch.cat([h, (scores[..., None] * x).sum(1)], 1)
        for k, linear in enumerate(self.head):
            read = linear(read if k == 0 else nn.functional.gelu(read))
        return read


def load(network, tensors):
    names = {"embedding.weight": "encoder.embedding.weight"}
    for leaf in ("weight", "bias"):
        names[f"position.{leaf}"] = f"encoder.position.linear.{leaf}"
        names[f"position_norm.{leaf}"] = f"encoder.position.norm.{leaf}"
        names[f"norm.{leaf}"] = f"encoder.norm.{leaf}"
        for k in range(4):
            names[f"head.{k}.{leaf}"] = f"head.superconductivity.fc{k + 1}.{leaf}"
        for side in ("ih", "hh"):
            names[f"cell.{leaf}_{side}"] = f"readout.set2set.{leaf}_{side}"
        for k in range(LAYERS):
            for part in ("query", "key", "value", "output"):
                names[f"layers.{k}.{part}.{leaf}"] = f"encoder.layers.{k}.attention.{part}.{leaf}"
            for part in ("expand", "contract"):
                names[f"layers.{k}.{part}.{leaf}"] = f"encoder.layers.{k}.feed_forward.{part}.{leaf}"
            for part in ("attention_norm", "feed_forward_norm"):
                names[f"layers.{k}.{part}.{leaf}"] = f"encoder.layers.{k}.{part}.{leaf}"
    network.load_state_dict({ours: tensors[theirs] for ours, theirs in names.items()})


def read_safetensors(path):
    """The format is a length, a JSON header and the bytes: no package needed."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            values = np.frombuffer(body[first:last], dtype=np.float32).reshape(entry["shape"])
            tensors[name] = torch.from_numpy(values.copy())
    return tensors


def batches(crystals, size):
    centers = np.arange(512) * 0.01
    made = []
    for start in range(0, len(crystals), size):
        group = crystals[start : start + size]
        slots = max(len(c["tokens"]) for c in group)
        tokens = torch.zeros(len(group), slots, dtype=torch.long)
        gaussians = torch.zeros(len(group), slots, 512)
        for row, crystal in enumerate(group):
            atoms = len(crystal["tokens"])
            tokens[row, :atoms] = torch.tensor(crystal["tokens"])
            distances = np.array(crystal["distances"], dtype=np.float64)[:, None]
            gaussians[row, :atoms] = torch.from_numpy(np.exp(-((distances - centers) ** 2) / 0.25).astype(np.float32))
        labels = torch.tensor([int(c["label"]) for c in group])
        made.append((tokens, gaussians, (tokens != 0).to(torch.uint8), labels))
    return made


def main():
    threads = os.environ.get("OMP_NUM_THREADS")
    if threads:
        torch.set_num_threads(int(threads))
    device = torch.device(os.environ.get("S2S_COMPARE_DEVICE", "cpu"))
    precision = os.environ.get("S2S_COMPARE_PRECISION", "single")
    assert precision in ("single", "tf32", "bf16"), precision
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"

    def autocast():
        return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")

    folder = protocol.folder()
    crystals = json.loads((folder / "crystals.json").read_text())
    network = Network()
    load(network, read_safetensors(folder / "weights.safetensors"))
    network.to(device)
    network.eval()
    for size in (1, 8, 32):
        prepared = batches(crystals, size)

        def infer():
            with torch.inference_mode(), autocast():
                found = 0.0
                for batch in prepared:
                    tokens, gaussians, mask, _ = (tensor.to(device) for tensor in batch)
                    found += network(tokens, gaussians, mask).softmax(-1)[:, 1].double().sum().item()
                return found

        protocol.report("inference", f"PyTorch, batches of {size}", "crystals", len(crystals), infer)
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=2.5e-4, weight_decay=1e-4)
    prepared = batches(crystals, 8)

    def train():
        for batch in prepared:
            tokens, gaussians, mask, labels = (tensor.to(device) for tensor in batch)
            with autocast():
                loss = nn.functional.cross_entropy(network(tokens, gaussians, mask), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        loss.item()  # waits for a GPU
        return len(crystals)

    protocol.report("training", "PyTorch, batches of 8", "crystals", len(crystals), train)


if __name__ == "__main__":
    main()
