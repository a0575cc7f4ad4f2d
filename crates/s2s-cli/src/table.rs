//! Tables of text that keep to the width of a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A column: its title, and how narrow it may become before the table is wider than asked; `None` never shrinks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) least: Option<usize>,
}

/// Space between two columns.
const GAP: usize = 2;

/// The lines of a table: titles, then rows; cells that are wider than their column go on below. Columns that never
/// shrink hold numbers and are set flush right.
pub(crate) fn lines(columns: &[Column], rows: &[Vec<String>], width: usize) -> Vec<String> {
    let titles: Vec<String> = columns.iter().map(|column| column.title.to_owned()).collect();
    let mut widths: Vec<usize> = (0..columns.len())
        .map(|k| rows.iter().map(|row| row[k].width()).chain([titles[k].width()]).max().unwrap_or(0))
        .collect();
    shrink(&mut widths, columns, width);
    let mut lines = Vec::with_capacity(rows.len() + 1);
    for row in std::iter::once(&titles).chain(rows) {
        let cells: Vec<Vec<&str>> = row.iter().zip(&widths).map(|(cell, width)| wrap(cell, *width)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(1);
        for part in 0..height {
            let mut line = String::new();
            for (k, cell) in cells.iter().enumerate() {
                let text = cell.get(part).copied().unwrap_or_default();
                let space = " ".repeat(widths[k].saturating_sub(text.width()));
                match columns[k].least {
                    None => line += &format!("{space}{text}"),
                    Some(_) => line += &format!("{text}{space}"),
                }
                line += &" ".repeat(GAP);
            }
            lines.push(line.trim_end().to_owned());
        }
    }
    lines
}

/// Takes from the widest column that may become narrower, until the table fits or nothing can be taken.
fn shrink(widths: &mut [usize], columns: &[Column], width: usize) {
    let gaps = GAP * columns.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        let candidates = (0..columns.len()).filter(|&k| columns[k].least.is_some_and(|least| widths[k] > least));
        let Some(widest) = candidates.max_by_key(|&k| widths[k]) else { break };
        // A column that is wider than the whole is taken to that at once.
        let whole = width.max(columns[widest].least.unwrap_or(0));
        widths[widest] = whole.min(widths[widest] - 1);
    }
}

/// Whether a text is wider than this; a long one is not looked at as a whole.
fn is_wider(text: &str, width: usize) -> bool {
    // A grapheme of several characters may be narrower than their sum, but no text of this length is a few of them.
    let begin = text.char_indices().nth(8 * width + 64).map_or(text, |(end, _)| &text[..end]);
    begin.width() > width
}

/// A text in pieces of at most this width, cut behind a separator, or in front of an extension or
/// bracket, where there is one behind the first third of a piece.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while is_wider(rest, width) {
        let (mut taken, mut end, mut good) = (0, 0, None);
        for (at, character) in rest.char_indices() {
            let next = taken + character.width().unwrap_or(0);
            if next > width && end > 0 {
                break;
            }
            // An extension or a bracket stays together; the point of a number is none of an extension.
            let extension = character == '.' && rest[at + 1..].starts_with(char::is_alphabetic);
            if (extension || character == '(') && 3 * taken >= width {
                good = Some(at);
            }
            (taken, end) = (next, at + character.len_utf8());
            if matches!(character, ' ' | '/' | '-' | '_' | ',') && 3 * taken >= width {
                good = Some(end);
            }
        }
        let end = good.unwrap_or(end);
        pieces.push(rest[..end].trim_end());
        rest = rest[end..].trim_start();
        if rest.is_empty() {
            return pieces;
        }
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 2] = [Column { title: "rank", least: None }, Column { title: "file", least: Some(8) }];

    #[test]
    fn long_names_go_on_below() {
        let rows = vec![vec!["1".to_owned(), "structures/relaxed/POSCAR".to_owned()]];
        let expected = ["rank  file", "   1  structures/", "      relaxed/", "      POSCAR"];
        assert_eq!(lines(&COLUMNS, &rows, 18), expected);
        assert_eq!(lines(&COLUMNS, &rows, 80)[1], "   1  structures/relaxed/POSCAR");
    }

    #[test]
    fn names_are_cut_between_their_words() {
        assert_eq!(wrap("Ba0.6K0.4Fe2As2_relaxed.cif", 20), ["Ba0.6K0.4Fe2As2_", "relaxed.cif"]);
        assert_eq!(wrap("structure-of-niobium.vasp", 21), ["structure-of-niobium", ".vasp"]);
        assert_eq!(wrap("Tl2Ba2Ca2Cu3O10 (0.4)", 19), ["Tl2Ba2Ca2Cu3O10", "(0.4)"]);
    }

    #[test]
    fn a_long_name_takes_time_in_proportion() {
        let rows = vec![vec!["1".to_owned(), "Nb".repeat(500_000)]];
        assert_eq!(lines(&COLUMNS, &rows, 80).len(), 1 + 1_000_000_usize.div_ceil(74));
    }

    #[test]
    fn pieces_are_the_text() {
        for text in ["", "a", "abcdefghijkl", "日本語の名前", "a b c d e f g h"] {
            for width in 1..8 {
                let joined: String = wrap(text, width).concat();
                assert_eq!(joined.replace(' ', ""), text.replace(' ', ""), "{text} in {width}");
            }
        }
    }
}
