//! The ranking as one HTML page that loads nothing: style, script and data are in it.

use serde_json::{Map, Value, json};

use super::{cell::Cell, file_label::labels, models::Models, ranking::Ranking};

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
/// In the order in which they run.
const SCRIPTS: [&str; 6] = [
    include_str!("page/nodes.js"),
    include_str!("page/charts.js"),
    include_str!("page/cell.js"),
    include_str!("page/detail.js"),
    include_str!("page/table.js"),
    include_str!("page/page.js"),
];

/// The page of a ranking, and the models.
pub(super) fn of(ranking: &Ranking, models: &Models) -> String {
    filled(PAGE, |name| match name {
        "style" => STYLE.to_owned(),
        "script" => SCRIPTS.concat(),
        "data" => embedded(&data(ranking, models)),
        _ => unreachable!("invariant: the page has no other gap than these"),
    })
}

/// What `--json` writes, and what the page says besides: `summary`, `legend`, `contributed`, `most_atoms_drawn` and, of each structure,
/// `file` and `cell`.
fn data(ranking: &Ranking, models: &Models) -> Value {
    let mut data = ranking.value();
    let rows = data["ranking"].as_array_mut().into_iter().flatten();
    for ((row, hit), file) in rows.zip(&ranking.hits).zip(labels(&ranking.hits)) {
        row["file"] = Value::from(file);
        row["cell"] = json!(hit.cell);
    }
    let mut summary = ranking.summary();
    summary.push(format!("Answered by {}", models.description()));
    data["summary"] = json!(summary);
    data["legend"] =
        ranking.legend().map(|(column, meaning)| (column.to_owned(), json!(meaning))).collect::<Map<_, _>>().into();
    data["contributed"] = json!(models.contributed());
    data["most_atoms_drawn"] = json!(Cell::MOST_ATOMS);
    data
}

/// A template with what belongs in its gaps, such as `{{data}}`; what is put in is not searched for gaps.
fn filled(template: &str, content: impl Fn(&str) -> String) -> String {
    let mut pieces = template.split("{{");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").expect("invariant: every gap is closed");
        text += &content(name);
        text += rest;
    }
    text
}

/// JSON that cannot end the element which holds it, begin a comment there, or break a line of a script.
fn embedded(value: &Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        match c {
            // Outside of strings JSON has none of these.
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text += &format!("\\u{:04x}", u32::from(c)),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_data_has_no_markup_and_means_the_same() {
        let value = json!({ "</script><!-- & \u{2028}\u{2029} \"": ["\\u003c", "{{data}}", 1.5, null] });
        let text = embedded(&value);
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value));
    }

    #[test]
    fn what_fills_a_gap_opens_none() {
        assert_eq!(filled("a {{x}} b {{y}}", |name| format!("[{name} {{{{x}}}}]")), "a [x {{x}}] b [y {{x}}]");
    }

    #[test]
    fn style_and_scripts_end_no_element_and_load_nothing() {
        for text in SCRIPTS.iter().chain([&STYLE]) {
            assert!(!text.contains("</") && !text.contains("<!--"));
        }
        for text in SCRIPTS.iter().chain([&STYLE, &PAGE]) {
            for word in ["http:", "https:", "//cdn", "url(", "@import", "fetch(", "innerHTML", " src=", "<link"] {
                assert!(!text.contains(word), "{word}");
            }
        }
    }
}
