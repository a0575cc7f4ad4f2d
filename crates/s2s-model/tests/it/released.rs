//! The released preset against values of the authors' own code on random weights (`peers/s2snet_released`).

use ndarray::{Array1, Array2};
use s2s_featurize::{AtomBatch, ReleasedVocabulary};
use s2s_model::{
    AtomEncoder, BuildNetwork, CrystalStates, DeviceBatch, EncoderConfig, Mode, Parameters, ReleasedEncoder,
    S2sNetConfig, Scope, Set2Set, TwoLogitHead,
    import::{import, released_config, released_name},
    read_weights,
    tch::{Device, Kind, Tensor, no_grad},
};
use serde_json::Value;

use crate::support::{assert_close, devices, numbers, shared, shared_lines};

const TOLERANCE: f64 = 1e-5;

/// The parts of the released network by their own types, so that the inside can be looked at.
struct Released {
    encoder: ReleasedEncoder,
    set2set: Set2Set,
    head: TwoLogitHead,
}

fn build(config: &S2sNetConfig, root: &Scope<'_>) -> Released {
    let EncoderConfig::Released(encoder) = &config.encoder else { panic!("the released preset") };
    Released {
        encoder: ReleasedEncoder::new(&root.child("encoder"), encoder, 96),
        set2set: Set2Set::new(&root.child("readout").child("set2set"), encoder.width, 10),
        head: TwoLogitHead::new(&root.child("head").child("superconductivity"), &config.head, 2 * encoder.width),
    }
}

/// Crystals by their tokens and centroid distances alone.
fn batch(crystals: &[Value]) -> AtomBatch {
    let list = |value: &Value| -> Vec<f64> {
        value.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
    };
    let species: Vec<_> = crystals.iter().map(|c| list(&c["species"])).collect();
    let distances: Vec<_> = crystals.iter().map(|c| list(&c["centroid_distance"])).collect();
    let (rows, slots) = (crystals.len(), species.iter().map(Vec::len).max().expect("a crystal"));
    let at = |of: &[Vec<f64>], (b, n): (usize, usize)| of[b].get(n).copied();
    AtomBatch {
        tokens: Array2::from_shape_fn((rows, slots), |index| at(&species, index).unwrap_or(0.0) as i64),
        present: Array2::from_shape_fn((rows, slots), |index| at(&species, index).is_some()),
        centroid_distances: Array2::from_shape_fn((rows, slots), |p| at(&distances, p).unwrap_or(0.0) as f32),
        lattice: Array2::zeros((rows, 0)),
        globals: Array2::zeros((rows, 0)),
        globals_known: Array2::from_elem((rows, 0), false),
        pair_centers: Array1::zeros(0),
        pair_neighbors: Array1::zeros(0),
        pair_distances: Array1::zeros(0),
        ..AtomBatch::default()
    }
}

#[test]
fn logits_set2set_and_encoder_equal_the_released_code() {
    let Some(weights) = shared("peers/s2snet_released/small.safetensors") else { return };
    let config = shared("peers/s2snet_released/small.json").expect("beside the weights");
    let crystals = shared_lines("peers/s2snet_released/small_crystals.jsonl").expect("beside the weights");
    let golden = shared("peers/s2snet_released/small_outputs.safetensors").expect("beside the weights");
    let golden = read_weights(&golden).expect("safetensors");
    let config = released_config(std::str::from_utf8(&config).expect("UTF-8")).expect("sizes");
    for device in devices() {
        let parameters = Parameters::new(1, device);
        let released = build(&config, &parameters.root());
        import(&parameters, &read_weights(&weights).expect("safetensors"), released_name).expect("every name");
        for eight in crystals.chunks(8) {
            let batch = DeviceBatch::upload(&batch(eight), device).expect("a valid batch");
            no_grad(|| {
                let trace: Vec<Tensor> =
                    released.encoder.trace(&batch, Mode::Eval).iter().map(|t| batch.unpack(t)).collect();
                let states = released.set2set.forward(&trace[trace.len() - 1], batch.present());
                let logits = released.head.logits(&CrystalStates(states.shallow_clone()), Mode::Eval);
                for (row, crystal) in eight.iter().enumerate() {
                    let id = crystal["id"].as_str().expect("an id");
                    let row = row as i64;
                    let check = |found: Tensor, name: &str| {
                        assert_close(&numbers(&found), &numbers(&golden[&format!("{id}/{name}")]), TOLERANCE);
                    };
                    check(trace[0].get(row).get(0), "pos_enc_atom0");
                    check(trace[1].get(row).get(0), "layer0_atom0");
                    check(trace[trace.len() - 1].get(row).get(0), "encoder_atom0");
                    check(states.get(row), "set2set");
                    check(logits.get(row), "logits");
                }
            });
        }
    }
}

