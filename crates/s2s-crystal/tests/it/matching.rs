//! Crystals that are the same structure, and crystals that are not.

use proptest::prelude::*;
use s2s_crystal::{
    Crystal, CrystalError, Element, Frac, Lattice, MatchTolerance, Scaling, Site,
    strategies::{self, Change, ChangeKind},
};

fn default() -> MatchTolerance {
    MatchTolerance::pymatgen()
}

/// All changes of description, one after another, from one number; and for every site the one that it was.
fn written_otherwise(crystal: &Crystal, seed: u64) -> Result<(Crystal, Vec<usize>), CrystalError> {
    let mut found = (crystal.clone(), (0..crystal.num_sites()).collect::<Vec<_>>());
    for (k, kind) in ChangeKind::SAME_CRYSTAL.into_iter().enumerate() {
        let (next, origin) = Change::draw(kind, &found.0, seed.wrapping_add(k as u64)).apply(&found.0)?;
        found = (next, origin.into_iter().map(|site| found.1[site]).collect());
    }
    Ok(found)
}

/// Crystals without atoms on top of each other, of which nobody can say which is a copy of which.
fn apart(crystal: &Crystal) -> bool {
    crystal.min_distance().is_ok_and(|least| least.is_none_or(|least| least > 0.01))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_description_of_a_crystal_matches_it(crystal in strategies::crystal(1..=6), seed in any::<u64>()) {
        prop_assume!(apart(&crystal));
        let (other, _) = written_otherwise(&crystal, seed)?;
        let found = crystal.matches(&other, &default())?;
        let found = found.ok_or_else(|| TestCaseError::fail(format!("no match: {other:?}")))?;
        prop_assert!(found.rmsd < 1e-4 && found.max_distance < 1e-4, "{found:?}");
        prop_assert!(crystal.matches(&other, &default().both_ways())?.is_some(), "no match both ways: {other:?}");
        for (site, own) in found.sites.iter().enumerate() {
            prop_assert_eq!(&other.sites()[site].species, &crystal.sites()[*own].species);
        }
        // The basis spans the other cell, but for a rotation: lengths and angles are the same.
        let rows = crystal.lattice().vectors();
        let spanned = found.basis.map(|n| [0, 1, 2].map(|k| (0..3).map(|m| n[m] * rows[m][k]).sum::<f64>()));
        let spanned = Lattice::from_rows(spanned)?;
        for (here, there) in spanned.lengths().iter().zip(other.lattice().lengths()) {
            prop_assert!((here - there).abs() < 1e-4 * there, "{:?}", found.basis);
        }
        for (here, there) in spanned.angles().iter().zip(other.lattice().angles()) {
            prop_assert!((here - there).abs() < 1e-2, "{:?}", found.basis);
        }
    }

    #[test]
    fn matching_both_ways_does_not_depend_on_which_crystal_is_asked((one, other) in similar()) {
        inverse_answers(&one, &other)?;
    }
}

/// Two crystals that may or may not match: drawn apart, or one of them strained and displaced about as far as the tolerances go.
fn similar() -> impl Strategy<Value = (Crystal, Crystal)> {
    let salt = || strategies::spaced_crystal(2..=4).of([Element::NA, Element::CL]);
    let apart = (salt(), salt());
    let strain = proptest::array::uniform3(proptest::array::uniform3(-0.2..0.2_f64));
    let displaced = (salt(), strain, 0.0..0.5_f64, any::<u64>()).prop_filter_map(
        "strained into a flat cell",
        |(crystal, strain, step, seed)| {
            let rows = crystal.lattice().vectors();
            let bent = [0, 1, 2]
                .map(|i| [0, 1, 2].map(|k| rows[i][k] + (0..3).map(|m| rows[i][m] * strain[m][k]).sum::<f64>()));
            let lattice = Lattice::from_rows(bent).ok()?;
            let spacing = lattice.plane_spacings();
            let sites = crystal.sites().iter().enumerate().map(|(site, atom)| {
                let position = Frac([0, 1, 2].map(|k| {
                    let draw = (seed >> ((3 * site + k) % 22 * 3)) & 7;
                    atom.position.0[k] + step * (draw as f64 / 3.5 - 1.0) / spacing[k]
                }));
                Site { position, ..atom.clone() }
            });
            let other = Crystal::new(lattice, sites.collect()).ok()?;
            Some((crystal, written_otherwise(&other, seed).ok()?.0))
        },
    );
    prop_oneof![apart, displaced]
}

/// Both ways, `other.matches(one)` is the inverse of `one.matches(other)`.
fn inverse_answers(one: &Crystal, other: &Crystal) -> Result<(), TestCaseError> {
    let both = default().both_ways();
    let (there, back) = (one.matches(other, &both)?, other.matches(one, &both)?);
    prop_assert_eq!(there.is_some(), back.is_some());
    let (Some(there), Some(back)) = (there, back) else { return Ok(()) };
    prop_assert_eq!((there.rmsd, there.max_distance), (back.rmsd, back.max_distance));
    if one.num_sites() == other.num_sites() {
        for (site, own) in there.sites.iter().enumerate() {
            prop_assert_eq!(back.sites[*own], site, "{:?} and {:?}", there, back);
        }
    }
    for i in 0..3 {
        for k in 0..3 {
            let product: f64 = (0..3).map(|m| there.basis[i][m] * back.basis[m][k]).sum();
            prop_assert!((product - f64::from(i == k)).abs() < 1e-6, "{:?} and {:?}", there, back);
        }
    }
    Ok(())
}

