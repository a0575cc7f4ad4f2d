//! Other descriptions of the same crystal.

use s2s_crystal::{Crystal, CrystalError, Frac, Lattice, Site};

type Matrix = [[f64; 3]; 3];

/// Every position moved by the same amount (fractional) and brought back into the cell.
pub(crate) fn shifted(crystal: &Crystal, by: [f64; 3]) -> Result<Crystal, CrystalError> {
    let place = |x: Frac| Frac([0, 1, 2].map(|k| x.0[k] + by[k])).wrapped();
    Crystal::new(*crystal.lattice(), moved(crystal, place))
}

/// The whole crystal rotated (or reflected) by an orthogonal matrix.
pub(crate) fn rotated(crystal: &Crystal, rotation: Matrix) -> Result<Crystal, CrystalError> {
    let lattice = Lattice::from_rows(crystal.lattice().rows().map(|row| times(row, transpose(rotation))))?;
    Crystal::new(lattice, crystal.sites().to_vec())
}

/// Other basis vectors of the same lattice: `steps` times, one vector is added to another.
pub(crate) fn rebased(crystal: &Crystal, steps: &[(usize, usize, bool)]) -> Result<Crystal, CrystalError> {
    let mut rows = crystal.lattice().rows();
    let mut sites = crystal.sites().to_vec();
    for &(to, from, subtract) in steps.iter().filter(|(to, from, _)| to != from) {
        let sign = if subtract { -1.0 } else { 1.0 };
        let added = rows[from];
        rows[to].iter_mut().zip(added).for_each(|(x, y)| *x += sign * y);
        // a' = a + b means x·a + y·b = x·a' + (y − x)·b.
        for site in &mut sites {
            site.position.0[from] -= sign * site.position.0[to];
        }
    }
    for site in &mut sites {
        site.position = site.position.wrapped();
    }
    Crystal::new(Lattice::from_rows(rows)?, sites)
}

/// Several cells as one; atom `k` of the original is atoms `k`, `k + n`, … of the result.
pub(crate) fn supercell(crystal: &Crystal, times: [usize; 3]) -> Result<Crystal, CrystalError> {
    let mut rows = crystal.lattice().rows();
    for (row, n) in rows.iter_mut().zip(times) {
        *row = row.map(|x| x * n as f64);
    }
    let mut sites: Vec<Site> = Vec::new();
    for cell in 0..times.iter().product() {
        let image = [cell % times[0], cell / times[0] % times[1], cell / (times[0] * times[1])];
        sites.extend(moved(crystal, |x| Frac([0, 1, 2].map(|k| (x.0[k] + image[k] as f64) / times[k] as f64))));
    }
    Crystal::new(Lattice::from_rows(rows)?, sites)
}

/// The same sites in another order: site `order[k]` becomes site `k`.
pub(crate) fn permuted(crystal: &Crystal, order: &[usize]) -> Result<Crystal, CrystalError> {
    Crystal::new(*crystal.lattice(), order.iter().map(|k| crystal.sites()[*k].clone()).collect())
}

fn moved(crystal: &Crystal, place: impl Fn(Frac) -> Frac) -> Vec<Site> {
    let site = |site: &Site| Site { position: place(site.position), ..site.clone() };
    crystal.sites().iter().map(site).collect()
}

fn times(row: [f64; 3], matrix: Matrix) -> [f64; 3] {
    [0, 1, 2].map(|k| row[0] * matrix[0][k] + row[1] * matrix[1][k] + row[2] * matrix[2][k])
}

fn transpose(matrix: Matrix) -> Matrix {
    [0, 1, 2].map(|column| matrix.map(|row| row[column]))
}
