//! Integration tests of `s2s-model`: one binary, because each one links libtorch.

mod attribution;
mod checkpoint;
mod description;
mod invariance;
mod peers;
mod plain;
mod precision;
mod readings;
mod released;
mod support;
