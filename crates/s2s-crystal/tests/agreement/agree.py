"""Do other libraries see the same atoms? Run by hand; the last results are in README.md beside this file.

    export S2S_DATA_DIR=…/data S2S_PEERS_DIR=$(mktemp -d)
    cargo test -p s2s-crystal --test it agreement
    python crates/s2s-crystal/tests/agreement/agree.py

Every structure that we wrote is read by pymatgen and ASE, every original CIF by gemmi, and the atoms are compared one
by one: the same elements and occupancies at the same places, to 1e-3 Å for written files, to 0.01 Å for gemmi, which
does not move atoms onto special positions.
"""

import collections
import json
import os
import pathlib
import warnings

import ase.io
import gemmi
import numpy
from pymatgen.core import Structure

warnings.simplefilter("ignore")
folder = pathlib.Path(os.environ["S2S_PEERS_DIR"])
originals = pathlib.Path(os.environ["S2S_DATA_DIR"]) / "cif"
outcome = collections.Counter()


def ours(path):
    """Lattice rows, and one (atomic number, occupancy, position) for each occupant."""
    crystal = json.loads(path.read_text())
    atoms = []
    for site in crystal["sites"]:
        species = next(iter(site["species"].values()))
        for occupant in species if isinstance(species, list) else [species]:
            atoms.append((occupant["element"], occupant["occupancy"], site["position"]))
    return numpy.array(crystal["lattice"]), atoms


def same(rows, atoms, others, tolerance):
    """Whether both lists hold the same atoms, in any order, each once."""
    if len(atoms) != len(others):
        return False
    left = list(others)
    for element, occupancy, position in atoms:
        for index, (other, share, place) in enumerate(left):
            if other == element and abs(share - occupancy) < 1e-4:
                apart = numpy.array(place) - numpy.array(position)
                if numpy.linalg.norm((apart - numpy.round(apart)) @ rows) < tolerance:
                    del left[index]
                    break
        else:
            return False
    return True


def from_pymatgen(structure):
    return [(e.Z, share, site.frac_coords) for site in structure for e, share in site.species.items()]


def from_ase(atoms):
    return [(int(z), 1.0, place) for z, place in zip(atoms.numbers, atoms.get_scaled_positions(wrap=False))]


def from_gemmi(path):
    block = gemmi.cif.read_string(path.read_text()).sole_block()
    sites = gemmi.make_small_structure_from_block(block).get_all_unit_cell_sites()
    return [(site.element.atomic_number, site.occ, site.fract.tolist()) for site in sites]


def count(library, name, agrees):
    outcome[library, "same" if agrees else "DIFFERENT"] += 1
    if not agrees:
        print(library, name)


for path in sorted(folder.glob("*.crystal")):
    name = path.name.removesuffix(".crystal")
    rows, atoms = ours(path)
    ordered = all(share > 0.999 for _, share, _ in atoms)
    written = lambda ending: folder / f"{name}.written.{ending}"
    structures = {
        "pymatgen CIF": Structure.from_str(written("cif").read_text(), fmt="cif"),
        "pymatgen JSON": Structure.from_dict(json.loads(written("json").read_text())),
    }
    if ordered:
        structures["pymatgen POSCAR"] = Structure.from_str(written("vasp").read_text(), fmt="poscar")
    for library, structure in structures.items():
        count(library, name, same(rows, atoms, from_pymatgen(structure), 1e-3))
    if ordered:
        for ending, form in [("cif", "cif"), ("vasp", "vasp"), ("extxyz", "extxyz")]:
            read = ase.io.read(written(ending), format=form)
            count(f"ASE {form}", name, same(rows, atoms, from_ase(read), 1e-3))
        entry = json.loads(written("optimade").read_text())["data"][0]["attributes"]
        cell = numpy.array(entry["lattice_vectors"])
        structure = Structure(cell, entry["species_at_sites"], entry["cartesian_site_positions"], coords_are_cartesian=True)
        count("OPTIMADE fields", name, same(rows, atoms, from_pymatgen(structure), 1e-3))
    rows, atoms = ours(folder / f"{name}.atoms")
    count("gemmi, original CIF", name, same(rows, atoms, from_gemmi(originals / name), 1e-2))

for (library, agreement), files in sorted(outcome.items()):
    print(f"{library:22} {agreement:10} {files}")
