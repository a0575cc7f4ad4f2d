//! An interpreter of pickles of plain data: the stack, and the instructions that it accepts.

mod array;

use std::{collections::HashMap, rc::Rc};

use super::{NpyError, NpyValue};
use crate::excerpt::excerpt;

/// Names that stand for a step in making an array; no other name may occur.
const KNOWN: [(&str, Name); 9] = [
    ("numpy.core.multiarray _reconstruct", Name::Reconstruct),
    ("numpy._core.multiarray _reconstruct", Name::Reconstruct),
    ("numpy.core.multiarray scalar", Name::Scalar),
    ("numpy._core.multiarray scalar", Name::Scalar),
    ("numpy ndarray", Name::Array),
    ("numpy dtype", Name::Type),
    ("_codecs encode", Name::Encode),
    ("numpy.core.numeric _frombuffer", Name::FromBuffer),
    ("numpy._core.numeric _frombuffer", Name::FromBuffer),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Name {
    Reconstruct,
    Scalar,
    Array,
    Type,
    Encode,
    FromBuffer,
}

/// An item of the stack. A pickle may refer to one thing many times, so what can grow is kept aside, by number; that way
/// lists inside lists, however deep, take no recursion to drop.
#[derive(Clone, Debug)]
enum Item {
    Mark,
    Name(Name),
    Plain(Rc<NpyValue>),
    /// Index among the lists.
    List(usize),
    /// Index among the lists.
    Tuple(usize),
    /// The name of a type of numbers.
    Type(Rc<str>),
    /// Index among the arrays.
    Array(usize),
}

/// An array, and how many levels of lists and arrays are in it.
struct Filled {
    array: NpyValue,
    levels: usize,
}

/// The array of objects that was pickled.
pub(super) fn object_array(bytes: &[u8]) -> Result<NpyValue, NpyError> {
    let mut machine = Machine {
        bytes,
        at: 0,
        stack: Vec::new(),
        memo: HashMap::new(),
        lists: Vec::new(),
        arrays: Vec::new(),
        made: 0,
        reached: 0,
    };
    let top = machine.run()?;
    match machine.plain(&top, 0)? {
        objects @ NpyValue::Objects { .. } => Ok(objects),
        _ => machine.wrong("not an array of objects"),
    }
}

struct Machine<'b> {
    bytes: &'b [u8],
    at: usize,
    stack: Vec<Item>,
    memo: HashMap<usize, Item>,
    lists: Vec<Vec<Item>>,
    /// `None` until the content comes.
    arrays: Vec<Option<Filled>>,
    /// Values that were copied.
    made: usize,
    /// Levels that the last copy went down.
    reached: usize,
}

