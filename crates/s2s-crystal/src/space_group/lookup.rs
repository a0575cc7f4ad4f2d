//! Settings of space groups by name, number and Hall symbol.

#[cfg(test)]
mod tests;

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
    let (mut found, choice) = every_edition(name);
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

/// All settings that are tabulated under a Hermann–Mauguin symbol, with the unique axes that are less common too.
pub(crate) fn every_by_name(name: &str) -> Vec<Setting> {
    let (found, choice) = every_edition(name);
    choose(found, choice.as_deref())
}

/// The settings that are tabulated under a symbol, and the choice of origin or axes that follows it.
fn every_edition(name: &str) -> (Vec<Setting>, Option<String>) {
    let Some((wanted, mut choice)) = spelling::read(name) else { return (Vec::new(), None) };
    let mut found = named(&wanted);
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
    (found, choice)
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
