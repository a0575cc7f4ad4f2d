//! The blocks of a CIF: an index of its tags, not a copy of its values.
//!
//! A block remembers where each value stands and where the rows of each loop begin; the values of a loop are read again
//! from the text when somebody asks for them. The index of a million rows is therefore as small as that of one.

use std::{
    borrow::Cow,
    collections::HashSet,
    hash::{Hash, Hasher},
};

use crate::{
    cif::lexer::{Kind, Lexer, Token},
    parse_error::{Fault, Locator, ParseError, ParseErrorKind, shorten},
};

/// One data block of a CIF.
#[derive(Clone, Debug)]
pub struct Block<'a> {
    pub(crate) lexer: Lexer<'a>,
    pub(crate) heading: usize,
    /// Where the heading stands.
    pub(crate) locator: Locator<'a>,
    name: &'a [u8],
    tags: Vec<Tag>,
    loops: Vec<Rows>,
}

#[derive(Clone, Copy, Debug)]
struct Tag {
    hash: u32,
    start: u32,
    end: u32,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Single { start: u32 },
    Column { rows: u32, column: u32 },
}

/// The rows of a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    /// Where `loop_` stands.
    pub(crate) offset: u32,
    first_value: u32,
    pub(crate) columns: u32,
    pub(crate) rows: u32,
}

/// A value with its place in the text.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    text: &'a [u8],
    token: Token,
}

/// Most tags that a block may have: enough for every dictionary, and the index stays small.
const MOST_TAGS: usize = 50_000;

impl<'a> Value<'a> {
    /// The bytes of the value, without its quotes or semicolons.
    pub(crate) fn bytes(self) -> &'a [u8] {
        &self.text[self.token.start..self.token.end]
    }

    pub(crate) fn offset(self) -> usize {
        self.token.offset
    }

    /// Whether the value is an unquoted `.` or `?`.
    pub fn is_absent(self) -> bool {
        self.token.kind == Kind::Bare && matches!(self.bytes(), b"." | b"?")
    }

    /// The value as text, without its quotes or semicolons; folded lines of text fields are joined.
    pub fn text(self) -> Cow<'a, str> {
        let raw = String::from_utf8_lossy(self.bytes());
        if self.token.kind == Kind::Text { unfold(raw) } else { raw }
    }
}

/// Undoes the line-folding and text-prefix protocols of CIF 2.0 text fields.
fn unfold(raw: Cow<'_, str>) -> Cow<'_, str> {
    let Some((heading, body)) = raw.split_once('\n') else { return raw };
    let heading = heading.trim_end();
    let Some(stripped) = heading.strip_suffix('\\') else { return raw };
    let (prefix, fold) = match stripped.strip_suffix('\\') {
        Some(prefix) => (prefix, true),
        None => (stripped, stripped.is_empty()),
    };
    let mut text = String::with_capacity(body.len());
    let mut lines = body.split('\n').peekable();
    while let Some(line) = lines.next() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let line = line.strip_prefix(prefix).unwrap_or(line);
        match line.trim_end().strip_suffix('\\').filter(|_| fold) {
            Some(begun) => text.push_str(begun),
            None => {
                text.push_str(line);
                if lines.peek().is_some() {
                    text.push('\n');
                }
            }
        }
    }
    Cow::Owned(text)
}

/// Tags are compared without regard to case, and the dots of newer dictionaries count as underscores.
const fn fold(byte: u8) -> u8 {
    match byte {
        b'.' => b'_',
        _ => byte.to_ascii_lowercase(),
    }
}

/// Most bytes of a tag that its hash looks at: the ends of tags differ more than their beginnings.
const HASHED: usize = 10;

const fn hash(tag: &[u8]) -> u32 {
    let mut hash: u32 = 0x811C_9DC5 ^ tag.len() as u32;
    let mut i = tag.len().saturating_sub(HASHED);
    while i < tag.len() {
        hash = (hash ^ fold(tag[i]) as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    hash
}

fn same_tag(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&x, &y)| fold(x) == fold(y))
}

/// A tag that readers look for, hashed when the crate is compiled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    hash: u32,
}

impl Key {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, hash: hash(name.as_bytes()) }
    }
}

impl<'a> Block<'a> {
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
    pub(crate) fn get_all(&self, key: &Key) -> impl Iterator<Item = Value<'a>> + '_ {
        self.values_at(self.find(key.name.as_bytes(), key.hash))
    }

