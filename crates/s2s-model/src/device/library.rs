//! Loads libtorch's CUDA part into the process, and sets switches of libtorch for which tch has no function: the one module of
//! the libraries that has `unsafe` code.

#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use libloading::Library;

use super::NoCuda;

/// Makes libtorch's CUDA part known to the libtorch in use.
///
/// Loading it runs its initializers, which register its device and kernels with `libtorch_cpu.so`; nothing else is needed.
pub(super) fn load_cuda() -> Result<(), NoCuda> {
    load(OsStr::new("libcuda.so.1")).map_err(|_| NoCuda::NoDriver)?;
    let libtorch = loaded_libtorch()
        .ok_or_else(|| NoCuda::NotLoadable { reason: "libtorch_cpu.so is not mapped into this process".into() })?;
    let cuda = libtorch.join("libtorch_cuda.so");
    if !cuda.exists() {
        return Err(NoCuda::CpuBuild { libtorch });
    }
    load(cuda.as_os_str()).map_err(|reason| refusal(&reason))
}

/// Loads a shared library for the life of the process; the error is the loader's sentence.
fn load(library: &OsStr) -> Result<(), String> {
    #[cfg(target_os = "linux")]
    {
        use libloading::os::unix;
        // SAFETY: loading runs the library's initializers. The two libraries that this module names are NVIDIA's driver
        // and libtorch's own CUDA part, of the same installation as the libtorch that is already loaded; their
        // initializers are made to run at any time before first use, on any thread.
        // All symbols are bound now, so that a missing one is an error here and not a crash later, and they are global,
        // as if the binary had been linked to the library.
        let library = unsafe { unix::Library::open(Some(library), unix::RTLD_NOW | unix::RTLD_GLOBAL) };
        // Unloading would leave dangling registrations in libtorch.
        library.map(|library| std::mem::forget(Library::from(library))).map_err(|error| describe(&error))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = library;
        Err("CUDA is supported on Linux only".into())
    }
}

/// libtorch's settings, an object of C++ of which nothing is known here but its address.
#[repr(C)]
struct Context {
    _private: [u8; 0],
}

/// Sets whether products of `f32` on GPUs may be rounded to TF32; `false` if this libtorch has no such switch.
pub(super) fn allow_tf32(allowed: bool) -> bool {
    // at::Context::setAllowTF32CuBLAS(bool)
    with_context(b"_ZN2at7Context18setAllowTF32CuBLASEb\0", |set: Set1, context| {
        // SAFETY: the function is that member function, and the context is libtorch's own.
        unsafe { set(context, allowed) }
    })
}

/// Sets whether libtorch adds in a fixed order, with a warning where it cannot; `false` if it has no such switch.
pub(super) fn set_deterministic(fixed: bool) -> bool {
    // at::Context::setDeterministicAlgorithms(bool, bool)
    with_context(b"_ZN2at7Context26setDeterministicAlgorithmsEbb\0", |set: Set2, context| {
        // SAFETY: as above.
        unsafe { set(context, fixed, true) }
    })
}

type Set1 = unsafe extern "C" fn(*mut Context, bool);
type Set2 = unsafe extern "C" fn(*mut Context, bool, bool);

/// Calls a member function of libtorch's context, found by its name in the process; `false` if it is not there.
fn with_context<F: Copy>(member: &[u8], call: impl FnOnce(F, *mut Context)) -> bool {
    #[cfg(unix)]
    {
        let process = libloading::os::unix::Library::this();
        // at::globalContext()
        // SAFETY: both names spell out the types of the C++ functions they belong to, which are those of the pointers
        // that callers give; a member function takes its object as first argument on every Unix that libtorch is built for.
        let found = unsafe {
            let global = process.get::<unsafe extern "C" fn() -> *mut Context>(b"_ZN2at13globalContextEv\0");
            global.and_then(|global| Ok((*global, *process.get::<F>(member)?)))
        };
        let Ok((global, member)) = found else { return false };
        // SAFETY: it takes nothing and returns a reference to an object that lives as long as the process.
        call(member, unsafe { global() });
        true
    }
    #[cfg(not(unix))]
    {
        let _ = (member, call);
        false
    }
}

