//! Excerpts of the input for messages.

/// At most this many characters are quoted.
const QUOTED: usize = 200;

/// A piece of the input for a message: one line, readable, not too long.
pub(crate) fn excerpt(text: &str) -> String {
    s2s_crystal::excerpt(text, QUOTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_of_bounded_length() {
        assert_eq!(excerpt("Nb\n\u{1b}[31m3Sn"), "Nb  [31m3Sn");
        assert_eq!(excerpt(&"é".repeat(1 << 20)), format!("{}…", "é".repeat(QUOTED)));
    }
}
