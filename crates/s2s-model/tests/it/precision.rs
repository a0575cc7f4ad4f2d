//! Products in bfloat16 give nearly the same answers, and everything that is kept stays single.

use s2s_featurize::{NeighborRule, PaperVocabulary};
use s2s_model::{
    BuildNetwork, CgcnnConfig, Classifier, DeviceBatch, EncoderConfig, MegnetConfig, Mode, Noise, PaperEncoderConfig,
    Parameters, Precision, ReadoutConfig, S2sNetConfig,
    tch::{Device, Kind, Tensor, no_grad},
};

use crate::support::{batch, devices, numbers, three_crystals};

/// bfloat16 has eight digits of base two: what a few layers make of that.
const TOLERANCE: f64 = 1e-2;

/// The presets at width 64, with parameters that are as large as training makes them.
fn presets() -> Vec<S2sNetConfig> {
    let mut paper = S2sNetConfig::paper();
    paper.encoder = EncoderConfig::Paper(PaperEncoderConfig { width: 64, layers: 2, ..PaperEncoderConfig::paper() });
    let released = s2s_model::import::released_config(r#"{"d_model": 64, "d_ff": 128, "h": 4, "num_layer": 2}"#);
    let released = released.expect("sizes");
    let mean = S2sNetConfig { readout: ReadoutConfig::Mean, ..released.clone() };
    vec![paper, released, mean, S2sNetConfig::periodic()]
}

#[track_caller]
fn assert_near(lower: &[f64], single: &[f64]) {
    for (lower, single) in lower.iter().zip(single) {
        assert!((lower - single).abs() <= TOLERANCE * single.abs().max(1.0), "{lower} is not near {single}");
    }
    assert_ne!(lower, single, "the products were not rounded");
}

#[test]
fn bfloat16_logits_are_near_single_ones_on_every_device() {
    for device in devices() {
        for config in presets() {
            let parameters = Parameters::new(3, device);
            let classifier = config.classifier(&parameters, &PaperVocabulary).expect("a valid configuration");
            let host = batch(&three_crystals(), &config.featurizer(), PaperVocabulary);
            let batch = DeviceBatch::upload(&host, device).expect("a valid batch");
            let logits = || no_grad(|| classifier.forward(&batch, Mode::Eval).0);
            let (single, lower) = (logits(), Precision::Bfloat16.compute(logits));
            assert_eq!(lower.kind(), Kind::Float);
            assert_near(&numbers(&lower), &numbers(&single));
            assert_eq!(numbers(&logits()), numbers(&single), "single precision is in force again");
        }
    }
}

#[test]
fn the_peers_and_the_element_head_compute_in_bfloat16_too() {
    for device in devices() {
        let crystals = three_crystals();
        let (cgcnn, megnet) = (CgcnnConfig::published(), MegnetConfig::published());
        let mut features = cgcnn.featurizer();
        features.pairs = NeighborRule::Within { cutoff: 5.0 };
        let pairs = [
            (batch(&crystals[..2], &features, PaperVocabulary), true),
            (batch(&crystals[..2], &megnet.featurizer(), PaperVocabulary), false),
        ];
        for (host, is_cgcnn) in pairs {
            let parameters = Parameters::new(3, device);
            let network = if is_cgcnn {
                cgcnn.regressor(&parameters, &PaperVocabulary)
            } else {
                megnet.regressor(&parameters, &PaperVocabulary)
            };
            let network = network.expect("valid sizes");
            let batch = DeviceBatch::upload(&host, device).expect("a valid batch");
            let predict = || no_grad(|| network.forward(&batch, Mode::Eval).0);
            assert_near(&numbers(&Precision::Bfloat16.compute(predict)), &numbers(&predict()));
        }
        let config = presets().remove(1);
        let parameters = Parameters::new(3, device);
        let model = config.masked_atom_model(&parameters, &PaperVocabulary).expect("a valid configuration");
        let all = parameters.all();
        let (_, classifier) = all.iter().find(|(name, _)| name == "head.elements.classifier.weight").expect("a head");
        no_grad(|| classifier.shallow_clone().copy_(&(classifier.ones_like().cumsum(0, Kind::Float).sin() * 0.05)));
        let host = batch(&crystals, &config.featurizer(), PaperVocabulary);
        let batch = DeviceBatch::upload(&host, device).expect("a valid batch");
        let slots = Tensor::from_slice(&[0_i64, 1]).to_device(device);
        let scores = || no_grad(|| model.forward(&batch, &slots, Mode::Eval).0);
        let lower = Precision::Bfloat16.compute(scores);
        assert_eq!(lower.kind(), Kind::Float);
        assert_near(&numbers(&lower), &numbers(&scores()));
    }
}

fn gradients(classifier: &Classifier, parameters: &Parameters, batch: &DeviceBatch) -> (Vec<(String, Tensor)>, f64) {
    let noise = Noise::new(1, 2, 3);
    let logits = classifier.forward(batch, Mode::Train(&noise)).0;
    let loss = logits.square().mean(Kind::Float);
    let all = parameters.trainable();
    let found = Tensor::run_backward(&[&loss], &all.iter().map(|(_, t)| t).collect::<Vec<_>>(), false, false);
    (all.into_iter().map(|(name, _)| name).zip(found).collect(), loss.double_value(&[]))
}

#[test]
fn gradients_of_bfloat16_products_are_single_and_point_the_same_way() {
    for (device, config) in devices().into_iter().flat_map(|d| presets().into_iter().map(move |c| (d, c))) {
        let parameters = Parameters::new(3, device);
        let classifier = config.classifier(&parameters, &PaperVocabulary).expect("a valid configuration");
        let host = batch(&three_crystals(), &config.featurizer(), PaperVocabulary);
        let batch = DeviceBatch::upload(&host, device).expect("a valid batch");
        let (single, loss) = gradients(&classifier, &parameters, &batch);
        let (lower, lower_loss) = Precision::Bfloat16.compute(|| gradients(&classifier, &parameters, &batch));
        assert!((lower_loss - loss).abs() < 2.0 * TOLERANCE, "a square doubles: {lower_loss} and {loss}");
        let flat = |gradients: &[(String, Tensor)]| {
            let each: Vec<Tensor> = gradients.iter().map(|(_, g)| g.reshape([-1]).to_kind(Kind::Double)).collect();
            Tensor::cat(&each, 0)
        };
        assert!(lower.iter().all(|(_, gradient)| gradient.kind() == Kind::Float));
        let (a, b) = (flat(&single), flat(&lower));
        let cosine = (a.dot(&b) / (a.norm() * b.norm())).double_value(&[]);
        assert!(cosine > 0.999, "{cosine}");
    }
}

#[test]
fn a_precision_ends_with_its_scope_even_by_a_panic() {
    assert_eq!(Precision::in_force(), Precision::Single);
    Precision::Bfloat16.compute(|| {
        assert_eq!(Precision::in_force(), Precision::Bfloat16);
        Precision::Single.compute(|| assert_eq!(Precision::in_force(), Precision::Single));
        assert_eq!(Precision::in_force(), Precision::Bfloat16);
    });
    std::panic::catch_unwind(|| Precision::Bfloat16.compute(|| panic!("on purpose"))).expect_err("it panics");
    assert_eq!(Precision::in_force(), Precision::Single);
    for precision in [Precision::Single, Precision::Tf32, Precision::Bfloat16] {
        assert_eq!(precision.to_string().parse::<Precision>().expect("its own name"), precision);
    }
    assert_eq!("bf16".parse::<Precision>().expect("a short name"), Precision::Bfloat16);
    let error = "half".parse::<Precision>().expect_err("no such precision").to_string();
    assert_eq!(error, "invalid model configuration: there is no precision `half`: choose single, tf32 or bf16");
}

#[test]
fn tf32_changes_nothing_on_a_processor() {
    for config in presets() {
        let parameters = Parameters::new(3, Device::Cpu);
        let classifier = config.classifier(&parameters, &PaperVocabulary).expect("a valid configuration");
        let host = batch(&three_crystals(), &config.featurizer(), PaperVocabulary);
        let batch = DeviceBatch::upload(&host, Device::Cpu).expect("a valid batch");
        let logits = || numbers(&no_grad(|| classifier.forward(&batch, Mode::Eval).0));
        assert_eq!(Precision::Tf32.compute(logits), logits());
    }
}
