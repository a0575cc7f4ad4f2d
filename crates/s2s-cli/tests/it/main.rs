//! The command `s2s` as its users see it.

mod convert;
mod inspect;
mod streams;
mod support;
