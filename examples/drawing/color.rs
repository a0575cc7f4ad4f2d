//! Color maps whose lightness follows the number, and mid-tone colors of families that show on any ground.

use std::fmt;

use s2s_crystal::ElementCategory;

/// Red, green and blue, 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Rgb(pub(crate) [u8; 3]);

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

impl Rgb {
    /// Black or white, whichever is easier to read on this color.
    pub(crate) fn ink(self) -> Self {
        let [r, g, b] = self.0.map(|c| (f64::from(c) / 255.0).powf(2.2));
        // Equal contrast with black and white lies at a luminance of 0.18 (WCAG 2).
        if 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.2 { Self([0x0d, 0x11, 0x17]) } else { Self([255, 255, 255]) }
    }
}

/// Viridis (Smith and van der Walt 2015) from 0, dark violet, to 1, yellow.
pub(crate) fn viridis(t: f64) -> Rgb {
    const STOPS: [[u8; 3]; 11] = [
        [68, 1, 84],
        [72, 36, 117],
        [65, 68, 135],
        [53, 95, 141],
        [42, 120, 142],
        [33, 145, 140],
        [34, 168, 132],
        [68, 191, 112],
        [122, 209, 81],
        [189, 223, 38],
        [253, 231, 37],
    ];
    between(&STOPS, t)
}

/// Moreland's cool-to-warm (2009) from 0, blue, through ½, pale, to 1, red.
pub(crate) fn cool_to_warm(t: f64) -> Rgb {
    const STOPS: [[u8; 3]; 9] = [
        [59, 76, 192],
        [98, 130, 234],
        [141, 176, 254],
        [184, 208, 249],
        [221, 221, 221],
        [245, 196, 173],
        [244, 154, 123],
        [222, 96, 77],
        [180, 4, 38],
    ];
    between(&STOPS, t)
}

fn between(stops: &[[u8; 3]], t: f64) -> Rgb {
    let position = t.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
    let k = (position as usize).min(stops.len() - 2);
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * (position - k as f64)).round() as u8;
    Rgb([0, 1, 2].map(|c| mix(stops[k][c], stops[k + 1][c])))
}

/// The color of a family of elements.
pub(crate) fn of_category(category: ElementCategory) -> Rgb {
    Rgb(match category {
        ElementCategory::AlkaliMetal => [0xe1, 0x57, 0x59],
        ElementCategory::AlkalineEarthMetal => [0xf2, 0x8e, 0x2b],
        ElementCategory::Lanthanoid => [0xb0, 0x7a, 0xa1],
        ElementCategory::Actinoid => [0x7b, 0x4f, 0x9e],
        ElementCategory::TransitionMetal => [0x4e, 0x79, 0xa7],
        ElementCategory::PostTransitionMetal => [0x4f, 0xb3, 0xbf],
        ElementCategory::Metalloid => [0x59, 0xa1, 0x4f],
        ElementCategory::ReactiveNonmetal => [0x9c, 0x75, 0x5f],
        ElementCategory::Chalcogen => [0xd4, 0xb0, 0x2a],
        ElementCategory::Halogen => [0x8c, 0xd1, 0x7d],
        ElementCategory::NobleGas => [0x8a, 0x8f, 0x98],
    })
}

/// What has no number.
pub(crate) const NO_SHARE: Rgb = Rgb([0x8a, 0x8f, 0x98]);

/// The colors of curves, by position in the legend.
pub(crate) const CURVES: [Rgb; 9] = [
    Rgb([0x3b, 0x82, 0xc4]),
    Rgb([0xe0, 0x7b, 0x39]),
    Rgb([0x3f, 0xa3, 0x5c]),
    Rgb([0xb0, 0x5f, 0xb5]),
    Rgb([0x2f, 0xa8, 0xa8]),
    Rgb([0xc9, 0x4c, 0x5b]),
    Rgb([0xa8, 0x8b, 0x3a]),
    Rgb([0x8a, 0x8f, 0x98]),
    Rgb([0x8f, 0xc0, 0x4a]),
];
