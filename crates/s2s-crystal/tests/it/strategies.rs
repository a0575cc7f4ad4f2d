//! The strategies keep their promises.

use proptest::prelude::*;
use s2s_crystal::{BruteForce, Cutoff, NeighborSearch, strategies};

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
        prop_assert_eq!(serde_json::from_str::<s2s_crystal::Crystal>(&text)?, crystal);
    }

    #[test]
    fn rotations_keep_lengths(q in strategies::rotation()) {
        for row in q {
            prop_assert!((row.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}
