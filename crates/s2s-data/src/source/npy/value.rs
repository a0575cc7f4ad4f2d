//! What a `.npy` file holds: an array of numbers or objects, and the plain data that its objects are.

/// An array, or plain data from a pickle.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::source) enum NpyValue {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number of at most 64 bits.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list or tuple.
    List(Vec<NpyValue>),
    /// An array of numbers in row-major order.
    Numbers {
        /// Length of each axis.
        shape: Vec<usize>,
        /// The numbers.
        values: Vec<f64>,
    },
    /// An array of objects in row-major order.
    Objects {
        /// Length of each axis.
        shape: Vec<usize>,
        /// The objects.
        values: Vec<NpyValue>,
    },
}

impl NpyValue {
    /// All numbers inside, in order: of nested lists and arrays, whatever their shape. `None` if anything is no number.
    pub(in crate::source) fn to_numbers(&self) -> Option<Vec<f64>> {
        match self {
            Self::Int(x) => Some(vec![*x as f64]),
            Self::Float(x) => Some(vec![*x]),
            Self::Numbers { values, .. } => Some(values.clone()),
            Self::List(values) | Self::Objects { values, .. } => {
                values.iter().map(Self::to_numbers).collect::<Option<Vec<_>>>().map(|lists| lists.concat())
            }
            _ => None,
        }
    }

    /// About how many values a copy takes.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len() / 8,
            Self::Bytes(bytes) => bytes.len() / 8,
            Self::Numbers { values, .. } => values.len(),
            Self::List(values) | Self::Objects { values, .. } => values.iter().map(|value| 1 + value.size()).sum(),
            Self::None | Self::Bool(_) | Self::Int(_) | Self::Float(_) => 0,
        }
    }
}
