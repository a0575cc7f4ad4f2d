//! The fast search finds what the slow one finds, and both obey the laws of geometry.

use proptest::{prelude::*, test_runner::FileFailurePersistence};
use s2s_crystal::{
    BruteForce, CellList, Crystal, CrystalError, Cutoff, Element, Frac, Lattice, NeighborBuffers, NeighborList,
    NeighborSearch, ShellPolicy, Site, strategies,
};
use serde::Deserialize;

/// Random cells that are compared with brute force; the figure in the README was run once with 100 000.
fn cells() -> u32 {
    std::env::var("S2S_NEIGHBOR_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000)
}

fn config(cases: u32) -> ProptestConfig {
    let file = FileFailurePersistence::WithSource("proptest-regressions");
    ProptestConfig { cases, failure_persistence: Some(Box::new(file)), ..ProptestConfig::default() }
}

/// One entry, without its vector and distance.
type Entry = (usize, usize, [i32; 3]);

fn entries(list: &NeighborList) -> Vec<Entry> {
    let of = |i: usize| list.of(i).map(move |n| (i, n.site, n.image));
    let mut entries = (0..list.num_atoms()).flat_map(of).collect::<Vec<_>>();
    entries.sort_unstable();
    entries
}

/// Every number of a list, in an order that does not depend on the search.
fn contents(list: &NeighborList) -> Vec<(Entry, u64, [u64; 3])> {
    let of = |i: usize| {
        list.of(i).map(move |n| ((i, n.site, n.image), n.distance.to_bits(), n.vector.map(|x| (x + 0.0).to_bits())))
    };
    let mut contents = (0..list.num_atoms()).flat_map(of).collect::<Vec<_>>();
    contents.sort_unstable();
    contents
}

fn cutoffs() -> impl Strategy<Value = f64> {
    prop_oneof![3 => 0.3..6.0, 1 => proptest::sample::select(vec![2.0, 4.0, 6.0, 8.0_f64.sqrt()])]
}

fn any_crystal() -> impl Strategy<Value = Crystal> {
    prop_oneof![
        3 => strategies::crystal(1..=6),
        2 => strategies::partly_periodic_crystal(1..=6),
        1 => strategies::spaced_crystal(8..=64),
    ]
}

fn angstrom(length: f64) -> Cutoff {
    Cutoff::angstrom(length).expect("invariant: the length is positive")
}

fn search(crystal: &Crystal, length: f64) -> Result<NeighborList, CrystalError> {
    CellList::default().search(crystal, angstrom(length))
}

proptest! {
    #![proptest_config(config(cells()))]

    #[test]
    fn cell_list_agrees_with_brute_force(crystal in any_crystal(), cutoff in cutoffs()) {
        let fast = search(&crystal, cutoff)?;
        let slow = BruteForce.search(&crystal, angstrom(cutoff))?;
        prop_assert_eq!(contents(&fast), contents(&slow));
        prop_assert_eq!(fast.offsets(), slow.offsets());
    }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn neighbors_are_symmetric(crystal in any_crystal(), cutoff in cutoffs()) {
        let list = search(&crystal, cutoff)?;
        let there = entries(&list);
        let mut back = there.iter().map(|(i, j, image)| (*j, *i, image.map(|n| -n))).collect::<Vec<_>>();
        back.sort_unstable();
        prop_assert_eq!(there, back);
    }

    #[test]
    fn neighbors_ignore_rotation_and_translation(
        crystal in strategies::spaced_crystal(1..=12), q in strategies::orthogonal(), by in strategies::position()
    ) {
        // Half a millionth beyond a round length, so that no pair sits right at the cutoff.
        let cutoff = 4.000_000_5;
        let moved = crystal.translated(by)?.rotated(q)?;
        let (before, after) = (search(&crystal, cutoff)?, search(&moved, cutoff)?);
        prop_assert_eq!(entries(&before), entries(&after));
    }

    #[test]
    fn moving_atoms_by_lattice_vectors_only_renames_images(
        crystal in strategies::spaced_crystal(1..=8), steps in proptest::collection::vec(-4_i32..=4, 24)
    ) {
        let cutoff = 4.000_000_5;
        let step = |atom: usize| [0, 1, 2].map(|k| steps[3 * atom + k]);
        let moved = |(atom, site): (usize, &Site)| {
            let position = Frac([0, 1, 2].map(|k| site.position.0[k] + f64::from(step(atom)[k])));
            Site { position, ..site.clone() }
        };
        let sites = crystal.sites().iter().enumerate().map(moved).collect();
        let after = search(&Crystal::new(*crystal.lattice(), sites)?, cutoff)?;
        let mut renamed = entries(&search(&crystal, cutoff)?);
        for (i, j, image) in &mut renamed {
            *image = [0, 1, 2].map(|k| image[k] + step(*i)[k] - step(*j)[k]);
        }
        renamed.sort_unstable();
        prop_assert_eq!(entries(&after), renamed);
    }

    #[test]
    fn a_reused_list_is_as_good_as_a_new_one(
        first in any_crystal(), second in any_crystal(), cutoff in cutoffs()
    ) {
        let mut list = search(&first, cutoff)?;
        CellList::default().search_into(&second, angstrom(cutoff), &mut list)?;
        prop_assert_eq!(list, search(&second, cutoff)?);
    }
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn many_crystals_at_once_give_what_they_give_one_by_one(
        crystals in proptest::collection::vec(any_crystal(), 0..40), cutoff in cutoffs()
    ) {
        let one_by_one = crystals.iter().map(|crystal| search(crystal, cutoff)).collect::<Result<Vec<_>, _>>()?;
        let mut buffers = NeighborBuffers::default();
        for _ in 0..2 {
            let lists = buffers.map(&crystals, |crystal, list| {
                CellList::default().search_into(crystal, angstrom(cutoff), list).map(|()| list.clone())
            });
            prop_assert_eq!(&lists.into_iter().collect::<Result<Vec<_>, _>>()?, &one_by_one);
        }
    }
}

#[test]
fn a_buffer_serves_work_that_is_parallel_itself() -> Result<(), CrystalError> {
    let crystals = vec![polonium(Lattice::from_parameters([3.0; 3], [90.0; 3])?, &[[0.0; 3]]); 30];
    let count = |crystal: &Crystal, list: &mut NeighborList| {
        CellList::default().search_into(crystal, angstrom(3.1), list).map(|()| list.num_pairs())
    };
    let pairs = NeighborBuffers::default().map(&crystals, |crystal, list| {
        // While this waits, its thread may take up another crystal, whose list must not be this one.
        let inner = NeighborBuffers::default().map(&crystals, count).into_iter().sum::<Result<usize, _>>()?;
        Ok::<_, CrystalError>(inner + count(crystal, list)?)
    });
    assert_eq!(pairs, vec![Ok(31 * 6); 30]);
    Ok(())
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn the_nearest_are_the_first_of_all(crystal in any_crystal(), count in 0_usize..30) {
        let list = CellList::default().nearest(&crystal, count, ShellPolicy::Cut)?;
        let others = if crystal.periodic() == [false; 3] { crystal.num_sites() - 1 } else { count };
        let expected = count.min(others);
        let radius = list.distances().iter().fold(0.1_f64, |a, b| a.max(*b)) * 1.000_001;
        // A chain in an otherwise empty cell needs a radius that brute force cannot afford.
        prop_assume!(radius < 15.0);
        let all = BruteForce.search(&crystal, angstrom(radius))?;
        for atom in 0..crystal.num_sites() {
            let mut distances = all.of(atom).map(|neighbor| neighbor.distance).collect::<Vec<_>>();
            distances.sort_unstable_by(f64::total_cmp);
            let nearest = list.of(atom).map(|neighbor| neighbor.distance).collect::<Vec<_>>();
            prop_assert_eq!(nearest.len(), expected);
            for (a, b) in nearest.iter().zip(&distances) {
                prop_assert!((a - b).abs() < 1e-4, "{} is not {}", a, b);
            }
        }
    }

    #[test]
    fn whole_shells_are_the_same_for_every_description(
        crystal in strategies::spaced_crystal(1..=8), q in strategies::orthogonal(), by in strategies::position(),
        count in 1_usize..20, times in 1_usize..=3
    ) {
        // A rotated supercell with another origin and the opposite order.
        let shells = ShellPolicy::Whole { tolerance: 1e-3 };
        let reversed: Vec<usize> = (0..crystal.num_sites()).rev().collect();
        let moved = crystal.permuted(&reversed)?.translated(by)?.rotated(q)?;
        let moved = moved.supercell([[times as i32, 0, 0], [0, 1, 0], [0, 0, 1]])?;
        let before = CellList::default().nearest(&crystal, count, shells)?;
        let after = CellList::default().nearest(&moved, count, shells)?;
        for atom in 0..crystal.num_sites() {
            let twin = (crystal.num_sites() - 1 - atom) * times;
            let distances = |list: &NeighborList, i| list.of(i).map(|n| n.distance).collect::<Vec<_>>();
            let (here, there) = (distances(&before, atom), distances(&after, twin));
            prop_assert!(here.len() >= count);
            prop_assert_eq!(here.len(), there.len());
            prop_assert!(here.iter().zip(&there).all(|(a, b)| (a - b).abs() < 2e-6));
        }
    }
}

#[test]
fn ties_go_to_the_lower_site_and_image() -> Result<(), CrystalError> {
    let crystal = polonium(Lattice::from_parameters([3.0; 3], [90.0; 3])?, &[[0.0; 3]]);
    let list = CellList::default().nearest(&crystal, 4, ShellPolicy::Cut)?;
    let images = list.of(0).map(|neighbor| neighbor.image).collect::<Vec<_>>();
    assert_eq!(images, [[-1, 0, 0], [0, -1, 0], [0, 0, -1], [0, 0, 1]]);
    let molecule = crystal.with_periodicity([false; 3]);
    assert_eq!(CellList::default().nearest(&molecule, 4, ShellPolicy::Cut)?.num_pairs(), 0);
    Ok(())
}

/// What vesin found, written by `make_neighbors.py`.
#[derive(Deserialize)]
struct Found {
    cutoff: f64,
    crystals: usize,
    pairs: usize,
    sum: String,
}

/// One number per entry, as in `make_neighbors.py`: splitmix64 of a polynomial in the columns.
fn mixed(columns: [i64; 6]) -> u64 {
    let polynomial =
        |state: u64, column: i64| state.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(((1 << 20) + column) as u64);
    let state = columns.into_iter().fold(0, polynomial);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[test]
fn the_neighbors_of_s2s_are_those_that_vesin_finds() -> Result<(), Box<dyn std::error::Error>> {
    let Some(crystals) = crate::s2s::crystals()? else { return Ok(()) };
    let mut list = NeighborList::default();
    for found in serde_json::from_str::<Vec<Found>>(include_str!("../data/neighbors_of_s2s.json"))? {
        let (mut pairs, mut sum) = (0, 0_u64);
        for (number, crystal) in crystals.iter().enumerate() {
            CellList::default().search_into(crystal, angstrom(found.cutoff), &mut list)?;
            pairs += list.num_pairs();
            for (i, j, [a, b, c]) in (0..list.num_atoms()).flat_map(|i| list.of(i).map(move |n| (i, n.site, n.image))) {
                let columns = [number as i64, i as i64, j as i64, a.into(), b.into(), c.into()];
                sum = sum.wrapping_add(mixed(columns));
            }
        }
        assert_eq!((crystals.len(), pairs, format!("{sum:016x}")), (found.crystals, found.pairs, found.sum));
    }
    Ok(())
}

fn polonium(lattice: Lattice, positions: &[[f64; 3]]) -> Crystal {
    let element = Element::from_atomic_number(84).expect("invariant: polonium exists");
    let sites = positions.iter().map(|x| Site::pure(element, Frac(*x))).collect();
    Crystal::new(lattice, sites).expect("invariant: the test's crystal is valid")
}

#[test]
fn atoms_exactly_at_the_cutoff_are_neighbors() -> Result<(), CrystalError> {
    let crystal = polonium(Lattice::from_parameters([2.5; 3], [90.0; 3])?, &[[0.1, 0.2, 0.3]]);
    for (cutoff, expected) in [(2.5, 6), (5.0, 32), (7.5, 122)] {
        assert_eq!(search(&crystal, cutoff)?.num_pairs(), expected);
        assert_eq!(BruteForce.search(&crystal, angstrom(cutoff))?.num_pairs(), expected);
    }
    Ok(())
}

#[test]
fn coincident_atoms_are_neighbors_at_no_distance() -> Result<(), CrystalError> {
    let crystal = polonium(Lattice::from_parameters([9.0; 3], [90.0; 3])?, &[[0.5; 3], [0.5; 3], [1.5, 0.5, 0.5]]);
    let list = search(&crystal, 1.0)?;
    let expected =
        [(0, 1, [0; 3]), (0, 2, [-1, 0, 0]), (1, 0, [0; 3]), (1, 2, [-1, 0, 0]), (2, 0, [1, 0, 0]), (2, 1, [1, 0, 0])];
    assert_eq!(entries(&list), expected);
    assert!(list.distances().iter().all(|distance| *distance == 0.0));
    Ok(())
}

#[test]
fn a_very_flat_cell_is_searched_in_its_reduced_form() -> Result<(), CrystalError> {
    // The same cubic lattice of 3 Å, written with vectors thousands of cells long.
    let slanted = Lattice::from_rows([[3.0, 0.0, 0.0], [30_000.0, 3.0, 0.0], [-21_000.0, 9_000.0, 3.0]])?;
    let list = search(&polonium(slanted, &[[0.3, 0.7, 0.1]]), 3.1)?;
    assert_eq!(list.num_pairs(), 6);
    for neighbor in list.of(0) {
        let shift = slanted.to_cart(Frac(neighbor.image.map(f64::from))).0;
        assert_eq!(shift, neighbor.vector);
        assert!((neighbor.distance - 3.0).abs() < 1e-9);
    }
    Ok(())
}

#[test]
fn a_large_cell_agrees_with_the_small_cells_it_is_made_of() -> Result<(), CrystalError> {
    let small = search(&polonium(Lattice::from_parameters([3.0; 3], [70.0; 3])?, &[[0.0; 3]]), 7.0)?;
    let grid = 12;
    let mut positions = Vec::new();
    for k in 0..grid * grid * grid {
        let at = [k % grid, k / grid % grid, k / grid / grid];
        positions.push(at.map(|n| n as f64 / grid as f64));
    }
    let large = search(&polonium(Lattice::from_parameters([36.0; 3], [70.0; 3])?, &positions), 7.0)?;
    assert_eq!(large.num_pairs(), grid * grid * grid * small.num_pairs());
    Ok(())
}

#[test]
fn impossible_searches_are_refused_at_once() -> Result<(), CrystalError> {
    let refusal = |crystal: &Crystal, cutoff: f64, most: usize| {
        let outcome = CellList::with_max_pairs(most).search(crystal, angstrom(cutoff));
        outcome.map_err(|error| error.to_string()).err()
    };
    let one = polonium(Lattice::from_parameters([2.0; 3], [90.0; 3])?, &[[0.0; 3]]);
    let flat = polonium(Lattice::from_parameters([9.0, 9.0, 4e-3], [90.0; 3])?, &[[0.0; 3]]);
    let across = "the number of cells that the cutoff spans along one vector would exceed the limit of 1000";
    assert_eq!(refusal(&flat, 5.0, 1 << 27).as_deref(), Some(across));
    let images = "the number of cell images would exceed the limit of 4000000";
    assert_eq!(refusal(&one, 1e4, 1 << 27).as_deref(), Some(images));
    assert_eq!(
        refusal(&one, 1e300, 1 << 27).as_deref(),
        Some("the size of the cell in Å would exceed the limit of 1000000000000")
    );
    assert_eq!(
        refusal(&one, 20.0, 4_000).as_deref(),
        Some("the number of neighbor pairs would exceed the limit of 4000")
    );
    let tiny = polonium(Lattice::from_parameters([1e-9; 3], [90.0; 3])?, &[[0.0; 3]]);
    assert_eq!(refusal(&tiny, 1.0, 1 << 27).as_deref(), Some(images));
    let far = polonium(Lattice::from_parameters([2.0; 3], [90.0; 3])?, &[[1e12, 0.0, 0.0]]);
    let away = "the distance of an atom from the origin, in cells, would exceed the limit of 1000000000";
    assert_eq!(refusal(&far, 1.0, 1 << 27).as_deref(), Some(away));
    let huge = polonium(Lattice::from_parameters([1e80; 3], [90.0; 3])?, &[[0.0; 3]]);
    let size = "the size of the cell in Å would exceed the limit of 1000000000000";
    assert_eq!(refusal(&huge, 1.0, 1 << 27).as_deref(), Some(size));
    Ok(())
}

#[test]
fn an_atom_far_away_along_a_slanted_axis_keeps_its_neighbors() -> Result<(), CrystalError> {
    let slanted = Lattice::from_rows([[4.0, 0.0, 0.0], [150.0, 4.0, 0.0], [-37.0, 210.0, 4.0]])?;
    let home = [[0.0; 3], [0.25, 0.5, 0.75]];
    let expected = entries(&search(&polonium(slanted, &home), 4.5)?);
    assert!(expected.len() > 10);
    for away in [[0.0, 1e8, 0.0], [0.0, 0.0, -9e8], [9e8, -9e8, 9e8]] {
        let moved = [home[0], [0, 1, 2].map(|k| home[1][k] + away[k])];
        let found = entries(&search(&polonium(slanted, &moved), 4.5)?);
        let steps = away.map(|cells| cells as i32);
        let shift = |(i, j, image): Entry| {
            let sign = j as i32 - i as i32;
            (i, j, [0, 1, 2].map(|k| image[k] - sign * steps[k]))
        };
        let mut shifted = expected.iter().copied().map(shift).collect::<Vec<_>>();
        shifted.sort_unstable();
        assert_eq!(found, shifted, "{away:?}");
    }
    Ok(())
}

#[test]
fn neighbors_in_cells_that_cannot_be_counted_are_refused() -> Result<(), CrystalError> {
    let across = "the number of cells between two neighbors along one vector would exceed the limit of 2147483647";
    let slanted = Lattice::from_rows([[4.0, 0.0, 0.0], [3e8, 4.0, 0.0], [0.0, 0.0, 4.0]])?;
    let apart = polonium(slanted, &[[1e9, 0.0, 0.0], [-1e9, 0.999, 0.0]]);
    let outcome = search(&apart, 4.5).map(|list| list.num_pairs());
    assert!(
        outcome.is_ok() || outcome == Err(CrystalError::LimitExceeded { what: across, limit: 2_147_483_647 }),
        "{outcome:?}"
    );
    // Vectors so long and so slanted that the reduced ones are sums of billions of them.
    for slant in [1e6, 1e8, 1e9, 3e9, 1e11] {
        let lattice = Lattice::from_rows([[1.0, 0.0, 0.0], [slant, 1.0, 0.0], [slant, slant, 1.0]]);
        let Ok(lattice) = lattice else { continue };
        let _ = (search(&polonium(lattice, &[[0.3; 3], [0.9; 3]]), 3.0), lattice.niggli_reduced());
    }
    Ok(())
}

#[test]
fn atoms_that_are_packed_beyond_all_measure_are_refused() -> Result<(), CrystalError> {
    let positions = (0..45).map(|k| [k % 5, k / 5 % 3, k / 15].map(|n| f64::from(n) / 6.0)).collect::<Vec<_>>();
    let cube = polonium(Lattice::from_parameters([0.2; 3], [90.0; 3])?, &positions);
    for cutoff in [2.0, 5.0, 8.0, 12.0] {
        let start = std::time::Instant::now();
        let message = search(&cube, cutoff).map_err(|error| error.to_string()).err();
        assert!(
            matches!(
                message.as_deref(),
                None | Some("the number of neighbor pairs would exceed the limit of 2097152")
                    | Some("the number of atoms within the cutoff would exceed the limit of 2097152")
            ),
            "{message:?}"
        );
        assert!(cutoff < 5.0 || message.is_some());
        assert!(start.elapsed().as_secs_f64() < 5.0, "{cutoff} {:?}", start.elapsed());
    }
    Ok(())
}
