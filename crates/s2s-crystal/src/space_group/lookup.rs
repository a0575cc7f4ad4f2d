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

/// The rows with a name: by their full symbols, where `P 1 2_1/n 1` is also `P 21/n`, by their short ones, and by those of
/// 1983, which have one of the two glides in place of `e`.
static NAMES: LazyLock<[HashMap<String, Vec<Setting>>; 3]> = LazyLock::new(|| {
    let mut names = [HashMap::new(), HashMap::new(), HashMap::new()];
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
        if let Some(glide) = former_glide(&setting) {
            enter(2, &setting.full.replace('e', glide), setting);
            enter(2, &setting.short.replace('e', glide), setting);
        }
    }
    names
});

/// The glide that stood for the double glide `e` in the symbol of a setting until 1992: of the two glides of the plane, the
/// one that is `b` for the first axes of 39 and 41, and `a` for those of 64, 67 and 68.
fn former_glide(setting: &Setting) -> Option<&'static str> {
    let standard = match setting.number {
        39 | 41 => 'b',
        64 | 67 | 68 => 'a',
        _ => return None,
    };
    let axes = match setting.code.trim_start_matches(['1', '2']) {
        "" => "abc",
        axes => axes,
    };
    // The code lists which of the first axes each new axis is: a glide along b goes along the axis that b has become.
    let along = axes.chars().filter(|axis| *axis != '-').position(|axis| axis == standard)?;
    Some(["a", "b", "c"][along])
}

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

/// The tabulated settings of a number.
pub(super) fn settings_of(number: u8) -> &'static [Setting] {
    // The table is sorted by number.
    let begin = ROWS.partition_point(|setting| setting.number < number);
    let end = ROWS.partition_point(|setting| setting.number <= number);
    &ROWS[begin..end]
}

/// The operations of a Hall symbol in any spelling; `None` if it cannot be read.
pub(crate) fn by_hall(symbol: &str) -> Option<Vec<SymOp>> {
    operations(symbol).or_else(|| operations((*GLUED.get(&hall::squeezed(symbol))?)?))
}

/// The settings that a space-group number can mean: the first tabulated axes, with either origin and either cell.
pub(crate) fn by_number(number: u8) -> Vec<Setting> {
    settings_of(number).iter().copied().filter(Setting::has_first_axes).collect()
}

/// A number as files state it, with its settings; a choice among them may follow, as in `227:2`.
///
/// Where the angles, in degrees, say that a monoclinic cell has another unique axis than b, and the group has a single
/// setting for that axis, it is this one.
pub(crate) fn by_stated_number(text: &str, angles: [f64; 3]) -> Option<(u8, Vec<Setting>)> {
    let (number, choice) = match text.split_once(':') {
        Some((number, choice)) => (number, Some(choice.trim().to_ascii_lowercase())),
        None => (text, None),
    };
    let number = number.trim().parse::<f64>().ok().filter(|n| n.fract() == 0.0 && (1.0..=230.0).contains(n))? as u8;
    let of_axis: Option<Vec<Setting>> = oblique_axis(angles)
        .map(|axis| settings_of(number).iter().copied().filter(|s| s.unique_axis() == Some(axis)).collect());
    let known = of_axis.filter(|settings| settings.len() == 1).unwrap_or_else(|| by_number(number));
    Some((number, choose(known, choice.as_deref())))
}

/// The settings that a Hermann–Mauguin symbol can mean, most common first; empty if there is no such symbol.
///
/// Spaces, underscores and case do not matter; nor do parentheses, braces, tildes and tags around the index of a screw, as
/// in `P2(1)/c` and `P 2~1~/c`. `:1`, `:2`, `:H`, `:R`, the `S`, `Z`, `H`, `R`, `RS` and `HR` that older files append, and
/// remarks such as `(origin choice 2)` choose among the settings. Cubic symbols may lack their bar, as in `F m 3 m`: that
/// is how they were printed until 1983; double glides may have the letters that were used until 1992, as in `C m c a`.
pub(crate) fn by_name(name: &str) -> Vec<Setting> {
    by_name_in_cell(name, [90.0; 3])
}

