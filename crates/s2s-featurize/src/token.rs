//! Vocabularies: elements as the integers that an embedding table is indexed with.

use std::fmt;

use s2s_crystal::Element;
use serde::{Deserialize, Serialize};

use crate::FeaturizeError;

/// An index into an embedding table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub u16);

/// The elements of a network's vocabulary and their tokens.
///
/// Token 0 is padding, 1 to `num_classes` are elements, and `num_classes + 1` is the mask; class `k` of a classifier
/// over elements is token `k + 1`.
pub trait Vocabulary: fmt::Debug + Send + Sync {
    /// A stable name; checkpoints are sealed with it.
    fn name(&self) -> &str;

    /// Number of elements.
    fn num_classes(&self) -> usize;

    /// The token of an element, or `None` if it is not in the vocabulary.
    fn lookup(&self, element: Element) -> Option<Token>;

    /// The element behind a token; `None` for padding and mask.
    fn element(&self, token: Token) -> Option<Element>;

    /// The token that fills the slots where no atom is.
    fn padding(&self) -> Token {
        Token(0)
    }

    /// The token of a masked atom.
    fn mask(&self) -> Token {
        Token(self.num_classes() as u16 + 1)
    }

    /// Rows of an embedding table: all classes, padding and mask.
    fn num_tokens(&self) -> usize {
        self.num_classes() + 2
    }

    /// The token of an element.
    ///
    /// # Errors
    ///
    /// [`FeaturizeError::OutOfVocabulary`] names the element.
    fn token(&self, element: Element) -> Result<Token, FeaturizeError> {
        self.lookup(element)
            .ok_or_else(|| FeaturizeError::OutOfVocabulary { element, vocabulary: self.name().to_owned() })
    }
}

impl<V: Vocabulary + ?Sized> Vocabulary for Box<V> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn num_classes(&self) -> usize {
        (**self).num_classes()
    }

    fn lookup(&self, element: Element) -> Option<Token> {
        (**self).lookup(element)
    }

    fn element(&self, token: Token) -> Option<Element> {
        (**self).element(token)
    }

    fn padding(&self) -> Token {
        (**self).padding()
    }

    fn mask(&self) -> Token {
        (**self).mask()
    }

    fn num_tokens(&self) -> usize {
        (**self).num_tokens()
    }
}

/// Makes a type the vocabulary of the elements up to an atomic number, each with its atomic number as its token.
macro_rules! first_elements {
    ($vocabulary:ty, $name:literal, $heaviest:expr) => {
        impl Vocabulary for $vocabulary {
            fn name(&self) -> &str {
                $name
            }

            fn num_classes(&self) -> usize {
                let heaviest: u8 = $heaviest;
                heaviest.into()
            }

            fn lookup(&self, element: Element) -> Option<Token> {
                (element.atomic_number() <= $heaviest).then(|| Token(element.atomic_number().into()))
            }

            fn element(&self, token: Token) -> Option<Element> {
                let number = u8::try_from(token.0).ok().filter(|number| *number <= $heaviest)?;
                Element::from_atomic_number(number).ok()
            }
        }
    };
}

/// The paper's 95 classes: hydrogen to americium, token = atomic number.
///
/// The table of the paper's embedding has 97 rows: padding 0, elements 1 to 95, mask 96. The released code has 96 rows
/// and masks with 95, which is americium's token; no crystal of its data holds americium.
///
/// # Source
///
/// Liu et al., S2SNet, Table 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaperVocabulary;

/// What the released code can tell apart: hydrogen to plutonium, token = atomic number.
///
/// Its embedding table has 96 rows: padding 0, elements 1 to 94, mask 95. Americium's own token is the mask, so here it
/// is out of vocabulary instead of being taken for a masked atom.
///
/// # Source
///
/// Released code of Liu et al.; see also [`PaperVocabulary`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReleasedVocabulary;

/// All 118 elements, token = atomic number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AllElements;

first_elements!(PaperVocabulary, "paper-95", 95);
first_elements!(ReleasedVocabulary, "released-94", 94);
first_elements!(AllElements, "all-118", Element::MAX_ATOMIC_NUMBER);

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens_and_elements_are_one_to_one(vocabulary: &dyn Vocabulary) {
        let known: Vec<_> = Element::all().filter_map(|e| Some((e, vocabulary.lookup(e)?))).collect();
        assert_eq!(known.len(), vocabulary.num_classes());
        for (element, token) in known {
            assert_eq!(vocabulary.element(token), Some(element));
        }
        assert_eq!(vocabulary.element(vocabulary.padding()), None);
        assert_eq!(vocabulary.element(vocabulary.mask()), None);
    }

    #[test]
    fn every_vocabulary_is_one_to_one() {
        tokens_and_elements_are_one_to_one(&PaperVocabulary);
        tokens_and_elements_are_one_to_one(&ReleasedVocabulary);
        tokens_and_elements_are_one_to_one(&AllElements);
        tokens_and_elements_are_one_to_one(&crate::CgcnnVocabulary);
        tokens_and_elements_are_one_to_one(&crate::MegnetVocabulary);
    }

    #[test]
    fn tables_have_the_rows_of_the_paper_and_of_the_released_code() {
        assert_eq!((PaperVocabulary.num_tokens(), PaperVocabulary.mask()), (97, Token(96)));
        assert_eq!((ReleasedVocabulary.num_tokens(), ReleasedVocabulary.mask()), (96, Token(95)));
    }

    #[test]
    fn an_unknown_element_is_named() {
        let curium = Element::from_symbol("Cm").expect("curium is an element");
        let message = PaperVocabulary.token(curium).map_err(|e| e.to_string());
        assert_eq!(message, Err("element Cm is outside the vocabulary \"paper-95\"".to_owned()));
    }
}
