//! `s2s screen --html`: one page that loads nothing, whatever inputs are called.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    screen::three_poscars,
    support::{NIOBIUM, folder, output, s2s, text, write},
};

/// Elements of HTML that have no end.
const VOID: [&str; 4] = ["meta", "input", "br", "link"];

/// The data of a page, read as a browser does: up to the next end of a script.
#[track_caller]
fn data(page: &str) -> Value {
    let (_, after) = page.split_once("<script id=\"data\" type=\"application/json\">").expect("it has data");
    let (data, _) = after.split_once("</script").expect("it ends");
    serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}"))
}

/// Checks that every element is closed in its order; what scripts and styles hold is not looked at.
#[track_caller]
fn assert_well_formed(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut ids = BTreeSet::new();
    let mut rest = page.strip_prefix("<!doctype html>").expect("it begins as HTML does");
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').expect("every tag is closed");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{open:?}");
            continue;
        }
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        if let Some((_, id)) = tag.split_once(" id=\"") {
            assert!(ids.insert(id.split('"').next()), "{tag}");
        }
        if !VOID.contains(&name) {
            open.push(name);
        }
        if ["script", "style"].contains(&name) {
            let end = rest.find(&format!("</{name}")).expect("it is closed");
            rest = &rest[end..];
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

fn page_of(arguments: &[&str], inputs: &Path, folder: &Path) -> String {
    let html = folder.join("page.html");
    let made = output(s2s(["screen", "--html"]).arg(&html).args(arguments).arg(inputs));
    assert!(made.status.success(), "{}", text(&made.stderr));
    fs::read_to_string(html).expect("it is there")
}

#[test]
fn page_holds_what_json_holds_and_the_cells() {
    let folder = folder("page-whole");
    let structures = three_poscars(&folder);
    let json = folder.join("out.json");
    let page = page_of(&["--json", json.to_str().expect("plain names"), "--prior", "0.05"], &structures, &folder);
    assert_well_formed(&page);
    let mut found = data(&page);
    let cells: Vec<Value> = found["ranking"]
        .as_array_mut()
        .expect("it is a list")
        .iter_mut()
        .map(|hit| {
            let hit = hit.as_object_mut().expect("it is an object");
            assert!(hit.remove("file").is_some_and(|file| file.as_str().is_some_and(|file| file.ends_with("/POSCAR"))));
            hit.remove("cell").expect("every structure is drawn")
        })
        .collect();
    assert!(cells.iter().all(|cell| cell["lattice"].as_array().is_some_and(|rows| rows.len() == 3)));
    assert_eq!(cells.iter().map(|cell| cell["atoms"].as_array().map_or(0, Vec::len)).sum::<usize>(), 5);
    let page_only = found.as_object_mut().expect("it is an object");
    for name in ["summary", "legend", "contributed", "most_atoms_drawn"] {
        assert!(page_only.remove(name).is_some(), "{name}");
    }
    let written: Value = serde_json::from_slice(&fs::read(&json).expect("it is there")).expect("it is JSON");
    assert_eq!(found, written, "JSON holds no cells");
}

#[test]
fn names_of_files_are_text() {
    let folder = folder("page-names");
    let structures = folder.join("structures");
    let names = [
        "POSCAR_<script>alert(1)<",
        "POSCAR_\u{2028}\u{2029}&amp;\"'`${1}",
        "POSCAR_{{data}}<!--",
        "POSCAR_\u{202e}<img src=x onerror=alert(1)>",
        "POSCAR_]]><svg onload=alert(1)>",
    ];
    for name in names {
        write(&structures, name, NIOBIUM);
    }
    // No file name has a slash, but a comment of a POSCAR does, and so has an identifier.
    write(&structures, "x.jsonl", "{\"</script><script>alert(1)</script>\": 1}\n");
    let html = folder.join("page.html");
    let made = output(s2s(["screen", "--formula", "Nb3Sn", "--html"]).arg(&html).arg(&structures));
    let page = fs::read_to_string(html).unwrap_or_else(|error| panic!("{error}: {}", text(&made.stderr)));
    assert_well_formed(&page);
    let found = data(&page);
    let ids: BTreeSet<&str> =
        found["ranking"].as_array().expect("it is a list").iter().filter_map(|hit| hit["id"].as_str()).collect();
    assert_eq!(ids, names.into_iter().chain(["Nb3Sn"]).collect());
    for markup in ["<script>alert", "<img", "<svg onload", "onerror=alert(1)>"] {
        assert!(!page.contains(markup), "{markup}");
    }
}

#[test]
fn page_loads_nothing() {
    let folder = folder("page-alone");
    let page = page_of(&[], &three_poscars(&folder), &folder);
    let before = page.split("<script id=\"data\"").next().expect("there is something");
    assert!(before.contains("default-src 'none'"));
    for word in ["http:", "https:", " src=", "<link", "url(", "@import"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn dash_writes_the_page_and_nothing_else_to_standard_output() {
    let made = output(&mut s2s(["screen", "--formula", "Nb", "--html", "-"]));
    let page = text(&made.stdout);
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"), "{page}");
    let both = output(&mut s2s(["screen", "--formula", "Nb", "--csv", "-", "--html", "-"]));
    assert_eq!(text(&both.stderr), "error: two results would be written to the same file\n");
}

#[test]
fn networks_say_what_atoms_contribute_and_trees_do_not() {
    let folder = folder("page-contributions");
    let structures = three_poscars(&folder);
    let network = concat!(env!("CARGO_MANIFEST_DIR"), "/../s2s-predict/models/network");
    let cases: [(&[&str], &str); 3] =
        [(&["--model", network], "p_listed"), (&[], "p_listed_network"), (&["--no-network"], "")];
    for (arguments, column) in cases {
        let found = data(&page_of(arguments, &structures, &folder));
        assert_eq!(found["contributed"].as_str().unwrap_or_default(), column);
        for hit in found["ranking"].as_array().expect("it is a list") {
            let contributions = hit["cell"]["contributions"].as_array();
            let expected = (!column.is_empty()).then(|| hit["atoms"].as_u64().expect("it is a number"));
            assert_eq!(contributions.map(|parts| parts.len() as u64), expected, "{hit}");
        }
    }
}

#[test]
fn a_page_never_replaces_answers() {
    let folder = folder("page-answers");
    let structures = three_poscars(&folder);
    let answers = folder.join("answers.jsonl");
    assert!(output(s2s(["screen", "--answers"]).arg(&answers).arg(&structures)).status.success());
    let before = fs::read(&answers).expect("it is there");
    let refused = output(s2s(["screen", "--html"]).arg(&answers).arg(&structures));
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(fs::read(&answers).ok(), Some(before));

    // What an earlier run answered is on the page, without its cell.
    let html = folder.join("page.html");
    assert!(
        output(s2s(["screen", "--html"]).arg(&html).arg("--answers").arg(&answers).arg(&structures)).status.success()
    );
    let found = data(&fs::read_to_string(html).expect("it is there"));
    let ranking = found["ranking"].as_array().expect("it is a list");
    assert!(ranking.len() == 3 && ranking.iter().all(|hit| hit["cell"].is_null()));
}

/// A program on the search path.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

#[test]
fn page_works_in_chromium() {
    for name in ["chromium", "chromedriver", "python3"] {
        if program(name).is_none() {
            eprintln!("SKIPPED: the page is not opened, for there is no {name}");
            return;
        }
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/page/check.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(env!("CARGO_BIN_EXE_s2s")).arg(folder("page-chromium"));
    let checked = output(command.stdin(Stdio::null()));
    assert!(checked.status.success(), "{}{}", text(&checked.stdout), text(&checked.stderr));
}
