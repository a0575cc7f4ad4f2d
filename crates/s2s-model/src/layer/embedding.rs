//! The embedding layer: a table with one learned row per token.

use tch::Tensor;

use crate::{Init, Scope};

/// A table with one learned row per token.
#[derive(Debug)]
pub struct Embedding(Tensor);

impl Embedding {
    /// `tokens` rows of width `width`, of standard normal numbers.
    pub fn new(scope: &Scope<'_>, tokens: i64, width: i64) -> Self {
        Self::with_init(scope, tokens, width, Init::Normal(1.0))
    }

    /// The same with other numbers at the beginning.
    pub fn with_init(scope: &Scope<'_>, tokens: i64, width: i64, init: Init) -> Self {
        Self(scope.parameter("weight", &[tokens, width], init))
    }

    /// `i64 (…)` becomes `f32 (…, width)`.
    pub fn forward(&self, tokens: &Tensor) -> Tensor {
        Tensor::embedding(&self.0, tokens, -1, false, false)
    }
}
