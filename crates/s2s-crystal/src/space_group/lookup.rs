//! Settings of space groups by name, number and Hall symbol.

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    SymOp,
    space_group::{SETTINGS, Setting, hall, operations, spelling},
};

static ROWS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut fields = line.split('|');
        let mut next = || fields.next();
        let (number, code, hall) = (next()?.parse().ok()?, next()?, next()?);
        let (short, full) = (next()?, next()?);
        Some(Setting { number, code, hall, short, full })
    };
    SETTINGS.lines().filter_map(row).collect()
});

/// The rows with a name: by their full symbols, where `P 1 2_1/n 1` is also `P 21/n`, and by their short ones.
static NAMES: LazyLock<[HashMap<String, Vec<Setting>>; 2]> = LazyLock::new(|| {
    let mut names = [HashMap::new(), HashMap::new()];
    let mut enter = |map: usize, name: &str, setting: Setting| {
        let known: &mut Vec<Setting> = names[map].entry(spelling::squeezed(name)).or_default();
        if !known.contains(&setting) {
            known.push(setting);
        }
    };
    for &setting in ROWS.iter() {
        let brief = setting.full.split(' ').filter(|part| *part != "1").collect::<Vec<_>>().join(" ");
        enter(0, setting.full, setting);
        enter(0, &brief, setting);
        enter(1, setting.short, setting);
    }
    names
});

/// Hall symbols without their blanks; those that two symbols share stand for neither.
static GLUED: LazyLock<HashMap<String, Option<&'static str>>> = LazyLock::new(|| {
    let mut glued = HashMap::new();
    for setting in ROWS.iter() {
        let entry = glued.entry(hall::squeezed(setting.hall)).or_insert(Some(setting.hall));
        if *entry != Some(setting.hall) {
            *entry = None;
        }
    }
    glued
});

/// Triclinic groups in centered cells, which no table lists.
const CENTERED: [Setting; 10] = {
    const fn triclinic(number: u8, hall: &'static str, full: &'static str) -> Setting {
        Setting { number, code: "", hall, short: full, full }
    }
    [
        triclinic(1, "A 1", "A 1"),
        triclinic(1, "B 1", "B 1"),
        triclinic(1, "C 1", "C 1"),
        triclinic(1, "I 1", "I 1"),
        triclinic(1, "F 1", "F 1"),
        triclinic(2, "-A 1", "A -1"),
        triclinic(2, "-B 1", "B -1"),
        triclinic(2, "-C 1", "C -1"),
        triclinic(2, "-I 1", "I -1"),
        triclinic(2, "-F 1", "F -1"),
    ]
};

pub(super) fn settings() -> impl Iterator<Item = Setting> {
    ROWS.iter().copied()
}

/// The operations of a Hall symbol in any spelling; `None` if it cannot be read.
pub(crate) fn by_hall(symbol: &str) -> Option<Vec<SymOp>> {
    operations(symbol).or_else(|| operations((*GLUED.get(&hall::squeezed(symbol))?)?))
}

/// The settings that a space-group number can mean: the first tabulated axes, with either origin and either cell.
pub(crate) fn by_number(number: u8) -> Vec<Setting> {
    // The table is sorted by number.
    let begin = ROWS.partition_point(|setting| setting.number < number);
    let end = ROWS.partition_point(|setting| setting.number <= number);
    let all = &ROWS[begin..end];
    let Some(first) = all.first() else { return Vec::new() };
    // Codes are an origin and an axis transformation; the first setting has no transformation.
    let standard = |setting: &Setting| setting.code == first.code || matches!(setting.code, "1" | "2" | "H" | "R");
    all.iter().copied().filter(standard).collect()
}

/// A number as files state it, with its settings; a choice among them may follow, as in `227:2`.
pub(crate) fn by_stated_number(text: &str) -> Option<(u8, Vec<Setting>)> {
    let (number, choice) = match text.split_once(':') {
        Some((number, choice)) => (number, Some(choice.trim().to_ascii_lowercase())),
        None => (text, None),
    };
    let number = number.trim().parse::<f64>().ok().filter(|n| n.fract() == 0.0 && (1.0..=230.0).contains(n))? as u8;
    Some((number, choose(by_number(number), choice.as_deref())))
}

