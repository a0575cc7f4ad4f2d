//! The C++ compiler that torch-sys' shim is compiled with.

use crate::cargo::output_of;
use crate::failure::Failure;

/// A compiler that starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Compiler {
    pub(crate) program: String,
    /// First line of what it says about itself.
    pub(crate) version: String,
}

/// The compiler that the build will use: that of `CXX`, else `c++`.
///
/// # Errors
///
/// There is none; the build itself would say so at length, and only after minutes.
pub(crate) fn find() -> Result<Compiler, Failure> {
    let chosen = std::env::var("CXX").ok().filter(|name| !name.is_empty());
    choose(chosen.as_deref(), |program| output_of(program, &["--version"]))
}

fn choose(chosen: Option<&str>, version_of: impl Fn(&str) -> Option<String>) -> Result<Compiler, Failure> {
    let program = chosen.unwrap_or("c++");
    let version = version_of(program).ok_or_else(|| {
        Failure::new(match chosen {
            Some(program) => format!("CXX is {program}, which does not start: name a C++ compiler or unset it"),
            None => {
                "no C++ compiler (c++) was found: install one (on Debian `apt-get install g++`), or name yours in CXX"
                    .into()
            }
        })
    })?;
    Ok(Compiler { program: program.into(), version: version.lines().next().unwrap_or_default().into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_wins_over_the_default() {
        let said = |program: &str| Some(format!("{program} 14.2\nCopyright"));
        let compiler = choose(Some("clang++"), said).expect("it starts");
        assert_eq!(compiler.program, "clang++");
        assert_eq!(compiler.version, "clang++ 14.2");
        assert_eq!(choose(None, said).expect("it starts").program, "c++");
    }

    #[test]
    fn missing_compiler_says_what_to_install() {
        let failure = choose(None, |_| None).expect_err("nothing starts");
        assert_eq!(
            failure.to_string(),
            "no C++ compiler (c++) was found: install one (on Debian `apt-get install g++`), or name yours in CXX"
        );
        let failure = choose(Some("icpx"), |_| None).expect_err("nothing starts");
        assert_eq!(failure.to_string(), "CXX is icpx, which does not start: name a C++ compiler or unset it");
    }
}
