"""Makes documents as the Materials Project's API and MP-2018.6.1 have them; needs pymatgen 2026.10.24.

    python make.py

The structures are made here: no data of the Materials Project is copied.
"""

import json
import zipfile

from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

niobium = Structure(Lattice.cubic(3.32), ["Nb", "Nb"], [[0, 0, 0], [0.5, 0.5, 0.5]])
salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), ["Na+", "Cl-"], [[0, 0, 0], [0.5, 0.5, 0.5]])
mixed = Structure(Lattice.tetragonal(3.8, 13.2), [{"La": 0.925, "Sr": 0.075}, "Cu"], [[0, 0, 0.36], [0, 0, 0]])


def document(name, structure, energy):
    return {
        "builder_meta": {"emmet_version": "0.84.2", "database_version": "2025.09.25"},
        "material_id": name,
        "formula_pretty": structure.composition.reduced_formula,
        "nsites": len(structure),
        "energy_above_hull": energy,
        "formation_energy_per_atom": -0.5 * energy,
        "band_gap": 0.0,
        "is_stable": energy == 0,
        "deprecated": False,
        "last_updated": "2025-09-25T00:00:00Z",
        "symmetry": {"number": 229},
        "structure": structure.as_dict(),
    }


documents = [
    document("mp-75", niobium, 0.0),
    document("mp-lxf", salt, 0.021),
    document("mp-mixed", mixed, 0.3),
    {**document("mp-gone", niobium, 0.1), "structure": None},
    document("mp-75b", niobium, 0.05),
]
with open("summary.json", "w") as file:
    json.dump({"data": documents, "meta": {"total_doc": len(documents)}}, file)
    file.write("\n")

entries = [
    {
        "structure": str(CifWriter(structure)),
        "graph": {"atom": [11, 17], "bond": [0.1], "index1": [0], "index2": [1], "state": [[0, 0]]},
        "formation_energy_per_atom": energy,
        "band_gap": gap,
        "material_id": name,
        "warning": None,
    }
    for name, structure, energy, gap in [("mp-75", niobium, 0.0, 0.0), ("mp-22862", salt, -2.09, 5.0)]
]
with open("mp_2018.json", "w") as file:
    json.dump(entries, file)
    file.write("\n")

with zipfile.ZipFile("mp_2018.json.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr(zipfile.ZipInfo("mp_2018.json", (2018, 6, 1, 0, 0, 0)), json.dumps(entries) + "\n", zipfile.ZIP_DEFLATED)
