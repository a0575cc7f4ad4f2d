"""Writes some forty prototypes with every exporter of the Python packages, and reads back what this crate writes.

    pip install -r requirements.txt
    python exporters.py write                 # prototypes.json and exports.jsonl.zst, which the tests read
    cargo test -p s2s-data --test it exporters    # leaves what we write under target/tmp/written
    python exporters.py read ../../../../target/tmp/written > read_back.txt
"""

import io
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import gemmi
import spglib
from ase.io import read as ase_read, write as ase_write
from optimade.adapters.structures import Structure as OptimadeStructure
from pymatgen.core import Lattice, Structure
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.io.ase import AseAtomsAdaptor
from pymatgen.io.cif import CifWriter
from pymatgen.io.vasp import Poscar

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent


def prototypes():
    """Forty crystals: every crystal system and centering, mixed and partly filled sites, one to hundreds of atoms."""
    cubic, hexagonal, tetragonal = Lattice.cubic, Lattice.hexagonal, Lattice.tetragonal
    ortho, mono = Lattice.orthorhombic, Lattice.monoclinic

    def group(symbol, lattice, species, coords):
        return Structure.from_spacegroup(symbol, lattice, species, coords)

    made = {
        "simple_cubic": group("Pm-3m", cubic(3.35), ["Po"], [[0, 0, 0]]),
        "fcc": group("Fm-3m", cubic(3.61), ["Cu"], [[0, 0, 0]]),
        "bcc": group("Im-3m", cubic(3.3), ["Nb"], [[0, 0, 0]]),
        "diamond": group("Fd-3m", cubic(5.43), ["Si"], [[0, 0, 0]]),
        "hcp": group("P6_3/mmc", hexagonal(3.21, 5.21), ["Mg"], [[1 / 3, 2 / 3, 0.25]]),
        "rocksalt": group("Fm-3m", cubic(4.39), ["Nb", "N"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
        "cesium_chloride": group("Pm-3m", cubic(4.12), ["Cs", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
        "zincblende": group("F-43m", cubic(5.41), ["Zn", "S"], [[0, 0, 0], [0.25, 0.25, 0.25]]),
        "wurtzite": group("P6_3mc", hexagonal(3.82, 6.26), ["Zn", "S"], [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.374]]),
        "fluorite": group("Fm-3m", cubic(5.46), ["Ca", "F"], [[0, 0, 0], [0.25, 0.25, 0.25]]),
        "perovskite": group("Pm-3m", cubic(3.9), ["Sr", "Ti", "O"], [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0]]),
        "rutile": group("P4_2/mnm", tetragonal(4.59, 2.96), ["Ti", "O"], [[0, 0, 0], [0.305, 0.305, 0]]),
        "corundum": group("R-3c", hexagonal(4.76, 12.99), ["Al", "O"], [[0, 0, 0.352], [0.306, 0, 0.25]]),
        "bismuth_hexagonal": group("R-3m", hexagonal(4.55, 11.86), ["Bi"], [[0, 0, 0.234]]),
        "magnesium_diboride": group("P6/mmm", hexagonal(3.09, 3.52), ["Mg", "B"], [[0, 0, 0], [1 / 3, 2 / 3, 0.5]]),
        "a15": group("Pm-3n", cubic(5.29), ["Nb", "Sn"], [[0.25, 0, 0.5], [0, 0, 0]]),
        "iron_arsenide_1111": group(
            "P4/nmm",
            tetragonal(4.03, 8.74),
            ["La", "Fe", "As", "O"],
            [[0, 0.5, 0.142], [0, 0, 0.5], [0, 0.5, 0.651], [0, 0, 0]],
        ),
        "iron_arsenide_122": group(
            "I4/mmm", tetragonal(3.96, 13.02), ["Ba", "Fe", "As"], [[0, 0, 0], [0.5, 0, 0.25], [0, 0, 0.3545]]
        ),
        "lanthanum_cuprate": group(
            "I4/mmm",
            tetragonal(3.78, 13.2),
            ["La", "Cu", "O", "O"],
            [[0, 0, 0.361], [0, 0, 0], [0.5, 0, 0], [0, 0, 0.182]],
        ),
        "yttrium_cuprate": group(
            "Pmmm",
            ortho(3.82, 3.89, 11.68),
            ["Y", "Ba", "Cu", "Cu", "O", "O", "O", "O"],
            [
                [0.5, 0.5, 0.5],
                [0.5, 0.5, 0.184],
                [0, 0, 0],
                [0, 0, 0.356],
                [0, 0.5, 0],
                [0.5, 0, 0.378],
                [0, 0.5, 0.378],
                [0, 0, 0.158],
            ],
        ),
        "iron_selenide": group("P4/nmm", tetragonal(3.77, 5.52), ["Fe", "Se"], [[0, 0, 0], [0, 0.5, 0.267]]),
        "molybdenite": group("P6_3/mmc", hexagonal(3.16, 12.3), ["Mo", "S"], [[1 / 3, 2 / 3, 0.25], [1 / 3, 2 / 3, 0.621]]),
        "tantalum_arsenide": group("I4_1md", tetragonal(3.44, 11.64), ["Ta", "As"], [[0, 0, 0], [0, 0, 0.417]]),
        "cerium_115": group(
            "P4/mmm", tetragonal(4.61, 7.55), ["Ce", "Co", "In", "In"], [[0, 0, 0], [0, 0, 0.5], [0.5, 0.5, 0], [0, 0.5, 0.309]]
        ),
        "baddeleyite": group(
            "P2_1/c",
            mono(5.15, 5.21, 5.32, 99.2),
            ["Zr", "O", "O"],
            [[0.276, 0.041, 0.208], [0.07, 0.332, 0.345], [0.45, 0.757, 0.479]],
        ),
        "gallium_oxide": group(
            "C2/m",
            mono(12.23, 3.04, 5.8, 103.7),
            ["Ga", "Ga", "O", "O", "O"],
            [[0.09, 0, 0.795], [0.341, 0, 0.686], [0.167, 0, 0.109], [0.496, 0, 0.256], [0.827, 0, 0.436]],
        ),
        "triclinic_centered": group(
            "P-1",
            Lattice.from_parameters(5.1, 6.3, 7.7, 81.0, 95.5, 107.2),
            ["V", "O", "O"],
            [[0.13, 0.27, 0.41], [0.36, 0.11, 0.78], [0.69, 0.54, 0.09]],
        ),
        "triclinic": Structure(
            Lattice.from_parameters(4.3, 5.9, 6.8, 78.0, 82.0, 71.0),
            ["K", "Cr", "O", "O"],
            [[0.02, 0.05, 0.1], [0.48, 0.55, 0.47], [0.31, 0.22, 0.66], [0.77, 0.81, 0.29]],
        ),
        "distorted_perovskite": group(
            "Pnma",
            ortho(5.6, 7.67, 5.35),
            ["Gd", "Fe", "O", "O"],
            [[0.063, 0.25, 0.984], [0, 0, 0.5], [0.467, 0.25, 0.101], [0.305, 0.05, 0.694]],
        ),
        "chromium_boride": group("Cmcm", ortho(2.97, 7.86, 2.93), ["Cr", "B"], [[0, 0.146, 0.25], [0, 0.44, 0.25]]),
        "quartz": group("P3_221", hexagonal(4.91, 5.4), ["Si", "O"], [[0.47, 0, 2 / 3], [0.413, 0.267, 0.786]]),
        "spinel": group("Fd-3m", cubic(8.08), ["Mg", "Al", "O"], [[0.125, 0.125, 0.125], [0.5, 0.5, 0.5], [0.2624] * 3]),
        "garnet": group(
            "Ia-3d", cubic(12.0), ["Y", "Al", "Al", "O"], [[0.125, 0, 0.25], [0, 0, 0], [0.375, 0, 0.25], [0.97, 0.05, 0.149]]
        ),
        "orthorhombic_body_centered": group(
            "Immm", ortho(3.1, 4.7, 9.4), ["Ta", "Se"], [[0, 0, 0], [0, 0, 0.271]]
        ),
        "lanthanum_strontium_cuprate": group(
            "I4/mmm",
            tetragonal(3.78, 13.2),
            [{"La": 0.925, "Sr": 0.075}, "Cu", "O", "O"],
            [[0, 0, 0.361], [0, 0, 0], [0.5, 0, 0], [0, 0, 0.182]],
        ),
        "doped_arsenide": group(
            "I4/mmm", tetragonal(3.91, 13.2), [{"Ba": 0.6, "K": 0.4}, "Fe", "As"], [[0, 0, 0], [0.5, 0, 0.25], [0, 0, 0.354]]
        ),
        "niobium_zirconium": group("Im-3m", cubic(3.35), [{"Nb": 0.8, "Zr": 0.2}], [[0, 0, 0]]),
        "oxygen_deficient": group(
            "Pm-3m", cubic(4.0), ["Ba", "Bi", {"O": 0.9}], [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0]]
        ),
        "hematite_oxidized": group("R-3c", hexagonal(5.03, 13.75), ["Fe3+", "O2-"], [[0, 0, 0.355], [0.306, 0, 0.25]]),
    }
    made["bismuth_rhombohedral"] = made["bismuth_hexagonal"].get_primitive_structure()
    made["silicon_supercell"] = made["diamond"].copy() * (3, 3, 3)
    return made


def exports(structure):
    """Pairs of exporter and file name with text: what each package writes of a structure, if it can."""
    ordered = structure.is_ordered
    plain = structure.copy()
    plain.remove_oxidation_states()
    symmetric = str(CifWriter(structure, symprec=1e-3))
    yield "pymatgen CIF", "a.cif", str(CifWriter(structure))
    yield "pymatgen CIF with symmetry", "a.cif", symmetric
    yield "pymatgen JSON", "a.json", json.dumps(structure.as_dict())
    yield "pymatgen list", "a.json", json.dumps([structure.as_dict()])
    small = gemmi.make_small_structure_from_block(gemmi.cif.read_string(symmetric)[0])
    yield "gemmi CIF", "a.cif", small.make_cif_block().as_string()
    if not ordered:
        return
    yield "pymatgen POSCAR", "POSCAR", Poscar(structure).get_str()
    atoms = AseAtomsAdaptor.get_atoms(plain)
    # Oxidation states travel as charges, which ASE's formats then write as columns of their own.
    for kind, name in (("cif", "a.cif"), ("vasp", "POSCAR"), ("extxyz", "a.xyz"), ("json", "a.json")):
        with tempfile.NamedTemporaryFile(suffix="." + kind) as file:
            ase_write(file.name, atoms, format=kind)
            yield f"ASE {kind}", name, Path(file.name).read_text()
    cell = (plain.lattice.matrix, plain.frac_coords, [site.specie.Z for site in plain])
    for primitive in (False, True):
        lattice, positions, numbers = spglib.standardize_cell(cell, to_primitive=primitive, symprec=1e-3)
        standard = Structure(lattice, list(numbers), positions)
        name = "spglib primitive cell" if primitive else "spglib conventional cell"
        yield name, "POSCAR", Poscar(standard).get_str()
    entry = OptimadeStructure.ingest_from(plain)
    yield "optimade JSON", "a.json", entry.entry.model_dump_json(exclude_unset=True)
    yield "optimade CIF", "a.cif", entry.as_cif


def write():
    made = prototypes()
    assert len(made) >= 40, len(made)
    table = {}
    lines = []
    for name, structure in made.items():
        sites = [
            [{element.symbol: amount for element, amount in plain_species(site)}, list(map(float, site.frac_coords))]
            for site in structure
        ]
        table[name] = {"lattice": structure.lattice.matrix.tolist(), "sites": sites}
        count = 0
        for exporter, file, text in exports(structure):
            lines.append(json.dumps({"prototype": name, "exporter": exporter, "file": file, "text": text}))
            count += 1
        print(f"{name}: {len(structure)} atoms, {structure.get_space_group_info()[0]}, {count} files", file=sys.stderr)
    (HERE / "prototypes.json").write_text(json.dumps(table))
    packed = subprocess.run(["zstd", "-19", "-c"], input="\n".join(lines).encode() + b"\n", capture_output=True, check=True)
    (HERE / "exports.jsonl.zst").write_bytes(packed.stdout)
    print(f"{len(lines)} files, {len(packed.stdout)} bytes packed", file=sys.stderr)


def plain_species(site):
    return [(getattr(species, "element", species), amount) for species, amount in site.species.items()]


def readers(path):
    """What each package makes of a file that we wrote."""
    text = path.read_text()
    if path.suffix == ".cif":
        yield "pymatgen", lambda: Structure.from_str(text, fmt="cif")
        yield "ASE", lambda: AseAtomsAdaptor.get_structure(ase_read(path, format="cif"))
        yield "gemmi", lambda: from_gemmi(text)
    elif path.suffix == ".vasp":
        yield "pymatgen", lambda: Poscar.from_str(text).structure
        yield "ASE", lambda: AseAtomsAdaptor.get_structure(ase_read(path, format="vasp"))
        yield "spglib", lambda: through_spglib(Poscar.from_str(text).structure)
    elif path.suffix == ".xyz":
        yield "ASE", lambda: AseAtomsAdaptor.get_structure(ase_read(path, format="extxyz"))
    elif path.name.endswith(".ase.json"):
        yield "ASE", lambda: AseAtomsAdaptor.get_structure(ase_read(path, format="json"))
    elif path.name.endswith(".optimade.json"):
        yield "optimade", lambda: OptimadeStructure(entry_of(json.loads(text))).as_pymatgen
    else:
        yield "pymatgen", lambda: Structure.from_dict(json.loads(text))


def entry_of(document):
    entry = document["data"][0] if isinstance(document.get("data"), list) else document
    # What the specification requires of a server's entry and a structure does not have.
    entry["attributes"].setdefault("last_modified", "2026-01-01T00:00:00Z")
    return entry


def from_gemmi(text):
    small = gemmi.make_small_structure_from_block(gemmi.cif.read_string(text)[0])
    cell = small.cell
    lattice = Lattice.from_parameters(cell.a, cell.b, cell.c, cell.alpha, cell.beta, cell.gamma)
    mixed = {}
    for site in small.get_all_unit_cell_sites():
        place = tuple(round(x % 1, 6) % 1 for x in site.fract.tolist())
        mixed.setdefault(place, {})[site.element.name] = site.occ
    return Structure(lattice, list(mixed.values()), list(mixed))


def through_spglib(structure):
    cell = (structure.lattice.matrix, structure.frac_coords, [site.specie.Z for site in structure])
    lattice, positions, numbers = spglib.standardize_cell(cell, to_primitive=False, no_idealize=True, symprec=1e-3)
    return Structure(lattice, list(numbers), positions)


def read(folder):
    made = prototypes()
    matcher = StructureMatcher(ltol=1e-4, stol=1e-3, angle_tol=0.01, primitive_cell=True, scale=False)
    outcomes = {}
    for path in sorted(Path(folder).iterdir()):
        name = path.name.split(".")[0]
        expected = made[name].copy()
        expected.remove_oxidation_states()
        for package, reader in readers(path):
            kind = f"{package} reads our {path.name.split('.', 1)[1]}"
            good, bad = outcomes.setdefault(kind, ([], []))
            if not expected.is_ordered and package == "ASE":
                continue
            try:
                found = reader()
                found.remove_oxidation_states()
                (good if matcher.fit(expected, found) else bad).append(name)
            except Exception as error:  # noqa: BLE001
                bad.append(f"{name} ({type(error).__name__}: {error})")
    for kind, (good, bad) in sorted(outcomes.items()):
        print(f"{kind}: {len(good)} of {len(good) + len(bad)}" + ("; not " + ", ".join(bad) if bad else ""))


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write()
    elif sys.argv[1:2] == ["read"]:
        read(sys.argv[2])
    else:
        sys.exit(__doc__)
