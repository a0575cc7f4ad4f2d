//! Settings of space groups by the coordinate-system codes of International Tables, such as `b1`, `cab` or `2`.
//!
//! # Source
//!
//! International Tables for Crystallography A (2002), Table 4.3.2.1; the enumeration of
//! `_space_group_IT_coordinate_system_code` in the core dictionary of CIF.

use std::sync::LazyLock;

use super::{Setting, lookup::settings_of};

/// The axes of orthorhombic settings in terms of the first tabulated ones.
const AXES: [&str; 6] = ["abc", "ba-c", "cab", "-cba", "bca", "a-cb"];

/// Orthorhombic settings that have a code but no row, because their symbol is that of a setting with a row: number, code, Hall
/// symbol, and the axes of the setting with the symbol.
static UNTABULATED: LazyLock<Vec<(u8, String, String, &'static str)>> = LazyLock::new(|| {
    let mut missing = Vec::new();
    for number in 16..=74 {
        let rows = settings_of(number);
        for first in rows.iter().filter(|row| matches!(row.code, "" | "1" | "2")) {
            let has = |axes: &str| rows.iter().any(|row| row.code == format!("{}{axes}", first.code));
            for axes in AXES.into_iter().skip(1).filter(|axes| !has(axes)) {
                let hall = format!("{} ({})", first.hall, coordinates(axes));
                missing.push((number, format!("{}{axes}", first.code), hall, same_symbol(axes, has)));
            }
        }
    }
    missing
});

/// The settings with this code, in any case: one, or, where the code of an orthorhombic group lacks its origin, one for each
/// origin; none if the number has no such code.
pub(crate) fn by_code(number: u8, code: &str) -> Vec<Setting> {
    let minus = |c: char| if matches!(c, '\u{2212}' | '\u{2010}'..='\u{2015}') { '-' } else { c };
    let code: String = code.chars().filter(|c| !c.is_whitespace()).map(|c| minus(c).to_ascii_lowercase()).collect();
    match number {
        3..=15 => monoclinic(number, &code).into_iter().collect(),
        16..=74 => orthorhombic(number, &code),
        _ => row(number, &code).or_else(|| only_setting(number, &code)).into_iter().collect(),
    }
}

/// The codes of a number, for messages.
pub(crate) fn codes_of(number: u8) -> Vec<String> {
    let rows = settings_of(number);
    let listed = || rows.iter().map(|row| row.code.to_ascii_lowercase()).collect();
    match number {
        3..=15 if rows.len() == 3 => rows.iter().map(|row| format!("{}1", row.code)).collect(),
        3..=15 => listed(),
        16..=74 if has_origins(rows) => ["1", "2"].iter().flat_map(|o| AXES.map(|axes| format!("{o}{axes}"))).collect(),
        16..=74 => AXES.map(str::to_owned).into(),
        143..=194 if rows.len() == 1 => vec!["h".to_owned()],
        _ if rows.len() == 1 => vec!["1".to_owned()],
        _ => listed(),
    }
}

/// All settings of a number that have a code.
pub(crate) fn settings_with_codes(number: u8) -> Vec<Setting> {
    codes_of(number).iter().flat_map(|code| by_code(number, code)).collect()
}

impl Setting {
    /// Whether the symbol of a tabulated setting can mean this one: it is this one, or this one has a code but no row, and has
    /// its symbol and its origin.
    pub(crate) fn has_symbol_of(&self, row: &Setting) -> bool {
        let origin = |setting: &Setting| setting.code.chars().next().filter(char::is_ascii_digit);
        let symbol = |setting: &Setting| (setting.number, setting.full, origin(setting));
        self == row || !settings_of(self.number).contains(self) && symbol(self) == symbol(row)
    }

    /// The full symbol, and the short one: of monoclinic groups that of the same axes, where the table has the standard one.
    #[cfg(test)]
    pub(crate) fn symbols(&self) -> [String; 2] {
        let brief = || self.full.split(' ').filter(|part| *part != "1").collect::<Vec<_>>().join(" ");
        let short = if (3..=15).contains(&self.number) { brief() } else { self.short.to_owned() };
        [self.full.to_owned(), short]
    }
}

fn row(number: u8, code: &str) -> Option<Setting> {
    settings_of(number).iter().find(|row| !code.is_empty() && row.code.eq_ignore_ascii_case(code)).copied()
}

