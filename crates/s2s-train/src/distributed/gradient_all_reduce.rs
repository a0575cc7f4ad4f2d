//! All-reduce of the gradients: those of all processes are added in a few large messages.

use tch::{Device, Kind, Tensor, no_grad};

use super::Communicator;
use crate::TrainError;

/// Numbers of one message, at least: 8 MB. Longer ones leave a CPU's caches between one copy and the next.
const BUCKET: usize = 2_000_000;

/// A parameter, and where its gradient is held.
pub(crate) type GradientSlot<'g> = (&'g Tensor, &'g mut Option<Tensor>);

/// Adds the gradients of all processes; every process then has the same ones.
///
/// They stay on the device where they are if the communicator carries tensors there, and otherwise go through the memory of
/// the host. What is added to what is the same either way.
pub(crate) fn all_reduce_gradients<'g>(
    communicator: &dyn Communicator,
    gradients: impl Iterator<Item = GradientSlot<'g>>,
) -> Result<(), TrainError> {
    if communicator.size() == 1 {
        return Ok(());
    }
    let gradients: Vec<GradientSlot<'g>> = gradients.collect();
    // A process that had no batch has no gradients; a parameter that none has one for is to be left alone.
    let held: Vec<f32> = gradients.iter().map(|(_, gradient)| f32::from(u8::from(gradient.is_some()))).collect();
    let mut held = Tensor::from_slice(&held);
    communicator.sum(&mut held)?;
    let held = Vec::<f32>::try_from(&held)?;
    let mut message = Vec::new();
    let mut length = 0;
    for (held_here, _) in gradients.into_iter().zip(held).filter(|(_, held)| *held > 0.0) {
        length += held_here.0.numel();
        message.push(held_here);
        if length >= BUCKET {
            sum(communicator, std::mem::take(&mut message))?;
            length = 0;
        }
    }
    sum(communicator, message)
}

/// The same for one message.
fn sum(communicator: &dyn Communicator, message: Vec<GradientSlot<'_>>) -> Result<(), TrainError> {
    let Some((first, _)) = message.first() else { return Ok(()) };
    let device = if communicator.carries(first.device()) { first.device() } else { Device::Cpu };
    let flat = |(parameter, gradient): &GradientSlot<'_>| match gradient {
        Some(gradient) => gradient.reshape([-1]).to_device(device),
        None => Tensor::zeros([parameter.numel() as i64], (Kind::Float, device)),
    };
    no_grad(|| {
        let mut parts: Vec<Tensor> = message.iter().map(flat).collect();
        // As many numbers for each process: shares of equal length need no copy.
        let length = parts.iter().map(Tensor::numel).sum::<usize>();
        let rest = length.next_multiple_of(communicator.size()) - length;
        parts.push(Tensor::zeros([rest as i64], (Kind::Float, device)));
        let mut sum = Tensor::cat(&parts, 0);
        communicator.sum(&mut sum)?;
        let mut start = 0;
        for (parameter, gradient) in message {
            let length = parameter.numel() as i64;
            let part = sum.narrow(0, start, length).reshape(parameter.size());
            *gradient = Some(part.to_device(parameter.device()));
            start += length;
        }
        Ok(())
    })
}
