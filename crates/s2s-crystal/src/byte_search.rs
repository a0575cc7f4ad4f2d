//! Search for certain bytes of a text, eight at a time.
//!
//! Words, numbers and keys are short: the calls of a library for long texts would take longer than the search.

const ONES: u64 = 0x0101_0101_0101_0101;

const DELETE: u8 = 0x7F;

/// Where the first space or control character is at or after an offset, or the length of the text.
#[inline]
pub(crate) fn end_of_visible(text: &[u8], at: usize) -> usize {
    let marks = |bytes: u64| up_to_space(bytes) | equal_to(bytes, DELETE);
    find(text, at, marks, |byte| byte <= b' ' || byte == DELETE)
}

/// Where the first quote, bracket or brace is at or after an offset, or the length of the text.
#[inline]
pub(crate) fn next_quote_or_bracket(text: &[u8], at: usize) -> usize {
    // The four brackets become one byte, and so do four other characters.
    let marks = |bytes: u64| equal_to(bytes, b'"') | equal_to(bytes | (ONES * 0x26), 0x7F);
    find(text, at, marks, |byte| matches!(byte, b'"' | b'[' | b']' | b'{' | b'}'))
}

/// Where the first quote or backslash is at or after an offset, or the length of the text.
#[inline]
pub(crate) fn next_quote_or_backslash(text: &[u8], at: usize) -> usize {
    let marks = |bytes: u64| equal_to(bytes, b'"') | equal_to(bytes, b'\\');
    find(text, at, marks, |byte| matches!(byte, b'"' | b'\\'))
}

/// Where the number or word of JSON ends that continues at an offset.
#[inline]
pub(crate) fn end_of_scalar(text: &[u8], at: usize) -> usize {
    let marks = |bytes: u64| up_to_space(bytes) | equal_to(bytes, b',') | equal_to(bytes | (ONES * 0x26), 0x7F);
    find(text, at, marks, |byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'))
}

/// The first wanted byte at or after an offset, or the length of the text.
///
/// `marks` sets the highest bit of the first wanted byte of eight, of no unwanted byte before it, and of any
/// bytes after it.
#[inline]
fn find(text: &[u8], mut at: usize, marks: impl Fn(u64) -> u64, wanted: impl Fn(u8) -> bool) -> usize {
    while let Some(eight) = text.get(at..).and_then(|rest| rest.first_chunk()) {
        let marked = marks(u64::from_le_bytes(*eight)) & (ONES * 0x80);
        let within = marked.trailing_zeros() as usize / 8;
        at += within;
        if within < 8 {
            if wanted(text[at]) {
                return at;
            }
            at += 1;
        }
    }
    while text.get(at).is_some_and(|&byte| !wanted(byte)) {
        at += 1;
    }
    at
}

/// The highest bit of the first byte with this value; a borrow out of it reaches only bytes after it.
#[inline]
fn equal_to(bytes: u64, value: u8) -> u64 {
    let difference = bytes ^ (ONES * u64::from(value));
    difference.wrapping_sub(ONES) & !difference
}

/// The highest bit of the first byte that is a space or a smaller one.
#[inline]
fn up_to_space(bytes: u64) -> u64 {
    bytes.wrapping_sub(ONES * (b' ' as u64 + 1)) & !bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expected(text: &[u8], at: usize, wanted: impl Fn(u8) -> bool) -> usize {
        let rest = text.get(at..).unwrap_or_default();
        at + rest.iter().position(|&byte| wanted(byte)).unwrap_or(rest.len())
    }

    /// Texts in which the wanted bytes, their neighbors and all others are likely.
    fn texts() -> impl Strategy<Value = Vec<u8>> {
        let near = prop::sample::select(b",+- !\n\x1F\x7F~\x80\"#[]{}\\YZ_^yz|\x00\x01\xFF".to_vec());
        prop::collection::vec(prop_oneof![4 => Just(b'7'), 1 => near, 1 => any::<u8>()], 0..48)
    }

    proptest! {
        #[test]
        fn the_first_wanted_byte_is_found(text in texts(), at in 0..48_usize) {
            prop_assume!(at <= text.len());
            let visible = |byte| byte <= b' ' || byte == DELETE;
            prop_assert_eq!(end_of_visible(&text, at), expected(&text, at, visible));
            let bracket = |byte| matches!(byte, b'"' | b'[' | b']' | b'{' | b'}');
            prop_assert_eq!(next_quote_or_bracket(&text, at), expected(&text, at, bracket));
            let end = |byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
            prop_assert_eq!(end_of_scalar(&text, at), expected(&text, at, end));
            let escape = |byte| matches!(byte, b'"' | b'\\');
            prop_assert_eq!(next_quote_or_backslash(&text, at), expected(&text, at, escape));
        }
    }
}
