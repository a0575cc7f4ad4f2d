//! A rectangle with two axes.

use super::{Anchor, Svg, number};

/// A range of numbers, and where its marks are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    /// What is measured, with its unit.
    pub(crate) label: String,
    /// The number at the lower or left end.
    pub(crate) from: f64,
    /// The number at the upper or right end.
    pub(crate) to: f64,
    /// Where marks are.
    pub(crate) marks: Vec<f64>,
}

impl Axis {
    /// An axis over a range with about this many round marks.
    pub(crate) fn linear(label: &str, from: f64, to: f64, about: usize) -> Self {
        let rough = (to - from) / about.max(1) as f64;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|m| m * power).into_iter().find(|step| *step >= rough * 0.999);
        let step = step.unwrap_or(10.0 * power);
        let first = (from / step - 1e-9).ceil() as i64;
        let last = (to / step + 1e-9).floor() as i64;
        let marks = (first..=last).map(|k| k as f64 * step).collect();
        Self { label: label.to_owned(), from, to, marks }
    }

    fn share(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }
}

/// The next 1, 2 or 5 times a power of ten.
pub(crate) fn round_up(number: f64) -> f64 {
    let power = 10f64.powf(number.log10().floor());
    [1.0, 2.0, 5.0].map(|m| m * power).into_iter().find(|round| *round >= number).unwrap_or(10.0 * power)
}

/// Where data go on a picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Panel {
    /// Left and upper edge.
    pub(crate) corner: [f64; 2],
    /// Width and height.
    pub(crate) size: [f64; 2],
    /// The horizontal axis.
    pub(crate) x: Axis,
    /// The vertical axis.
    pub(crate) y: Axis,
}

impl Panel {
    /// The pixel of a point.
    pub(crate) fn pixel(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [self.corner[0] + self.x.share(x) * self.size[0], self.corner[1] + (1.0 - self.y.share(y)) * self.size[1]]
    }

    /// Draws grid, marks, labels and a title above.
    pub(crate) fn draw(&self, svg: &mut Svg, title: &str) {
        let [left, top] = self.corner;
        let [right, bottom] = [left + self.size[0], top + self.size[1]];
        for &mark in &self.x.marks {
            let [x, _] = self.pixel([mark, self.y.from]);
            svg.line([x, top], [x, bottom], "grid", 1.0);
            svg.text([x, bottom + 18.0], 12.0, Anchor::Middle, "soft", number(mark));
        }
        for &mark in &self.y.marks {
            let [_, y] = self.pixel([self.x.from, mark]);
            svg.line([left, y], [right, y], "grid", 1.0);
            svg.text([left - 8.0, y + 4.0], 12.0, Anchor::End, "soft", number(mark));
        }
        svg.line([left, bottom], [right, bottom], "line", 1.2);
        svg.line([left, top], [left, bottom], "line", 1.2);
        svg.text([(left + right) / 2.0, bottom + 40.0], 13.0, Anchor::Middle, "ink", &self.x.label);
        svg.upward([left - 42.0, (top + bottom) / 2.0], 13.0, &self.y.label);
        svg.text([left, top - 12.0], 14.0, Anchor::Start, "ink", title);
    }
}
