//! Small files that unfold to texts of forty megabytes, one for every format and kind of text.

use std::io::Write;

use bzip2::write::BzEncoder;
use flate2::{Compression, write::GzEncoder};

/// Bytes of each text.
const TEXT: usize = 40 << 20;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text).and_then(|()| packed.finish()).expect("memory is written without an error")
}

fn bzip2(text: &[u8]) -> Vec<u8> {
    let mut packed = BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    packed.write_all(text).and_then(|()| packed.finish()).expect("memory is written without an error")
}

/// A text that repeats a unit between a head and a tail.
fn text(head: &str, unit: &str, tail: &str) -> Vec<u8> {
    let count = (TEXT - head.len() - tail.len()) / unit.len();
    [head.as_bytes(), &unit.as_bytes().repeat(count), tail.as_bytes()].concat()
}

const CELL: &str = "data_x\n_cell_length_a 9\n_cell_length_b 9\n_cell_length_c 9\n_cell_angle_alpha 90\n_cell_angle_beta 90\n\
    _cell_angle_gamma 90\n";
const SITES: &str =
    "loop_\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nC 0 0 0\n";

/// Packed files with their names, and the structures and faults that they give at most.
pub(crate) fn packed_files() -> Vec<(&'static str, Vec<u8>, usize, usize)> {
    let sites = format!("{CELL}{SITES}");
    let poscar = "x\n1\n9 0 0\n0 9 0\n0 0 9\n";
    let behind = "\n1\n9 0 0\n0 9 0\n0 0 9\nC\n1\nDirect\n0 0 0\n";
    let atom = "\nC 0 0 0\n";
    let blank_xz = include_bytes!("blank.xz").repeat(100);
    let texts: Vec<(&'static str, Vec<u8>, usize, usize)> = vec![
        ("sites.cif.gz", text(&sites, "C 0 0 0\n", ""), 0, 1),
        ("column.cif.gz", text("data_x\nloop_\n_a\n", "1\n", ""), 0, 1),
        ("tags.cif.gz", text("data_x\n", "_a 1\n", ""), 0, 1),
        ("blocks.cif.gz", text("", "data_x\n", ""), 0, 1001),
        ("loops.cif.gz", text("data_x\n", "loop_\n", &sites), 1, 1),
        ("quotes.cif.gz", text("data_x\n_a '", "'", &sites), 1, 1),
        ("field.cif.gz", text("data_x\n_a\n;", "\n", &format!("\n;\n{sites}")), 1, 1),
        ("comment.cif.gz", text("#", "#", &format!("\n{sites}")), 1, 0),
        ("name.cif.gz", text("data_", "x", &sites["data_x".len()..]), 1, 1),
        ("operations.cif.gz", text(&format!("{CELL}loop_\n_symmetry_equiv_pos_as_xyz\n"), "x,y,z\n", SITES), 1, 1),
        ("comment.vasp.gz", text("", "x", behind), 1, 1),
        ("elements.vasp.gz", text(poscar, "C ", "\n1\nDirect\n0 0 0\n"), 0, 1),
        ("counts.vasp.gz", text(&format!("{poscar}C\n"), "1 ", "\nDirect\n0 0 0\n"), 0, 1),
        ("wrapped.vasp.gz", text(&format!("{poscar}C\n"), "1\n", "\nDirect\n0 0 0\n"), 0, 1),
        ("positions.vasp.gz", text(&format!("{poscar}C\n10000000\nDirect\n"), "0 0 0\n", ""), 0, 1),
        ("behind.vasp.gz", text(&format!("{poscar}C\n1\nDirect\n"), "0 0 0\n", ""), 1, 1),
        ("blank.vasp.gz", text("", "\n", ""), 0, 1),
        ("keys.xyz.gz", text("1\n", "a=1 ", atom), 1, 1),
        ("comment.xyz.gz", text("1\n", "x", atom), 1, 0),
        ("name.xyz.gz", text("1\nLattice=\"9 0 0 0 9 0 0 0 9\" name=", "x", atom), 1, 1),
        ("columns.xyz.gz", text("1\nProperties=species:S:1:pos:R:3", ":a:R:1", atom), 0, 1),
        ("lattice.xyz.gz", text("1\nLattice=\"", "1 ", &format!("\"{atom}")), 1, 1),
        ("atoms.xyz.gz", text("7000000\n\n", "C 0 0 0\n", ""), 0, 1),
        ("frames.xyz.gz", text("", "1\n", ""), 0, 1001),
        ("id.json.gz", text("{\"id\":\"", "x", "\",\"lattice\":1,\"sites\":[]}"), 0, 1),
        ("map.json.gz", text("{\"x\":1", ",\"a\":{}", "}"), 0, 1001),
    ];
    let mut files: Vec<_> =
        texts.into_iter().map(|(name, text, structures, faults)| (name, gzip(&text), structures, faults)).collect();
    files.push(("sites.cif.bz2", bzip2(&text(&sites, "C 0 0 0\n", "")), 0, 1));
    files.push(("blank.vasp.bz2", bzip2(&vec![b' '; 2 * TEXT]), 0, 1));
    files.push(("blank.cif.xz", blank_xz.clone(), 0, 1));
    files.push(("blank.xyz.xz", blank_xz, 0, 1));
    files
}

/// Tables that are read from a packed stream, with what they are.
pub(crate) fn packed_tables() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("rows of one formula", gzip(&text("name,Tc,cif\n", "C,1,x\n", ""))),
        ("rows without a comma", gzip(&text("name,Tc,cif\n", "a\n", ""))),
        ("one line", gzip(&text("name,Tc,cif\n", "a", ""))),
        ("one row of commas", gzip(&text("name,Tc,cif\n", ",", ""))),
        ("a header of commas", gzip(&text("name,Tc,cif", ",", "\n"))),
        ("blank lines", gzip(&text("name,Tc,cif\n", "\n", ""))),
        ("quotes", gzip(&text("name,Tc,cif\n", "\"\n", ""))),
        ("long formulas", gzip(&text("name,Tc,cif\n", &format!("{},1,x\n", "Nb".repeat(250_000)), ""))),
    ]
}

/// Texts of published splits.
pub(crate) fn fold_files() -> Vec<(&'static str, Vec<u8>)> {
    let head = "{\"splits\":{\"t\":{\"fold_0\":{\"test\":[],\"train\":[\"a\"";
    vec![
        ("identifiers", text(head, ",\"b\"", "]}}}}")),
        ("empty identifiers", text(head, ",\"\"", "]}}}}")),
        ("one identifier", text("{\"splits\":{\"t\":{\"fold_0\":{\"test\":[],\"train\":[\"", "x", "\"]}}}}")),
        ("brackets", text("{\"splits\":", "[", "")),
    ]
}

/// NumPy files.
pub(crate) fn npy_files() -> Vec<(&'static str, Vec<u8>)> {
    let file = |kind: &str, shape: &str, body: &[u8]| {
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}");
        let mut file = b"\x93NUMPY\x02\x00".to_vec();
        file.extend((header.len() as u32).to_le_bytes());
        file.extend(header.as_bytes());
        file.extend(body);
        file
    };
    vec![
        ("bytes", file("|u1", &format!("{TEXT},"), &vec![1; TEXT])),
        ("as many bytes as are read", file("|u1", "4194304,", &vec![1; 4_194_304])),
        ("a long name of a type", file(&"x".repeat(TEXT), "1,", b"")),
        ("a long shape", file("<f8", &"1,".repeat(TEXT / 2), b"")),
    ]
}
