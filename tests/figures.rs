//! What `examples/figures` draws: whole documents, and numbers that mean what they say.

#[allow(dead_code, reason = "the example uses what the tests do not")]
#[path = "../examples/drawing/mod.rs"]
mod drawing;

#[allow(dead_code, reason = "the example uses what the tests do not")]
#[path = "../examples/figures/answers.rs"]
mod answers;

#[allow(dead_code, reason = "the example uses what the tests do not")]
#[path = "../examples/figures/correlation.rs"]
mod correlation;

#[allow(dead_code, reason = "the example uses what the tests do not")]
#[path = "../examples/figures/element_vectors.rs"]
mod element_vectors;

#[allow(dead_code, reason = "the example uses what the tests do not")]
#[path = "../examples/figures/families.rs"]
mod families;

#[path = "../examples/figures/frequency.rs"]
mod frequency;

#[path = "../examples/figures/map.rs"]
mod map;

#[path = "../examples/figures/ranking.rs"]
mod ranking;

#[path = "../examples/figures/roc.rs"]
mod roc;

#[path = "../examples/figures/tsne.rs"]
mod tsne;

use std::{fs, path::Path};

use element_vectors::{ElementVectors, Part};
use families::Compounds;
use s2s_crystal::{Composition, Crystal, Element, Frac, Lattice, Site};
use s2s_data::table::{SuperCon, SuperConColumns};
use s2s_featurize::RandomStream;