/// The settings that a Hermann–Mauguin symbol can mean, most common first; empty if there is no such symbol.
///
/// Spaces, underscores and case do not matter; nor do parentheses, braces, tildes and tags around the index of a screw, as
/// in `P2(1)/c` and `P 2~1~/c`. `:1`, `:2`, `:H`, `:R`, the `S`, `Z`, `H`, `R`, `RS` and `HR` that older files append, and
/// remarks such as `(origin choice 2)` choose among the settings. Cubic symbols may lack their bar, as in `F m 3 m`: that
/// is how they were printed until 1983; double glides may have the letters that were used until 1992, as in `C m c a`.
pub(crate) fn by_name(name: &str) -> Vec<Setting> {
    let Some((wanted, choice)) = spelling::read(name) else { return Vec::new() };
    let (mut found, mut choice) = (named(&wanted), choice);
    if found.is_empty() && choice.is_none() {
        for (suffix, meaning) in
            [("rs", "r"), ("hr", "h"), ("o1", "1"), ("o2", "2"), ("s", "1"), ("z", "2"), ("h", "h"), ("r", "r")]
        {
            if let Some(base) = wanted.strip_suffix(suffix) {
                found = named(base);
                if !found.is_empty() {
                    choice = Some(meaning.to_owned());
                    break;
                }
            }
        }
    }
    // Hexagonal axes of a rhombohedral group, as macromolecular files name them.
    if found.is_empty()
        && let Some(rest) = wanted.strip_prefix('h')
    {
        found = named(&format!("r{rest}"));
        choice = Some("h".to_owned());
    }
    // A short symbol stands for the first tabulated axes and all origins of those.
    if let Some(first) = found.first().copied() {
        found.retain(|s| s.number == first.number && s.full == first.full);
    }
    choose(found, choice.as_deref())
}

/// The settings with a squeezed symbol in any of the editions of the tables.
fn named(wanted: &str) -> Vec<Setting> {
    let tabulated = |wanted: &str| NAMES.iter().find_map(|names| names.get(wanted)).cloned().unwrap_or_default();
    let mut found = tabulated(wanted);
    if found.is_empty() {
        found = tabulated(&barred(wanted));
    }
    if found.is_empty() {
        found.extend(CENTERED.iter().filter(|setting| spelling::squeezed(setting.full) == wanted));
    }
    if found.is_empty() && wanted.starts_with(['a', 'b', 'c']) {
        let glides = wanted.char_indices().skip(1).filter(|(_, letter)| matches!(letter, 'a' | 'b' | 'c'));
        let mut renamed = glides.map(|(at, _)| tabulated(&format!("{}e{}", &wanted[..at], &wanted[at + 1..])));
        found = renamed.find(|settings| !settings.is_empty()).unwrap_or_default();
    }
    found
}

fn choose(mut found: Vec<Setting>, choice: Option<&str>) -> Vec<Setting> {
    if let Some(choice) = choice.filter(|choice| !choice.is_empty()) {
        found.retain(|s| {
            let code = s.code.to_ascii_lowercase();
            code == choice || code.starts_with(choice) && matches!(choice, "1" | "2" | "h" | "r")
        });
    }
    found
}

