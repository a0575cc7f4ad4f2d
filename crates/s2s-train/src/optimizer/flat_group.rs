//! Parameters on a device that are treated alike, as views of one buffer: a step is a handful of kernels for all of them,
//! and not some for each.

use std::ops::Range;

use tch::{TchError, Tensor, no_grad};

use super::{Slot, update::Change};

/// Parameters of one kind, device, learning rate and decay with their moments, each in one flat tensor.
#[derive(Debug)]
pub(super) struct FlatGroup {
    members: Vec<Member>,
    parameters: Tensor,
    mean: Tensor,
    square: Tensor,
}

/// A parameter of a group.
#[derive(Debug)]
struct Member {
    /// Which of the optimizer's slots it is.
    slot: usize,
    /// Where its numbers lie in the buffer.
    numbers: Range<i64>,
}

/// Members that lie side by side, with their gradients joined.
#[derive(Debug)]
pub(super) struct Run {
    numbers: Range<i64>,
    pub(super) gradient: Tensor,
}

impl FlatGroup {
    /// Moves the parameters of these slots, all of one kind and device, into one buffer.
    pub(super) fn of(chosen: Vec<usize>, slots: &[Slot]) -> Self {
        let flat: Vec<Tensor> = chosen.iter().map(|&slot| slots[slot].parameter.detach().reshape([-1])).collect();
        let parameters = Tensor::cat(&flat, 0);
        let mut end = 0;
        let member = |slot: usize| {
            let first = end;
            end += slots[slot].parameter.numel() as i64;
            Member { slot, numbers: first..end }
        };
        let members = chosen.into_iter().map(member).collect();
        let [mean, square] = [0; 2].map(|_| parameters.zeros_like());
        let group = Self { members, parameters, mean, square };
        group.adopt(slots);
        group
    }

    /// Makes the parameters views of the buffer again, with the numbers that they have, where something else gave them
    /// memory of their own.
    fn adopt(&self, slots: &[Slot]) {
        for member in &self.members {
            let parameter = &slots[member.slot].parameter;
            let mut view = part(&self.parameters, &member.numbers).view(parameter.size().as_slice());
            if parameter.data_ptr() != view.data_ptr() {
                no_grad(|| view.copy_(parameter));
                parameter.shallow_clone().set_data(&view);
            }
        }
    }

    /// Joins the gradients of neighbors in the buffer; the slots keep views of them.
    pub(super) fn join_gradients(&self, slots: &mut [Slot]) -> Vec<Run> {
        let here: Vec<(&Member, bool)> =
            self.members.iter().map(|member| (member, slots[member.slot].gradient.is_some())).collect();
        let runs = here.chunk_by(|(_, left), (_, right)| left == right).filter(|run| run[0].1);
        runs.map(|run| {
            let gradients: Vec<Tensor> = run
                .iter()
                .filter_map(|(member, _)| Some(slots[member.slot].gradient.as_ref()?.reshape([-1])))
                .collect();
            let gradient = no_grad(|| Tensor::cat(&gradients, 0));
            let first = run[0].0.numbers.start;
            for (Member { slot, numbers }, _) in run {
                let view = part(&gradient, &(numbers.start - first..numbers.end - first));
                let slot = &mut slots[*slot];
                slot.gradient = Some(view.view(slot.parameter.size().as_slice()));
            }
            Run { numbers: first..first + gradient.numel() as i64, gradient }
        })
        .collect()
    }

    /// Takes the step for one run; `scale` multiplies its gradient.
    pub(super) fn step(&self, run: Run, scale: Option<&Tensor>, change: Change, slots: &[Slot]) {
        self.adopt(slots);
        let gradient = scale.map_or_else(|| run.gradient.shallow_clone(), |scale| &run.gradient * scale);
        let [parameters, mean, square] =
            [&self.parameters, &self.mean, &self.square].map(|buffer| part(buffer, &run.numbers));
        change.apply_to_tensors(gradient, parameters, mean, square);
    }

    /// A slot of which all members have learning rate and weight decay.
    pub(super) fn first_slot(&self) -> usize {
        self.members.first().map_or(0, |member| member.slot)
    }

    /// Mean and mean square of the parameter of a slot, as views in its shape; `None` if it is not of this group.
    pub(super) fn moments(&self, slot: usize, shape: &[i64]) -> Option<[Tensor; 2]> {
        let member = self.members.iter().find(|member| member.slot == slot)?;
        Some([&self.mean, &self.square].map(|buffer| part(buffer, &member.numbers).view(shape)))
    }

    /// Takes over saved moments of the same shape.
    pub(super) fn restore(&self, slot: usize, saved: [&Tensor; 2]) -> Result<(), TchError> {
        let moments = self.moments(slot, &saved[0].size()).into_iter().flatten();
        moments.zip(saved).try_for_each(|(mut moment, saved)| no_grad(|| moment.f_copy_(saved)).map(drop))
    }
}

fn part(buffer: &Tensor, numbers: &Range<i64>) -> Tensor {
    buffer.narrow(0, numbers.start, numbers.end - numbers.start)
}
