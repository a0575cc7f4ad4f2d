"""Peak memory of training the paper's network in plain padded PyTorch: batches of 64 crystals of MP-2018, Adam.

    cargo bench --features torch --bench model -- write target/mp2018.json
    python benches/memory.py target/mp2018.json [STEPS]

Crystals come in random order and each batch is padded to its longest, as in the authors' code; ten attention layers
of width 512 among atoms within 2 Å, Set2Set with ten steps, three lattice lengths, one logit. `benches/model.rs` trains
the same network on the same crystals and prints the same fields.
"""

import json
import math
import sys

import torch
from torch import nn

WIDTH, LAYERS, STEPS, BATCH = 512, 10, 10, 64


def memory(field):
    for line in open("/proc/self/status"):
        if line.startswith(field):
            return int(line.split()[1]) / 1024


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.position = nn.Embedding(96, WIDTH), nn.Linear(WIDTH, WIDTH, bias=False)
        self.layers = nn.ModuleList(nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(3)) for _ in range(LAYERS))
        self.cell, self.lattice = nn.LSTMCell(2 * WIDTH, WIDTH), nn.Linear(3, 2 * WIDTH, bias=False)
        self.head = nn.Sequential(nn.Linear(2 * WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 1))
        self.register_buffer("centers", torch.linspace(0, 5.12, WIDTH))

    def forward(self, tokens, distances, visible, lattice):
        gaussians = torch.exp(-((distances[..., None] - self.centers) ** 2) / 4)
        x = self.embedding(tokens) + self.position(gaussians)
        for query, key, value in self.layers:
            scores = query(x) @ key(x).transpose(1, 2) / math.sqrt(WIDTH)
            x = scores.masked_fill(~visible, -1e9).softmax(-1) @ value(x)
        padding = tokens == 0
        read = x.new_zeros(len(x), 2 * WIDTH)
        h = c = x.new_zeros(len(x), WIDTH)
        for _ in range(STEPS):
            h, c = self.cell(read, (h, c))
            scores = (x * h[:, None]).sum(-1).masked_fill(padding, -1e9).softmax(-1)
            read = torch.cat([h, (scores[..., None] * x).sum(1)], 1)
        return self.head(read + self.lattice(lattice)).squeeze(1)


def batch(group):
    slots = max(len(c["tokens"]) for c in group)
    tokens = torch.zeros(len(group), slots, dtype=torch.long)
    distances = torch.zeros(len(group), slots)
    visible = torch.eye(slots, dtype=torch.bool).repeat(len(group), 1, 1)
    for row, crystal in enumerate(group):
        atoms = len(crystal["tokens"])
        tokens[row, :atoms] = torch.tensor(crystal["tokens"])
        distances[row, :atoms] = torch.tensor(crystal["distances"])
        for atom, neighbors in enumerate(crystal["neighbors"]):
            visible[row, atom, neighbors] = True
    return tokens, distances, visible, torch.tensor([c["lattice"] for c in group])


def main():
    crystals = json.load(open(sys.argv[1]))
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else len(crystals) // BATCH
    torch.manual_seed(1)
    network = Network()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    before, longest = memory("VmRSS"), 0
    for step in range(steps):
        group = crystals[step * BATCH : (step + 1) * BATCH]
        longest = max(longest, max(len(c["tokens"]) for c in group))
        logits = network(*batch(group))
        loss = nn.functional.binary_cross_entropy_with_logits(logits, torch.zeros(len(group)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    report = {
        "who": "padded PyTorch", "preset": "paper", "what": "training", "set": "mp2018", "batch": BATCH,
        "steps": steps, "longest": longest, "memory_before_mib": before, "peak_memory_mib": memory("VmHWM"),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
