//! `s2s screen`: what is ranked, how files are told apart, and the results as text, CSV and JSON.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;

use crate::support::{NIOBIUM, folder, output, s2s, text, write};

/// Aluminium in the primitive cell.
const ALUMINIUM: &str = "Al\n4.05\n0 .5 .5\n.5 0 .5\n.5 .5 0\nAl\n1\nDirect\n0 0 0\n";
/// NbN in the primitive cell of rock salt.
const NBN: &str = "NbN\n4.39\n0 .5 .5\n.5 0 .5\n.5 .5 0\nNb N\n1 1\nDirect\n0 0 0\n.5 .5 .5\n";

pub(crate) fn three_poscars(folder: &Path) -> PathBuf {
    let structures = folder.join("structures");
    for (name, text) in [("a/POSCAR", NIOBIUM), ("b/POSCAR", ALUMINIUM), ("c/POSCAR", NBN)] {
        write(&structures, name, text);
    }
    structures
}

fn screen(arguments: &[&str], path: &Path) -> Command {
    let mut command = s2s(["screen"]);
    command.args(arguments).arg(path);
    command
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|error| panic!("{error}: {}", text(bytes)))
}

#[test]
fn three_files_of_one_name_are_told_apart() {
    let structures = three_poscars(&folder("screen-three"));
    let ranked = output(&mut screen(&[], &structures));
    assert!(ranked.status.success(), "{}", text(&ranked.stderr));
    let table = text(&ranked.stdout);
    for name in ["a/POSCAR", "b/POSCAR", "c/POSCAR"] {
        assert_eq!(table.lines().filter(|line| line.contains(&format!(" {name} "))).count(), 1, "{table}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(table.contains("p_measured: calibrated probability"), "{table}");
}

#[test]
fn csv_and_json_hold_every_answer_under_documented_names() {
    let folder = folder("screen-results");
    let structures = three_poscars(&folder);
    write(&structures, "broken.cif", "data_x\n_cell_length_a 1");
    let [csv, json_file] = ["out.csv", "out.json"].map(|name| folder.join(name));
    let mut command = screen(&["--csv"], &csv);
    let ranked = output(command.arg("--json").arg(&json_file).arg(&structures));
    assert_eq!(ranked.status.code(), Some(1), "one file is broken");
    assert!(text(&ranked.stderr).contains("broken.cif: "), "{}", text(&ranked.stderr));

    let mut reader = csv::Reader::from_path(&csv).expect("it is there");
    let header: Vec<String> = reader.headers().expect("it has one").iter().map(str::to_owned).collect();
    let expected = [
        "id",
        "path",
        "formula",
        "p_measured",
        "tc_k",
        "tc_low_k",
        "tc_high_k",
        "p_listed",
        "std",
        "nearest",
        "nearest_tc_k",
        "distance",
        "nearest_materials",
        "in_training",
        "p_listed_network",
        "warnings",
    ];
    assert_eq!(header, expected);
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("every row has all fields");
    assert_eq!(rows.len(), 3);
    let probabilities: Vec<f64> = rows.iter().map(|row| row[3].parse().expect("it is a number")).collect();
    assert!(probabilities.is_sorted_by(|a, b| a >= b) && probabilities.iter().all(|p| (0.0..=1.0).contains(p)));

    let written = json(&fs::read(&json_file).expect("it is there"));
    assert_eq!((&written["schema"], &written["version"]), (&"s2s-screen".into(), &1.into()));
    let ranking = written["ranking"].as_array().expect("it is a list");
    let paths: Vec<&str> = ranking.iter().filter_map(|hit| hit["path"].as_str()).collect();
    assert_eq!(paths, rows.iter().map(|row| &row[1]).collect::<Vec<_>>());
    for (rank, hit) in ranking.iter().enumerate() {
        assert_eq!(hit["rank"], rank + 1);
        assert_eq!((&hit["id"], &hit["basis"]), (&"POSCAR".into(), &"structure".into()));
        assert!(hit["warnings"].is_array() && hit["diagnostics"].is_array());
    }
    assert_eq!(written["unreadable"].as_array().map(Vec::len), Some(1));
    assert_eq!(written["unreadable"][0]["id"], "broken.cif");
}

#[test]
fn diagnostics_of_the_reader_reach_text_csv_and_json() {
    let folder = folder("screen-diagnostics");
    let cif = "data_Po\n_cell_length_a 3.36\n_cell_length_b 3.36\n_cell_length_c 3.36\n_cell_angle_alpha 90\n\
        _cell_angle_beta 90\n_cell_angle_gamma 90\nloop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n\
        _atom_site_fract_z\nPo1 0 0 0\n";
    let file = write(&folder, "po.cif", cif);
    let sentence = "no symmetry is stated";
    let shown = text(&output(&mut screen(&[], &file)).stdout);
    assert!(shown.contains(sentence), "{shown}");
    assert!(text(&output(&mut screen(&["--csv", "-"], &file)).stdout).contains(sentence));
    let written = json(&output(&mut screen(&["--json", "-"], &file)).stdout);
    let diagnostic = &written["ranking"][0]["diagnostics"][0];
    assert!(diagnostic["message"].as_str().is_some_and(|message| message.starts_with(sentence)), "{written}");
    assert_eq!(diagnostic["severity"], "note");
}

#[test]
fn compositions_are_input() {
    let folder = folder("screen-compositions");
    let table =
        write(&folder, "list.csv", "Tc,id,Formula\n,one,Ba0.6K0.4Fe2As2\n,two,\"NbN\"\n,three,Xx2\n,\"four,NbN\n");
    let mut command = screen(&["--formula", "MgB2", "--json", "-"], &table);
    let ranked = output(&mut command);
    assert_eq!(ranked.status.code(), Some(1));
    let written = json(&ranked.stdout);
    let ranking = written["ranking"].as_array().expect("it is a list");
    let mut ids: Vec<&str> = ranking.iter().filter_map(|hit| hit["id"].as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["MgB2", "one", "two"]);
    for hit in ranking {
        assert_eq!(hit["basis"], "composition");
        assert_eq!(hit["warnings"][0], "answered from the composition alone");
        assert!(hit["p_measured"].is_f64());
    }
    let unreadable: Vec<&str> =
        written["unreadable"].as_array().into_iter().flatten().filter_map(|bad| bad["reason"].as_str()).collect();
    assert_eq!(unreadable.len(), 2, "{unreadable:?}");
    assert!(unreadable.contains(&"a quote is opened and not closed on its line"), "{unreadable:?}");
}

#[test]
fn mixed_sites_are_weighted_in_the_composition() {
    let folder = folder("screen-mixed");
    let cif = "data_x\n_cell_length_a 4.4\n_cell_length_b 4.4\n_cell_length_c 4.4\n_cell_angle_alpha 90\n\
        _cell_angle_beta 90\n_cell_angle_gamma 90\n_symmetry_space_group_name_H-M 'P 1'\nloop_\n_atom_site_label\n\
        _atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\n\
        A Nb 0 0 0 0.5\nB Ti 0 0 0 0.5\n";
    let file = write(&folder, "mixed.cif", cif);
    let written = json(&output(&mut screen(&["--json", "-"], &file)).stdout);
    let hit = &written["ranking"][0];
    assert_eq!(
        (&hit["basis"], &hit["warnings"][0]),
        (&"composition".into(), &"disordered sites: answered from the composition alone".into()),
        "{written}"
    );
    let of_composition = json(&output(&mut screen(&["--json", "-", "--formula"], Path::new("Ti0.5Nb0.5"))).stdout);
    assert_eq!(hit["p_measured"], of_composition["ranking"][0]["p_measured"]);
}

#[test]
fn prior_rescales_the_odds_and_says_so() {
    let structures = three_poscars(&folder("screen-prior"));
    let written = json(&output(&mut screen(&["--json", "-"], &structures)).stdout);
    let rescaled = json(&output(&mut screen(&["--json", "-", "--prior", "0.05"], &structures)).stdout);
    let rate = written["base_rates"]["p_measured"].as_f64().expect("the bundled model states one");
    for (before, after) in
        written["ranking"].as_array().into_iter().flatten().zip(rescaled["ranking"].as_array().into_iter().flatten())
    {
        let odds = |hit: &Value| hit["p_measured"].as_f64().map(|p| p / (1.0 - p)).expect("it is a number");
        let factor = (0.05 / 0.95) / (rate / (1.0 - rate));
        assert!((odds(after) / odds(before) / factor - 1.0).abs() < 1e-9);
    }
    let legend = text(&output(&mut screen(&["--prior", "0.05"], &structures)).stdout);
    assert!(legend.contains("at the base rate 5 % of --prior"), "{legend}");
    assert_eq!(output(&mut screen(&["--prior", "1.5"], &structures)).status.code(), Some(2));
}

#[test]
fn reference_crystals_say_how_good_the_ranking_is_and_what_was_seen() {
    let ranked = output(&mut s2s(["screen"]));
    assert!(ranked.status.success());
    let summary = text(&ranked.stdout);
    let joined = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(joined.contains("ROC-AUC of p_measured"), "{summary}");
    assert!(joined.contains("of the 305 compositions are in the training data, so that this is no test"), "{summary}");
}

#[test]
fn dash_is_the_standard_stream_both_ways() {
    let mut command = s2s(["screen", "-", "--csv", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the command can be run");
    let cif =
        text(&output(s2s(["convert", "--to", "cif"]).arg(write(&folder("screen-dash"), "POSCAR", NIOBIUM))).stdout);
    child.stdin.take().expect("it is piped").write_all(cif.as_bytes()).expect("it is read");
    let made = child.wait_with_output().expect("it ends");
    let shown = text(&made.stdout);
    assert!(shown.starts_with("id,path,formula,") && shown.lines().count() == 2, "{shown}");
    let both = output(&mut s2s(["screen", "--formula", "Nb", "--csv", "-", "--json", "-"]));
    assert_eq!(text(&both.stderr), "error: two results would be written to the same file\n");
}

#[cfg(target_os = "linux")]
#[test]
fn devices_and_pipes_are_written_to_and_stay() {
    use std::os::unix::fs::FileTypeExt;
    let folder = folder("screen-devices");
    let structures = three_poscars(&folder);
    let made = output(&mut screen(&["--json", "/dev/stdout"], &structures));
    assert_eq!(json(&made.stdout)["ranking"].as_array().map(Vec::len), Some(3));
    assert!(fs::symlink_metadata("/dev/stdout").is_ok_and(|found| found.is_symlink()));

    let pipe = folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()));
    let reader = thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe)
    });
    let mut command = screen(&["--csv"], &pipe);
    assert!(output(command.arg(&structures)).status.success());
    let read = reader.join().expect("the reader ends").expect("the pipe can be read");
    assert_eq!(read.lines().count(), 4, "{read}");
    assert!(fs::metadata(&pipe).is_ok_and(|found| found.file_type().is_fifo()));
}

