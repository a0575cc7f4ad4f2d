//! Inputs that mutations start from.

use std::{fs, path::Path};

/// Seeds longer than this would make most executions slow.
const MAX_SEED: usize = 6_000;

/// Files of a folder with one of these endings; all of them where no ending is given.
fn files(folder: &str, endings: &[&str]) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
    paths.sort();
    let wanted = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        endings.is_empty() || endings.iter().any(|ending| name.ends_with(ending))
    };
    let read = paths.iter().filter(|path| path.is_file() && wanted(path)).map(fs::read);
    let mut seeds: Vec<_> = read.map(|bytes| bytes.expect("a seed can be read")).collect();
    seeds.retain(|seed| seed.len() <= MAX_SEED);
    seeds
}

/// Valid, malformed and troublesome files of the readers' tests.
pub(crate) fn structures(endings: &[&str]) -> Vec<Vec<u8>> {
    let folders = [
        "s2s-crystal/tests/corpus/valid",
        "s2s-crystal/tests/corpus/malformed",
        "s2s-crystal/tests/cif",
        "s2s-data/tests/readers",
    ];
    let seeds: Vec<_> = folders.into_iter().flat_map(|folder| files(folder, endings)).collect();
    assert!(!seeds.is_empty(), "no seeds that end in {endings:?}");
    seeds
}

