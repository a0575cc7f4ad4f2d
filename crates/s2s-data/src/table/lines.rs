//! The lines of a table of separated values, one row each.
//!
//! The general format lets a quoted field hold line breaks. No table of measurements needs that, and one unmatched quote would
//! then join all rows up to the next quote. Here a row ends with its line, so that a fault is limited to one row.

use std::io::{self, BufRead, BufReader, Read};

/// A row of a measured material takes a hundred bytes; a line of this length is something else.
const LINE_BYTES: usize = 1 << 20;

/// A field of a table is a name, a number or a reference.
const FIELD_BYTES: usize = 10_000;

/// Bytes and rows of a table: SuperCon has 33,000 rows. A row of a few bytes takes some hundred in memory once it is read.
pub(crate) const TABLE_BYTES: u64 = 1 << 26;
const ROWS: u32 = 500_000;

/// Rows of a table, the header first.
#[derive(Debug)]
pub(crate) struct TableLines<R> {
    source: BufReader<R>,
    delimiter: u8,
    comment: Option<u8>,
    line: Vec<u8>,
    started: bool,
    /// Bytes and rows read so far.
    bytes: u64,
    rows: u32,
}

/// The fields of a row, or what is wrong with its line.
pub(crate) type Fields = Result<Vec<String>, String>;

impl<R: Read> TableLines<R> {
    pub(crate) fn new(source: R, delimiter: u8, comment: Option<u8>) -> Self {
        Self { source: BufReader::new(source), delimiter, comment, line: Vec::new(), started: false, bytes: 0, rows: 0 }
    }

    pub(crate) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The next line that is neither empty nor a comment; `None` at the end.
    pub(crate) fn next_row(&mut self) -> io::Result<Option<Fields>> {
        loop {
            let complete = match self.read_line()? {
                None => return Ok(None),
                Some(complete) => complete,
            };
            if !std::mem::replace(&mut self.started, true) && self.line.starts_with(b"\xef\xbb\xbf") {
                self.line.drain(..3);
            }
            if (complete && self.line.is_empty())
                || (self.comment.is_some() && self.line.first() == self.comment.as_ref())
            {
                continue;
            }
            self.rows += 1;
            if self.rows > ROWS {
                return Err(too_long(format!("more than {ROWS} rows")));
            }
            if !complete {
                return Ok(Some(Err(format!("the line is longer than {LINE_BYTES} bytes"))));
            }
            let fields = fields(&self.line, self.delimiter);
            return Ok(Some(match fields {
                Ok(fields) if fields.iter().any(|field| field.len() > FIELD_BYTES) => {
                    Err(format!("a field is longer than {FIELD_BYTES} bytes"))
                }
                fields => fields,
            }));
        }
    }

    /// Reads up to a line feed, a carriage return, or both; `false` where the line is too long, the rest of which is skipped.
    fn read_line(&mut self) -> io::Result<Option<bool>> {
        self.line.clear();
        let (mut complete, mut any) = (true, false);
        loop {
            let bytes = match self.source.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                bytes => bytes?,
            };
            if bytes.is_empty() {
                return Ok(any.then_some(complete));
            }
            any = true;
            if self.bytes > TABLE_BYTES {
                return Err(too_long(format!("more than {TABLE_BYTES} bytes")));
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &bytes[..end.unwrap_or(bytes.len())];
            complete &= self.line.len() + part.len() <= LINE_BYTES;
            if complete {
                self.line.extend_from_slice(part);
            }
            // The line feed behind a carriage return ends an empty line, which is not counted.
            let taken = end.map_or(part.len(), |end| end + 1);
            self.source.consume(taken);
            self.bytes += taken as u64;
            if end.is_some() {
                return Ok(Some(complete));
            }
        }
    }
}

fn too_long(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// The fields of one line; those in quotes may hold separators, and quotes that are doubled.
fn fields(line: &[u8], delimiter: u8) -> Fields {
    let line = std::str::from_utf8(line).map_err(|_| "the line is not UTF-8 text".to_owned())?;
    if line.contains('\0') {
        return Err("the line holds a NUL byte".to_owned());
    }
    let delimiter = char::from(delimiter);
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let Some(quoted) = rest.strip_prefix('"') else {
            match rest.split_once(delimiter) {
                Some((field, behind)) => {
                    fields.push(field.to_owned());
                    rest = behind;
                    continue;
                }
                None => {
                    fields.push(rest.to_owned());
                    return Ok(fields);
                }
            }
        };
        let mut field = String::new();
        let mut from = quoted;
        let behind = loop {
            let Some((part, behind)) = from.split_once('"') else {
                return Err("a quote is not closed on its line".to_owned());
            };
            field.push_str(part);
            match behind.strip_prefix('"') {
                Some(more) => {
                    field.push('"');
                    from = more;
                }
                None => break behind,
            }
        };
        fields.push(field);
        match behind.strip_prefix(delimiter) {
            Some(behind) => rest = behind,
            None if behind.is_empty() => return Ok(fields),
            None => return Err("a quote stands inside a field".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<Fields> {
        let mut by_one = TableLines::new(text, b',', Some(b'#'));
        by_one.source = BufReader::with_capacity(1, text);
        let mut at_once = TableLines::new(text, b',', Some(b'#'));
        let mut rows = Vec::new();
        while let Some(row) = at_once.next_row().expect("memory is read without an error") {
            assert_eq!(by_one.next_row().ok().flatten().as_ref(), Some(&row));
            rows.push(row);
        }
        rows
    }

    fn fields(fields: &[&str]) -> Fields {
        Ok(fields.iter().map(|field| (*field).to_owned()).collect())
    }

    #[test]
    fn a_row_is_a_line_whatever_ends_it() {
        let expected = [fields(&["a", "b"]), fields(&["1", ""]), fields(&["", "2"])];
        for text in ["a,b\n1,\n,2", "\u{feff}a,b\r\n1,\r\n\r\n#c\r\n,2\r\n", "a,b\r1,\r,2\r"] {
            assert_eq!(rows(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(rows(b""), []);
        assert_eq!(rows(b"\n\n"), []);
    }

    #[test]
    fn a_stray_quote_spoils_one_row() {
        let found = rows(b"a,b\n\"x\"\"y,z\",1\n\"stray,2\n5\" disk,3\n\"x\"y,4\nlast,\"5\"\n");
        assert_eq!(found[1], fields(&["x\"y,z", "1"]));
        assert_eq!(found[2], Err("a quote is not closed on its line".to_owned()));
        assert_eq!(found[3], fields(&["5\" disk", "3"]));
        assert_eq!(found[4], Err("a quote stands inside a field".to_owned()));
        assert_eq!(found[5], fields(&["last", "5"]));
    }

    #[test]
    fn lines_that_are_no_text_are_told() {
        let huge = vec![b'x'; 3 * LINE_BYTES];
        let text = [b"a,b\n".as_slice(), &huge, b"\nx\0,1\n\xff,2\nlast,3\n"].concat();
        let mut lines = TableLines::new(&text[..], b',', None);
        let mut found = Vec::new();
        while let Some(row) = lines.next_row().expect("memory is read without an error") {
            assert!(lines.line.capacity() <= 2 * LINE_BYTES);
            found.push(row.map_err(|reason| reason.split(' ').take(4).collect::<Vec<_>>().join(" ")));
        }
        assert_eq!(found[1], Err("the line is longer".to_owned()));
        assert_eq!(found[2], Err("the line holds a".to_owned()));
        assert_eq!(found[3], Err("the line is not".to_owned()));
        assert_eq!(found[4], fields(&["last", "3"]));
    }
}