#[test]
fn closed_output_loses_no_result() {
    let folder = folder("screen-closed");
    let structures = three_poscars(&folder);
    let csv = folder.join("out.csv");
    let mut command = screen(&["--csv"], &csv);
    let mut child = command.arg(&structures).stdout(Stdio::piped()).spawn().expect("the command can be run");
    drop(child.stdout.take());
    assert!(child.wait().is_ok_and(|status| status.success()));
    assert!(fs::read_to_string(&csv).is_ok_and(|text| text.lines().count() == 4));
}

#[test]
fn results_never_replace_inputs() {
    let folder = folder("screen-inputs");
    let structures = three_poscars(&folder);
    let input = structures.join("a/POSCAR");
    for arguments in [["--csv"], ["--json"], ["--answers"]] {
        for output_path in [&input, &structures.join("new.cif")] {
            let refused = output(screen(&[], &structures).args(arguments).arg(output_path));
            assert_eq!(refused.status.code(), Some(2), "{arguments:?} {}", output_path.display());
        }
    }
    assert_eq!(fs::read_to_string(&input).ok().as_deref(), Some(NIOBIUM));
    assert!(!structures.join("new.cif").exists());
}

/// The bundled network, as a folder.
const NETWORK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../s2s-predict/models/network");

#[test]
fn a_network_folder_and_the_run_that_holds_it_give_the_same_answers() {
    let folder = folder("screen-network");
    let structures = three_poscars(&folder);
    let [run, damaged] = ["run", "damaged"].map(|name| folder.join(name));
    for entry in fs::read_dir(NETWORK).expect("it is part of the repository") {
        let path = entry.expect("it is there").path();
        let (name, bytes) = (path.file_name().expect("it is a file"), fs::read(&path).expect("it is there"));
        let name = name.to_str().expect("plain names");
        write(&run, &format!("model/{name}"), &bytes);
        write(&damaged, name, if name.ends_with(".safetensors") { &bytes[..bytes.len() - 1] } else { &bytes });
    }
    let answers = |model: &Path| {
        let model = model.to_str().expect("a plain name");
        output(&mut screen(&["--model", model, "--csv", "-"], &structures))
    };
    let sealed = answers(Path::new(NETWORK));
    assert!(sealed.status.success(), "{}", text(&sealed.stderr));
    let mut reader = csv::Reader::from_reader(sealed.stdout.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("every row has all fields");
    assert_eq!(rows.len(), 3);
    for row in &rows {
        assert_eq!(&row[3], "", "the network was not trained on measured outcomes");
        let listed: f64 = row[7].parse().expect("it is a probability");
        assert!((0.0..=1.0).contains(&listed), "{row:?}");
    }
    assert_eq!(text(&answers(&run).stdout), text(&sealed.stdout));

    let refused = answers(&damaged);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("model.safetensors"), "{}", text(&refused.stderr));

    let composition = output(&mut s2s(["screen", "--formula", "MgB2", "--model", NETWORK]));
    assert_eq!(composition.status.code(), Some(1), "{}", text(&composition.stdout));
    assert!(text(&composition.stderr).contains("MgB2: "), "{}", text(&composition.stderr));
}

