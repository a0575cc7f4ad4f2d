//! The same logits on the CPU and on the device at hand, for every network.

use s2s_data::Record;
use s2s_featurize::{AtomFeatures, AtomFeaturizer, Collate, PaddedCollate, PaperVocabulary, featurize_all};
use s2s_model::{
    BuildNetwork, CgcnnConfig, Classifier, DeviceBatch, MegnetConfig, Mode, Parameters, Precision, S2sNetConfig,
    tch::{Device, no_grad},
};
use serde_json::json;

use crate::Failure;

/// Crystals that are compared: the largest cells that fit into this many atoms, so that padding and long rows occur.
const CRYSTALS: usize = 64;
const ATOMS: usize = 100;
const BATCH: usize = 16;

/// How far logits may differ from those of the CPU, in units of the largest logit or of one.
const TOLERANCES: [(Precision, f64); 3] =
    [(Precision::Single, 1e-4), (Precision::Tf32, 3e-2), (Precision::Bfloat16, 1e-1)];

/// Prints the largest difference for every network and precision; an error if one is too large.
pub(crate) fn agree(records: &[Record], device: Device) -> Result<(), Failure> {
    let networks: [(&str, &dyn Network); 6] = [
        ("paper", &S2sNetConfig::paper()),
        ("released", &S2sNetConfig::released()),
        ("periodic", &S2sNetConfig::periodic()),
        ("wide", &S2sNetConfig::wide()),
        ("cgcnn", &CgcnnConfig::published()),
        ("megnet", &MegnetConfig::published()),
    ];
    let mut crystals: Vec<_> = records.iter().map(|r| &r.crystal).filter(|c| c.num_sites() <= ATOMS).collect();
    crystals.sort_by_key(|crystal| std::cmp::Reverse(crystal.num_sites()));
    let crystals: Vec<_> = crystals.into_iter().take(CRYSTALS).cloned().collect();
    let mut wrong = Vec::new();
    for (name, network) in networks {
        let features = network.features(&crystals)?;
        let host = logits(network, &features, Device::Cpu, Precision::Single)?;
        let largest = host.iter().fold(1.0_f64, |largest, logit| largest.max(logit.abs()));
        for (precision, tolerance) in TOLERANCES {
            let found = logits(network, &features, device, precision)?;
            let difference = host.iter().zip(&found).map(|(a, b)| (a - b).abs()).fold(0.0_f64, f64::max);
            let agrees = found.len() == host.len() && difference <= tolerance * largest;
            println!(
                "{}",
                json!({
                    "what": "agreement", "network": name, "device": format!("{device:?}"), "precision": precision.to_string(),
                    "crystals": host.len(), "largest_logit": largest, "largest_difference": difference,
                    "tolerance": tolerance * largest, "agrees": agrees,
                })
            );
            if !agrees {
                wrong.push(format!("{name} in {precision}"));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("logits differ: {}", wrong.join(", ")).into()) }
}

/// What is needed of each kind of configuration.
trait Network {
    fn features(&self, crystals: &[s2s_crystal::Crystal]) -> Result<Vec<AtomFeatures>, Failure>;
    fn build(&self, parameters: &Parameters) -> Result<Classifier, Failure>;
}

macro_rules! network {
    ($($config:ty),*) => {$(
        impl Network for $config {
            fn features(&self, crystals: &[s2s_crystal::Crystal]) -> Result<Vec<AtomFeatures>, Failure> {
                let featurizer = AtomFeaturizer::new(self.featurizer(), PaperVocabulary)?;
                Ok(featurize_all(&featurizer, crystals).into_iter().collect::<Result<_, _>>()?)
            }

            fn build(&self, parameters: &Parameters) -> Result<Classifier, Failure> {
                Ok(self.classifier(parameters, &PaperVocabulary)?)
            }
        }
    )*};
}
network!(S2sNetConfig, CgcnnConfig, MegnetConfig);

fn logits(
    network: &dyn Network,
    features: &[AtomFeatures],
    device: Device,
    precision: Precision,
) -> Result<Vec<f64>, Failure> {
    let parameters = Parameters::new(3, device);
    let classifier = network.build(&parameters)?;
    let mut found = Vec::new();
    for items in features.chunks(BATCH) {
        let items: Vec<&AtomFeatures> = items.iter().collect();
        let batch = DeviceBatch::upload(&PaddedCollate.collate(&items)?, device)?;
        let logits = precision.compute(|| no_grad(|| classifier.forward(&batch, Mode::Eval).0));
        found.extend(Vec::<f32>::try_from(&logits.to_device(Device::Cpu))?.into_iter().map(f64::from));
    }
    Ok(found)
}
