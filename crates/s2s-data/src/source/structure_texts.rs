//! An iterator over the structure texts of files and folders, in a reproducible order, one in memory at a time.

use std::{
    ffi::OsStr,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::{Path, PathBuf},
    vec,
};

use s2s_crystal::{Format, ParseErrorKind, ReadOptions};

use super::{
    file_parts::{OpenFile, Parts, Source},
    folder::TEXT_BYTES,
    input::{Input, NamedStream},
    json_values::{JsonValues, Position},
    structure_text::{Content, Holding, Layout, SourceError, StructureText},
    summary::{SkipReason, SourceSummary},
    walk::Walk,
};
use crate::file::Decompressed;

/// How structures of files are read.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceOptions {
    /// How each text is read.
    pub read: ReadOptions,
    /// The longest text that is held as a whole, in bytes, unpacked: a file, or the part of it that can be read alone.
    pub text_bytes: usize,
    /// After this many faults in a row the rest of a file is not read.
    pub faults_in_a_row: u32,
}

impl SourceOptions {
    /// Texts of up to 64 MiB, and files are given up after a thousand faults in a row.
    pub fn new(read: ReadOptions) -> Self {
        Self { read, text_bytes: TEXT_BYTES, faults_in_a_row: 1000 }
    }
}

/// How much of a file is looked at to tell its format.
const GLANCE: usize = 1 << 16;

/// The parts of files and folders, one after another, not yet read as structures.
///
/// Arguments keep their order; the files of a folder, found at any depth, are sorted by path. Of the files in a folder
/// those are given whose names are those of structure files ([`is_structure_file`]), of those named on their own all.
/// Compressed files are unpacked. JSON and extended XYZ are given value by value, line by line or frame by frame, so
/// that a file may be of any length; other formats are held as a whole.
///
/// One part is in memory at a time, and the names of each folder on the way to it: what comes or goes in a folder meanwhile may or may not
/// be seen.
#[derive(Debug)]
pub struct StructureTexts {
    paths: vec::IntoIter<PathBuf>,
    walk: Option<Walk>,
    open: Option<OpenFile>,
    stream: Option<NamedStream>,
    options: SourceOptions,
    pub(super) summary: SourceSummary,
}

