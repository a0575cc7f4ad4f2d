//! Fields of tables of measurements, as people write them.

/// Without spaces and quotes around it.
pub(crate) fn plain(field: &str) -> &str {
    field.trim().trim_matches(['"', '\'']).trim()
}

/// Whether a field says that there is nothing.
pub(crate) fn is_empty(text: &str) -> bool {
    ["", "-", "–", "nan", "na", "n/a", "none", "null", "?"].contains(&text.to_lowercase().as_str())
}

/// A temperature without its unit and the mark of a limit, and whether it had one.
pub(crate) fn without_mark(text: &str) -> (&str, bool) {
    let number = text.trim_end_matches(['K', ' ']);
    let behind = ["<=", "<", "≤"].iter().find_map(|mark| number.strip_prefix(mark));
    (behind.unwrap_or(number).trim(), behind.is_some())
}