/// As [`by_name`], for a cell with these angles in degrees: a monoclinic symbol without its ones, such as `P 21/n`, has the
/// unique axis that the angles tell, or else the first that the table has under this name.
pub(crate) fn by_name_in_cell(name: &str, angles: [f64; 3]) -> Vec<Setting> {
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
    if let Some(axis) = oblique_axis(angles)
        && found.iter().any(|setting| setting.unique_axis() == Some(axis))
    {
        found.retain(|setting| setting.unique_axis() == Some(axis));
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

/// Angles closer to 90°, in degrees, are taken as right.
const RIGHT: f64 = 0.05;

/// The axis across the only angle that is not right, which is the unique axis of a monoclinic cell.
///
/// The other two may deviate by a tenth of what this one does: cells that were relaxed without symmetry are not exact.
fn oblique_axis(angles: [f64; 3]) -> Option<usize> {
    let deviation = angles.map(|angle| (angle - 90.0).abs());
    let clear = |axis: &usize| {
        let mut others = (0..3).filter(|other| other != axis);
        deviation[*axis] > RIGHT && others.all(|other| deviation[other] <= deviation[*axis] / 10.0)
    };
    (0..3).find(clear)
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
        let halls = |text: &str| by_stated_number(text, [90.0; 3]).map(|(_, found)| super::tests::halls(&found));
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
    fn double_glides_are_found_by_their_former_names_as_gemmi_finds_them() {
        // gemmi 0.7.5: `for g in spacegroup_table()` with these numbers, without the doublet `A b a m`; the table has one
        // origin or both of each.
        for (name, found) in [
            ("A b m 2", vec!["A 2 -2b"]),
            ("B m a 2", vec!["B 2 -2a"]),
            ("B 2 c m", vec!["B -2a 2"]),
            ("C 2 m b", vec!["C -2a 2"]),
            ("C m 2 a", vec!["C -2a -2a"]),
            ("A c 2 m", vec!["A -2b -2b"]),
            ("A b a 2", vec!["A 2 -2ab"]),
            ("B b a 2", vec!["B 2 -2ab"]),
            ("B 2 c b", vec!["B -2ab 2"]),
            ("C 2 c b", vec!["C -2ac 2"]),
            ("C c 2 a", vec!["C -2ac -2ac"]),
            ("A c 2 a", vec!["A -2ab -2ab"]),
            ("C m c a", vec!["-C 2ac 2"]),
            ("C c m b", vec!["-C 2ac 2ac"]),
            ("A b m a", vec!["-A 2ab 2ab"]),
            ("A c a m", vec!["-A 2 2ab"]),
            ("B b c m", vec!["-B 2 2ab"]),
            ("B m a b", vec!["-B 2ab 2"]),
            ("C m m a", vec!["-C 2a 2"]),
            ("C m m b", vec!["-C 2a 2a"]),
            ("A b m m", vec!["-A 2b 2b"]),
            ("A c m m", vec!["-A 2 2b"]),
            ("B m c m", vec!["-B 2 2a"]),
            ("B m a m", vec!["-B 2a 2"]),
            ("C c c a", vec!["C 2 2 -1ac", "-C 2a 2ac"]),
            ("C c c b", vec!["C 2 2 -1ac", "-C 2a 2c"]),
            ("A b a a", vec!["A 2 2 -1ab", "-A 2a 2b"]),
            ("A c a a", vec!["A 2 2 -1ab", "-A 2ab 2b"]),
            ("B b c b", vec!["B 2 2 -1ab", "-B 2ab 2b"]),
            ("B b a b", vec!["B 2 2 -1ab", "-B 2b 2ab"]),
        ] {
            assert_eq!(halls(&by_name(name)), found, "{name}");
            if let [_, second] = found[..] {
                assert_eq!(halls(&by_name(&format!("{name}:2"))), [second], "{name}:2");
            }
        }
        assert_eq!(halls(&by_name("C 2/m 2/m 2/b")), ["-C 2a 2a"]);
        // The letter of 1992 stands for both glides.
        assert_eq!(halls(&by_name("C m m e")), ["-C 2a 2", "-C 2a 2a"]);
        assert_eq!(halls(&by_name("B b e b:2")), ["-B 2ab 2b", "-B 2b 2ab"]);
        let spelled: Vec<Setting> = settings().filter(|setting| former_glide(setting).is_some()).collect();
        assert!(spelled.iter().all(|setting| setting.short.contains('e') && setting.full.contains('e')));
        assert_eq!(spelled.len(), 36);
    }

    #[test]
    fn the_oblique_angle_chooses_the_unique_axis_of_a_short_name() {
        let axes = [[100.0, 90.0, 90.0], [90.0, 100.0, 90.0], [90.0, 90.0, 100.0]];
        for (name, found) in [
            ("P 2", ["P 2x", "P 2y", "P 2"]),
            ("P 21", ["P 2xa", "P 2yb", "P 2c"]),
            ("P m", ["P -2x", "P -2y", "P -2"]),
            ("P 2/m", ["-P 2x", "-P 2y", "-P 2"]),
            ("P 21/m", ["-P 2xa", "-P 2yb", "-P 2c"]),
            ("P 21/n", ["-P 2xn", "-P 2yn", "-P 2n"]),
            // Under one of the axes no setting has the name, and the first that has it stays.
            ("P 21/a", ["-P 2yab", "-P 2yab", "-P 2ac"]),
            ("P 21/c", ["-P 2xac", "-P 2ybc", "-P 2ybc"]),
            ("C 2/m", ["-C 2x", "-C 2y", "-C 2y"]),
            ("A 2/m", ["-A 2y", "-A 2y", "-A 2"]),
            ("B 2/m", ["-B 2x", "-B 2", "-B 2"]),
            ("I 2/m", ["-I 2x", "-I 2y", "-I 2"]),
            ("C c", ["C -2xc", "C -2yc", "C -2yc"]),
            ("I a", ["I -2ya", "I -2ya", "I -2a"]),
            // A full name says which axis it is.
            ("P 1 21/n 1", ["-P 2yn"; 3]),
            ("P 1 1 2/m", ["-P 2"; 3]),
            ("P n m a", ["-P 2ac 2n"; 3]),
        ] {
            assert_eq!(
                axes.map(|angles| halls(&by_name_in_cell(name, angles))),
                found.map(|hall| vec![hall]),
                "{name}"
            );
        }
        for angles in [[90.0; 3], [90.0, 90.0, 90.04], [90.0, 90.3, 95.0], [80.0, 95.0, 100.0]] {
            let of_b = ["-P 2y"];
            let clear = angles[2] == 95.0;
            assert_eq!(halls(&by_name_in_cell("P 2/m", angles)) == of_b, !clear, "{angles:?}");
        }
        // A number has a single setting for an axis, or that of unique axis b.
        let of_number = |text: &str| by_stated_number(text, axes[2]).map(|(_, found)| halls(&found));
        assert_eq!(of_number("10"), Some(vec!["-P 2"]));
        assert_eq!(of_number("14"), Some(vec!["-P 2ybc"]));
        assert_eq!(of_number("62"), Some(vec!["-P 2ac 2n"]));
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
