//! What the strategies generate has the documented properties.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use s2s_crystal::{
    BruteForce, CellList, Crystal, CrystalError, Cutoff, Element, NeighborSearch, ShellPolicy, StructureFingerprint,
    strategies::{self, ChangeKind},
};

proptest! {
    #[test]
    fn spaced_crystals_keep_their_atoms_apart(crystal in strategies::spaced_crystal(1..=12)) {
        let list = BruteForce.search(&crystal, Cutoff::angstrom(2.0)?)?;
        prop_assert!(list.distances().iter().all(|d| *d > 0.2));
        prop_assert!(crystal.is_ordered() && crystal.num_sites() <= 12);
    }

    #[test]
    fn disordered_crystals_survive_the_round_trip_through_json(crystal in strategies::disordered_crystal(1..=5)) {
        let text = serde_json::to_string(&crystal)?;
        prop_assert!(!crystal.is_ordered());
        prop_assert_eq!(serde_json::from_str::<Crystal>(&text)?, crystal);
    }

    #[test]
    fn rotations_keep_lengths_and_handedness(q in strategies::rotation(), any in strategies::orthogonal()) {
        for row in q.into_iter().chain(any) {
            prop_assert!((row.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-12);
        }
        let [a, b, c] = q;
        let cross = [b[1] * c[2] - b[2] * c[1], b[2] * c[0] - b[0] * c[2], b[0] * c[1] - b[1] * c[0]];
        prop_assert!((a[0] * cross[0] + a[1] * cross[1] + a[2] * cross[2] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn crystals_have_as_many_sites_and_the_elements_that_are_asked_for(
        crystal in strategies::crystal(3..=9).of([Element::NB, Element::O]),
        symmetric in strategies::symmetric_crystal(1..=5),
        repeated in strategies::repeated_crystal(4..=40),
    ) {
        prop_assert!((3..=9).contains(&crystal.num_sites()), "{}", crystal.num_sites());
        prop_assert!(crystal.composition().elements().all(|e| e == Element::NB || e == Element::O));
        prop_assert!((1..=5).contains(&symmetric.num_sites()), "{}", symmetric.num_sites());
        prop_assert!((4..=40).contains(&repeated.num_sites()), "{}", repeated.num_sites());
    }

    #[test]
    fn another_description_is_the_same_crystal(
        (crystal, other) in strategies::crystal(1..=8).prop_flat_map(|c| (Just(c.clone()), strategies::redescription(&c))),
    ) {
        let elements = crystal.ordered_elements()?;
        let found = other.crystal.ordered_elements()?;
        prop_assert_eq!(other.origin.len(), found.len());
        prop_assert!(other.origin.iter().zip(&found).all(|(site, element)| elements[*site] == *element));
        let (here, there) = (StructureFingerprint::new(&crystal)?, StructureFingerprint::new(&other.crystal)?);
        prop_assert!(here.distance(&there) < 1e-4, "{}: {}", other.change, here.distance(&there));
    }
}

/// An atom with neighbors of different elements at one distance, among its nearest 24.
fn has_a_mixed_shell(crystal: &Crystal) -> Result<bool, CrystalError> {
    let list = CellList::default().nearest(crystal, 24, ShellPolicy::Whole { tolerance: 1e-6 })?;
    let element = |site: usize| crystal.sites()[site].species.majority_element();
    Ok((0..list.num_atoms()).any(|atom| {
        let mut row: Vec<(f64, Element)> = list.of(atom).map(|n| (n.distance, element(n.site))).collect();
        row.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        row.windows(2).any(|pair| pair[1].0 - pair[0].0 < 1e-7 && pair[0].1 != pair[1].1)
    }))
}

#[test]
fn generated_crystals_are_symmetric_tied_and_repeated_often_enough() -> Result<(), CrystalError> {
    let mut short = Vec::new();
    for most in [4, 8, 20] {
        let strategy = strategies::crystal(1..=most);
        let (mut tied, mut total, mut coinciding) = (0, 0, 0);
        #[cfg(feature = "moyo")]
        let (mut symmetric, mut repeated, mut answers) = (0, 0, 0);
        for seed in 0..400 {
            let crystal = strategy.generate(seed);
            total += 1;
            tied += usize::from(has_a_mixed_shell(&crystal)?);
            coinciding += usize::from(crystal.min_distance()?.is_some_and(|least| least < 1e-9));
            #[cfg(feature = "moyo")]
            if let Ok(symmetry) = s2s_crystal::SymmetrySearch::with_tolerance(0.001).find(&crystal) {
                answers += 1;
                symmetric += usize::from(symmetry.number > 2);
                repeated += usize::from(symmetry.primitive.num_sites() < crystal.num_sites());
            }
        }
        println!(
            "of {total} crystals of at most {most} sites: {tied} with a mixed shell, {coinciding} with coinciding atoms"
        );
        let mut at_least = |percent: usize, count: usize, what: &str| {
            if 100 * count < percent * total {
                short.push(format!("{count} of {total} crystals of at most {most} sites {what}"));
            }
        };
        at_least(25, tied, "have a mixed shell");
        at_least(2, coinciding, "have coinciding atoms");
        #[cfg(feature = "moyo")]
        {
            println!("of these, {answers} searched: {symmetric} above P-1, {repeated} not primitive");
            // Shares of all crystals: those whose symmetry is not determined count as P1 and primitive.
            at_least(30, symmetric, "have symmetry above P-1");
            at_least(10, repeated, "are not primitive");
        }
    }
    assert!(short.is_empty(), "{short:?}");
    Ok(())
}

#[test]
fn hard_crystals_are_what_they_claim() -> Result<(), CrystalError> {
    let crystals = strategies::hard_crystals();
    assert!(crystals.len() > 55, "{}", crystals.len());
    let count = |what: &dyn Fn(&Crystal) -> bool| crystals.iter().filter(|c| what(c)).count();
    assert!(count(&|c| has_a_mixed_shell(c).expect("a list")) >= 15);
    assert!(count(&|c| !c.is_ordered()) >= 4);
    assert!(count(&|c| c.num_sites() == 1) >= 8);
    assert!(count(&|c| c.num_sites() > 300) >= 1);
    assert_eq!(count(&|c| c.composition().num_elements() == 118), 1);
    Ok(())
}

#[test]
fn a_counterexample_prints_in_a_few_lines() {
    let mut runner = TestRunner::deterministic();
    for strategy in
        [strategies::crystal(1..=60), strategies::disordered_crystal(8..=20), strategies::spaced_crystal(9..=60)]
    {
        for _ in 0..8 {
            let mut tree = strategy.new_tree(&mut runner).expect("crystals are not rare");
            let fails = |c: &Crystal| c.num_sites() > 2 && c.lattice().volume() > 20.0;
            if !fails(&tree.current()) {
                continue;
            }
            let (mut more, mut steps) = (tree.simplify(), 0);
            while more {
                steps += 1;
                more = if fails(&tree.current()) { tree.simplify() } else { tree.complicate() };
            }
            let text = format!("{:#?}", tree.current());
            assert!(text.lines().count() <= 10, "{text}");
            assert!(steps < 1024, "{steps} steps");
            assert_eq!(tree.current().composition().num_elements(), 1, "{text}");
        }
    }
}

#[test]
fn every_kind_of_change_is_drawn() {
    let crystal = strategies::crystal(2..=5).generate(1);
    let mut runner = TestRunner::deterministic();
    let strategy = strategies::redescription(&crystal);
    let drawn: Vec<ChangeKind> =
        (0..64).map(|_| strategy.new_tree(&mut runner).expect("changes are not rare").current().kind).collect();
    assert!(ChangeKind::SAME_CRYSTAL.iter().all(|kind| drawn.contains(kind)), "{drawn:?}");
    assert!(!drawn.contains(&ChangeKind::Reflection));
}
