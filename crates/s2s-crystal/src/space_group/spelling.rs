//! Spellings of Hermann–Mauguin symbols.

/// The symbol in lower case without blanks, marks and remarks, and the choice of origin or axes that follows it; `None`
/// where something stands beside the symbol that is no remark, such as the vector of a superspace group.
pub(super) fn read(name: &str) -> Option<(String, Option<String>)> {
    // Most symbols have neither marks nor remarks.
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'/' | b'-' | b':');
    let (plain, remark) = match name.bytes().all(is_plain) {
        true => (name.to_owned(), None),
        false => without_remarks(&without_marks(name))?,
    };
    let (base, choice) = match plain.rsplit_once(':') {
        Some((base, choice)) => (base, Some(choice.trim().to_ascii_lowercase())),
        None => (plain.as_str(), None),
    };
    Some((squeezed(base), choice.or(remark)))
}

/// Without blanks and underscores, in lower case.
pub(super) fn squeezed(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

/// One spelling of bars and minus signs; no tags, braces and tildes.
fn without_marks(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut tag = false;
    for c in name.chars() {
        match c {
            '<' => tag = true,
            '>' => tag = false,
            _ if tag => {}
            '\u{2212}' | '\u{2010}'..='\u{2015}' => text.push('-'),
            // The bar stands over the letter before it.
            '\u{304}' | '\u{305}' => match text.pop() {
                Some(digit) => text.extend(['-', digit]),
                None => text.push('-'),
            },
            other => text.push(other),
        }
    }
    for bar in ["\\overline", "\\bar", "\\="] {
        text = text.replace(bar, "-");
    }
    text.retain(|c| !matches!(c, '$' | '{' | '}' | '~' | '\\' | '\'' | '"' | '*'));
    text.replace("sub", "")
}

/// Takes away remarks in parentheses and numbers after `#`, `No.` or a comma; what a remark chooses.
fn without_remarks(name: &str) -> Option<(String, Option<String>)> {
    let mut choice = None;
    let mut rest = name;
    let mut symbol = String::with_capacity(name.len());
    while let Some((before, after)) = rest.split_once(['(', '[']) {
        let (inside, after) = after.split_once([')', ']'])?;
        symbol.push_str(before);
        rest = after;
        let inside = inside.trim().to_ascii_lowercase();
        if inside.len() == 1 && inside.bytes().all(|b| b.is_ascii_digit()) {
            // The index of a screw: P2(1)/c.
            symbol.push_str(&inside);
        } else if inside.contains("hex") {
            choice = Some("h".to_owned());
        } else if inside.contains("rhomb") {
            choice = Some("r".to_owned());
        } else if inside.contains("origin") || inside.contains("choice") || inside.contains("setting") {
            choice = inside.chars().find(char::is_ascii_digit).map(String::from);
        } else if !inside
            .trim_start_matches("no")
            .trim_start_matches(['.', '#', ' '])
            .bytes()
            .all(|b| b.is_ascii_digit())
        {
            return None;
        }
    }
    symbol.push_str(rest);
    let end = [",", "#", "No.", "no.", ";"].iter().filter_map(|mark| symbol.find(mark)).min();
    symbol.truncate(end.unwrap_or(symbol.len()));
    Some((symbol, choice))
}
