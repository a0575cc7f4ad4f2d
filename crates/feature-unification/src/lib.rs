//! No code: the manifest holds one choice of features for both steps of `cargo xtask test`.
