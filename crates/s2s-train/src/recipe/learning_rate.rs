//! Learning rates at which deep and wide networks do not diverge.

use s2s_model::{EncoderConfig, S2sNetConfig};

/// Learning rate of Adam for a network of the family before any schedule: 10⁻³, and less for the paper's encoder where it is
/// wide and deep, `min(10⁻³, 1.5 / (width · layers))`.
///
/// A step of Adam changes every weight by about the rate, hence what a layer makes of states of width `D` by about rate · D,
/// and what `L` layers without normalization make of them by `L` times as much: the product of rate, width and depth has to
/// stay the same. Width 512 with ten layers learns at 3·10⁻⁴ (product 1.5); it diverged at 2·10⁻³. The other encoders
/// normalize their states.
pub fn stable_learning_rate(model: &S2sNetConfig) -> f64 {
    const LARGEST: f64 = 1e-3;
    const PRODUCT: f64 = 1.5;
    match &model.encoder {
        EncoderConfig::Paper(encoder) => {
            let size = encoder.width.max(1) as f64 * encoder.layers.max(1) as f64;
            LARGEST.min(PRODUCT / size)
        }
        _ => LARGEST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_fall_with_width_and_depth() {
        let learning_rate =
            |width, layers| stable_learning_rate(&S2sNetConfig::paper().with_width(width).with_layers(layers));
        assert_eq!([learning_rate(64, 10), learning_rate(128, 1), learning_rate(512, 1)], [1e-3; 3]);
        let deep = [learning_rate(512, 5), learning_rate(512, 10), learning_rate(512, 15)];
        for (found, expected) in deep.into_iter().zip([5.9e-4, 2.9e-4, 2.0e-4]) {
            assert!((found - expected).abs() < 1e-5, "{found}");
        }
        assert_eq!(stable_learning_rate(&S2sNetConfig::released()), 1e-3);
    }
}
