//! Loops, values and blocks that are damaged, empty or without sites.

use s2s_crystal::{DiagnosticKind, ParseErrorKind, ReadOptions, cif};

use super::{P1, block, clean, one_site, refused, warned};

#[test]
fn damage_that_holds_nothing_needed_is_passed_over() {
    let damaged = |lines: &str| format!("{}{lines}", one_site("Nb"));
    for (lines, kind, sentence) in [
        (
            "loop_\n_geom_bond_distance\n",
            DiagnosticKind::DamagedLoop,
            "line 16, column 1 (block t): warning: a loop has no values",
        ),
        (
            "loop_\n_a\n_b\n1 2 3\n",
            DiagnosticKind::DamagedLoop,
            "line 19, column 5 (block t): warning: the loop ends inside a row: 3 values do not fill rows of 2 columns",
        ),
        (
            "loop_\nloop_\n_a\n1\n",
            DiagnosticKind::DamagedLoop,
            "line 16, column 1 (block t): warning: a loop names no tags",
        ),
        (
            "_journal_name 'Acta\n_journal_year 2000\n",
            DiagnosticKind::UnreadableValue,
            "line 16, column 15 (block t): warning: a quoted value has no end: 'Acta",
        ),
        (
            "loop_\n_citation_title\n'one'\n'two\n",
            DiagnosticKind::UnreadableValue,
            "line 19, column 1 (block t): warning: a quoted value has no end: 'two",
        ),
        (
            "_journal_name\n_journal_year 2000\n",
            DiagnosticKind::UnreadableValue,
            "line 16, column 1 (block t): warning: _journal_name has no value",
        ),
        (
            "_journal_name Acta Cryst. B\n",
            DiagnosticKind::UnreadableValue,
            "line 16, column 20 (block t): warning: the value Cryst. belongs to no tag",
        ),
        ("_a 1\n_A 1\n", DiagnosticKind::DuplicateValue, "line 17, column 1 (block t): warning: _A is stated twice"),
        (
            "_a 1\n_a 2\n",
            DiagnosticKind::DuplicateValue,
            "line 17, column 1 (block t): warning: _a occurs twice, and its first values are taken",
        ),
    ] {
        warned("Nb1", kind, sentence, &damaged(lines));
    }
    // A loop without values directly before what is needed.
    for empty in ["loop_\n_geom_bond_distance\n", "loop_\n_citation_id\n_citation_title\n"] {
        let sentence = "line 2, column 1 (block t): warning: a loop has no values";
        let text = one_site("Nb").replace("data_t\n", &format!("data_t\n{empty}"));
        warned("Nb1", DiagnosticKind::DamagedLoop, sentence, &text);
    }
    // What is needed is refused.
    for (from, to, kind, sentence) in [
        ("Nb 0 0 0", "", ParseErrorKind::EmptyLoop, "a loop has no values"),
        (
            "Nb 0 0 0",
            "Nb 0 0",
            ParseErrorKind::IncompleteLoop,
            "the loop ends inside a row: 3 values do not fill rows of 4 columns",
        ),
        ("_cell_length_a 4.0", "_cell_length_a", ParseErrorKind::MissingValue, "_cell_length_a has no value"),
        (
            "_cell_length_a 4.0",
            "_cell_length_a 4.0 (1)",
            ParseErrorKind::UnexpectedToken,
            "the value (1) belongs to no tag",
        ),
        (
            "_cell_length_a 4.0",
            "_cell_length_a 4.0\n_cell_length_a 4.1",
            ParseErrorKind::DuplicateTag,
            "_cell_length_a occurs twice",
        ),
        (
            "_atom_site_fract_z\nNb 0 0 0",
            "_atom_site_fract_x\nNb 0 0 0",
            ParseErrorKind::DuplicateTag,
            "_atom_site_fract_x occurs twice",
        ),
    ] {
        refused(kind, sentence, &one_site("Nb").replace(from, to));
    }
    // A damaged statement of the symmetry is no statement, unless there is another one.
    let unquoted = one_site("Nb").replace("'P 1'", "P 1");
    refused(ParseErrorKind::UnexpectedToken, "the value 1 belongs to no tag", &unquoted);
    warned(
        "Nb1",
        DiagnosticKind::UnreadableValue,
        "line 9, column 34 (block t): warning: the value 1 belongs to no tag",
        &unquoted.replace("_symmetry_space", "_symmetry_Int_Tables_number 1\n_symmetry_space"),
    );
}

