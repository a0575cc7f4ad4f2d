//! Classification of JSON objects: a structure in one of the layouts, or a container of structures.

use super::column::Column;
use crate::{
    ase, cif,
    json::{Value, decode},
    optimade,
    options::ReadOptions,
    parse_error::{Fault, Locator, ParseErrorKind, shorten},
    parsed_structure::{ParsedStructure, kept_name},
    pymatgen,
};

/// What a JSON object turned out to be.
pub(super) enum Visit<'a> {
    /// A structure.
    Structure(Box<ParsedStructure>),
    /// A list of objects to visit, or a single one.
    Holds(Value<'a>),
    /// The column of structures of a table.
    Column(Column<'a>),
    /// Names, and under some of them objects to visit; whether all objects under them are entries.
    Map { of_entries: bool },
    /// Something that belongs to the layout and is no structure.
    Skip,
    /// Nothing that describes a structure.
    Nothing,
}

/// Keys under which an object has an identifier, the first that is there counts.
pub(super) const IDENTIFIERS: [&str; 4] = ["material_id", "task_id", "entry_id", "id"];

/// The values by which an object is classified.
struct Document<'a> {
    names: [Option<Value<'a>>; 4],
    structure: Option<Value<'a>>,
    pymatgen: [Option<Value<'a>>; 2],
    attributes: Option<Value<'a>>,
    optimade: [Option<Value<'a>>; 3],
    kind: Option<Value<'a>>,
    header: Option<Value<'a>>,
    ase: [Option<Value<'a>>; 2],
    data: Option<Value<'a>>,
    errors: Option<Value<'a>>,
}

impl<'a> Document<'a> {
    fn read(value: Value<'a>) -> Result<Self, Fault> {
        let [
            material_id,
            task_id,
            entry_id,
            id,
            structure,
            lattice,
            sites,
            attributes,
            vectors,
            positions,
            at_sites,
            kind,
            header,
            numbers,
            ase_positions,
            data,
            errors,
        ] = value.pick(
            "the object",
            [
                "material_id",
                "task_id",
                "entry_id",
                "id",
                "structure",
                "lattice",
                "sites",
                "attributes",
                "lattice_vectors",
                "cartesian_site_positions",
                "species_at_sites",
                "type",
                "x-optimade",
                "numbers",
                "positions",
                "data",
                "errors",
            ],
        )?;
        Ok(Self {
            names: [material_id, task_id, entry_id, id],
            structure,
            pymatgen: [lattice, sites],
            attributes,
            optimade: [vectors, positions, at_sites],
            kind,
            header,
            ase: [numbers, ase_positions],
            data,
            errors,
        })
    }

    fn is_pymatgen(&self) -> bool {
        self.pymatgen[1].is_some() || self.pymatgen[0].is_some_and(Value::is_object)
    }

    fn is_optimade(&self) -> bool {
        self.optimade.iter().any(Option::is_some)
    }

    /// Whether the attributes are those of a structures entry.
    fn has_attributes(&self) -> bool {
        let Some(attributes) = self.attributes.filter(|attributes| attributes.is_object()) else { return false };
        self.kind.is_some_and(|kind| kind.bytes() == b"\"structures\"")
            || Document::read(attributes).is_ok_and(|attributes| attributes.is_optimade())
    }

    fn is_ase(&self) -> bool {
        self.ase.iter().all(Option::is_some)
    }

    fn is_structure(&self) -> bool {
        self.is_pymatgen() || self.is_optimade() || self.is_ase()
    }
}

/// Whether an object, or an element of a list, says that it is a structure or holds one.
pub(super) fn holds_structure(value: Value<'_>) -> bool {
    if value.is_list() {
        return value
            .list("the list")
            .is_ok_and(|mut list| list.any(|element| element.is_object() && object_holds(element)));
    }
    value.is_object() && object_holds(value)
}

fn object_holds(object: Value<'_>) -> bool {
    match Document::read(object) {
        Ok(document) => document.is_structure() || document.structure.is_some() || document.has_attributes(),
        // What is wrong with it is said when its turn comes.
        Err(_) => true,
    }
}

/// Whether a value says that it is a structure itself.
pub(super) fn is_structure(value: Value<'_>) -> bool {
    value.is_object() && Document::read(value).is_ok_and(|document| document.is_structure())
}

/// Whether an object between entries is one of them, though it does not hold a structure directly: it has a place for one, or
/// holds objects that hold some.
pub(super) fn is_record(value: Value<'_>) -> bool {
    value.is_object() && (has_key(value, "structure") || fields_hold(value))
}

fn has_key(object: Value<'_>, key: &str) -> bool {
    object.fields("the object").is_ok_and(|mut fields| fields.any(|(own, _)| decode(own) == key))
}

fn fields_hold(object: Value<'_>) -> bool {
    object.fields("the object").is_ok_and(|mut fields| fields.any(|(_, value)| holds_structure(value)))
}

/// What an object is; `name` is its key, and becomes what the object calls itself.
pub(super) fn visit<'a>(
    value: Value<'a>,
    name: &mut String,
    options: &ReadOptions,
    locator: Locator<'a>,
) -> Result<Visit<'a>, Fault> {
    let document = Document::read(value)?;
    if let Some(own) = document.names.into_iter().flatten().find_map(Value::name) {
        name.clear();
        name.push_str(&own);
    }
    let structure = |parsed: Result<ParsedStructure, Fault>| parsed.map(|parsed| Visit::Structure(Box::new(parsed)));
    if let Some(held) = document.structure {
        if held.is_text() {
            return structure(cif_text(held, name, options, locator));
        }
        if held.is_object() {
            return match Column::titled(value, held) {
                Some(column) if !is_structure(held) => Ok(Visit::Column(column)),
                _ => structure(held_structure(held, name, options, locator)),
            };
        }
    }
    if document.is_pymatgen() {
        return structure(pymatgen::structure(value, document.pymatgen, name, options, locator));
    }
    let is_other = document.kind.is_some_and(|kind| kind.is_text() && kind.bytes() != b"\"structures\"");
    if document.header.is_some() || (document.attributes.is_some() && is_other) {
        // The first line of a dump, or an entry of another type.
        return Ok(Visit::Skip);
    }
    if document.is_optimade() {
        return structure(optimade::structure(value, name, options, locator));
    }
    if let Some(attributes) = document.attributes.filter(|_| document.has_attributes()) {
        return structure(optimade::structure(attributes, name, options, locator));
    }
    if document.is_ase() {
        return structure(ase::structure(value, document.ase, name, options, locator));
    }
    if let Some(data) = document.data.filter(|data| data.is_list() || data.is_object()) {
        return Ok(Visit::Holds(data));
    }
    if let Some(errors) = document.errors.filter(|errors| errors.is_list()) {
        let message = format!("the server answered with an error: {}", shorten(errors.bytes()));
        return errors.fault(ParseErrorKind::InvalidValue, message);
    }
    if fields_hold(value) {
        // A document has an identifier or a class; what lies beside the structures in it are its properties.
        let is_document = document.names.iter().any(Option::is_some) || has_key(value, "@class");
        return Ok(Visit::Map { of_entries: !is_document && has_entry(value) });
    }
    if let Some(column) = Column::only(value) {
        return Ok(Visit::Column(column));
    }
    Ok(if is_other && !has_key(value, "structure") { Visit::Skip } else { Visit::Nothing })
}

/// Whether an object has a structure, or an object with one, directly under a name: an answer of a server has lists of them
/// instead, beside objects about the answer.
fn has_entry(object: Value<'_>) -> bool {
    let is_entry = |value: Value<'_>| value.is_object() && object_holds(value);
    object.fields("the object").is_ok_and(|mut fields| fields.any(|(_, value)| is_entry(value)))
}

/// The structure of a cell in a column of structures.
pub(super) fn cell<'a>(
    cell: Value<'a>,
    name: &str,
    options: &ReadOptions,
    locator: Locator<'a>,
) -> Result<ParsedStructure, Fault> {
    if cell.is_null() {
        return cell.fault(ParseErrorKind::Empty, "the cell holds no structure");
    }
    if cell.is_text() {
        return cif_text(cell, name, options, locator);
    }
    if !cell.is_object() {
        return cell.fault(ParseErrorKind::InvalidValue, "a structure should stand here, in an object");
    }
    held_structure(cell, name, options, locator)
}

/// The structure under the key `structure` of another object.
fn held_structure<'a>(
    held: Value<'a>,
    name: &str,
    options: &ReadOptions,
    locator: Locator<'a>,
) -> Result<ParsedStructure, Fault> {
    let document = Document::read(held)?;
    if document.is_ase() {
        ase::structure(held, document.ase, name, options, locator)
    } else {
        pymatgen::structure(held, document.pymatgen, name, options, locator)
    }
}

