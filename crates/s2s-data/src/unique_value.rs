//! Deserialization of JSON values that refuses duplicate keys at any depth; serde keeps the last value and reports nothing.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use crate::unique_map::UniqueMap;

/// A value whose objects have every key once.
struct UniqueValue(Value);

impl<'de> Deserialize<'de> for UniqueValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(UniqueValue(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        let fields = UniqueMap::<UniqueValue>(PhantomData).visit_map(map)?;
        Ok(Value::Object(fields.into_iter().map(|(key, UniqueValue(value))| (key, value)).collect()))
    }
}

/// The value of a JSON text.
///
/// # Errors
///
/// If the text is no JSON, or an object in it has a key twice.
pub(crate) fn unique_value(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text).map(|UniqueValue(value)| value)
}

#[cfg(test)]
mod tests {
    use super::unique_value;

    #[test]
    fn values_are_those_that_serde_json_reads() {
        for text in ["null", "true", "-3", "18446744073709551615", "1e-7", r#""é\n""#, r#"[{"a": {}}, [1, 2.5]]"#] {
            assert_eq!(unique_value(text).ok(), serde_json::from_str(text).ok(), "{text}");
        }
    }

    #[test]
    fn a_key_that_occurs_twice_is_an_error_at_any_depth() {
        for text in [
            r#"{"a": 1, "a": 1}"#,
            r#"{"b": {"a": 1, "a": 2}}"#,
            r#"[[{"c": [{"a": 1, "b": 0, "\u0061": 2}]}]]"#,
            r#"{"": 1, "": {}}"#,
        ] {
            let error = unique_value(text).expect_err(text).to_string();
            assert!(error.starts_with("duplicate key"), "{error}");
        }
    }
}
