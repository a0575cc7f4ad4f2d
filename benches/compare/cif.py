"""CIF texts to all atoms of the cell: gemmi, pymatgen, ASE."""

import io
import warnings

import ase.io
import gemmi
import protocol
from pymatgen.io.cif import CifParser

warnings.simplefilter("ignore")
texts = [path.read_text() for path in sorted(protocol.folder().glob("*.cif"))]


def with_gemmi():
    atoms = 0
    for text in texts:
        block = gemmi.cif.read_string(text).sole_block()
        atoms += len(gemmi.make_small_structure_from_block(block).get_all_unit_cell_sites())
    return atoms


def with_pymatgen():
    return sum(len(CifParser.from_str(text).parse_structures(primitive=False)[0]) for text in texts)


def with_ase():
    return sum(len(ase.io.read(io.StringIO(text), format="cif")) for text in texts)


protocol.report("structure", "gemmi", "files", len(texts), with_gemmi)
protocol.report("structure", "pymatgen", "files", len(texts), with_pymatgen)
protocol.report("structure", "ase", "files", len(texts), with_ase)
