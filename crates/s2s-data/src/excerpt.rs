//! What messages quote of the input.

/// At most this many characters are quoted.
const QUOTED: usize = 200;

/// A piece of the input for a message: one line, readable, not too long.
pub(crate) fn excerpt(text: &str) -> String {
    let mut characters = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = characters.by_ref().take(QUOTED).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
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
