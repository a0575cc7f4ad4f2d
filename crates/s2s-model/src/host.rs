//! The numbers of tensors on the processor, where they are.
//!
//! libtorch takes one pass over memory per operation. A loop that does all of it in one pass needs the numbers themselves:
//! an Adam step is bound by memory, and a dropout mask is made of random bytes that no libtorch generator gives.
//!
//! Beside the one that loads CUDA, this is the only module with `unsafe` code.

#![allow(unsafe_code)]

use std::{ops::Range, slice};

use tch::{Device, Kind, Tensor};

/// Whether [`edit`] takes this tensor: 32-bit floats, one after another, on the processor.
pub fn is_plain(tensor: &Tensor) -> bool {
    tensor.device() == Device::Cpu && tensor.kind() == Kind::Float && tensor.is_contiguous()
}

/// Lets `action` read the numbers of some tensors and change those of others, flat.
///
/// As with libtorch's own operations in place, autograd does not see the change if `data` or `detach` came before, and
/// nobody else may use what is changed meanwhile, on any thread or through any handle.
///
/// # Panics
///
/// If a tensor is not [plain](is_plain), or one that is changed shares memory with another.
///
/// # Examples
///
/// ```no_run,standalone_crate
/// use s2s_model::{host, tch::Tensor};
///
/// let (step, mut place) = (Tensor::from_slice(&[1.0_f32, 2.0]), Tensor::from_slice(&[3.0_f32, 4.0]));
/// host::edit([&step], [&mut place], |[step], [place]| {
///     place.iter_mut().zip(step).for_each(|(place, step)| *place += 10.0 * step);
/// });
/// assert_eq!(place, Tensor::from_slice(&[13.0_f32, 24.0]));
/// ```
pub fn edit<const R: usize, const W: usize>(
    read: [&Tensor; R],
    changed: [&mut Tensor; W],
    action: impl FnOnce([&[f32]; R], [&mut [f32]; W]),
) {
    let read = read.map(numbers);
    let changed = changed.map(|tensor| numbers(tensor));
    for (k, one) in changed.iter().enumerate() {
        let apart = |other: &Range<*mut f32>| one.end <= other.start || other.end <= one.start;
        assert!(read.iter().chain(&changed[..k]).all(apart), "what is changed shares memory with another tensor");
    }
    // SAFETY: `numbers` gives the addresses of initialized 32-bit floats in storage that the borrowed tensors keep alive.
    // No slice that is written overlaps another. That no other handle is used meanwhile is asked of the caller, as
    // libtorch's operations in place ask it.
    let read = read.map(|range| unsafe { slice::from_raw_parts(range.start, length(&range)) });
    let changed = changed.map(|range| unsafe { slice::from_raw_parts_mut(range.start, length(&range)) });
    action(read, changed);
}

/// Where the numbers of a plain tensor are.
fn numbers(tensor: &Tensor) -> Range<*mut f32> {
    assert!(is_plain(tensor), "the tensor is not one run of 32-bit floats on the processor");
    // An empty tensor may have no address.
    let start = if tensor.numel() == 0 { std::ptr::NonNull::dangling().as_ptr() } else { tensor.data_ptr().cast() };
    start..start.wrapping_add(tensor.numel())
}

fn length(range: &Range<*mut f32>) -> usize {
    (range.end as usize - range.start as usize) / size_of::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Tensor, Tensor) {
        let whole = Tensor::arange(4, (Kind::Float, Device::Cpu));
        (whole.narrow(0, 0, 3), whole.narrow(0, 2, 2))
    }

    #[test]
    fn neighbors_in_one_storage_are_apart() {
        let whole = Tensor::arange(4, (Kind::Float, Device::Cpu));
        edit([&whole.narrow(0, 2, 2)], [&mut whole.narrow(0, 0, 2)], |[from], [to]| to.copy_from_slice(from));
        assert_eq!(Vec::<f32>::try_from(&whole).expect("a flat tensor"), [2.0, 3.0, 2.0, 3.0]);
    }

    #[test]
    fn nothing_is_no_trouble() {
        let mut empty = Tensor::zeros([0], (Kind::Float, Device::Cpu));
        edit([], [&mut empty], |[], [numbers]| assert!(numbers.is_empty()));
    }

    #[test]
    #[should_panic(expected = "what is changed shares memory with another tensor")]
    fn overlap_is_refused() {
        let (a, mut b) = pair();
        edit([&a], [&mut b], |_, _| ());
    }

    #[test]
    #[should_panic(expected = "the tensor is not one run of 32-bit floats on the processor")]
    fn other_kinds_are_refused() {
        edit([&Tensor::arange(3, (Kind::Double, Device::Cpu))], [], |_, []| ());
    }
}
