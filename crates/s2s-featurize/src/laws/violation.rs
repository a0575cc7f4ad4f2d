//! A law that is broken, and the simplest crystal that shows it.

use std::fmt;

use s2s_crystal::{Crystal, strategies::Change};

/// A crystal, or another input, on which a law does not hold. Prints in at most ten lines.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The law.
    pub law: String,
    /// Number of the case, from 1; none where the fault is not one of a single input.
    pub case: Option<usize>,
    /// What is wrong, on one line.
    pub what: String,
    /// The crystal, after shrinking.
    pub crystal: Option<Crystal>,
    /// The change of its description.
    pub change: Option<Change>,
}

/// Longest line that is written, in characters.
const LINE: usize = 220;

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let case = self.case.map(|case| format!(", case {case}")).unwrap_or_default();
        write!(f, "law `{}` is broken{case}: {}", self.law, short(&self.what))?;
        if let Some(change) = &self.change {
            write!(f, "\nchange: {}", short(&change.to_string()))?;
        }
        if let Some(crystal) = &self.crystal {
            // A crystal takes up to nine lines; two are taken.
            let text = format!("{crystal:?}");
            let lines: Vec<&str> = text.lines().collect();
            let room = 8 - usize::from(self.change.is_some());
            for (k, line) in lines.iter().enumerate() {
                if lines.len() <= room || k + 2 < room || k + 1 == lines.len() {
                    write!(f, "\n{line}")?;
                } else if k + 2 == room {
                    write!(f, "\n    // and {} more sites", crystal.num_sites() + 2 - room)?;
                }
            }
        }
        Ok(())
    }
}

impl std::error::Error for Violation {}

fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= LINE { line.to_owned() } else { line.chars().take(LINE).chain("…".chars()).collect() }
}
