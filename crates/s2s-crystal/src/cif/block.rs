//! A block of a CIF: an index of its tags, not a copy of its values.
//!
//! A block stores the offsets of each value and of the rows of each loop; the values of a loop are read again from the
//! text when they are needed. The index of a million rows is therefore as small as that of one.

use std::{borrow::Cow, collections::HashMap, ops::Range};

use crate::{
    cif::{
        lexer::{Lexer, Token},
        tag::{HashSketch, Key, fold, hash, same_tag},
        value::Value,
    },
    diagnostic::{DiagnosticKind, Diagnostics},
    parse_error::{Fault, Locator, ParseError, ParseErrorKind, shorten},
};

/// One data block of a CIF.
#[derive(Clone, Debug)]
pub struct Block<'a> {
    pub(crate) lexer: Lexer<'a>,
    pub(crate) heading: usize,
    /// Where the heading stands.
    pub(crate) locator: Locator<'a>,
    pub(super) name: &'a [u8],
    tags: Vec<Tag>,
    hashes: HashSketch,
    /// Indices of tags among the first [`FEW_TAGS`] that may have occurred before.
    suspects: Vec<u32>,
    pub(super) loops: Vec<Rows>,
    damage: Vec<Damage>,
    /// Tags that occur again, with the tag that has their name first.
    repeated: Vec<(u32, u32)>,
    /// Whether an earlier block has the same name.
    pub(super) same_name: bool,
}

/// Something that cannot be read, and the tags whose values it concerns.
#[derive(Clone, Debug)]
struct Damage {
    tags: Range<usize>,
    fault: Fault,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Tag {
    hash: u32,
    pub(super) start: u32,
    pub(super) end: u32,
    location: ValueLocation,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum ValueLocation {
    Single {
        start: u32,
    },
    Column {
        rows: u32,
        column: u32,
    },
    /// The values cannot be read.
    Damaged,
}

/// The rows of a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    /// Where `loop_` stands.
    pub(crate) offset: u32,
    pub(super) first_value: u32,
    pub(crate) columns: u32,
    pub(crate) rows: u32,
}

/// Most tags that a block may have: enough for every dictionary, and the index stays small.
const MOST_TAGS: usize = 50_000;

/// Up to so many tags, each that may have occurred before is compared with all before it.
const FEW_TAGS: usize = 32;

/// Most damages that a block may have.
const MOST_DAMAGES: usize = 1000;

impl<'a> Block<'a> {
    pub(super) fn new(lexer: Lexer<'a>, heading: Token, locator: Locator<'a>) -> Self {
        let name = &lexer.text[heading.start..heading.end];
        Self {
            lexer,
            locator,
            heading: heading.offset,
            name,
            tags: Vec::new(),
            hashes: HashSketch::default(),
            suspects: Vec::new(),
            loops: Vec::new(),
            damage: Vec::new(),
            repeated: Vec::new(),
            same_name: false,
        }
    }

    pub(super) fn num_tags(&self) -> usize {
        self.tags.len()
    }

    /// Notes that the values of the tags from `first` on cannot be read; an error if that happens too often.
    pub(super) fn damaged(&mut self, first: usize, fault: Fault) -> Result<(), Fault> {
        if self.damage.len() == MOST_DAMAGES {
            return Err(fault);
        }
        self.tags[first..].iter_mut().for_each(|tag| tag.location = ValueLocation::Damaged);
        self.damage.push(Damage { tags: first..self.tags.len(), fault });
        Ok(())
    }

    /// Notes that the tags from `first` on are a loop without values, but for the last one, which has a value of its own.
    pub(super) fn end_empty_loop(&mut self, first: usize, value: u32, fault: Fault) -> Result<(), Fault> {
        let last = if first < self.tags.len() { self.tags.pop() } else { None };
        self.damaged(first, fault)?;
        self.tags.extend(last.map(|tag| Tag { location: ValueLocation::Single { start: value }, ..tag }));
        Ok(())
    }

    #[inline]
    pub(super) fn push(&mut self, token: Token, location: ValueLocation) -> Result<(), Fault> {
        if self.tags.len() == MOST_TAGS {
            let message = format!("the block exceeds the limit of {MOST_TAGS} tags");
            return Err(Fault::new(token.offset, ParseErrorKind::LimitExceeded, message));
        }
        if self.tags.is_empty() {
            self.tags.reserve(FEW_TAGS);
        }
        let hash = hash(&self.lexer.text[token.start..token.end]);
        if self.hashes.add(hash) && self.tags.len() < FEW_TAGS {
            self.suspects.push(self.tags.len() as u32);
        }
        self.tags.push(Tag { hash, start: token.start as u32, end: token.end as u32, location });
        Ok(())
    }

