//! Deserialization of JSON objects that refuses duplicate keys; serde keeps the last value and reports nothing.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// Reads an object whose keys differ.
pub(crate) struct UniqueMap<V>(pub(crate) PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for UniqueMap<V> {
    type Value = BTreeMap<String, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, V>()? {
            if entries.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate key {key:?}")));
            }
            entries.insert(key, value);
        }
        Ok(entries)
    }
}

/// The fields of an object in a JSON text, as they are written.
///
/// # Errors
///
/// If the text is no object, or has a key twice.
pub(crate) fn unique_fields(text: &[u8]) -> serde_json::Result<BTreeMap<String, &RawValue>> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let fields = unique_map(&mut deserializer)?;
    deserializer.end()?;
    Ok(fields)
}

/// For `#[serde(deserialize_with)]`.
pub(crate) fn unique_map<'de, V, D>(deserializer: D) -> Result<BTreeMap<String, V>, D::Error>
where
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_map(UniqueMap(PhantomData))
}
