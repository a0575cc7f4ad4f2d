//! Crystals as Rust code and as short tables.

use std::fmt;

use super::Crystal;
use crate::{Occupant, Site};

/// Sites that are written out; together with the first and last line, and a line for the rest, text fits ten lines.
const SITES: usize = 6;

/// The crystal as an expression that makes it, at most ten lines however large it is and whatever the flags.
///
/// ```text
/// Crystal::ordered(Lattice::from_rows([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]])?, [
///     (Element::NB, [0.0, 0.0, 0.0]),
///     (Element::NB, [0.5, 0.5, 0.5]),
/// ])?
/// ```
///
/// Numbers are written so that they are read back bit for bit. Beyond six sites the rest is counted in a comment.
impl fmt::Debug for Crystal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ordered = self.sites.iter().all(is_plain);
        let (open, close) = if ordered { ("Crystal::ordered", "])") } else { ("Crystal::new", "].to_vec())") };
        // Arrays are formatted by hand: the alternate flag would put every number on a line of its own.
        writeln!(f, "{open}(Lattice::from_rows({})?, [", Matrix(self.lattice.vectors()))?;
        for site in self.sites.iter().take(SITES) {
            if ordered {
                let element = site.species.occupants()[0].element.symbol().to_uppercase();
                writeln!(f, "    (Element::{element}, {}),", Row(site.position.0))?;
            } else {
                writeln!(f, "    {},", SiteCode(site))?;
            }
        }
        if self.sites.len() > SITES {
            writeln!(f, "    // and {} more sites", self.sites.len() - SITES)?;
        }
        write!(f, "{close}?")?;
        if self.periodic == [true; 3] { Ok(()) } else { write!(f, ".with_periodicity({:?})", Flat(self.periodic)) }
    }
}

/// Formula, lengths and angles, then one line for each of at most six sites.
impl fmt::Display for Crystal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([a, b, c], [alpha, beta, gamma]) = (self.lattice.lengths(), self.lattice.angles());
        let sites = if self.num_sites() == 1 { "site" } else { "sites" };
        write!(f, "{}, {} {sites}, a {a:.4}, b {b:.4}, c {c:.4} Å, ", self.composition(), self.num_sites())?;
        write!(f, "α {alpha:.2}, β {beta:.2}, γ {gamma:.2}°")?;
        if self.periodic != [true; 3] {
            let along: Vec<&str> =
                ["a", "b", "c"].into_iter().zip(self.periodic).filter(|p| p.1).map(|p| p.0).collect();
            let along = if along.is_empty() { "no vector".to_owned() } else { along.join(" and ") };
            write!(f, ", repeating along {along}")?;
        }
        for site in self.sites.iter().take(SITES) {
            let [x, y, z] = site.position.0;
            let name = |o: &Occupant| {
                if o.occupancy == 1.0 { o.element.to_string() } else { format!("{} {:.3}", o.element, o.occupancy) }
            };
            let names: Vec<String> = site.species.occupants().iter().map(name).collect();
            write!(f, "\n  {:<4} {x:>9.5} {y:>9.5} {z:>9.5}", names.join(", "))?;
        }
        if self.sites.len() > SITES { write!(f, "\n  and {} more", self.sites.len() - SITES) } else { Ok(()) }
    }
}

/// Whether `(Element, position)` says all about the site.
fn is_plain(site: &Site) -> bool {
    matches!(site.species.occupants(), [only] if only.occupancy == 1.0 && only.oxidation.is_none())
}

struct Row([f64; 3]);

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, z] = self.0;
        write!(f, "[{x:?}, {y:?}, {z:?}]")
    }
}

struct Matrix([[f64; 3]; 3]);

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.0.map(Row);
        write!(f, "[{a}, {b}, {c}]")
    }
}

struct Flat([bool; 3]);

impl fmt::Debug for Flat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.0;
        write!(f, "[{a}, {b}, {c}]")
    }
}

/// A site as an expression, on one line.
struct SiteCode<'a>(&'a Site);

impl fmt::Display for SiteCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let occupants = self.0.species.occupants();
        let position = Row(self.0.position.0);
        if let ([only], true) = (occupants, is_plain(self.0)) {
            return write!(f, "Site::pure(Element::{}, Frac({position}))", only.element.symbol().to_uppercase());
        }
        if occupants.iter().all(|o| o.oxidation.is_none()) {
            let share = |o: &Occupant| format!("(Element::{}, {:?})", o.element.symbol().to_uppercase(), o.occupancy);
            let shares: Vec<String> = occupants.iter().map(share).collect();
            return write!(f, "Site::mixed([{}], {position})?", shares.join(", "));
        }
        let occupant = |o: &Occupant| {
            let (element, occupancy) = (o.element.symbol().to_uppercase(), o.occupancy);
            format!(
                "Occupant {{ element: Element::{element}, occupancy: {occupancy:?}, oxidation: {:?} }}",
                o.oxidation
            )
        };
        let all: Vec<String> = occupants.iter().map(occupant).collect();
        write!(f, "Site {{ species: Species::new(vec![{}])?, position: Frac({position}) }}", all.join(", "))
    }
}
