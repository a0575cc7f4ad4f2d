"""Writes elements.json, formulas.json and supercon.json with pymatgen and ASE. Never run by the tests.

    S2S_DATA_DIR=... python make_golden.py
"""

import csv
import json
import os
import warnings
from pathlib import Path

import ase.data
import pymatgen.core
from pymatgen.core import Composition, Element

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent

FORMULAS = """
H2 O2 N2 F2 Cl2 Br2 C60 S8 H2O H2O2 LiO NaO KO RbO CsO Li2O2 NaCl Na2Cl2 LiFePO4 Li4Fe4P4O16 Ca3(PO4)2 Ba(NO3)2
Al2(SO4)3 Mg(OH)2 Fe4[Fe(CN)6]3 K4[Fe(CN)6] {[Fe(CN)6]2}3 Ba0.4K0.6Fe2As2 YBa2Cu3O6.94 La1.85Sr0.15Cu1O4
Bi2Sr2Ca0.8Ce0.2Cu2O8 HgBa2Ca2Cu3O8 Nb3Sn Nb3Ge MgB2 LaH10 H3S Rb3C60 Fe1.01Se FeSe0.5Te0.5 Nb75Ge25 Ba8Si46
Sr2CuO2Cl2 BaFe2S3 Ag2HgI4 XeF2 XeO3 KrF2 HeNe ArH La2O3 UO2 PuCoGa5 CeCu2Si2 UPt3 SmFeAsO0.85F0.15 Li0.5Co0.5O
(Ba0.5K0.5)2Fe4As4 ((CH3)2NH2)PbI3 Cu0.3333Ti0.6667 Y1Ba2Cu2.999Fe0.001O7 NH4NO3 CaCO3 CH4 C2H5OH SiC CF4 CCl2F2
OF2 P4O10 As2S3 B4C BN Cs2SnI6 Tl2Ba2CaCu2O8 TaSe2 Nb2Pd0.81S5 Au0.7Pt0.3 Al0.75Ge0.25Nb3 Fe2Fe3O4 O0.5O0.5
""".split()


def describe(text):
    composition = Composition(text)
    return {
        "text": text,
        "reduced": composition.reduced_formula,
        "hill": composition.hill_formula,
        "anonymous": composition.anonymized_formula,
        "system": composition.chemical_system,
        "atoms": composition.num_atoms,
        "mass": float(composition.weight),
    }


def element(number):
    known = Element.from_Z(number)
    return {
        "symbol": known.symbol,
        "name": known.long_name,
        "group": known.group,
        "period": known.row,
        "mendeleev_number": known.data.get("Mendeleev no"),
        "electronegativity": known.data.get("X"),
        "pymatgen_mass": known.data["Atomic mass"],
        "ase_mass": float(ase.data.atomic_masses[number]),
        # Cordero's table ends at curium; ASE fills the rest with a placeholder.
        "covalent_radius": float(ase.data.covalent_radii[number]) if number <= 96 else None,
        "is_transition_metal": known.is_transition_metal,
        "is_post_transition_metal": known.is_post_transition_metal,
        "is_lanthanoid": known.is_lanthanoid,
        "is_actinoid": known.is_actinoid,
        "is_alkali": known.is_alkali,
        "is_alkaline": known.is_alkaline,
        "is_halogen": known.is_halogen,
        "is_noble_gas": known.is_noble_gas,
        "is_chalcogen": known.is_chalcogen,
    }


def fnv(lines):
    """64-bit FNV-1a, so that the test can check every formula without a copy of the data."""
    state = 0xCBF29CE484222325
    for byte in "".join(line + "\n" for line in lines).encode():
        state = (state ^ byte) * 0x100000001B3 % 2**64
    return f"{state:016x}"


def supercon(path):
    lines, malformed = {"reduced": [], "hill": [], "system": []}, 0
    with open(path) as rows:
        for row in csv.DictReader(rows):
            try:
                composition = Composition(row["name"])
            except ValueError:
                malformed += 1
                continue
            if "e-" in composition.reduced_formula:
                raise SystemExit(f"{row['name']} is written with an exponent")
            lines["reduced"].append(composition.reduced_formula)
            lines["hill"].append(composition.hill_formula)
            lines["system"].append(composition.chemical_system)
    return {"parsed": len(lines["reduced"]), "malformed": malformed} | {k: fnv(v) for k, v in lines.items()}, lines


def write(name, value):
    rows = ",\n".join(json.dumps(row) for row in value) if isinstance(value, list) else json.dumps(value)
    (HERE / name).write_text(f"[\n{rows}\n]\n" if isinstance(value, list) else rows + "\n")


if __name__ == "__main__":
    write("elements.json", [element(number) for number in range(1, 119)])
    write("formulas.json", [describe(text) for text in FORMULAS])
    summary, lines = supercon(Path(os.environ["S2S_DATA_DIR"]) / "supercon.csv")
    write("supercon.json", summary)
    if "LINES" in os.environ:
        Path(os.environ["LINES"]).write_text(json.dumps(lines))
