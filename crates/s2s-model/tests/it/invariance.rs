//! What must not change a prediction.

use ndarray::{Array2, s};
use s2s_crystal::{Crystal, Element, Site};
use s2s_featurize::{AtomBatch, NeighborRule, PaperVocabulary};
use s2s_model::{
    AtomEncoder, BuildNetwork, Classifier, Composition, DeviceBatch, EncoderConfig, Frozen, Mode, Noise,
    PaperEncoderConfig, Parameters, PeriodicEncoder, PeriodicEncoderConfig, ReadoutConfig, S2sNetConfig,
    tch::{Device, Kind, Tensor, no_grad},
};

use crate::interpretations::interpretations;
use crate::support::{assert_close, batch, crystal, devices, disordered_crystals, numbers, three_crystals};

/// The presets at width 8 or 16: sizes do not matter to these laws.
fn presets() -> Vec<S2sNetConfig> {
    let mut paper = S2sNetConfig::paper();
    paper.encoder = EncoderConfig::Paper(PaperEncoderConfig { width: 8, layers: 2, ..PaperEncoderConfig::paper() });
    let released = s2s_model::import::released_config(r#"{"d_model": 16, "d_ff": 32, "h": 4, "num_layer": 2}"#);
    let mut periodic = S2sNetConfig::periodic();
    periodic.encoder =
        EncoderConfig::Periodic(PeriodicEncoderConfig { width: 16, layers: 2, ..PeriodicEncoderConfig::standard() });
    let mut wide = S2sNetConfig::wide();
    wide.encoder = periodic.encoder.clone();
    (wide.head.hidden, wide.members) = (vec![8, 8], Some(3));
    let mut presets = vec![paper, released.expect("sizes"), periodic, wide];
    presets.extend(interpretations());
    presets
}

fn build(config: &S2sNetConfig, device: Device) -> (Parameters, Classifier) {
    let parameters = Parameters::new(3, device);
    let classifier = config.classifier(&parameters, &PaperVocabulary).expect("a valid configuration");
    (parameters, classifier)
}

fn logits(config: &S2sNetConfig, classifier: &Classifier, crystals: &[Crystal], device: Device) -> Vec<f64> {
    let batch = batch(crystals, &config.featurizer(), PaperVocabulary);
    let batch = DeviceBatch::upload(&batch, device).expect("a valid batch");
    numbers(&no_grad(|| classifier.forward(&batch, Mode::Eval).0))
}

#[test]
fn padding_does_not_change_logits() {
    let crystals = three_crystals();
    for (device, config) in devices().into_iter().flat_map(|d| presets().into_iter().map(move |c| (d, c))) {
        let (_parameters, classifier) = build(&config, device);
        let together = logits(&config, &classifier, &crystals, device);
        for (crystal, expected) in crystals.iter().zip(&together) {
            let alone = logits(&config, &classifier, std::slice::from_ref(crystal), device);
            assert_close(&alone, &[*expected], 1e-5);
        }
        assert!(together.iter().any(|x| (x - together[0]).abs() > 1e-3), "the crystals differ: {together:?}");
    }
}

/// The same crystals with the first slot of each left empty: they are then computed as on a GPU, padded.
fn shifted(host: &AtomBatch) -> AtomBatch {
    let (crystals, width) = host.tokens.dim();
    let slot = |old: &i64| old / width as i64 * (width as i64 + 1) + old % width as i64 + 1;
    let mut new = AtomBatch {
        tokens: Array2::zeros((crystals, width + 1)),
        present: Array2::from_elem((crystals, width + 1), false),
        centroid_distances: Array2::zeros((crystals, width + 1)),
        lattice: host.lattice.clone(),
        globals: host.globals.clone(),
        globals_known: host.globals_known.clone(),
        pair_centers: host.pair_centers.iter().map(slot).collect(),
        pair_neighbors: host.pair_neighbors.iter().map(slot).collect(),
        pair_distances: host.pair_distances.clone(),
        weights: Array2::zeros(if host.weights.is_empty() { (0, 0) } else { (crystals, width + 1) }),
        ..AtomBatch::default()
    };
    if !host.weights.is_empty() {
        new.weights.slice_mut(s![.., 1..]).assign(&host.weights);
    }
    new.tokens.slice_mut(s![.., 1..]).assign(&host.tokens);
    new.present.slice_mut(s![.., 1..]).assign(&host.present);
    new.centroid_distances.slice_mut(s![.., 1..]).assign(&host.centroid_distances);
    new
}

#[test]
fn every_device_and_the_padded_way_of_a_gpu_give_the_same_logits() {
    // No two atoms of a crystal are alike, so that a CPU does not take them together either.
    let crystals = [three_crystals().remove(0), three_crystals().remove(2)];
    for config in presets() {
        let (_parameters, classifier) = build(&config, Device::Cpu);
        let expected = logits(&config, &classifier, &crystals, Device::Cpu);
        let padded = shifted(&batch(&crystals, &config.featurizer(), PaperVocabulary));
        let padded = DeviceBatch::upload(&padded, Device::Cpu).expect("a valid batch");
        assert!(padded.runs().is_none() && padded.kinds().is_none());
        assert_close(&numbers(&no_grad(|| classifier.forward(&padded, Mode::Eval).0)), &expected, 1e-5);
        for device in devices() {
            let (_parameters, classifier) = build(&config, device);
            assert_close(&logits(&config, &classifier, &crystals, device), &expected, 1e-4);
        }
    }
}

/// The networks that read weighted atoms, with either readout.
fn weighing() -> Vec<S2sNetConfig> {
    let mut networks: Vec<S2sNetConfig> =
        presets().into_iter().filter(|config| config.featurizer().weighted_atoms).collect();
    networks.push(S2sNetConfig { readout: ReadoutConfig::Mean, ..networks[0].clone() });
    networks
}

#[test]
fn weighted_atoms_count_alike_in_any_company_and_padded() {
    let crystals: Vec<Crystal> = disordered_crystals().into_iter().chain(three_crystals()).collect();
    for config in weighing() {
        let (_parameters, classifier) = build(&config, Device::Cpu);
        let together = logits(&config, &classifier, &crystals, Device::Cpu);
        for (crystal, expected) in crystals.iter().zip(&together) {
            let alone = logits(&config, &classifier, std::slice::from_ref(crystal), Device::Cpu);
            assert_close(&alone, &[*expected], 1e-5);
        }
        let padded = shifted(&batch(&crystals, &config.featurizer(), PaperVocabulary));
        let padded = DeviceBatch::upload(&padded, Device::Cpu).expect("a valid batch");
        assert_close(&numbers(&no_grad(|| classifier.forward(&padded, Mode::Eval).0)), &together, 1e-5);
        for device in devices() {
            let (_parameters, classifier) = build(&config, device);
            assert_close(&logits(&config, &classifier, &crystals, device), &together, 1e-4);
        }
    }
}

#[test]
fn a_trace_of_another_element_changes_little_and_half_of_it_much() {
    // Statistics of the composition jump where an element appears: its largest property is another.
    let config = S2sNetConfig { composition: Composition::Omitted, ..weighing().remove(0) };
    let (_parameters, classifier) = build(&config, Device::Cpu);
    let cesium_chloride = three_crystals().remove(0);
    let with = |share: f64| {
        let mixed = Site::mixed([(Element::CS, 1.0 - share), (Element::LI, share)], [0.0; 3]).expect("shares");
        let sites = vec![mixed, cesium_chloride.sites()[1].clone()];
        logits(
            &config,
            &classifier,
            &[Crystal::new(*cesium_chloride.lattice(), sites).expect("a crystal")],
            Device::Cpu,
        )[0]
    };
    let pure = logits(&config, &classifier, std::slice::from_ref(&cesium_chloride), Device::Cpu)[0];
    let (trace, half) = ((with(2e-3) - pure).abs(), (with(0.5) - pure).abs());
    assert!(trace < 0.02 * half && half > 1e-3, "{trace} and {half}");
}

#[test]
fn permuting_atoms_does_not_change_logits() {
    for config in presets() {
        let (_parameters, classifier) = build(&config, Device::Cpu);
        for crystal in three_crystals() {
            let order: Vec<usize> = (0..crystal.num_sites()).rev().collect();
            let reversed = crystal.permuted(&order).expect("an order of the sites");
            let [a, b] = [crystal, reversed].map(|c| logits(&config, &classifier, &[c], Device::Cpu));
            assert_close(&a, &b, 1e-5);
        }
    }
}

#[test]
fn isolated_atom_attends_only_to_itself() {
    // Within 0.5 Å nobody has a neighbor, so every atom is alone: one in a cell of two is what it is in a cell of its own.
    let config = presets().remove(0);
    let (_parameters, classifier) = build(&config, Device::Cpu);
    let mut features = config.featurizer();
    features.pairs = NeighborRule::Within { cutoff: 0.5 };
    features.positions = None;
    let states = |crystals: &[Crystal]| {
        let batch = batch(crystals, &features, PaperVocabulary);
        let batch = DeviceBatch::upload(&batch, Device::Cpu).expect("a valid batch");
        assert_eq!(batch.num_pairs(), 0);
        no_grad(|| classifier.encoder.encode(&batch, Mode::Eval).values().shallow_clone())
    };
    let cesium_chloride = &three_crystals()[0];
    let cesium = Crystal::new(*cesium_chloride.lattice(), cesium_chloride.sites()[..1].to_vec()).expect("a site");
    let pair = states(std::slice::from_ref(cesium_chloride)).get(0).get(0);
    assert_close(&numbers(&pair), &numbers(&states(&[cesium]).get(0).get(0)), 1e-6);
}

#[test]
fn frozen_encoder_receives_no_gradient() {
    let config = presets().remove(1);
    let (parameters, classifier) = build(&config, Device::Cpu);
    let frozen = s2s_model::Network {
        encoder: Box::new(Frozen(classifier.encoder)) as Box<dyn AtomEncoder>,
        readout: classifier.readout,
        head: classifier.head,
    };
    let batch = batch(&three_crystals(), &config.featurizer(), PaperVocabulary);
    let batch = DeviceBatch::upload(&batch, Device::Cpu).expect("a valid batch");
    let noise = Noise::new(1, 0, 0);
    frozen.forward(&batch, Mode::Train(&noise)).0.sum(None).backward();
    let (encoder, rest): (Vec<_>, Vec<_>) =
        parameters.trainable().into_iter().partition(|(name, _)| name.starts_with("encoder."));
    assert!(encoder.iter().all(|(_, tensor)| !tensor.grad().defined()));
    assert!(rest.iter().all(|(_, tensor)| tensor.grad().defined()));
    assert!(!encoder.is_empty() && !rest.is_empty());
}

#[test]
fn the_same_noise_gives_the_same_step_and_other_noise_another() {
    let config = presets().remove(1);
    let (_parameters, classifier) = build(&config, Device::Cpu);
    let batch = batch(&three_crystals(), &config.featurizer(), PaperVocabulary);
    let batch = DeviceBatch::upload(&batch, Device::Cpu).expect("a valid batch");
    let step = |step| numbers(&classifier.forward(&batch, Mode::Train(&Noise::new(7, 1, step))).0);
    assert_eq!(step(4), step(4));
    assert_ne!(step(4), step(5));
}

/// Rock salt, `n` conventional cells in each direction, its atoms slightly displaced.
fn rock_salt(n: usize) -> Crystal {
    let length = 5.64 * n as f64;
    let mut sites = Vec::new();
    for k in 0..8 * n.pow(3) {
        let half = [k % (2 * n), k / (2 * n) % (2 * n), k / (4 * n * n)];
        let element = if half.iter().sum::<usize>() % 2 == 0 { 11 } else { 17 };
        let off = |axis: usize| 0.002 * ((7 * k + 3 * axis) as f64).sin();
        sites.push((element, [0, 1, 2].map(|axis| half[axis] as f64 / (2 * n) as f64 + off(axis))));
    }
    crystal([[length, 0.0, 0.0], [0.0, length, 0.0], [0.0, 0.0, length]], &sites)
}

#[test]
fn large_cells_get_the_same_shells_and_the_same_attention() {
    for device in devices() {
        let mut encoder =
            PeriodicEncoderConfig { width: 16, layers: 2, dropout: 0.0, ..PeriodicEncoderConfig::standard() };
        encoder.feed_forward = 32;
        let mut config = S2sNetConfig::periodic();
        config.head.dropout = 0.0;
        config.encoder = EncoderConfig::Periodic(encoder.clone());
        let parameters = Parameters::new(3, device);
        let classifier = config.classifier(&parameters, &PaperVocabulary).expect("a valid configuration");
        let crystals = [rock_salt(3), rock_salt(1), three_crystals().remove(1)];
        let together = batch(&crystals, &config.featurizer(), PaperVocabulary);
        let together = DeviceBatch::upload(&together, device).expect("a valid batch");
        // Without dropout, training computes the softmax by itself and evaluation inside one operation.
        let apart = classifier.forward(&together, Mode::Train(&Noise::new(1, 0, 0))).0;
        let fused = no_grad(|| classifier.forward(&together, Mode::Eval).0);
        assert_close(&numbers(&fused), &numbers(&apart), 1e-5);
        // 216 slots are written shell by shell, eight are not.
        let shells = |batch: &DeviceBatch| {
            let inner = Parameters::new(3, device);
            let table = Tensor::zeros([100, 0], (Kind::Float, device));
            no_grad(|| PeriodicEncoder::new(&inner.root(), &encoder, 100, &table).shells(batch))
        };
        let alone = batch(&crystals[1..2], &config.featurizer(), PaperVocabulary);
        let alone = DeviceBatch::upload(&alone, device).expect("a valid batch");
        let part = shells(&together).narrow(0, 1, 1).narrow(2, 0, 8).narrow(3, 0, 8);
        assert!(part.sum(Kind::Float).double_value(&[]) > 1.0);
        assert_close(&numbers(&part), &numbers(&shells(&alone)), 1e-6);
    }
}
