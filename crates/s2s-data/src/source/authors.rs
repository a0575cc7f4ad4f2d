//! The S2S set as its authors publish it: three NumPy arrays and a table of labels.

use s2s_crystal::{Crystal, CrystalError, Element, Frac, Lattice, Site};
use thiserror::Error;

use super::npy::{NpyError, NpyValue, read_npy};
use crate::{
    Label, Record,
    table::{TableError, header::column_index, rows::TableRows},
};

/// The four files of the authors' S2S set, whole: no pickle in them is ever run.
#[derive(Clone, Copy, Debug)]
pub struct AuthorsFiles<'a> {
    /// `molecule.npy`: for each crystal the atomic numbers of its sites.
    pub molecule: &'a [u8],
    /// `coordinates.npy`: for each crystal the fractional coordinates of its sites.
    pub coordinates: &'a [u8],
    /// `lattice_new.npy`: for each crystal the three rows of its lattice in Å, one behind the other.
    pub lattice: &'a [u8],
    /// `labels.csv`: `mol_index,supercon`, the label being 0 or 1.
    pub labels: &'a [u8],
}

/// Why the authors' files are not a set of crystals.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuthorsError {
    /// A file is no array.
    #[error("{file}: {error}")]
    Npy {
        /// The file.
        file: &'static str,
        /// What is wrong with it.
        error: NpyError,
    },
    /// A file is an array of another kind than it must be.
    #[error("{file} is not {expected}")]
    Kind {
        /// The file.
        file: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The files are of different lengths.
    #[error("{species} lists of species, {positions} of coordinates, {lattices} lattices and {labels} labels")]
    Lengths {
        /// Items of `molecule.npy`.
        species: usize,
        /// Items of `coordinates.npy`.
        positions: usize,
        /// Rows of `lattice_new.npy`.
        lattices: usize,
        /// Rows of `labels.csv`.
        labels: usize,
    },
    /// The labels cannot be read.
    #[error("labels.csv: {0}")]
    Labels(String),
    /// An item is no crystal.
    #[error("crystal {crystal}: {reason}")]
    Crystal {
        /// Number of the crystal, from 0.
        crystal: usize,
        /// What is wrong with it.
        reason: String,
    },
}

impl AuthorsFiles<'_> {
    /// The crystals with their labels, in the order of the files, as `s2s-0000`, `s2s-0001`, ….
    ///
    /// A label of 0 is [`Label::NotListed`]: the authors drew those crystals from the Materials Project.
    ///
    /// # Errors
    ///
    /// [`AuthorsError`] if a file is not what it must be, or one of the crystals is none: a part of the set is no set.
    pub fn records(&self) -> Result<Vec<Record>, AuthorsError> {
        let species = objects("molecule.npy", self.molecule)?;
        let positions = objects("coordinates.npy", self.coordinates)?;
        let lattices = lattices(self.lattice)?;
        let labels = labels(self.labels)?;
        let lengths = [species.len(), positions.len(), lattices.len(), labels.len()];
        if lengths.iter().any(|length| *length != lengths[0]) {
            let [species, positions, lattices, labels] = lengths;
            return Err(AuthorsError::Lengths { species, positions, lattices, labels });
        }
        let mut records = Vec::with_capacity(lengths[0]);
        for (crystal, ((species, positions), (rows, label))) in
            species.iter().zip(&positions).zip(lattices.iter().zip(labels)).enumerate()
        {
            let built = build(species, positions, *rows);
            let built = built.map_err(|reason| AuthorsError::Crystal { crystal, reason })?;
            let formula = built.composition().reduced_formula();
            records.push(Record::new(format!("s2s-{crystal:04}"), formula, built).with_label(label));
        }
        Ok(records)
    }
}

fn objects(file: &'static str, bytes: &[u8]) -> Result<Vec<NpyValue>, AuthorsError> {
    match read_npy(bytes).map_err(|error| AuthorsError::Npy { file, error })? {
        NpyValue::Objects { shape, values } if shape.len() == 1 => Ok(values),
        _ => Err(AuthorsError::Kind { file, expected: "a list of objects" }),
    }
}

fn lattices(bytes: &[u8]) -> Result<Vec<[[f64; 3]; 3]>, AuthorsError> {
    let file = "lattice_new.npy";
    match read_npy(bytes).map_err(|error| AuthorsError::Npy { file, error })? {
        NpyValue::Numbers { shape, values } if shape.len() == 2 && shape[1] == 9 => {
            let rows = |row: &[f64; 9]| [0, 3, 6].map(|at| [row[at], row[at + 1], row[at + 2]]);
            Ok(values.as_chunks().0.iter().map(rows).collect())
        }
        _ => Err(AuthorsError::Kind { file, expected: "nine numbers for each crystal" }),
    }
}

fn labels(bytes: &[u8]) -> Result<Vec<Label>, AuthorsError> {
    let wrong = |error: TableError| AuthorsError::Labels(error.to_string());
    let mut rows = TableRows::new(bytes, b',', None).map_err(wrong)?;
    let column = column_index("supercon", rows.header()).map_err(wrong)?;
    let mut labels = Vec::new();
    while let Some((row, fields)) = rows.next_row().map_err(wrong)? {
        let fields = fields.map_err(|reason| AuthorsError::Labels(format!("row {row}: {reason}")))?;
        labels.push(match fields[column].trim() {
            "1" => Label::Superconductor { tc: None },
            "0" => Label::NotListed,
            other => return Err(AuthorsError::Labels(format!("row {row}: {other:?} is neither 0 nor 1"))),
        });
    }
    Ok(labels)
}

fn build(species: &NpyValue, positions: &NpyValue, rows: [[f64; 3]; 3]) -> Result<Crystal, String> {
    let numbers = |item: &NpyValue, what: &str| item.to_numbers().ok_or_else(|| format!("its {what} are no numbers"));
    let (species, positions) = (numbers(species, "species")?, numbers(positions, "coordinates")?);
    let (positions, []) = positions.as_chunks::<3>() else {
        return Err(format!("{} coordinates are not three for each site", positions.len()));
    };
    if species.len() != positions.len() {
        return Err(format!("{} species for {} positions", species.len(), positions.len()));
    }
    let element = |z: f64| {
        let element = if z.fract() == 0.0 { Element::from_atomic_number(z as u8).ok() } else { None };
        element.filter(|e| f64::from(e.atomic_number()) == z).ok_or_else(|| format!("{z} is no atomic number"))
    };
    let site = |(z, x): (&f64, &[f64; 3])| Ok::<_, String>(Site::pure(element(*z)?, Frac(*x)));
    let sites = species.iter().zip(positions).map(site).collect::<Result<Vec<_>, _>>()?;
    let crystal = Lattice::from_rows(rows).and_then(|lattice| Crystal::new(lattice, sites));
    crystal.map_err(|error: CrystalError| error.to_string())
}