impl StructureTexts {
    /// The parts of these files and folders; folders are listed and files are opened as their turn comes.
    pub fn new<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>, options: SourceOptions) -> Self {
        let paths: Vec<PathBuf> = paths.into_iter().map(|path| path.as_ref().to_owned()).collect();
        let (paths, summary) = (paths.into_iter(), SourceSummary::default());
        Self { paths, walk: None, open: None, stream: None, options, summary }
    }

    /// Reads a stream, such as standard input, where this path is among those that were given: once, packed or not, whatever a file
    /// or folder of this name holds.
    pub fn with_stream(mut self, path: impl Into<PathBuf>, stream: impl Read + Send + Sync + 'static) -> Self {
        self.stream = Some(NamedStream { path: path.into(), stream: Some(Box::new(stream)) });
        self
    }

    /// What was opened and what was passed over until now. Structures and faults are not counted here but where the texts are parsed.
    pub fn summary(&self) -> SourceSummary {
        let mut summary = self.summary.clone();
        if let Some(walk) = &self.walk {
            summary.add(walk.summary.clone());
        }
        summary
    }

    /// Gives no further parts of a file.
    pub(super) fn close(&mut self, path: &Path) {
        if self.open.as_ref().is_some_and(|open| open.path == path) {
            self.open = None;
        }
    }

    /// The next file, and whether it was found in a folder.
    fn path(&mut self) -> Option<Result<(PathBuf, bool), (PathBuf, io::Error)>> {
        loop {
            if let Some(walk) = &mut self.walk {
                if let Some(found) = walk.next() {
                    return Some(found.map(|path| (path, true)));
                }
                if let Some(walk) = self.walk.take() {
                    self.summary.add(walk.summary);
                }
            }
            let path = self.paths.next()?;
            if self.is_stream(&path) || !path.is_dir() {
                return Some(Ok((path, false)));
            }
            self.walk = Some(Walk::new(&path, is_structure_file));
        }
    }

    fn is_stream(&self, path: &Path) -> bool {
        self.stream.as_ref().is_some_and(|stream| stream.path == path)
    }

    /// Opens a file; what it is if that is all, and nothing where its parts follow or it is passed over.
    fn enter(&mut self, path: PathBuf, in_folder: bool) -> Result<Option<Content>, SourceError> {
        let limit = self.options.text_bytes;
        let input = match &mut self.stream {
            Some(stream) if !in_folder && stream.path == path => stream.take()?,
            _ => Input::open(&path)?,
        };
        let mut source = BufReader::with_capacity(1 << 17, Decompressed::new(input));
        let mut head = Vec::new();
        Read::by_ref(&mut source).take(GLANCE as u64).read_to_end(&mut head).map_err(SourceError::Io)?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let named = Format::of_name(&name);
        let begin = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start();
        let is_json = !matches!(named, Some(Format::Cif | Format::Poscar | Format::ExtXyz))
            && matches!(begin.first(), Some(b'{' | b'['));
        if is_json {
            return self.enter_json(path, in_folder, head, source, named);
        }
        let in_json = in_folder && named.is_none();
        let Some(format) = named.or_else(|| Format::detect(&name, &head)).or(utf_16(&head)) else {
            if in_json {
                self.summary.skip(SkipReason::NoStructure, &path);
                return Ok(None);
            }
            return Err(SourceError::UnknownFormat);
        };
        if format == Format::ExtXyz && utf_16(&head).is_none() {
            let parts = Parts::Frames { source: BufReader::new(Cursor::new(head).chain(source)), at: Position::START };
            self.open = Some(OpenFile::new(path, false, parts));
            return Ok(None);
        }
        let mut bytes = head;
        Read::by_ref(&mut source)
            .take((limit + 1).saturating_sub(bytes.len()) as u64)
            .read_to_end(&mut bytes)
            .map_err(SourceError::Io)?;
        if bytes.len() > limit {
            return Err(SourceError::TooLong { limit });
        }
        Ok(Some(Content { layout: Layout::Format(format), bytes }))
    }

    /// JSON is read by lines if its first line is a whole object, and by values if not.
    fn enter_json(
        &mut self,
        path: PathBuf,
        in_folder: bool,
        mut head: Vec<u8>,
        mut source: Source,
        named: Option<Format>,
    ) -> Result<Option<Content>, SourceError> {
        let limit = self.options.text_bytes;
        let mut in_lines = false;
        if head.starts_with(b"{") {
            // A line may be longer than what was looked at.
            let end = head.iter().position(|b| *b == b'\n');
            if end.is_none() && head.len() >= GLANCE {
                let left = limit.saturating_sub(head.len()) as u64;
                let read =
                    Read::by_ref(&mut source).take(left).read_until(b'\n', &mut head).map_err(SourceError::Io)?;
                if read as u64 == left && !head.ends_with(b"\n") {
                    return Err(SourceError::TooLong { limit });
                }
            }
            let first = &head[..head.iter().position(|b| *b == b'\n').unwrap_or(head.len())];
            in_lines = is_whole_object(first);
        }
        let layout = if is_record(&head) {
            Layout::Record
        } else {
            match named.or_else(|| Format::detect("", &head)) {
                Some(format) => Layout::Format(format),
                None if in_folder && head.len() < GLANCE => {
                    self.summary.skip(SkipReason::NoStructure, &path);
                    return Ok(None);
                }
                // Named on its own, it is read to say what is wrong with it.
                None => Layout::Format(Format::Pymatgen),
            }
        };
        let rest = Cursor::new(head).chain(source);
        let parts = if in_lines {
            Parts::Lines { source: BufReader::new(rest), layout, at: Position::START }
        } else {
            Parts::Values { values: Box::new(JsonValues::with_limit(BufReader::new(rest), limit)), layout }
        };
        self.open = Some(OpenFile::new(path, in_folder && layout != Layout::Record, parts));
        Ok(None)
    }

    /// The next part of the file that is open; nothing where it has no more, or is passed over.
    ///
    /// A file in a folder of which the first part is not all, and holds no structure, is read ahead for one: if there is any, each
    /// part that has none is a fault, as in a file that was named on its own.
    fn next_part(&mut self) -> Option<StructureText> {
        let open = self.open.as_mut()?;
        let Some((mut text, last)) = open.next(self.options.text_bytes, self.options.read.limits.atoms) else {
            self.open = None;
            return None;
        };
        if text.optional && !text.alone && text.number == 1 {
            let mut holding = text.holding(&self.options.read);
            if holding != Holding::Structure {
                holding = holding_of(&open.path, &self.options);
            }
            if holding == Holding::Nothing {
                self.summary.skip(SkipReason::NoStructure, &open.path);
                self.open = None;
                return None;
            }
            open.optional = holding == Holding::Faults;
            text.optional = open.optional;
        }
        if last {
            self.open = None;
        }
        Some(text)
    }
}

