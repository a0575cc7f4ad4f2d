"""Neighbor lists: pymatgen's find_points_in_spheres, vesin and matscipy, on arrays that are ready for them."""

import json

import numpy as np
import protocol
from matscipy.neighbours import neighbour_list
from pymatgen.optimization.neighbors import find_points_in_spheres
from vesin import NeighborList

ALL = np.ones(3, dtype=np.int64)


def read(name):
    crystals = []
    for line in (protocol.folder() / name).read_text().splitlines():
        crystal = json.loads(line)
        lattice = np.array(crystal["lattice"], dtype=float)
        coordinates = np.array([site["position"] for site in crystal["sites"]], dtype=float)
        crystals.append((coordinates @ lattice, lattice))
    return crystals


def with_pymatgen(points, lattice, cutoff):
    # It lists every atom as a neighbor of itself, and computes no vectors.
    found = find_points_in_spheres(points, points, r=cutoff, pbc=ALL, lattice=lattice, tol=1e-8)
    return len(found[0]) - len(points)


def with_vesin(points, lattice, cutoff):
    search = NeighborList(cutoff=cutoff, full_list=True)
    return len(search.compute(points=points, box=lattice, periodic=True, quantities="ijSdD")[0])


def with_matscipy(points, lattice, cutoff):
    return len(neighbour_list("ijSdD", positions=points, cell=lattice, pbc=[True] * 3, cutoff=cutoff)[0])


PEERS = {"pymatgen": with_pymatgen, "vesin": with_vesin, "matscipy": with_matscipy}
for task, name, cutoff in [
    ("S2S, cutoff 5", "s2s.jsonl", 5.0),
    ("S2S, cutoff 8", "s2s.jsonl", 8.0),
    ("103823 atoms, cutoff 5", "large.jsonl", 5.0),
]:
    crystals = read(name)
    for peer, search in PEERS.items():

        def work():
            return sum(search(points, lattice, cutoff) for points, lattice in crystals)

        protocol.report(task, peer, "edges", work(), work)
