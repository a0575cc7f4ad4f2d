//! Words of atom lists that name no element: water, dummies, classes of elements, groups of atoms.

use super::{Formula, Refusal, atom, letters};

const WATER: &[&str] = &["wat", "water", "hoh", "dod", "hod", "sol", "solv", "wtr", "tip", "owat"];

const DUMMY: &[&str] = &[
    "vac", "va", "vacancy", "vacant", "vcn", "void", "du", "dum", "dummy", "cg", "cen", "cent", "centroid", "cnt",
    "ct", "bq", "lp", "xx", "ghost", "gh", "me", "met", "metal", "cat", "cation", "ani", "anion", "ln", "lan", "ree",
    "mm", "mt", "ae", "et", "ph", "bu", "cp", "an", "any", "hal", "alk", "oct", "tet", "site",
];

/// Groups in capitals that begin like an element with a letter of its own, or like a two-letter element.
pub(super) const GROUPS: &[&str] = &[
    "NH4", "NH3", "NH2", "NH", "CH", "CH2", "CH3", "CH4", "BH4", "BH", "SH", "PH3", "PH4", "H2O", "H3O", "D2O", "D3O",
    "HDO", "CF", "CF2", "CF3", "CN", "NC", "CO", "CO2", "CO3", "NO", "NO2", "NO3", "SO2", "SO3", "SO4", "PO2", "PO3",
    "PO4", "PF6", "BF4", "BO3", "BO4", "VO4", "WO4", "UO2", "SF6", "SCN", "NCS", "OCN", "CNO", "ND4", "ND3", "CD3",
    "HSO4", "HCO3", "HPO4", "CCL3", "CCL4", "CLO4", "SIO4", "ASO4", "SEO4", "CRO4", "MOO4", "SIF6",
];

pub(super) fn listed(words: &[&str], word: &[u8]) -> bool {
    words.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

/// The word without an index that is set apart: `NH4` of `NH4_1` and `NH4(2)`.
pub(super) fn core(word: &[u8]) -> &[u8] {
    let end = word.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(word.len());
    &word[..end]
}

/// Whether the word is the name of a group, with or without the letter of a site behind its number, as in `NH4A`.
pub(super) fn is_group(word: &[u8]) -> bool {
    let core = core(word);
    let without_letter = match core {
        [before @ .., letter] if letter.is_ascii_alphabetic() && before.last().is_some_and(u8::is_ascii_digit) => {
            before
        }
        _ => core,
    };
    listed(GROUPS, core) || listed(GROUPS, without_letter)
}

/// Refuses names of water, dummies and groups.
pub(super) fn special(word: &[u8]) -> Result<(), Refusal> {
    let start = &word[..letters(word)];
    let core = core(word);
    let water = [&b"H2O"[..], b"D2O", b"H3O", b"HDO"];
    if listed(WATER, start)
        || water.iter().take(2).any(|known| core.len() >= 3 && core[..3].eq_ignore_ascii_case(known))
    {
        return Err(Refusal::Water);
    }
    if listed(DUMMY, start) {
        return Err(Refusal::Dummy);
    }
    let begins = core.iter().take(3).filter(|b| b.is_ascii_uppercase()).count() >= 2;
    if core.len() >= 3 && begins && !start.is_empty() && start.len() != 2 && is_group(word) {
        return Err(Refusal::Group);
    }
    // With lower case the word is a group however the formula reads: NHx is never one atom.
    if start.len() == 2 && start[1].eq_ignore_ascii_case(&b'h') && matches!(start[0], b'N' | b'C' | b'B' | b'S' | b'P')
    {
        return Err(Refusal::Group);
    }
    Ok(())
}

/// Refuses `RE` and `TM` in capitals, rare earths and transition metals, unless the formula has rhenium or thulium.
pub(super) fn class(start: &[u8], formula: &impl Formula) -> Result<(), Refusal> {
    if matches!(start, b"RE" | b"TM") && atom(start).is_none_or(|symbol| formula.has(symbol.element) != Some(true)) {
        return Err(Refusal::Dummy);
    }
    Ok(())
}
