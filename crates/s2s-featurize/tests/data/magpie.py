"""Writes magpie.txt and magpie.f32.zst, the answers of matminer to which `magpie.rs` is held.

    python magpie.py SUPERCON_CSV [COUNT [FOLDER]]

COUNT formulas (default 1,000; 0 for all) are drawn from SuperCon as curated by Stanev et al. (2018; CC BY 4.0).
`magpie.txt` has one formula a line. The other file has, in 32-bit floats and column by column, the 145 features, the four
shares of valence electrons, and whether a neutral compound is possible when atoms of an element may differ in charge
(not a number where amounts are fractional, which matminer refuses, or more than 30 atoms take too long). Made with matminer 0.10.1, pymatgen-core 2026.10.16.
"""

import csv
import random
import subprocess
import sys
import time
import warnings

import numpy as np
from matminer.featurizers.base import MultipleFeaturizer
from matminer.featurizers.composition import ElementProperty, IonProperty, Stoichiometry, ValenceOrbital
from pymatgen.core import Composition

warnings.filterwarnings("ignore")


def readable(name):
    try:
        return Composition(name).num_atoms > 0
    except Exception:
        return False


def mixture(comp):
    if any(amount != int(amount) for amount in comp.values()) or comp.num_atoms > 30:
        return float("nan")
    return float(IonProperty(fast=False).featurize(comp)[0])


def main():
    with open(sys.argv[1]) as source:
        names = [row["name"] for row in csv.DictReader(source)]
    names = [name for name in names if readable(name)]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    folder = sys.argv[3] if len(sys.argv) > 3 else "."
    if count:
        names = random.Random(4).sample(names, count)
    features = MultipleFeaturizer([
        Stoichiometry(), ElementProperty.from_preset("magpie"), ValenceOrbital(props=["avg"]), IonProperty(fast=True),
    ])
    comps = [Composition(name) for name in names]
    start = time.perf_counter()
    rows = [features.featurize(comp) for comp in comps]
    print(f"matminer: {len(comps) / (time.perf_counter() - start):.1f} formulas/s on one thread", file=sys.stderr)
    shares = ValenceOrbital(props=["frac"])
    table = np.array([[*row, *shares.featurize(comp), mixture(comp)] for row, comp in zip(rows, comps)], dtype="<f4")
    with open(f"{folder}/magpie.txt", "w") as out:
        out.writelines(name + "\n" for name in names)
    subprocess.run(["zstd", "-q", "-f", "-19", "-o", f"{folder}/magpie.f32.zst"], input=table.T.tobytes(), check=True)


main()
