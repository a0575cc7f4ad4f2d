//! Space-group operations from Hall symbols, such as `-P 2ybc` or `F 4d 2 3 -1d`.
//!
//! # Source
//!
//! Hall (1981), Acta Cryst. A37, 517; International Tables B (2010), A1.4.2.3.

use std::collections::HashSet;

use crate::SymOp;

type Rotation = [[i8; 3]; 3];

const UNIT: Rotation = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

/// No group of a conventional cell has more operations.
const MOST: usize = 192;

/// Which axis a rotation turns about.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Axis {
    X,
    Y,
    Z,
    /// Difference of the two axes that the previous rotation does not turn about.
    Minus,
    /// Their sum.
    Plus,
    /// The body diagonal.
    Diagonal,
}

/// All operations of the group, the identity first; `None` if the symbol cannot be read.
///
/// Words may be divided by blanks or underscores; a mark of an axis may stand apart from its rotation, as in `-R 3 2 "`.
pub(crate) fn operations(symbol: &str) -> Option<Vec<SymOp>> {
    let plain = plain(symbol);
    let symbol = plain.as_str();
    let (symbol, basis) = match symbol.split_once('(') {
        Some((symbol, basis)) => (symbol, change_of_basis(basis.trim_end().strip_suffix(')')?)?),
        None => (symbol, (SymOp::IDENTITY, SymOp::IDENTITY)),
    };
    let mut words: Vec<String> = Vec::new();
    for word in symbol.split([' ', '_']).filter(|word| !word.is_empty()) {
        match words.last_mut() {
            Some(last) if last == "-" || word.chars().all(|c| matches!(c, '\'' | '^' | '"' | '=' | '*')) => {
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    let mut words = words.iter().map(String::as_str);
    let lattice = words.next()?;
    let (lattice, centric) = match lattice.strip_prefix('-') {
        Some(lattice) => (lattice, true),
        None => (lattice, false),
    };
    let mut generators = centering(lattice)?;
    if centric {
        generators.push(SymOp::new(UNIT.map(|row| row.map(|x| -x)), [0.0; 3]).ok()?);
    }
    let mut previous: Option<(u8, Axis)> = None;
    for (index, word) in words.enumerate() {
        let (operation, fold, axis) = rotation(word, index, previous)?;
        generators.push(operation);
        previous = Some((fold, axis));
    }
    let (forward, back) = basis;
    let moved: Vec<SymOp> = generators.iter().map(|g| forward.after(&g.after(&back)?)).collect::<Option<_>>()?;
    close(&moved)
}

/// The symbol with one spelling of each mark: typographic quotes and minus signs are made plain, two single quotes a double.
fn plain(symbol: &str) -> String {
    let plain: String = symbol
        .trim()
        .chars()
        .map(|c| match c {
            '\u{2018}' | '\u{2019}' | '\u{2032}' | '`' => '\'',
            '\u{201C}' | '\u{201D}' | '\u{2033}' => '"',
            '\u{2212}' | '\u{2013}' | '\u{2010}' => '-',
            '\t' | '\n' | '\r' => ' ',
            other => other,
        })
        .collect();
    plain.replace("''", "\"")
}

/// A Hall symbol without its blanks and with one spelling of its marks, by which glued symbols are found.
pub(super) fn squeezed(symbol: &str) -> String {
    let mark = |c: char| match c {
        '^' => '\'',
        '=' => '"',
        other => other.to_ascii_lowercase(),
    };
    plain(symbol).chars().filter(|c| *c != ' ' && *c != '_').map(mark).collect()
}

/// The group that the generators make; `None` where it is larger than any, or a translation is no twenty-fourth.
fn close(generators: &[SymOp]) -> Option<Vec<SymOp>> {
    let mut group = vec![SymOp::IDENTITY];
    let mut known = HashSet::from([packed(&SymOp::IDENTITY)?]);
    let mut done = 0;
    while done < group.len() {
        for generator in generators {
            let product = generator.after(&group[done])?;
            if known.insert(packed(&product)?) {
                if group.len() == MOST {
                    return None;
                }
                group.push(product);
            }
        }
        done += 1;
    }
    Some(group)
}

/// The operation as a number.
pub(super) fn packed(operation: &SymOp) -> Option<u64> {
    let rotation = operation.rotation().concat().into_iter().try_fold(0_u64, |packed, entry| {
        let digit = u64::try_from(i32::from(entry) + 8).ok().filter(|&digit| digit < 32)?;
        Some(packed << 5 | digit)
    })?;
    operation.translation().into_iter().try_fold(rotation, |packed, part| {
        let parts = part * 24.0;
        (parts == parts.round()).then_some(packed << 5 | parts as u64)
    })
}

fn centering(letter: &str) -> Option<Vec<SymOp>> {
    const H: f64 = 0.5;
    const T: f64 = 1.0 / 3.0;
    let translations: &[[f64; 3]] = match letter.to_ascii_uppercase().as_str() {
        "P" => &[],
        "A" => &[[0.0, H, H]],
        "B" => &[[H, 0.0, H]],
        "C" => &[[H, H, 0.0]],
        "I" => &[[H, H, H]],
        "F" => &[[0.0, H, H], [H, 0.0, H]],
        "R" => &[[2.0 * T, T, T]],
        "H" => &[[2.0 * T, T, 0.0]],
        _ => return None,
    };
    translations.iter().map(|&t| SymOp::new(UNIT, t).ok()).collect()
}

/// One rotation with its translation, such as `-4vw` or `31`.
fn rotation(word: &str, index: usize, previous: Option<(u8, Axis)>) -> Option<(SymOp, u8, Axis)> {
    let (word, improper) = match word.strip_prefix('-') {
        Some(word) => (word, true),
        None => (word, false),
    };
    let mut characters = word.chars();
    let fold = characters.next()?.to_digit(10).and_then(|digit| u8::try_from(digit).ok())?;
    let mut axis = default_axis(index, fold, previous);
    let mut translation = [0.0; 3];
    // How far the rotation moves along its axis.
    let mut screw = 0.0;
    for character in characters {
        let mut add = |t: [f64; 3]| (0..3).for_each(|k| translation[k] += t[k]);
        match character.to_ascii_lowercase() {
            'x' => axis = Axis::X,
            'y' => axis = Axis::Y,
            'z' => axis = Axis::Z,
            '\'' | '^' => axis = Axis::Minus,
            '"' | '=' => axis = Axis::Plus,
            '*' => axis = Axis::Diagonal,
            'a' => add([0.5, 0.0, 0.0]),
            'b' => add([0.0, 0.5, 0.0]),
            'c' => add([0.0, 0.0, 0.5]),
            'n' => add([0.5, 0.5, 0.5]),
            'u' => add([0.25, 0.0, 0.0]),
            'v' => add([0.0, 0.25, 0.0]),
            'w' => add([0.0, 0.0, 0.25]),
            'd' => add([0.25, 0.25, 0.25]),
            digit @ '1'..='5' => {
                screw = f64::from(digit.to_digit(10)?) / f64::from(fold);
            }
            _ => return None,
        }
    }
    match axis {
        Axis::X => translation[0] += screw,
        Axis::Y => translation[1] += screw,
        Axis::Z => translation[2] += screw,
        _ if screw != 0.0 => return None,
        _ => {}
    }
    let about = match previous {
        Some((_, about @ (Axis::X | Axis::Y))) => about,
        _ => Axis::Z,
    };
    let mut matrix = matrix(fold, axis, about)?;
    if improper {
        matrix = matrix.map(|row| row.map(|x| -x));
    }
    Some((SymOp::new(matrix, translation).ok()?, fold, axis))
}

/// The axis of a rotation that names none.
fn default_axis(index: usize, fold: u8, previous: Option<(u8, Axis)>) -> Axis {
    match (index, fold, previous) {
        (1, 2, Some((2 | 4, _))) => Axis::X,
        (1, 2, Some((3 | 6, _))) => Axis::Minus,
        (_, 3, _) if index > 1 => Axis::Diagonal,
        _ => Axis::Z,
    }
}

fn matrix(fold: u8, axis: Axis, about: Axis) -> Option<Rotation> {
    Some(match (fold, axis) {
        (1, _) => UNIT,
        (2, Axis::X) => [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
        (2, Axis::Y) => [[-1, 0, 0], [0, 1, 0], [0, 0, -1]],
        (2, Axis::Z) => [[-1, 0, 0], [0, -1, 0], [0, 0, 1]],
        (3, Axis::X) => [[1, 0, 0], [0, 0, -1], [0, 1, -1]],
        (3, Axis::Y) => [[-1, 0, 1], [0, 1, 0], [-1, 0, 0]],
        (3, Axis::Z) => [[0, -1, 0], [1, -1, 0], [0, 0, 1]],
        (4, Axis::X) => [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
        (4, Axis::Y) => [[0, 0, 1], [0, 1, 0], [-1, 0, 0]],
        (4, Axis::Z) => [[0, -1, 0], [1, 0, 0], [0, 0, 1]],
        (6, Axis::X) => [[1, 0, 0], [0, 1, -1], [0, 1, 0]],
        (6, Axis::Y) => [[0, 0, 1], [0, 1, 0], [-1, 0, 1]],
        (6, Axis::Z) => [[1, -1, 0], [1, 0, 0], [0, 0, 1]],
        (3, Axis::Diagonal) => [[0, 0, 1], [1, 0, 0], [0, 1, 0]],
        (2, Axis::Minus) => match about {
            Axis::X => [[-1, 0, 0], [0, 0, -1], [0, -1, 0]],
            Axis::Y => [[0, 0, -1], [0, -1, 0], [-1, 0, 0]],
            _ => [[0, -1, 0], [-1, 0, 0], [0, 0, -1]],
        },
        (2, Axis::Plus) => match about {
            Axis::X => [[-1, 0, 0], [0, 0, 1], [0, 1, 0]],
            Axis::Y => [[0, 0, 1], [0, -1, 0], [1, 0, 0]],
            _ => [[0, 1, 0], [1, 0, 0], [0, 0, -1]],
        },
        _ => return None,
    })
}

/// The change of basis and its inverse: a shift in twelfths, such as `0 0 1`, or an operation, such as `x-y,x+y,z`.
fn change_of_basis(text: &str) -> Option<(SymOp, SymOp)> {
    if text.contains(',') {
        let forward: SymOp = text.parse().ok()?;
        return Some((forward, inverse(&forward)?));
    }
    let twelfths: Vec<i32> = text.split_whitespace().map(|word| word.parse().ok()).collect::<Option<_>>()?;
    let [a, b, c] = twelfths[..] else { return None };
    let shift = [a, b, c].map(|n| f64::from(n) / 12.0);
    Some((SymOp::new(UNIT, shift).ok()?, SymOp::new(UNIT, shift.map(|x| -x)).ok()?))
}

fn inverse(operation: &SymOp) -> Option<SymOp> {
    let r = operation.rotation();
    let cofactor = |i: usize, j: usize| {
        let (a, b) = ((i + 1) % 3, (i + 2) % 3);
        let (c, d) = ((j + 1) % 3, (j + 2) % 3);
        i32::from(r[a][c]) * i32::from(r[b][d]) - i32::from(r[a][d]) * i32::from(r[b][c])
    };
    let determinant: i32 = (0..3).map(|j| i32::from(r[0][j]) * cofactor(0, j)).sum();
    let entry = |i: usize, j: usize| i8::try_from(determinant * cofactor(j, i)).ok();
    let mut rotation = UNIT;
    for (i, row) in rotation.iter_mut().enumerate() {
        for (j, value) in row.iter_mut().enumerate() {
            *value = entry(i, j)?;
        }
    }
    let turned = SymOp::new(rotation, [0.0; 3]).ok()?;
    let t = operation.translation();
    let back = turned.apply(crate::Frac(t)).0.map(|x| -x);
    SymOp::new(rotation, back).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digest of the sorted operations, translations in twenty-fourths.
    fn digest(operations: &[SymOp]) -> u64 {
        let row = |operation: &SymOp| -> Vec<i64> {
            let rotation = operation.rotation().concat().into_iter().map(i64::from);
            rotation.chain(operation.translation().map(|x| ((x * 24.0).round() as i64).rem_euclid(24))).collect()
        };
        let mut rows: Vec<_> = operations.iter().map(row).collect();
        rows.sort_unstable();
        let words = rows.concat();
        let text = words.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
        // FNV-1a.
        text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
    }

    // Made by gemmi 0.7.5, with `hall` from settings.txt:
    //   rows = sorted([x // 24 for r in op.rot for x in r] + [t % 24 for t in op.tran]
    //                 for op in gemmi.symops_from_hall(hall.replace("^", "'").replace("=", '"')))
    //   digest = 0xCBF29CE484222325
    //   for byte in " ".join(str(x) for row in rows for x in row).encode():
    //       digest = (digest ^ byte) * 0x100000001B3 % 2**64
    const DIGESTS: &str = include_str!("digests.txt");

    #[test]
    fn every_tabulated_setting_has_the_operations_of_gemmi() {
        let mut settings = 0;
        for (setting, expected) in super::super::settings().zip(DIGESTS.lines()) {
            let ours = operations(setting.hall).expect("a tabulated Hall symbol can be read");
            assert_eq!(format!("{} {:016x}", ours.len(), digest(&ours)), expected, "{}", setting.hall);
            settings += 1;
        }
        assert_eq!(settings, 530);
    }

    #[test]
    fn symbols_beyond_the_table_are_read() {
        assert_eq!(operations("P 31 2 (0 0 4)").map(|group| group.len()), Some(6));
        assert_eq!(operations("C 2y (x-y,x+y,z)"), None, "the change of basis does not keep the volume");
        assert_eq!(operations("P 2z (z,x,y)"), operations("P 2x"), "the axes go round");
        assert_eq!(operations("R 3 2\""), operations("R 3 2="));
        for nonsense in ["", "Q 2", "P 5", "P 2q", "P 2 (0 0)", "P 31*", "P 4 2 3 2n 3n 4d"] {
            assert_eq!(operations(nonsense), None, "{nonsense}");
        }
    }
}
