//! Messages of JSON errors without the terms of Rust.

use serde_json::error::Category;

use crate::excerpt::excerpt;

/// The error as one sentence, with its column, and its line where that is not the first.
pub(crate) fn in_words(error: &serde_json::Error) -> String {
    let full = error.to_string();
    let position = full.rfind(" at line ");
    let message = &full[..position.unwrap_or(full.len())];
    let sentence = match error.classify() {
        Category::Eof => "the text ends too early".to_owned(),
        Category::Syntax => format!("the JSON is malformed: {}", syntax(message)),
        Category::Data | Category::Io => excerpt(&data(message)),
    };
    match (position, error.line()) {
        (None, _) | (_, 0) => sentence,
        (_, 1) => format!("column {}: {sentence}", error.column()),
        (_, line) => format!("line {line}, column {}: {sentence}", error.column()),
    }
}

fn syntax(message: &str) -> &str {
    match message {
        "expected value" | "expected ident" => "a value should stand here",
        "key must be a string" => "a key in double quotes should stand here",
        "expected `:`" => "a colon should follow the key",
        "expected `,` or `}`" => "a comma or } is missing",
        "expected `,` or `]`" => "a comma or ] is missing",
        "trailing comma" => "a comma has nothing behind it",
        "trailing characters" => "something follows the value",
        "recursion limit exceeded" => "lists and objects are nested too deeply",
        other => other,
    }
}

/// What a value is instead of what it should be.
fn data(message: &str) -> String {
    if let Some(rest) = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: ")) {
        let (found, wanted) = rest.rsplit_once(", expected ").unwrap_or((rest, "something else"));
        let wanted = noun(wanted);
        return if found == "null" {
            format!("{wanted} is missing")
        } else {
            format!("{} is not {wanted}", found_as(found))
        };
    }
    if let Some(rest) = message.strip_prefix("invalid length ") {
        let (found, wanted) = rest.split_once(", expected ").unwrap_or((rest, "another number"));
        return format!("a list has {found} values instead of {}", length(wanted));
    }
    let quoted = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    if let Some(name) = quoted("missing field `") {
        return format!("the object has no {name}");
    }
    if let Some(name) = quoted("duplicate field `") {
        return format!("{name} occurs twice");
    }
    if let Some(name) = quoted("unknown field `") {
        return format!("{name} is no field of the object");
    }
    if let Some(name) = quoted("unknown variant `") {
        let known = message.split_once("expected ").map_or("", |(_, known)| known);
        return format!("{name} is none of {}", known.trim_start_matches("one of ").replace('`', ""));
    }
    if let Some(key) = message.strip_prefix("duplicate key ") {
        return format!("the key {key} occurs twice");
    }
    message.to_owned()
}

/// What serde expects, as people call it.
fn noun(wanted: &str) -> String {
    match wanted {
        "f64" | "f32" => "a number".to_owned(),
        "i64" | "i32" | "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number".to_owned(),
        "a string" | "a borrowed string" | "string" => "a text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        _ if wanted.starts_with("an array of length ") => format!("a list of {}", length(wanted)),
        _ if wanted.starts_with("struct ") => "an object".to_owned(),
        _ if wanted.starts_with("enum ") => "a name".to_owned(),
        other => other.to_owned(),
    }
}

fn length(wanted: &str) -> &str {
    wanted.strip_prefix("an array of length ").unwrap_or(wanted)
}

/// What serde found, as people call it.
fn found_as(found: &str) -> String {
    let renamed = [
        ("string ", "the text "),
        ("floating point ", "the number "),
        ("integer ", "the number "),
        ("boolean ", ""),
        ("map", "an object"),
        ("sequence", "a list"),
    ];
    match renamed.into_iter().find(|(prefix, _)| found.starts_with(prefix)) {
        Some((prefix, name)) => format!("{name}{}", found[prefix.len()..].replace('`', "")),
        None => found.replace('`', ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only the errors are looked at")]
    struct Example {
        matrix: [[f64; 3]; 3],
        name: Option<String>,
    }

    #[test]
    fn errors_do_not_speak_of_rust() {
        let words = |text: &str| in_words(&serde_json::from_str::<Example>(text).expect_err("the example is at fault"));
        for (text, sentence) in [
            (r#"{"matrix": [[null"#, "column 17: a number is missing"),
            (r#"{"matrix": [["a", 0, 0]]}"#, r#"column 16: the text "a" is not a number"#),
            (r#"{"matrix": [[1, 2]]}"#, "column 18: a list has 2 values instead of 3"),
            (r#"{"matrix": 7}"#, "column 12: the number 7 is not a list of 3"),
            (r#"{"name": 7}"#, "column 10: the number 7 is not a text"),
            (r#"{}"#, "column 2: the object has no matrix"),
            (r#"{"name": null, "name": null}"#, "column 21: name occurs twice"),
            (r#"{"other": 1}"#, "column 8: other is no field of the object"),
            ("{\n1}", "line 2, column 1: the JSON is malformed: a key in double quotes should stand here"),
            ("{", "column 1: the text ends too early"),
        ] {
            assert_eq!(words(text), sentence, "{text}");
        }
    }
}
