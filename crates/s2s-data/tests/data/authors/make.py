"""Writes crystals as the authors of S2SNet publish theirs: pickled lists of arrays, rows of nine numbers, labels.

    python make.py                        # three crystals, beside this file, that the tests read
    python make.py s2s.jsonl FOLDER       # all crystals of a set of JSON lines

The last two crystals have as many atoms as each other, and the first another number, as in the real files.
"""

import json
import os
import sys

import numpy as np


def write(records, folder):
    species, positions = np.empty(len(records), dtype=object), np.empty(len(records), dtype=object)
    for i, record in enumerate(records):
        species[i] = list(record["species"])
        positions[i] = np.array(record["frac_coords"], dtype=float)
    np.save(os.path.join(folder, "molecule.npy"), species)
    np.save(os.path.join(folder, "coordinates.npy"), positions)
    np.save(os.path.join(folder, "lattice_new.npy"), np.array([np.ravel(r["lattice"]) for r in records], dtype=float))
    with open(os.path.join(folder, "labels.csv"), "w") as file:
        file.write("mol_index,supercon\n")
        file.writelines(f"{i},{record['label']}\n" for i, record in enumerate(records))


def few():
    cubic = [[3.3, 0.0, 0.0], [0.0, 3.3, 0.0], [0.0, 0.0, 3.3]]
    return [
        {"species": [41], "frac_coords": [[0, 0, 0]], "lattice": cubic, "label": 1},
        {"species": [55, 17], "frac_coords": [[0, 0, 0], [0.5, 0.5, 0.5]], "lattice": cubic, "label": 0},
        {"species": [41, 7], "frac_coords": [[0, 0, 0], [0.5, 0.5, 0.125]], "lattice": cubic, "label": 1},
    ]


if len(sys.argv) == 3:
    write([json.loads(line) for line in open(sys.argv[1])], sys.argv[2])
else:
    write(few(), os.path.dirname(os.path.abspath(__file__)))
