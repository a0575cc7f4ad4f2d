//! The published baselines with their published weights (`peers/cgcnn`, `peers/megnet`).

use ndarray::{Array1, Array2};
use s2s_crystal::Crystal;
use s2s_featurize::{AtomBatch, CgcnnVocabulary, MegnetVocabulary, PaperVocabulary};
use s2s_model::{
    BinaryHead, BuildNetwork, BuildS2sNet, CgcnnEncoder, DeviceBatch, MegnetEncoder, MegnetReadout, Mode, ModelConfig,
    NamedTensors, Network, Parameters, S2sNetConfig, Task,
    import::{Imported, Origin},
    read_weights,
    tch::{Tensor, no_grad},
};
use serde_json::Value;

use crate::support::{assert_close, batch, crystal, numbers, shared, shared_lines, three_crystals};

struct Published {
    imported: Imported,
    parameters: Parameters,
    model: s2s_model::AnyNetwork,
}

/// A published model, or `None` where there is no shared data.
fn published(origin: Origin, folder: &str, name: &str, change: impl Fn(&mut Value)) -> Option<Published> {
    let weights = read_weights(&shared(&format!("peers/{folder}/{name}.safetensors"))?).expect("safetensors");
    let json = shared(&format!("peers/{folder}/{name}.json")).expect("beside the weights");
    let mut json: Value = serde_json::from_slice(&json).expect("JSON");
    change(&mut json);
    let imported = Imported::read(origin, &json.to_string()).expect("the published sizes");
    let loaded = imported.parameters(&weights).expect("every parameter has its tensor");
    let vocabulary = s2s_model::vocabulary_named(&imported.config.vocabulary).expect("a vocabulary of this workspace");
    let parameters = Parameters::new(9, s2s_model::tch::Device::Cpu);
    let model = imported.config.model.build(&imported.config.task, &parameters, &*vocabulary).expect("valid sizes");
    let all: NamedTensors = loaded.all().into_iter().collect();
    parameters.assign_all(all.iter().map(|(name, tensor)| (name.as_str(), tensor))).expect("the same tree");
    Some(Published { imported, parameters, model })
}

impl Published {
    /// Outputs in the unit of the task: a number, or the logit of the positive class.
    fn outputs(&self, batch: &AtomBatch) -> Vec<f64> {
        let batch = DeviceBatch::upload(batch, s2s_model::tch::Device::Cpu).expect("a valid batch");
        let outputs = numbers(&no_grad(|| self.model.forward(&batch, Mode::Eval)));
        outputs.into_iter().map(|x| self.imported.config.task.value(x)).collect()
    }
}

fn structures() -> Option<Vec<(String, Crystal)>> {
    let list = |v: &Value| -> Vec<[f64; 3]> { serde_json::from_value(v.clone()).expect("rows of three") };
    let read = |line: Value| {
        let rows = list(&line["lattice"]);
        let species: Vec<u8> = serde_json::from_value(line["species"].clone()).expect("atomic numbers");
        let sites: Vec<(u8, [f64; 3])> = species.into_iter().zip(list(&line["frac_coords"])).collect();
        let name = line["file"].as_str().expect("a name").trim_end_matches(".cif").to_owned();
        (name, crystal([rows[0], rows[1], rows[2]], &sites))
    };
    Some(shared_lines("peers/cgcnn/structures.jsonl")?.into_iter().map(read).collect())
}

fn field(line: &Value, key: &str) -> f64 {
    line[key].as_f64().unwrap_or_else(|| panic!("{key} is a number"))
}

