"""How many files of others are read as gemmi and ASE read them? Run by hand; the last result is in ../../results/others.md.

    python -m venv venv && venv/bin/pip install gemmi==0.7.5 ase==3.29.0
    export S2S_OTHERS_DIR=…          # a folder of CIF files, sub-folders included
    cargo test -p s2s-crystal --test it write_structures_of_a_folder
    venv/bin/python crates/s2s-crystal/tests/agreement/others.py

Counted are files with one structure that is ordered (every occupancy 1, no two atoms within 0.05 Å) and that gemmi and ASE
read alike: the same cell to 1e-4, and the same elements at the same places to 0.05 Å. What is read otherwise or refused by us is
listed with the reason.
"""

import collections
import json
import os
import pathlib
import sys
import warnings

import ase.io.cif
import gemmi
import numpy

warnings.simplefilter("ignore")
folder = pathlib.Path(os.environ["S2S_OTHERS_DIR"])
TOLERANCE = 0.05  # Å


def same(rows, some, others):
    """Whether both lists hold the same elements at the same places."""
    if collections.Counter(e for e, _ in some) != collections.Counter(e for e, _ in others):
        return False
    by_element = collections.defaultdict(list)
    for element, place in others:
        by_element[element].append(place)
    for element in by_element:
        ours = numpy.array([place for e, place in some if e == element])
        theirs = numpy.array(by_element[element])
        apart = ours[:, None, :] - theirs[None, :, :]
        distance = numpy.linalg.norm((apart - numpy.round(apart)) @ rows, axis=2)
        if len(ours) > 3000 or (distance.min(axis=1) > TOLERANCE).any() or (distance.min(axis=0) > TOLERANCE).any():
            return False
    return True


def from_gemmi(path):
    """Cell vectors and atoms of the only structure; nothing if it is disordered."""
    document = gemmi.cif.read_string(path.read_bytes().decode("utf-8", "replace"))
    blocks = [b for b in document if b.find_loop("_atom_site_fract_x") or b.find_loop("_atom_site.fract_x")]
    if len(blocks) != 1:
        return None
    small = gemmi.make_small_structure_from_block(blocks[0])
    if not small.sites or any(abs(site.occ - 1) > 1e-3 for site in small.sites):
        return None
    sites = small.get_all_unit_cell_sites()
    rows = numpy.array(small.cell.orth.mat.tolist()).T
    return rows, [(site.element.name, numpy.array(site.fract.tolist())) for site in sites]


def from_ase(path):
    blocks = [b for b in ase.io.cif.parse_cif(str(path)) if b.has_structure()]
    if len(blocks) != 1:
        return None
    atoms = blocks[0].get_atoms()
    return numpy.array(atoms.cell), list(zip(atoms.get_chemical_symbols(), atoms.get_scaled_positions(wrap=False)))


def separate(rows, atoms):
    """Whether no two atoms lie on each other."""
    places = numpy.array([place for _, place in atoms])
    if len(places) > 3000:
        return True
    apart = places[:, None, :] - places[None, :, :]
    distance = numpy.linalg.norm((apart - numpy.round(apart)) @ rows, axis=2)
    return (distance + 10 * numpy.eye(len(places)) > TOLERANCE).all()


def metric(rows):
    return rows @ rows.T


ours = collections.defaultdict(dict)
for line in (folder / "ours.jsonl").read_text().splitlines():
    record = json.loads(line)
    ours[record["file"]][record["level"]] = record["structures"]

total = collections.Counter()
alike = collections.Counter()
for name in sorted(ours):
    total["files"] += 1
    try:
        theirs, ases = from_gemmi(folder / name), from_ase(folder / name)
    except Exception:  # whatever a library raises, it does not read the file
        total["refused by a peer"] += 1
        continue
    if theirs is None or ases is None:
        total["disordered, or not one structure"] += 1
        continue
    (rows, atoms), (ase_rows, ase_atoms) = theirs, ases
    scale = abs(metric(rows)).max()
    if not separate(rows, atoms):
        total["disordered, or not one structure"] += 1
        continue
    if abs(metric(rows) - metric(ase_rows)).max() > 1e-4 * scale or not same(rows, atoms, ase_atoms):
        total["gemmi and ASE differ"] += 1
        continue
    total["gemmi and ASE agree"] += 1
    for level in ["standard", "lenient"]:
        structures = ours[name][level]
        reason = ""
        if len(structures) != 1:
            reason = f"{len(structures)} structures: " + "; ".join(s.get("error", "read") for s in structures)[:200]
        elif "error" in structures[0]:
            reason = structures[0]["error"]
        else:
            read = structures[0]
            sites = [(o[0][0], numpy.array(place)) for place, o in read["sites"]]
            whole = all(len(o) == 1 and o[0][1] == 1 for _, o in read["sites"])
            cell = numpy.array(read["lattice"])
            if not whole:
                reason = "read as disordered"
            elif abs(metric(cell) - metric(rows)).max() > 1e-4 * scale:
                reason = "read with another cell"
            elif not same(rows, sites, atoms):
                reason = f"read with other atoms: {len(sites)}, gemmi {len(atoms)}: {read['diagnostics'][:2]}"
        if reason:
            print(f"{level}: {name}: {reason}")
        alike[level] += not reason

for what, files in total.items():
    print(f"{what:40} {files}")
for level in ["standard", "lenient"]:
    share = 100 * alike[level] / max(total["gemmi and ASE agree"], 1)
    print(f"read alike, {level:27} {alike[level]} ({share:.2f} %)")
sys.exit(0)
