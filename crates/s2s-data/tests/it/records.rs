use std::io::Read;

use proptest::prelude::*;
use s2s_crystal::{Crystal, Element, Frac, Lattice, Occupant, Site, Species};
use s2s_data::{
    Kelvin, Label, Record, RecordStream,
    file::Decompressed,
    record::{Mp2018, Mp2018Split, RecordErrorKind, RecordWriter},
    split::FoldFile,
    table::{SuperCon, SuperConColumns},
};

const IRON: &str =
    r#"{"id":"a","formula":"Fe","lattice":[[2,0,0],[0,2,0],[0,0,2]],"species":[26],"frac_coords":[[0,0,0]]}"#;

#[track_caller]
fn refused(line: &str, message: &str) {
    assert_eq!(Record::from_json(line.as_bytes()).unwrap_err().to_string(), message);
}

#[test]
fn every_fault_of_a_line_is_named() {
    refused(&IRON.replace("[26]", "[26,26]"), "2 species for 1 positions");
    refused(&IRON.replace("[26]", "[0]"), "column 73: unknown atomic number 0");
    refused(&IRON.replace("[26]", "[300]"), "column 75: unknown atomic number 300");
    refused(&IRON.replace("[0,0,2]", "[0,0,0]"), "invalid lattice: a lattice vector has no length");
    refused(&IRON.replace("[26]", "[]").replace("[[0,0,0]]", "[]"), "a crystal needs at least one site");
    refused(&IRON.replace("\"id\"", "\"label\":3,\"id\""), "label 3 is neither 0 nor 1");
    refused(&IRON.replace(",\"formula\":\"Fe\"", ""), "column 85: the object has no formula");
    refused(
        &IRON.replace("[26]", "[[[26,0.7],[27,0.7]]]"),
        "column 91: invalid occupancy 1.4: a site's occupancies lie between 0 and 1 and add up to at most 1",
    );
    refused("[]", "column 0: a list is not a record object");
}

