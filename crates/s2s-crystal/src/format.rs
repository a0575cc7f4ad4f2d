//! File formats: detection by name and content, and one function that reads any of them.

mod detect;

pub(crate) use detect::is_poscar;

use crate::{
    Crystal, CrystalError, ase, cif, extxyz, json, optimade,
    options::ReadOptions,
    parse_error::{Fault, Locator, ParseError, ParseErrorKind, shorten},
    parsed_structure::ParsedStructure,
    poscar, pymatgen,
};

/// A structure format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Crystallographic Information File, 1.1 or 2.0.
    Cif,
    /// POSCAR or CONTCAR of VASP.
    Poscar,
    /// Extended XYZ.
    ExtXyz,
    /// `Structure` documents of pymatgen and the Materials Project.
    Pymatgen,
    /// Structures entries of OPTIMADE.
    Optimade,
    /// JSON of ASE.
    Ase,
}

/// Iterator over the structures of a text.
pub type ParsedStructures<'a> = Box<dyn Iterator<Item = Result<ParsedStructure, ParseError>> + 'a>;

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] = [Self::Cif, Self::Poscar, Self::ExtXyz, Self::Pymatgen, Self::Optimade, Self::Ase];

    /// The format of a file, from its name or else from how its text begins; `None` if neither determines it.
    ///
    /// A name determines it by its ending, or by `POSCAR` or `CONTCAR` in it; endings of compressed files are ignored, but
    /// the text is always that inside. No file is opened.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::Format;
    ///
    /// assert_eq!(Format::detect("NaCl.cif.gz", b""), Some(Format::Cif));
    /// assert_eq!(Format::detect("run/CONTCAR.relax", b""), Some(Format::Poscar));
    /// assert_eq!(Format::detect("NbN_POSCAR", b""), Some(Format::Poscar));
    /// assert_eq!(Format::detect("unnamed", b"# header\ndata_NaCl\n"), Some(Format::Cif));
    /// assert_eq!(Format::detect("unnamed", b"1\na comment\nPo 0 0 0\n"), Some(Format::ExtXyz));
    /// assert_eq!(Format::detect("a.json", br#"{"@class": "Structure"}"#), Some(Format::Pymatgen));
    /// assert_eq!(Format::detect("notes.txt", b"hello"), None);
    /// ```
    pub fn detect(name: &str, text: &[u8]) -> Option<Self> {
        Self::of_name(name).or_else(|| detect::from_text(text))
    }

    /// The format by the name of a file: `None` for `.json`, which several formats share.
    pub fn of_name(name: &str) -> Option<Self> {
        detect::from_name(name)
    }

    /// Short name of the format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cif => "CIF",
            Self::Poscar => "POSCAR",
            Self::ExtXyz => "extended XYZ",
            Self::Pymatgen => "pymatgen JSON",
            Self::Optimade => "OPTIMADE JSON",
            Self::Ase => "ASE JSON",
        }
    }

    /// The structures of a text of this format, one after the other; a fault in one does not hide the others.
    pub fn read<'a>(self, text: &'a [u8], options: &'a ReadOptions) -> ParsedStructures<'a> {
        match self {
            Self::Cif => Box::new(cif::read(text, options)),
            Self::Poscar => Box::new(std::iter::once_with(move || poscar::read(text, options))),
            Self::ExtXyz => Box::new(extxyz::read(text, options)),
            Self::Pymatgen => Box::new(pymatgen::read(text, options)),
            Self::Optimade => Box::new(optimade::read(text, options)),
            Self::Ase => Box::new(ase::read(text, options)),
        }
    }

    /// A crystal in this format, under a name where the format has room for one.
    ///
    /// # Errors
    ///
    /// [`CrystalError::DisorderedSite`] and [`CrystalError::NotPeriodic`] where the format cannot say so.
    pub fn write(self, name: &str, crystal: &Crystal) -> Result<String, CrystalError> {
        match self {
            Self::Cif => cif::write(name, crystal),
            Self::Poscar => poscar::write(name, crystal),
            Self::ExtXyz => extxyz::write(name, crystal),
            Self::Pymatgen => Ok(pymatgen::write(crystal)),
            Self::Optimade => Ok(optimade::write(name, crystal)),
            Self::Ase => ase::write(crystal),
        }
    }
}

/// The structures of a file, whose format follows from its name and beginning.
///
/// No file is opened.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{ParseErrorKind, ReadOptions, read};
///
/// let options = ReadOptions::ordered();
/// let text = "bcc\n3.3\n1 0 0\n0 1 0\n0 0 1\nNb\n2\nDirect\n0 0 0\n.5 .5 .5\n";
/// let structures: Result<Vec<_>, _> = read("POSCAR", text.as_bytes(), &options).collect();
/// assert_eq!(structures?[0].crystal.num_sites(), 2);
///
/// let error = read("notes.txt", b"hello", &options).next().and_then(Result::err);
/// assert_eq!(error.map(|e| e.kind()), Some(ParseErrorKind::UnknownFormat));
/// # Ok::<(), s2s_crystal::ParseError>(())
/// ```
pub fn read<'a>(name: &str, text: &'a [u8], options: &'a ReadOptions) -> ParsedStructures<'a> {
    match Format::detect(name, text) {
        Some(format) => format.read(text, options),
        None => {
            let fault = json::utf_16(text).unwrap_or_else(|| {
                let message = format!("neither the name {} nor the text tells the format", shorten(name));
                Fault::new(0, ParseErrorKind::UnknownFormat, message)
            });
            Box::new(std::iter::once(Err(fault.locate(&mut Locator::new(text), None))))
        }
    }
}