/// Found by chance: the cell of one, in vectors of the other, is within the tolerance of lengths; not the other way round.
#[test]
fn a_pair_at_the_tolerance_of_lengths_matches_one_way_only() -> Result<(), TestCaseError> {
    let wide = Lattice::from_rows([[8.0, 0.0, 0.0], [-3.0, 7.42, 0.0], [0.0, -1.02, 7.93]])?;
    let one = Crystal::ordered(wide, [(Element::CL, [0.0; 3]), (Element::NA, [0.0, 0.39, 0.89])])?;
    let narrow = Lattice::from_rows([
        [3.73, 0.0, 0.0],
        [1.865, 3.230274756115956, 0.0],
        [0.0, 0.09631829241820496, 4.2697186219622685],
    ])?;
    let sodium = [0.9149186120381015, 0.0956381835078134, 0.09869260735752138];
    let chlorine = [0.34247415496709743, 0.8545383439938041, 0.5835954521681823];
    let other = Crystal::ordered(narrow, [(Element::NA, sodium), (Element::CL, chlorine)])?;
    let one_way = (one.matches(&other, &default())?.is_some(), other.matches(&one, &default())?.is_some());
    prop_assert_eq!(one_way, (true, false));
    prop_assert_eq!(one.matches(&other, &default().both_ways())?, None);
    inverse_answers(&one, &other)
}

#[test]
fn paired_sites_are_the_ones_that_were_moved() -> Result<(), CrystalError> {
    let lattice = Lattice::orthorhombic(4.0, 5.0, 6.5)?;
    let positions = [[0.02, 0.1, 0.2], [0.55, 0.4, 0.1], [0.3, 0.85, 0.6], [0.8, 0.6, 0.75]];
    let crystal = Crystal::ordered(lattice, positions.map(|position| (Element::O, position)))?;
    for seed in 0..20 {
        let (other, origin) = written_otherwise(&crystal, seed)?;
        let moved = other.map_sites(|site| {
            let mut position = site.position;
            position.0[0] += 0.01;
            Site { position, ..site.clone() }
        })?;
        let found = crystal.matches(&moved, &default())?.expect("moving all atoms changes nothing");
        assert_eq!(found.sites, origin, "{moved:?}");
    }
    Ok(())
}

#[test]
fn other_structures_of_one_formula_do_not_match() -> Result<(), CrystalError> {
    let two = |lattice, at| Crystal::ordered(lattice, [(Element::CS, [0.0; 3]), (Element::CL, at)]);
    let simple = two(Lattice::cubic(4.12)?, [0.5; 3])?;
    let salt = two(Lattice::rhombohedral(4.9, 60.0)?, [0.5; 3])?;
    let blende = two(Lattice::rhombohedral(5.0, 60.0)?, [0.25; 3])?;
    for (one, other) in [(&simple, &salt), (&salt, &blende), (&simple, &blende)] {
        assert_eq!(one.matches(other, &default())?, None);
    }
    // Elements on each other's sites: the same rock salt, another perovskite.
    let exchanged = salt.map_sites(|site| {
        let other = if site.species.majority_element() == Element::CS { Element::CL } else { Element::CS };
        Site::pure(other, site.position)
    })?;
    assert!(salt.matches(&exchanged, &default())?.is_some());
    let perovskite = |a, b| {
        let oxygen = [[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]].map(|at| (Element::O, at));
        Crystal::ordered(Lattice::cubic(3.9)?, [(a, [0.0; 3]), (b, [0.5; 3])].into_iter().chain(oxygen))
    };
    let (right, wrong) = (perovskite(Element::SR, Element::TI)?, perovskite(Element::TI, Element::SR)?);
    assert_eq!(right.matches(&wrong, &default())?, None);
    assert_eq!(right.matches(&right.substituted(Element::SR, Element::BA), &default())?, None);
    Ok(())
}

#[test]
fn charges_and_occupancies_tell_sites_apart() -> Result<(), CrystalError> {
    let mixed = |share: f64| {
        let site = Site::mixed([(Element::FE, share), (Element::CO, 1.0 - share)], [0.0; 3])?;
        Crystal::new(Lattice::cubic(2.9)?, vec![site])
    };
    let reversed =
        Crystal::new(Lattice::cubic(2.9)?, vec![Site::mixed([(Element::CO, 0.4), (Element::FE, 0.6)], [0.3; 3])?])?;
    assert!(mixed(0.6)?.matches(&reversed, &default())?.is_some());
    assert_eq!(mixed(0.5)?.matches(&reversed, &default())?, None);
    Ok(())
}

