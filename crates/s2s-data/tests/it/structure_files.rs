use std::fs;

use s2s_data::{StructureContent, StructureFiles};

#[test]
fn a_walk_is_sorted_and_opens_json_lines() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("walk");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(folder.join("b")).unwrap();
    fs::write(folder.join("b/two.cif"), "data_two").unwrap();
    fs::write(folder.join("a.cif"), "data_a").unwrap();
    fs::write(folder.join("notes.txt"), "not a structure").unwrap();
    fs::write(folder.join("d.optimade"), "{}").unwrap();
    fs::write(folder.join("c.jsonl"), "nonsense\n").unwrap();
    let missing = folder.join("missing.cif");
    let found: Vec<(String, String)> = StructureFiles::new([&folder, &missing])
        .map(|entry| {
            let content = match entry.content {
                StructureContent::File(bytes) => String::from_utf8(bytes).unwrap(),
                StructureContent::Record(record) => record.unwrap_err().to_string(),
                StructureContent::Unreadable(error) => error.to_string(),
            };
            (entry.name.strip_prefix(&format!("{}/", folder.display())).unwrap().to_owned(), content)
        })
        .collect();
    let expected = [
        ("a.cif", "data_a"),
        ("b/two.cif", "data_two"),
        ("c.jsonl:1", "line 1: column 2: the JSON is malformed: a value should stand here"),
        ("d.optimade", "{}"),
    ];
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!((found.0.as_str(), found.1.as_str()), expected);
    }
    assert_eq!(found.len(), 5);
    assert_eq!(found[4].0, "missing.cif");
    assert!(found[4].1.starts_with("cannot read "), "{}", found[4].1);
}
