use s2s_data::{DataFolder, Dataset, Record, RecordStream};

/// The shared data, or a plain word that a test cannot run without it.
pub(crate) fn folder(test: &str) -> Option<DataFolder> {
    let folder = DataFolder::from_env().ok();
    if folder.is_none() {
        println!("skipped: {test} needs {}", DataFolder::VARIABLE);
    }
    folder
}

#[test]
fn the_s2s_file_has_the_counts_of_the_paper() {
    let Some(folder) = folder("the_s2s_file_has_the_counts_of_the_paper") else { return };
    let records: Vec<Record> = RecordStream::open(folder.s2s()).unwrap().map(Result::unwrap).collect();
    let dataset = Dataset::new(records).unwrap();
    assert_eq!((dataset.len(), dataset.num_superconductors()), (1685, 421));
    assert_eq!(dataset.records().iter().map(|r| r.crystal.num_sites()).max(), Some(248));
    assert_eq!(dataset.records().iter().filter(|r| r.mp_id.is_none()).count(), 37);
}

#[test]
fn every_line_of_the_large_file_is_a_crystal() {
    let Some(folder) = folder("every_line_of_the_large_file_is_a_crystal") else { return };
    let started = std::time::Instant::now();
    let (mut records, mut atoms, mut mp2018) = (0, 0, 0);
    for record in RecordStream::open(folder.mp139k()).unwrap() {
        let record = record.unwrap();
        records += 1;
        atoms += record.crystal.num_sites();
        mp2018 += usize::from(record.mp2018.is_some());
    }
    println!("{records} records, {atoms} atoms in {:.2?}", started.elapsed());
    assert_eq!((records, atoms, mp2018), (139_229, 4_522_398, 49_428));
}
