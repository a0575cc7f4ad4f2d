//! The data blocks of a CIF text, with recovery after faults.

use std::{
    collections::HashSet,
    hash::{Hash, Hasher},
    ops::ControlFlow,
};

use crate::{
    cif::{
        block::{Block, Rows, ValueLocation},
        lexer::{Kind, Lexer, Token},
    },
    json::utf_16,
    parse_error::{Fault, Locator, ParseError, ParseErrorKind, shorten},
};

/// The blocks of a CIF, one after the other.
///
/// After a fault the iterator goes on with the next line that begins with `data_`: one bad block does not hide the
/// others. Damage that concerns single tags, such as a tag or loop without values, is no fault of the block: a damaged tag has no
/// values, and of a tag that is stated twice the first statement counts.
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
        if let Some(fault) = utf_16(self.lexer.text) {
            return Err(fault);
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
    ///
    /// Damage to tags that are not needed is recorded in the block; reading a damaged tag is an error.
    fn read_block(&mut self, block: &mut Block<'a>) -> Result<Option<Token>, Fault> {
        let text = self.lexer.text;
        let mut frame: Option<Token> = None;
        // Tags that the values after them belong to, and whether those have been noted.
        let mut last_tag = 0;
        let mut stray = false;
        let mut token = self.lexer.next()?;
        loop {
            let word = || shorten(&text[token.offset..token.end]);
            match token.kind {
                Kind::Tag => {
                    stray = false;
                    last_tag = block.num_tags();
                    let value = match self.lexer.next() {
                        Ok(value) => value,
                        Err(fault) => {
                            let fault = self.pass_unclosed(fault)?;
                            if frame.is_none() {
                                block.push(token, ValueLocation::Damaged)?;
                            }
                            block.damaged(last_tag, fault)?;
                            token = self.lexer.next()?;
                            continue;
                        }
                    };
                    if frame.is_none() {
                        block.push(token, ValueLocation::Single { start: value.offset as u32 })?;
                    }
                    if value.is_value() {
                        token = self.lexer.next()?;
                    } else {
                        let message = format!("{} has no value", word());
                        block.damaged(last_tag, Fault::new(token.offset, ParseErrorKind::MissingValue, message))?;
                        token = value;
                    }
                }
                Kind::Loop => {
                    token = self.read_loop(block, token, frame.is_some())?;
                    (stray, last_tag) = (false, block.num_tags());
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
                    (stray, last_tag) = (false, block.num_tags());
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
                    if !std::mem::replace(&mut stray, true) {
                        let message = format!("the value {} belongs to no tag", word());
                        block.damaged(last_tag, Fault::new(token.offset, ParseErrorKind::UnexpectedToken, message))?;
                    }
                    token = self.lexer.next()?;
                }
            }
        }
    }

    /// Moves behind the line of a quoted value without an end: no such value goes on in the next line. Other faults stay.
    fn pass_unclosed(&mut self, fault: Fault) -> Result<Fault, Fault> {
        let line = &self.lexer.text[fault.offset.min(self.lexer.text.len())..];
        let triple = ["'''", "\"\"\""].iter().any(|quotes| line.starts_with(quotes.as_bytes()));
        if fault.kind != ParseErrorKind::UnclosedQuote || triple {
            return Err(fault);
        }
        let length = line.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(line.len());
        self.lexer.at = fault.offset + length;
        Ok(fault)
    }

    /// The next token of a loop, or, where a quote is not closed and so the loop is damaged, the token after it.
    fn next_in_loop(&mut self, block: &mut Block<'a>, first_tag: usize) -> Result<ControlFlow<Token, Token>, Fault> {
        match self.lexer.next() {
            Ok(token) => Ok(ControlFlow::Continue(token)),
            Err(fault) => {
                let fault = self.pass_unclosed(fault)?;
                block.damaged(first_tag, fault)?;
                Ok(ControlFlow::Break(self.lexer.next()?))
            }
        }
    }

    /// Indexes a loop and returns the token after it.
    fn read_loop(&mut self, block: &mut Block<'a>, heading: Token, skipped: bool) -> Result<Token, Fault> {
        let first_tag = block.num_tags();
        let index = block.loops.len() as u32;
        let mut columns = 0;
        let mut token = self.lexer.next()?;
        while token.kind == Kind::Tag {
            if !skipped {
                block.push(token, ValueLocation::Column { rows: index, column: columns })?;
            }
            columns += 1;
            token = match self.next_in_loop(block, first_tag)? {
                ControlFlow::Continue(next) => next,
                ControlFlow::Break(after) => return Ok(after),
            };
        }
        if columns == 0 {
            let fault = Fault::new(heading.offset, ParseErrorKind::EmptyLoop, "a loop names no tags");
            // Values without tags may be anything, atoms included.
            if token.is_value() {
                return Err(fault);
            }
            block.damaged(first_tag, fault)?;
            return Ok(token);
        }
        let first_value = token.offset as u32;
        let mut values: u32 = 0;
        let mut last = token.offset;
        while token.is_value() {
            let (plain, offset) = self.lexer.skip_plain();
            last = if plain > 0 { offset } else { token.offset };
            values += 1 + plain;
            token = match self.next_in_loop(block, first_tag)? {
                ControlFlow::Continue(next) => next,
                ControlFlow::Break(after) => return Ok(after),
            };
        }
        if values == 0 {
            let fault = Fault::new(heading.offset, ParseErrorKind::EmptyLoop, "a loop has no values");
            block.damaged(first_tag, fault)?;
            return Ok(token);
        }
        if values == 1 && columns > 1 {
            // A loop without values, and a tag with one directly after it.
            let fault = Fault::new(heading.offset, ParseErrorKind::EmptyLoop, "a loop has no values");
            block.end_empty_loop(first_tag, first_value, fault)?;
            return Ok(token);
        }
        if !values.is_multiple_of(columns) {
            let message = format!("the loop ends inside a row: {values} values do not fill rows of {columns} columns");
            block.damaged(first_tag, Fault::new(last, ParseErrorKind::IncompleteLoop, message))?;
            return Ok(token);
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
        loop {
            let Some(heading) = self.heading.take() else {
                self.state = State::Done;
                return None;
            };
            self.locator.position(heading.offset);
            let mut block = Block::new(self.lexer, heading, self.locator);
            match self.read_block(&mut block) {
                Ok(next) => self.heading = next,
                Err(fault) => {
                    self.recover(fault.offset.max(heading.end));
                    let name = String::from_utf8_lossy(&text[heading.start..heading.end]);
                    return Some(Err(fault.locate(&mut self.locator, Some(&name))));
                }
            }
            // What stands under `global_` belongs to no block.
            if heading.kind == Kind::Global {
                continue;
            }
            block.find_repeated();
            // The names of a file with a single block need not be remembered.
            let remembered = self.heading.is_some() || !self.names.is_empty();
            block.same_name = remembered && !self.names.insert(Name(block.name));
            return Some(Ok(block));
        }
    }
}