/// The names of all elements, if every one that opens also closes and every attribute is quoted.
#[track_caller]
fn elements(svg: &str) -> Vec<String> {
    let (mut open, mut seen, mut rest) = (Vec::new(), Vec::new(), svg);
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>'), "a stray > in {:?}", &rest[..start]);
        let end = start + rest[start..].find('>').expect("a tag that ends");
        let tag = &rest[start + 1..end];
        assert!(!tag.contains('<') && tag.matches('"').count() % 2 == 0, "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "elements close in the order in which they opened");
        } else {
            let name = tag.split([' ', '/']).next().unwrap_or_default().to_owned();
            seen.push(name.clone());
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{open:?} stay open");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "every number is finite");
    seen
}

fn committed() -> ElementVectors {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/s2s-train/results/pretrain-periodic/elements.safetensors");
    ElementVectors::read(&path, Part::Head).expect("the committed vectors are whole")
}

#[test]
fn correlations_are_symmetric_with_ones_on_the_diagonal_and_follow_the_families() {
    let vectors = committed();
    let correlations = vectors.correlations();
    assert_eq!((vectors.elements.len(), correlations.len()), (89, 89));
    for (i, row) in correlations.iter().enumerate() {
        assert!((row[i] - 1.0).abs() < 1e-12);
        for (j, r) in row.iter().enumerate() {
            assert!(r.abs() <= 1.0 + 1e-12 && (r - correlations[j][i]).abs() < 1e-15);
        }
    }
    let numbers: Vec<_> = vectors.elements.iter().map(|element| element.mendeleev_number()).collect();
    assert!(numbers.is_sorted() && numbers.iter().all(Option::is_some));
    let (within, across) = correlation::within_and_across(&vectors.elements, &correlations);
    assert!(within > across + 0.1, "{within} within families, {across} across");

    let svg = correlation::draw(&vectors.elements, &correlations, "weights", "a < b & c");
    let seen = elements(&svg);
    assert!(svg.contains("a &lt; b &amp; c"));
    // Two symbols per element, and what is written around.
    assert!(seen.iter().filter(|name| *name == "text").count() >= 2 * 89);
}

#[test]
fn the_map_keeps_clusters_together_and_is_a_function_of_its_seed() {
    let mut stream = RandomStream::new(*b"clusters", 1, 0, 0);
    let mut around =
        |center: usize| -> Vec<f64> { (0..10).map(|k| if k == center { 8.0 } else { 0.0 } + stream.unit()).collect() };
    let points: Vec<Vec<f64>> = (0..60).map(|k| around(k % 3)).collect();
    let find = |seed| tsne::Tsne { perplexity: 8.0, steps: 500, seed }.positions(&points);
    let positions = find(1);
    for (i, position) in positions.iter().enumerate() {
        let distance = |j: usize| (position[0] - positions[j][0]).hypot(position[1] - positions[j][1]);
        let nearest = (0..60).filter(|j| *j != i).min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
        assert_eq!(nearest.map(|j| j % 3), Some(i % 3), "the nearest of point {i} is of its cluster");
    }
    assert_eq!(positions, find(1));
    assert_ne!(positions, find(2));
}

#[test]
fn circles_of_the_map_do_not_overlap() {
    let vectors = committed();
    let found = tsne::Tsne { perplexity: 10.0, steps: 300, seed: 1 }.positions(&vectors.vectors);
    let positions = map::spread(&found);
    for (i, a) in positions.iter().enumerate() {
        for b in &positions[..i] {
            assert!((a[0] - b[0]).hypot(a[1] - b[1]) > 25.0);
        }
    }
    let shares: Vec<Option<f64>> = (0..positions.len()).map(|k| (k > 0).then_some(k as f64 / 100.0)).collect();
    for svg in [
        map::by_family(&vectors.elements, &positions, "vectors", "by family"),
        map::by_frequency(&vectors.elements, &positions, &shares, "vectors", "by frequency"),
    ] {
        assert!(elements(&svg).iter().filter(|name| *name == "circle").count() >= positions.len());
    }
}

#[test]
fn the_band_holds_the_mean_within_the_unit_square() {
    let mut stream = RandomStream::new(*b"scores  ", 1, 0, 0);
    let mut fold = || {
        let labels: Vec<bool> = (0..80).map(|k| k % 3 == 0).collect();
        let scores: Vec<f64> = labels.iter().map(|l| stream.unit() + if *l { 0.4 } else { 0.0 }).collect();
        roc::roc(&labels, &scores)
    };
    let curves: Vec<Vec<[f64; 2]>> = (0..5).map(|_| fold()).collect();
    let band = roc::Band::of(&curves);
    for k in 0..band.rates.len() {
        assert!(0.0 <= band.lower[k] && band.lower[k] <= band.mean[k]);
        assert!(band.mean[k] <= band.upper[k] && band.upper[k] <= 1.0);
    }
    assert!(band.mean.is_sorted() && band.mean.last() == Some(&1.0));
    // The mean curve has the mean area, up to the steps of the grid.
    let points: Vec<[f64; 2]> = band.rates.iter().zip(&band.mean).map(|(x, y)| [*x, *y]).collect();
    let mean = curves.iter().map(|curve| roc::area(curve)).sum::<f64>() / 5.0;
    assert!((roc::area(&points) - mean).abs() < 0.01);
    let entrant = roc::Entrant { name: "one".to_owned(), curves };
    let absent = roc::Entrant { name: "another".to_owned(), curves: Vec::new() };
    let svg = roc::draw(&[("S2S".to_owned(), vec![absent, entrant])]);
    elements(&svg);
    assert!(svg.contains(">one<") && !svg.contains("another"), "who took no part is not in the legend");
}

#[test]
fn a_roc_curve_by_hand() {
    let points = roc::roc(&[true, false, true, false], &[0.9, 0.8, 0.8, 0.1]);
    assert_eq!(points, [[0.0, 0.0], [0.0, 0.5], [0.5, 1.0], [1.0, 1.0]]);
    assert_eq!(roc::area(&points), 0.875);
}

#[test]
fn cells_are_drawn_with_the_atoms_on_their_faces() {
    let lattice = Lattice::from_rows([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]]).expect("a cube");
    let site =
        |symbol: &str, at: f64| Site::pure(Element::from_symbol(symbol).expect("an element"), Frac([at, at, at]));
    let crystal = Crystal::new(lattice, vec![site("Cs", 0.0), site("Cl", 0.5)]).expect("a crystal");
    let mut svg = drawing::Svg::new(300.0, 300.0, "CsCl", "");
    drawing::structure::draw(&mut svg, [0.0, 0.0], [300.0, 300.0], &crystal, &[0.5, -0.5], 0.5).expect("it is ordered");
    let seen = elements(&svg.finish());
    let count = |name: &str| seen.iter().filter(|other| *other == name).count();
    assert_eq!((count("circle"), count("line")), (9, 12), "eight corners and the center; twelve edges");
}