    /// As [`value`](Self::value), for a tag that is known beforehand.
    pub(crate) fn get(&self, key: &Key) -> Option<Value<'a>> {
        self.get_all(key).next()
    }

    fn values_at(&self, tag: Option<&Tag>) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let (lexer, column, columns, count) = match tag.map(|tag| tag.place) {
            None => (self.lexer, 0, 1, 0),
            Some(Place::Single { start }) => (self.lexer_at(start), 0, 1, 1),
            Some(Place::Column { rows, column }) => {
                let rows = self.loops[rows as usize];
                (self.lexer_at(rows.first_value), column, rows.columns, rows.rows as usize * rows.columns as usize)
            }
        };
        let values = Values { lexer, left: count };
        values.skip(column as usize).step_by(columns as usize)
    }

    /// The loop that a tag is a column of, and the column's index; a single value counts as a loop of one.
    pub(crate) fn column(&self, key: &Key) -> Option<(Rows, usize)> {
        self.find(key.name.as_bytes(), key.hash).map(|tag| match tag.place {
            Place::Single { start } => (Rows { offset: tag.start, first_value: start, columns: 1, rows: 1 }, 0),
            Place::Column { rows, column } => (self.loops[rows as usize], column as usize),
        })
    }

    /// The values of a loop, row by row.
    pub(crate) fn rows(&self, rows: Rows) -> Values<'a> {
        Values { lexer: self.lexer_at(rows.first_value), left: rows.rows as usize * rows.columns as usize }
    }

    /// Whether any tag begins like this.
    pub(crate) fn has_category(&self, prefix: &str) -> bool {
        let begins = |tag: &Tag| {
            let tag = &self.lexer.text[tag.start as usize..tag.end as usize];
            tag.get(..prefix.len()).is_some_and(|head| same_tag(head, prefix.as_bytes()))
        };
        self.tags.iter().any(begins)
    }

    #[inline]
    fn find(&self, name: &[u8], wanted: u32) -> Option<&Tag> {
        let text = self.lexer.text;
        let matches = |tag: &&Tag| tag.hash == wanted && same_tag(&text[tag.start as usize..tag.end as usize], name);
        self.tags.iter().find(matches)
    }

    fn lexer_at(&self, at: u32) -> Lexer<'a> {
        Lexer { at: at as usize, ..self.lexer }
    }

    /// The first tag that occurs a second time.
    fn duplicate(&self) -> Option<Tag> {
        let text = self.lexer.text;
        let name = |tag: &Tag| &text[tag.start as usize..tag.end as usize];
        if self.tags.len() <= 32 {
            let again = |(i, tag): (usize, &Tag)| {
                let earlier = self.tags[..i].iter().any(|t| t.hash == tag.hash && same_tag(name(t), name(tag)));
                earlier.then_some(*tag)
            };
            return self.tags.iter().enumerate().find_map(again);
        }
        let mut seen = HashSet::with_capacity(self.tags.len());
        let folded = |tag: &Tag| name(tag).iter().map(|&b| fold(b)).collect::<Vec<_>>();
        self.tags.iter().find(|tag| !seen.insert(folded(tag))).copied()
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

/// The blocks of a CIF, one after the other.
///
/// After a fault the iterator goes on with the next line that begins with `data_`: one bad block does not hide the
/// others.
#[derive(Clone, Debug)]
pub struct Blocks<'a> {
    lexer: Lexer<'a>,
    locator: Locator<'a>,
    /// The heading of the block that comes next.
    heading: Option<Token>,
    names: HashSet<Name<'a>>,
    state: State,
}

/// The name of a block, compared without regard to case.
#[derive(Clone, Copy, Debug)]
struct Name<'a>(&'a [u8]);

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for Name<'_> {}

impl Hash for Name<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|byte| state.write_u8(byte.to_ascii_lowercase()));
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Start,
    Inside,
    Done,
}

