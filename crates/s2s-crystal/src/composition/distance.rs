//! Distances between compositions.

use super::Composition;
use crate::Element;

impl Composition {
    /// Share of the atoms that must be replaced to turn one composition into the other, in 0..=1.
    ///
    /// ```text
    /// d = ½ Σ |xₑ − yₑ|      over all elements e, with atomic fractions x and y
    /// ```
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::Composition;
    ///
    /// let parse = |text: &str| text.parse::<Composition>();
    /// assert_eq!(parse("NaCl")?.fraction_distance(&parse("KCl")?), 0.5);
    /// assert_eq!(parse("NaCl")?.fraction_distance(&parse("Na2Cl2")?), 0.0);
    /// # Ok::<(), s2s_crystal::FormulaError>(())
    /// ```
    pub fn fraction_distance(&self, other: &Self) -> f64 {
        let mut sum = 0.0;
        merge(self, other, |_, x, y| sum += (x - y).abs());
        sum / 2.0
    }

    /// Least total way that atoms move along Pettifor's scale to turn one composition into the other, per atom.
    ///
    /// Elements that behave alike are neighbors on the scale, so that replacing one by the other costs little.
    /// `None` if an element has no number on the scale (beyond lawrencium).
    ///
    /// # Source
    ///
    /// Hargreaves et al., Chem. Mater. 32, 10610 (2020), with [`Element::mendeleev_number`] as the scale.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::Composition;
    ///
    /// let parse = |text: &str| text.parse::<Composition>();
    /// // Half of the atoms move from sodium (11) to potassium (10).
    /// assert_eq!(parse("NaCl")?.element_mover_distance(&parse("KCl")?), Some(0.5));
    /// # Ok::<(), s2s_crystal::FormulaError>(())
    /// ```
    pub fn element_mover_distance(&self, other: &Self) -> Option<f64> {
        let mut moved = [0.0; 104];
        let mut on_scale = true;
        merge(self, other, |element, x, y| match element.mendeleev_number() {
            Some(number) => moved[usize::from(number)] += x - y,
            None => on_scale = false,
        });
        // On a line, what flows across each point is the difference of what lies before it.
        let flow = moved.iter().scan(0.0, |sum, step| {
            *sum += step;
            Some(sum.abs())
        });
        on_scale.then(|| flow.sum())
    }
}

/// Calls `visit` with every element of either composition and its two atomic fractions.
fn merge(a: &Composition, b: &Composition, mut visit: impl FnMut(Element, f64, f64)) {
    let (mut left, mut right) = (a.fractions().peekable(), b.fractions().peekable());
    loop {
        match (left.peek().copied(), right.peek().copied()) {
            (Some((e, x)), Some((f, y))) if e == f => {
                visit(e, x, y);
                left.next();
                right.next();
            }
            (Some((e, x)), Some((f, _))) if e < f => {
                visit(e, x, 0.0);
                left.next();
            }
            (Some((e, x)), None) => {
                visit(e, x, 0.0);
                left.next();
            }
            (_, Some((f, y))) => {
                visit(f, 0.0, y);
                right.next();
            }
            (None, None) => return,
        }
    }
}
