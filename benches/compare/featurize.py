"""Network inputs: vectorized NumPy for S2SNet, CGCNN's own loader, matminer for the Magpie set."""

import json
import warnings

import numpy as np
import protocol
from matminer.featurizers.base import MultipleFeaturizer
from matminer.featurizers.composition import ElementProperty, IonProperty, Stoichiometry, ValenceOrbital
from pymatgen.core import Composition, Lattice, Structure

warnings.filterwarnings("ignore")
CGCNN_EVERY = 32
MAGPIE_EVERY = 56

lines = [json.loads(line) for line in (protocol.folder() / "crystals.jsonl").open()]
crystals = [(np.array(c["lattice"]), np.array(c["species"]), np.array(c["frac_coords"])) for c in lines]


def three(table, columns):
    return table[:, columns].sum(dtype=np.float64)


# S2SNet, three ways: as anybody writes it (the released code's formula, vectorized over atoms and centers, in NumPy's own
# precision); the same in single precision and in place; and all crystals at once in pieces that stay in the cache.
CENTERS = np.linspace(0.0, 5.12, 512)
SINGLE_CENTERS = CENTERS.astype(np.float32)


def in_single_precision(distances):
    z = distances.astype(np.float32)[:, None] - SINGLE_CENTERS
    z *= z
    z *= np.float32(-1 / 4.0)
    return np.exp(z, out=z)


def s2s_inputs(expanded):
    check = 0.0
    for lattice, species, frac in crystals:
        tokens = species.astype(np.int64)
        cart = frac @ lattice
        distances = np.linalg.norm(cart - cart.mean(axis=0), axis=1)
        check += tokens.sum() + distances.sum() + three(expanded(distances), [0, 100, 511])
    return check


def as_anybody_writes_it():
    return s2s_inputs(lambda distances: np.exp(-((distances[:, None] - CENTERS) ** 2) / 4.0).astype(np.float32))


ALL_LATTICES = np.concatenate([np.broadcast_to(c[0], (len(c[1]), 3, 3)) for c in crystals])
ALL_FRAC = np.concatenate([c[2] for c in crystals])
ALL_SPECIES = np.concatenate([c[1] for c in crystals])
COUNTS = np.array([len(c[1]) for c in crystals])
STARTS = np.concatenate([[0], np.cumsum(COUNTS)[:-1]])


def all_at_once():
    tokens = ALL_SPECIES.astype(np.int64)
    cart = np.einsum("ni,nij->nj", ALL_FRAC, ALL_LATTICES)
    means = np.add.reduceat(cart, STARTS) / COUNTS[:, None]
    distances = np.linalg.norm(cart - np.repeat(means, COUNTS, axis=0), axis=1)
    check = tokens.sum() + distances.sum()
    for start in range(0, len(distances), 256):
        check += three(in_single_precision(distances[start : start + 256]), [0, 100, 511])
    return check


protocol.report("S2S inputs", "NumPy", "crystals", len(crystals), as_anybody_writes_it)
protocol.report("S2S inputs", "NumPy, single precision", "crystals", len(crystals), lambda: s2s_inputs(in_single_precision))
protocol.report("S2S inputs", "NumPy, single, all at once", "crystals", len(crystals), all_at_once)


# CGCNN: what `CIFData.__getitem__` and `GaussianDistance` of cgcnn/data.py (Xie, MIT License) do after reading the file.
# The values of the element vectors do not matter for the time; these are the published ones.
with open(protocol.folder() / "cgcnn.txt") as table:
    ATOM_INIT = {z + 1: np.array([float(bit) for bit in line.strip()]) for z, line in enumerate(table)}
FILTER = np.arange(0, 8 + 0.2, 0.2)

some = crystals[::CGCNN_EVERY]
structures = [Structure(Lattice(lattice), species, frac) for lattice, species, frac in some]


def cgcnn_inputs():
    check = 0.0
    for crystal in structures:
        atom_fea = np.vstack([ATOM_INIT[crystal[i].specie.number] for i in range(len(crystal))])
        all_nbrs = crystal.get_all_neighbors(8.0, include_index=True)
        all_nbrs = [sorted(nbrs, key=lambda x: x[1]) for nbrs in all_nbrs]
        nbr_fea_idx, nbr_fea = [], []
        for nbr in all_nbrs:
            if len(nbr) < 12:
                nbr_fea_idx.append([x[2] for x in nbr] + [0] * (12 - len(nbr)))
                nbr_fea.append([x[1] for x in nbr] + [8.0 + 1.0] * (12 - len(nbr)))
            else:
                nbr_fea_idx.append([x[2] for x in nbr[:12]])
                nbr_fea.append([x[1] for x in nbr[:12]])
        nbr_fea_idx, nbr_fea = np.array(nbr_fea_idx), np.array(nbr_fea)
        gaussians = np.exp(-((nbr_fea[..., np.newaxis] - FILTER) ** 2) / 0.2**2)
        check += three(atom_fea, [0, 18, 91]) + nbr_fea.sum() + three(gaussians.reshape(-1, 41), [10, 15, 20])
    return check


protocol.report("CGCNN inputs", "published loader (pymatgen)", "crystals", len(structures), cgcnn_inputs)

magpie = MultipleFeaturizer([
    Stoichiometry(), ElementProperty.from_preset("magpie"), ValenceOrbital(props=["avg"]), IonProperty(fast=True),
])
formulas = (protocol.folder() / "formulas.txt").read_text().splitlines()[::MAGPIE_EVERY]
compositions = [Composition(formula) for formula in formulas]


def magpie_features():
    return sum(float(np.sum(np.asarray(magpie.featurize(c), dtype=float))) for c in compositions)


protocol.report("Magpie features", "matminer", "formulas", len(compositions), magpie_features)
