//! The table of element properties, one row each.
//!
//! # Source
//!
//! * Mass: standard atomic weights of 2013 in their abridged form (Meija et al., Pure Appl. Chem. 88, 265, 2016); where
//!   an element has none, the mass of its longest-lived isotope.
//! * Electronegativity: Pauling's scale as tabulated by the CRC Handbook (and by pymatgen).
//! * Covalent radius: Cordero et al., Dalton Trans. 2832 (2008), Table 2; sp3 carbon, low-spin manganese, iron, cobalt.
//! * Mendeleev number: Pettifor, Solid State Commun. 51, 31 (1984), Fig. 1, counted from helium to hydrogen.

use super::ElementCategory::{self, *};

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) symbol: &'static str,
    pub(super) name: &'static str,
    pub(super) group: u8,
    pub(super) period: u8,
    pub(super) category: ElementCategory,
    /// Zero where Pettifor's scale ends.
    pub(super) mendeleev: u8,
    /// In u.
    pub(super) mass: f64,
    pub(super) electronegativity: Option<f64>,
    /// In Å.
    pub(super) covalent_radius: Option<f64>,
}

type Columns = (&'static str, &'static str, u8, u8, ElementCategory, u8, f64, Option<f64>, Option<f64>);

const fn row(columns: Columns) -> Row {
    let (symbol, name, group, period, category, mendeleev, mass, electronegativity, covalent_radius) = columns;
    Row { symbol, name, group, period, category, mendeleev, mass, electronegativity, covalent_radius }
}

