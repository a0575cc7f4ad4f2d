"""Chemical formulas to compositions: pymatgen."""

import protocol
from pymatgen.core import Composition

formulas = (protocol.folder() / "formulas.txt").read_text().splitlines()


def parse():
    return sum(Composition(formula).num_atoms for formula in formulas)


protocol.report("parse", "pymatgen", "formulas", len(formulas), parse)