#[test]
fn blocks_without_sites_are_skipped() {
    let options = ReadOptions::ordered();
    for other in [
        "data_global\n_journal_name 'Acta'\n",
        "data_cell\n_cell_length_a 4\n",
        "data_powder\nloop_\n_pd_proc_point_id\n1\n2\n",
        "data_labels\n_cell_length_a 4\nloop_\n_atom_site_label\nNb1\n",
        "global_\n_a 1\n",
    ] {
        for text in [format!("{other}{}", one_site("Nb")), format!("{}{other}", one_site("Nb"))] {
            let read: Vec<_> = cif::read(&text, &options).collect();
            assert!(matches!(&read[..], [Ok(structure)] if structure.name == "t"), "{other}: {read:?}");
        }
    }
    let same_names = format!("{}{}", one_site("Nb"), one_site("Ta"));
    let read: Vec<_> = cif::read(&same_names, &options).collect::<Result<_, _>>().expect("both are read");
    assert_eq!(read[1].diagnostics[0].message, "two blocks are named t");
    let error = cif::read_one("data_a\n_cell_length_a 4\n", &options).expect_err("there are no atoms");
    assert_eq!((error.kind(), error.message()), (ParseErrorKind::NoSites, "the block lists no atoms"));
}

#[test]
fn unknown_coordinates_are_an_error_at_every_level() {
    for row in ["Nb . 0 0", "Nb 0 ? 0", "Nb . . .", "Nb ? ? ?", "Nb 0 0 ."] {
        let text = one_site("Nb").replace("Nb 0 0 0", row);
        refused(ParseErrorKind::MissingValue, "a coordinate is unknown", &text);
    }
}

#[test]
fn an_only_atom_may_stand_in_no_loop() {
    let with = |tags: &str| block(&format!("{P1}{tags}"));
    let tags = "_atom_site_type_symbol Nb\n_atom_site_label Nb1\n_atom_site_fract_x 0\n_atom_site_fract_y 0\n\
        _atom_site_fract_z 0\n_atom_site_occupancy 1\n";
    clean("Nb1", &with(tags));
    // In any order, and with loops of one column and one value.
    let reversed: String = tags.lines().rev().map(|line| format!("{line}\n")).collect();
    clean("Nb1", &with(&reversed));
    let loops: String = tags.lines().map(|line| format!("loop_\n{}\n", line.replace(' ', "\n"))).collect();
    clean("Nb1", &with(&loops));
    let missing = with(&tags.replace("_atom_site_fract_y 0\n", ""));
    refused(ParseErrorKind::MissingTag, "the atom list has no column _atom_site_fract_y", &missing);
    // One value beside a column of several says nothing about whose it is.
    let column = with(&tags.replace("_atom_site_fract_y 0\n", "loop_\n_atom_site_fract_y\n0\n0.5\n"));
    refused(ParseErrorKind::MissingTag, "the atom list has no column _atom_site_fract_y", &column);
}

#[test]
fn a_text_in_utf_16_says_so() {
    let text = one_site("Nb");
    let units = |mark: Option<u16>| mark.into_iter().chain(text.encode_utf16()).collect::<Vec<u16>>();
    let little = |mark| units(mark).into_iter().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let big = |mark| units(mark).into_iter().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let options = ReadOptions::disordered();
    for bytes in [little(Some(0xFEFF)), little(None), big(Some(0xFEFF)), big(None)] {
        let of_cif = cif::read_one(&bytes, &options).expect_err("it is no UTF-8");
        assert_eq!(of_cif.kind(), ParseErrorKind::Unsupported);
        assert_eq!(of_cif.to_string(), "line 1, column 1: the text is UTF-16: save it as UTF-8");
        for name in ["a.cif", "unnamed"] {
            let found: Vec<_> = s2s_crystal::read(name, &bytes, &options).collect();
            assert_eq!(found, [Err(of_cif.clone())], "{name}");
        }
    }
}
