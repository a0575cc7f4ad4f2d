//! Names of tags, and how they are compared.

/// Tags are compared without regard to case, and the dots of newer dictionaries count as underscores.
#[inline]
pub(super) const fn fold(byte: u8) -> u8 {
    match byte {
        b'.' => b'_',
        _ => byte.to_ascii_lowercase(),
    }
}

/// Most bytes of a tag that its hash looks at: the ends of tags differ more than their beginnings.
const HASHED: usize = 10;

#[inline]
pub(super) const fn hash(tag: &[u8]) -> u32 {
    let mut hash: u32 = 0x811C_9DC5 ^ tag.len() as u32;
    let mut i = tag.len().saturating_sub(HASHED);
    while i < tag.len() {
        hash = (hash ^ fold(tag[i]) as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    hash
}

#[inline]
pub(super) fn same_tag(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&x, &y)| fold(x) == fold(y))
}

/// A tag that readers look for, hashed when the crate is compiled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(super) hash: u32,
}

impl Key {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, hash: hash(name.as_bytes()) }
    }
}
