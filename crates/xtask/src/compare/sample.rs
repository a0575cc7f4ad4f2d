//! One measurement, as both sides print it: a flat JSON object on a line.

use crate::failure::Failure;

/// How long one piece of code took for how many items.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    /// What was done; the same word on both sides.
    pub(super) task: String,
    /// Who did it; `s2s` is ours.
    pub(super) library: String,
    /// How many items were worked on.
    pub(super) items: f64,
    /// Wall-clock time for all of them.
    pub(super) seconds: f64,
    /// What an item is, in the plural.
    pub(super) unit: String,
    /// A number computed from the results, which has to agree between libraries.
    pub(super) check: Option<f64>,
}

impl Sample {
    /// Items per second.
    pub(super) fn rate(&self) -> f64 {
        self.items / self.seconds
    }

    /// Reads a line; keys that are not known are passed over.
    pub(super) fn parse(line: &str) -> Result<Self, Failure> {
        let fields = object(line).ok_or_else(|| Failure::new(format!("this is no flat JSON object: {line}")))?;
        let find = |key: &str| fields.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        let missing = |key: &str, kind: &str| Failure::new(format!("`{key}` is missing or no {kind}: {line}"));
        let text = |key: &str| match find(key) {
            Some(Value::Text(text)) => Ok(text.clone()),
            _ => Err(missing(key, "text")),
        };
        let positive = |key: &str| match find(key) {
            Some(Value::Number(number)) if *number > 0.0 => Ok(*number),
            _ => Err(missing(key, "positive number")),
        };
        Ok(Self {
            task: text("task")?,
            library: text("peer")?,
            unit: text("unit")?,
            items: positive("items")?,
            seconds: positive("seconds")?,
            check: match find("check") {
                Some(Value::Number(number)) => Some(*number),
                _ => None,
            },
        })
    }
}

/// A value of a flat object.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    Number(f64),
    /// `true`, `false` or `null`.
    Word,
}

/// Reads `{"key": value, …}` without nesting; `None` if it is anything else.
fn object(line: &str) -> Option<Vec<(String, Value)>> {
    let mut rest = line.trim().strip_prefix('{')?.trim_start();
    let mut fields = Vec::new();
    if let Some(end) = rest.strip_prefix('}') {
        return end.is_empty().then_some(fields);
    }
    loop {
        let (key, after) = string(rest)?;
        let (value, after) = value(after.trim_start().strip_prefix(':')?.trim_start())?;
        fields.push((key, value));
        let after = after.trim_start();
        match after.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None => return (after == "}").then_some(fields),
        }
    }
}

fn value(text: &str) -> Option<(Value, &str)> {
    if text.starts_with('"') {
        let (text, rest) = string(text)?;
        return Some((Value::Text(text), rest));
    }
    let (word, rest) = text.split_at(text.find([',', '}'])?);
    match word.trim() {
        "true" | "false" | "null" => Some((Value::Word, rest)),
        // Rust's parser also takes words such as `inf`, which JSON has not.
        number if number.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            Some((Value::Number(number.parse().ok()?), rest))
        }
        _ => None,
    }
}

/// Reads a quoted text; `\u` escapes are not needed here and not read.
fn string(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?.char_indices();
    let mut found = String::new();
    while let Some((at, c)) = rest.next() {
        match c {
            '"' => return Some((found, &text[1 + at + 1..])),
            '\\' => found.push(match rest.next()?.1 {
                'n' => '\n',
                't' => '\t',
                c @ ('"' | '\\' | '/') => c,
                _ => return None,
            }),
            c => found.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_read() {
        let line = r#"{"task": "5 Å \"small\"", "peer":"vesin", "items": 1200, "seconds": 2.5e-1, "unit": "edges", "note": null}"#;
        let sample = Sample::parse(line).expect("a good line");
        assert_eq!(sample.task, "5 Å \"small\"");
        assert_eq!(sample.library, "vesin");
        assert_eq!(sample.rate(), 4800.0);
        assert_eq!(sample.check, None);
    }

    #[test]
    fn missing_key_is_named() {
        let failure = Sample::parse(r#"{"task": "a", "peer": "b", "unit": "c", "items": 1}"#).expect_err("no seconds");
        assert!(failure.to_string().starts_with("`seconds` is missing or no positive number: "));
    }

    #[test]
    fn other_text_is_no_object() {
        for line in
            ["", "{", "{}x", "[1]", r#"{"a": }"#, r#"{"a": inf}"#, r#"{"a": 1,}"#, r#"{"a": "b}"#, r#"{"a": {}}"#]
        {
            assert_eq!(object(line), None, "{line}");
        }
        assert_eq!(object("{}"), Some(vec![]));
    }
}
