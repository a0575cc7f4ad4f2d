//! Arrays of a pickle: the few calls that make one, turned into data.

use std::rc::Rc;

use super::{Filled, Item, Machine, Name};
use crate::source::npy::{MAX_VALUES, NpyError, NpyValue, numbers};

/// Lists and arrays inside each other that data may have.
const DEEPEST: usize = 32;

impl Machine<'_> {
    /// What would be a call becomes the data that the call would have made.
    pub(super) fn reduce(&mut self) -> Result<(), NpyError> {
        let (arguments, name) = (self.pop()?, self.pop()?);
        let (Item::Tuple(arguments), Item::Name(name)) = (arguments, name) else {
            return self.wrong("a call of what is no name");
        };
        let arguments = self.lists[arguments].clone();
        let item = match (name, &arguments[..]) {
            (Name::Reconstruct, _) => {
                self.arrays.push(None);
                Item::Array(self.arrays.len() - 1)
            }
            (Name::Type, [kind, ..]) => match self.plain(kind, 0)? {
                NpyValue::Text(kind) => Item::Type(kind.into()),
                _ => return self.wrong("a type that is no text"),
            },
            (Name::Scalar, [Item::Type(kind), bytes]) => match self.plain(bytes, 0)? {
                NpyValue::Bytes(bytes) => Item::Plain(Rc::new(NpyValue::Float(numbers(kind, &bytes, 1)?[0]))),
                _ => return self.wrong("a number that is no bytes"),
            },
            // How protocol 2 writes bytes: as text of the characters below 256.
            (Name::Encode, [text, _]) => match self.plain(text, 0)? {
                NpyValue::Text(text) => match text.chars().map(|c| u8::try_from(u32::from(c))).collect() {
                    Ok(bytes) => Item::Plain(Rc::new(NpyValue::Bytes(bytes))),
                    Err(_) => return self.wrong("bytes that are no bytes"),
                },
                _ => return self.wrong("bytes that are no bytes"),
            },
            (Name::FromBuffer, [bytes, Item::Type(kind), shape, order]) => {
                let shape = self.shape(shape)?;
                match (self.plain(bytes, 0)?, self.plain(order, 0)?) {
                    (NpyValue::Bytes(bytes), NpyValue::Text(order)) if order == "C" || shape.len() < 2 => {
                        let values = numbers(kind, &bytes, shape.iter().product())?;
                        Item::Plain(Rc::new(NpyValue::Numbers { shape, values }))
                    }
                    _ => return self.wrong("an array in column-major order"),
                }
            }
            _ => return self.wrong("a call with other arguments than an array needs"),
        };
        self.stack.push(item);
        Ok(())
    }

    /// Fills an array, or tells more about a type.
    pub(super) fn build(&mut self) -> Result<(), NpyError> {
        let state = self.pop()?;
        let Item::Tuple(state) = state else { return self.wrong("a state that is no tuple") };
        let state = self.lists[state].clone();
        match self.stack.last().cloned() {
            // (version, byte order, …): numbers are little-endian or of one byte, or they are refused.
            Some(Item::Type(_)) => match state.get(1).map(|order| self.plain(order, 0)).transpose()? {
                Some(NpyValue::Text(order)) if order == "<" || order == "|" => Ok(()),
                _ => self.wrong("numbers that are not little-endian"),
            },
            // (version, shape, type, column-major, content)
            Some(Item::Array(index)) => {
                let [_, shape, Item::Type(kind), order, content] = &state[..] else {
                    return self.wrong("a state that is none of an array");
                };
                let shape = self.shape(shape)?;
                if shape.len() > 1 && self.plain(order, 0)? != NpyValue::Bool(false) {
                    return self.wrong("an array in column-major order");
                }
                let size: usize = shape.iter().product();
                self.reached = 0;
                let array = match self.plain(content, 0)? {
                    NpyValue::List(values) if &**kind == "O8" && values.len() == size => {
                        NpyValue::Objects { shape, values }
                    }
                    NpyValue::Bytes(bytes) => NpyValue::Numbers { values: numbers(kind, &bytes, size)?, shape },
                    _ => return self.wrong("an array with other content than its shape"),
                };
                self.arrays[index] = Some(Filled { array, levels: self.reached });
                Ok(())
            }
            _ => self.wrong("a state for what has none"),
        }
    }

    fn shape(&mut self, item: &Item) -> Result<Vec<usize>, NpyError> {
        let axes = match self.plain(item, 0)? {
            NpyValue::List(axes) => axes,
            NpyValue::Int(axis) => vec![NpyValue::Int(axis)],
            _ => return self.wrong("a shape that is no tuple"),
        };
        let length = |axis: &NpyValue| match axis {
            NpyValue::Int(length) => usize::try_from(*length).ok().filter(|length| *length <= MAX_VALUES),
            _ => None,
        };
        let shape: Option<Vec<usize>> = axes.iter().map(length).collect();
        let size = shape.as_ref().and_then(|s| s.iter().try_fold(1_usize, |size, &axis| size.checked_mul(axis)));
        match (shape, size) {
            (Some(shape), Some(0..=MAX_VALUES)) => Ok(shape),
            _ => self.wrong("a shape that is too large"),
        }
    }

    /// The plain data of an item; what is shared is copied, so the total is limited.
    pub(super) fn plain(&mut self, item: &Item, depth: usize) -> Result<NpyValue, NpyError> {
        self.made += 1;
        self.reached = self.reached.max(depth);
        if self.reached > DEEPEST || self.made > MAX_VALUES {
            return self.wrong("too deep or too much data");
        }
        match item {
            Item::Plain(plain) => {
                self.made += plain.size();
                if self.made > MAX_VALUES {
                    return self.wrong("too deep or too much data");
                }
                Ok((**plain).clone())
            }
            Item::List(list) | Item::Tuple(list) => {
                let items = self.lists[*list].clone();
                items.iter().map(|item| self.plain(item, depth + 1)).collect::<Result<_, _>>().map(NpyValue::List)
            }
            Item::Array(index) => {
                let Some(filled) = &self.arrays[*index] else { return self.wrong("an array without content") };
                self.made += filled.array.size();
                self.reached = self.reached.max(depth + 1 + filled.levels);
                if self.reached > DEEPEST || self.made > MAX_VALUES {
                    return self.wrong("too deep or too much data");
                }
                Ok(filled.array.clone())
            }
            Item::Mark | Item::Name(_) | Item::Type(_) => self.wrong("a name in place of data"),
        }
    }
}