#[test]
fn families_are_told_by_their_elements() {
    let of = |formula: &str| Compounds::of(&formula.parse::<Composition>().expect("a formula")).name();
    assert_eq!(
        ["LiFeAs", "La2CuO4", "Mo3H", "Nb3Sn", "NaCl", "Fe2O3"].map(of),
        ["iron pnictide or chalcogenide", "cuprate", "hydride", "metal", "all", "all"]
    );
    let water: Composition = "H2O".parse().expect("a formula");
    assert!(Compounds::Hydrogen.holds(&water) && !Compounds::Hydride.holds(&water));
}

/// Three crystals of two compositions, one line that was refused.
fn screened(name: &str) -> (Vec<answers::Answer>, usize) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let lines = [
        r#"{"s2s_answers":1,"shard":[0,1],"question":{}}"#,
        r#"{"id":"a","formula":"Nb3Sn","p_listed":0.9,"atoms":8,"nearest":"Nb3Ge","distance":1.0}"#,
        r#"{"id":"b","formula":"Nb3Sn","p_listed":0.4,"p_measured":0.7,"atoms":16}"#,
        r#"{"id":"c","formula":"NaCl","p_listed":0.1,"atoms":8,"warnings":["many atoms"]}"#,
        r#"{"id":"d","path":"d.cif","reason":"it holds no atoms"}"#,
    ];
    fs::write(&path, lines.join("\n")).expect("the temporary folder can be written");
    answers::read(&path).expect("answers are read")
}

#[test]
fn the_ranking_has_one_row_per_composition_and_says_what_is_known() {
    let (answers, refused) = screened("ranking.jsonl");
    assert_eq!((answers.len(), refused), (3, 1));
    let supercon = "name,Tc\nNb0.75Sn0.25,18.0\nNaCl,0\n".as_bytes();
    let supercon = SuperCon::read(supercon, &SuperConColumns::stanev()).expect("a table");
    let known = ranking::Known::new(&supercon, &[]);
    let (text, summary) = ranking::table(&answers, refused, &known, 10).expect("a table");
    let top = summary["top"].as_array().expect("rows");
    let cells = |k: usize| ["id", "known"].map(|cell| top[k][cell].as_str().unwrap_or_default());
    assert_eq!((top.len(), cells(0), cells(1)), (2, ["a", "superconductor"], ["c", "measured, none"]));
    assert_eq!(summary["top_by_p_measured"][0]["id"], "b");
    assert!(text.contains("| 1 | Nb3Sn | a | 0.900 | Nb3Ge (1.0) | metal | superconductor |"), "{text}");
    assert!(text.contains("NaCl (outside the training range)"));
    // Every row of the paper's list is read; none of its compositions is among these.
    assert_eq!((&summary["published"]["listed"], &summary["published"]["present"]), (&41.into(), &0.into()));
}

#[test]
fn elements_are_counted_by_material_and_by_atom() {
    let counts = frequency::count(&screened("frequency.jsonl").0);
    let of = |symbol: &str| counts[usize::from(Element::from_symbol(symbol).expect("an element").atomic_number())];
    assert_eq!(of("Nb"), frequency::Count { materials: 1, atoms: 6, screened: 2 });
    assert_eq!(of("Na"), frequency::Count { materials: 0, atoms: 0, screened: 1 });
    // Two crystals are too few for a share.
    assert_eq!(of("Nb").share(), None);
    assert_eq!(frequency::Count { materials: 20, atoms: 80, screened: 200 }.share(), Some(0.1));
    let json = frequency::to_json(&counts);
    assert_eq!(json[0]["element"], "Nb");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("frequency.json");
    fs::write(&path, json.to_string()).expect("the temporary folder can be written");
    assert_eq!(frequency::read(&path).expect("counts are read"), counts);
    let seen = elements(&frequency::draw(&counts, "1 of 3"));
    assert!(seen.iter().any(|name| name == "rect"));
}