/// The value of a full-width weight, as the folder's README defines it.
fn formula_weight(name: &str, shape: &[i64]) -> Tensor {
    let fnv = name.bytes().fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let last = shape[shape.len() - 1] as f64;
    let value = |i: u64| {
        let mut z = fnv.wrapping_add((i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        let u = (z >> 40) as f64 / f64::from(1 << 24) * 2.0 - 1.0;
        let scaled = if shape.len() == 2 { u * (3.0 / last).sqrt() } else { 0.1 * u };
        (scaled + if name.ends_with("norm.weight") { 1.0 } else { 0.0 }) as f32
    };
    let values: Vec<f32> = (0..shape.iter().product::<i64>() as u64).map(value).collect();
    Tensor::from_slice(&values).view(shape)
}

#[test]
fn full_width_logits_equal_the_released_code() {
    let Some(golden) = shared("peers/s2snet_released/full_logits.json") else { return };
    let golden: Value = serde_json::from_slice(&golden).expect("JSON");
    let names = shared("peers/s2snet_released/small.safetensors").expect("beside the logits");
    let crystals = shared_lines("peers/s2snet_released/small_crystals.jsonl").expect("beside the logits");
    let sizes = r#"{"d_model": 512, "d_ff": 2048, "h": 16, "num_layer": 2}"#;
    let config = released_config(sizes).expect("sizes");
    let parameters = Parameters::new(1, Device::Cpu);
    let classifier = config.classifier(&parameters, &ReleasedVocabulary).expect("a valid configuration");
    let shapes: std::collections::BTreeMap<String, Vec<i64>> =
        parameters.all().into_iter().map(|(name, tensor)| (name, tensor.size())).collect();
    for theirs in read_weights(&names).expect("safetensors").keys() {
        if let Some(ours) = released_name(theirs) {
            parameters.assign(&ours, &formula_weight(theirs, &shapes[&ours])).expect("the same tree");
        }
    }
    let ids: Vec<&str> = golden["ids"].as_array().expect("ids").iter().map(|id| id.as_str().expect("an id")).collect();
    let eight: Vec<Value> =
        ids.iter().map(|id| crystals.iter().find(|c| c["id"] == *id).expect("a crystal").clone()).collect();
    assert_eq!(eight.len(), 8);
    let batch = DeviceBatch::upload(&batch(&eight), Device::Cpu).expect("a valid batch");
    let found = no_grad(|| classifier.forward(&batch, Mode::Eval).0);
    let pairs = golden["logits"].as_array().expect("two logits per crystal");
    let logit = |pair: &Value, k: usize| pair[k].as_f64().expect("a logit");
    let expected: Vec<f64> = pairs.iter().map(|pair| logit(pair, 1) - logit(pair, 0)).collect();
    assert_close(&numbers(&found), &expected, TOLERANCE);
}

/// ```python
/// import torch
/// def w(shape, k):  # deterministic weights without a file
///     n = torch.arange(torch.Size(shape).numel(), dtype=torch.float32)
///     return torch.cos(n * 0.7 + k).reshape(shape)
/// cell = torch.nn.LSTMCell(4, 2)
/// cell.weight_ih.data, cell.weight_hh.data = w((8, 4), 0), w((8, 2), 1)
/// cell.bias_ih.data, cell.bias_hh.data = w((8,), 2), w((8,), 3)
/// x = w((1, 3, 2), 4)
/// q_star, h, c = torch.zeros(1, 4), torch.zeros(1, 2), torch.zeros(1, 2)
/// for _ in range(3):
///     h, c = cell(q_star, (h, c))
///     a = torch.softmax((x * h.unsqueeze(1)).sum(-1), 1)
///     q_star = torch.cat([h, (a.unsqueeze(-1) * x).sum(1)], 1)
/// print(q_star)  # [0.25196434, 0.05165937, 0.39748511, 0.49043002]
/// (q_star * torch.tensor([1., 2., 3., 4.])).sum().backward()  # with x = w((1, 3, 2), 4).requires_grad_()
/// print(cell.weight_ih.grad[:2], cell.weight_hh.grad[:2], cell.bias_ih.grad, x.grad)
/// ```
#[test]
fn set2set_agrees_with_the_plain_loop_in_pytorch() {
    let wave = |shape: &[i64], k: f64| {
        let n = Tensor::arange(shape.iter().product::<i64>(), (Kind::Float, Device::Cpu));
        ((n * 0.7 + k).cos()).reshape(shape)
    };
    let parameters = Parameters::new(1, Device::Cpu);
    let set2set = Set2Set::new(&parameters.root(), 2, 3);
    for (name, shape, k) in [
        ("weight_ih", vec![8, 4], 0.0),
        ("weight_hh", vec![8, 2], 1.0),
        ("bias_ih", vec![8], 2.0),
        ("bias_hh", vec![8], 3.0),
    ] {
        parameters.assign(name, &wave(&shape, k)).expect("the four tensors of an LSTM cell");
    }
    let mask = Tensor::ones([1, 3], (Kind::Bool, Device::Cpu));
    let x = wave(&[1, 3, 2], 4.0).set_requires_grad(true);
    let found = no_grad(|| set2set.forward(&x, &mask));
    assert_close(&numbers(&found), &GOLDEN_SET2SET, 2e-6);
    // With a gradient to come, the steps are computed in another way.
    let found = set2set.forward(&x, &mask);
    assert_close(&numbers(&found), &GOLDEN_SET2SET, 2e-6);
    (found * Tensor::from_slice(&[1.0_f32, 2.0, 3.0, 4.0])).sum(Kind::Float).backward();
    let gradients: Vec<(String, Tensor)> = parameters.trainable().into_iter().map(|(n, t)| (n, t.grad())).collect();
    for (name, expected) in [
        ("weight_ih", GOLDEN_GRADIENTS[0]),
        ("weight_hh", GOLDEN_GRADIENTS[1]),
        ("bias_ih", GOLDEN_GRADIENTS[2]),
        ("bias_hh", GOLDEN_GRADIENTS[2]),
    ] {
        let (_, gradient) = gradients.iter().find(|(other, _)| other == name).expect("it is learned");
        assert_close(&numbers(gradient)[..expected.len()], expected, 2e-6);
    }
    assert_close(&numbers(&x.grad()), GOLDEN_GRADIENTS[3], 5e-6);
}

const GOLDEN_SET2SET: [f64; 4] = [0.25196434, 0.05165937, 0.39748511, 0.49043002];

const GOLDEN_GRADIENTS: [&[f64]; 4] = [
    &[0.10034411, 0.0375713, 0.20121232, 0.25945005, 0.0236532, 0.00863999, 0.04694394, 0.06043183],
    &[0.10034411, 0.0375713, 0.0236532, 0.00863999],
    &[0.58856606, 0.14797454, 0.14397201, 0.05688354, 0.08686444, 0.1219988, 0.0912817, 0.07240357],
    &[0.44863701, 0.86436301, 1.3646394, 1.40962875, 1.23944175, 1.4194597],
];

#[test]
fn atoms_of_one_kind_are_computed_once_and_answer_as_if_each_were() {
    let tokens = ndarray::array![[5, 5, 12, 5], [8, 0, 0, 0], [3, 3, 0, 0]];
    let distances = ndarray::array![[0.5, 0.5, 0.1, 0.5], [0.2, 0.0, 0.0, 0.0], [0.3, 0.4, 0.0, 0.0]];
    let batch = AtomBatch {
        present: tokens.mapv(|token: i64| token > 0),
        tokens,
        centroid_distances: distances.mapv(|d: f64| d as f32),
        lattice: Array2::zeros((3, 0)),
        globals: Array2::zeros((3, 0)),
        globals_known: Array2::from_elem((3, 0), false),
        pair_centers: Array1::zeros(0),
        pair_neighbors: Array1::zeros(0),
        pair_distances: Array1::zeros(0),
        ..AtomBatch::default()
    };
    let batch = DeviceBatch::upload(&batch, Device::Cpu).expect("a valid batch");
    let kinds = batch.kinds().expect("two atoms are alike");
    assert_eq!(Vec::<i64>::try_from(&kinds.slots).expect("flat"), [4, 0, 2, 8, 9]);
    assert_eq!(Vec::<i64>::try_from(&kinds.of_atoms).expect("flat"), [1, 1, 2, 1, 0, 3, 4]);
    assert_eq!(kinds.runs.iter().map(|r| (r.crystals, r.atoms)).collect::<Vec<_>>(), [(1, 1), (2, 2)]);
    let config = released_config(r#"{"d_model": 16, "d_ff": 32, "h": 4, "num_layer": 2}"#).expect("sizes");
    let parameters = Parameters::new(1, Device::Cpu);
    let released = build(&config, &parameters.root());
    no_grad(|| {
        let each = released.encoder.trace(&batch, Mode::Eval).pop().expect("at least one layer");
        let once = batch.pack(released.encoder.encode(&batch, Mode::Eval).values());
        assert_close(&numbers(&once), &numbers(&each), TOLERANCE);
    });
}
