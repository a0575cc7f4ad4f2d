//! Fitting the scale of descriptors on the training crystals.

use s2s_featurize::{AtomFeatures, ScalingTable};
use s2s_model::{Architecture, JoinGlobals, Parameters};

use crate::TrainError;

/// Gives a network that reads such numbers the scale of its training crystals.
pub(super) fn fit_scale(
    model: &impl Architecture,
    parameters: &Parameters,
    train: &[&AtomFeatures],
) -> Result<(), TrainError> {
    let Some(globals) = model.globals() else { return Ok(()) };
    let width = globals.descriptors.width();
    if let Some(other) = train.iter().find(|features| features.globals.len() != width) {
        let reason = format!("the network reads {width} descriptors, and a crystal has {}", other.globals.len());
        return Err(TrainError::Data { reason });
    }
    let rows: Vec<&[Option<f32>]> = train.iter().map(|features| features.globals.as_slice()).collect();
    Ok(JoinGlobals::fit(parameters, &ScalingTable::fit(globals.scaling, &rows))?)
}