/// Splits a CIF into its data blocks.
///
/// # Examples
///
/// ```
/// let text = "data_a\n_cell_length_a 4.05(1)\ndata_b\n_cell_length_a ?\n";
/// let blocks: Result<Vec<_>, _> = s2s_crystal::cif::blocks(text).collect();
/// let blocks = blocks?;
/// assert_eq!(blocks[0].value("_cell_length_a").map(|v| v.text().into_owned()), Some("4.05(1)".to_owned()));
/// assert!(blocks[1].value("_CELL.length_a").is_some_and(|v| v.is_absent()));
/// # Ok::<(), s2s_crystal::ParseError>(())
/// ```
pub fn blocks<T: AsRef<[u8]> + ?Sized>(text: &T) -> Blocks<'_> {
    let text = text.as_ref();
    Blocks {
        lexer: Lexer::new(text),
        locator: Locator::new(text),
        heading: None,
        names: HashSet::new(),
        state: State::Start,
    }
}

impl<'a> Blocks<'a> {
    /// Moves to the first heading.
    fn begin(&mut self) -> Result<(), Fault> {
        self.state = State::Inside;
        // Offsets are 32 bits wide.
        if u32::try_from(self.lexer.text.len()).is_err() {
            let message = "the text exceeds the limit of 4 GiB";
            return Err(Fault::new(0, ParseErrorKind::LimitExceeded, message));
        }
        let token = self.lexer.next()?;
        match token.kind {
            Kind::Data | Kind::Global => self.heading = Some(token),
            Kind::End => {}
            _ => {
                let word = shorten(&self.lexer.text[token.offset..token.end]);
                let message = format!("{word} stands before the first data block");
                return Err(Fault::new(token.offset, ParseErrorKind::UnexpectedToken, message));
            }
        }
        Ok(())
    }

    /// Fills a block up to the next heading, which is returned.
    fn read_block(&mut self, block: &mut Block<'a>) -> Result<Option<Token>, Fault> {
        let text = self.lexer.text;
        let mut frame: Option<Token> = None;
        let mut token = self.lexer.next()?;
        loop {
            let word = || shorten(&text[token.offset..token.end]);
            match token.kind {
                Kind::Tag => {
                    let value = self.lexer.next()?;
                    if !value.is_value() {
                        let message = format!("{} has no value", word());
                        return Err(Fault::new(token.offset, ParseErrorKind::MissingValue, message));
                    }
                    if frame.is_none() {
                        block.push(token, Place::Single { start: value.offset as u32 })?;
                    }
                    token = self.lexer.next()?;
                }
                Kind::Loop => {
                    token = self.read_loop(block, token, frame.is_some())?;
                }
                Kind::Save => {
                    match (frame, token.start == token.end) {
                        (None, false) => frame = Some(token),
                        (Some(_), true) => frame = None,
                        (None, true) => {
                            let message = "save_ closes a save frame that was not opened";
                            return Err(Fault::new(token.offset, ParseErrorKind::UnexpectedToken, message));
                        }
                        (Some(_), false) => {
                            let message = format!("{} opens a save frame inside another", word());
                            return Err(Fault::new(token.offset, ParseErrorKind::UnexpectedToken, message));
                        }
                    }
                    token = self.lexer.next()?;
                }
                Kind::Data | Kind::Global | Kind::End => {
                    if let Some(frame) = frame {
                        let message = format!("{} is never closed", shorten(&text[frame.offset..frame.end]));
                        return Err(Fault::new(frame.offset, ParseErrorKind::Syntax, message));
                    }
                    return Ok((token.kind != Kind::End).then_some(token));
                }
                Kind::Stop => {
                    let message = "stop_ is not part of CIF";
                    return Err(Fault::new(token.offset, ParseErrorKind::UnexpectedToken, message));
                }
                Kind::Bare | Kind::Quoted | Kind::Text | Kind::Composite => {
                    let message = format!("the value {} belongs to no tag", word());
                    return Err(Fault::new(token.offset, ParseErrorKind::UnexpectedToken, message));
                }
            }
        }
    }