/// The loader's own words, which libloading keeps as the source of its error.
fn describe(error: &libloading::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => error.to_string(),
    }
}

/// The folder from which this process loaded libtorch.
fn loaded_libtorch() -> Option<PathBuf> {
    folder_in_maps(&fs::read_to_string("/proc/self/maps").ok()?, "libtorch_cpu.so")
}

/// The folder of a mapped file, in the kernel's list of mappings.
fn folder_in_maps(maps: &str, name: &str) -> Option<PathBuf> {
    maps.lines().find_map(|line| {
        // Address, permissions, offset, device, inode; the path is the rest and may hold spaces.
        let path = Path::new(&line[line.find('/')?..]);
        (path.file_name()? == name).then(|| path.parent().map(Path::to_path_buf))?
    })
}

/// Reads the loader's sentence: `libX.so.1: cannot open shared object file: No such file or directory`.
fn refusal(reason: &str) -> NoCuda {
    match reason.split_once(": cannot open shared object file") {
        Some((library, _)) => NoCuda::LibraryMissing { library: library.to_owned() },
        None => NoCuda::NotLoadable { reason: reason.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
55d0c0000000-55d0c0001000 r--p 00000000 fe:00 131 /home/a b/target/debug/screen
7f249d600000-7f24a0000000 r-xp 00000000 fe:00 132 /home/me/my cache/lib/libtorch_cpu.so
7f24b31f9000-7f24b31fa000 rw-p 00000000 00:00 0 [heap]
";

    #[test]
    fn folder_with_a_space_is_found() {
        assert_eq!(folder_in_maps(MAPS, "libtorch_cpu.so"), Some(PathBuf::from("/home/me/my cache/lib")));
        assert_eq!(folder_in_maps(MAPS, "libtorch_cuda.so"), None);
    }

    #[test]
    fn missing_library_is_named() {
        let said = "libcublas.so.13: cannot open shared object file: No such file or directory";
        assert_eq!(refusal(said).to_string(), "libtorch's CUDA part needs libcublas.so.13, which is not there");
    }

    #[test]
    fn other_refusals_are_passed_on() {
        let said = "libtorch_cuda.so: undefined symbol: _ZN3c10";
        assert_eq!(refusal(said), NoCuda::NotLoadable { reason: said.into() });
    }

    #[test]
    fn file_that_is_no_library_is_refused() {
        let file = std::env::temp_dir().join(format!("s2s-no-library-{}", std::process::id()));
        fs::write(&file, "no library").expect("the temporary folder can be written");
        let refused = load(file.as_os_str());
        let _ = fs::remove_file(&file);
        assert!(refused.expect_err("it is text").contains("file too short"));
    }

    #[test]
    fn this_libtorch_has_both_switches_and_keeps_what_they_are_set_to() {
        tch::manual_seed(0);
        let is_set = |name: &'static [u8]| {
            let mut set = None;
            let asked = with_context(name, |ask: unsafe extern "C" fn(*const Context) -> bool, context| {
                // SAFETY: the names below are those of member functions without arguments that return a bool.
                set = Some(unsafe { ask(context) });
            });
            assert!(asked);
            set
        };
        // at::Context::allowTF32CuBLAS() const and deterministicAlgorithms() const
        let tf32 = || is_set(b"_ZNK2at7Context15allowTF32CuBLASEv\0");
        let fixed = || is_set(b"_ZNK2at7Context23deterministicAlgorithmsEv\0");
        for value in [true, false] {
            assert!(allow_tf32(value) && set_deterministic(value));
            assert_eq!((tf32(), fixed()), (Some(value), Some(value)));
        }
        assert!(!with_context(b"_ZN2at7Context8noSwitchEb\0", |_: Set1, _| ()));
    }

    #[test]
    fn running_test_knows_its_libtorch() {
        tch::manual_seed(0);
        let folder = loaded_libtorch().expect("this test links to libtorch");
        assert!(folder.join("libtorch_cpu.so").exists());
    }
}
