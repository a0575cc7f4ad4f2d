//! Deserialization gives what a constructor accepts, or an error.

use proptest::prelude::*;
use s2s_featurize::{GaussianBasis, MaskPolicy};
use serde_json::json;

/// Numbers on both sides of what is allowed.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(-1.0), Just(1.0), Just(1e308), -2.0..2.0_f64]
}

proptest! {
    #[test]
    fn gaussians(first in number(), step in number(), count in 0_usize..4, width in number()) {
        let written = json!({ "first": first, "step": step, "count": count, "width": width });
        let read = serde_json::from_value::<GaussianBasis>(written).map_err(|error| error.to_string());
        prop_assert_eq!(read, GaussianBasis::new(first, step, count, width).map_err(|error| error.to_string()));
    }

    #[test]
    fn masks(share in number(), minimum in 0_usize..4) {
        let read = serde_json::from_value::<MaskPolicy>(json!({ "share": share, "minimum": minimum }));
        let made = MaskPolicy::new(share, minimum);
        prop_assert_eq!(read.map_err(|error| error.to_string()), made.map_err(|error| error.to_string()));
    }
}
