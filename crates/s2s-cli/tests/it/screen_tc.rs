//! `s2s screen`: critical temperatures, their intervals, and known superconductors with theirs.

use serde_json::Value;

use crate::support::{NIOBIUM, folder, output, s2s, text, write};

fn ranking(arguments: &[&str]) -> Vec<Value> {
    let ran = output(s2s(["screen", "--json", "-"]).args(arguments));
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let written: Value = serde_json::from_slice(&ran.stdout).expect("it is JSON");
    written["ranking"].as_array().expect("a list").clone()
}

fn number(hit: &Value, column: &str) -> f64 {
    hit[column].as_f64().unwrap_or_else(|| panic!("no {column}: {hit}"))
}

#[test]
fn structures_compositions_and_disordered_crystals_get_a_temperature_with_an_interval() {
    let folder = folder("screen-tc");
    let poscar = write(&folder, "Nb.vasp", NIOBIUM);
    let table = write(&folder, "list.csv", "id,formula\nyes,Ba0.6K0.4Fe2As2\n");
    let disordered = "data_x\n_symmetry_space_group_name_H-M 'P 1'\n_cell_length_a 3.3\n_cell_length_b 3.3\n_cell_length_c 3.3\n\
        _cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\nloop_\n_atom_site_label\n_atom_site_type_symbol\n\
        _atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\nA Nb 0 0 0 0.75\nB Ti 0 0 0 0.25\n";
    let mixed = write(&folder, "mixed.cif", disordered);
    let paths = [&poscar, &table, &mixed].map(|path| path.to_str().expect("text"));
    let hits = ranking(&[&["--formula", "YBa2Cu3O7"], paths.as_slice()].concat());
    assert_eq!(hits.len(), 4);
    for hit in &hits {
        let (low, tc, high) = (number(hit, "tc_low_k"), number(hit, "tc_k"), number(hit, "tc_high_k"));
        assert!(0.0 <= low && low <= tc && tc <= high && low < high, "{hit}");
        assert!(
            number(hit, "nearest_tc_k") > 0.0 && hit["nearest"].is_string() && number(hit, "distance") >= 0.0,
            "{hit}"
        );
        assert!((0.0..=1.0).contains(&number(hit, "p_measured")));
        let materials = hit["nearest_materials"].as_array().expect("a list");
        assert_eq!((materials.len(), &materials[0]["formula"]), (5, &hit["nearest"]), "{hit}");
        assert_eq!((&materials[0]["tc_k"], &materials[0]["distance"]), (&hit["nearest_tc_k"], &hit["distance"]));
        assert!(materials.iter().map(|it| number(it, "distance")).is_sorted(), "{hit}");
        assert!(materials.iter().all(|it| number(it, "tc_k") > 0.0), "{hit}");
        // What is known of a composition alone says so.
        let warned = hit["warnings"].to_string().contains("from the composition alone");
        assert_eq!(warned, hit["basis"] == "composition", "{hit}");
        assert_eq!(hit["p_listed"].is_f64(), hit["basis"] == "structure", "{hit}");
        let needs = hit["warnings"].to_string().contains("p_listed needs a structure");
        assert_eq!(needs, hit["basis"] == "composition", "{hit}");
    }
    let of = |id: &str| {
        hits.iter().find(|hit| hit["id"].as_str().is_some_and(|it| it.starts_with(id))).expect("it is there")
    };
    let csv = text(&output(&mut s2s(["screen", "--csv", "-", "--formula", "MgB2"])).stdout);
    let [header, row] = csv.lines().collect::<Vec<_>>()[..] else { panic!("one row: {csv}") };
    assert!(
        header.ends_with("nearest,nearest_tc_k,distance,nearest_materials,in_training,p_listed_network,warnings"),
        "{header}"
    );
    // MgB2 is in the training data, Fr2Po is not; the model of Tc alone has learned from the third.
    let formulas = ["MgB2", "Fr2Po", "Zr2Co0.95Cu0.05"].map(|formula| ["--formula", formula]).concat();
    let csv = text(&output(s2s(["screen", "--csv", "-"]).args(formulas)).stdout);
    let flag = |formula: &str, known: bool| {
        let line = csv.lines().find(|line| line.starts_with(formula)).expect("it is there");
        assert!(line.contains(&format!(",{known},")), "{line}");
    };
    flag("MgB2", true);
    flag("Fr2Po", false);
    flag("Zr2Co0.95Cu0.05", true);
    assert!(row.contains(" K (0.0); ") && row.contains("p_listed needs a structure"), "{row}");
    assert!((number(of("Nb"), "tc_k") - 9.2).abs() < 3.0, "{}", of("Nb"));
    assert!((number(of("YBa2Cu3O7"), "tc_k") - 90.0).abs() < 15.0, "{}", of("YBa2Cu3O7"));
    assert!((number(of("yes"), "tc_k") - 37.0).abs() < 8.0, "{}", of("yes"));
    assert!(of("mixed")["formula"].as_str().is_some_and(|formula| formula.contains("Ti")));
}

#[test]
fn tables_of_compositions_are_read_alike_however_they_are_written() {
    let folder = folder("screen-tables");
    let answers = |name: &str, table: &str| {
        let path = write(&folder, name, table);
        let hits = ranking(&[path.to_str().expect("text")]);
        hits.iter().map(|hit| (hit["id"].clone(), hit["formula"].clone(), hit["tc_k"].clone())).collect::<Vec<_>>()
    };
    let plain = answers("plain.csv", "id,formula\na,Ba0.6K0.4Fe2As2\nb,MgB2\n");
    assert_eq!(plain.len(), 2);
    for (name, table) in [
        ("mark.csv", "\u{feff}id,Formula\r\na,\"Ba0.6K0.4Fe2As2\"\r\n\r\nb,MgB2\r\n"),
        ("semicolons.csv", "Composition;note;ID\nBa0,6K0,4Fe2As2;1,5;a\nMgB2;;b\n"),
        ("tabs.TSV", "id\tname\na\tBa0.6K0.4Fe2As2\nb\tMgB2\n"),
    ] {
        assert_eq!(answers(name, table), plain, "{name}");
    }
}

