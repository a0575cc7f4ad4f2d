//! Writing CIF.

use std::fmt::Write;

use crate::{Crystal, CrystalError, Occupant, labels::Labels, lattice_parameters::parameters};

/// A CIF of the whole cell, without symmetry, that pymatgen, ASE and gemmi read.
///
/// A CIF states lengths and angles only: orientation is lost, and a left-handed lattice is written as the right-handed
/// one with opposite vectors, so that the crystal is not mirrored.
///
/// # Errors
///
/// [`CrystalError::NotPeriodic`]: a CIF describes a crystal that repeats in all directions.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{Crystal, Frac, Lattice, ReadOptions, Site, cif};
///
/// let lattice = Lattice::from_parameters([3.0; 3], [90.0; 3])?;
/// let crystal = Crystal::new(lattice, vec![Site::pure("Po".parse()?, Frac([0.5, 0.0, 0.0]))])?;
/// let text = cif::write("Po", &crystal)?;
/// assert_eq!(cif::read_one(&text, &ReadOptions::ordered()).map(|read| read.crystal).ok(), Some(crystal));
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
pub fn write(name: &str, crystal: &Crystal) -> Result<String, CrystalError> {
    crystal.require_periodic()?;
    let heading: String = name.chars().map(|c| if c.is_ascii_graphic() { c } else { '_' }).collect();
    let mut text = format!("data_{heading}\n");
    let mut line = |arguments: std::fmt::Arguments<'_>| {
        text.write_fmt(arguments).expect("invariant: a string takes every text");
        text.push('\n');
    };
    let (lengths, angles) = parameters(crystal.lattice());
    for (axis, length) in ["a", "b", "c"].into_iter().zip(lengths) {
        line(format_args!("_cell_length_{axis} {length}"));
    }
    for (angle, degrees) in ["alpha", "beta", "gamma"].into_iter().zip(angles) {
        line(format_args!("_cell_angle_{angle} {degrees}"));
    }
    line(format_args!("_cell_volume {}", crystal.lattice().volume()));
    line(format_args!("_symmetry_space_group_name_H-M 'P 1'\n_symmetry_Int_Tables_number 1"));
    line(format_args!("_chemical_formula_sum '{}'\n_cell_formula_units_Z 1", sum_formula(crystal)));
    line(format_args!("loop_\n_symmetry_equiv_pos_as_xyz\n'x, y, z'"));
    let charges = charges(crystal);
    if !charges.is_empty() {
        line(format_args!("loop_\n_atom_type_symbol\n_atom_type_oxidation_number"));
        charges.iter().for_each(|(symbol, charge)| line(format_args!("{symbol} {charge}")));
    }
    line(format_args!("loop_\n_atom_site_label\n_atom_site_type_symbol"));
    line(format_args!("_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy"));
    let mut labels = Labels::default();
    let sign = if is_left_handed(crystal) { -1.0 } else { 1.0 };
    for site in crystal.sites() {
        let [x, y, z] = site.position.0.map(|x| sign * x);
        for occupant in site.species.occupants() {
            let label = labels.of(occupant.element);
            line(format_args!("{label} {} {x} {y} {z} {}", type_symbol(occupant), occupant.occupancy));
        }
    }
    Ok(text)
}

fn is_left_handed(crystal: &Crystal) -> bool {
    let [a, b, c] = crystal.lattice().vectors();
    let cross = [b[1] * c[2] - b[2] * c[1], b[2] * c[0] - b[0] * c[2], b[0] * c[1] - b[1] * c[0]];
    a[0] * cross[0] + a[1] * cross[1] + a[2] * cross[2] < 0.0
}

/// Element with its charge, such as `Fe3+`.
fn type_symbol(occupant: &Occupant) -> String {
    match occupant.oxidation {
        None => occupant.element.symbol().to_owned(),
        Some(charge) => {
            let sign = if charge < 0.0 { '-' } else { '+' };
            format!("{}{}{sign}", occupant.element, charge.abs())
        }
    }
}

/// The charged types of the crystal, each once, in the order of the sites.
fn charges(crystal: &Crystal) -> Vec<(String, f32)> {
    let mut charges: Vec<(String, f32)> = Vec::new();
    for occupant in crystal.sites().iter().flat_map(|site| site.species.occupants()) {
        if let Some(charge) = occupant.oxidation {
            let symbol = type_symbol(occupant);
            if !charges.iter().any(|(known, _)| *known == symbol) {
                charges.push((symbol, charge));
            }
        }
    }
    charges
}

/// The content of the cell, such as `Fe4 O6`.
fn sum_formula(crystal: &Crystal) -> String {
    let amount = |amount: f64| (amount * 1e6).round() / 1e6;
    let part = |(element, count): (crate::Element, f64)| format!("{element}{}", amount(count));
    crystal.composition().iter().map(part).collect::<Vec<_>>().join(" ")
}
