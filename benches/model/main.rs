//! Crystals per second, arithmetic and memory of the networks, in training and inference, on the CPU or a GPU.
//!
//! ```text
//! S2S_DATA_DIR=… cargo bench --features torch --bench model -- \
//!     [PRESET] [BATCH] [THREADS] [SECONDS] [inference|training|both] [s2s|large|mp2018] [shuffled|bucketed] [single|tf32|bf16]
//! S2S_DATA_DIR=… cargo bench --features torch --bench model -- write FILE.json
//! S2S_DATA_DIR=… cargo bench --features torch --bench model -- agree
//! cargo bench --features torch --bench model -- progress RUN PRESET STATUS SECONDS
//! cargo bench --features torch --bench model -- table FOLDER
//! ```
//!
//! Prints one JSON object per measurement; `large` are the largest cells of S2S. What a device can do is measured beside
//! it, as one product of large matrices in the same precision. `write` keeps the MP-2018 crystals for `benches/memory.py`, the same network
//! in padded PyTorch. `agree` compares the logits of every network with those of the CPU. `benches/table.sh` runs all of
//! it, and so does `benches/gpu.sh` where nothing can be built, which `table` sums up.

mod agree;
mod progress;
mod table;

use std::{fs, path::Path, time::Instant};

use s2s_data::{DataFolder, Label, Record, RecordStream, split::permutation};
use s2s_featurize::{
    AtomFeatures, AtomFeaturizer, BatchOrder, BatchSampler, BatchSize, Collate, PaddedCollate, ReleasedVocabulary,
    featurize_all,
};
use s2s_model::{
    BuildNetwork, Classifier, DeviceBatch, Mode, Noise, Parameters, Precision, S2sNetConfig,
    device::{self, DeviceChoice},
    tch::{self, Device, Kind, Reduction, Tensor, no_grad},
};
use s2s_train::{Adam, AdamConfig};
use serde_json::json;

type Failure = Box<dyn std::error::Error>;

/// Crystals of MP-2018 that are used, drawn at random.
const CRYSTALS: usize = 2048;

/// The largest crystals of S2S.
const LARGE: usize = 64;

/// Multiplications and additions of bfloat16 that an H100 or H200 (SXM) is sold with, without sparsity, in 10⁹/s.
const SOLD: f64 = 989_400.0;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let argument = |k: usize, default: &str| arguments.get(k).cloned().unwrap_or_else(|| default.to_owned());
    if argument(0, "") == "table" {
        return table::table(Path::new(&argument(1, ".")));
    }
    if argument(0, "") == "progress" {
        progress::progress(Path::new(&argument(1, ".")), &argument(2, ""), &argument(3, ""), &argument(4, ""));
        return Ok(());
    }
    let Ok(data) = DataFolder::from_env() else {
        println!("skipped: S2S_DATA_DIR is not set");
        return Ok(());
    };
    if argument(0, "") == "write" {
        return write(&data, &argument(1, "crystals.json"));
    }
    if argument(0, "") == "agree" {
        return agree::agree(&records(&data, "s2s")?, "auto".parse::<DeviceChoice>()?.resolve()?);
    }
    let (preset, batch) = (argument(0, "released"), argument(1, "8").parse::<usize>()?);
    tch::set_num_threads(argument(2, "2").parse()?);
    let seconds: f64 = argument(3, "20").parse()?;
    let (what, set, order) = (argument(4, "both"), argument(5, "s2s"), argument(6, "bucketed"));
    let precision: Precision = argument(7, "single").parse()?;
    let order = if order == "shuffled" { BatchOrder::Shuffled } else { BatchOrder::Bucketed { pool: 1024 } };
    let config = match preset.as_str() {
        "paper" => S2sNetConfig::paper(),
        "released" => S2sNetConfig::released(),
        "periodic" => S2sNetConfig::periodic(),
        "wide" => S2sNetConfig::wide(),
        other => return Err(format!("no preset {other:?}: paper, released, periodic or wide").into()),
    };
    let device = "auto".parse::<DeviceChoice>()?.resolve()?;
    let (features, labels) = features(&config, &records(&data, &set)?)?;
    let parameters = Parameters::new(1, device);
    let classifier = config.classifier(&parameters, &ReleasedVocabulary)?;
    let operations = Operations::of(&parameters, config.members);
    let matrix_rate = matrix_rate(device, precision);
    let bench =
        Bench { preset, set, features, labels, batch, order, device, precision, seconds, operations, matrix_rate };
    if what != "training" {
        bench.report("inference", 1, |batch, _, _| {
            no_grad(|| classifier.forward(batch, Mode::Eval).0).sum(Kind::Float)
        })?;
    }
    if what != "inference" {
        let config = AdamConfig { weight_decay: 1e-4, ..AdamConfig::adam(2.5e-4) };
        let mut adam = Adam::new(config, parameters.trainable(), &[]);
        bench.report("training", 3, |batch, targets, step| train_step(&classifier, &mut adam, batch, targets, step))?;
    }
    Ok(())
}

