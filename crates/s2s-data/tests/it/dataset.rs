use s2s_crystal::{Crystal, Element, Frac, Lattice, Site};
use s2s_data::{Dataset, Kelvin, Label, Record};

fn record(id: &str, label: Option<Label>) -> Record {
    let lattice = Lattice::from_parameters([3.0; 3], [90.0; 3]).unwrap();
    let site = Site::pure(Element::from_atomic_number(26).unwrap(), Frac([0.0; 3]));
    Record { label, ..Record::new(id, "Fe", Crystal::new(lattice, vec![site]).unwrap()) }
}

#[test]
fn a_dataset_decides_every_label() {
    let superconductor = Some(Label::Superconductor { tc: None });
    let dataset = Dataset::new(vec![record("a", superconductor), record("b", Some(Label::NoneReported))]).unwrap();
    assert_eq!(dataset.labels(), [true, false]);
    assert_eq!(dataset.num_superconductors(), 1);
    let refused = |records| Dataset::new(records).unwrap_err().to_string();
    assert_eq!(refused(vec![record("a", None)]), "a has no label");
    assert_eq!(refused(vec![record("a", superconductor), record("a", superconductor)]), "a appears twice");
    assert_eq!(
        refused(vec![record("a", Some(Label::Conflicting { highest: Kelvin(1.0) }))]),
        "a has a conflicting label: resolve it with a policy first"
    );
}