#[test]
fn volumes_matter_only_where_they_are_not_scaled() -> Result<(), CrystalError> {
    let iron = |edge: f64| Crystal::ordered(Lattice::cubic(edge)?, [(Element::FE, [0.0; 3]), (Element::FE, [0.5; 3])]);
    let unscaled = MatchTolerance { scaling: Scaling::None, ..default() };
    assert!(iron(2.8)?.matches(&iron(4.0)?, &default())?.is_some());
    assert_eq!(iron(2.8)?.matches(&iron(4.0)?, &unscaled)?, None);
    assert!(iron(2.8)?.matches(&iron(2.9)?, &unscaled)?.is_some());
    let layer = iron(2.8)?.with_periodicity([true, true, false]);
    let refusal = layer.matches(&iron(2.8)?, &default()).map_err(|error| error.to_string());
    assert_eq!(refusal, Err("the crystal does not repeat in all three directions".to_owned()));
    Ok(())
}

/// A pair of crystals with pymatgen's answer, as `tests/agreement/matching.py` writes it.
#[derive(serde::Deserialize)]
struct Pair {
    kind: String,
    names: Vec<String>,
    crystals: [Written; 2],
    fits: bool,
    fits_both_ways: bool,
    rms: Option<f64>,
    seconds: f64,
}

#[derive(serde::Deserialize)]
struct Written {
    lattice: [[f64; 3]; 3],
    species: Vec<u8>,
    frac_coords: Vec<[f64; 3]>,
}

impl Written {
    fn read(&self) -> Result<Crystal, CrystalError> {
        let elements = self.species.iter().map(|z| Element::from_atomic_number(*z)).collect::<Result<Vec<_>, _>>()?;
        Crystal::ordered(Lattice::from_rows(self.lattice)?, elements.into_iter().zip(self.frac_coords.iter().copied()))
    }
}

/// Agreement by kind of pair: how many, matched by both, by neither, answered differently.
#[derive(Default)]
struct Agreement([usize; 4]);

#[test]
fn pairs_are_answered_as_pymatgen_answers_them() -> Result<(), Box<dyn std::error::Error>> {
    let Some(path) = std::env::var_os("S2S_MATCHING_PAIRS") else {
        eprintln!("skipped: S2S_MATCHING_PAIRS names no file; tests/agreement/matching.py writes one");
        return Ok(());
    };
    let text = std::fs::read_to_string(path)?;
    let mut kinds: std::collections::BTreeMap<String, Agreement> = Default::default();
    let (mut ours, mut theirs, mut rms, mut alike_both_ways) = (0.0, 0.0, Vec::new(), 0);
    for line in text.lines() {
        let pair: Pair = serde_json::from_str(line)?;
        let [one, other] = [pair.crystals[0].read()?, pair.crystals[1].read()?];
        // The faster of three, for the machine may have other work.
        let mut fastest = f64::INFINITY;
        let mut found = None;
        for _ in 0..3 {
            let start = std::time::Instant::now();
            found = one.matches(&other, &default())?;
            fastest = fastest.min(start.elapsed().as_secs_f64());
        }
        ours += fastest;
        theirs += pair.seconds;
        let both_ways = one.matches(&other, &default().both_ways())?.is_some();
        alike_both_ways += usize::from(both_ways == pair.fits_both_ways);
        let counts = &mut kinds.entry(pair.kind.clone()).or_default().0;
        counts[0] += 1;
        match (&found, pair.fits) {
            (Some(found), true) => {
                counts[1] += 1;
                rms.extend(pair.rms.map(|theirs| (found.rmsd - theirs).abs()));
            }
            (None, false) => counts[2] += 1,
            (found, fits) => {
                counts[3] += 1;
                let ours = found.as_ref().map(|found| (found.rmsd, found.max_distance));
                println!(
                    "{}, {:?}, {one}, pymatgen: {fits}, rms {:?}; ours: {ours:?}",
                    pair.kind, pair.names, pair.rms
                );
            }
        }
    }
    println!("{:<30}{:>7}{:>9}{:>10}{:>9}", "pairs", "total", "matched", "unmatched", "differ");
    for (kind, Agreement([total, both, neither, differ])) in &kinds {
        println!("{kind:<30}{total:>7}{both:>9}{neither:>10}{differ:>9}");
    }
    let sum = |k: usize| kinds.values().map(|counts| counts.0[k]).sum::<usize>();
    let agreement = 1.0 - sum(3) as f64 / sum(0) as f64;
    rms.sort_by(f64::total_cmp);
    println!("agreement {:.2} % of {}", 100.0 * agreement, sum(0));
    println!("agreement both ways {:.2} %", 100.0 * alike_both_ways as f64 / sum(0) as f64);
    println!("root mean squares within 1e-4 of each other: {} of {}", rms.partition_point(|x| *x < 1e-4), rms.len());
    println!("pymatgen {theirs:.1} s, ours {ours:.3} s: {:.0} times as fast", theirs / ours);
    assert!(sum(0) >= 2000 && agreement >= 0.995, "{agreement}");
    assert!(theirs >= 10.0 * ours, "{theirs} s and {ours} s");
    Ok(())
}
