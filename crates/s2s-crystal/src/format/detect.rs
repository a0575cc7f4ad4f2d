//! Detection of the format of a text.

use super::Format;
use crate::{
    lines::{Line, Lines},
    number::{count, number},
};

/// Bytes of a text by which its format is detected.
const GLANCE: usize = 1 << 16;

/// Endings of compressed files.
const COMPRESSED: [&str; 6] = [".gz", ".zst", ".zstd", ".bz2", ".xz", ".lzma"];

/// Endings of files that lie beside structures and are named after them.
const OTHER: [&str; 16] =
    ["py", "sh", "md", "log", "out", "err", "csv", "tsv", "png", "jpg", "svg", "pdf", "html", "yaml", "toml", "ini"];

/// The format by the name of a file.
pub(super) fn from_name(name: &str) -> Option<Format> {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let lower = file.to_ascii_lowercase();
    let lower = COMPRESSED.iter().find_map(|ending| lower.strip_suffix(ending)).unwrap_or(&lower);
    let extension = lower.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        "cif" | "mcif" | "cif2" => return Some(Format::Cif),
        "poscar" | "vasp" | "contcar" => return Some(Format::Poscar),
        "xyz" | "extxyz" => return Some(Format::ExtXyz),
        "optimade" => return Some(Format::Optimade),
        "json" | "jsonl" | "ndjson" => return None,
        other if OTHER.contains(&other) => return None,
        _ => {}
    }
    let begins = lower.starts_with("poscar") || lower.starts_with("contcar");
    let is_word = |word: &str| matches!(word, "poscar" | "contcar");
    (begins || lower.split(|c: char| !c.is_ascii_alphanumeric()).any(is_word)).then_some(Format::Poscar)
}

/// The format by the beginning of a text.
pub(super) fn from_text(text: &[u8]) -> Option<Format> {
    let glance = &text[..text.len().min(GLANCE)];
    let glance = glance.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(glance);
    if glance.trim_ascii_start().first().is_some_and(|b| matches!(b, b'{' | b'[')) {
        return json(glance, text.len() > GLANCE);
    }
    let heading =
        |line: &[u8]| line.trim_ascii_start().get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"data_"));
    if glance.split(|&b| b == b'\n' || b == b'\r').any(heading) {
        return Some(Format::Cif);
    }
    if is_xyz(glance) {
        return Some(Format::ExtXyz);
    }
    is_poscar(glance).then_some(Format::Poscar)
}

/// Which layout of JSON: the keys that only one of them has decide. Every reader of JSON reads all of them.
fn json(glance: &[u8], cut: bool) -> Option<Format> {
    let has = |key: &str| glance.windows(key.len()).any(|window| window == key.as_bytes());
    let optimade = ["\"lattice_vectors\"", "\"cartesian_site_positions\"", "\"species_at_sites\"", "optimade"];
    if optimade.into_iter().any(has) {
        return Some(Format::Optimade);
    }
    if has("\"numbers\"") && has("\"positions\"") {
        return Some(Format::Ase);
    }
    let pymatgen = ["\"abc\"", "\"@class\"", "\"sites\"", "\"structure\""];
    (cut || pymatgen.into_iter().any(has)).then_some(Format::Pymatgen)
}

/// Whether the words of a line begin with three numbers.
fn has_vector(line: Line<'_>) -> bool {
    line.words().take(3).filter(|word| number(word.text).is_some()).count() == 3
}

/// A number of atoms, any comment, and an element with its position.
fn is_xyz(text: &[u8]) -> bool {
    let mut lines = Lines::new(text).skip_while(|line| line.is_blank());
    let (Some(first), Some(_), Some(atom)) = (lines.next(), lines.next(), lines.next()) else { return false };
    let mut words = first.words();
    let counts =
        words.next().and_then(|word| count(word.text)).is_some_and(|atoms| atoms > 0) && words.next().is_none();
    let mut words = atom.words();
    let named = words.next().is_some_and(|word| word.text[0].is_ascii_alphabetic() || count(word.text).is_some());
    counts && named && words.take(3).filter(|word| number(word.text).is_some()).count() == 3
}

/// A comment, a scale factor, three vectors, and a line of symbols or counts.
pub(crate) fn is_poscar(text: &[u8]) -> bool {
    let mut lines = Lines::new(text).skip(1);
    let scale = lines.next().and_then(|line| line.words().next()).is_some_and(|word| number(word.text).is_some());
    let vectors = lines.by_ref().take(3).filter(|line| has_vector(*line)).count() == 3;
    let next = lines.next().and_then(|line| line.words().next());
    scale && vectors && next.is_some_and(|word| word.text[0].is_ascii_alphabetic() || count(word.text).is_some())
}
