//! The identity of a run: its configuration and its data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Configuration and data of a run; a checkpoint of another identity is refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunIdentity {
    /// The resolved configuration.
    pub config: Value,
    /// SHA-256 of each data set, by what it is used for.
    pub data: BTreeMap<String, String>,
}

impl RunIdentity {
    /// The first difference to another identity, as a sentence; `None` if there is none.
    pub fn difference(&self, now: &Self) -> Option<String> {
        let data = |identity: &Self| Value::from_iter(identity.data.iter().map(|(k, v)| (k.clone(), v.clone())));
        differing("configuration", &self.config, &now.config).or_else(|| differing("data", &data(self), &data(now)))
    }
}

fn differing(path: &str, then: &Value, now: &Value) -> Option<String> {
    match (then, now) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            let at = |map: &serde_json::Map<String, Value>, key: &String| map.get(key).cloned().unwrap_or(Value::Null);
            keys.into_iter().find_map(|key| differing(&format!("{path}.{key}"), &at(a, key), &at(b, key)))
        }
        _ if then == now => None,
        _ => Some(format!("{path} was {then} and is {now} now")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_difference_is_named_with_both_values() {
        let identity = |learning_rate: f64, hash: &str| RunIdentity {
            config: json!({"fit": {"rate": learning_rate, "seed": 1}}),
            data: BTreeMap::from([("train".into(), hash.into())]),
        };
        let before = identity(0.1, "aa");
        assert_eq!(before.difference(&identity(0.1, "aa")), None);
        let reason = before.difference(&identity(0.2, "bb"));
        assert_eq!(reason.as_deref(), Some("configuration.fit.rate was 0.1 and is 0.2 now"));
        let reason = before.difference(&identity(0.1, "bb"));
        assert_eq!(reason.as_deref(), Some("data.train was \"aa\" and is \"bb\" now"));
    }
}
