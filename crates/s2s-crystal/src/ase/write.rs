//! Writing the JSON of ASE's database.

use serde_json::{Value, json};

use crate::{Crystal, CrystalError};

/// A database of one row that `ase.io.read` reads as the same crystal, site by site.
///
/// # Errors
///
/// [`CrystalError::DisorderedSite`]: a row has no occupancies.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{Crystal, Frac, Lattice, ReadOptions, Site, ase};
///
/// let lattice = Lattice::from_parameters([3.0; 3], [90.0; 3])?;
/// let crystal = Crystal::new(lattice, vec![Site::pure("Po".parse()?, Frac([0.5, 0.0, 0.0]))])?;
/// let text = ase::write(&crystal)?;
/// let back = ase::read(&text, &ReadOptions::ordered()).next().and_then(Result::ok);
/// assert_eq!(back.map(|parsed| parsed.crystal), Some(crystal));
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
pub fn write(crystal: &Crystal) -> Result<String, CrystalError> {
    let numbers: Vec<u8> = crystal.ordered_elements()?.iter().map(|element| element.atomic_number()).collect();
    let positions: Vec<f64> = crystal.cart_positions().flat_map(|position| position.0).collect();
    let array = |shape: Value, kind: &str, values: Value| json!({ "__ndarray__": [shape, kind, values] });
    let atoms = numbers.len();
    let row = json!({
        "cell": {
            "array": array(json!([3, 3]), "float64", json!(crystal.lattice().vectors().as_flattened())),
            "__ase_objtype__": "cell",
        },
        "ctime": 0.0,
        "mtime": 0.0,
        "numbers": array(json!([atoms]), "int64", json!(numbers)),
        "pbc": array(json!([3]), "bool", json!(crystal.periodic())),
        "positions": array(json!([atoms, 3]), "float64", json!(positions)),
        "unique_id": "0".repeat(32),
        "user": null,
    });
    Ok(json!({ "1": row, "ids": [1], "nextid": 2 }).to_string())
}
