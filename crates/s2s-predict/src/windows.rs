//! Streams of crystals, predicted a window at a time.

use s2s_crystal::Crystal;

/// Predicts a stream of crystals in constant memory: at most `window` items are held at a time, and `sink` gets each answer
/// with its item, in their order. `predict` has to give as many answers as it gets crystals.
///
/// # Errors
///
/// The first error of the sink ends the stream.
///
/// # Panics
///
/// If `window` is zero.
///
/// # Examples
///
/// ```
/// # use s2s_crystal::{Crystal, Element, Lattice};
/// let iron = Crystal::ordered(Lattice::from_parameters([2.9; 3], [90.0; 3])?, [(Element::FE, [0.0; 3])])?;
/// let mut found = Vec::new();
/// let items = (0..5).map(|number| (number, iron.clone()));
/// s2s_predict::in_windows(
///     items,
///     2,
///     |item| &item.1,
///     |window| vec![window.len(); window.len()],
///     |(number, _), size| Ok::<(), ()>(found.push((number, size))),
/// )
/// .expect("the sink takes everything");
/// assert_eq!(found, [(0, 2), (1, 2), (2, 2), (3, 2), (4, 1)]);
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
pub fn in_windows<T, A, E>(
    items: impl IntoIterator<Item = T>,
    window: usize,
    crystal: impl Fn(&T) -> &Crystal,
    predict: impl Fn(&[&Crystal]) -> Vec<A>,
    mut sink: impl FnMut(T, A) -> Result<(), E>,
) -> Result<(), E> {
    assert!(window > 0, "a window holds at least one item");
    let mut items = items.into_iter();
    loop {
        let held: Vec<T> = items.by_ref().take(window).collect();
        if held.is_empty() {
            return Ok(());
        }
        let answers = predict(&held.iter().map(&crystal).collect::<Vec<_>>());
        held.into_iter().zip(answers).try_for_each(|(item, answer)| sink(item, answer))?;
    }
}