/// Hydrogen to oganesson, in order of atomic number.
#[rustfmt::skip]
pub(super) static TABLE: [Row; 118] = [
    row(("H", "Hydrogen", 1, 1, ReactiveNonmetal, 103, 1.008, Some(2.2), Some(0.31))),
    row(("He", "Helium", 18, 1, NobleGas, 1, 4.002602, None, Some(0.28))),
    row(("Li", "Lithium", 1, 2, AlkaliMetal, 12, 6.94, Some(0.98), Some(1.28))),
    row(("Be", "Beryllium", 2, 2, AlkalineEarthMetal, 77, 9.0121831, Some(1.57), Some(0.96))),
    row(("B", "Boron", 13, 2, Metalloid, 86, 10.81, Some(2.04), Some(0.84))),
    row(("C", "Carbon", 14, 2, ReactiveNonmetal, 95, 12.011, Some(2.55), Some(0.76))),
    row(("N", "Nitrogen", 15, 2, ReactiveNonmetal, 100, 14.007, Some(3.04), Some(0.71))),
    row(("O", "Oxygen", 16, 2, Chalcogen, 101, 15.999, Some(3.44), Some(0.66))),
    row(("F", "Fluorine", 17, 2, Halogen, 102, 18.998403163, Some(3.98), Some(0.57))),
    row(("Ne", "Neon", 18, 2, NobleGas, 2, 20.1797, None, Some(0.58))),
    row(("Na", "Sodium", 1, 3, AlkaliMetal, 11, 22.98976928, Some(0.93), Some(1.66))),
    row(("Mg", "Magnesium", 2, 3, AlkalineEarthMetal, 73, 24.305, Some(1.31), Some(1.41))),
    row(("Al", "Aluminum", 13, 3, PostTransitionMetal, 80, 26.9815385, Some(1.61), Some(1.21))),
    row(("Si", "Silicon", 14, 3, Metalloid, 85, 28.085, Some(1.9), Some(1.11))),
    row(("P", "Phosphorus", 15, 3, ReactiveNonmetal, 90, 30.973761998, Some(2.19), Some(1.07))),
    row(("S", "Sulfur", 16, 3, Chalcogen, 94, 32.06, Some(2.58), Some(1.05))),
    row(("Cl", "Chlorine", 17, 3, Halogen, 99, 35.45, Some(3.16), Some(1.02))),
    row(("Ar", "Argon", 18, 3, NobleGas, 3, 39.948, None, Some(1.06))),
    row(("K", "Potassium", 1, 4, AlkaliMetal, 10, 39.0983, Some(0.82), Some(2.03))),
    row(("Ca", "Calcium", 2, 4, AlkalineEarthMetal, 16, 40.078, Some(1.0), Some(1.76))),
    row(("Sc", "Scandium", 3, 4, TransitionMetal, 19, 44.955908, Some(1.36), Some(1.7))),
    row(("Ti", "Titanium", 4, 4, TransitionMetal, 51, 47.867, Some(1.54), Some(1.6))),
    row(("V", "Vanadium", 5, 4, TransitionMetal, 54, 50.9415, Some(1.63), Some(1.53))),
    row(("Cr", "Chromium", 6, 4, TransitionMetal, 57, 51.9961, Some(1.66), Some(1.39))),
    row(("Mn", "Manganese", 7, 4, TransitionMetal, 60, 54.938044, Some(1.55), Some(1.39))),
    row(("Fe", "Iron", 8, 4, TransitionMetal, 61, 55.845, Some(1.83), Some(1.32))),
    row(("Co", "Cobalt", 9, 4, TransitionMetal, 64, 58.933194, Some(1.88), Some(1.26))),
    row(("Ni", "Nickel", 10, 4, TransitionMetal, 67, 58.6934, Some(1.91), Some(1.24))),
    row(("Cu", "Copper", 11, 4, TransitionMetal, 72, 63.546, Some(1.9), Some(1.32))),
    row(("Zn", "Zinc", 12, 4, TransitionMetal, 76, 65.38, Some(1.65), Some(1.22))),
    row(("Ga", "Gallium", 13, 4, PostTransitionMetal, 81, 69.723, Some(1.81), Some(1.22))),
    row(("Ge", "Germanium", 14, 4, Metalloid, 84, 72.63, Some(2.01), Some(1.2))),
    row(("As", "Arsenic", 15, 4, Metalloid, 89, 74.921595, Some(2.18), Some(1.19))),
    row(("Se", "Selenium", 16, 4, Chalcogen, 93, 78.971, Some(2.55), Some(1.2))),
    row(("Br", "Bromine", 17, 4, Halogen, 98, 79.904, Some(2.96), Some(1.2))),
    row(("Kr", "Krypton", 18, 4, NobleGas, 4, 83.798, Some(3.0), Some(1.16))),
    row(("Rb", "Rubidium", 1, 5, AlkaliMetal, 9, 85.4678, Some(0.82), Some(2.2))),
    row(("Sr", "Strontium", 2, 5, AlkalineEarthMetal, 15, 87.62, Some(0.95), Some(1.95))),
    row(("Y", "Yttrium", 3, 5, TransitionMetal, 25, 88.90584, Some(1.22), Some(1.9))),
    row(("Zr", "Zirconium", 4, 5, TransitionMetal, 49, 91.224, Some(1.33), Some(1.75))),
    row(("Nb", "Niobium", 5, 5, TransitionMetal, 53, 92.90637, Some(1.6), Some(1.64))),
    row(("Mo", "Molybdenum", 6, 5, TransitionMetal, 56, 95.95, Some(2.16), Some(1.54))),
    row(("Tc", "Technetium", 7, 5, TransitionMetal, 59, 97.90721, Some(1.9), Some(1.47))),
    row(("Ru", "Ruthenium", 8, 5, TransitionMetal, 62, 101.07, Some(2.2), Some(1.46))),
    row(("Rh", "Rhodium", 9, 5, TransitionMetal, 65, 102.9055, Some(2.28), Some(1.42))),
    row(("Pd", "Palladium", 10, 5, TransitionMetal, 69, 106.42, Some(2.2), Some(1.39))),
    row(("Ag", "Silver", 11, 5, TransitionMetal, 71, 107.8682, Some(1.93), Some(1.45))),
    row(("Cd", "Cadmium", 12, 5, TransitionMetal, 75, 112.414, Some(1.69), Some(1.44))),
    row(("In", "Indium", 13, 5, PostTransitionMetal, 79, 114.818, Some(1.78), Some(1.42))),
    row(("Sn", "Tin", 14, 5, PostTransitionMetal, 83, 118.71, Some(1.96), Some(1.39))),
    row(("Sb", "Antimony", 15, 5, Metalloid, 88, 121.76, Some(2.05), Some(1.39))),
    row(("Te", "Tellurium", 16, 5, Chalcogen, 92, 127.6, Some(2.1), Some(1.38))),
    row(("I", "Iodine", 17, 5, Halogen, 97, 126.90447, Some(2.66), Some(1.39))),
    row(("Xe", "Xenon", 18, 5, NobleGas, 5, 131.293, Some(2.6), Some(1.4))),
    row(("Cs", "Cesium", 1, 6, AlkaliMetal, 8, 132.90545196, Some(0.79), Some(2.44))),
    row(("Ba", "Barium", 2, 6, AlkalineEarthMetal, 14, 137.327, Some(0.89), Some(2.15))),
    row(("La", "Lanthanum", 3, 6, Lanthanoid, 33, 138.90547, Some(1.1), Some(2.07))),
    row(("Ce", "Cerium", 3, 6, Lanthanoid, 32, 140.116, Some(1.12), Some(2.04))),
    row(("Pr", "Praseodymium", 3, 6, Lanthanoid, 31, 140.90766, Some(1.13), Some(2.03))),
    row(("Nd", "Neodymium", 3, 6, Lanthanoid, 30, 144.242, Some(1.14), Some(2.01))),
    row(("Pm", "Promethium", 3, 6, Lanthanoid, 29, 144.91276, Some(1.13), Some(1.99))),
    row(("Sm", "Samarium", 3, 6, Lanthanoid, 28, 150.36, Some(1.17), Some(1.98))),
    row(("Eu", "Europium", 3, 6, Lanthanoid, 18, 151.964, Some(1.2), Some(1.98))),
    row(("Gd", "Gadolinium", 3, 6, Lanthanoid, 27, 157.25, Some(1.2), Some(1.96))),
    row(("Tb", "Terbium", 3, 6, Lanthanoid, 26, 158.92535, Some(1.1), Some(1.94))),
    row(("Dy", "Dysprosium", 3, 6, Lanthanoid, 24, 162.5, Some(1.22), Some(1.92))),
    row(("Ho", "Holmium", 3, 6, Lanthanoid, 23, 164.93033, Some(1.23), Some(1.92))),
    row(("Er", "Erbium", 3, 6, Lanthanoid, 22, 167.259, Some(1.24), Some(1.89))),
    row(("Tm", "Thulium", 3, 6, Lanthanoid, 21, 168.93422, Some(1.25), Some(1.9))),
    row(("Yb", "Ytterbium", 3, 6, Lanthanoid, 17, 173.054, Some(1.1), Some(1.87))),
    row(("Lu", "Lutetium", 3, 6, Lanthanoid, 20, 174.9668, Some(1.27), Some(1.87))),
    row(("Hf", "Hafnium", 4, 6, TransitionMetal, 50, 178.49, Some(1.3), Some(1.75))),
    row(("Ta", "Tantalum", 5, 6, TransitionMetal, 52, 180.94788, Some(1.5), Some(1.7))),
    row(("W", "Tungsten", 6, 6, TransitionMetal, 55, 183.84, Some(2.36), Some(1.62))),
    row(("Re", "Rhenium", 7, 6, TransitionMetal, 58, 186.207, Some(1.9), Some(1.51))),
    row(("Os", "Osmium", 8, 6, TransitionMetal, 63, 190.23, Some(2.2), Some(1.44))),
    row(("Ir", "Iridium", 9, 6, TransitionMetal, 66, 192.217, Some(2.2), Some(1.41))),
    row(("Pt", "Platinum", 10, 6, TransitionMetal, 68, 195.084, Some(2.28), Some(1.36))),
    row(("Au", "Gold", 11, 6, TransitionMetal, 70, 196.966569, Some(2.54), Some(1.36))),
    row(("Hg", "Mercury", 12, 6, TransitionMetal, 74, 200.592, Some(2.0), Some(1.32))),
    row(("Tl", "Thallium", 13, 6, PostTransitionMetal, 78, 204.38, Some(1.62), Some(1.45))),
    row(("Pb", "Lead", 14, 6, PostTransitionMetal, 82, 207.2, Some(2.33), Some(1.46))),
    row(("Bi", "Bismuth", 15, 6, PostTransitionMetal, 87, 208.9804, Some(2.02), Some(1.48))),
    row(("Po", "Polonium", 16, 6, Chalcogen, 91, 208.98243, Some(2.0), Some(1.4))),
    row(("At", "Astatine", 17, 6, Halogen, 96, 209.98715, Some(2.2), Some(1.5))),
    row(("Rn", "Radon", 18, 6, NobleGas, 6, 222.01758, Some(2.2), Some(1.5))),
    row(("Fr", "Francium", 1, 7, AlkaliMetal, 7, 223.01974, Some(0.7), Some(2.6))),
    row(("Ra", "Radium", 2, 7, AlkalineEarthMetal, 13, 226.02541, Some(0.9), Some(2.21))),
    row(("Ac", "Actinium", 3, 7, Actinoid, 48, 227.02775, Some(1.1), Some(2.15))),
    row(("Th", "Thorium", 3, 7, Actinoid, 47, 232.0377, Some(1.3), Some(2.06))),
    row(("Pa", "Protactinium", 3, 7, Actinoid, 46, 231.03588, Some(1.5), Some(2.0))),
    row(("U", "Uranium", 3, 7, Actinoid, 45, 238.02891, Some(1.38), Some(1.96))),
    row(("Np", "Neptunium", 3, 7, Actinoid, 44, 237.04817, Some(1.36), Some(1.9))),
    row(("Pu", "Plutonium", 3, 7, Actinoid, 43, 244.06421, Some(1.28), Some(1.87))),
    row(("Am", "Americium", 3, 7, Actinoid, 42, 243.06138, Some(1.3), Some(1.8))),
    row(("Cm", "Curium", 3, 7, Actinoid, 41, 247.07035, Some(1.3), Some(1.69))),
    row(("Bk", "Berkelium", 3, 7, Actinoid, 40, 247.07031, Some(1.3), None)),
    row(("Cf", "Californium", 3, 7, Actinoid, 39, 251.07959, Some(1.3), None)),
    row(("Es", "Einsteinium", 3, 7, Actinoid, 38, 252.083, Some(1.3), None)),
    row(("Fm", "Fermium", 3, 7, Actinoid, 37, 257.09511, Some(1.3), None)),
    row(("Md", "Mendelevium", 3, 7, Actinoid, 36, 258.09843, Some(1.3), None)),
    row(("No", "Nobelium", 3, 7, Actinoid, 35, 259.101, Some(1.3), None)),
    row(("Lr", "Lawrencium", 3, 7, Actinoid, 34, 262.11, Some(1.3), None)),
    row(("Rf", "Rutherfordium", 4, 7, TransitionMetal, 0, 267.122, None, None)),
    row(("Db", "Dubnium", 5, 7, TransitionMetal, 0, 268.126, None, None)),
    row(("Sg", "Seaborgium", 6, 7, TransitionMetal, 0, 271.134, None, None)),
    row(("Bh", "Bohrium", 7, 7, TransitionMetal, 0, 270.133, None, None)),
    row(("Hs", "Hassium", 8, 7, TransitionMetal, 0, 269.1338, None, None)),
    row(("Mt", "Meitnerium", 9, 7, TransitionMetal, 0, 278.156, None, None)),
    row(("Ds", "Darmstadtium", 10, 7, TransitionMetal, 0, 281.165, None, None)),
    row(("Rg", "Roentgenium", 11, 7, TransitionMetal, 0, 281.166, None, None)),
    row(("Cn", "Copernicium", 12, 7, TransitionMetal, 0, 285.177, None, None)),
    row(("Nh", "Nihonium", 13, 7, PostTransitionMetal, 0, 286.182, None, None)),
    row(("Fl", "Flerovium", 14, 7, PostTransitionMetal, 0, 289.19, None, None)),
    row(("Mc", "Moscovium", 15, 7, PostTransitionMetal, 0, 289.194, None, None)),
    row(("Lv", "Livermorium", 16, 7, PostTransitionMetal, 0, 293.204, None, None)),
    row(("Ts", "Tennessine", 17, 7, Halogen, 0, 293.208, None, None)),
    row(("Og", "Oganesson", 18, 7, NobleGas, 0, 294.214, None, None)),
];
