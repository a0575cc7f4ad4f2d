//! Integration tests of `s2s-predict`.

mod networks;
mod resealed;
mod support;
mod trees;
