//! Identification of the space group of a list of operations.
//!
//! A list that equals a tabulated setting is known exactly. For every other setting a fingerprint is compared that no
//! change of axes or origin alters: for each rotation part its determinant, its trace, and whether one of the listed
//! operations with this part is a pure rotation or mirror, not a screw or glide.

use std::{collections::HashMap, sync::LazyLock};

use crate::{SymOp, space_group};

/// The groups of the tabulated settings, by the digest of their operations.
static TABULATED: LazyLock<HashMap<u64, u8>> = LazyLock::new(|| {
    let entry =
        |setting: space_group::Setting| Some((digest(&space_group::operations(setting.hall)?)?, setting.number));
    space_group::settings().filter_map(entry).collect()
});

/// A digest of a set of operations that does not depend on their order; `None` if a translation is no twenty-fourth.
pub(crate) fn digest(operations: &[SymOp]) -> Option<u64> {
    operations.iter().try_fold(0_u64, |sum, operation| {
        let packed = space_group::hall::packed(operation)?;
        let mixed = (packed ^ packed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        Some(sum.wrapping_add(mixed ^ mixed >> 32))
    })
}

/// Whether these operations, a group, can be those of a space group.
pub(crate) fn is_of_type(operations: &[SymOp], number: u8) -> bool {
    if operations.len() == 1 {
        return number == 1;
    }
    if let Some(&known) = digest(operations).and_then(|digest| TABULATED.get(&digest)) {
        return known == number;
    }
    let ours = character(operations);
    let same = |setting: space_group::Setting| {
        space_group::operations(setting.hall).is_some_and(|operations| character(&operations) == ours)
    };
    space_group::settings().filter(|setting| setting.number == number).any(same)
}

/// Whether two groups of operations are of one type, by their rotation parts, screws and glides.
pub(crate) fn same_type(a: &[SymOp], b: &[SymOp]) -> bool {
    let known = |operations: &[SymOp]| digest(operations).and_then(|digest| TABULATED.get(&digest));
    match (known(a), known(b)) {
        (Some(a), Some(b)) => a == b,
        _ => character(a) == character(b),
    }
}

/// Whether two groups of operations of one type have the same axes, planes and centerings, wherever their origins lie.
///
/// Operations with one rotation part have the same screw or glide up to lattice vectors if and only if their difference is
/// that of an operation without one.
pub(crate) fn same_axes(a: &[SymOp], b: &[SymOp]) -> bool {
    let differ_by_origin = |one: &SymOp, other: &SymOp| {
        let (v, w) = (one.translation(), other.translation());
        one.rotation() == other.rotation() && keeps_a_point(one.rotation(), [0, 1, 2].map(|k| v[k] - w[k]))
    };
    let all_of = |some: &[SymOp], others: &[SymOp]| {
        some.iter().all(|one| others.iter().any(|other| differ_by_origin(one, other)))
    };
    all_of(a, b) && all_of(b, a)
}

/// Determinant and trace of each rotation part, and whether it occurs without a screw or glide; sorted.
fn character(operations: &[SymOp]) -> Vec<(i32, i32, bool)> {
    let mut parts: HashMap<[[i8; 3]; 3], bool> = HashMap::new();
    for operation in operations {
        *parts.entry(operation.rotation()).or_default() |= is_pure(operation);
    }
    let mut character: Vec<_> = parts
        .into_iter()
        .map(|(rotation, pure)| {
            let r = rotation.map(|row| row.map(i32::from));
            let trace = r[0][0] + r[1][1] + r[2][2];
            let minor = |a: usize, b: usize| r[1][a] * r[2][b] - r[1][b] * r[2][a];
            (r[0][0] * minor(1, 2) - r[0][1] * minor(0, 2) + r[0][2] * minor(0, 1), trace, pure)
        })
        .collect();
    character.sort_unstable();
    character
}

/// Whether an operation, up to lattice vectors, leaves a point where it is.
///
/// For a rotation part W of order n let N = 1 + W + … + Wⁿ⁻¹. A lattice vector z with N(w + z) = 0 exists if and only if
/// the operation is no screw or glide.
fn is_pure(operation: &SymOp) -> bool {
    keeps_a_point(operation.rotation(), operation.translation())
}

/// As [`is_pure`], for a rotation part and a translation with components in (−1, 1).
fn keeps_a_point(rotation: [[i8; 3]; 3], w: [f64; 3]) -> bool {
    let r = rotation.map(|row| row.map(i32::from));
    let identity = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
    let mut sum = identity;
    let mut power = r;
    for _ in 0..6 {
        if power == identity {
            break;
        }
        for (total, row) in sum.iter_mut().zip(power) {
            (0..3).for_each(|k| total[k] += row[k]);
        }
        power = [0, 1, 2].map(|i| [0, 1, 2].map(|j| (0..3).map(|k| power[i][k] * r[k][j]).sum()));
    }
    let vanishes =
        |z: [f64; 3]| sum.iter().all(|row| (0..3).map(|k| f64::from(row[k]) * (w[k] + z[k])).sum::<f64>().abs() < 0.01);
    let steps = [0.0, -1.0, 1.0];
    steps.iter().any(|&a| steps.iter().any(|&b| steps.iter().any(|&c| vanishes([a, b, c]))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tabulated_setting_is_of_its_own_group_alone() {
        for setting in space_group::settings() {
            let operations = space_group::operations(setting.hall).expect("a tabulated symbol has operations");
            let groups: Vec<u8> = (1..=230).filter(|&number| is_of_type(&operations, number)).collect();
            assert_eq!(groups, [setting.number], "{}", setting.hall);
        }
    }

    #[test]
    fn axes_are_compared_wherever_the_origin_lies() {
        let of = |hall: &str| space_group::operations(hall).expect("a Hall symbol of the test");
        let pairs = [
            ("-P 2ac 2n", "-P 2ac 2n", true),
            ("-P 2ac 2n", "-P 2ac 2n (1 2 3)", true),
            ("-P 2ac 2n", "-P 2c 2ab", false),
            ("F 4d 2 3 -1d", "-F 4vw 2vw 3", true),
            ("-P 2ybc", "-P 2yn", false),
            ("-P 2ybc", "-P 2ac", false),
            ("-C 2yc", "-I 2ya", false),
            ("P 2c 2", "P 2c 2 (y,x,-z)", true),
            ("-C 2a 2", "-C 2a 2a", true),
        ];
        for (one, other, same) in pairs {
            assert_eq!(same_axes(&of(one), &of(other)), same, "{one} and {other}");
        }
    }

    #[test]
    fn axes_and_origins_of_no_table_are_recognized() {
        let parse = |texts: &[&str]| -> Vec<SymOp> {
            texts.iter().map(|text| text.parse().expect("an operation of the test")).collect()
        };
        // P 21/c with its origin elsewhere, and C 2 in a primitive cell.
        assert!(is_of_type(&parse(&["x,y,z", "-x+0.2,y+1/2,-z+1/2", "-x+0.2,-y,-z", "x,-y+1/2,z+1/2"]), 14));
        assert!(!is_of_type(&parse(&["x,y,z", "-x+0.2,y+1/2,-z+1/2", "-x+0.2,-y,-z", "x,-y+1/2,z+1/2"]), 10));
        assert!(is_of_type(&parse(&["x,y,z", "y,x,-z"]), 5));
        assert!(!is_of_type(&parse(&["x,y,z"]), 225));
        assert!(!is_of_type(&parse(&["x,y,z", "-x,-y,-z"]), 1));
    }
}
