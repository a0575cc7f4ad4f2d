//! Integration tests of `s2s-featurize`.

mod magpie;
mod peers;
mod shared_data;
