//! Further inputs of each kind, one a line: the atoms that are read, or that they are refused.

use s2s_crystal::Strictness;

use super::{INVERSION, P1, XYZ, block, formula, one_label, one_site, read_with, sites, symmetric, two_niobium};

/// What becomes of an input by default.
enum Outcome {
    /// Read without a warning.
    Read(&'static str),
    /// Read with a warning.
    Warned(&'static str),
    /// Refused; if lenient, read with a warning or refused.
    Refused,
}

use Outcome::{Read, Refused, Warned};

/// What is wrong with the outcome of an input, if anything.
fn fault(text: &str, expected: &Outcome) -> Option<String> {
    let by_default = read_with(text, Strictness::Standard);
    let lenient = read_with(text, Strictness::Lenient);
    let found = match &by_default {
        Ok(read) if read.warnings().count() > 0 => format!("warned {}", formula(&read.crystal)),
        Ok(read) => format!("read {}", formula(&read.crystal)),
        Err(error) => format!("refused: {error}"),
    };
    let right = match (expected, &by_default) {
        (Read(atoms), Ok(_)) => found == format!("read {atoms}"),
        (Warned(atoms), Ok(_)) => found == format!("warned {atoms}"),
        (Refused, Err(_)) => true,
        _ => false,
    };
    let consistent = match (&by_default, &lenient) {
        (Ok(read), Ok(lenient)) => read == lenient,
        (Err(_), Ok(lenient)) => lenient.warnings().count() > 0,
        (Ok(_), Err(_)) => false,
        (Err(_), Err(_)) => true,
    };
    (!right || !consistent).then_some(found)
}

#[track_caller]
fn check(cases: &[(&str, Outcome)], text: impl Fn(&str) -> String) {
    let wrong =
        |(input, expected): &(&str, Outcome)| fault(&text(input), expected).map(|found| format!("{input}: {found}"));
    let wrong: Vec<String> = cases.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn multiplicities() {
    let table = |column: &str, center: &str, general: &str| {
        let rows = format!("Nb1 Nb 0 0 0 {center}\nSn1 Sn .2 .3 .4 {general}");
        block(&format!("{INVERSION}{}", sites(&format!("label type_symbol {XYZ} {column}"), &rows)))
    };
    let cases = [
        ("1.00000 2.00000", Read("Nb1 Sn2")),
        ("01 02", Read("Nb1 Sn2")),
        ("'1' \"2\"", Read("Nb1 Sn2")),
        ("1E+0 2E0", Read("Nb1 Sn2")),
        ("1.0(0) 2.00(1)", Read("Nb1 Sn2")),
        ("2.00000 1.00000", Read("Nb1 Sn2")),
        ("? 2", Read("Nb1 Sn2")),
        ("3 2", Warned("Nb1 Sn2")),
        ("1 8", Warned("Nb1 Sn2")),
        ("1 2a", Warned("Nb1 Sn2")),
        ("1a 2i", Warned("Nb1 Sn2")),
    ];
    for column in ["symmetry_multiplicity", "site_symmetry_multiplicity"] {
        check(&cases, |numbers| {
            let (center, general) = numbers.split_once(' ').expect("there are two numbers");
            table(column, center, general)
        });
    }
}

#[test]
fn labels() {
    let cases = [
        ("NH3", Refused),
        ("NH4+", Refused),
        ("(NH4)1", Refused),
        ("NH4A", Refused),
        ("ND4", Refused),
        ("C6H6", Refused),
        ("C2H5", Refused),
        ("CH2", Refused),
        ("CD3", Refused),
        ("SiO4", Refused),
        ("AsO4", Refused),
        ("ClO4", Refused),
        ("NO2", Refused),
        ("UO2", Refused),
        ("SO4A", Refused),
        ("BF4", Refused),
        ("PF6", Refused),
        ("Wat", Refused),
        ("WAT1", Refused),
        ("wat2", Refused),
        ("Wat1A", Refused),
        ("H2O1", Refused),
        ("H2O_2", Refused),
        ("Aq1", Refused),
        ("Vac1", Refused),
        ("VAC", Refused),
        ("Va1", Refused),
        ("Du1", Refused),
        ("DU", Refused),
        ("Dum", Refused),
        ("Cg1", Refused),
        ("CG2", Refused),
        ("Cnt1", Refused),
        ("X1", Refused),
        ("XX", Refused),
        ("M1", Refused),
        ("T2", Refused),
        ("R1", Refused),
        ("Ln1", Refused),
        ("REE", Refused),
        ("TM1", Refused),
        ("Q1", Refused),
        ("1", Refused),
        ("Lp1", Refused),
        ("Nb1", Read("Nb1")),
        ("NB1", Warned("Nb1")),
        ("nb", Read("Nb1")),
        ("Nb(1a)", Read("Nb1")),
        ("Nb_a", Read("Nb1")),
        ("Nb1_555", Read("Nb1")),
        ("Nb.1", Read("Nb1")),
        ("Nb-2", Read("Nb1")),
        ("Nb5+", Read("Nb1")),
        ("O1W", Read("O1")),
        ("Tm1", Read("Tm1")),
        ("Nb0.8Zr0.2", Read("Zr0.200 Nb0.800")),
    ];
    check(&cases, |label| one_label(label, ""));
}

#[test]
fn type_symbols() {
    let cases = [
        ("Nb0.75Ti0.25", Read("Ti0.250 Nb0.750")),
        ("'Nb0.75 Ti0.25'", Read("Ti0.250 Nb0.750")),
        ("'0.75 Nb + 0.25 Ti'", Read("Ti0.250 Nb0.750")),
        ("0.75Nb+0.25Ti", Read("Ti0.250 Nb0.750")),
        ("'.75Nb + .25Ti'", Read("Ti0.250 Nb0.750")),
        ("'0.5Nb + 0.25Ti + 0.25Zr'", Read("Ti0.250 Zr0.250 Nb0.500")),
        ("'(Nb0.75,Ti0.25)'", Read("Ti0.250 Nb0.750")),
        ("Nb0.75/Ti0.25", Read("Ti0.250 Nb0.750")),
        ("'75% Nb + 25% Ti'", Read("Ti0.250 Nb0.750")),
        ("'Nb 0.75, Ti 0.25'", Read("Ti0.250 Nb0.750")),
        ("'Nb(0.75)Ti(0.25)'", Read("Ti0.250 Nb0.750")),
        ("0.8Nb", Read("Nb0.800")),
        ("Nb0.8", Read("Nb0.800")),
        ("La3+0.85Sr2+0.15", Read("Sr0.150 La0.850")),
        ("Nb0.80Zr0.30", Refused),
        ("'0.80Nb + 0.30Zr'", Refused),
        ("Nb-Zr", Refused),
        ("'Nb Zr'", Refused),
        ("Nb;Zr", Refused),
        ("NbZr0.2", Refused),
        ("(La,Sr)", Refused),
        ("Nb0.8Qq0.2", Refused),
        ("Nb0.8M0.2", Refused),
        ("Nb1-xZrx", Refused),
        ("Nb0.8Zr.", Refused),
        ("'0.8Nb + Zr'", Refused),
        ("CN", Refused),
        ("NH4+", Refused),
        ("OH-", Refused),
        ("H2O", Refused),
        ("Vac", Refused),
        ("Nb5+", Read("Nb1")),
        ("NB5+", Read("Nb1")),
        ("Nb0", Read("Nb1")),
        ("Nb0+", Read("Nb1")),
        ("Nb+5", Read("Nb1")),
        ("Nb4.5+", Read("Nb1")),
        ("18O", Read("O1")),
        ("T", Read("H1")),
    ];
    check(&cases, one_site);
}

#[test]
fn formulas() {
    let cases = [
        ("'Nb2-x'", Warned("Nb2")),
        ("'Nb2+x'", Warned("Nb2")),
        ("'Nb~2-x~'", Warned("Nb2")),
        ("'Nb2-d'", Warned("Nb2")),
        ("'Nb n'", Warned("Nb2")),
        ("'not known'", Warned("Nb2")),
        ("'Nb2 (approximately)'", Warned("Nb2")),
        ("Nb2.", Read("Nb2")),
        ("'Nb2.0'", Read("Nb2")),
        ("'(Nb)2'", Read("Nb2")),
        ("'{Nb1}2'", Read("Nb2")),
        ("'[Nb1]2'", Read("Nb2")),
        ("'((Nb))2'", Read("Nb2")),
        ("'Nb1 Nb1'", Read("Nb2")),
        ("'Nb2(2)'", Read("Nb2")),
        ("'Nb2 H0.5'", Warned("Nb2")),
        ("'Nb1.9(1)'", Read("Nb2")),
        ("Ta2", Refused),
        ("'Nb2 Ta'", Refused),
        ("Nb1Zr1", Refused),
    ];
    check(&cases, |formula| two_niobium(&format!("_chemical_formula_sum {formula}\n")));
}

#[test]
fn names_of_space_groups() {
    let cases = [
        ("'P2(1)2(1)2(1)'", Read("Nb4")),
        ("'P 2(1)/n'", Read("Nb4")),
        ("'P2(1)/m'", Read("Nb4")),
        ("'P 1 2(1)/c 1'", Read("Nb4")),
        ("P21/n", Read("Nb4")),
        ("'P 1 21/a 1'", Read("Nb4")),
        ("P121/c1", Read("Nb4")),
        ("'P 21/b 1 1'", Read("Nb4")),
        ("C2/c", Read("Nb8")),
        ("'C 1 2/c 1'", Read("Nb8")),
        ("'I 1 2/a 1'", Read("Nb8")),
        ("'B 2/b'", Read("Nb8")),
        ("Pnma", Read("Nb8")),
        ("Pbnm", Read("Nb8")),
        ("'P b c n'", Read("Nb8")),
        ("Cmce", Read("Nb16")),
        ("'A e a 2'", Read("Nb8")),
        ("'I 4(1)/a m d :2'", Read("Nb32")),
        ("I4/mcm", Read("Nb32")),
        ("'I 4/m m m'", Read("Nb32")),
        ("'P 4(2)/m n m'", Read("Nb16")),
        ("'P 4/n m m :2'", Read("Nb16")),
        ("'P 4/n m m S'", Read("Nb16")),
        ("Fm-3m", Read("Nb192")),
        ("'F m 3 m'", Read("Nb192")),
        ("FM-3M", Read("Nb192")),
        ("Ia-3d", Read("Nb96")),
        ("Ia3d", Read("Nb96")),
        ("Pm-3n", Read("Nb48")),
        ("'F d -3 m :1'", Read("Nb192")),
        ("'F d -3 m Z'", Read("Nb192")),
        ("Fd3m:2", Read("Nb192")),
        ("'P 2(1'", Refused),
        ("'P 7'", Refused),
        ("nonsense", Refused),
    ];
    check(&cases, |name| {
        symmetric(&format!("_symmetry_space_group_name_H-M {name}\n"), "0.11 0.23 0.057").replace(" 9.0\n", " 40.0\n")
    });
    let hexagonal = [
        ("'P6(3)/mmc'", Read("Nb24")),
        ("P63/mmc", Read("Nb24")),
        ("'P 6/m m m'", Read("Nb24")),
        ("R-3c", Read("Nb36")),
        ("R-3c:H", Read("Nb36")),
        ("'R -3 m :H'", Read("Nb36")),
        ("'R3c H'", Read("Nb18")),
        ("'P -3 m 1'", Read("Nb12")),
        ("P-3m1", Read("Nb12")),
        ("'P 3(1) 2 1'", Read("Nb6")),
    ];
    check(&hexagonal, |name| {
        let text = symmetric(&format!("_symmetry_space_group_name_H-M {name}\n"), "0.11 0.37 0.057");
        text.replace(" 9.0\n", " 40.0\n").replace("gamma 90", "gamma 120")
    });
}

#[test]
fn hall_symbols() {
    let cases = [
        ("'-P 2yn'", Read("Nb4")),
        ("-P2yn", Read("Nb4")),
        ("'-p 2ybc'", Read("Nb4")),
        ("'-P  2ybc'", Read("Nb4")),
        ("-C_2yc", Read("Nb8")),
        ("'-F 4 2 3'", Read("Nb192")),
        ("-F423", Read("Nb192")),
        ("'-I 4bd 2c 3'", Read("Nb96")),
        ("'-P 2ac 2n'", Read("Nb8")),
        ("'P 2ac 2ab'", Read("Nb4")),
        ("'-P 2q'", Refused),
        ("'-P 7'", Refused),
        ("'?-P'", Refused),
    ];
    check(&cases, |name| {
        symmetric(&format!("_space_group_name_Hall {name}\n"), "0.11 0.23 0.057").replace(" 9.0\n", " 40.0\n")
    });
    // An unreadable symbol beside a number that is read.
    let beside = [("'-P 2q'", Warned("Nb8")), ("'-P 2ac 2n (1)'", Warned("Nb8")), ("?", Read("Nb8"))];
    check(&beside, |name| {
        let statements = format!("_space_group_name_Hall {name}\n_symmetry_Int_Tables_number 62\n");
        symmetric(&statements, "0.11 0.23 0.057").replace(" 9.0\n", " 40.0\n")
    });
}

#[test]
fn symmetry_in_more_dimensions_or_of_moments() {
    let cases = [
        (
            "loop_\n_space_group_symop_ssg_id\n_space_group_symop_ssg_operation_algebraic\n1 x1,x2,x3,x4\n2 -x1,-x2,-x3,-x4",
            Refused,
        ),
        ("loop_\n_space_group_symop.ssg_operation_algebraic\nx1,x2,x3,x4", Refused),
        (
            "loop_\n_space_group_symop_magn_operation.id\n_space_group_symop_magn_operation.xyz\n1 x,y,z,+1\n2 -x,-y,z,-1",
            Refused,
        ),
        ("loop_\n_space_group_symop_magn_ssg_operation.algebraic\nx1,x2,x3,x4,+1", Refused),
        ("loop_\n_space_group_symop_magn_ssg_operation_algebraic\nx1,x2,x3,x4,+1", Refused),
        ("_space_group.magn_ssg_name 'P1(00g)0'", Refused),
        ("_space_group_magn.name_BNS 'P 4/m'", Refused),
        ("_space_group_magn_number_OG 12.3.4", Refused),
    ];
    check(&cases, |statement| symmetric(&format!("{statement}\n"), ".1 .2 .3"));
}

#[test]
fn names_against_operations() {
    let listed = |name: &str, rows: &str| {
        let operations = "loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n";
        block(&format!("{name}\n{operations}{}", sites(&format!("type_symbol {XYZ}"), rows)))
    };
    let differ = [
        ("_symmetry_space_group_name_H-M 'I m -3 m'", Refused),
        ("_symmetry_space_group_name_H-M 'P m -3 m'", Refused),
        ("_space_group_name_H-M_alt 'P 4/m m m'", Refused),
        ("_space_group_IT_number 229", Refused),
        ("_space_group_name_Hall '-I 4 2 3'", Refused),
        ("_symmetry_space_group_name_H-M 'I a -3 d'", Refused),
    ];
    check(&differ, |name| listed(name, "Nb .1 0 0\nSn .5 .5 .4"));
    let same = [
        ("_symmetry_space_group_name_H-M 'I m -3 m'", Warned("Nb2")),
        ("_symmetry_space_group_name_H-M 'P m -3 m'", Warned("Nb2")),
        ("_space_group_IT_number 229", Warned("Nb2")),
        ("_space_group_name_Hall '-I 4 2 3'", Warned("Nb2")),
        ("_symmetry_space_group_name_H-M 'P 1'", Read("Nb2")),
        ("_symmetry_space_group_name_H-M ?", Read("Nb2")),
    ];
    check(&same, |name| listed(name, "Nb 0 0 0\nNb .5 .5 .5"));
}

#[test]
fn coordinates_and_loops() {
    let row = |row: &str| block(&format!("{P1}{}", sites(&format!("type_symbol {XYZ}"), &format!("Nb 0 0 0\n{row}"))));
    let rows = [
        ("Sn . . .", Refused),
        ("Sn ? ? ?", Refused),
        ("Sn 0.5 0.5 .", Refused),
        ("Sn '.' .5 .5", Refused),
        ("Sn .5 .5", Refused),
        ("Sn .5 .5 x", Refused),
        ("Sn .5 .5 nan", Refused),
        ("Sn .5 .5 inf", Refused),
        ("Sn 1/2 .5 .5", Refused),
        ("Sn .5(1) .5(2) .50(3)", Read("Nb1 Sn1")),
        ("Sn 0.5 5E-1 +.5", Read("Nb1 Sn1")),
        ("Sn -.5 1.5 2.5", Read("Nb1 Sn1")),
    ];
    check(&rows, row);
    let beside = [
        ("loop_\n_geom_angle\n_geom_bond_distance\n", Warned("Nb1")),
        ("loop_\n_atom_type_symbol\n_atom_type_oxidation_number\n", Warned("Nb1")),
        ("loop_\n_atom_site_aniso_label\n_atom_site_aniso_U_11\n", Warned("Nb1")),
        ("loop_\n_citation_id\n\n# nothing\n\n", Warned("Nb1")),
        ("loop_\n_publ_author_name\nloop_\n_publ_author_address\n", Warned("Nb1")),
        ("loop_\n_exptl_crystal_id\n_exptl_crystal_size\n1\n", Warned("Nb1")),
        ("loop_\n_symmetry_equiv_pos_as_xyz\n", Warned("Nb1")),
    ];
    check(&beside, |lines| format!("{}{lines}", one_site("Nb")));
}

#[test]
fn occupancies() {
    let shared = |rows: &str| {
        let rows: String = rows.split(", ").map(|row| row.replacen(' ', " 0 0 0 ", 1) + "\n").collect();
        block(&format!("{P1}{}", sites(&format!("type_symbol {XYZ} occupancy"), &rows)))
    };
    let cases = [
        ("La 0.85(1), Sr 0.153(8)", Read("Sr0.153 La0.847")),
        ("La 0.50(1), Sr 0.51(1)", Read("Sr0.505 La0.495")),
        ("La 0.33, Sr 0.33, Ba 0.35", Read("Sr0.327 Ba0.347 La0.327")),
        ("La 0.8501, Sr 0.1500", Read("Sr0.150 La0.850")),
        ("La 1.0005(9)", Read("La1")),
        ("La 1.01(1)", Read("La1")),
        ("La 0.9999", Read("La1")),
        ("La 0.85, Sr 0.15, Ba -0.001(2)", Read("Sr0.150 La0.850")),
        ("La 0.85, Sr 0.15, Ba 0", Read("Sr0.150 La0.850")),
        ("La 0.85, Sr ?", Refused),
        ("La 0.85, Sr x", Refused),
        ("La 0.9, Sr 0.2", Read("Sr0.182 La0.818")),
        ("La 0.90, Sr 0.20", Refused),
        ("La 1.5(1)", Refused),
        ("La -0.3", Refused),
        ("La 50", Refused),
        ("La nan", Refused),
    ];
    check(&cases, shared);
}