impl Machine<'_> {
    fn run(&mut self) -> Result<Item, NpyError> {
        loop {
            let at = self.at;
            let [code] = self.take()?;
            match code {
                0x80 => drop(self.take::<1>()?),                                     // PROTO
                0x95 => drop(self.take::<8>()?),                                     // FRAME
                b'(' => self.stack.push(Item::Mark),                                 // MARK
                b'N' => self.push(NpyValue::None),                                   // NONE
                0x88 => self.push(NpyValue::Bool(true)),                             // NEWTRUE
                0x89 => self.push(NpyValue::Bool(false)),                            // NEWFALSE
                b'J' => self.int(|m| Ok(i64::from(i32::from_le_bytes(m.take()?))))?, // BININT
                b'K' => self.int(|m| Ok(i64::from(m.take::<1>()?[0])))?,             // BININT1
                b'M' => self.int(|m| Ok(i64::from(u16::from_le_bytes(m.take()?))))?, // BININT2
                0x8a => self.int(Self::long)?,                                       // LONG1
                b'G' => {
                    let number = f64::from_be_bytes(self.take()?); // BINFLOAT
                    self.push(NpyValue::Float(number));
                }
                0x8c => self.text(1)?,       // SHORT_BINUNICODE
                b'X' => self.text(4)?,       // BINUNICODE
                b'C' => self.raw(1)?,        // SHORT_BINBYTES
                b'B' => self.raw(4)?,        // BINBYTES
                0x8e | 0x96 => self.raw(8)?, // BINBYTES8, BYTEARRAY8
                b']' => {
                    self.stack.push(Item::List(self.lists.len())); // EMPTY_LIST
                    self.lists.push(Vec::new());
                }
                b')' => self.tuple_of(0)?, // EMPTY_TUPLE
                0x85 => self.tuple_of(1)?, // TUPLE1
                0x86 => self.tuple_of(2)?, // TUPLE2
                0x87 => self.tuple_of(3)?, // TUPLE3
                b't' => {
                    let items = self.take_marked()?; // TUPLE
                    self.push_tuple(items);
                }
                b'a' => {
                    let item = self.pop()?; // APPEND
                    self.append(vec![item])?;
                }
                b'e' => {
                    let items = self.take_marked()?; // APPENDS
                    self.append(items)?;
                }
                b'q' => self.memoize(1)?,                // BINPUT
                b'r' => self.memoize(4)?,                // LONG_BINPUT
                0x94 => self.remember(self.memo.len())?, // MEMOIZE
                b'h' => self.recall(1)?,                 // BINGET
                b'j' => self.recall(4)?,                 // LONG_BINGET
                b'c' => {
                    let (module, name) = (self.line()?, self.line()?); // GLOBAL
                    self.name(&module, &name)?;
                }
                0x93 => {
                    let (name, module) = (self.pop_text()?, self.pop_text()?); // STACK_GLOBAL
                    self.name(&module, &name)?;
                }
                b'R' => self.reduce()?,    // REDUCE
                b'b' => self.build()?,     // BUILD
                b'0' => drop(self.pop()?), // POP
                b'.' => return self.pop(), // STOP
                _ => return Err(NpyError::Instruction { at, code }),
            }
        }
    }

    fn wrong<T>(&self, what: &'static str) -> Result<T, NpyError> {
        Err(NpyError::Pickle { at: self.at, what })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], NpyError> {
        match self.bytes[self.at..].first_chunk() {
            Some(chunk) => {
                self.at += N;
                Ok(*chunk)
            }
            None => self.wrong("ends too early"),
        }
    }

    /// A length of this many bytes, little-endian, and as many bytes as it says.
    fn counted(&mut self, width: usize) -> Result<Vec<u8>, NpyError> {
        let length = self.number(width)?;
        match self.bytes[self.at..].split_at_checked(length) {
            Some((counted, _)) => {
                self.at += length;
                Ok(counted.to_vec())
            }
            None => self.wrong("ends too early"),
        }
    }

    fn number(&mut self, width: usize) -> Result<usize, NpyError> {
        let mut number = 0_u64;
        for index in 0..width {
            number |= u64::from(self.take::<1>()?[0]) << (8 * index);
        }
        usize::try_from(number).or_else(|_| self.wrong("a number is too large"))
    }

    fn push(&mut self, plain: NpyValue) {
        self.stack.push(Item::Plain(Rc::new(plain)));
    }

    fn pop(&mut self) -> Result<Item, NpyError> {
        match self.stack.pop() {
            Some(Item::Mark) | None => self.wrong("takes from an empty stack"),
            Some(item) => Ok(item),
        }
    }

    fn int(&mut self, read: impl Fn(&mut Self) -> Result<i64, NpyError>) -> Result<(), NpyError> {
        let number = read(self)?;
        self.push(NpyValue::Int(number));
        Ok(())
    }

    /// A whole number in two's complement of any length; those of more than 64 bits are no atomic numbers.
    fn long(&mut self) -> Result<i64, NpyError> {
        let bytes = self.counted(1)?;
        if bytes.len() > 8 {
            return self.wrong("a whole number of more than 64 bits");
        }
        let sign = if bytes.last().is_some_and(|top| top & 0x80 != 0) { 0xFF } else { 0 };
        let mut padded = [sign; 8];
        padded[..bytes.len()].copy_from_slice(&bytes);
        Ok(i64::from_le_bytes(padded))
    }

    fn text(&mut self, width: usize) -> Result<(), NpyError> {
        match String::from_utf8(self.counted(width)?) {
            Ok(text) => {
                self.push(NpyValue::Text(text));
                Ok(())
            }
            Err(_) => self.wrong("a text that is not UTF-8"),
        }
    }

    fn raw(&mut self, width: usize) -> Result<(), NpyError> {
        let bytes = self.counted(width)?;
        self.push(NpyValue::Bytes(bytes));
        Ok(())
    }

    fn line(&mut self) -> Result<String, NpyError> {
        let rest = &self.bytes[self.at..];
        let Some(length) = rest.iter().position(|&byte| byte == b'\n') else { return self.wrong("ends too early") };
        self.at += length + 1;
        Ok(String::from_utf8_lossy(&rest[..length]).into_owned())
    }

    fn pop_text(&mut self) -> Result<String, NpyError> {
        match self.pop()? {
            Item::Plain(plain) => match &*plain {
                NpyValue::Text(text) => Ok(text.clone()),
                _ => self.wrong("a name that is no text"),
            },
            _ => self.wrong("a name that is no text"),
        }
    }

    fn name(&mut self, module: &str, name: &str) -> Result<(), NpyError> {
        let full = format!("{module} {name}");
        match KNOWN.iter().find(|(known, _)| *known == full) {
            Some((_, name)) => {
                self.stack.push(Item::Name(*name));
                Ok(())
            }
            None => Err(NpyError::Forbidden(excerpt(&format!("{module}.{name}")))),
        }
    }

    fn take_marked(&mut self) -> Result<Vec<Item>, NpyError> {
        match self.stack.iter().rposition(|item| matches!(item, Item::Mark)) {
            Some(mark) => {
                let items = self.stack.split_off(mark + 1);
                self.stack.pop();
                Ok(items)
            }
            None => self.wrong("no mark on the stack"),
        }
    }

    fn tuple_of(&mut self, length: usize) -> Result<(), NpyError> {
        let mut items = Vec::with_capacity(length);
        for _ in 0..length {
            items.push(self.pop()?);
        }
        items.reverse();
        self.push_tuple(items);
        Ok(())
    }

    fn push_tuple(&mut self, items: Vec<Item>) {
        self.stack.push(Item::Tuple(self.lists.len()));
        self.lists.push(items);
    }

    fn append(&mut self, items: Vec<Item>) -> Result<(), NpyError> {
        match self.stack.last() {
            Some(&Item::List(list)) => {
                self.lists[list].extend(items);
                Ok(())
            }
            _ => self.wrong("appends to what is no list"),
        }
    }

    fn memoize(&mut self, width: usize) -> Result<(), NpyError> {
        let index = self.number(width)?;
        self.remember(index)
    }

    fn remember(&mut self, index: usize) -> Result<(), NpyError> {
        match self.stack.last() {
            Some(item) => {
                self.memo.insert(index, item.clone());
                Ok(())
            }
            None => self.wrong("takes from an empty stack"),
        }
    }

    fn recall(&mut self, width: usize) -> Result<(), NpyError> {
        let index = self.number(width)?;
        match self.memo.get(&index) {
            Some(item) => {
                self.stack.push(item.clone());
                Ok(())
            }
            None => self.wrong("refers to what is not there"),
        }
    }
}