/// Files of this crate's tests.
pub(crate) fn data(folder: &str, endings: &[&str]) -> Vec<Vec<u8>> {
    let seeds = files(&format!("s2s-data/tests/data/{folder}"), endings);
    assert!(!seeds.is_empty(), "no seeds in {folder}");
    seeds
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Operations within the tolerance of each other among others.
pub(crate) fn symmetric_cifs() -> Vec<Vec<u8>> {
    let cif = |operations: &[&str], cell: &str, atoms: &str| {
        let operations: String = operations.iter().map(|operation| format!("'{operation}'\n")).collect();
        let [a, b, c] = cell.split(' ').collect::<Vec<_>>()[..] else { panic!("a cell has three lengths") };
        format!(
            "data_x\n_cell_length_a {a}\n_cell_length_b {b}\n_cell_length_c {c}\n_cell_angle_alpha 90\n\
             _cell_angle_beta 90\n_cell_angle_gamma 90\nloop_\n_symmetry_equiv_pos_as_xyz\n{operations}\
             loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n{atoms}"
        )
    };
    let line: String = (0..40).map(|k| format!("C {} 0 0\n", f64::from(k) * 1.5e-11)).collect();
    let cube: String =
        (0..45).map(|k| format!("C {} {} {}\n", k % 5, k / 5 % 3, k / 15)).collect::<String>().replace(' ', " 0.");
    [
        cif(&["x,y,z", "x,y,z+0.002", "x,y,z+0.004"], "4 4 4", "C 0.1 0.2 0.3\n"),
        cif(&["x,y,z", "-x,-y,z", "-y,x,z", "y,-x,z"], "4 4 4", "C 0.005 0 0.3\nN 0.25 0.25 0\n"),
        cif(&["x,y,z", "-x,-y,-z+.501"], "4 4 4", "C 0 0 0.2503\n"),
        cif(&["x,y,z"], "6000000000 0.4 0.4", &line),
        cif(&["x,y,z"], "0.2 0.2 0.2", &cube),
    ]
    .map(String::into_bytes)
    .to_vec()
}

pub(crate) fn formulas() -> Vec<Vec<u8>> {
    texts(&[
        "Nb3Sn",
        "Ba0.6K0.4Fe2As2",
        "(La,Sr)2CuO4-y",
        "Mg(OH)2",
        "CuSO4.5H2O",
        "[Fe(CN)6]4-",
        "H2O1e5",
        "Fe2+3",
        "D2O",
        "Y1Ba2Cu3O6.94",
        "((((H))))2",
        "C60H60(H2O)12",
        "Na+",
        "Cl-",
        "Hg 1 Ba 2",
    ])
}

pub(crate) fn operations() -> Vec<Vec<u8>> {
    texts(&[
        "x,y,z",
        "-y, x-y, z+1/3",
        "-Y,+X-Y,.333+Z",
        "1/2+x, 1/2-y, -z",
        "x-y+0.5,2*x,z/1",
        "3x-2y,x-y,z-7/8",
        "x,y,z+0.002",
    ])
}

const RECORDS: [&str; 5] = [
    r#"{"id":"mp-2","source":"x","lattice":[[5.5,0.0,0.0],[2.7,4.8,0.0],[2.7,1.6,4.5]],"species":[46,46],"frac_coords":[[0.0,0.0,0.0],[0.0,0.0,0.5]],"formula":"Pd","volume":118.8,"in_mp2018":true,"s2s_overlap":false,"e_form":0.0,"gap_pbe":0.0,"megnet_split":"train"}"#,
    r#"{"id":"a","formula":"FeCo","mp_id":"mp-1","label":1,"answer":"superconductor","tc":9.2,"evidence":{"tier":"exact","difference":0.0,"weight":0.5,"rows":[1,2]},"lattice":[[2,0,0],[0,2,0],[0,0,2]],"species":[[[26,0.5,2.0],[27,0.5,null]]],"frac_coords":[[0,0,0]],"pbc":[true,false,true],"hull":{"e":[0.1,{}]}}"#,
    r#"{"id":"b","formula":"Fe","label":0,"answer":"no_transition","lattice":[[2,0,0],[0,2,0],[0,0,2]],"species":[26],"frac_coords":[[1e8,0.5,-3]]}"#,
    r#"{"id":"c","formula":"Fe","answer":"conflicting","tc":4,"lattice":[[2,0,0],[300,2,0],[0,900,2]],"species":[26,26],"frac_coords":[[0,0,0],[0.5,0.5,0.5]]}"#,
    r#"{"id":"d","formula":"C","lattice":[[0.2,0,0],[0,0.2,0],[0,0,0.2]],"species":[6,6,6],"frac_coords":[[0,0,0],[0.5,0.5,0.5],[0.1,0.1,0.1]]}"#,
];

pub(crate) fn records() -> Vec<Vec<u8>> {
    texts(&RECORDS)
}

/// Plain and compressed lines.
pub(crate) fn streams() -> Vec<Vec<u8>> {
    let lines = format!("{}\nnonsense\n\n{}\n", RECORDS[0], RECORDS[1]);
    let packed = ruzstd::encoding::compress_to_vec(lines.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let skippable = [b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc".as_slice(), &packed].concat();
    vec![lines.into_bytes(), packed, skippable]
}

pub(crate) fn tables() -> Vec<Vec<u8>> {
    texts(&[
        "name,Tc\nNb3Sn1,18.05\n\"Ba0.6K0.4Fe2As2\",38\r\nAu1,0\nSm1Ba-1Cu3O6.94,86.3\n",
        "name,Tc\n\"Nb\"\"x\",9\n\"stray,9\n\nNb\n",
        "# CC BY\nformula_sc,sc_class,tc,cif,weight,totreldiff\nNb,Other,4.2,a/b/c.cif,0.5,0.01\n",
        "mol_index,supercon\n0,1\n1,0\n",
    ])
}

pub(crate) fn fold_files() -> Vec<Vec<u8>> {
    texts(&[
        r#"{"splits": {"t": {"fold_0": {"train": ["a", "b"], "test": ["c"]}, "fold_1": {"train": ["c"], "test": ["a", "b"]}}}}"#,
        r#"{"format":1,"made_by":"x","sources":{"a":{"bytes":3,"sha256":"00","records":null,"source":null,"licence":"CC"}},"settings":{"k":"v"},"outputs":{}}"#,
    ])
}