    /// Indexes a loop and returns the token after it.
    fn read_loop(&mut self, block: &mut Block<'a>, heading: Token, skipped: bool) -> Result<Token, Fault> {
        let fault = |at: usize, kind, message: &str| Err(Fault::new(at, kind, message));
        let index = block.loops.len() as u32;
        let mut columns = 0;
        let mut token = self.lexer.next()?;
        while token.kind == Kind::Tag {
            if !skipped {
                block.push(token, Place::Column { rows: index, column: columns })?;
            }
            columns += 1;
            token = self.lexer.next()?;
        }
        if columns == 0 {
            return fault(heading.offset, ParseErrorKind::EmptyLoop, "a loop names no tags");
        }
        let first_value = token.offset as u32;
        let mut values: u32 = 0;
        let mut last = token.offset;
        while token.is_value() {
            let (plain, offset) = self.lexer.skip_plain();
            last = if plain > 0 { offset } else { token.offset };
            values += 1 + plain;
            token = self.lexer.next()?;
        }
        if values == 0 {
            return fault(heading.offset, ParseErrorKind::EmptyLoop, "a loop has no values");
        }
        if !values.is_multiple_of(columns) {
            let message = format!("the loop ends inside a row: {values} values do not fill rows of {columns} columns");
            return Err(Fault::new(last, ParseErrorKind::IncompleteLoop, message));
        }
        if !skipped {
            block.loops.push(Rows { offset: heading.offset as u32, first_value, columns, rows: values / columns });
        }
        Ok(token)
    }

    /// Moves to the next line that begins with `data_`.
    fn recover(&mut self, from: usize) {
        let text = self.lexer.text;
        let is_heading = |at: usize| text[at..].get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"data_"));
        let mut at = from.max(1);
        while at < text.len() {
            if matches!(text[at - 1], b'\n' | b'\r') && is_heading(at) {
                break;
            }
            at += 1;
        }
        self.lexer.at = at;
        self.heading = match self.lexer.next() {
            Ok(token) if token.kind == Kind::Data => Some(token),
            _ => None,
        };
    }
}

impl<'a> Block<'a> {
    fn new(lexer: Lexer<'a>, heading: Token, locator: Locator<'a>) -> Self {
        let name = &lexer.text[heading.start..heading.end];
        Self { lexer, locator, heading: heading.offset, name, tags: Vec::new(), loops: Vec::new() }
    }

    fn push(&mut self, token: Token, place: Place) -> Result<(), Fault> {
        if self.tags.len() == MOST_TAGS {
            let message = format!("the block exceeds the limit of {MOST_TAGS} tags");
            return Err(Fault::new(token.offset, ParseErrorKind::LimitExceeded, message));
        }
        if self.tags.is_empty() {
            self.tags.reserve(32);
        }
        let hash = hash(&self.lexer.text[token.start..token.end]);
        self.tags.push(Tag { hash, start: token.start as u32, end: token.end as u32, place });
        Ok(())
    }

    pub(crate) fn locate(&self, fault: Fault) -> ParseError {
        let mut locator = self.locator;
        fault.locate(&mut locator, Some(&self.name()))
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Result<Block<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.lexer.text;
        if self.state == State::Start
            && let Err(fault) = self.begin()
        {
            self.recover(fault.offset);
            return Some(Err(fault.locate(&mut self.locator, None)));
        }
        if self.state == State::Done {
            return None;
        }
        let Some(heading) = self.heading.take() else {
            self.state = State::Done;
            return None;
        };
        self.locator.position(heading.offset);
        let mut block = Block::new(self.lexer, heading, self.locator);
        let is_global = heading.kind == Kind::Global;
        let name = &text[heading.start..heading.end];
        let located =
            |fault: Fault, locator: &mut Locator<'_>| fault.locate(locator, Some(&String::from_utf8_lossy(name)));
        match self.read_block(&mut block) {
            Ok(next) => self.heading = next,
            Err(fault) => {
                self.recover(fault.offset.max(heading.end));
                return Some(Err(located(fault, &mut self.locator)));
            }
        }
        if is_global {
            // What stands under `global_` belongs to no block.
            return self.next();
        }
        if let Some(tag) = block.duplicate() {
            let name = shorten(&text[tag.start as usize..tag.end as usize]);
            let fault = Fault::new(tag.start as usize, ParseErrorKind::DuplicateTag, format!("{name} occurs twice"));
            return Some(Err(located(fault, &mut self.locator)));
        }
        // The names of a file with a single block need not be remembered.
        if (self.heading.is_some() || !self.names.is_empty()) && !self.names.insert(Name(block.name)) {
            let message = format!("two blocks are named {}", shorten(block.name));
            let fault = Fault::new(heading.offset, ParseErrorKind::DuplicateBlock, message);
            return Some(Err(located(fault, &mut self.locator)));
        }
        Some(Ok(block))
    }
}
