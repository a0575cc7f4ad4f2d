//! Element properties as rows of a network's input table.

use ndarray::{Array2, ArrayView2, s};

use crate::{ElementProperty, Token, Vocabulary};

/// Standardized element properties by token: what a network may know about an element before it sees data.
///
/// A value is `(x − mean) / standard deviation` over the elements of the vocabulary that have one; a missing value is 0
/// and its `known` flag 0. Padding and mask have no values: all their numbers are 0.
///
/// # Shapes
///
/// `V` tokens of the vocabulary, `P` properties.
///
/// # Examples
///
/// ```
/// use s2s_crystal::Element;
/// use s2s_featurize::{ElementInputs, ElementProperty, PaperVocabulary, Vocabulary};
///
/// let inputs = ElementInputs::new(&PaperVocabulary, &ElementProperty::ALL);
/// assert_eq!(inputs.table().dim(), (97, 44));
/// let helium: Element = "He".parse()?;
/// let row = inputs.table().row(PaperVocabulary.token(helium)?.0.into()).to_vec();
/// // Helium has no melting temperature: value 0, flag 0.
/// assert_eq!((row[3], row[22 + 3]), (0.0, 0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ElementInputs {
    table: Array2<f32>,
    properties: usize,
}

impl ElementInputs {
    /// The table of these properties for a vocabulary.
    pub fn new(vocabulary: &dyn Vocabulary, properties: &[ElementProperty]) -> Self {
        let count = properties.len();
        let mut table = Array2::zeros((vocabulary.num_tokens(), 2 * count));
        for (column, property) in properties.iter().enumerate() {
            let of = |token: u16| vocabulary.element(Token(token)).and_then(|e| property.of(e));
            let known: Vec<(u16, f64)> =
                (0..vocabulary.num_tokens() as u16).filter_map(|t| Some((t, of(t)?))).collect();
            let number = known.len().max(1) as f64;
            let mean = known.iter().map(|(_, x)| x).sum::<f64>() / number;
            let deviation = (known.iter().map(|(_, x)| (x - mean).powi(2)).sum::<f64>() / number).sqrt();
            for (token, x) in known {
                // A property that is the same for all elements says nothing: zero.
                let standardized = if deviation > 0.0 { (x - mean) / deviation } else { 0.0 };
                table[(token.into(), column)] = standardized as f32;
                table[(token.into(), count + column)] = 1.0;
            }
        }
        Self { table, properties: count }
    }

    /// `(V, 2 P)`; values, then flags: the rows to look tokens up in.
    pub fn table(&self) -> ArrayView2<'_, f32> {
        self.table.view()
    }

    /// `(V, P)`; standardized values, 0 where missing.
    pub fn values(&self) -> ArrayView2<'_, f32> {
        self.table.slice(s![.., ..self.properties])
    }

    /// `(V, P)`; 1 where a value is known, 0 where it is missing.
    pub fn known(&self) -> ArrayView2<'_, f32> {
        self.table.slice(s![.., self.properties..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AllElements, PaperVocabulary};

    fn known_values_have_mean_zero_and_deviation_one(vocabulary: &dyn Vocabulary) {
        let inputs = ElementInputs::new(vocabulary, &ElementProperty::ALL);
        for column in 0..ElementProperty::ALL.len() {
            let (values, known) = (inputs.values(), inputs.known());
            let count = known.column(column).sum();
            let mean = values.column(column).sum() / count;
            let variance = values.column(column).mapv(|x| x * x).sum() / count;
            assert!(mean.abs() < 1e-4 && (variance - 1.0).abs() < 1e-3, "{column}: {mean} {variance}");
        }
        for token in [vocabulary.padding(), vocabulary.mask()] {
            assert!(inputs.table().row(token.0.into()).iter().all(|x| *x == 0.0));
        }
        assert!(inputs.table().iter().all(|x| x.is_finite()));
    }

    #[test]
    fn every_vocabulary_gets_a_standardized_table() {
        known_values_have_mean_zero_and_deviation_one(&PaperVocabulary);
        known_values_have_mean_zero_and_deviation_one(&AllElements);
    }
}
