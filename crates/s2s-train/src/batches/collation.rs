//! Collation of the batches of an epoch, beside the running step where a device computes it.

use std::{
    sync::mpsc::{Receiver, sync_channel},
    thread::Scope,
};

use s2s_featurize::BatchPlan;

use super::Batches;
use crate::TrainError;

/// Batches that wait for the device, beside the one being collated: enough that none is waited for.
const WAITING: usize = 1;

/// Batches of one epoch in a known order.
pub(crate) struct Collation<'b, B: Batches> {
    batches: &'b B,
    plan: &'b BatchPlan,
    epoch: u64,
    /// What a thread of its own collates, in order.
    ahead: Option<Receiver<Result<B::Collated, TrainError>>>,
}

impl<'b, B: Batches> Collation<'b, B> {
    /// Those of these numbers, which have to be asked for in this order.
    pub(crate) fn new<'s>(
        scope: &'s Scope<'s, 'b>,
        batches: &'b B,
        plan: &'b BatchPlan,
        epoch: u64,
        numbers: impl Iterator<Item = usize> + Send + 'b,
    ) -> Self {
        let ahead = batches.collates_ahead().then(|| {
            let (sender, receiver) = sync_channel(WAITING);
            scope.spawn(move || {
                for number in numbers {
                    let collated = batches.collate(epoch, plan.batch(number));
                    // Nobody receives once training has stopped.
                    if sender.send(collated).is_err() {
                        return;
                    }
                }
            });
            receiver
        });
        Self { batches, plan, epoch, ahead }
    }

    /// The batch of this number, on its device.
    pub(crate) fn batch(&self, number: usize) -> Result<B::Batch, TrainError> {
        let collated = match &self.ahead {
            Some(ahead) => ahead.recv().expect("invariant: every batch of the epoch is collated once")?,
            None => self.batches.collate(self.epoch, self.plan.batch(number))?,
        };
        self.batches.upload(collated)
    }
}
