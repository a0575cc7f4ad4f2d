//! Occupancies and their sums near the bounds.

use s2s_crystal::{DiagnosticKind, ParseErrorKind, Strictness};

use super::{P1, XYZ, block, clean, notes, read_with, refused, sites};

#[test]
fn occupancies_within_their_uncertainty_are_brought_to_their_bounds() {
    let one = |occupancy: &str| {
        block(&format!(
            "{P1}{}",
            sites(&format!("type_symbol {XYZ} occupancy"), &format!("Nb 0 0 0 {occupancy}\nO .5 .5 .5 1"))
        ))
    };
    for occupancy in ["1.003(5)", "1.02(1)", "1.0005", "1.00", "1.", "1(0)", ".", "1.0E+00"] {
        clean("O1 Nb1", &one(occupancy));
    }
    for occupancy in ["-0.003(5)", "-0.0", "-.01(1)", "0", "0.0", "-0.0004"] {
        clean("O1", &one(occupancy));
    }
    assert_eq!(notes(&one("1.003(5)")), ["an occupancy of 1.003(5) is taken as 1"]);
    assert_eq!(notes(&one("-0.003(5)"))[0], "an occupancy of -0.003(5) is taken as 0");
    for (occupancy, stated) in
        [("1.5", "1.5"), ("1.2(1)", "1.2"), ("-0.2(1)", "-0.2"), ("-0.5(1)", "-0.5"), ("2", "2"), ("100", "100")]
    {
        let sentence = format!("an occupancy of {stated} is not between 0 and 1");
        refused(ParseErrorKind::InvalidOccupancy, &sentence, &one(occupancy));
    }
}

#[test]
fn sums_of_occupancies_within_their_uncertainty_are_rescaled() {
    let shared = |rows: &[(&str, &str)]| {
        let rows: String = rows.iter().map(|(kind, share)| format!("{kind} 0 0 0 {share}\n")).collect();
        block(&format!("{P1}{}", sites(&format!("type_symbol {XYZ} occupancy"), &rows)))
    };
    for rows in [
        &[("La", "0.85(1)"), ("Sr", "0.153(8)")][..],
        &[("La", "0.67"), ("Sr", "0.34")],
        &[("La", "0.333"), ("Sr", "0.333"), ("Ba", "0.335(2)")],
        &[("La", "0.5000"), ("Sr", "0.5001")],
    ] {
        let read = read_with(&shared(rows), Strictness::Strict).unwrap_or_else(|error| panic!("{error}: {rows:?}"));
        assert!((read.crystal.sites()[0].species.total_occupancy() - 1.0).abs() < 1e-12, "{rows:?}");
        assert!(read.diagnostics.iter().any(|found| found.kind == DiagnosticKind::Occupancy), "{rows:?}");
    }
    clean("Sr0.300 La0.600", &shared(&[("La", "0.6"), ("Sr", "0.3")]));
    clean("Sr0.140 La0.800", &shared(&[("La", "0.80"), ("Sr", "0.14")]));
    assert_eq!(
        notes(&shared(&[("La", "0.85(1)"), ("Sr", "0.153(8)")])),
        ["occupancies that add up to 1.0030 were rescaled to 1"]
    );
    for (rows, sum) in [
        (&[("La", "0.85"), ("Sr", "0.25")][..], "1.1000"),
        (&[("La", "0.85(1)"), ("Sr", "0.253(8)")], "1.1030"),
        (&[("La", "1"), ("Sr", "1")], "2.0000"),
    ] {
        let sentence = format!("the occupancies of a site add up to {sum}, more than 1");
        refused(ParseErrorKind::InvalidOccupancy, &sentence, &shared(rows));
    }
}
