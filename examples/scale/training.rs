//! The work that is measured: pre-training of the paper's network for some steps, by one process of a group.

use std::{error::Error, time::Instant};

use clap::Args;
use s2s_data::{DataFolder, Record, RecordStream};
use s2s_dist::{ProcessGroup, Rendezvous};
use s2s_featurize::{AtomFeatures, BatchOrder, BatchSize, Masker, PaperVocabulary};
use s2s_model::S2sNetConfig;
use s2s_train::{
    Communicator, MaskedAtomBatches, Masks, RunIdentity, SingleProcess, Snapshot, TrainError, fit_together,
    observer::{Observer, Signal, StepReport},
    recipe::{Prepared, PretrainRecipe},
};
use serde::{Deserialize, Serialize};

/// The work that is measured.
#[derive(Args, Clone, Debug)]
pub(crate) struct Training {
    /// Crystals of a batch
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    batch: u16,
    /// Cut batches of so many padded atoms instead, as pre-training does (1,024): batches of equal work, of which a step
    /// has as many as --accumulate, until the crystals of --batch, --accumulate and --steps are used up
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    slots: Option<u32>,
    /// Batches of an optimizer step, which the processes share
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    accumulate: u16,
    /// Optimizer steps that are timed, after one that is not
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..))]
    steps: u16,
}

/// What process 0 says about training.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pace {
    pub(crate) gradient_bytes: usize,
    pub(crate) crystals: usize,
    pub(crate) seconds: f64,
    pub(crate) steps: usize,
    /// Multiplications and additions of a step, forward and backward.
    pub(crate) operations: f64,
}

impl Training {
    /// The command line of a process that does this work.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let numbers: [(&str, u32); 3] =
            [("--batch", self.batch.into()), ("--accumulate", self.accumulate.into()), ("--steps", self.steps.into())];
        let numbers = numbers.into_iter().chain(self.slots.map(|slots| ("--slots", slots)));
        let words = numbers.flat_map(|(name, number)| [name.to_owned(), number.to_string()]);
        ["train".to_owned()].into_iter().chain(words).collect()
    }

    /// One process: pre-trains the paper's network for some steps.
    pub(crate) fn run(&self) -> Result<Pace, Box<dyn Error>> {
        s2s_model::tch::set_num_threads(1);
        rayon::ThreadPoolBuilder::new().num_threads(1).build_global()?;
        let group = Rendezvous::from_env()?.map(|rendezvous| ProcessGroup::join(&rendezvous, "s2s")).transpose()?;
        let communicator: &dyn Communicator = match &group {
            Some(group) => group,
            None => &SingleProcess,
        };
        let mut recipe = PretrainRecipe::new(S2sNetConfig::paper(), 1, 1000);
        recipe.fit.accumulate = self.accumulate.into();
        let wanted = usize::from(self.batch) * usize::from(self.accumulate) * (usize::from(self.steps) + 1);
        let records: Vec<Record> = RecordStream::open(DataFolder::from_env()?.s2s())?.collect::<Result<_, _>>()?;
        let prepared = Prepared::new(&records, &recipe.build_featurizer()?)?;
        // Those that the paper can pre-train on, over and over if they do not suffice.
        let usable: Vec<&AtomFeatures> =
            prepared.features.iter().filter(|f| f.num_atoms() <= recipe.max_atoms).collect();
        let features: Vec<&AtomFeatures> = usable.into_iter().cycle().take(wanted).collect();
        let atoms = features.iter().map(|f| f.num_atoms()).sum::<usize>() as f64 / features.len().max(1) as f64;

        let device = s2s_model::tch::Device::Cpu;
        let mut learner = recipe.learner(RunIdentity::default(), device)?;
        let trainable = learner.parameters().trainable();
        let gradient_bytes = trainable.iter().map(|(_, tensor)| 4 * tensor.numel()).sum();
        let matrices = trainable.iter().filter(|(name, tensor)| tensor.dim() == 2 && !name.contains("embedding"));
        // Each weight is multiplied and added once going forward and twice going back.
        let per_crystal = matrices.map(|(_, tensor)| 6.0 * tensor.numel() as f64).sum::<f64>() * atoms;
        drop(trainable);

        let masker = || Masker::new(recipe.mask, recipe.replacement, &PaperVocabulary, recipe.fit.seed);
        let size = match self.slots {
            Some(slots) => BatchSize::PaddedAtoms(slots as usize),
            None => BatchSize::Crystals(self.batch.into()),
        };
        let batches = |features, masks| {
            let order = BatchOrder::Bucketed { pool: recipe.pool };
            MaskedAtomBatches::new(features, masker(), masks, size, device)?.ordered(order, recipe.fit.seed)
        };
        let held: Vec<&AtomFeatures> = features.iter().copied().take(1).collect();
        let mut watch = Watch::default();
        fit_together(
            communicator,
            &mut learner,
            &batches(features, Masks::Fresh)?,
            &batches(held, Masks::Fixed)?,
            &mut [&mut watch],
        )?;
        let seconds = watch.last.zip(watch.first).map_or(0.0, |(last, first)| (last - first).as_secs_f64());
        let operations = per_crystal * watch.crystals as f64 / watch.steps.max(1) as f64;
        Ok(Pace { gradient_bytes, crystals: watch.crystals, seconds, steps: watch.steps, operations })
    }
}

/// Times optimizer steps after the first.
#[derive(Debug, Default)]
struct Watch {
    first: Option<Instant>,
    last: Option<Instant>,
    crystals: usize,
    steps: usize,
}

impl Observer for Watch {
    fn awaits(&self, _step: u64) -> bool {
        true
    }

    fn stepped(&mut self, step: &StepReport, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        if self.first.is_some() {
            self.crystals += step.crystals;
        }
        if step.whole {
            let now = Instant::now();
            self.steps += usize::from(self.first.is_some());
            self.first.get_or_insert(now);
            self.last = Some(now);
        }
        Ok(Signal::Continue)
    }
}
