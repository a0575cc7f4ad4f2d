//! Every number of every recipe, set to what nobody can mean: refused where it is read, or accepted for a reason.

use s2s_model::{CgcnnConfig, MegnetConfig, ModelConfig, S2sNetConfig};
use s2s_train::{
    RunIdentity, Settings, TrainError,
    recipe::{FinetuneRecipe, PretrainRecipe, RegressionRecipe},
    resolve,
};
use serde::{Serialize, de::DeserializeOwned};
use tch::Device;
use toml::{Table, Value};

/// What each number is set to.
const VALUES: [&str; 9] = ["-1", "0", "1000000000000000000", "1e300", "nan", "inf", "-1.0", "", "many"];

/// The keys of all numbers; a list of numbers has one.
fn keys(prefix: &str, table: &Table, found: &mut Vec<String>) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Integer(_) | Value::Float(_) => found.push(key),
            Value::Table(inner) => keys(&key, inner, found),
            Value::Array(items) if items.iter().any(Value::is_integer) => found.push(key),
            _ => {}
        }
    }
}

/// The settings of a recipe that are accepted, as `key=value`; whatever is accepted is followed as far as a network.
fn accepted<C>(preset: &C, more: &[&str], build: impl Fn(&C) -> Result<(), TrainError>) -> Vec<String>
where
    C: Settings + Serialize + DeserializeOwned,
{
    let mut all = more.iter().map(|&key| key.to_owned()).collect();
    keys("", &Table::try_from(preset).expect("a recipe is a table"), &mut all);
    assert!(all.len() > more.len() + 15, "{all:?}");
    let mut accepted = Vec::new();
    for key in all {
        for value in VALUES {
            let listed =
                if key.ends_with("hidden") && !value.is_empty() { format!("[{value}]") } else { value.to_owned() };
            let setting = format!("{key}={listed}");
            match resolve(preset, None, std::slice::from_ref(&setting)) {
                // What the network reads may have to follow before there is one.
                Ok(recipe) => match build(&recipe) {
                    Ok(()) | Err(TrainError::Model(_)) => accepted.push(setting),
                    Err(error) => panic!("{setting}: {error}"),
                },
                Err(TrainError::Config { .. } | TrainError::Model(_) | TrainError::Featurize(_)) => {}
                Err(error) => panic!("{setting}: {error}"),
            }
        }
    }
    accepted
}

/// What is left of the accepted settings after those that have a reason.
fn unexplained(accepted: Vec<String>) -> Vec<String> {
    const HUGE: &str = "1000000000000000000";
    let explained = |setting: &String| {
        let (key, value) = setting.split_once('=').expect("key=value");
        let has = |keys: &[&str]| keys.iter().any(|known| key == *known || key.ends_with(&format!(".{known}")));
        match value {
            // Nothing is decayed, smoothed, dropped, averaged, left of the rate, or waited for; masks have no minimum; the
            // first Gaussian stands at 0, or all of them do.
            "0" => has(&[
                "seed",
                "weight_decay",
                "beta1",
                "beta2",
                "smoothing",
                "dropout",
                "attention_dropout",
                "average",
                "floor",
                "warmup_steps",
                "first",
                "step",
                "minimum",
            ]),
            // A seed is any number, a schedule as long as one likes, and a mask's minimum is cut at the atoms that there are.
            HUGE if has(&["seed", "total_steps", "minimum"]) => true,
            "-1" | "-1.0" => has(&["first", "step"]),
            // A clip may be beyond everything that happens; a rate at which training diverges is a result (`Divergence`).
            HUGE | "1e300" => has(&["clip", "rate", "weight_decay", "epsilon", "positive_weight"]),
            _ => false,
        }
    };
    accepted.into_iter().filter(|setting| !explained(setting)).collect()
}

#[test]
fn every_number_of_every_recipe_is_followed_or_refused() {
    tch::set_num_threads(1);
    let small = |model: S2sNetConfig| model.with_width(16).with_layers(1);
    let optional = ["fit.average", "fit.clip"];
    for model in [S2sNetConfig::paper(), S2sNetConfig::released(), S2sNetConfig::periodic()].map(small) {
        let finetune = FinetuneRecipe::new(ModelConfig::from(model.clone()));
        let found = accepted(&finetune, &[optional[0], "max_atoms"], |recipe| {
            recipe.learner(None, RunIdentity::default(), Device::Cpu).map(drop)
        });
        assert_eq!(unexplained(found), Vec::<String>::new(), "fine-tuning");
        let pretrain = PretrainRecipe::new(model, 2, 100);
        let found =
            accepted(&pretrain, &optional, |recipe| recipe.learner(RunIdentity::default(), Device::Cpu).map(drop));
        assert_eq!(unexplained(found), Vec::<String>::new(), "pre-training");
    }
    let networks = [
        ModelConfig::from(CgcnnConfig::published()),
        MegnetConfig::published().into(),
        small(S2sNetConfig::periodic()).into(),
    ];
    for network in networks {
        let energy = RegressionRecipe::new(network, ["formation energy", "eV/atom"], 2, 100);
        let found = accepted(&energy, &optional, |recipe| {
            recipe.learner(&[1.0, 2.0], RunIdentity::default(), Device::Cpu).map(drop)
        });
        assert_eq!(unexplained(found), Vec::<String>::new(), "energies");
    }
}

#[test]
fn networks_that_no_memory_holds_are_refused_by_their_size() {
    let refused = |settings: &[&str]| {
        let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
        resolve(&FinetuneRecipe::new(ModelConfig::from(S2sNetConfig::paper())), None, &settings)
            .map(drop)
            .map_err(|error| error.to_string())
    };
    assert_eq!(refused(&["model.encoder.width=2048", "model.encoder.layers=15"]), Ok(()));
    let message = refused(&["model.encoder.width=65536"]).expect_err("half a terabyte");
    assert!(
        message.starts_with("invalid configuration: the number of the network's parameters is ")
            && message.ends_with(", which is not at most 1,073,741,824"),
        "{message}"
    );
    let message = refused(&["model.encoder.width=1000000000000"]).expect_err("no width");
    assert_eq!(message, "invalid model configuration: the width is 1000000000000, not 1 to 65536");
}