/// What all of a file holds, read up to its first structure.
fn holding_of(path: &Path, options: &SourceOptions) -> Holding {
    let mut most = Holding::Nothing;
    for mut text in StructureTexts::new([path], options.clone()) {
        most = most.max(text.holding(&options.read));
        if most == Holding::Structure {
            break;
        }
    }
    most
}

impl Iterator for StructureTexts {
    type Item = StructureText;

    fn next(&mut self) -> Option<StructureText> {
        loop {
            if self.open.is_some() {
                match self.next_part() {
                    Some(text) => return Some(text),
                    None => continue,
                }
            }
            let whole = |path, content, optional| StructureText {
                path,
                content,
                start: Position::START,
                origin: Position::START,
                number: 1,
                alone: true,
                optional,
            };
            let (path, in_folder) = match self.path()? {
                Ok(found) => found,
                Err((path, error)) => return Some(whole(path, Err(SourceError::Io(error)), false)),
            };
            self.summary.files += 1;
            match self.enter(path.clone(), in_folder) {
                Ok(Some(content)) => {
                    let is_json = content.layout == Layout::Format(Format::Optimade);
                    return Some(whole(path, Ok(content), in_folder && is_json));
                }
                Ok(None) => {}
                Err(error) => return Some(whole(path, Err(error), false)),
            }
        }
    }
}

/// Whether the name of a file in a folder is that of a structure file, packed or not: `.cif`, `.mcif`, `.vasp`,
/// `.poscar`, `.xyz`, `.extxyz`, `.json`, `.jsonl`, `.optimade`, and what has `POSCAR` or `CONTCAR` in its name.
///
/// An `XDATCAR` is read only where it is named on its own: of its frames the first is read, which in a folder would stand beside the
/// `POSCAR` from which the run began, as the same crystal once more.
pub fn is_structure_file(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    if Format::of_name(&name).is_some() {
        return true;
    }
    let lower = name.to_ascii_lowercase();
    let packed = [".gz", ".zst", ".zstd", ".bz2", ".xz", ".lzma"];
    let plain = packed.iter().find_map(|ending| lower.strip_suffix(ending)).unwrap_or(&lower);
    [".json", ".jsonl", ".ndjson"].iter().any(|ending| plain.ends_with(ending))
}

/// Whether a line is an object from its first to its last byte.
fn is_whole_object(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, &byte) in line.iter().enumerate() {
        if in_text {
            (in_text, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1 == line.len();
                }
            }
            _ => {}
        }
    }
    false
}

/// Whether the beginning of a text is that of a record of this crate.
fn is_record(head: &[u8]) -> bool {
    let has = |key: &[u8]| head.windows(key.len()).any(|window| window == key);
    has(b"\"frac_coords\"") && has(b"\"species\"")
}

/// UTF-16 is given to a reader that says so.
fn utf_16(head: &[u8]) -> Option<Format> {
    if Format::detect("", head).is_some() {
        return None;
    }
    let fault = s2s_crystal::read("", head, &ReadOptions::ordered()).next()?.err()?;
    (fault.kind() == ParseErrorKind::Unsupported).then_some(Format::Pymatgen)
}
