//! SVG figures on a transparent ground, legible on light and on dark pages.

pub(crate) mod axes;
pub(crate) mod color;
pub(crate) mod sources;
pub(crate) mod structure;
pub(crate) mod svg;

pub(crate) use color::Rgb;
pub(crate) use svg::{Anchor, Svg, number};
