//! URLs: host, query and redirections.

/// Where a redirection or a link leads, from the address that sent it.
///
/// Covers what RFC 3986, section 5 calls absolute, network-path, absolute-path, query and relative-path references, but
/// for dot segments, which servers resolve themselves.
pub(super) fn resolve(base: &str, reference: &str) -> String {
    let reference = reference.split('#').next().unwrap_or_default().trim();
    let lower = reference.to_ascii_lowercase();
    if lower.starts_with("http://") || lower.starts_with("https://") {
        return reference.to_owned();
    }
    let scheme_end = base.find("://").map_or(0, |at| at + 3);
    let authority_end = base[scheme_end..].find(['/', '?']).map_or(base.len(), |at| scheme_end + at);
    let path_end = base.find('?').unwrap_or(base.len());
    if let Some(rest) = reference.strip_prefix("//") {
        return format!("{}{rest}", &base[..scheme_end]);
    }
    if reference.starts_with('/') {
        return format!("{}{reference}", &base[..authority_end]);
    }
    if reference.starts_with('?') {
        return format!("{}{reference}", &base[..path_end]);
    }
    let folder_end = base[authority_end..path_end].rfind('/').map_or(authority_end, |at| authority_end + at);
    format!("{}/{reference}", &base[..folder_end])
}

/// Scheme, host and port: the origin that credentials may be sent to.
pub(super) fn origin(url: &str) -> String {
    let scheme_end = url.find("://").map_or(0, |at| at + 3);
    let end = url[scheme_end..].find(['/', '?', '#']).map_or(url.len(), |at| scheme_end + at);
    url[..end].to_ascii_lowercase()
}

pub(super) fn is_encrypted(url: &str) -> bool {
    url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
}

/// An address with these parameters behind it.
pub(super) fn with_query<'a>(url: &str, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut whole = url.to_owned();
    for (name, value) in parameters {
        whole.push(if whole.contains('?') { '&' } else { '?' });
        encode(name, &mut whole);
        whole.push('=');
        encode(value, &mut whole);
    }
    whole
}

/// Everything but letters, digits and `-._~` as `%XX`.
fn encode(text: &str, out: &mut String) {
    const HEX: [u8; 16] = *b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_where_browsers_go() {
        let base = "https://a.org:8/v1/structures?page=1";
        for (reference, expected) in [
            ("http://b.org/x", "http://b.org/x"),
            ("//b.org/x", "https://b.org/x"),
            ("/x?y=1", "https://a.org:8/x?y=1"),
            ("?page=2", "https://a.org:8/v1/structures?page=2"),
            ("x#top", "https://a.org:8/v1/x"),
        ] {
            assert_eq!(resolve(base, reference), expected);
        }
        assert_eq!(resolve("http://a.org", "x"), "http://a.org/x");
    }

    #[test]
    fn origins_are_compared_without_their_paths() {
        assert_eq!(origin("HTTPS://A.org:8/x?y"), "https://a.org:8");
        assert!(is_encrypted("HTTPS://A.org") && !is_encrypted("http://a.org"));
    }

    #[test]
    fn filters_are_written_as_parameters() {
        let url = with_query("http://a/v1/structures", [("filter", "elements HAS \"Nb\""), ("page_limit", "5")]);
        assert_eq!(url, "http://a/v1/structures?filter=elements%20HAS%20%22Nb%22&page_limit=5");
    }
}
