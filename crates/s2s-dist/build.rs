//! Compiles the C face of c10d against the libtorch that torch-sys found.

use std::{env, path::PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=shim");
    if env::var_os("CARGO_FEATURE_DOC_ONLY").is_some() {
        return;
    }
    // Said by the build script of torch-sys, whatever way it was told of libtorch.
    let Some(libraries) = env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from) else {
        println!("cargo:warning=torch-sys does not say where libtorch is; s2s-dist cannot be compiled");
        return;
    };
    let include = libraries.parent().map(|root| root.join("include")).unwrap_or_default();
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .warnings(false)
        .include("shim")
        .include(&include)
        .include(include.join("torch/csrc/api/include"))
        .flag("-D_GLIBCXX_USE_CXX11_ABI=1")
        .file("shim/group.cpp")
        .compile("s2s_dist");
    println!("cargo:rustc-link-search=native={}", libraries.display());
    println!("cargo:rustc-link-lib=torch_cpu");
    println!("cargo:rustc-link-lib=c10");
}
