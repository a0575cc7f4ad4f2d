"""Writes neighbors_of_s2s.json with vesin: how many neighbors the crystals of S2S have, and a sum that depends on every
one of them. Never run by the tests.

    S2S_DATA_DIR=... python make_neighbors.py
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
from vesin import NeighborList

FACTOR = np.uint64(0x9E3779B97F4A7C15)


def mixed(columns):
    """One number per row (splitmix64 of a polynomial in the columns); their sum does not depend on the order of rows."""
    state = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        state = state * FACTOR + (np.asarray(column).astype(np.int64) + 2**20).astype(np.uint64)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return int(np.sum(state ^ (state >> np.uint64(31)), dtype=np.uint64))


def main():
    path = Path(os.environ["S2S_DATA_DIR"]) / "s2s.jsonl.zst"
    lines = subprocess.run(["zstdcat", path], check=True, capture_output=True, text=True).stdout.splitlines()
    summary = []
    for cutoff in (5.0, 8.0):
        search = NeighborList(cutoff=cutoff, full_list=True)
        pairs, total = 0, 0
        for number, line in enumerate(lines):
            record = json.loads(line)
            lattice = np.array(record["lattice"], dtype=float)
            points = np.array(record["frac_coords"], dtype=float) @ lattice
            i, j, s = search.compute(points=points, box=lattice, periodic=True, quantities="ijS")
            pairs += len(i)
            total = (total + mixed([np.full(len(i), number), i, j, s[:, 0], s[:, 1], s[:, 2]])) % 2**64
        summary.append({"cutoff": cutoff, "crystals": len(lines), "pairs": pairs, "sum": f"{total:016x}"})
    Path(__file__).with_name("neighbors_of_s2s.json").write_text(json.dumps(summary) + "\n")


if __name__ == "__main__":
    main()
