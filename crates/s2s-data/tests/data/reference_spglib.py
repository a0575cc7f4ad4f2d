"""Rebuilds every reference crystal with spglib's own symmetry operations and writes what spglib and pymatgen make of it.

    pip install numpy==2.4.6 pymatgen==2026.10.24 spglib==2.8.0
    python reference_spglib.py

writes reference_spglib.tsv beside this file and fails if a space group, an orbit or a Wyckoff letter is not the one that
the tables state. The Rust tests compare the crystals of the crate with that file.
"""

import pathlib
import re
import sys
import tomllib

import numpy as np
import spglib
from pymatgen.core import Composition, Element, Lattice, Structure

HERE = pathlib.Path(__file__).parent
TABLES = HERE.parent.parent / "src" / "reference"
# How far apart, in fractions of the cell, two positions are one.
SAME = 1e-5
# Tolerance of the search for symmetry, in Å.
SYMPREC = 1e-3


def operations():
    """The operations of every space group in the setting that the tables use."""
    standard = {}
    for hall in range(1, 531):
        kind = spglib.get_spacegroup_type(hall)
        rank = ["2", "H", "b1", ""].index(kind.choice) if kind.choice in ("2", "H", "b1", "") else 9
        if kind.number not in standard or rank < standard[kind.number][0]:
            standard[kind.number] = (rank, hall)
    return {number: spglib.get_symmetry_from_database(hall) for number, (_, hall) in standard.items()}


def evaluate(triplet, free):
    factor = re.sub(r"(\d)([a-z])", r"\1*\2", triplet)
    return np.array([eval(part, {"__builtins__": {}}, free) for part in factor.split(",")], dtype=float)


def sites(record, prototypes):
    """Space group and `(element, multiplicity, letter, position)` of every site."""
    if "prototype" in record:
        prototype = prototypes[record["prototype"]]
        number, lines = prototype["space_group"], prototype["sites"]
        kinds = dict(zip(dict.fromkeys(line[0] for line in lines), record["elements"], strict=True))
        lines = [kinds[line[0]] + line[1:] for line in lines]
    else:
        number, lines = record["space_group"], record["sites"]
    words = [line.split() for line in lines]
    free = record.get("free", {})
    return number, [(e, int(w[:-1]), w[-1], evaluate(t, free)) for e, w, t in words]


def lattice(number, cell):
    a, b, c = cell["a"], cell.get("b", cell["a"]), cell.get("c", cell["a"])
    gamma = 120.0 if 143 <= number <= 194 else cell.get("gamma", 90.0)
    return Lattice.from_parameters(a, b, c, cell.get("alpha", 90.0), cell.get("beta", 90.0), gamma)


def orbit(position, group):
    images = (group["rotations"] @ position + group["translations"]) % 1.0
    kept = []
    for image in images:
        if not any(np.abs((image - other) - np.round(image - other)).max() < SAME for other in kept):
            kept.append(image)
    return kept


def main():
    groups = operations()
    prototypes = {p["name"]: p for p in tomllib.loads((TABLES / "prototypes.toml").read_text())["prototype"]}
    wrong, rows, letters_compared = [], [], 0
    for table in ("superconductors.toml", "others.toml"):
        for record in tomllib.loads((TABLES / table).read_text())["crystal"]:
            name = record.get("name", record["formula"])
            number, wyckoff = sites(record, prototypes)
            species, positions, stated = [], [], []
            for element, multiplicity, letter, position in wyckoff:
                equivalent = orbit(position, groups[number])
                if len(equivalent) != multiplicity:
                    wrong.append(f"{name}: {element} has {len(equivalent)} equivalents, not {multiplicity}")
                species += [element] * len(equivalent)
                positions += equivalent
                stated += [letter] * len(equivalent)
            structure = Structure(lattice(number, record["cell"]), species, positions)
            if structure.composition.reduced_composition != Composition(record["formula"]).reduced_composition:
                wrong.append(f"{name}: is {structure.composition.reduced_formula}")
            cell = (structure.lattice.matrix, structure.frac_coords, [Element(e).Z for e in species])
            found = spglib.get_symmetry_dataset(cell, symprec=SYMPREC)
            primitive = spglib.find_primitive(cell, symprec=SYMPREC)
            if found.number != number:
                wrong.append(f"{name}: space group {found.number}, not {number}")
            # Another origin or other axes can be as good a description, with other letters.
            same_origin = np.abs(found.origin_shift - np.round(found.origin_shift)).max() < SAME
            if same_origin and np.allclose(found.transformation_matrix, np.eye(3), atol=SAME):
                letters_compared += 1
                if list(found.wyckoffs) != stated:
                    wrong.append(f"{name}: Wyckoff letters {''.join(found.wyckoffs)}, not {''.join(stated)}")
            volume = structure.volume / len(structure) * len(primitive[2])
            rows.append((name, found.number, found.international, len(primitive[2]), f"{volume:.6f}"))
    header = ("name", "space group", "symbol", "atoms of the primitive cell", "its volume in cubic angstrom")
    lines = ["\t".join(map(str, row)) for row in (header, *rows)]
    (HERE / "reference_spglib.tsv").write_text("\n".join(lines) + "\n")
    print(f"{len(rows)} crystals, Wyckoff letters compared for {letters_compared}, {len(wrong)} disagreements")
    print("\n".join(wrong))
    return bool(wrong)


sys.exit(main())
