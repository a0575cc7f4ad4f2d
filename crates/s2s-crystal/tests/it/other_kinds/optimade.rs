//! JSON of OPTIMADE.

use super::json::{MATRIX, check};

/// An OPTIMADE entry of NbN with further fields.
fn attributes(fields: &str) -> String {
    format!(
        r#"{{"lattice_vectors": {MATRIX}, "cartesian_site_positions": [[0, 0, 0], [4.5, 4.5, 4.5]], "species_at_sites": ["Nb", "N"], "species": [{{"name": "Nb", "chemical_symbols": ["Nb"], "concentration": [1]}}, {{"name": "N", "chemical_symbols": ["N"], "concentration": [1]}}]{fields}}}"#
    )
}

#[test]
fn optimade() {
    let a = attributes("");
    let entry = |a: &str| format!(r#"{{"id": "7", "type": "structures", "attributes": {a}}}"#);
    let species = |list: &str| {
        let a = attributes("");
        let start = a.find(r#"[{"name""#).unwrap_or(0);
        entry(&format!("{}{list}}}", &a[..start]))
    };
    check(&[
        (a.clone(), "N Nb in 9.0×9.0×9.0"),
        (entry(&a), "N Nb in 9.0×9.0×9.0"),
        (format!(r#"{{"data": {}}}"#, entry(&a)), "N Nb in 9.0×9.0×9.0"),
        (
            format!(r#"{{"data": [{}, {}], "meta": {{"more_data_available": false}}}}"#, entry(&a), entry(&a)),
            "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0",
        ),
        (format!("[{}, {}]", entry(&a), entry(&a)), "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0"),
        (
            format!("{{\"x-optimade\": {{\"meta\": {{}}}}}}\n{}\n{}\n", entry(&a), entry(&a)),
            "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0",
        ),
        (
            format!("{}\n{{\"type\": \"references\", \"id\": \"r\", \"attributes\": {{}}}}\n{}", entry(&a), entry(&a)),
            "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0",
        ),
        (r#"{"data": []}"#.to_owned(), "! line 1, column 1: the text describes no structure"),
        (r#"{"data": null}"#.to_owned(), "! line 1, column 1: the object describes no structure"),
        (
            r#"{"errors": [{"detail": "bad filter"}]}"#.to_owned(),
            "! line 1, column 12: the server answered with an error: [{\"detail\": \"bad filter\"}]",
        ),
        (
            r#"{"data": [{"id": "7", "type": "structures", "attributes": {}}]}"#.to_owned(),
            "! line 1, column 59 (block 7): the object has no lattice_vectors",
        ),
        (
            r#"{"data": [{"id": "7", "type": "structures"}]}"#.to_owned(),
            "! line 1, column 11 (block 7): the object describes no structure",
        ),
        (
            entry(&a.replace("lattice_vectors", "lattice_vektors")),
            "! line 1, column 49 (block 7): the object has no lattice_vectors",
        ),
        (entry(&a.replace(MATRIX, "null")), "! line 1, column 49 (block 7): the object has no lattice_vectors"),
        (
            entry(&a.replace(MATRIX, "[[9, 0, 0], [0, 9, 0], [null, null, null]]")),
            "! line 1, column 93 (block 7): a number is missing in lattice_vectors",
        ),
        (
            entry(
                &attributes(r#", "dimension_types": [1, 1, 0]"#)
                    .replace(MATRIX, "[[9, 0, 0], [0, 9, 0], [null, null, null]]"),
            ),
            "N Nb in 9.0×9.0×14.5; line 1, column 69 (block 7): note: a lattice vector is zero; one 10 Å longer than the atoms reach was put in its place",
        ),
        (
            entry(&attributes(r#", "dimension_types": [1, 1, 0]"#).replace(MATRIX, "[[9, 0, 0], [0, 9, 0], null]")),
            "N Nb in 9.0×9.0×14.5; line 1, column 69 (block 7): note: a lattice vector is zero; one 10 Å longer than the atoms reach was put in its place",
        ),
        (
            entry(&attributes(r#", "dimension_types": [0, 0, 0]"#).replace(MATRIX, "[null, null, null]")),
            "N Nb in 14.5×14.5×14.5; line 1, column 69 (block 7): note: no lattice is stated; the frame is a molecule",
        ),
        (
            entry(
                &attributes(r#", "dimension_types": [0, 0, 0]"#).replace(MATRIX, "[[0, 0, 0], [0, 0, 0], [0, 0, 0]]"),
            ),
            "N Nb in 14.5×14.5×14.5; line 1, column 69 (block 7): note: no lattice is stated; the frame is a molecule",
        ),
        (
            entry(
                &attributes(r#", "dimension_types": [1, 1, 0]"#)
                    .replace(MATRIX, "[[9, 0, 0], [0, null, 0], [0, 0, 9]]"),
            ),
            "! line 1, column 85 (block 7): a number is missing in lattice_vectors",
        ),
        (
            entry(
                &attributes(r#", "dimension_types": [1, 1, 0]"#).replace(MATRIX, "[[9, 0, 0], [0, 9, 0], null, null]"),
            ),
            "! line 1, column 69 (block 7): there are more than three lattice_vectors",
        ),
        (
            entry(&a.replace("[4.5, 4.5, 4.5]", "null")),
            "! line 1, column 144 (block 7): a list is missing in a position",
        ),
        (
            entry(&a.replace("[4.5, 4.5, 4.5]", "[4.5, 4.5]")),
            "! line 1, column 144 (block 7): a position has 2 values instead of three",
        ),
        (
            entry(&a.replace("[4.5, 4.5, 4.5]", "[4.5, 4.5, NaN]")),
            "! line 1, column 155 (block 7): a position is not finite: NaN",
        ),
        (entry(&a.replace(", [4.5, 4.5, 4.5]", "")), "! line 1, column 165 (block 7): 2 species stand at 1 positions"),
        (
            entry(&a.replace(r#"["Nb", "N"]"#, r#"["Nb", "O"]"#)),
            "! line 1, column 189 (block 7): the species O is not described",
        ),
        (
            entry(&a.replace(r#"["Nb", "N"]"#, r#"["Nb", null]"#)),
            "! line 1, column 189 (block 7): a text is missing in species_at_sites",
        ),
        (
            entry(&attributes(r#", "nsites": 3"#)),
            "! line 1, column 348 (block 7): nsites is 3, but there are 2 positions",
        ),
        (entry(&attributes(r#", "nsites": null, "elements": null"#)), "N Nb in 9.0×9.0×9.0"),
        (entry(&attributes(r#", "structure_features": ["disorder"]"#)), "N Nb in 9.0×9.0×9.0"),
        (
            entry(&attributes(r#", "structure_features": ["implicit_atoms"]"#)),
            "! line 1, column 361 (block 7): the structure feature implicit_atoms is not supported",
        ),
        (
            entry(&attributes(r#", "dimension_types": [1, 1, 2]"#)),
            "! line 1, column 364 (block 7): dimension_types should hold true, false, 1 or 0, not a number: 2",
        ),
        (
            entry(&attributes(r#", "lattice_vectors": [[9, 0, 0], [0, 9, 0], [0, 0, 9]]"#)),
            "! line 1, column 357 (block 7): lattice_vectors occurs twice in the attributes",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["Nb", "Zr"], "concentration": [0.8, 0.2]}, {"name": "N", "chemical_symbols": ["N", "vacancy"], "concentration": [0.9, 0.1]}]"#,
            ),
            "N0.9 Nb0.8 Zr0.2 in 9.0×9.0×9.0",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["Nb"], "concentration": [1]}, {"name": "N", "chemical_symbols": ["vacancy"], "concentration": [1]}]"#,
            ),
            "Nb in 9.0×9.0×9.0; line 1, column 144 (block 7): note: an empty site was left out",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["X"], "concentration": [1]}, {"name": "N", "chemical_symbols": ["N"], "concentration": [1]}]"#,
            ),
            "! line 1, column 243 (block 7): X is no element",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["Nb", "Zr"], "concentration": [1]}, {"name": "N", "chemical_symbols": ["N"], "concentration": [1]}]"#,
            ),
            "! line 1, column 273 (block 7): 2 symbols have 1 concentrations",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["Nb"], "concentration": [1.5]}, {"name": "N", "chemical_symbols": ["N"], "concentration": [1]}]"#,
            ),
            "! line 1, column 267 (block 7): invalid occupancy 1.5: a site's occupancies lie between 0 and 1 and add up to at most 1",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["Nb"], "concentration": [1], "attached": ["H"], "nattached": [2]}, {"name": "N", "chemical_symbols": ["N"], "concentration": [1]}]"#,
            ),
            "! line 1, column 284 (block 7): species with attached atoms are not supported",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["Nb"], "concentration": [1]}, {"name": "Nb", "chemical_symbols": ["Zr"], "concentration": [1]}]"#,
            ),
            "! line 1, column 282 (block 7): a species is described twice",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["NB"], "concentration": [1]}, {"name": "N", "chemical_symbols": ["N"], "concentration": [1]}]"#,
            ),
            "! line 1, column 243 (block 7): NB is no element",
        ),
    ]);
}
