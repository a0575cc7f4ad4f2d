//! A run small enough to repeat many times.

use s2s_featurize::{
    AtomFeatures, BatchOrder, BatchSize, MaskPolicy, Masker, PaperVocabulary, RandomStream, Replacement, Token,
};
use s2s_model::{
    Activation, AtomEncoder, BinaryLogits, BuildNetwork, CrystalStates, EncoderConfig, Head, MlpConfig, Parameters,
    Readout, ReleasedEncoderConfig, S2sNetConfig,
};
use s2s_train::{
    AdamConfig, FitConfig, LabeledBatches, Learner, MaskedAtomBatches, Masks, RunIdentity, Schedule, TrainError, Watch,
    objective::{MaskedAtomObjective, SuperconductivityObjective},
};
use tch::Device;

/// Crystals whose label and elements can be guessed: the positives hold elements below 40, the others above.
pub(crate) fn crystals(count: usize) -> (Vec<AtomFeatures>, Vec<bool>) {
    let mut stream = RandomStream::new(*b"tinyruns", 1, 0, 0);
    (0..count)
        .map(|k| {
            let (atoms, positive) = (2 + stream.below(7), k % 3 == 0);
            let base = if positive { 1 } else { 41 };
            let features = AtomFeatures {
                tokens: (0..atoms).map(|_| Token(base + 2 * stream.below(15) as u16)).collect(),
                centroid_distances: (0..atoms).map(|_| 4.0 * stream.unit() as f32).collect(),
                neighbor_offsets: vec![0; atoms + 1],
                lattice: vec![3.0, 4.0, 5.0],
                ..AtomFeatures::default()
            };
            (features, positive)
        })
        .unzip()
}

/// Two layers of width 8 with dropout.
pub(crate) fn model() -> S2sNetConfig {
    let mut encoder = ReleasedEncoderConfig::released();
    (encoder.width, encoder.heads, encoder.layers, encoder.feed_forward) = (8, 2, 2, 16);
    S2sNetConfig {
        encoder: EncoderConfig::Released(encoder),
        head: MlpConfig { hidden: vec![8], activation: Activation::Relu, dropout: 0.2 },
        ..S2sNetConfig::released()
    }
}

/// Everything that could break exact resume: dropout, clipping, accumulation, averaging, a schedule.
pub(crate) fn config(epochs: u64, seed: u64) -> FitConfig {
    FitConfig {
        optimizer: AdamConfig::adam_w(0.01, 0.01),
        schedule: Schedule::WarmupCosine { warmup_steps: 5, total_steps: 200, floor: 0.1 },
        clip: Some(1.0),
        accumulate: 2,
        average: Some(0.9),
        watch: Watch::loss(),
        ..FitConfig::plain(epochs, 0.01, seed)
    }
}

pub(crate) type Classifier = Learner<
    SuperconductivityObjective<
        Box<dyn AtomEncoder>,
        Box<dyn Readout>,
        Box<dyn Head<CrystalStates, Output = BinaryLogits>>,
    >,
>;

pub(crate) fn classifier(config: FitConfig, identity: RunIdentity) -> Result<Classifier, TrainError> {
    // Threads that wait for each other cost more than these networks.
    tch::set_num_threads(1);
    let parameters = Parameters::new(config.seed, Device::Cpu);
    let network = model().classifier(&parameters, &PaperVocabulary)?;
    Ok(Learner::new(SuperconductivityObjective::paper(network), parameters, config, identity))
}

pub(crate) type Guesser = Learner<
    MaskedAtomObjective<Box<dyn AtomEncoder>, Box<dyn Head<s2s_model::AtomStates, Output = s2s_model::ElementLogits>>>,
>;

pub(crate) fn guesser(config: FitConfig, identity: RunIdentity) -> Result<Guesser, TrainError> {
    // Threads that wait for each other cost more than these networks.
    tch::set_num_threads(1);
    let parameters = Parameters::new(config.seed, Device::Cpu);
    let network = model().masked_atom_model(&parameters, &PaperVocabulary)?;
    Ok(Learner::new(MaskedAtomObjective(network), parameters, config, identity))
}

pub(crate) fn labeled<'f>(
    features: &'f [AtomFeatures],
    labels: &[bool],
    seed: u64,
) -> Result<LabeledBatches<'f>, TrainError> {
    let targets = labels.iter().map(|&label| f32::from(u8::from(label))).collect();
    LabeledBatches::new(features, targets, BatchSize::Crystals(4), Device::Cpu)?
        .ordered(BatchOrder::Bucketed { pool: 16 }, seed)
}

pub(crate) fn masked(features: &[AtomFeatures], masks: Masks, seed: u64) -> Result<MaskedAtomBatches<'_>, TrainError> {
    let masker = Masker::new(MaskPolicy::paper(), Replacement::Bert, &PaperVocabulary, seed);
    MaskedAtomBatches::new(features, masker, masks, BatchSize::Crystals(4), Device::Cpu)?
        .ordered(BatchOrder::Bucketed { pool: 16 }, seed)
}
