//! Tests of finding settings by name, number and Hall symbol.

use super::*;

fn halls(found: &[Setting]) -> Vec<&'static str> {
    found.iter().map(|setting| setting.hall).collect()
}

#[test]
fn names_are_found_however_they_are_spelled() {
    for name in ["P 21/n", "P2_1/n", "P 1 21/n 1", "p121/n1"] {
        assert_eq!(halls(&by_name(name)), ["-P 2yn"], "{name}");
    }
    assert_eq!(halls(&by_name("P 21/c")), ["-P 2ybc"]);
    assert_eq!(halls(&by_name("Pnma")), ["-P 2ac 2n"]);
    assert_eq!(halls(&by_name("P b n m")), ["-P 2c 2ab"]);
    assert_eq!(halls(&by_name("F d -3 m")), ["F 4d 2 3 -1d", "-F 4vw 2vw 3"]);
    assert_eq!(halls(&by_name("F d -3 m :2")), ["-F 4vw 2vw 3"]);
    assert_eq!(halls(&by_name("F d -3 m Z")), ["-F 4vw 2vw 3"]);
    assert_eq!(halls(&by_name("F d -3 m S")), ["F 4d 2 3 -1d"]);
    assert_eq!(halls(&by_name("R -3 m :H")), ["-R 3 2="]);
    assert_eq!(halls(&by_name("R-3m H")), ["-R 3 2="]);
    assert_eq!(halls(&by_name("P 63/m m c")), ["-P 6c 2c"]);
    assert_eq!(halls(&by_name("F m 3 m")), ["-F 4 2 3"]);
    assert_eq!(halls(&by_name("Ia3d")), ["-I 4bd 2c 3"]);
    assert_eq!(halls(&by_name("F d 3 m S")), ["F 4d 2 3 -1d"]);
    for (name, hall) in [
        ("P2(1)/c", "-P 2ybc"),
        ("P 2~1~/c", "-P 2ybc"),
        ("P2<sub>1</sub>/c", "-P 2ybc"),
        ("$P2_{1}/c$", "-P 2ybc"),
        ("P 1 21/c 1 (No. 14)", "-P 2ybc"),
        ("P 21/c, #14", "-P 2ybc"),
        ("P 2(1) 2(1) 2(1)", "P 2ac 2ab"),
        ("P 6(3)/m m c", "-P 6c 2c"),
        ("R -3 c RS", "-P 3* 2n"),
        ("R -3 c HR", "-R 3 2=c"),
        ("R -3 m (hexagonal axes)", "-R 3 2="),
        ("H -3 m", "-R 3 2="),
        ("F d -3 m O1", "F 4d 2 3 -1d"),
        ("F d -3 m (origin choice 2)", "-F 4vw 2vw 3"),
        ("F m \u{2212}3 m", "-F 4 2 3"),
        ("F m \\bar{3} m", "-F 4 2 3"),
        ("P m 3\u{305} m", "-P 4 2 3"),
        ("C m c a", "-C 2ac 2"),
        ("A b a 2", "A 2 -2ab"),
        ("B b c m", "-B 2 2ab"),
        ("C -1", "-C 1"),
        ("I-1", "-I 1"),
        ("PNMA", "-P 2ac 2n"),
    ] {
        assert_eq!(halls(&by_name(name)), [hall], "{name}");
    }
    for name in ["P 99", "P 3 n", "A 3 m", "P 2 3 m", "I4/mmm(00g)0000", "", "P 21/c:9", "(", "é"] {
        assert_eq!(halls(&by_name(name)), Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn numbers_mean_the_first_tabulated_axes() {
    let halls = |text: &str| by_stated_number(text, [90.0; 3]).map(|(_, found)| super::tests::halls(&found));
    assert_eq!(halls("14"), Some(vec!["-P 2ybc"]));
    assert_eq!(halls("166.0"), Some(vec!["-R 3 2=", "-P 3* 2"]));
    assert_eq!(halls("227"), Some(vec!["F 4d 2 3 -1d", "-F 4vw 2vw 3"]));
    assert_eq!(halls("227:2"), Some(vec!["-F 4vw 2vw 3"]));
    assert!((1..=230).all(|number| !by_number(number).is_empty()));
    for nonsense in ["231", "0", "-1", "14.5", "x", ""] {
        assert_eq!(halls(nonsense), None, "{nonsense}");
    }
}

#[test]
fn double_glides_are_found_by_their_former_names_as_gemmi_finds_them() {
    // gemmi 0.7.5: `for g in spacegroup_table()` with these numbers, without the doublet `A b a m`; the table has one
    // origin or both of each.
    for (name, found) in [
        ("A b m 2", vec!["A 2 -2b"]),
        ("B m a 2", vec!["B 2 -2a"]),
        ("B 2 c m", vec!["B -2a 2"]),
        ("C 2 m b", vec!["C -2a 2"]),
        ("C m 2 a", vec!["C -2a -2a"]),
        ("A c 2 m", vec!["A -2b -2b"]),
        ("A b a 2", vec!["A 2 -2ab"]),
        ("B b a 2", vec!["B 2 -2ab"]),
        ("B 2 c b", vec!["B -2ab 2"]),
        ("C 2 c b", vec!["C -2ac 2"]),
        ("C c 2 a", vec!["C -2ac -2ac"]),
        ("A c 2 a", vec!["A -2ab -2ab"]),
        ("C m c a", vec!["-C 2ac 2"]),
        ("C c m b", vec!["-C 2ac 2ac"]),
        ("A b m a", vec!["-A 2ab 2ab"]),
        ("A c a m", vec!["-A 2 2ab"]),
        ("B b c m", vec!["-B 2 2ab"]),
        ("B m a b", vec!["-B 2ab 2"]),
        ("C m m a", vec!["-C 2a 2"]),
        ("C m m b", vec!["-C 2a 2a"]),
        ("A b m m", vec!["-A 2b 2b"]),
        ("A c m m", vec!["-A 2 2b"]),
        ("B m c m", vec!["-B 2 2a"]),
        ("B m a m", vec!["-B 2a 2"]),
        ("C c c a", vec!["C 2 2 -1ac", "-C 2a 2ac"]),
        ("C c c b", vec!["C 2 2 -1ac", "-C 2a 2c"]),
        ("A b a a", vec!["A 2 2 -1ab", "-A 2a 2b"]),
        ("A c a a", vec!["A 2 2 -1ab", "-A 2ab 2b"]),
        ("B b c b", vec!["B 2 2 -1ab", "-B 2ab 2b"]),
        ("B b a b", vec!["B 2 2 -1ab", "-B 2b 2ab"]),
    ] {
        assert_eq!(halls(&by_name(name)), found, "{name}");
        if let [_, second] = found[..] {
            assert_eq!(halls(&by_name(&format!("{name}:2"))), [second], "{name}:2");
        }
    }
    assert_eq!(halls(&by_name("C 2/m 2/m 2/b")), ["-C 2a 2a"]);
    // The letter of 1992 stands for both glides.
    assert_eq!(halls(&by_name("C m m e")), ["-C 2a 2", "-C 2a 2a"]);
    assert_eq!(halls(&by_name("B b e b:2")), ["-B 2ab 2b", "-B 2b 2ab"]);
    let spelled: Vec<Setting> = settings().filter(|setting| former_glide(setting).is_some()).collect();
    assert!(spelled.iter().all(|setting| setting.short.contains('e') && setting.full.contains('e')));
    assert_eq!(spelled.len(), 36);
}

#[test]
fn the_oblique_angle_chooses_the_unique_axis_of_a_short_name() {
    let axes = [[100.0, 90.0, 90.0], [90.0, 100.0, 90.0], [90.0, 90.0, 100.0]];
    for (name, found) in [
        ("P 2", ["P 2x", "P 2y", "P 2"]),
        ("P 21", ["P 2xa", "P 2yb", "P 2c"]),
        ("P m", ["P -2x", "P -2y", "P -2"]),
        ("P 2/m", ["-P 2x", "-P 2y", "-P 2"]),
        ("P 21/m", ["-P 2xa", "-P 2yb", "-P 2c"]),
        ("P 21/n", ["-P 2xn", "-P 2yn", "-P 2n"]),
        // Under one of the axes no setting has the name, and the first that has it stays.
        ("P 21/a", ["-P 2yab", "-P 2yab", "-P 2ac"]),
        ("P 21/c", ["-P 2xac", "-P 2ybc", "-P 2ybc"]),
        ("C 2/m", ["-C 2x", "-C 2y", "-C 2y"]),
        ("A 2/m", ["-A 2y", "-A 2y", "-A 2"]),
        ("B 2/m", ["-B 2x", "-B 2", "-B 2"]),
        ("I 2/m", ["-I 2x", "-I 2y", "-I 2"]),
        ("C c", ["C -2xc", "C -2yc", "C -2yc"]),
        ("I a", ["I -2ya", "I -2ya", "I -2a"]),
        // A full name says which axis it is.
        ("P 1 21/n 1", ["-P 2yn"; 3]),
        ("P 1 1 2/m", ["-P 2"; 3]),
        ("P n m a", ["-P 2ac 2n"; 3]),
    ] {
        assert_eq!(axes.map(|angles| halls(&by_name_in_cell(name, angles))), found.map(|hall| vec![hall]), "{name}");
    }
    for angles in [[90.0; 3], [90.0, 90.0, 90.04], [90.0, 90.3, 95.0], [80.0, 95.0, 100.0]] {
        let of_b = ["-P 2y"];
        let clear = angles[2] == 95.0;
        assert_eq!(halls(&by_name_in_cell("P 2/m", angles)) == of_b, !clear, "{angles:?}");
    }
    // A number has a single setting for an axis, or that of unique axis b.
    let of_number = |text: &str| by_stated_number(text, axes[2]).map(|(_, found)| halls(&found));
    assert_eq!(of_number("10"), Some(vec!["-P 2"]));
    assert_eq!(of_number("14"), Some(vec!["-P 2ybc"]));
    assert_eq!(of_number("62"), Some(vec!["-P 2ac 2n"]));
}

#[test]
fn hall_symbols_are_read_however_they_are_spelled() {
    for (spelled, tabulated) in [
        ("-P2ybc", "-P 2ybc"),
        ("-p 2ybc", "-P 2ybc"),
        ("-P_2ybc", "-P 2ybc"),
        ("- P 2ybc", "-P 2ybc"),
        ("-R 3 2 \"", "-R 3 2="),
        ("-R 3 2''", "-R 3 2="),
        ("-R 3 2\u{2033}", "-R 3 2="),
        ("-R32\"", "-R 3 2="),
        ("-P3*2n", "-P 3* 2n"),
        ("-P 3 * 2n", "-P 3* 2n"),
        ("F4d23-1d", "F 4d 2 3 -1d"),
        ("-F4vw2vw3", "-F 4vw 2vw 3"),
        ("\u{2212}P 2ac 2n", "-P 2ac 2n"),
    ] {
        assert_eq!(by_hall(spelled), operations(tabulated), "{spelled}");
        assert!(by_hall(spelled).is_some(), "{spelled}");
    }
    // Glued, two symbols of the table look like this.
    assert_eq!(by_hall("P32"), None);
}
