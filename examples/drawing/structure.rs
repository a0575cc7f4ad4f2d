//! A crystal's cell seen from the side, its atoms as circles.

use s2s_crystal::{Crystal, CrystalError, Element, Frac};

use super::{Anchor, Svg, color::cool_to_warm};

/// Share of its covalent radius with which an atom is drawn, so that those behind can be seen.
const SHRINK: f64 = 0.45;
/// Smallest radius of a circle in pixels.
const LEAST: f64 = 8.5;
/// Atoms no farther apart than this multiple of their covalent radii are joined by a stroke.
const BOND: f64 = 1.12;
/// How far the view is turned around the third axis and tilted toward the viewer, in radians.
const VIEW: [f64; 2] = [0.42, 0.24];

#[derive(Clone, Copy, Debug)]
struct Atom {
    element: Element,
    value: f64,
    /// Right, up, and toward the viewer, in Å.
    position: [f64; 3],
}

/// Draws a cell with one number per site into a rectangle, the largest number in color at `most` of either sign.
///
/// # Errors
///
/// [`CrystalError`] if a site is shared by several elements.
pub(crate) fn draw(
    svg: &mut Svg,
    corner: [f64; 2],
    size: [f64; 2],
    crystal: &Crystal,
    values: &[f64],
    most: f64,
) -> Result<(), CrystalError> {
    let turn = View::of(crystal);
    let cart = |frac: [f64; 3]| {
        let rows = crystal.lattice().vectors();
        turn.see([0, 1, 2].map(|c| (0..3).map(|k| frac[k] * rows[k][c]).sum::<f64>()))
    };
    let (mut atoms, mut around) = (Vec::new(), Vec::new());
    for ((element, site), value) in crystal.ordered_elements()?.into_iter().zip(crystal.sites()).zip(values) {
        for frac in images(site.position) {
            atoms.push(Atom { element, value: *value, position: cart(frac) });
        }
        let home = site.position.0.map(|x| x.rem_euclid(1.0));
        for shift in 0..125u8 {
            let shift = [shift % 5, shift / 5 % 5, shift / 25].map(|k| f64::from(k) - 2.0);
            around.push((element, cart([0, 1, 2].map(|c| home[c] + shift[c]))));
        }
    }
    let corners = [0u8, 1, 2, 3, 4, 5, 6, 7].map(|k| [k & 1, k >> 1 & 1, k >> 2].map(f64::from));
    let radius = |element: Element| SHRINK * element.covalent_radius().unwrap_or(1.4);

    // Everything that is drawn fits in.
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    let ends = atoms.iter().map(|a| (a.position, radius(a.element))).chain(corners.map(|c| (cart(c), 0.0)));
    for (position, margin) in ends {
        for c in 0..2 {
            low[c] = low[c].min(position[c] - margin);
            high[c] = high[c].max(position[c] + margin);
        }
    }
    let scale = (size[0] / (high[0] - low[0])).min(size[1] / (high[1] - low[1]));
    let pixel = |position: [f64; 3]| {
        let middle = [0, 1].map(|c| (low[c] + high[c]) / 2.0);
        [
            corner[0] + size[0] / 2.0 + (position[0] - middle[0]) * scale,
            corner[1] + size[1] / 2.0 - (position[1] - middle[1]) * scale,
        ]
    };

    for (k, a) in corners.iter().enumerate() {
        for b in &corners[k + 1..] {
            if a.iter().zip(b).filter(|(x, y)| x != y).count() == 1 {
                svg.line(pixel(cart(*a)), pixel(cart(*b)), "line", 1.0);
            }
        }
    }
    atoms.sort_by(|a, b| a.position[2].total_cmp(&b.position[2]));
    for atom in &atoms {
        for (element, position) in &around {
            let reach = BOND / SHRINK * (radius(atom.element) + radius(*element));
            let distance = (0..3).map(|c| (atom.position[c] - position[c]).powi(2)).sum::<f64>().sqrt();
            if distance > 0.1 && distance < reach {
                // Half a stroke: the other half is the neighbor's, if it is in the picture.
                let middle = [0, 1, 2].map(|c| (atom.position[c] + position[c]) / 2.0);
                svg.curve(&[pixel(atom.position), pixel(middle)], "#8a8f98", 2.2, "");
            }
        }
    }
    for atom in &atoms {
        let color = cool_to_warm(0.5 + 0.5 * atom.value / most);
        // No circle is too small for its label, which has the color that is legible on it.
        let ([x, y], r) = (pixel(atom.position), (radius(atom.element) * scale).max(LEAST));
        svg.circle([x, y], r, color, 1.0);
        let size = (1.1 * r).clamp(10.0, 15.0);
        svg.label([x, y + 0.35 * size], size, color.ink(), atom.element.symbol());
    }
    Ok(())
}

/// A site and those of its copies that lie on the faces of the cell.
fn images(position: Frac) -> Vec<[f64; 3]> {
    const EDGE: f64 = 1e-3;
    let home = position.0.map(|x| {
        let x = x.rem_euclid(1.0);
        if x > 1.0 - EDGE { x - 1.0 } else { x }
    });
    let mut all = vec![home];
    for (k, x) in home.into_iter().enumerate() {
        if x.abs() < EDGE {
            let moved = all.iter().map(|frac| [0, 1, 2].map(|c| frac[c] + f64::from(u8::from(c == k))));
            all.extend(moved.collect::<Vec<_>>());
        }
    }
    all
}

/// The third lattice vector points up, the first to the right, and all is turned a little.
struct View([[f64; 3]; 3]);

impl View {
    fn of(crystal: &Crystal) -> Self {
        let [a, _, c] = crystal.lattice().vectors();
        let dot = |x: [f64; 3], y: [f64; 3]| x[0] * y[0] + x[1] * y[1] + x[2] * y[2];
        let unit = |x: [f64; 3]| x.map(|v| v / dot(x, x).sqrt());
        let up = unit(c);
        let right = unit([0, 1, 2].map(|k| a[k] - dot(a, up) * up[k]));
        let toward = [
            right[1] * up[2] - right[2] * up[1],
            right[2] * up[0] - right[0] * up[2],
            right[0] * up[1] - right[1] * up[0],
        ];
        let [(sine, cosine), (tilt, level)] = VIEW.map(f64::sin_cos);
        let turned = |k: usize| cosine * right[k] + sine * toward[k];
        let front = |k: usize| cosine * toward[k] - sine * right[k];
        Self([
            [0, 1, 2].map(turned),
            [0, 1, 2].map(|k| level * up[k] - tilt * front(k)),
            [0, 1, 2].map(|k| tilt * up[k] + level * front(k)),
        ])
    }

    fn see(&self, x: [f64; 3]) -> [f64; 3] {
        self.0.map(|axis| axis[0] * x[0] + axis[1] * x[1] + axis[2] * x[2])
    }
}

/// A horizontal scale from −`most` to `most`.
pub(crate) fn scale(svg: &mut Svg, [x, y]: [f64; 2], width: f64, most: f64) {
    for k in 0..60 {
        let color = cool_to_warm(k as f64 / 59.0);
        svg.rect([x + width * k as f64 / 60.0, y], [width / 60.0 + 0.5, 12.0], color, 0.0);
    }
    for (position, anchor) in [(-1.0, Anchor::Start), (0.0, Anchor::Middle), (1.0, Anchor::End)] {
        let text =
            if position == 0.0 { "0".to_owned() } else { format!("{:+.2}", position * most).replace('-', "−") };
        svg.text([x + width * (0.5 + 0.5 * position), y + 27.0], 12.0, anchor, "soft", text);
    }
}
