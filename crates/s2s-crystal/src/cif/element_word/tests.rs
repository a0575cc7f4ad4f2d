//! Tests of reading the words that stand for atoms.

use super::*;

/// A formula by the symbols of its elements; none if empty.
struct Stated(&'static str);

impl Formula for Stated {
    fn has(&self, element: Element) -> Option<bool> {
        (!self.0.is_empty()).then(|| self.0.split(' ').any(|symbol| symbol == element.symbol()))
    }
}

fn name(word: Result<Word, Refusal>) -> String {
    match word {
        Ok(Word::Pure(symbol)) => symbol.element.symbol().to_owned(),
        Ok(Word::Likely(symbol, doubt)) => format!("{}?{doubt:?}", symbol.element),
        Ok(Word::Mixed(shares)) => {
            shares.iter().map(|(symbol, share)| format!("{}{share:.3}", symbol.element)).collect::<Vec<_>>().join(" ")
        }
        Err(Refusal::Tail(symbol)) => format!("tail of {}", symbol.element),
        Err(refusal) => format!("{refusal:?}"),
    }
}

#[track_caller]
fn types(expected: &str, words: &[&str]) {
    for word in words {
        assert_eq!(name(read_type(word.as_bytes(), &Stated(""))), expected, "{word}");
    }
}

#[track_caller]
fn labels(expected: &str, formula: &'static str, words: &[&str]) {
    for word in words {
        assert_eq!(name(read_label(word.as_bytes(), &Stated(formula))), expected, "{word}");
    }
}

#[test]
fn type_symbols_with_marks_are_elements() {
    types(
        "Fe",
        &["Fe", "FE", "fe", "Fe3+", "FE+3", "Fe+3", "Fe2.5+", "Fe0+", "Fe1", "Fe1A", "Fe_pv", "Fe(III)", "Fe(3+)"],
    );
    types("Fe", &["57Fe", "Fe3+1", "Fe_1", "Fe*", "Fe'", "Fe2+,spin=5", "Fe/0a1b2c3d4e"]);
    types("O", &["O", "O2-", "O-2", "O1-", "O-", "O2W", "o", "18O"]);
    types("H", &["H", "D", "T", "2H", "D1+", "1H", "Hiso"]);
    types("Si", &["Siva", "Sival", "Si4+"]);
    types("Cn", &["Cn"]);
    types("Co?Capitals", &["CO"]);
}

#[test]
fn words_that_are_no_single_element_are_refused() {
    types("Group", &["NH4", "NH3", "CF3", "OH", "CH3", "SO4", "NH", "CN1", "PO4", "Fe2O3", "H3O", "NO3", "BH4"]);
    types("Water", &["Wat", "H2O", "HOH", "WAT1", "D2O", "Water"]);
    types("Dummy", &["Vac", "Va", "Du", "Cg", "RE", "TM", "Cg1", "Vac2", "Ln", "Me", "Cent", "Bq"]);
    types("NoShares", &["La/Sr", "La,Sr", "LaSr", "La+Sr", "(Fe,Co)", "Fe/Co", "Nb0.8Zr", "La&Sr", "Fe3+/Co2+"]);
    types("Unknown", &["X", "Q", "M", "Zx", "?1", "", "Zz1", "é", "1", "12", "-"]);
}

#[test]
fn shares_make_mixed_sites() {
    types(
        "Nb0.800 Zr0.200",
        &["Nb0.8Zr0.2", "0.8Nb + 0.2Zr", "0.8Nb+0.2Zr", "Nb.8Zr.2", "Nb 0.8 Zr 0.2", "(Nb0.8Zr0.2)"],
    );
    types(
        "Nb0.800 Zr0.200",
        &["Nb:0.800, Zr:0.200", "Nb0.8/Zr0.2", "80%Nb+20%Zr", "Nb0.80(1)Zr0.20(1)", "0.8 Nb, 0.2 Zr"],
    );
    types("Nb0.800 Zr0.200", &["NB0.8ZR0.2", "NB:0.8,ZR:0.2", "0.8NB+0.2ZR", "0.80*Nb + 0.20*Zr"]);
    types("Fe0.500 Fe0.500", &["Fe3+0.5Fe2+0.5", "0.5Fe3+ + 0.5Fe2+"]);
    types("Li0.500", &["Li0.5", "0.5Li", "Li0.5Vac0.5", "0.5Li + 0.5Vac", "Li0.5□0.5"]);
    types("Nb0.333 Ti0.333 Zr0.333", &["Nb0.333Ti0.333Zr0.333", "Nb0.334Ti0.334Zr0.334"]);
    types("Group", &["Nb0.8Zr0.8", "Nb3Sn1", "Nb1.5"]);
}

#[test]
fn labels_begin_with_their_element() {
    labels("Fe", "", &["Fe1", "Fe1A", "Fe", "Fe(1)", "Fe1'", "Fe_1", "Fe1*", "Fe#2", "Fe1_$2", "Fe2+1", "Fe1a"]);
    labels("O", "", &["O1", "O2W", "O1A", "O", "Oa1", "OA1", "OB2", "O(2)", "O_ap"]);
    labels("O?Hydrogen", "", &["OH1", "OW2", "Ow1", "OH"]);
    labels("Ca", "Ca C O", &["CA1", "Ca1", "CA"]);
    labels("C", "C H O", &["CA1", "C1", "CB2"]);
    labels("Ca?Capitals", "", &["CA1"]);
    labels("H", "C H O", &["HO2", "H1A", "HN1", "D4", "D"]);
    labels("Al", "", &["AL1", "AL"]);
    labels("Fe", "Fe O", &["Fetet", "FEA1", "FeA1"]);
    labels("H", "", &["H1C2", "H2N1"]);
    labels("C", "C Br", &["C2H4"]);
    labels("C", "", &["C1A2", "C2C3", "C1H", "C60"]);
    labels("tail of O", "", &["Oap1"]);
    labels("tail of N", "", &["No1"]);
    labels("tail of C", "", &["Cn1"]);
    labels("O", "O La", &["Oap1", "Oeq"]);
    labels("Re", "Re O", &["RE1", "Re1"]);
}

#[test]
fn letters_of_sites_behind_an_element_are_no_hydrogen() {
    for formula in ["Si Al Na Ca Fe K O H", ""] {
        labels("Si", formula, &["SiT1", "SiT", "SiT2A", "SiT(1)", "Si1T", "Si1aT", "SiD1", "Si1/T2", "SiTA1"]);
        labels("Al", formula, &["AlT1", "AlT", "AlD", "AlD1A", "AlD01", "AlD(4)", "AlD_4"]);
        labels("Na", formula, &["NaT1", "NaA", "NaT2"]);
        labels("Ca", formula, &["CaM2", "CaD"]);
        labels("Fe", formula, &["FeM1", "FeT1", "FeD"]);
        labels("K", formula, &["KT1", "K1T2", "KD"]);
        labels("O", formula, &["OT1", "O1T2", "OT", "O1D"]);
        labels("Dummy", formula, &["T1", "T"]);
        labels("H", formula, &["D1", "D"]);
    }
    // An amount behind D makes it deuterium, unless the formula has none.
    for formula in ["Al Si Na B K La H", ""] {
        labels("NoShares", formula, &["AlD4", "AlD12", "NaD2", "AlD4A", "AlD0.5", "AlD.5", "AlDx", "SiTD4"]);
        labels("NoShares", formula, &["La1-xDx", "La2aD3"]);
        labels("Group", formula, &["BD4", "KD2", "K1D4"]);
    }
    labels("Al", "Al Li", &["AlD4", "AlD12", "AlDx"]);
    labels("La", "La O", &["La1-xDx", "La1aD"]);
    labels("B", "B Li", &["BD4", "BD"]);
    labels("K", "", &["KD", "KD1", "KT2"]);
    // Names of atoms in amino acids: hydrogen delta 2.
    labels("H", "C N O H S", &["HD2", "HD21"]);
    // Deuterium beside its oxygen, and other elements, are still no letters of sites.
    labels("O?Hydrogen", "O H", &["OD1", "OD"]);
    labels("Group", "C N O H", &["C2D4", "CD3", "N1D3"]);
    labels("NoShares", "Si O H", &["SiO1", "SiH4", "SiOT"]);
    labels("NoShares", "H D O", &["H1/D1"]);
    // In capitals, three letters may be three elements.
    labels("Si", "Si O H", &["SIT1"]);
    labels("NoShares", "C O H", &["COD1"]);
    labels("NoShares", "", &["COD1"]);
}

#[test]
fn labels_that_are_no_element_are_refused() {
    labels(
        "Group",
        "",
        &["C2H4", "C6H6", "S2O3", "NH4", "CF3", "CH3", "SO4", "NH4_1", "PO4", "CO3", "NH41", "NO3", "CH2A", "Nh4"],
    );
    labels("Water", "", &["Wat1", "H2O", "H2O1", "WAT", "HOH"]);
    labels("Dummy", "", &["Vac1", "Du1", "Cg1", "RE1", "TM", "T1", "Cen1", "Lan", "Ln1", "Me"]);
    labels("NoShares", "", &["La/Sr", "Fe1/Co1", "LaSr", "NbZr1", "(Fe,Co)", "Fe1Co1", "La1,Sr1", "FeO"]);
    labels("Group", "", &["SO4A", "NH4B", "CO3A", "ClO4A"]);
    labels("NoShares", "", &["Nb0.8Qq0.2", "Nb.8Qq", "Nb1-xZrx", "La2-xSrx", "La1-xYx", "Nb0.8(Qq)"]);
    labels("Nb", "Nb O", &["Nb1-xZrx", "Nb1xA", "Nb_1.1A", "Nb10.5b"]);
    labels("Unknown", "", &["1Fe", "Q1", "X1", "M1", "", "*", "é1"]);
    labels("Nb0.800 Zr0.200", "", &["Nb0.8Zr0.2", "0.8Nb+0.2Zr"]);
}
