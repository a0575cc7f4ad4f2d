"""Writes the element tables of this folder from the Python packages that publish them.

    python make_tables.py CGCNN_ATOM_INIT_JSON

Needs matminer and pymatgen; sources and licenses are in README.md.
"""

import json
import math
import sys

from matminer.utils.data import MagpieData
from pymatgen.core import Element

PROPERTIES = [
    "Number", "MendeleevNumber", "AtomicWeight", "MeltingT", "Column", "Row", "CovalentRadius", "Electronegativity",
    "NsValence", "NpValence", "NdValence", "NfValence", "NValence",
    "NsUnfilled", "NpUnfilled", "NdUnfilled", "NfUnfilled", "NUnfilled",
    "GSvolume_pa", "GSbandgap", "GSmagmom", "SpaceGroupNumber",
]


def text(value):
    if math.isnan(value):
        return ""
    return str(int(value)) if value == int(value) else repr(value)


def main():
    magpie = MagpieData(impute_nan=False).all_elemental_props
    elements = [Element.from_Z(z) for z in range(1, 119)]
    with open("magpie.csv", "w") as out:
        out.write(",".join(["symbol", *PROPERTIES]) + "\n")
        for element in elements:
            out.write(",".join([element.symbol, *(text(magpie[p][element.symbol]) for p in PROPERTIES)]) + "\n")
    with open("ionic.csv", "w") as out:
        out.write("symbol,electronegativity,oxidation_states\n")
        for element in elements:
            states = " ".join(str(state) for state in element.common_oxidation_states)
            out.write(f"{element.symbol},{text(float(element.X))},{states}\n")
    with open(sys.argv[1]) as source, open("cgcnn.txt", "w") as out:
        rows = json.load(source)
        for z in range(1, 101):
            row = rows[str(z)]
            assert len(row) == 92 and set(row) <= {0, 1}
            out.write("".join(str(bit) for bit in row) + "\n")


main()
