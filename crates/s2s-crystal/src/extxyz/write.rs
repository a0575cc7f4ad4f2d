//! Writing extended XYZ.

use std::fmt::Write;

use crate::{Crystal, CrystalError};

/// A frame of extended XYZ that reads back as the same crystal, to the rounding of Cartesian coordinates.
///
/// Several frames are their texts one after the other.
///
/// # Errors
///
/// [`CrystalError::DisorderedSite`]: the format has no occupancies.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{Crystal, Frac, Lattice, Site, extxyz};
///
/// let lattice = Lattice::from_parameters([3.0; 3], [90.0; 3])?;
/// let crystal = Crystal::new(lattice, vec![Site::pure("Po".parse()?, Frac([0.5, 0.0, 0.0]))])?;
/// assert_eq!(
///     extxyz::write("Po", &crystal)?,
///     "1\nLattice=\"3 0 0 0 3 0 0 0 3\" Properties=species:S:1:pos:R:3 pbc=\"T T T\" name=\"Po\"\nPo 1.5 0 0\n"
/// );
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
pub fn write(name: &str, crystal: &Crystal) -> Result<String, CrystalError> {
    let elements = crystal.ordered_elements()?;
    let mut text = format!("{}\nLattice=\"", elements.len());
    let components = crystal.lattice().vectors().concat();
    text.push_str(&components.iter().map(f64::to_string).collect::<Vec<_>>().join(" "));
    text.push_str("\" Properties=species:S:1:pos:R:3 pbc=\"");
    text.push_str(&crystal.periodic().map(|p| if p { "T" } else { "F" }).join(" "));
    text.push('"');
    let name: String = name.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect();
    if !name.is_empty() {
        text.push_str(&format!(" name=\"{name}\""));
    }
    text.push('\n');
    for (element, position) in elements.iter().zip(crystal.cart_positions()) {
        let [x, y, z] = position.0;
        writeln!(text, "{element} {x} {y} {z}").expect("invariant: a string takes every text");
    }
    Ok(text)
}