/// The setting of a group that has a single one: its axes and its origin are choice 1, and hexagonal where the system has such
/// axes.
fn only_setting(number: u8, code: &str) -> Option<Setting> {
    let [only] = settings_of(number) else { return None };
    let named = code == "1" || code == "h" && (143..=194).contains(&number);
    named.then_some(*only)
}

fn has_origins(rows: &[Setting]) -> bool {
    rows.first().is_some_and(|row| row.code.starts_with('1'))
}

/// A unique axis and a cell choice, such as `c2`; `-` exchanges the other two axes.
fn monoclinic(number: u8, code: &str) -> Option<Setting> {
    if let Some(found) = row(number, code) {
        return Some(found);
    }
    let (exchanged, rest) = match code.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, code),
    };
    let axis = rest.get(..1).filter(|axis| matches!(*axis, "a" | "b" | "c"))?;
    let choice = match &rest[1..] {
        // The axis alone is a cell only where it is that of the number by itself.
        "" if axis == "b" && !exchanged => "1",
        choice @ ("1" | "2" | "3") => choice,
        _ => return None,
    };
    if settings_of(number).len() == 3 {
        // The group has neither glides nor centerings: all cells of an axis have the same operations.
        return row(number, axis);
    }
    let exchange = match (number, choice) {
        // The centerings C and A; the glides c and a.
        (5 | 8 | 12, "1") | (7 | 13 | 14, "2") => "2",
        (5 | 8 | 12, "2") | (7 | 13 | 14, "3") => "1",
        _ => "3",
    };
    row(number, &format!("{axis}{}", if exchanged { exchange } else { choice }))
}

/// An origin, where there are two, and the axes.
fn orthorhombic(number: u8, code: &str) -> Vec<Setting> {
    let rows = settings_of(number);
    let (origin, axes) = match code.strip_prefix(['1', '2']) {
        Some(axes) => (Some(&code[..1]), axes),
        None => (None, code),
    };
    let axes = match axes {
        "" | "abc" => "",
        axes => axes,
    };
    let of = |origin: &str| {
        let wanted = format!("{origin}{axes}");
        let tabulated = rows.iter().find(|row| row.code == wanted).copied();
        tabulated.or_else(|| untabulated(number, origin, &wanted))
    };
    match (origin, has_origins(rows)) {
        (Some(origin), true) => of(origin).into_iter().collect(),
        (None, true) => ["1", "2"].into_iter().filter_map(of).collect(),
        (None | Some("1"), false) => of("").into_iter().collect(),
        _ => Vec::new(),
    }
}

fn untabulated(number: u8, origin: &str, wanted: &str) -> Option<Setting> {
    let (_, code, hall, same) = UNTABULATED.iter().find(|(of, code, ..)| *of == number && code == wanted)?;
    let named = format!("{origin}{same}");
    let symbol = settings_of(number).iter().find(|row| row.code == named)?;
    Some(Setting { code, hall, ..*symbol })
}

/// The coordinates in terms of those for the first axes: `y,x,-z` for `ba-c`.
fn coordinates(axes: &str) -> String {
    let letters = axes.chars().map(|letter| match letter {
        'a' => "x,",
        'b' => "y,",
        'c' => "z,",
        _ => "-",
    });
    let joined: String = letters.collect();
    joined.trim_end_matches(',').to_owned()
}

