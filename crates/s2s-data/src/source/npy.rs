//! A reader of NumPy files, pickled ones included, that runs no code.
//!
//! The authors of S2SNet publish their crystals as `.npy` files of objects, which NumPy opens by running the pickle inside:
//! a program that may do anything. Here a pickle is only taken apart. The few calls that make up an array are recognized
//! by name and turned into data; every other name is an error before anything else is looked at.

mod pickle;
#[cfg(test)]
mod tests;
mod value;

use thiserror::Error;

pub(super) use self::value::NpyValue;
use crate::excerpt::excerpt;

/// Why a `.npy` file is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NpyError {
    /// The file does not start as NumPy's files do, or ends too early.
    #[error("not a complete .npy file: {0}")]
    Layout(&'static str),
    /// Numbers of a kind that is not read.
    #[error("unsupported type of numbers {0:?}")]
    Type(String),
    /// A pickle that calls for something other than data.
    #[error("the pickle asks for {0:?}, which is no part of an array: refused")]
    Forbidden(String),
    /// A pickle with an instruction that data does not need.
    #[error("byte {at} of the pickle: instruction 0x{code:02x} is refused")]
    Instruction {
        /// Where the instruction is.
        at: usize,
        /// The instruction.
        code: u8,
    },
    /// A pickle that takes from an empty stack, ends too early, or contradicts itself.
    #[error("byte {at} of the pickle: {what}")]
    Pickle {
        /// Where.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
}

/// Elements and nested values that a file may have; S2S has half a million.
const MAX_VALUES: usize = 1 << 22;

/// A header is a line of a hundred bytes.
const HEADER_BYTES: usize = 1 << 16;

/// Reads a file of numbers (`<f4`, `<f8`, `|b1`, signed and unsigned integers) or of pickled objects.
///
/// # Errors
///
/// [`NpyError`] for anything else; no input runs code or takes more than a few times its own size in memory.
pub(super) fn read_npy(bytes: &[u8]) -> Result<NpyValue, NpyError> {
    let layout = NpyError::Layout;
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or(layout("no magic"))?;
    let (&[major, _minor], rest) = rest.split_first_chunk().ok_or(layout("no version"))?;
    let (length, rest) = match major {
        1 => {
            let (length, rest) = rest.split_first_chunk().ok_or(layout("no header"))?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        2 | 3 => {
            let (length, rest) = rest.split_first_chunk().ok_or(layout("no header"))?;
            (u32::from_le_bytes(*length) as usize, rest)
        }
        _ => return Err(layout("unknown version")),
    };
    if length > HEADER_BYTES {
        return Err(layout("the header is too long"));
    }
    let (header, body) = rest.split_at_checked(length).ok_or(layout("no header"))?;
    let header = std::str::from_utf8(header).map_err(|_| layout("the header is not text"))?;
    let after = |key: &str| {
        let at = header.find(key).map(|at| at + key.len());
        at.map(|at| header[at..].trim_start_matches([' ', ':'])).ok_or(layout("the header lacks a key"))
    };
    let kind = after("'descr'")?.strip_prefix('\'').and_then(|text| text.split('\'').next());
    let kind = kind.ok_or_else(|| NpyError::Type(excerpt(after("'descr'").unwrap_or_default())))?;
    let shape = after("'shape'")?.strip_prefix('(').and_then(|text| text.split(')').next());
    let axes = shape.ok_or(layout("no shape"))?.split(',').map(str::trim).filter(|axis| !axis.is_empty());
    let shape = axes.map(str::parse).collect::<Result<Vec<usize>, _>>().map_err(|_| layout("no shape"))?;
    let size = shape.iter().try_fold(1_usize, |size, &axis| size.checked_mul(axis));
    let size = size.filter(|&size| size <= MAX_VALUES).ok_or(layout("too many values"))?;
    if after("'fortran_order'")?.starts_with("True") && shape.len() > 1 {
        return Err(layout("column-major order is not read"));
    }
    if kind == "|O" {
        return match pickle::object_array(body)? {
            NpyValue::Objects { shape: found, .. } if found != shape => {
                Err(layout("header and pickle have different shapes"))
            }
            objects => Ok(objects),
        };
    }
    let values = numbers(kind, body, size)?;
    Ok(NpyValue::Numbers { shape, values })
}

/// `size` numbers of this type, little-endian.
fn numbers(kind: &str, bytes: &[u8], size: usize) -> Result<Vec<f64>, NpyError> {
    fn each<const N: usize>(bytes: &[u8], size: usize, number: impl Fn([u8; N]) -> f64) -> Result<Vec<f64>, NpyError> {
        match bytes.as_chunks::<N>() {
            (chunks, []) if chunks.len() == size => Ok(chunks.iter().map(|chunk| number(*chunk)).collect()),
            _ => Err(NpyError::Layout("another number of values than the shape says")),
        }
    }
    match kind.trim_start_matches(['<', '|']) {
        "f8" => each(bytes, size, f64::from_le_bytes),
        "f4" => each(bytes, size, |b| f64::from(f32::from_le_bytes(b))),
        "i8" => each(bytes, size, |b| i64::from_le_bytes(b) as f64),
        "u8" => each(bytes, size, |b| u64::from_le_bytes(b) as f64),
        "i4" => each(bytes, size, |b| f64::from(i32::from_le_bytes(b))),
        "u4" => each(bytes, size, |b| f64::from(u32::from_le_bytes(b))),
        "i2" => each(bytes, size, |b| f64::from(i16::from_le_bytes(b))),
        "u2" => each(bytes, size, |b| f64::from(u16::from_le_bytes(b))),
        "i1" => each(bytes, size, |b| f64::from(i8::from_le_bytes(b))),
        "u1" | "b1" => each(bytes, size, |[b]| f64::from(b)),
        _ => Err(NpyError::Type(excerpt(kind))),
    }
}
