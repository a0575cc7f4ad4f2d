//! Partly periodic cells: molecules, chains and slabs.

use crate::{
    Cart, CrystalError, Lattice,
    diagnostic::{DiagnosticKind, Diagnostics},
    lattice::dot,
    options::ReadOptions,
    parse_error::{Fault, ParseErrorKind},
    parsed_structure::bounded,
};

/// Empty space around the atoms along a direction that has no lattice vector, in Å.
const MARGIN: f64 = 10.0;

/// A cell as a format states it.
pub(crate) struct StatedCell {
    /// The lattice vectors; a vector of zeros is none.
    pub(crate) rows: Option<[[f64; 3]; 3]>,
    /// Along which of them the atoms repeat; unless stated, along all that there are.
    pub(crate) periodic: Option<[bool; 3]>,
    /// Where the text states it.
    pub(crate) offset: usize,
}

impl StatedCell {
    /// The lattice, with a vector 10 Å longer than the atoms reach in place of each that is missing.
    pub(crate) fn lattice(
        &self,
        positions: impl Iterator<Item = Cart> + Clone,
        options: &ReadOptions,
        diagnostics: &mut Diagnostics,
    ) -> Result<(Lattice, [bool; 3]), Fault> {
        let mut rows = self.rows.unwrap_or_default();
        let missing = rows.map(|row| row == [0.0; 3]);
        let periodic = self.periodic.unwrap_or(missing.map(|m| !m));
        if let Some(k) = (0..3).find(|&k| missing[k] && periodic[k]) {
            return Err(if self.rows.is_none() {
                Fault::new(self.offset, ParseErrorKind::MissingTag, "the frame is periodic but has no Lattice")
            } else {
                let message = format!("lattice vector {} is zero, but the atoms repeat along it", k + 1);
                Fault::new(self.offset, ParseErrorKind::InvalidCell, message)
            });
        }
        let extent = |along: [f64; 3]| {
            let (low, high) = positions.clone().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), position| {
                let reach = dot(position.0, along);
                (low.min(reach), high.max(reach))
            });
            high - low + MARGIN
        };
        for (k, unit) in completed(rows, missing) {
            rows[k] = unit.map(|x| x * extent(unit));
        }
        let invalid = |error: CrystalError| Fault::new(self.offset, ParseErrorKind::InvalidCell, error.to_string());
        let lattice = bounded(Lattice::from_rows(rows).map_err(invalid)?, options, self.offset)?;
        match missing {
            [false, false, false] => {}
            [true, true, true] => diagnostics.note(self.offset, DiagnosticKind::Assumed, || {
                "no lattice is stated; the frame is a molecule".to_owned()
            }),
            _ => diagnostics.note(self.offset, DiagnosticKind::Assumed, || {
                format!("a lattice vector is zero; one {MARGIN} Å longer than the atoms reach was put in its place")
            }),
        }
        Ok((lattice, periodic))
    }
}

/// Unit vectors for the missing lattice vectors, perpendicular to those that there are and to each other.
fn completed(rows: [[f64; 3]; 3], missing: [bool; 3]) -> Vec<(usize, [f64; 3])> {
    let axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    match missing {
        [false, false, false] => Vec::new(),
        [true, true, true] => (0..3).map(|k| (k, axes[k])).collect(),
        _ if missing.iter().filter(|m| **m).count() == 1 => {
            let k = missing.iter().position(|m| *m).unwrap_or(0);
            vec![(k, unit(cross(rows[(k + 1) % 3], rows[(k + 2) % 3])))]
        }
        _ => {
            let k = missing.iter().position(|m| !*m).unwrap_or(0);
            let along = unit(rows[k]);
            // The axis that is least parallel to the vector that there is.
            let least = (0..3).fold(0, |least, j| if along[j].abs() < along[least].abs() { j } else { least });
            let second = unit(cross(along, axes[least]));
            vec![((k + 1) % 3, second), ((k + 2) % 3, cross(along, second))]
        }
    }
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn unit(vector: [f64; 3]) -> [f64; 3] {
    let length = dot(vector, vector).sqrt();
    vector.map(|x| x / length)
}
