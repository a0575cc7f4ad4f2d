//! Compiles the C face of c10d against the libtorch that torch-sys found; that of NCCL only if it has its CUDA library.

use std::{
    env,
    path::{Path, PathBuf},
};

fn main() {
    println!("cargo:rerun-if-changed=shim");
    println!("cargo:rerun-if-env-changed=CUDA_HOME");
    println!("cargo:rustc-check-cfg=cfg(nccl)");
    // Why there is no NCCL, for the error message.
    let without_nccl = |reason: &str| println!("cargo:rustc-env=S2S_WITHOUT_NCCL={reason}");
    if env::var_os("CARGO_FEATURE_DOC_ONLY").is_some() {
        return without_nccl("this build has no libtorch");
    }
    // Said by the build script of torch-sys, whatever way it was told of libtorch.
    let Some(libraries) = env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from) else {
        println!("cargo:warning=torch-sys does not say where libtorch is; s2s-dist cannot be compiled");
        return without_nccl("this build has no libtorch");
    };
    let include = libraries.parent().map(|root| root.join("include")).unwrap_or_default();
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        .warnings(false)
        .include("shim")
        .include(&include)
        .include(include.join("torch/csrc/api/include"))
        .flag("-D_GLIBCXX_USE_CXX11_ABI=1")
        .file("shim/group.cpp");
    let nccl = nvidia_headers(&libraries);
    match &nccl {
        Ok(headers) => {
            build.includes(headers).file("shim/nccl.cpp");
            println!("cargo:rustc-cfg=nccl");
        }
        Err(reason) => without_nccl(reason),
    }
    build.compile("s2s_dist");
    println!("cargo:rustc-link-search=native={}", libraries.display());
    if nccl.is_ok() {
        println!("cargo:rustc-link-lib=torch_cuda");
    }
    println!("cargo:rustc-link-lib=torch_cpu");
    println!("cargo:rustc-link-lib=c10");
}

/// The folders with the headers of NCCL and CUDA, or why NCCL is left out.
///
/// NVIDIA's wheels lie beside PyTorch's, in a Python installation as in what `cargo xtask libtorch cuda` puts together;
/// otherwise the headers are those of a CUDA toolkit and of the system.
fn nvidia_headers(libraries: &Path) -> Result<Vec<PathBuf>, String> {
    if !libraries.join("libtorch_cuda.so").exists() {
        return Err("this libtorch computes on the CPU only".to_owned());
    }
    let packages = libraries.ancestors().nth(2).map(|folder| folder.join("nvidia"));
    let mut folders: Vec<PathBuf> = packages.and_then(|folder| folder.read_dir().ok()).map_or_else(Vec::new, |found| {
        found.filter_map(Result::ok).map(|package| package.path().join("include")).filter(|f| f.is_dir()).collect()
    });
    folders.sort();
    folders.extend(env::var_os("CUDA_HOME").map(|home| PathBuf::from(home).join("include")));
    folders.push("/usr/local/cuda/include".into());
    // `crt/host_config.h` and `nv/target` are what some wheels include without having them.
    for header in ["nccl.h", "cuda_runtime.h", "crt/host_config.h", "nv/target"] {
        let there = folders.iter().map(PathBuf::as_path).chain([Path::new("/usr/include")]);
        if !there.into_iter().any(|folder| folder.join(header).exists()) {
            return Err(format!("the header {header} was not found when s2s-dist was compiled"));
        }
    }
    folders.retain(|folder| folder.is_dir());
    Ok(folders)
}