/// A structure as the text of a CIF, as old dumps of the Materials Project have it.
///
/// What is found in it is placed where the text begins, and says where in the text it is.
fn cif_text<'a>(
    held: Value<'a>,
    name: &str,
    options: &ReadOptions,
    mut locator: Locator<'a>,
) -> Result<ParsedStructure, Fault> {
    let text = held.text("structure")?;
    if !text.contains("_cell_length_a") {
        return held.fault(ParseErrorKind::InvalidValue, "structure is neither an object nor the text of a CIF");
    }
    let found: Result<Vec<ParsedStructure>, _> = cif::read(&*text, options).take(2).collect();
    match found {
        Ok(mut structures) if structures.len() == 1 => {
            let mut parsed = structures.remove(0);
            parsed.name = kept_name(name.as_bytes());
            let (line, column) = locator.position(held.offset);
            for found in &mut parsed.diagnostics {
                found.message =
                    format!("the CIF under structure: line {}, column {}: {}", found.line, found.column, found.message);
                (found.line, found.column) = (line, column);
                found.block = Some(name).filter(|name| !name.is_empty()).map(shorten);
            }
            Ok(parsed)
        }
        Ok(_) => held.fault(ParseErrorKind::InvalidValue, "the CIF under structure does not hold one structure"),
        Err(error) => held.fault(error.kind(), format!("the CIF under structure: {error}")),
    }
}