/// The axes with a row that give the group the same symbol: those without an exchange, or with one where only that has a row.
fn same_symbol(axes: &str, has: impl Fn(&str) -> bool) -> &'static str {
    match axes {
        "-cba" if has("cab") => "cab",
        "a-cb" if has("bca") => "bca",
        "-cba" | "a-cb" if has("ba-c") => "ba-c",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SymOp, space_group::operations};

    fn halls(number: u8, code: &str) -> Vec<&'static str> {
        by_code(number, code).iter().map(|setting| setting.hall).collect()
    }

    #[test]
    fn every_row_has_its_code_and_every_code_a_setting() {
        for setting in crate::space_group::settings() {
            let code =
                if setting.code.is_empty() { codes_of(setting.number)[0].clone() } else { setting.code.to_owned() };
            assert_eq!(by_code(setting.number, &code), [setting], "{} {code}", setting.number);
        }
        for number in 1..=230 {
            for code in codes_of(number) {
                assert_eq!(by_code(number, &code).len(), 1, "{number} {code}");
            }
        }
    }

    /// Rotation part and translation.
    type Turned = ([[i8; 3]; 3], [f64; 3]);

    /// An operation in the coordinates of other axes: x, y and z are exchanged, and one of them may change its sign.
    fn turned(operation: &SymOp, axes: &str) -> Turned {
        let names: Vec<&str> = axes.split_inclusive(['a', 'b', 'c']).collect();
        let old = |k: usize| names[k].ends_with('b') as usize + 2 * names[k].ends_with('c') as usize;
        let sign = |k: usize| if names[k].starts_with('-') { -1 } else { 1 };
        let (rotation, translation) = (operation.rotation(), operation.translation());
        let rotation = [0, 1, 2].map(|i| [0, 1, 2].map(|j| sign(i) * sign(j) * rotation[old(i)][old(j)]));
        (rotation, [0, 1, 2].map(|i| f64::from(sign(i)) * translation[old(i)]))
    }

    #[test]
    fn axes_of_orthorhombic_codes_are_those_of_the_first_row_in_other_order() {
        for number in 16..=74 {
            for code in codes_of(number) {
                let [found] = by_code(number, &code)[..] else { panic!("{number} {code}") };
                let origin = code.trim_end_matches(|c: char| !c.is_ascii_digit());
                let [first] = by_code(number, &format!("{origin}abc"))[..] else { panic!("{number} {code}") };
                let axes = code.trim_start_matches(['1', '2']);
                let found = operations(found.hall).expect("a setting has operations");
                let turned: Vec<_> =
                    operations(first.hall).expect("a row has operations").iter().map(|o| turned(o, axes)).collect();
                let same = |one: &Turned, other: &SymOp| {
                    let apart = |k: usize| (one.1[k] - other.translation()[k]).rem_euclid(1.0);
                    one.0 == other.rotation() && (0..3).all(|k| apart(k).min(1.0 - apart(k)) < 1e-6)
                };
                let same =
                    turned.len() == found.len() && turned.iter().all(|one| found.iter().any(|other| same(one, other)));
                assert!(same, "{number} {code}");
            }
        }
    }

    #[test]
    fn codes_are_read_however_they_are_spelled() {
        for (number, code, found) in [
            (62, "cab", vec!["-P 2c 2ab"]),
            (62, "1cab", vec!["-P 2c 2ab"]),
            (62, " CAB ", vec!["-P 2c 2ab"]),
            (62, "abc", vec!["-P 2ac 2n"]),
            (62, "ba\u{2212}c", vec!["-P 2bc 2a"]),
            (14, "c1", vec!["-P 2ac"]),
            (14, "b", vec!["-P 2ybc"]),
            // c and a exchanged: P 1 21/a 1.
            (14, "-b1", vec!["-P 2yab"]),
            (14, "-b2", vec!["-P 2yn"]),
            (12, "-b1", vec!["-A 2y"]),
            (12, "-c1", vec!["-B 2"]),
            (15, "-c2", vec!["-A 2ab"]),
            (10, "c2", vec!["-P 2"]),
            (10, "-a1", vec!["-P 2x"]),
            (227, "2", vec!["-F 4vw 2vw 3"]),
            (225, "1", vec!["-F 4 2 3"]),
            (166, "h", vec!["-R 3 2="]),
            (166, "R", vec!["-P 3* 2"]),
            (164, "h", vec!["-P 3 2="]),
            (50, "2cab", vec!["-P 2b 2bc"]),
            (50, "cab", vec!["P 2 2 -1bc", "-P 2b 2bc"]),
            (48, "2", vec!["-P 2ab 2bc"]),
            (17, "ba-c", vec!["P 2c 2 (y,x,-z)"]),
            (17, "-cba", vec!["P 2c 2 (-z,y,x)"]),
            (2, "1", vec!["-P 1"]),
        ] {
            assert_eq!(halls(number, code), found, "{number} {code}");
        }
        for (number, code) in [
            (62, "2"),
            (62, "2cab"),
            (62, "acb"),
            (14, "c"),
            (14, "b4"),
            (14, "-b"),
            (14, "abc"),
            (225, "2"),
            (166, "1"),
            (164, "r"),
            (225, ""),
            (14, ""),
            (14, "é"),
            (14, "-"),
            (0, "1"),
            (231, "1"),
        ] {
            assert_eq!(halls(number, code), Vec::<&str>::new(), "{number} {code}");
        }
        let [found] = by_code(17, "-cba")[..] else { panic!("one setting") };
        assert_eq!((found.short, found.centering()), ("P 2_1 2 2", Some('P')));
    }
}