#[test]
fn formulas_that_leave_amounts_open_are_answered_with_how_they_were_read() {
    let formulas = ["YBa2Cu3O7-y", "Ba1-xKxFe2As2", "La1.85Sr0.15CuOz", "Sm1Ba-1Cu3O6.94"];
    let hits = ranking(&formulas.map(|formula| ["--formula", formula]).concat());
    assert_eq!(hits.len(), formulas.len());
    for hit in &hits {
        let asked = hit["id"].as_str().expect("text");
        let warning = hit["warnings"][0].as_str().expect("text");
        assert!(warning.starts_with(&format!("{asked:?} is read as ")), "{hit}");
        assert!(hit["warnings"][1] == "answered from the composition alone", "{hit}");
    }
    let exact = ranking(&["--formula", "YBa2Cu3O7"]);
    let open = hits.iter().find(|hit| hit["id"] == formulas[0]).expect("it is there");
    assert_eq!((&open["tc_k"], &open["formula"]), (&exact[0]["tc_k"], &exact[0]["formula"]));
    let ran = output(&mut s2s(["screen", "--formula", "xyz", "--formula", "Nb"]));
    assert_eq!(ran.status.code(), Some(1), "what is no formula has no answer");
}

#[test]
fn a_ranking_by_temperature_falls_and_a_prior_moves_probabilities_alone() {
    let formulas = ["--formula", "Al", "--formula", "YBa2Cu3O7", "--formula", "MgB2", "--formula", "Nb3Sn"];
    let hits = ranking(&[&["--rank-by", "tc"], formulas.as_slice()].concat());
    let formulas_ranked: Vec<&str> = hits.iter().filter_map(|hit| hit["id"].as_str()).collect();
    assert_eq!(formulas_ranked, ["YBa2Cu3O7", "MgB2", "Nb3Sn", "Al"]);
    assert!(hits.iter().map(|hit| number(hit, "tc_k")).is_sorted_by(|a, b| a >= b));
    let rare = ranking(&[&["--rank-by", "tc", "--prior", "0.01"], formulas.as_slice()].concat());
    for (hit, rare) in hits.iter().zip(&rare) {
        assert!(number(rare, "p_measured") < number(hit, "p_measured"));
        assert_eq!(
            ["tc_k", "tc_low_k", "tc_high_k"].map(|k| &hit[k]),
            ["tc_k", "tc_low_k", "tc_high_k"].map(|k| &rare[k])
        );
    }
    let shown = text(&output(s2s(["screen"]).args(formulas)).stdout);
    // The legend is wrapped at the width of a terminal.
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        shown.contains("Tc/K: critical temperature in K if there is a transition, with its 80 % interval"),
        "{shown}"
    );
    // Whatever ranks, the ensemble is that of the first model.
    let by_tc = text(&output(s2s(["screen", "--rank-by", "tc"]).args(formulas)).stdout);
    for shown in [&shown, &by_tc.split_whitespace().collect::<Vec<_>>().join(" ")] {
        assert!(shown.contains("std: standard deviation of p_measured over its ensemble"), "{shown}");
    }
    assert!(shown.contains("at the base rate of the training data"), "{shown}");
}

#[test]
fn chemistry_that_the_model_has_not_seen_is_warned_of_and_gets_a_wider_interval() {
    let hits = ranking(&["--formula", "Nb3Sn", "--formula", "Rn2Og3"]);
    let of = |id: &str| hits.iter().find(|hit| hit["id"] == id).expect("it is there");
    let warnings = of("Rn2Og3")["warnings"].to_string();
    assert!(warnings.contains("outside the training range of Tc: no example has"), "{warnings}");
    assert!(!of("Nb3Sn")["warnings"].to_string().contains("of Tc"), "{}", of("Nb3Sn"));
}

#[test]
fn a_ranking_by_a_number_that_compositions_lack_says_so_and_goes_on_by_the_probability() {
    let folder = folder("screen-listed");
    let poscar = write(&folder, "Nb.vasp", NIOBIUM);
    let mut arguments = vec!["--rank-by", "listed", poscar.to_str().expect("text")];
    arguments.extend(["--formula", "NaCl", "--formula", "MgB2", "--formula", "Al"]);
    let hits = ranking(&arguments);
    assert!(hits[0]["p_listed"].is_number() && hits[1..].iter().all(|hit| hit["p_listed"].is_null()), "{hits:?}");
    assert!(hits[1..].iter().map(|hit| number(hit, "p_measured")).is_sorted_by(|a, b| a >= b));
    let said =
        "warning: 3 of them have no p_listed, which needs a structure: they come last, in the order of p_measured";
    let shown = output(s2s(["screen"]).args(&arguments));
    let shown = text(&shown.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains(said), "{shown}");
    let piped = output(s2s(["screen", "--json", "-"]).args(&arguments));
    assert!(text(&piped.stderr).contains(said), "{}", text(&piped.stderr));
    let by_measured = output(s2s(["screen"]).args(&arguments[2..]));
    assert!(!text(&by_measured.stdout).contains("warning:"), "every input has the number");
}
