"""Pairs of Materials Project crystals, and pymatgen's answer to whether they are one structure.

    pip install pymatgen==2026.10.24 zstandard
    python matching.py DATA PAIRS.jsonl

DATA is the folder of S2S_DATA_DIR. With S2S_MATCHING_PAIRS=PAIRS.jsonl, the test `pairs_are_answered_as_pymatgen_answers_them` compares
our answers and times with these.
"""

import collections
import json
import pathlib
import random
import sys
import time

import numpy as np
import zstandard
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure

MOST_SITES = 60


def records(path):
    with open(path, "rb") as file:
        text = zstandard.ZstdDecompressor().stream_reader(file).read().decode()
    for line in text.splitlines():
        record = json.loads(line)
        if len(record["species"]) <= MOST_SITES and all(isinstance(z, int) for z in record["species"]):
            yield record


def structure(record):
    return Structure(Lattice(record["lattice"]), record["species"], record["frac_coords"])


def rotation(draw):
    q, r = np.linalg.qr(draw.normal(size=(3, 3)))
    return q * np.sign(np.diag(r))


def another_basis(draw):
    rows = np.eye(3, dtype=int)[draw.permutation(3)]
    for _ in range(draw.integers(0, 4)):
        i, j = draw.permutation(3)[:2]
        rows[i] += draw.integers(-1, 2) * rows[j]
    return rows


def written_otherwise(given, draw):
    """Another origin, basis, supercell, orientation and order of atoms."""
    rows = another_basis(draw)
    if len(given) <= 20 and draw.random() < 0.5:
        rows = np.diag(draw.permutation([1, 1, draw.integers(1, 4)])) @ rows
    other = given.copy()
    other.make_supercell(rows)
    turned = Lattice(other.lattice.matrix @ rotation(draw).T)
    order = draw.permutation(len(other))
    positions = (other.frac_coords + draw.random(3))[order] % 1
    return Structure(turned, [other[int(k)].species for k in order], positions)


def strained(given, draw, by):
    strain = np.eye(3) + by * draw.uniform(-1, 1, (3, 3))
    return Structure(Lattice(given.lattice.matrix @ strain), given.species, given.frac_coords)


def displaced(given, draw, by):
    carts = given.cart_coords + by * draw.uniform(-1, 1, (len(given), 3))
    return Structure(given.lattice, given.species, carts, coords_are_cartesian=True)


def exchanged(given, draw):
    """Two elements on each other's sites; None where there are not as many of one as of the other."""
    amounts = given.composition.get_el_amt_dict()
    twins = [(a, b) for a in amounts for b in amounts if a < b and amounts[a] == amounts[b]]
    if not twins:
        return None
    a, b = twins[draw.integers(len(twins))]
    swap = {a: b, b: a}
    return Structure(given.lattice, [swap.get(s.specie.symbol, s.specie.symbol) for s in given], given.frac_coords)


def pairs(data):
    everything = list(records(data / "mp139k.jsonl.zst"))
    by_id = {record["id"]: record for record in everything}
    random.Random(1).shuffle(everything)
    take = iter(everything)
    for k in range(400):
        record, draw = next(take), np.random.default_rng(k)
        yield "written otherwise", [record["id"]], structure(record), written_otherwise(structure(record), draw)
    for k in range(350):
        record, draw = next(take), np.random.default_rng(1000 + k)
        other = strained(structure(record), draw, 0.01 + 0.01 * (k % 12))
        yield "strained by 1 to 12 %", [record["id"]], structure(record), written_otherwise(other, draw)
    for k in range(350):
        record, draw = next(take), np.random.default_rng(2000 + k)
        other = displaced(structure(record), draw, 0.02 + 0.08 * (k % 10))
        yield "displaced by 0.02 to 0.74 A", [record["id"]], structure(record), written_otherwise(other, draw)
    relaxed = 0
    for record in records(data / "s2s.jsonl.zst"):
        newer = by_id.get(record.get("mp_id") or record["id"])
        if newer and relaxed < 200 and sorted(newer["species"]) == sorted(record["species"]):
            relaxed += 1
            yield "relaxed otherwise", [record["id"], newer["id"]], structure(record), structure(newer)
    groups = collections.defaultdict(list)
    for record in everything:
        groups[formula(record)].append(record)
    groups = [group for group in groups.values() if len(group) > 1]
    for k in range(800 - relaxed):
        group = groups[k % len(groups)]
        one, other = random.Random(k).sample(group, 2)
        yield "one formula", [one["id"], other["id"]], structure(one), structure(other)
    swapped = 0
    for record in take:
        draw = np.random.default_rng(3000 + swapped)
        other = exchanged(structure(record), draw)
        if other is not None:
            swapped += 1
            yield "elements exchanged", [record["id"]], structure(record), written_otherwise(other, draw)
        if swapped == 100:
            return


def formula(record):
    """Elements with their shares, rounded: the same for every cell."""
    counts = collections.Counter(record["species"])
    return tuple(sorted((z, round(n / len(record["species"]), 6)) for z, n in counts.items()))


def written(given):
    return {
        "lattice": given.lattice.matrix.tolist(),
        "species": [site.specie.Z for site in given],
        "frac_coords": given.frac_coords.tolist(),
    }


def main():
    data, out = map(pathlib.Path, sys.argv[1:])
    with open(out, "w") as file:
        for kind, names, one, other in pairs(data):
            # A matcher remembers the cells that it has reduced; here every pair is a new one.
            StructureMatcher._get_reduced_istructure.cache_clear()
            start = time.process_time()
            fits = StructureMatcher().fit(one, other)
            seconds = time.process_time() - start
            both_ways = StructureMatcher().fit(one, other, symmetric=True)
            rms = StructureMatcher().get_rms_dist(one, other)
            line = {"kind": kind, "names": names, "crystals": [written(one), written(other)], "fits": bool(fits)}
            line["fits_both_ways"] = bool(both_ways)
            file.write(json.dumps(line | {"rms": rms and float(rms[0]), "seconds": seconds}) + "\n")


if __name__ == "__main__":
    main()
