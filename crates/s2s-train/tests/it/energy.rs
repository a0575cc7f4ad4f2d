//! Energies are learned in their unit, and what was learned moves on.

use s2s_data::{Record, reference};
use s2s_featurize::AtomFeatures;
use s2s_model::{CgcnnConfig, MegnetConfig, ModelConfig, Parameters, tch::Device};
use s2s_train::{
    RunIdentity, Schedule, TrainError,
    objective::Standard,
    recipe::{Prepared, RegressionRecipe, TrainedRegressor},
};

/// A number that depends on the elements alone, far from zero and in another unit than the outputs of new networks.
fn energy(record: &Record) -> f32 {
    let shares = record.crystal.composition();
    let mean: f64 = shares.fractions().map(|(e, share)| share * f64::from(e.atomic_number())).sum();
    20.0 + 0.1 * mean as f32
}

fn learned(
    model: ModelConfig,
    epochs: u64,
    accumulate: usize,
) -> Result<(RegressionRecipe, TrainedRegressor), TrainError> {
    s2s_model::tch::set_num_threads(1);
    let small = |record: &Record| record.crystal.num_sites() <= 8;
    let records: Vec<Record> = reference::crystals().iter().map(|c| c.to_record()).filter(small).take(80).collect();
    let mut recipe = RegressionRecipe::new(model, ["formation energy", "eV/atom"], epochs, 1);
    recipe.batch = s2s_featurize::BatchSize::Crystals(8);
    recipe.fit.accumulate = accumulate;
    let prepared = Prepared::new(&records, &recipe.build_featurizer()?)?;
    let energies: Vec<f32> = records.iter().map(energy).collect();
    let part = |test: bool| -> (Vec<&AtomFeatures>, Vec<f32>) {
        (0..records.len()).filter(|k| (k % 5 == 0) == test).map(|k| (&prepared.features[k], energies[k])).unzip()
    };
    recipe.run_over(&part(false).0)?;
    let learner = recipe.learner(&part(false).1, RunIdentity::default(), Device::Cpu)?;
    let trained = recipe.run(learner, part(false), part(true), &mut [])?;
    Ok((recipe, trained))
}

#[test]
fn the_learning_rate_reaches_its_floor_with_the_last_step() -> Result<(), TrainError> {
    for accumulate in [1, 3] {
        let (recipe, trained) = learned(CgcnnConfig::published().into(), 2, accumulate)?;
        let Schedule::WarmupCosine { total_steps, .. } = recipe.fit.schedule else {
            panic!("{:?}", recipe.fit.schedule)
        };
        assert_eq!(trained.learner.progress().step, total_steps);
    }
    Ok(())
}

#[test]
fn peers_learn_energies_in_their_unit() -> Result<(), TrainError> {
    let networks: [ModelConfig; 2] = [CgcnnConfig::published().into(), MegnetConfig::published().into()];
    for network in networks {
        let (_, trained) = learned(network, 10, 1)?;
        let (mae, mean) = (trained.mean_absolute_error(), trained.mean_predictor);
        assert!(mae < 0.8 * mean, "{mae} against {mean}");
        let weights = trained.learner.parameters().all();
        let of = |name: &str| weights.iter().find(|(n, _)| n == name).map(|(_, tensor)| tensor.double_value(&[]));
        let mean = of("target.mean").expect("the mean is saved");
        assert!((20.0..30.0).contains(&mean), "{mean}");
        assert!(of("target.deviation").is_some_and(|deviation| deviation > 0.5));
    }
    Ok(())
}

#[test]
fn energies_that_do_not_vary_are_refused() {
    let refused = |targets: &[f32]| {
        Standard::new(&Parameters::new(1, Device::Cpu), targets).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(refused(&[1.0, 2.0]), Ok(()));
    assert_eq!(refused(&[2.0, 2.0]), Err("unusable data: 2 targets that vary are needed".to_owned()));
    assert_eq!(refused(&[]), Err("unusable data: 0 targets that vary are needed".to_owned()));
}

#[test]
fn a_peer_takes_over_everything_before_its_head_or_says_what_does_not_fit() -> Result<(), TrainError> {
    use s2s_train::{
        BenchmarkNetwork,
        recipe::{FinetuneRecipe, PretrainedWeights},
    };

    let folder = crate::support::scratch("energies");
    let baseline = |model: ModelConfig, name: &str| -> Result<BenchmarkNetwork, TrainError> {
        Ok(BenchmarkNetwork {
            pretrained: Some(PretrainedWeights::load(folder.join(name))?),
            ..crate::support::benchmark_network(FinetuneRecipe::new(model), 0.2, 1)
        })
    };
    let (cgcnn, megnet) = (CgcnnConfig::published(), MegnetConfig::published());
    let networks = [("cgcnn", ModelConfig::from(cgcnn.clone())), ("megnet", megnet.clone().into())];
    for (name, network) in networks {
        let (recipe, trained) = learned(network, 1, 1)?;
        trained.seal(&folder.join(name), &recipe, None, "# Energies\n")?;
        // What was learned answers as it is, in eV per atom.
        let crystal = reference::crystals()[0].crystal.clone();
        let answer = s2s_model::Predictor::load(folder.join(name))?.predict(&[crystal]).remove(0);
        assert!(answer.is_ok_and(|answer| answer.probability.is_none() && (10.0..40.0).contains(&answer.value)));
    }
    let before_head = |name: &str| -> Result<Vec<String>, TrainError> {
        let names = s2s_model::Checkpoint::load(folder.join(name))?.tensors.into_keys();
        Ok(names.filter(|name| name.starts_with("encoder.") || name.starts_with("readout.")).collect())
    };
    let moved = |network: BenchmarkNetwork| -> Result<Vec<String>, TrainError> {
        Ok(network.transferred()?.expect("there are weights").moved)
    };
    assert!(before_head("megnet")?.iter().any(|name| name.starts_with("readout.")));
    assert_eq!(moved(baseline(megnet.clone().into(), "megnet")?)?, before_head("megnet")?);
    assert_eq!(moved(baseline(cgcnn.clone().into(), "cgcnn")?)?, before_head("cgcnn")?);
    // Both read other pairs, and widths are not taken for equal because a tensor is.
    let refused = moved(baseline(cgcnn.clone().into(), "megnet")?).map_err(|error| error.to_string());
    assert!(refused.as_ref().is_err_and(|reason| reason.starts_with("the checkpoint reads {")), "{refused:?}");
    let mut other = cgcnn;
    other.encoder.convolutions += 1;
    let refused = moved(baseline(other.into(), "cgcnn")?).map_err(|error| error.to_string());
    assert!(refused.as_ref().is_err_and(|reason| reason.contains("the pre-trained encoder is")), "{refused:?}");
    std::fs::remove_dir_all(folder).expect("a folder of this test");
    Ok(())
}
