//! The element inputs of the published CGCNN and MEGNet.

use ndarray::Array2;
use s2s_crystal::Element;

use crate::{GaussianBasis, Token, Vocabulary};

/// The 100 elements in CGCNN's vocabulary, hydrogen to fermium, token = atomic number.
///
/// # Examples
///
/// ```
/// use s2s_featurize::{CgcnnVocabulary, Vocabulary};
///
/// let table = CgcnnVocabulary::element_vectors();
/// assert_eq!(table.dim(), (CgcnnVocabulary.num_tokens(), 92));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CgcnnVocabulary;

impl CgcnnVocabulary {
    const HEAVIEST: u8 = 100;

    /// `(102, 92)`; the published element vectors by token: one-hot group, period, electronegativity, radius, valence
    /// electrons, ionization energy, electron affinity, block and volume. Zero for padding and mask.
    ///
    /// # Source
    ///
    /// Xie & Grossman, Phys. Rev. Lett. 120, 145301 (2018), `atom_init.json`.
    pub fn element_vectors() -> Array2<f32> {
        let mut table = Array2::zeros((Self.num_tokens(), 92));
        for (row, line) in include_str!("../data/cgcnn.txt").lines().enumerate() {
            for (column, bit) in line.bytes().enumerate() {
                table[(row + 1, column)] = f32::from(bit - b'0');
            }
        }
        table
    }
}

impl Vocabulary for CgcnnVocabulary {
    fn name(&self) -> &str {
        "cgcnn-100"
    }

    fn num_classes(&self) -> usize {
        Self::HEAVIEST.into()
    }

    fn lookup(&self, element: Element) -> Option<Token> {
        (element.atomic_number() <= Self::HEAVIEST).then(|| Token(element.atomic_number().into()))
    }

    fn element(&self, token: Token) -> Option<Element> {
        let number = u8::try_from(token.0).ok().filter(|z| *z <= Self::HEAVIEST)?;
        Element::from_atomic_number(number).ok()
    }
}

/// The 89 elements in the published MEGNet's vocabulary: hydrogen to plutonium without Po, At, Rn, Fr and Ra.
///
/// Token − 1 is the row of the published embedding; it is the atomic number − 1 up to bismuth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MegnetVocabulary;

impl MegnetVocabulary {
    const BISMUTH: u16 = 83;
    const PLUTONIUM: u16 = 94;
    /// Polonium, astatine, radon, francium and radium.
    const LEFT_OUT: u16 = 5;
}

impl Vocabulary for MegnetVocabulary {
    fn name(&self) -> &str {
        "megnet-89"
    }

    fn num_classes(&self) -> usize {
        (Self::PLUTONIUM - Self::LEFT_OUT).into()
    }

    fn lookup(&self, element: Element) -> Option<Token> {
        match u16::from(element.atomic_number()) {
            z if z <= Self::BISMUTH => Some(Token(z)),
            z if z > Self::BISMUTH + Self::LEFT_OUT && z <= Self::PLUTONIUM => Some(Token(z - Self::LEFT_OUT)),
            _ => None,
        }
    }

    fn element(&self, token: Token) -> Option<Element> {
        let number = if token.0 > Self::BISMUTH { token.0 + Self::LEFT_OUT } else { token.0 };
        let number = u8::try_from(number).ok().filter(|z| u16::from(*z) <= Self::PLUTONIUM)?;
        Element::from_atomic_number(number).ok()
    }
}

impl GaussianBasis {
    /// 41 centers 0, 0.2, … 8 Å, σ = 0.2 Å (CGCNN, `cgcnn/data.py`).
    pub fn cgcnn() -> Self {
        Self::evenly(0.0, 0.2, 41, 0.2)
    }

    /// 100 centers from 0 to 5 Å and the exponent ½(d − μ)², that is σ = √2 Å (MEGNet, formation energy).
    pub fn megnet() -> Self {
        Self::evenly(0.0, 5.0 / 99.0, 100, std::f64::consts::SQRT_2)
    }
}

/// The state that the published MEGNet gives every crystal (formation energy).
pub const MEGNET_STATE: [f32; 2] = [0.0, 0.0];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RadialBasis;

    #[test]
    fn megnet_skips_five_elements() {
        let token = |symbol| Element::from_symbol(symbol).and_then(|e| MegnetVocabulary.lookup(e));
        assert_eq!(
            ["H", "Bi", "Po", "Ra", "Ac", "Pu", "Am"].map(token).map(|t| t.map(|t| t.0)),
            [Some(1), Some(83), None, None, Some(84), Some(89), None]
        );
    }

    #[test]
    fn bases_of_the_peers_end_where_they_should() {
        let last = |basis: GaussianBasis| basis.center(basis.len() - 1);
        assert!((last(GaussianBasis::cgcnn()) - 8.0).abs() < 1e-12);
        assert!((last(GaussianBasis::megnet()) - 5.0).abs() < 1e-12);
        let mut row = [0.0; 100];
        GaussianBasis::megnet().expand_into(1.0, &mut row);
        assert!((f64::from(row[0]) - (-0.5_f64).exp()).abs() < 1e-7);
    }
}
