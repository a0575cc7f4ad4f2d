//! Crystals per second of the networks on the S2S set, in training and inference.
//!
//! ```text
//! S2S_DATA_DIR=… cargo bench --features torch --bench model -- [PRESET] [BATCH] [THREADS]
//! ```
//!
//! Prints one JSON object per measurement; `benches/compare` prints the same for the plain PyTorch model.

use std::time::Instant;

use s2s_data::{DataFolder, Label, RecordStream};
use s2s_featurize::{
    AtomFeatures, AtomFeaturizer, BatchOrder, BatchSampler, BatchSize, Collate, PaddedCollate, ReleasedVocabulary,
    featurize_all,
};
use s2s_model::{
    Classifier, DeviceBatch, Mode, Noise, Parameters, S2sNetConfig,
    device::DeviceChoice,
    tch::{self, Device, Kind, Tensor, no_grad},
};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let argument = |k: usize, default: &str| arguments.get(k).cloned().unwrap_or_else(|| default.to_owned());
    let (preset, batch) = (argument(0, "released"), argument(1, "8").parse::<usize>()?);
    tch::set_num_threads(argument(2, "2").parse()?);
    let seconds: f64 = argument(3, "20").parse()?;
    let config = match preset.as_str() {
        "paper" => S2sNetConfig::paper(),
        "released" => S2sNetConfig::released(),
        "periodic" => S2sNetConfig::periodic(),
        other => return Err(format!("no preset {other:?}: paper, released or periodic").into()),
    };
    let device = "auto".parse::<DeviceChoice>()?.resolve()?;
    let records = RecordStream::open(DataFolder::from_env()?.s2s())?.collect::<Result<Vec<_>, _>>()?;
    let positive = |label: Option<Label>| label.and_then(Label::is_superconductor).unwrap_or(false);
    let labels: Vec<f32> = records.iter().map(|r| f32::from(u8::from(positive(r.label)))).collect();
    let crystals: Vec<_> = records.into_iter().map(|r| r.crystal).collect();
    let featurizer = AtomFeaturizer::new(config.featurizer(), ReleasedVocabulary)?;
    let started = Instant::now();
    let features = featurize_all(&featurizer, &crystals).into_iter().collect::<Result<Vec<_>, _>>()?;
    eprintln!("featurized {} crystals in {:.1} s", features.len(), started.elapsed().as_secs_f64());
    for order in [BatchOrder::Shuffled, BatchOrder::Bucketed { pool: 1024 }] {
        let parameters = Parameters::new(1, device);
        let classifier = config.classifier(&parameters, &ReleasedVocabulary)?;
        let bench = Bench { features: &features, labels: &labels, batch, order, device, seconds };
        bench.report(&preset, "inference", |batch, _, _| {
            no_grad(|| classifier.forward(batch, Mode::Eval).0).sum(Kind::Float).double_value(&[]);
        })?;
        let mut adam = Adam::new(&parameters);
        bench.report(&preset, "training", |batch, targets, step| {
            train_step(&classifier, &mut adam, batch, targets, step);
        })?;
    }
    Ok(())
}

fn train_step(classifier: &Classifier, adam: &mut Adam, batch: &DeviceBatch, targets: &Tensor, step: u64) {
    let logits = classifier.forward(batch, Mode::Train(&Noise::new(1, 0, step))).0;
    let loss = logits.binary_cross_entropy_with_logits::<Tensor>(targets, None, None, s2s_model::tch::Reduction::Mean);
    loss.backward();
    adam.step();
}

struct Bench<'a> {
    features: &'a [AtomFeatures],
    labels: &'a [f32],
    batch: usize,
    order: BatchOrder,
    device: Device,
    seconds: f64,
}

impl Bench<'_> {
    fn report(
        &self,
        preset: &str,
        what: &str,
        mut work: impl FnMut(&DeviceBatch, &Tensor, u64),
    ) -> Result<(), Failure> {
        let sizes = self.features.iter().map(|f| f.num_atoms() as u32).collect();
        let plan = BatchSampler::new(sizes, BatchSize::Crystals(self.batch), self.order, 1)?.epoch(0);
        let mut run = |indices: &[u32], step: u64| -> Result<(), Failure> {
            let items: Vec<&AtomFeatures> = indices.iter().map(|&k| &self.features[k as usize]).collect();
            let batch = DeviceBatch::upload(&PaddedCollate.collate(&items)?, self.device)?;
            let targets: Vec<f32> = indices.iter().map(|&k| self.labels[k as usize]).collect();
            work(&batch, &Tensor::from_slice(&targets).to_device(self.device), step);
            Ok(())
        };
        run(plan.batch(0), 0)?;
        let (started, before) = (Instant::now(), processor_seconds());
        let (mut crystals, mut atoms) = (0, 0);
        for (step, k) in (0..plan.len()).cycle().enumerate() {
            run(plan.batch(k), step as u64)?;
            crystals += plan.batch(k).len();
            atoms += plan.batch(k).iter().map(|&k| self.features[k as usize].num_atoms()).sum::<usize>();
            if started.elapsed().as_secs_f64() > self.seconds {
                break;
            }
        }
        let (seconds, busy) = (started.elapsed().as_secs_f64(), processor_seconds() - before);
        println!(
            "{{\"who\": \"s2s\", \"preset\": \"{preset}\", \"what\": \"{what}\", \"order\": \"{:?}\", \"batch\": {}, \
             \"crystals_per_second\": {:.1}, \"crystals_per_processor_second\": {:.1}, \"atoms_per_second\": {:.0}, \"padding\": {:.2}}}",
            self.order,
            self.batch,
            crystals as f64 / seconds,
            crystals as f64 / busy,
            atoms as f64 / seconds,
            plan.padding_waste()
        );
        Ok(())
    }
}

/// Adam with weight decay added to the gradient, as the released code trains.
struct Adam {
    parameters: Vec<Tensor>,
    first: Vec<Tensor>,
    second: Vec<Tensor>,
    steps: i32,
}

impl Adam {
    fn new(parameters: &Parameters) -> Self {
        let parameters: Vec<Tensor> = parameters.trainable().into_iter().map(|(_, tensor)| tensor).collect();
        let zeros = || parameters.iter().map(|p| p.detach().zeros_like()).collect();
        Self { first: zeros(), second: zeros(), steps: 0, parameters }
    }

    fn step(&mut self) {
        self.steps += 1;
        let (b1, b2, rate) = (0.9_f64, 0.999_f64, 2.5e-4);
        let (c1, c2) = (1.0 - b1.powi(self.steps), 1.0 - b2.powi(self.steps));
        no_grad(|| {
            for ((p, m), v) in self.parameters.iter_mut().zip(&mut self.first).zip(&mut self.second) {
                let gradient = p.grad();
                if !gradient.defined() {
                    continue;
                }
                let g = &gradient + &*p * 1e-4;
                let _ = m.lerp_(&g, 1.0 - b1);
                let _ = v.g_mul_scalar_(b2).addcmul_(&g, &g);
                let denominator = (&*v * ((1.0 - b2) / c2)).sqrt() + 1e-8;
                let _ = p.addcdiv_(&(&*m * (-rate / c1)), &denominator);
                p.zero_grad();
            }
        });
    }
}

/// Seconds that the threads of this process have computed; the honest clock on a machine that others use too.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}