#[test]
fn fields_that_contradict_each_other_are_refused() {
    let with = |fields: &str| IRON.replace("\"id\"", &format!("{fields},\"id\""));
    for (fields, message) in [
        (r#""label":1,"answer":"no_transition""#, "the label 1 contradicts the answer `no_transition`"),
        (r#""answer":"not_listed","label":1"#, "the label 1 contradicts the answer `not_listed`"),
        (r#""label":0,"answer":"superconductor""#, "the label 0 contradicts the answer `superconductor`"),
        (r#""label":0,"answer":"conflicting","tc":4"#, "the label 0 contradicts the answer `conflicting`"),
        (r#""label":2,"answer":"superconductor""#, "label 2 is neither 0 nor 1"),
        (r#""label":0,"tc":9.2"#, "a `tc` of 9.2 K without a transition"),
        (r#""answer":"not_listed","tc":9.2"#, "a `tc` of 9.2 K without a transition"),
        (r#""tc":9.2"#, "a `tc` of 9.2 K without a label"),
        (r#""answer":"conflicting""#, "the answer `conflicting` without a `tc`"),
        (r#""label":1,"tc":-5"#, "-5 K is no transition temperature"),
        (r#""label":1,"tc":0"#, "0 K is no transition temperature"),
        (r#""label":1,"tc":1e9"#, "1000000000 K is no transition temperature"),
        (r#""in_mp2018":false,"e_form":-1"#, "`in_mp2018` is false, and yet there are properties from that set"),
        (r#""gap_pbe":-0.5"#, "gap_pbe is -0.5, which is not zero or positive"),
        (r#""volume":9"#, "a volume of 9 Å³ for a cell of 8.0000 Å³"),
        (
            r#""evidence":{"tier":"exact","difference":0,"weight":1,"rows":[4,2]}"#,
            "the rows of the evidence are not in increasing order: [4, 2]",
        ),
        (
            r#""evidence":{"tier":"exact","difference":0,"weight":-1,"rows":[2]}"#,
            "weight is -1, which is not zero or positive",
        ),
    ] {
        refused(&with(fields), message);
    }
    for formula in ["Xe99", "FeXe0.001", "Fe2O3"] {
        let line = IRON.replace("\"Fe\"", &format!("{formula:?}"));
        refused(&line, &format!("the formula {formula} contradicts the sites, which are Fe"));
    }
    for formula in ["Fe2", "not a formula", ""] {
        assert!(Record::from_json(IRON.replace("\"Fe\"", &format!("{formula:?}")).as_bytes()).is_ok());
    }
    assert!(Record::from_json(with(r#""volume":8.0001,"label":1,"tc":9.2"#).as_bytes()).is_ok());
}

#[test]
fn a_field_that_appears_twice_is_refused() {
    let value = |field: &str| match field {
        "id" | "formula" | "mp_id" => r#""Fe""#,
        "lattice" => "[[2,0,0],[0,2,0],[0,0,2]]",
        "species" => "[26]",
        "frac_coords" => "[[0,0,0]]",
        "pbc" => "[true,true,true]",
        "answer" => r#""superconductor""#,
        "evidence" => r#"{"tier":"exact","difference":0,"weight":1,"rows":[2]}"#,
        "megnet_split" => r#""train""#,
        "in_mp2018" | "s2s_overlap" => "true",
        "volume" => "8",
        "diagnostics" => "[]",
        _ => "1",
    };
    for field in [
        "id",
        "formula",
        "lattice",
        "species",
        "frac_coords",
        "pbc",
        "label",
        "answer",
        "tc",
        "evidence",
        "mp_id",
        "in_mp2018",
        "e_form",
        "gap_pbe",
        "megnet_split",
        "s2s_overlap",
        "volume",
        "diagnostics",
        "anything else",
    ] {
        let value = value(field);
        let line = format!(r#"{{"{field}":{value},"{field}":{value},{}"#, &IRON[1..]);
        let message = Record::from_json(line.as_bytes()).unwrap_err().to_string();
        assert!(message.ends_with(" occurs twice") || message.contains("duplicate field"), "{field}: {message}");
    }
}

#[test]
fn a_key_that_appears_twice_inside_another_field_is_refused() {
    let with = |fields: &str| IRON.replace("\"id\"", &format!("{fields},\"id\""));
    for field in [
        r#""more":{"tc":9,"tc":7}"#,
        r#""more":[[],[1,{"deep":{"a":null,"b":1,"a":null}}]]"#,
        r#""more":{"tc":9,"t\u0063":7}"#,
        r#""more":{"":{},"":{}}"#,
        r#""evidence":{"tier":"exact","difference":0,"weight":1,"weight":2,"rows":[2]}"#,
        r#""diagnostics":[{"severity":"note","severity":"note","kind":"assumed","line":1,"column":1,"message":""}]"#,
    ] {
        let message = Record::from_json(with(field).as_bytes()).unwrap_err().to_string();
        assert!(message.contains("duplicate key") || message.ends_with(" occurs twice"), "{field}: {message}");
    }
    // The same key in different objects is not the same.
    assert!(Record::from_json(with(r#""more":{"tc":9,"of":[{"tc":9},{"tc":9}]}"#).as_bytes()).is_ok());
}

#[test]
fn fields_that_nobody_reads_are_bounded() {
    let line = |objects: usize| IRON.replace("\"id\"", &format!(r#""more":[{}{{}}],"id""#, "{},".repeat(objects)));
    assert!(Record::from_json(line(1000).as_bytes()).is_ok());
    let message = Record::from_json(line(500_000).as_bytes()).unwrap_err().to_string();
    assert!(message.ends_with("the fields beside the structure exceed 1048576 bytes"), "{message}");
}

#[test]
fn bad_lines_are_counted_and_bounded_and_a_damaged_file_ends_the_run() {
    let text = format!("{IRON}\nx\n{IRON}\ny\n{IRON}\n");
    let read = |max_errors: u64| {
        let mut records = RecordStream::new(text.as_bytes()).with_max_errors(max_errors);
        let outcome = records.by_ref().map(|record| record.map(|r| r.id)).collect::<Result<Vec<_>, _>>();
        (outcome.map(|records| records.len()).map_err(|error| error.to_string()), records.num_errors())
    };
    assert_eq!(read(2), (Ok(3), 2));
    let beyond = "line 4: column 1: the JSON is malformed: a value should stand here (more than 1 bad lines)";
    assert_eq!(read(1), (Err(beyond.to_owned()), 1));
    assert!(read(0).0.is_err());

    // The same lines compressed, and cut or damaged at any byte: an error, however many bad lines are accepted.
    let packed = ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let whole = RecordStream::new(&packed[..]).with_max_errors(2).collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(whole.len(), 3);
    for cut in 4..packed.len() {
        let outcome = RecordStream::new(&packed[..cut]).with_max_errors(u64::MAX).collect::<Result<Vec<_>, _>>();
        assert!(outcome.is_err(), "cut at {cut}");
    }
}

#[test]
fn a_bad_line_does_not_end_the_stream() {
    let text = format!("{IRON}\n\n{{\"id\": 5}}\n{IRON}");
    let lines: Vec<_> = RecordStream::new(text.as_bytes()).collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].is_ok() && lines[2].is_ok());
    let error = lines[1].as_ref().unwrap_err();
    assert_eq!(error.to_string(), "line 3: column 8: the number 5 is not a text");
    assert_eq!(error.line(), 3);
}

#[test]
fn order_is_kept_over_many_batches() {
    let text: String = (0..30_000).map(|i| IRON.replace("\"a\"", &format!("\"{i}\"")) + "\n").collect();
    let ids: Vec<String> = RecordStream::new(text.as_bytes()).map(|r| r.unwrap().id.to_string()).collect();
    assert_eq!(ids.len(), 30_000);
    assert!(ids.iter().enumerate().all(|(i, id)| *id == i.to_string()));
}

#[test]
fn bare_labels_have_the_meaning_of_the_s2s_file() {
    let label = |text: &str| Record::from_json(IRON.replace("\"id\"", text).as_bytes()).unwrap().label;
    assert_eq!(label(r#""label":0,"id""#), Some(Label::NotListed));
    assert_eq!(label(r#""label":1,"id""#), Some(Label::Superconductor { tc: None }));
    assert_eq!(label(r#""label":1,"tc":9.2,"id""#), Some(Label::Superconductor { tc: Some(Kelvin(9.2)) }));
    assert_eq!(label(r#""label":0,"answer":"no_transition","id""#), Some(Label::NoneReported));
    assert_eq!(label(r#""label":null,"id""#), None);
}

#[test]
fn fields_beside_the_structure_and_lists_of_sites_have_a_largest_size() {
    let tiny = vec![r#"{"a":1}"#; 200_000].join(",");
    refused(
        &IRON.replace("\"id\"", &format!("\"x\":[{tiny}],\"id\"")),
        "column 1600006: the fields beside the structure exceed 1048576 bytes",
    );
    let error = Record::from_json(IRON.replace("[26]", &format!("[{}26]", "26,".repeat(1_000_000))).as_bytes());
    assert_eq!(error.unwrap_err().to_string(), "column 3000075: more than 1000000 sites");
}

#[test]
fn unknown_fields_are_kept() {
    let record = Record::from_json(IRON.replace("\"id\"", r#""hull":{"e":0.1},"id""#).as_bytes()).unwrap();
    assert_eq!(serde_json::to_string(&record.extra).unwrap(), r#"{"hull":{"e":0.1}}"#);
}

/// `printf 'two frames' | zstd` twice, with a skippable frame of three bytes between them.
const TWO_FRAMES: [&[u8]; 3] = [FRAME, b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc", FRAME];
const FRAME: &[u8] = b"\x28\xb5\x2f\xfd\x04\x58\x51\x00\x00two frames\x73\x93\x5b\x7c";

#[test]
fn frames_are_read_as_one_stream() {
    let mut text = String::new();
    Decompressed::new(&TWO_FRAMES.concat()[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, "two framestwo frames");
}

#[test]
fn any_flipped_or_missing_byte_of_a_frame_is_noticed() {
    let read = |bytes: &[u8]| {
        let mut text = Vec::new();
        Decompressed::new(bytes).read_to_end(&mut text).map(|_| text)
    };
    assert_eq!(read(FRAME).unwrap(), b"two frames");
    for byte in 4..FRAME.len() {
        let mut damaged = FRAME.to_vec();
        damaged[byte] ^= 0x10;
        let found = read(&damaged);
        assert!(found.as_ref().map_or(true, |text| text == b"two frames"), "byte {byte}: {found:?}");
        assert!(read(&FRAME[..byte]).is_err(), "cut at {byte}");
    }
}

#[test]
fn a_failing_source_is_the_last_item() {
    let mut cut = FRAME.to_vec();
    cut.truncate(20);
    let items: Vec<_> = RecordStream::new(&cut[..]).collect();
    assert_eq!(items.len(), 1);
    assert!(matches!(items[0].as_ref().unwrap_err().kind(), RecordErrorKind::Io(_)));
}

prop_compose! {
    fn site()(
        z in 1_u8..=118,
        other in 1_u8..=118,
        share in prop::option::of(0.01..0.99),
        charge in prop::option::of(-4.0_f32..8.0),
        x in [-2.0..2.0, -2.0..2.0, -2.0..2.0],
    ) -> Site {
        let occupant = |z, occupancy| Occupant { element: Element::from_atomic_number(z).unwrap(), occupancy, oxidation: charge };
        let species = match share {
            None => Species::new(vec![occupant(z, 1.0)]).unwrap(),
            Some(share) => Species::new(vec![occupant(z, share), occupant(other, 1.0 - share)]).unwrap(),
        };
        Site { species, position: Frac(x) }
    }
}

fn label() -> impl Strategy<Value = Label> {
    prop_oneof![
        prop::option::of(0.1..200.0).prop_map(|tc| Label::Superconductor { tc: tc.map(Kelvin) }),
        Just(Label::NoneReported),
        (0.01..20.0).prop_map(|tested_to| Label::NoTransition { tested_to: Kelvin(tested_to) }),
        (0.1..200.0).prop_map(|tc| Label::Conflicting { highest: Kelvin(tc) }),
        Just(Label::NotListed),
    ]
}

prop_compose! {
    /// A record with anything that a record can have.
    pub(crate) fn any_record()(
        sites in prop::collection::vec(site(), 1..6),
        angles in [60.0..100.0, 60.0..100.0, 60.0..100.0],
        label in prop::option::of(label()),
        e_form in prop::option::of(-5.0..5.0),
        overlap in prop::option::of(any::<bool>()),
        id in "\\PC{1,8}",
        periodic in any::<[bool; 3]>(),
    ) -> Record {
        let crystal = Crystal::new(Lattice::from_parameters([3.3, 4.7, 5.9], angles).unwrap(), sites).unwrap();
        let crystal = crystal.with_periodicity(periodic);
        let mut record = Record::new(id.as_str(), "Xy2", crystal);
        record.label = label;
        record.mp2018 = e_form.map(|e| Mp2018 { e_form: Some(e), gap_pbe: None, megnet_split: Some(Mp2018Split::Val) });
        record.s2s_overlap = overlap;
        record.extra.insert("note".into(), "kept".into());
        record
    }
}

proptest! {
    #[test]
    fn writing_and_reading_gives_the_same_record(record in any_record()) {
        let mut writer = RecordWriter::new(Vec::new());
        writer.write(&record).unwrap();
        let bytes = writer.finish().unwrap();
        prop_assert_eq!(RecordStream::new(&bytes[..]).next().unwrap().unwrap(), record);
    }

    #[test]
    fn any_bytes_give_records_or_errors(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        RecordStream::new(&bytes[..]).for_each(drop);
    }
}

#[test]
fn identifiers_and_formulas_have_a_thousand_characters_at_most() {
    let of = |length: usize| "é".repeat(length);
    let with_id = |length| IRON.replace("\"a\"", &format!("\"{}\"", of(length)));
    assert_eq!(Record::from_json(with_id(1000).as_bytes()).unwrap().id.as_str(), of(1000));
    refused(&with_id(1001), "column 2010: the identifier has more than 1000 characters");
    let with_formula = |length| IRON.replace("\"Fe\"", &format!("\"{}\"", of(length)));
    assert!(Record::from_json(with_formula(1000).as_bytes()).is_ok());
    refused(&with_formula(1001), "column 2024: the formula has more than 1000 characters");
    let with_mp_id = IRON.replace("\"id\"", &format!("\"mp_id\":\"{}\",\"id\"", of(1001)));
    refused(&with_mp_id, "column 2013: the identifier has more than 1000 characters");
    let folds = |length| format!(r#"{{"splits":{{"t":{{"fold_0":{{"train":["{}"],"test":[]}}}}}}}}"#, of(length));
    assert!(FoldFile::from_json(folds(1000).as_bytes()).is_ok());
    assert!(FoldFile::from_json(folds(1001).as_bytes()).is_err());
}

#[test]
fn messages_quote_a_beginning_of_what_is_long() {
    let long = "x".repeat(100_000);
    let messages = [
        Record::from_json(IRON.replace("\"id\"", &format!("\"tc\":\"{long}\",\"id\"")).as_bytes())
            .unwrap_err()
            .to_string(),
        Record::from_json(IRON.replace("\"id\"", &format!("\"x\":{{\"{long}\":1,\"{long}\":2}},\"id\"")).as_bytes())
            .unwrap_err()
            .to_string(),
        SuperCon::read(format!("{long},{long}\nNb,9\n").as_bytes(), &SuperConColumns::stanev())
            .unwrap_err()
            .to_string(),
        SuperCon::read(format!("name,Tc\n{},9\n", &long[..9000]).as_bytes(), &SuperConColumns::stanev())
            .unwrap()
            .faults[0]
            .to_string(),
        SuperCon::read(format!("name,Tc\nNb,{}\n", &long[..9000]).as_bytes(), &SuperConColumns::stanev())
            .unwrap()
            .faults[0]
            .to_string(),
        SuperCon::read(format!("name,Tc\nNb,{long}\n").as_bytes(), &SuperConColumns::stanev()).unwrap().faults[0]
            .to_string(),
    ];
    for message in messages {
        assert!(message.chars().count() < 600, "{} characters: {}…", message.len(), &message[..200]);
    }
}
