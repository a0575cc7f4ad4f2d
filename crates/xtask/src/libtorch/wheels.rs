//! The pinned wheels that a libtorch is made of.
//!
//! PyTorch's own wheel carries the C++ headers and libraries; NVIDIA's wheels carry what those link to. The table names
//! every file and its SHA-256, so that what is installed does not depend on the day or on the index it came from.
//! The digests are the ones that PyPI publishes for these files.

use super::Kind;

/// One file of a package index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wheel {
    /// Project name, as `pip` spells it.
    pub(crate) project: &'static str,
    /// Exact version.
    pub(crate) version: &'static str,
    /// Hexadecimal SHA-256 of the file for Linux on x86-64.
    pub(crate) sha256: &'static str,
    /// Whether a libtorch for the CPU needs it: `libtorch_cpu.so` links to the CUDA runtime and its profiler,
    /// which load without a driver, and to nothing else of NVIDIA's.
    smallest: bool,
}

impl Wheel {
    const fn new(project: &'static str, version: &'static str, sha256: &'static str) -> Self {
        Self { project, version, sha256, smallest: false }
    }

    const fn for_cpu_too(mut self) -> Self {
        self.smallest = true;
        self
    }

    /// What `pip` is asked for.
    pub(crate) fn requirement(&self) -> String {
        format!("{}=={}", self.project, self.version)
    }
}

/// The wheel that makes up most of either kind.
pub(crate) const TORCH: Wheel =
    Wheel::new("torch", "2.11.0", "0f68f4ac6d95d12e896c3b7a912b5871619542ec54d3649cf48cc1edd4dd2756").for_cpu_too();

/// Every wheel of the CUDA build, in the versions that the torch wheel asks for, and the last two, which hold headers that
/// those of the others include.
const ALL: [Wheel; 18] = [
    TORCH,
    Wheel::new("nvidia-cuda-runtime", "13.0.96", "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548")
        .for_cpu_too(),
    Wheel::new("nvidia-cuda-cupti", "13.0.85", "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8")
        .for_cpu_too(),
    Wheel::new("nvidia-cublas", "13.1.0.3", "ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171"),
    Wheel::new("nvidia-cuda-nvrtc", "13.0.88", "ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575"),
    Wheel::new("nvidia-cudnn-cu13", "9.19.0.56", "d20e1734305e9d68889a96e3f35094d733ff1f83932ebe462753973e53a572bf"),
    Wheel::new("nvidia-cufft", "12.0.0.61", "6c44f692dce8fd5ffd3e3df134b6cdb9c2f72d99cf40b62c32dde45eea9ddad3"),
    Wheel::new("nvidia-cufile", "1.15.1.6", "08a3ecefae5a01c7f5117351c64f17c7c62efa5fffdbe24fc7d298da19cd0b44"),
    Wheel::new("nvidia-curand", "10.4.0.35", "1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc"),
    Wheel::new("nvidia-cusolver", "12.0.4.66", "0a759da5dea5c0ea10fd307de75cdeb59e7ea4fcb8add0924859b944babf1112"),
    Wheel::new("nvidia-cusparse", "12.6.3.3", "2b3c89c88d01ee0e477cb7f82ef60a11a4bcd57b6b87c33f789350b59759360b"),
    Wheel::new("nvidia-cusparselt-cu13", "0.8.0", "25e30a8a7323935d4ad0340b95a0b69926eee755767e8e0b1cf8dd85b197d3fd"),
    Wheel::new("nvidia-nccl-cu13", "2.28.9", "e4553a30f34195f3fa1da02a6da3d6337d28f2003943aa0a3d247bbc25fefc42"),
    Wheel::new("nvidia-nvjitlink", "13.0.88", "13a74f429e23b921c1109976abefacc69835f2f433ebd323d3946e11d804e47b"),
    Wheel::new("nvidia-nvshmem-cu13", "3.4.5", "290f0a2ee94c9f3687a02502f3b9299a9f9fe826e6d0287ee18482e78d495b80"),
    Wheel::new("nvidia-nvtx", "13.0.85", "4936d1d6780fbe68db454f5e72a42ff64d1fd6397df9f363ae786930fd5c1cd4"),
    Wheel::new("nvidia-cuda-crt", "13.0.88", "2c8043c7c9e02492716426e9919fc78d2c5b3b2a7a768a88e952676b08aa55a4"),
    Wheel::new("nvidia-cuda-cccl", "13.0.85", "e0da7ad981f3a8aff08241b5bfc1af868742a63e2762f53a5171c492ef242649"),
];

/// The Python that the torch wheel is built for; the one installed here does not matter, because nothing of it runs.
pub(crate) const PYTHON_TAG: (&str, &str) = ("3.12", "cp312");

/// The platform tags under which the table's files are published.
pub(crate) const PLATFORMS: [&str; 7] = [
    "manylinux_2_28_x86_64",
    "manylinux_2_27_x86_64",
    "manylinux_2_25_x86_64",
    "manylinux_2_18_x86_64",
    "manylinux2014_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
];

/// The wheels that a libtorch of this kind is made of.
pub(crate) fn of(kind: Kind) -> Vec<Wheel> {
    ALL.into_iter().filter(|wheel| kind == Kind::Cuda || wheel.smallest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libtorch::version::WANTED;

    #[test]
    fn cpu_needs_three_wheels() {
        let requirements: Vec<_> = of(Kind::Cpu).iter().map(Wheel::requirement).collect();
        assert_eq!(requirements, ["torch==2.11.0", "nvidia-cuda-runtime==13.0.96", "nvidia-cuda-cupti==13.0.85"]);
    }

    #[test]
    fn cuda_adds_to_what_cpu_needs() {
        let cuda = of(Kind::Cuda);
        assert_eq!(cuda.len(), ALL.len());
        assert!(of(Kind::Cpu).iter().all(|wheel| cuda.contains(wheel)));
    }

    #[test]
    fn digests_are_whole_and_projects_appear_once() {
        for (i, wheel) in ALL.iter().enumerate() {
            assert_eq!(wheel.sha256.len(), 64, "{}", wheel.project);
            assert!(wheel.sha256.bytes().all(|b| b.is_ascii_hexdigit()));
            assert!(ALL[..i].iter().all(|other| other.project != wheel.project));
        }
    }

    #[test]
    fn torch_wheel_is_the_release_that_tch_speaks() {
        assert_eq!(TORCH.version, WANTED.to_string());
    }
}
