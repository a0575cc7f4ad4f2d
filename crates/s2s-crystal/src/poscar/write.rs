//! Writing POSCAR.

use std::fmt::Write;

use crate::{Crystal, CrystalError};

/// A POSCAR of VASP 5 that reads back as the same crystal, site by site.
///
/// Elements are listed as often as they change along the sites, so that the sites keep their order.
///
/// # Errors
///
/// [`CrystalError::DisorderedSite`] and [`CrystalError::NotPeriodic`]: the format has neither occupancies nor open
/// directions.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{Crystal, Frac, Lattice, Site, poscar};
///
/// let lattice = Lattice::from_parameters([3.0; 3], [90.0; 3])?;
/// let crystal = Crystal::new(lattice, vec![Site::pure("Po".parse()?, Frac([0.5, 0.0, 0.0]))])?;
/// assert_eq!(poscar::write("Po", &crystal)?, "Po\n1\n3 0 0\n0 3 0\n0 0 3\nPo\n1\nDirect\n0.5 0 0\n");
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
pub fn write(name: &str, crystal: &Crystal) -> Result<String, CrystalError> {
    let elements = crystal.ordered_elements()?;
    crystal.require_periodic()?;
    let mut text: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.push_str("\n1\n");
    let line = |text: &mut String, [x, y, z]: [f64; 3]| {
        writeln!(text, "{x} {y} {z}").expect("invariant: a string takes every text");
    };
    crystal.lattice().vectors().into_iter().for_each(|row| line(&mut text, row));
    let runs: Vec<_> = elements.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect();
    text.push_str(&runs.iter().map(|(element, _)| element.to_string()).collect::<Vec<_>>().join(" "));
    text.push('\n');
    text.push_str(&runs.iter().map(|(_, count)| count.to_string()).collect::<Vec<_>>().join(" "));
    text.push_str("\nDirect\n");
    crystal.sites().iter().for_each(|site| line(&mut text, site.position.0));
    Ok(text)
}
