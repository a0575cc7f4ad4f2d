//! Type symbols that name several elements with their shares of a site.

use super::{Refusal, atom, letters, named::listed};
use crate::{
    number::leading_number,
    symbol::{NEVER_SEEN, Symbol},
};

/// A piece of a word that names several elements.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece {
    Element(Symbol),
    Vacancy,
    Share(f64, f64),
}

/// Elements with their shares, such as `Nb0.8Zr0.2`, `0.8Nb + 0.2Zr` or `Nb:0.8,Zr:0.2`; `None` if the word is nothing like it.
pub(super) fn mixed(word: &[u8]) -> Option<Result<Vec<(Symbol, f64)>, Refusal>> {
    let pieces = pieces(word)?;
    let is_share = |piece: &Piece| matches!(piece, Piece::Share(..));
    let names = pieces.iter().filter(|piece| !is_share(piece)).count();
    let shares = pieces.len() - names;
    if names == 0 {
        return None;
    }
    if shares == 0 {
        return (names > 1).then_some(Err(Refusal::NoShares));
    }
    let whole = |piece: &Piece| matches!(piece, Piece::Share(share, _) if *share >= 1.0 && share.fract() == 0.0);
    if pieces.iter().filter(|piece| is_share(piece)).all(whole) {
        return (names > 1).then_some(Err(Refusal::Group));
    }
    if shares != names {
        return Some(Err(Refusal::NoShares));
    }
    let first = is_share(&pieces[0]);
    let mut found = Vec::with_capacity(names);
    let (mut total, mut rounding) = (0.0, 0.001);
    for pair in pieces.chunks(2) {
        let (name, share) = match (first, pair) {
            (true, [Piece::Share(share, digits), name]) | (false, [name, Piece::Share(share, digits)]) => {
                rounding += digits;
                (*name, *share)
            }
            _ => return Some(Err(Refusal::NoShares)),
        };
        total += share;
        match name {
            Piece::Element(symbol) if share > 0.0 => found.push((symbol, share)),
            Piece::Element(_) | Piece::Vacancy => {}
            Piece::Share(..) => return Some(Err(Refusal::NoShares)),
        }
    }
    if found.is_empty() || total > 1.0 + rounding {
        return Some(Err(Refusal::Group));
    }
    if total > 1.0 {
        found.iter_mut().for_each(|(_, share)| *share /= total);
    }
    Some(Ok(found))
}

fn pieces(word: &[u8]) -> Option<Vec<Piece>> {
    let in_capitals = word.contains(&b'.') && !word.iter().any(u8::is_ascii_lowercase);
    let mut rest = word;
    let mut pieces = Vec::new();
    while let Some(&byte) = rest.first() {
        match byte {
            b' ' | b',' | b';' | b'&' | b'|' | b'/' | b':' | b'+' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'='
            | b'_' | b'*' => {
                rest = &rest[1..];
            }
            b'0'..=b'9' | b'.' => {
                let (share, mut after) = leading_number(rest)?;
                let written = &rest[..rest.len() - after.len()];
                let decimals = written.iter().position(|&b| b == b'.').map_or(0, |point| written.len() - point - 1);
                let mut rounding = if decimals > 0 { 0.5 * 0.1_f64.powi(decimals as i32) } else { 0.0 };
                // The uncertainty of the share.
                if let [b'(', digits @ ..] = after
                    && let Some(end) = digits.iter().position(|b| !b.is_ascii_digit()).filter(|&end| end > 0)
                    && digits[end] == b')'
                {
                    after = &digits[end + 1..];
                }
                let mut share = share;
                if let [b'%', tail @ ..] = after {
                    (share, rounding, after) = (share / 100.0, rounding / 100.0, tail);
                }
                pieces.push(Piece::Share(share, rounding));
                rest = after;
            }
            b'A'..=b'Z' => {
                let length = letters(rest);
                if listed(&["vac", "va", "vacancy"], &rest[..length]) {
                    pieces.push(Piece::Vacancy);
                    rest = &rest[length..];
                    continue;
                }
                // In a word in capitals, two of them before a share are one element where there is such an element.
                let alone = in_capitals && !rest.get(2).is_some_and(u8::is_ascii_alphabetic);
                let belongs = |second: u8| second.is_ascii_lowercase() || alone && second.is_ascii_uppercase();
                let two = rest
                    .get(..2)
                    .filter(|pair| belongs(pair[1]))
                    .and_then(atom)
                    .filter(|symbol| symbol.element.atomic_number() < NEVER_SEEN || !in_capitals);
                let (symbol, used) = match two {
                    Some(symbol) => (symbol, 2),
                    None if rest.get(1).is_some_and(u8::is_ascii_lowercase) => return None,
                    None => (atom(&rest[..1])?, 1),
                };
                rest = &rest[used..];
                // A charge has no decimals, and nothing of a number follows it directly that has none.
                let digits = rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
                let mut oxidation = None;
                if let Some(sign @ (b'+' | b'-')) = rest.get(digits)
                    && (digits > 0 || *sign == b'-')
                {
                    let size = leading_number(&rest[..digits]).map_or(1.0, |(value, _)| value);
                    oxidation = Some(if *sign == b'-' { -size } else { size } as f32);
                    rest = &rest[digits + 1..];
                }
                pieces.push(Piece::Element(Symbol { oxidation, ..symbol }));
            }
            // A square stands for a vacancy.
            0xE2 if rest.starts_with("□".as_bytes()) => {
                pieces.push(Piece::Vacancy);
                rest = &rest["□".len()..];
            }
            _ => return None,
        }
    }
    Some(pieces)
}