/// The stored graph of one crystal as a batch.
fn stored(graphs: &NamedTensors, name: &str) -> AtomBatch {
    let column = |key: &str| numbers(&graphs[&format!("{name}/{key}")]);
    let (z, neighbors, distances) = (column("z"), column("nbr_idx"), column("nbr_dist"));
    let pairs = neighbors.len();
    AtomBatch {
        tokens: Array2::from_shape_fn((1, z.len()), |(_, k)| z[k] as i64),
        present: Array2::from_elem((1, z.len()), true),
        centroid_distances: Array2::zeros((1, z.len())),
        lattice: Array2::zeros((1, 0)),
        globals: Array2::zeros((1, 0)),
        globals_known: Array2::from_elem((1, 0), false),
        pair_centers: Array1::from_shape_fn(pairs, |k| (k / 12) as i64),
        pair_neighbors: Array1::from_shape_fn(pairs, |k| neighbors[k] as i64),
        pair_distances: Array1::from_shape_fn(pairs, |k| distances[k] as f32),
        ..AtomBatch::default()
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn cgcnn_reproduces_every_published_prediction() {
    let Some(energy) = published(Origin::Cgcnn, "cgcnn", "formation-energy-per-atom", |_| {}) else { return };
    let metal = published(Origin::Cgcnn, "cgcnn", "semi-metal-classification", |_| {}).expect("beside the energy");
    let graphs = read_weights(&shared("peers/cgcnn/graphs.safetensors").expect("beside")).expect("safetensors");
    let golden = shared_lines("peers/cgcnn/predictions.jsonl").expect("beside the weights");
    let structures = structures().expect("beside the weights");
    assert_eq!((golden.len(), structures.len()), (150, 150));
    let features = energy.imported.config.featurizer.clone();
    for (line, (name, crystal)) in golden.iter().zip(&structures) {
        assert_eq!(line["file"], format!("{name}.cif"));
        let graph = stored(&graphs, name);
        let expected = [field(line, "formation_energy_per_atom")];
        let expected_metal = [field(line, "p_metal")];
        assert_close(&energy.outputs(&graph), &expected, 1e-5);
        assert_close(&metal.outputs(&graph).into_iter().map(logistic).collect::<Vec<_>>(), &expected_metal, 1e-5);
        let own = batch(std::slice::from_ref(crystal), &features, CgcnnVocabulary);
        let slack = |key: &str| 1e-3 + 1.5 * field(line, key);
        assert_close(&energy.outputs(&own), &expected, slack("tie_spread_energy"));
        let found: Vec<f64> = metal.outputs(&own).into_iter().map(logistic).collect();
        assert_close(&found, &expected_metal, slack("tie_spread_p_metal"));
    }
}

#[test]
fn cgcnn_agrees_step_by_step_even_where_neighbors_are_missing() {
    let Some(energy) = published(Origin::Cgcnn, "cgcnn", "formation-energy-per-atom", |_| {}) else { return };
    let ModelConfig::Cgcnn(config) = &energy.imported.config.model else { panic!("CGCNN") };
    let steps = shared("peers/cgcnn/intermediates.safetensors").expect("beside the weights");
    let steps = read_weights(&steps).expect("safetensors");
    let encoder = Parameters::new(1, s2s_model::tch::Device::Cpu);
    let elements = Tensor::try_from(CgcnnVocabulary::element_vectors()).expect("a table");
    let network = CgcnnEncoder::new(&encoder.root().child("encoder"), &config.encoder, &elements);
    s2s_model::transfer(&energy.parameters.all().into_iter().collect(), &encoder, "encoder.").expect("the same sizes");
    for name in ["mp-1027", "mp-1183481", "mp-1207193", "synthetic-padding"] {
        let pick = |key: &str| numbers(&steps[&format!("{name}/{key}")]);
        let (neighbors, distances, rows) = (pick("nbr_idx"), pick("nbr_dist"), &steps[&format!("{name}/atom_fea")]);
        let table = CgcnnVocabulary::element_vectors();
        let atoms = rows.size()[0];
        let token = |k: i64| {
            let row = numbers(&rows.get(k));
            let same = |t: &usize| table.row(*t).iter().zip(&row).all(|(a, b)| f64::from(*a) == *b);
            (1..=100).find(same).expect("a row of the element table") as i64
        };
        let graph = AtomBatch {
            tokens: Array2::from_shape_fn((1, atoms as usize), |(_, k)| token(k as i64)),
            present: Array2::from_elem((1, atoms as usize), true),
            centroid_distances: Array2::zeros((1, atoms as usize)),
            lattice: Array2::zeros((1, 0)),
            globals: Array2::zeros((1, 0)),
            globals_known: Array2::from_elem((1, 0), false),
            pair_centers: Array1::from_shape_fn(neighbors.len(), |k| (k / 12) as i64),
            pair_neighbors: Array1::from_shape_fn(neighbors.len(), |k| neighbors[k] as i64),
            pair_distances: Array1::from_shape_fn(neighbors.len(), |k| distances[k] as f32),
            ..AtomBatch::default()
        };
        let device_batch = DeviceBatch::upload(&graph, s2s_model::tch::Device::Cpu).expect("a valid batch");
        let trace = no_grad(|| network.trace(&device_batch, Mode::Eval));
        for (k, found) in trace.iter().enumerate() {
            let step = if k == 0 { "embedding".to_owned() } else { format!("conv{}", k - 1) };
            assert_close(&numbers(found), &pick(&format!("eform/{step}")), 2e-4);
        }
    }
}

#[test]
fn megnet_reproduces_every_published_formation_energy() {
    let Some(energy) = published(Origin::Megnet, "megnet", "MEGNet-MP-2018.6.1-Eform", |_| {}) else { return };
    let golden = shared_lines("peers/megnet/predictions.jsonl").expect("beside the weights");
    let structures = structures().expect("the same crystals as CGCNN's");
    assert_eq!(golden.len(), 150);
    let features = energy.imported.config.featurizer.clone();
    for (line, (name, crystal)) in golden.iter().zip(&structures) {
        assert_eq!(line["file"], format!("{name}.cif"));
        let own = batch(std::slice::from_ref(crystal), &features, MegnetVocabulary);
        assert_eq!(own.pair_centers.len() as f64, field(line, "n_edges"), "{name}");
        assert_close(&energy.outputs(&own), &[field(line, "formation_energy_per_atom")], 1e-5);
    }
    // All of them in batches: padding and neighbors in the batch change nothing.
    for (lines, crystals) in golden.chunks(16).zip(structures.chunks(16)) {
        let crystals: Vec<Crystal> = crystals.iter().map(|(_, c)| c.clone()).collect();
        let expected: Vec<f64> = lines.iter().map(|line| field(line, "formation_energy_per_atom")).collect();
        assert_close(&energy.outputs(&batch(&crystals, &features, MegnetVocabulary)), &expected, 1e-5);
    }
}

#[test]
fn megnet_reproduces_every_published_band_gap_at_four_levels_of_theory() {
    for level in 0..4 {
        let change = |json: &mut Value| json["fidelity"] = level.into();
        let Some(gap) = published(Origin::Megnet, "megnet", "MEGNet-MP-2019.4.1-BandGap-mfi", change) else { return };
        let golden = shared_lines("peers/megnet/predictions.jsonl").expect("beside the weights");
        let structures = structures().expect("the same crystals as CGCNN's");
        let features = gap.imported.config.featurizer.clone();
        for (line, (_, crystal)) in golden.iter().zip(&structures).skip(level).step_by(4) {
            let own = batch(std::slice::from_ref(crystal), &features, MegnetVocabulary);
            let expected = line["band_gap"][level].as_f64().expect("a gap per level");
            assert_close(&gap.outputs(&own), &[expected], 3e-4);
        }
    }
}

#[test]
fn megnet_agrees_step_by_step() {
    let Some(energy) = published(Origin::Megnet, "megnet", "MEGNet-MP-2018.6.1-Eform", |_| {}) else { return };
    let ModelConfig::Megnet(config) = &energy.imported.config.model else { panic!("MEGNet") };
    assert!(matches!(&energy.imported.config.task, Task::Regression { unit, .. } if unit == "eV/atom"));
    let steps = shared("peers/megnet/intermediates.safetensors").expect("beside the weights");
    let steps = read_weights(&steps).expect("safetensors");
    let parameters = Parameters::new(1, s2s_model::tch::Device::Cpu);
    let encoder = MegnetEncoder::new(&parameters.root().child("encoder"), &config.encoder, 91);
    s2s_model::transfer(&energy.parameters.all().into_iter().collect(), &parameters, "encoder.")
        .expect("the same sizes");
    for name in ["mp-1027", "mp-1183481", "mp-1207193"] {
        let pick = |key: &str| &steps[&format!("{name}/{key}")];
        let (source, target, distance) = (numbers(pick("src")), numbers(pick("dst")), numbers(pick("dist")));
        let kinds = numbers(pick("node_type"));
        let graph = AtomBatch {
            tokens: Array2::from_shape_fn((1, kinds.len()), |(_, k)| kinds[k] as i64 + 1),
            present: Array2::from_elem((1, kinds.len()), true),
            centroid_distances: Array2::zeros((1, kinds.len())),
            lattice: Array2::zeros((1, 0)),
            globals: Array2::zeros((1, 0)),
            globals_known: Array2::from_elem((1, 0), false),
            pair_centers: Array1::from_iter(source.iter().map(|x| *x as i64)),
            pair_neighbors: Array1::from_iter(target.iter().map(|x| *x as i64)),
            pair_distances: Array1::from_iter(distance.iter().map(|x| *x as f32)),
            ..AtomBatch::default()
        };
        let device_batch = DeviceBatch::upload(&graph, s2s_model::tch::Device::Cpu).expect("a valid batch");
        let trace = no_grad(|| encoder.trace(&device_batch));
        assert_close(&numbers(&trace[0].atoms), &numbers(pick("node_enc")), 2e-4);
        assert_close(
            &numbers(&trace[0].pairs.narrow(0, 0, pick("edge_enc").size()[0])),
            &numbers(pick("edge_enc")),
            2e-4,
        );
        for (k, found) in trace[1..].iter().enumerate() {
            assert_close(&numbers(&found.atoms), &numbers(pick(&format!("block{k}_node"))), 2e-4);
            assert_close(&numbers(&found.crystals), &numbers(pick(&format!("block{k}_state"))), 2e-4);
            let pairs = pick(&format!("block{k}_edge"));
            assert_close(&numbers(&found.pairs.narrow(0, 0, pairs.size()[0])), &numbers(pairs), 2e-4);
        }
    }
}

#[test]
fn atoms_without_bonds_are_ordinary_input_of_megnet() {
    let config = s2s_model::MegnetConfig::published();
    let parameters = Parameters::new(4, s2s_model::tch::Device::Cpu);
    let regressor = config.regressor(&parameters, &MegnetVocabulary).expect("valid sizes");
    let crystals = crate::support::three_crystals();
    let answer = |crystals: &[Crystal]| {
        let batch = batch(crystals, &config.featurizer(), MegnetVocabulary);
        let batch = DeviceBatch::upload(&batch, s2s_model::tch::Device::Cpu).expect("a valid batch");
        numbers(&no_grad(|| regressor.forward(&batch, Mode::Eval).0))
    };
    let together = answer(&crystals);
    for (crystal, expected) in crystals.iter().zip(&together) {
        assert_close(&answer(std::slice::from_ref(crystal)), &[*expected], 1e-5);
    }
}

#[test]
fn the_readout_of_megnet_takes_zeros_for_what_another_encoder_does_not_say() {
    let config = S2sNetConfig::periodic().with_width(8);
    let parameters = Parameters::new(1, s2s_model::tch::Device::Cpu);
    let network = Network {
        encoder: config.encoder(&parameters, &PaperVocabulary).expect("a valid configuration"),
        readout: MegnetReadout::new(&parameters.root().child("readout"), 8, 3),
        head: BinaryHead::new(&parameters.root().child("head"), &config.head, 40),
    };
    let batch = batch(&three_crystals(), &config.featurizer(), PaperVocabulary);
    let batch = DeviceBatch::upload(&batch, s2s_model::tch::Device::Cpu).expect("a valid batch");
    let states = no_grad(|| network.states(&batch, Mode::Eval));
    assert_eq!(states.0.size(), [3, 40]);
    assert!(numbers(&states.0.narrow(1, 0, 16)).iter().any(|x| x.abs() > 1e-3), "what it does say is read");
    assert_eq!(numbers(&states.0.narrow(1, 16, 24)), vec![0.0; 72]);
    assert!(numbers(&no_grad(|| network.forward(&batch, Mode::Eval).0)).iter().all(|x| x.is_finite()));
}
