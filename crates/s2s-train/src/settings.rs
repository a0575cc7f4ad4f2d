//! Configuration: a preset, a TOML file over it, and `key=value` settings over both.

use serde::{Serialize, de::DeserializeOwned};
use toml::{Table, Value};

use crate::{Settings, TrainError};

/// The configuration that results from a preset, a TOML text and settings such as `fit.optimizer.rate=0.001`.
///
/// Tables are merged key by key; a table with another `kind` replaces the one before it. The value `none` removes an
/// optional key. Every key must be known, and every value one that can be followed.
///
/// # Errors
///
/// [`TrainError::Config`] says which key or value is wrong, and where it stands.
///
/// # Examples
///
/// ```no_run,standalone_crate
/// use s2s_train::{FitConfig, resolve};
///
/// let settings = ["seed=7".to_owned(), "optimizer.rate=0.002".to_owned()];
/// let config = resolve(&FitConfig::plain(10, 0.001, 1), Some("epochs = 3"), &settings)?;
/// assert_eq!((config.epochs, config.seed, config.optimizer.learning_rate), (3, 7, 0.002));
/// # Ok::<(), s2s_train::TrainError>(())
/// ```
pub fn resolve<C>(preset: &C, text: Option<&str>, settings: &[String]) -> Result<C, TrainError>
where
    C: Settings + Serialize + DeserializeOwned,
{
    let config = unchecked(preset, text, settings)?;
    config.check()?;
    Ok(config)
}

/// The same, before it is known whether every value can be followed.
fn unchecked<C>(preset: &C, text: Option<&str>, settings: &[String]) -> Result<C, TrainError>
where
    C: Serialize + DeserializeOwned,
{
    let invalid = |reason: String| TrainError::Config { reason };
    let mut table = Table::try_from(preset).map_err(|error| invalid(error.to_string()))?;
    if let Some(text) = text {
        let over: Table = text.parse().map_err(|error: toml::de::Error| invalid(error.to_string()))?;
        merge(&mut table, over);
    }
    for setting in settings {
        merge(&mut table, parse(setting).map_err(invalid)?);
    }
    remove_none(&mut table);
    Value::Table(table).try_into().map_err(|error: toml::de::Error| invalid(error.to_string().trim().to_owned()))
}

/// A recipe for a network, on which features and learning rate depend unless they are set.
pub trait NetworkRecipe: Settings + Serialize + DeserializeOwned {
    /// What describes the network.
    type Network;

    /// The network of this recipe.
    fn into_network(self) -> Self::Network;

    /// The recipe that a TOML text and settings describe, over that which `preset` has for the network that they describe: features and
    /// learning rate follow from it where text and settings leave them out. Without a text and settings it is `preset(network)`.
    ///
    /// # Errors
    ///
    /// As [`resolve`].
    fn described(
        network: Self::Network,
        preset: impl Fn(Self::Network) -> Self,
        text: Option<&str>,
        settings: &[String],
    ) -> Result<Self, TrainError> {
        // Not checked: features of the first network need not be what the described one reads.
        let described = unchecked(&preset(network), text, settings)?.into_network();
        resolve(&preset(described), text, settings)
    }
}

/// `a.b=1` as a table; a value that is no TOML is a string.
fn parse(setting: &str) -> Result<Table, String> {
    let (key, value) = setting.split_once('=').ok_or_else(|| format!("`{setting}` is not of the form key=value"))?;
    let (key, value) = (key.trim(), value.trim());
    let quoted = || format!("{key} = {}", Value::String(value.to_owned()));
    let parsed = format!("{key} = {value}").parse().or_else(|_| quoted().parse::<Table>());
    parsed.map_err(|error| format!("`{setting}` cannot be read: {}", error.message()))
}

fn merge(table: &mut Table, over: Table) {
    let replaced = over.contains_key("kind") && over.get("kind") != table.get("kind");
    if replaced {
        table.clear();
    }
    for (key, value) in over {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(over)) => merge(inner, over),
            (_, value) => drop(table.insert(key, value)),
        }
    }
}

fn remove_none(table: &mut Table) {
    // A `kind` may be called so.
    table.retain(|key, value| key == "kind" || value.as_str() != Some("none"));
    for (_, value) in table.iter_mut() {
        if let Value::Table(inner) = value {
            remove_none(inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use s2s_model::{ModelConfig, S2sNetConfig};

    use super::*;
    use crate::{FitConfig, Schedule, recipe::FinetuneRecipe};

    #[track_caller]
    fn refused(text: Option<&str>, settings: &[&str]) -> String {
        let settings: Vec<String> = settings.iter().map(|&s| s.to_owned()).collect();
        resolve(&FitConfig::plain(1, 0.1, 1), text, &settings).expect_err("it must be refused").to_string()
    }

    #[test]
    fn later_settings_win_and_another_kind_replaces_the_table() -> Result<(), TrainError> {
        let preset = FitConfig { clip: Some(1.0), ..FitConfig::plain(1, 0.1, 1) };
        let text = "epochs = 5\n[schedule]\nkind = \"step\"\nevery = 3\ngamma = 0.5\n";
        let settings = ["schedule.every=4", "clip=none", "watch.metric=roc_auc"].map(str::to_owned);
        let config = resolve(&preset, Some(text), &settings)?;
        assert_eq!(config.schedule, Schedule::Step { every: 4, gamma: 0.5 });
        assert_eq!((config.epochs, config.clip, config.watch.metric.as_str()), (5, None, "roc_auc"));
        Ok(())
    }

    #[test]
    fn every_preset_comes_back_as_it_went_in() -> Result<(), TrainError> {
        for model in [S2sNetConfig::paper(), S2sNetConfig::released(), S2sNetConfig::periodic()] {
            let preset = FinetuneRecipe::new(ModelConfig::from(model));
            assert_eq!(resolve(&preset, None, &[])?, preset);
        }
        Ok(())
    }

    #[test]
    fn unknown_keys_and_wrong_values_are_refused_by_name() {
        let message = refused(None, &["epoch=5"]);
        assert!(message.starts_with("invalid configuration: unknown field `epoch`"), "{message}");
        let message = refused(Some("epochs = \"many\""), &[]);
        assert!(message.contains("invalid type: string \"many\", expected u64"), "{message}");
        assert_eq!(refused(None, &["epochs"]), "invalid configuration: `epochs` is not of the form key=value");
    }
}