/// The symbol with the bar of a cubic threefold axis, which follows the mirror or glide plane across the cell's edges.
fn barred(name: &str) -> String {
    let plane = |letter: char| matches!(letter, 'm' | 'n' | 'a' | 'd');
    match name.split_once('3') {
        Some((before, after)) if before.len() > 1 && before.ends_with(plane) => format!("{before}-3{after}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halls(found: &[Setting]) -> Vec<&'static str> {
        found.iter().map(|setting| setting.hall).collect()
    }

    #[test]
    fn names_are_found_however_they_are_spelled() {
        for name in ["P 21/n", "P2_1/n", "P 1 21/n 1", "p121/n1"] {
            assert_eq!(halls(&by_name(name)), ["-P 2yn"], "{name}");
        }
        assert_eq!(halls(&by_name("P 21/c")), ["-P 2ybc"]);
        assert_eq!(halls(&by_name("Pnma")), ["-P 2ac 2n"]);
        assert_eq!(halls(&by_name("P b n m")), ["-P 2c 2ab"]);
        assert_eq!(halls(&by_name("F d -3 m")), ["F 4d 2 3 -1d", "-F 4vw 2vw 3"]);
        assert_eq!(halls(&by_name("F d -3 m :2")), ["-F 4vw 2vw 3"]);
        assert_eq!(halls(&by_name("F d -3 m Z")), ["-F 4vw 2vw 3"]);
        assert_eq!(halls(&by_name("F d -3 m S")), ["F 4d 2 3 -1d"]);
        assert_eq!(halls(&by_name("R -3 m :H")), ["-R 3 2="]);
        assert_eq!(halls(&by_name("R-3m H")), ["-R 3 2="]);
        assert_eq!(halls(&by_name("P 63/m m c")), ["-P 6c 2c"]);
        assert_eq!(halls(&by_name("F m 3 m")), ["-F 4 2 3"]);
        assert_eq!(halls(&by_name("Ia3d")), ["-I 4bd 2c 3"]);
        assert_eq!(halls(&by_name("F d 3 m S")), ["F 4d 2 3 -1d"]);
        for (name, hall) in [
            ("P2(1)/c", "-P 2ybc"),
            ("P 2~1~/c", "-P 2ybc"),
            ("P2<sub>1</sub>/c", "-P 2ybc"),
            ("$P2_{1}/c$", "-P 2ybc"),
            ("P 1 21/c 1 (No. 14)", "-P 2ybc"),
            ("P 21/c, #14", "-P 2ybc"),
            ("P 2(1) 2(1) 2(1)", "P 2ac 2ab"),
            ("P 6(3)/m m c", "-P 6c 2c"),
            ("R -3 c RS", "-P 3* 2n"),
            ("R -3 c HR", "-R 3 2=c"),
            ("R -3 m (hexagonal axes)", "-R 3 2="),
            ("H -3 m", "-R 3 2="),
            ("F d -3 m O1", "F 4d 2 3 -1d"),
            ("F d -3 m (origin choice 2)", "-F 4vw 2vw 3"),
            ("F m \u{2212}3 m", "-F 4 2 3"),
            ("F m \\bar{3} m", "-F 4 2 3"),
            ("P m 3\u{305} m", "-P 4 2 3"),
            ("C m c a", "-C 2ac 2"),
            ("A b a 2", "A 2 -2ab"),
            ("B b c m", "-B 2 2ab"),
            ("C -1", "-C 1"),
            ("I-1", "-I 1"),
            ("PNMA", "-P 2ac 2n"),
        ] {
            assert_eq!(halls(&by_name(name)), [hall], "{name}");
        }
        for name in ["P 99", "P 3 n", "A 3 m", "P 2 3 m", "I4/mmm(00g)0000", "", "P 21/c:9", "(", "é"] {
            assert_eq!(halls(&by_name(name)), Vec::<&str>::new(), "{name}");
        }
    }

    #[test]
    fn numbers_mean_the_first_tabulated_axes() {
        let halls = |text: &str| by_stated_number(text).map(|(_, found)| super::tests::halls(&found));
        assert_eq!(halls("14"), Some(vec!["-P 2ybc"]));
        assert_eq!(halls("166.0"), Some(vec!["-R 3 2=", "-P 3* 2"]));
        assert_eq!(halls("227"), Some(vec!["F 4d 2 3 -1d", "-F 4vw 2vw 3"]));
        assert_eq!(halls("227:2"), Some(vec!["-F 4vw 2vw 3"]));
        assert!((1..=230).all(|number| !by_number(number).is_empty()));
        for nonsense in ["231", "0", "-1", "14.5", "x", ""] {
            assert_eq!(halls(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn hall_symbols_are_read_however_they_are_spelled() {
        for (spelled, tabulated) in [
            ("-P2ybc", "-P 2ybc"),
            ("-p 2ybc", "-P 2ybc"),
            ("-P_2ybc", "-P 2ybc"),
            ("- P 2ybc", "-P 2ybc"),
            ("-R 3 2 \"", "-R 3 2="),
            ("-R 3 2''", "-R 3 2="),
            ("-R 3 2\u{2033}", "-R 3 2="),
            ("-R32\"", "-R 3 2="),
            ("-P3*2n", "-P 3* 2n"),
            ("-P 3 * 2n", "-P 3* 2n"),
            ("F4d23-1d", "F 4d 2 3 -1d"),
            ("-F4vw2vw3", "-F 4vw 2vw 3"),
            ("\u{2212}P 2ac 2n", "-P 2ac 2n"),
        ] {
            assert_eq!(by_hall(spelled), operations(tabulated), "{spelled}");
            assert!(by_hall(spelled).is_some(), "{spelled}");
        }
        // Glued, two symbols of the table look like this.
        assert_eq!(by_hall("P32"), None);
    }
}