    pub(crate) fn locate(&self, fault: Fault) -> ParseError {
        let mut locator = self.locator;
        fault.locate(&mut locator, Some(&self.name()))
    }

    /// Name of the block, without `data_`.
    pub fn name(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.name)
    }

    /// The tags of the block in the order of the text, loops included.
    pub fn tags(&self) -> impl Iterator<Item = Cow<'a, str>> + '_ {
        let text = self.lexer.text;
        self.tags.iter().map(|tag| String::from_utf8_lossy(&text[tag.start as usize..tag.end as usize]))
    }

    /// The value of a tag; the first row's where the tag is a column of a loop.
    pub fn value(&self, tag: &str) -> Option<Value<'a>> {
        self.values(tag).next()
    }

    /// The values of a tag: all rows of a column, or the single value; nothing where the block does not have the tag.
    pub fn values(&self, tag: &str) -> impl Iterator<Item = Value<'a>> + '_ {
        self.values_at(self.find(tag.as_bytes(), hash(tag.as_bytes())))
    }

    /// As [`values`](Self::values), for a tag that is known beforehand.
    #[inline]
    pub(crate) fn get_all(&self, key: &Key) -> impl Iterator<Item = Value<'a>> + '_ {
        self.values_at(self.find(key.name.as_bytes(), key.hash))
    }

    /// As [`value`](Self::value), for a tag that is known beforehand; `single_value` refuses rows that differ.
    #[inline]
    pub(crate) fn get(&self, key: &Key) -> Option<Value<'a>> {
        self.first_value(self.find(key.name.as_bytes(), key.hash)?)
    }

    fn first_value(&self, tag: &Tag) -> Option<Value<'a>> {
        match tag.location {
            ValueLocation::Single { start } => Values { lexer: self.lexer_at(start), left: 1 }.next(),
            ValueLocation::Column { .. } | ValueLocation::Damaged => self.values_at(Some(tag)).next(),
        }
    }

    #[inline]
    fn values_at(&self, tag: Option<&Tag>) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let (lexer, column, columns, count) = match tag.map(|tag| tag.location) {
            None | Some(ValueLocation::Damaged) => (self.lexer, 0, 1, 0),
            Some(ValueLocation::Single { start }) => (self.lexer_at(start), 0, 1, 1),
            Some(ValueLocation::Column { rows, column }) => {
                let rows = self.loops[rows as usize];
                (self.lexer_at(rows.first_value), column, rows.columns, rows.rows as usize * rows.columns as usize)
            }
        };
        let values = Values { lexer, left: count };
        values.skip(column as usize).step_by(columns as usize)
    }

    /// The loop that a tag is a column of, and the column's index; a single value counts as a loop of one.
    #[inline]
    pub(crate) fn column(&self, key: &Key) -> Option<(Rows, usize)> {
        self.find(key.name.as_bytes(), key.hash).and_then(|tag| match tag.location {
            ValueLocation::Single { start } => {
                Some((Rows { offset: tag.start, first_value: start, columns: 1, rows: 1 }, 0))
            }
            ValueLocation::Column { rows, column } => Some((self.loops[rows as usize], column as usize)),
            ValueLocation::Damaged => None,
        })
    }

    /// Where a tag stands whose values can be read.
    pub(crate) fn tag_offset(&self, key: &Key) -> Option<usize> {
        self.find(key.name.as_bytes(), key.hash).map(|tag| tag.start as usize)
    }

    /// The values of a loop, row by row.
    #[inline]
    pub(crate) fn rows(&self, rows: Rows) -> Values<'a> {
        Values { lexer: self.lexer_at(rows.first_value), left: rows.rows as usize * rows.columns as usize }
    }

    /// Whether any tag begins like this.
    pub(crate) fn has_category(&self, prefix: &str) -> bool {
        self.tags.iter().any(|tag| self.begins(tag, prefix))
    }

    fn begins(&self, tag: &Tag, prefix: &str) -> bool {
        self.tag_name(tag).get(..prefix.len()).is_some_and(|head| same_tag(head, prefix.as_bytes()))
    }

    fn tag_name(&self, tag: &Tag) -> &'a [u8] {
        &self.lexer.text[tag.start as usize..tag.end as usize]
    }

    /// Where the first tag stands that begins like this.
    pub(crate) fn first_of_category(&self, prefix: &str) -> Option<usize> {
        self.tags.iter().find(|tag| self.begins(tag, prefix)).map(|tag| tag.start as usize)
    }

    /// Why the values of a tag that begins like this cannot be read, if there is such a tag.
    pub(crate) fn damage_of(&self, prefix: &str) -> Option<Fault> {
        let concerns = |damage: &&Damage| self.tags[damage.tags.clone()].iter().any(|tag| self.begins(tag, prefix));
        self.damage.iter().find(concerns).map(|damage| damage.fault.clone())
    }

    /// Damage and repeated tags: errors where one of the needed tags is concerned, warnings elsewhere.
    pub(crate) fn check_damage(
        &self,
        is_needed: impl Fn(&[u8]) -> bool,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Fault> {
        for damage in &self.damage {
            if self.tags[damage.tags.clone()].iter().any(|tag| is_needed(self.tag_name(tag))) {
                return Err(damage.fault.clone());
            }
            let kind = match damage.fault.kind {
                ParseErrorKind::EmptyLoop | ParseErrorKind::IncompleteLoop => DiagnosticKind::DamagedLoop,
                _ => DiagnosticKind::UnreadableValue,
            };
            diagnostics.warn_of(kind, damage.fault.clone())?;
        }
        for &(again, first) in &self.repeated {
            let [again, first] = [again, first].map(|index| &self.tags[index as usize]);
            let name = self.tag_name(again);
            let kind = DiagnosticKind::DuplicateValue;
            let fault = |message| Fault::new(again.start as usize, ParseErrorKind::DuplicateTag, message);
            let value = |tag: &Tag| match tag.location {
                ValueLocation::Single { start } => {
                    self.lexer_at(start).next_value().map(|token| &self.lexer.text[token.start..token.end])
                }
                _ => None,
            };
            let equal = value(again).is_some() && value(again) == value(first);
            let intact = |tag: &Tag| !matches!(tag.location, ValueLocation::Damaged);
            if !equal && is_needed(name) && intact(again) && intact(first) {
                return Err(fault(format!("{} occurs twice", shorten(name))));
            }
            let what = if equal { "is stated twice" } else { "occurs twice, and its first values are taken" };
            diagnostics.warn_of(kind, fault(format!("{} {what}", shorten(name))))?;
        }
        if self.same_name {
            let message = format!("two blocks are named {}", shorten(self.name));
            let fault = Fault::new(self.heading, ParseErrorKind::DuplicateBlock, message);
            diagnostics.warn_of(DiagnosticKind::DuplicateValue, fault)?;
        }
        Ok(())
    }

    #[inline]
    fn find(&self, name: &[u8], wanted: u32) -> Option<&Tag> {
        if self.hashes.may_hold(wanted) { self.find_listed(name, wanted) } else { None }
    }

    fn find_listed(&self, name: &[u8], wanted: u32) -> Option<&Tag> {
        let text = self.lexer.text;
        let matches = |tag: &&Tag| {
            tag.hash == wanted
                && same_tag(&text[tag.start as usize..tag.end as usize], name)
                && !matches!(tag.location, ValueLocation::Damaged)
        };
        self.tags.iter().find(matches)
    }

    #[inline]
    fn lexer_at(&self, at: u32) -> Lexer<'a> {
        Lexer { at: at as usize, ..self.lexer }
    }

    /// Notes the tags that occur again.
    pub(super) fn find_repeated(&mut self) {
        let mut repeated = Vec::new();
        if self.tags.len() <= FEW_TAGS {
            for &i in &self.suspects {
                let Some(tag) = self.tags.get(i as usize) else { continue };
                let same = |t: &Tag| t.hash == tag.hash && same_tag(self.tag_name(t), self.tag_name(tag));
                if let Some(first) = self.tags[..i as usize].iter().position(same) {
                    repeated.push((i, first as u32));
                }
            }
        } else {
            let mut seen = HashMap::with_capacity(self.tags.len());
            for (i, tag) in self.tags.iter().enumerate() {
                let folded: Vec<u8> = self.tag_name(tag).iter().map(|&b| fold(b)).collect();
                let first = *seen.entry(folded).or_insert(i);
                if first != i {
                    repeated.push((i as u32, first as u32));
                }
            }
        }
        self.repeated = repeated;
    }
}

/// The values of a loop, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Values<'a> {
    lexer: Lexer<'a>,
    left: usize,
}

impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;

    #[inline]
    fn next(&mut self) -> Option<Value<'a>> {
        self.left = self.left.checked_sub(1)?;
        let token = self.lexer.next_value()?;
        Some(Value { text: self.lexer.text, token })
    }
}