fn records(data: &DataFolder, set: &str) -> Result<Vec<Record>, Failure> {
    if set != "mp2018" {
        let mut all = RecordStream::open(data.s2s())?.collect::<Result<Vec<Record>, _>>()?;
        if set == "large" {
            all.sort_by_key(|record| std::cmp::Reverse(record.crystal.sites().len()));
            all.truncate(LARGE);
        }
        return Ok(all);
    }
    let all = RecordStream::open(data.mp2018())?.collect::<Result<Vec<_>, _>>()?;
    Ok(permutation(all.len(), 1, 0)[..CRYSTALS].iter().map(|&k| all[k].clone()).collect())
}

/// Features and labels of the crystals that the network can read.
fn features(config: &S2sNetConfig, records: &[Record]) -> Result<(Vec<AtomFeatures>, Vec<f32>), Failure> {
    let positive = |label: Option<Label>| label.and_then(Label::is_superconductor).unwrap_or(false);
    let crystals: Vec<_> = records.iter().map(|r| r.crystal.clone()).collect();
    let featurizer = AtomFeaturizer::new(config.featurizer(), ReleasedVocabulary)?;
    let found = featurize_all(&featurizer, &crystals).into_iter().zip(records);
    let known = found.filter_map(|(f, record)| Some((f.ok()?, f32::from(u8::from(positive(record.label))))));
    Ok(known.unzip())
}

/// The inputs of the paper's network, for the padded PyTorch code.
fn write(data: &DataFolder, path: &str) -> Result<(), Failure> {
    let (features, _) = features(&S2sNetConfig::paper(), &records(data, "mp2018")?)?;
    let rows: Vec<_> = features
        .iter()
        .map(|f| {
            let neighbors: Vec<Vec<usize>> =
                (0..f.num_atoms()).map(|atom| f.neighbors(atom).map(|(site, _)| site).collect()).collect();
            let tokens: Vec<u16> = f.tokens.iter().map(|t| t.0).collect();
            json!({"tokens": tokens, "distances": f.centroid_distances, "neighbors": neighbors, "lattice": f.lattice})
        })
        .collect();
    Ok(fs::write(path, serde_json::to_vec(&rows)?)?)
}

fn train_step(classifier: &Classifier, adam: &mut Adam, batch: &DeviceBatch, targets: &Tensor, step: u64) -> Tensor {
    let logits = classifier.forward(batch, Mode::Train(&Noise::new(1, 0, step))).0;
    let loss = logits.binary_cross_entropy_with_logits::<Tensor>(targets, None, None, Reduction::Mean);
    adam.backward(&loss).expect("the loss depends on the parameters");
    adam.step(1.0);
    loss.detach()
}

/// What the device reaches in one product of large matrices, in 10⁹ multiplications and additions per second.
fn matrix_rate(device: Device, precision: Precision) -> f64 {
    let size: i64 = if device == Device::Cpu { 1024 } else { 8192 };
    // Numbers of many digits: a GPU multiplies ones faster.
    let a = precision.operand(&Tensor::arange(size * size, (Kind::Float, device)).sin().view([size, size]));
    let wait = |product: &Tensor| product.narrow(0, 0, 1).sum(Kind::Float).double_value(&[]);
    let mut best = f64::INFINITY;
    for _ in 0..8 {
        wait(&a);
        let started = Instant::now();
        wait(&precision.compute(|| a.matmul(&a)));
        best = best.min(started.elapsed().as_secs_f64());
    }
    2.0 * (size as f64).powi(3) / best * 1e-9
}

/// Multiplications and additions of the linear maps, going forward: nearly all there are.
struct Operations {
    per_atom: f64,
    per_crystal: f64,
}

