//! Features of a stream of crystals, in constant memory.

use std::{collections::VecDeque, fmt};

use rayon::prelude::*;
use s2s_crystal::Crystal;

use crate::{FeaturizeError, Featurizer, featurizer::PIECE};

/// Items with the features of their crystals, in input order, one result per item.
///
/// A chunk is featurized on the current rayon pool while the next one is being read, so memory does not grow with the
/// stream.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{Crystal, Element, Frac, Lattice, Site};
/// use s2s_featurize::{
///     AtomFeatures, AtomFeaturizer, AtomFeaturizerConfig, FeatureStream, FeaturizeError, PaperVocabulary,
/// };
///
/// let cell = |edge: f64| {
///     let polonium: Element = "Po".parse()?;
///     Crystal::new(Lattice::from_parameters([edge; 3], [90.0; 3])?, vec![Site::pure(polonium, Frac([0.0; 3]))])
/// };
/// let named = [("small", cell(1.8)?), ("large", cell(3.3)?)];
/// let featurizer = AtomFeaturizer::new(AtomFeaturizerConfig::paper(), PaperVocabulary)?;
/// let stream = FeatureStream::new(&featurizer, named.into_iter(), |(_, crystal)| crystal, 512);
/// let count = |((name, _), features): (_, Result<AtomFeatures, _>)| Ok((name, features?.neighbors(0).len()));
/// let neighbors = stream.map(count).collect::<Result<Vec<_>, FeaturizeError>>()?;
/// assert_eq!(neighbors, [("small", 6), ("large", 0)]);
/// # Ok::<(), FeaturizeError>(())
/// ```
pub struct FeatureStream<'f, F: Featurizer, I: Iterator> {
    featurizer: &'f F,
    items: I,
    crystal: fn(&I::Item) -> &Crystal,
    chunk: usize,
    next: Vec<I::Item>,
    ready: VecDeque<Featurized<I::Item, F>>,
}

/// An item and what became of it.
type Featurized<T, F> = (T, Result<<F as Featurizer>::Features, FeaturizeError>);

impl<'f, F: Featurizer, I: Iterator> FeatureStream<'f, F, I> {
    /// The features of these items; `crystal` says where an item has its crystal, `chunk` how many are held at a time.
    pub fn new(featurizer: &'f F, items: I, crystal: fn(&I::Item) -> &Crystal, chunk: usize) -> Self {
        let chunk = chunk.max(1);
        Self { featurizer, items, crystal, chunk, next: Vec::new(), ready: VecDeque::new() }
    }
}

impl<F: Featurizer, I: Iterator + Send> Iterator for FeatureStream<'_, F, I>
where
    I::Item: Send,
{
    type Item = Featurized<I::Item, F>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(ready) = self.ready.pop_front() {
            return Some(ready);
        }
        let Self { featurizer, items, crystal, chunk, next, .. } = self;
        let mut read = || items.by_ref().take(*chunk).collect::<Vec<_>>();
        let current = if next.is_empty() { read() } else { std::mem::take(next) };
        let featurize = |item: I::Item| {
            let features = featurizer.featurize(crystal(&item));
            (item, features)
        };
        let (done, ahead) =
            rayon::join(|| current.into_par_iter().with_max_len(PIECE).map(featurize).collect::<Vec<_>>(), read);
        self.next = ahead;
        self.ready = done.into();
        self.ready.pop_front()
    }
}

impl<F: Featurizer, I: Iterator> fmt::Debug for FeatureStream<'_, F, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.ready.len() + self.next.len();
        f.debug_struct("FeatureStream")
            .field("featurizer", self.featurizer)
            .field("held", &held)
            .finish_non_exhaustive()
    }
}
