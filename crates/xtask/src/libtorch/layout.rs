//! The layout of an installed libtorch: which files of the wheels it keeps, and where.
//!
//! **CPU**: one folder with `include/`, `lib/` and `build-version`, all libraries side by side, which is where the run
//! path of PyTorch's libraries looks last. The wheel's own `libtorch.so` links to the CUDA libraries, so a linker script
//! that names `libtorch_cpu.so` takes its place.
//!
//! **CUDA**: the folders as a Python installation has them, `torch/` beside `nvidia/`, because that is the arrangement
//! in which the libraries' own run paths find each other. NVIDIA's headers come along: those of NCCL need them.

use std::path::{Path, PathBuf};

use super::{Kind, version};

/// The libraries of PyTorch's wheel that compute on the CPU.
const CPU_LIBRARIES: [&str; 3] = ["libtorch_cpu.so", "libc10.so", "libgomp.so.1"];

/// The libraries of NVIDIA's wheels that `libtorch_cpu.so` cannot be loaded without.
const CPU_NEEDS: [&str; 2] = ["libcudart.so.13", "libcupti.so.13"];

/// Where a member of a wheel goes, relative to the installation; `None` for what a libtorch does not need.
pub(crate) fn placement(kind: Kind, member: &str) -> Option<PathBuf> {
    let path = Path::new(member);
    let plain = member.split('/').all(|part| !part.is_empty() && part != ".." && part != ".");
    if !plain || path.is_absolute() {
        return None;
    }
    let header = member.starts_with("torch/include/");
    let library = member
        .rsplit_once('/')
        .is_some_and(|(folder, name)| name.contains(".so") && (folder == "torch/lib" || is_nvidia_lib(folder)));
    let nvidia_header = matches!(member.split('/').collect::<Vec<_>>().as_slice(), ["nvidia", _, "include", _, ..]);
    match kind {
        // Python's own bindings are the one large library that nothing in C++ or Rust loads.
        Kind::Cuda => {
            let kept = (header || nvidia_header || library) && !member.ends_with("libtorch_python.so");
            kept.then(|| path.to_path_buf())
        }
        Kind::Cpu if header => path.strip_prefix("torch").ok().map(Path::to_path_buf),
        Kind::Cpu if library => {
            let name = path.file_name()?.to_str()?;
            (CPU_LIBRARIES.contains(&name) || CPU_NEEDS.contains(&name)).then(|| Path::new("lib").join(name))
        }
        Kind::Cpu => None,
    }
}

/// `nvidia/PACKAGE/lib`.
fn is_nvidia_lib(folder: &str) -> bool {
    let mut parts = folder.split('/');
    parts.next() == Some("nvidia") && parts.next().is_some() && parts.next() == Some("lib") && parts.next().is_none()
}

/// The small files that no wheel has: path relative to the installation, and contents.
pub(crate) fn written(kind: Kind) -> Vec<(PathBuf, String)> {
    let home = home(kind);
    // torch-sys skips its version check where this file is missing.
    let mut files = vec![(home.join("build-version"), version::WANTED.to_string())];
    if kind == Kind::Cpu {
        files.push((home.join("lib/libtorch.so"), "INPUT(libtorch_cpu.so)\n".into()));
    }
    files
}

/// The folder inside the installation that has `include/` and `lib/`.
pub(crate) fn home(kind: Kind) -> &'static Path {
    Path::new(match kind {
        Kind::Cpu => "",
        Kind::Cuda => "torch",
    })
}

/// The kind of the libtorch at a path; `None` where there is no libtorch.
pub(crate) fn kind_of(libtorch: &Path) -> Option<Kind> {
    let library = |name: &str| libtorch.join("lib").join(name).exists();
    let headers = libtorch.join("include/torch/csrc/api/include/torch/torch.h").exists();
    if !headers || !library("libtorch_cpu.so") || !library("libtorch.so") {
        None
    } else if library("libtorch_cuda.so") {
        Some(Kind::Cuda)
    } else {
        Some(Kind::Cpu)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_unpacked_to(kind: Kind, member: &str, path: Option<&str>) {
        assert_eq!(placement(kind, member), path.map(PathBuf::from), "{member}");
    }

    #[test]
    fn cpu_view_is_flat() {
        assert_unpacked_to(Kind::Cpu, "torch/include/ATen/ATen.h", Some("include/ATen/ATen.h"));
        assert_unpacked_to(Kind::Cpu, "torch/lib/libtorch_cpu.so", Some("lib/libtorch_cpu.so"));
        assert_unpacked_to(Kind::Cpu, "nvidia/cu13/lib/libcudart.so.13", Some("lib/libcudart.so.13"));
    }

    #[test]
    fn cpu_view_leaves_cuda_and_python_out() {
        for member in [
            "torch/lib/libtorch.so",
            "torch/lib/libtorch_cuda.so",
            "torch/lib/libtorch_python.so",
            "torch/__init__.py",
            "nvidia/cu13/lib/libnvperf_host.so",
            "nvidia/cu13/include/cuda.h",
            "torch-2.11.0.dist-info/RECORD",
        ] {
            assert_unpacked_to(Kind::Cpu, member, None);
        }
    }

    #[test]
    fn cuda_keeps_the_wheels_folders() {
        for member in [
            "torch/include/ATen/ATen.h",
            "torch/lib/libtorch.so",
            "torch/lib/libtorch_cuda.so",
            "nvidia/cudnn/lib/libcudnn.so.9",
            "nvidia/cu13/lib/libcublas.so.13",
            "nvidia/cu13/include/cuda.h",
            "nvidia/cu13/include/nv/target",
            "nvidia/nccl/include/nccl.h",
        ] {
            assert_unpacked_to(Kind::Cuda, member, Some(member));
        }
        assert_unpacked_to(Kind::Cuda, "torch/lib/libtorch_python.so", None);
        assert_unpacked_to(Kind::Cuda, "nvidia/nccl/__init__.py", None);
        assert_unpacked_to(Kind::Cuda, "torch/nn/functional.py", None);
    }

    #[test]
    fn members_that_climb_out_of_the_folder_are_left_out() {
        assert_unpacked_to(Kind::Cuda, "torch/include/../../../etc/passwd", None);
        assert_unpacked_to(Kind::Cpu, "/torch/lib/libc10.so", None);
        assert_unpacked_to(Kind::Cpu, "torch/include//x.h", None);
        assert_unpacked_to(Kind::Cpu, "torch/include/ATen/", None);
    }

    #[test]
    fn version_file_lies_beside_the_headers() {
        let paths = |kind| written(kind).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
        assert_eq!(paths(Kind::Cpu), [Path::new("build-version"), Path::new("lib/libtorch.so")]);
        assert_eq!(paths(Kind::Cuda), [Path::new("torch/build-version")]);
    }
}