impl Operations {
    /// The matrices of a head are used once by each of its members.
    fn of(parameters: &Parameters, members: Option<i64>) -> Self {
        let sum = |wanted: &dyn Fn(&str) -> bool| -> f64 {
            let matrices = parameters.trainable().into_iter().filter(|(name, t)| t.dim() == 2 && wanted(name));
            matrices.map(|(_, tensor)| 2.0 * tensor.numel() as f64).sum()
        };
        let per_atom = sum(&|name| name.starts_with("encoder.") && !name.starts_with("encoder.embedding"));
        // Nine of the ten steps of Set2Set have a product; q* and q share one weight.
        let head = sum(&|name| name.starts_with("head.") && name.ends_with("weight"));
        let per_crystal = 9.0 * sum(&|name| name.ends_with("set2set.weight_ih")) + head * members.unwrap_or(1) as f64;
        Self { per_atom, per_crystal }
    }
}

struct Bench {
    preset: String,
    set: String,
    features: Vec<AtomFeatures>,
    labels: Vec<f32>,
    batch: usize,
    order: BatchOrder,
    device: Device,
    precision: Precision,
    seconds: f64,
    operations: Operations,
    matrix_rate: f64,
}

impl Bench {
    /// Measures `work`, whose arithmetic is `passes` times that of a forward pass.
    fn report(
        &self,
        what: &str,
        passes: usize,
        mut work: impl FnMut(&DeviceBatch, &Tensor, u64) -> Tensor,
    ) -> Result<(), Failure> {
        let sizes = self.features.iter().map(|f| f.num_atoms() as u32).collect();
        let plan = BatchSampler::new(sizes, BatchSize::Crystals(self.batch), self.order, 1)?.epoch(0);
        let mut run = |indices: &[u32], step: u64| -> Result<Tensor, Failure> {
            let items: Vec<&AtomFeatures> = indices.iter().map(|&k| &self.features[k as usize]).collect();
            let batch = DeviceBatch::upload(&PaddedCollate.collate(&items)?, self.device)?;
            let targets: Vec<f32> = indices.iter().map(|&k| self.labels[k as usize]).collect();
            let targets = device::send(&Tensor::from_slice(&targets), self.device)?;
            Ok(self.precision.compute(|| work(&batch, &targets, step)))
        };
        let before = memory("VmRSS:");
        run(plan.batch(0), 0)?.double_value(&[]);
        let (started, busy) = (Instant::now(), processor_seconds());
        let (mut crystals, mut atoms) = (0, 0);
        let mut last = Tensor::new();
        for (step, k) in (0..plan.len()).cycle().enumerate() {
            last = run(plan.batch(k), step as u64)?;
            crystals += plan.batch(k).len();
            atoms += plan.batch(k).iter().map(|&k| self.features[k as usize].num_atoms()).sum::<usize>();
            if started.elapsed().as_secs_f64() > self.seconds {
                break;
            }
        }
        // The one place that waits for a GPU.
        let value = last.double_value(&[]);
        let (seconds, busy) = (started.elapsed().as_secs_f64(), processor_seconds() - busy);
        let forward = self.operations.per_atom * atoms as f64 + self.operations.per_crystal * crystals as f64;
        let line = json!({
            "who": "s2s", "preset": self.preset, "what": what, "set": self.set, "device": format!("{:?}", self.device),
            "order": format!("{:?}", self.order), "batch": self.batch, "padding": plan.padding_waste(),
            "precision": self.precision.to_string(), "crystals_per_second": crystals as f64 / seconds,
            "crystals_per_processor_second": crystals as f64 / busy,
            "gigaflop_per_second": forward * passes as f64 / seconds * 1e-9,
            "gigaflop_per_processor_second": forward * passes as f64 / busy * 1e-9,
            "matrix_gigaflop_per_second": self.matrix_rate,
            "share_of_matrix_rate": forward * passes as f64 / seconds * 1e-9 / self.matrix_rate,
            "share_of_h100_bf16_peak": self.device.is_cuda().then(|| forward * passes as f64 / seconds * 1e-9 / SOLD),
            "memory_before_mib": before, "peak_memory_mib": memory("VmHWM:"), "last_value": value,
        });
        println!("{line}");
        Ok(())
    }
}

/// A line of what the Linux kernel says about this process, in MiB.
fn memory(field: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}

/// Seconds that the threads of this process have computed, which other programs on the machine do not change.
fn processor_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}