#[test]
fn s2snet_answers_beside_the_trees_and_ranks_if_asked() {
    let folder = folder("screen-s2snet");
    let structures = three_poscars(&folder);
    let (all, without) = (folder.join("all.json"), folder.join("without.json"));
    let ranked =
        output(screen(&["--rank-by", "listed-network", "--formula", "Nb3Sn", "--json"], &all).arg(&structures));
    assert!(ranked.status.success(), "{}", text(&ranked.stderr));
    let shown = text(&ranked.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("one network (p_listed_network)"), "{shown}");
    assert!(output(screen(&["--no-network", "--json"], &without).arg(&structures)).status.success());
    let read = |path: &Path| json(&fs::read(path).expect("it is there"))["ranking"].clone();
    let (all, without) = (read(&all), read(&without));
    let hits = all.as_array().expect("it is a list");
    let scores: Vec<Option<f64>> = hits.iter().map(|hit| hit["p_listed_network"].as_f64()).collect();
    let of_structures: Vec<f64> = scores.iter().copied().flatten().collect();
    assert_eq!((scores.len(), of_structures.len()), (4, 3));
    assert!(scores[3].is_none(), "a composition comes last: {scores:?}");
    assert!(of_structures.is_sorted_by(|a, b| a >= b) && of_structures.iter().all(|p| (0.0..=1.0).contains(p)));
    // Nothing else depends on it.
    for hit in without.as_array().expect("it is a list") {
        assert!(hit["p_listed_network"].is_null());
        let other = hits.iter().find(|other| other["path"] == hit["path"]).expect("the same structures");
        assert_eq!(
            (&hit["p_measured"], &hit["p_listed"], &hit["tc_k"]),
            (&other["p_measured"], &other["p_listed"], &other["tc_k"])
        );
    }
    // The network is another than the trees.
    assert!(hits[..3].iter().any(|hit| hit["p_listed_network"] != hit["p_listed"]));
}

#[test]
fn a_crystal_that_is_too_large_for_the_network_keeps_its_other_answers() {
    let folder = folder("screen-too-large");
    let rows: String = (0..2197)
        .map(|k| format!("{} {} {}\n", (k % 13) as f64 / 13.0, (k / 13 % 13) as f64 / 13.0, (k / 169) as f64 / 13.0))
        .collect();
    let poscar = format!("Cu\n1.0\n47 0 0\n0 47 0\n0 0 47\nCu\n2197\nDirect\n{rows}");
    let file = write(&folder, "POSCAR", &poscar);
    let target = folder.join("out.json");
    assert!(output(screen(&["--json"], &target).arg(&file)).status.success());
    let hit = &json(&fs::read(&target).expect("it is there"))["ranking"][0];
    assert!(hit["p_measured"].is_f64() && hit["p_listed"].is_f64() && hit["p_listed_network"].is_null(), "{hit}");
    assert!(hit["warnings"].to_string().contains("no p_listed_network: "), "{hit}");
}
